"""What a server's schema has besides the tables: functions, the index of texts, and what keeps the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msglog_tui.store.postgresql import folding

if TYPE_CHECKING:
    from sqlalchemy import Connection

SAID: Final = "fold(subject || chr(1) || sent_by || chr(1) || lists)"
"""All that the filter looks for in a message, folded; nobody types what stands between."""

DOMAIN: Final = "split_part(recipient, '@', -1)"
"""The domain of the recipient of a delivery; a number is its own."""

_INDICES: Final = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    f"CREATE INDEX ix_message_text ON message USING gin (({SAID}) gin_trgm_ops)",
    # How common a text is, to one in a thousand: which way to look for it depends on that.
    "ALTER INDEX ix_message_text ALTER COLUMN 1 SET STATISTICS 1000",
    f"CREATE INDEX ix_delivery_domain ON delivery (enterprise_id, ({DOMAIN}), id, customer_id)",
)

_AUDIT: Final = (
    """
    CREATE FUNCTION refuse_to_shrink() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the audit can only grow'; END $$
    """,
    """
    CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_shrink()
    """,
)


def create(connection: Connection) -> None:
    """Make all of it."""
    for statement in (*folding.statements(), *_INDICES, *_AUDIT):
        connection.exec_driver_sql(statement)
