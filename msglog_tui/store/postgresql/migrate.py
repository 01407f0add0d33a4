"""Making a server's schema, and bringing an older one up to date.  Never at the start of anything else.

A new archive is made as `models`, `roles` and `schema` have it.  One of an older version goes through the
migrations that follow it; a test compares what they make of it with a new one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext

from msglog_tui.store.models import SCHEMA_VERSION, metadata
from msglog_tui.store.postgresql import roles, schema

if TYPE_CHECKING:
    from sqlalchemy import Connection


def version(connection: Connection) -> int | None:
    """The version of the schema that a database has; `None` when it has none of ours."""
    revision = MigrationContext.configure(connection).get_current_revision()
    return None if revision is None else int(revision)


def create(connection: Connection) -> None:
    """Make the schema in a database that has none."""
    command.stamp(_config(connection), str(SCHEMA_VERSION))
    metadata.create_all(connection)
    roles.create(connection)
    schema.create(connection)


def upgrade(connection: Connection) -> None:
    """Bring a database to this version of the schema from an older one."""
    command.upgrade(_config(connection), str(SCHEMA_VERSION))


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", "msglog_tui.store.postgresql:migrations")
    config.attributes["connection"] = connection
    return config
