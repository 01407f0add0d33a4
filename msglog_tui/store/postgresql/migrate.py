"""Making a server's schema, and bringing an older one up to date.  Never at the start of anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext

from msglog_tui.store.models import SCHEMA_VERSION

if TYPE_CHECKING:
    from sqlalchemy import Connection


def version(connection: Connection) -> int | None:
    """The version of the schema that a database has; `None` when it has none of ours."""
    revision = MigrationContext.configure(connection).get_current_revision()
    return None if revision is None else int(revision)


def upgrade(connection: Connection) -> None:
    """Bring a database to this version of the schema, from an older one or from nothing."""
    config = Config()
    config.set_main_option("script_location", "msglog_tui.store.postgresql:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, str(SCHEMA_VERSION))
