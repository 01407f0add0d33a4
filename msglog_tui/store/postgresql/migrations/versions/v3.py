"""The first schema that servers had.

It makes the tables as `models` has them.  Whoever writes the next version writes down here what they were.
"""

from alembic import op

from msglog_tui.store.models import metadata
from msglog_tui.store.postgresql import roles, schema

revision = "3"
down_revision = None


def upgrade() -> None:
    """Make the tables, and what is PostgreSQL's alone about them."""
    connection = op.get_bind()
    metadata.create_all(connection)
    roles.create(connection)
    schema.create(connection)
