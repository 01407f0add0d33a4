"""Bringing a file of an older schema up to date, a version at a time.

A new file is made as `models` has it.  A test compares what the steps make of an old one with that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msglog_tui.store.models import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

FIRST: Final = 3
"""The oldest schema that can be brought up to date; older ones were never released."""

_TRAFFIC: Final = ", ".join(
    f"{channel}_{counter} BIGINT DEFAULT 0 NOT NULL"
    for channel in ("email", "sms")
    for counter in ("sent", "failed", "bounced", "messages", "failed_unknown", "bounced_unknown")
)


def _without_references(table: str, *key: str) -> tuple[str, ...]:
    """Make a table of totals anew, which referred to enterprises or customers."""
    columns = ", ".join(f"{column} NOT NULL" for column in key)
    names = ", ".join(column.split()[0] for column in key)
    primary = f"CONSTRAINT pk_{table} PRIMARY KEY ({names})"
    return (
        f"ALTER TABLE {table} RENAME TO old_totals",
        f"CREATE TABLE {table} ({columns}, {_TRAFFIC}, {primary}) WITHOUT ROWID",
        f"INSERT INTO {table} SELECT * FROM old_totals",  # noqa: S608
        "DROP TABLE old_totals",
    )


_STEPS: Final[Mapping[int, Sequence[str]]] = {
    # Deliveries can be removed before their messages are; totals refer to nothing.
    4: (
        "CREATE TEMPORARY TABLE horizon AS SELECT id, detail_from FROM retention",
        "DROP TABLE retention",
        """
        CREATE TABLE retention (
            id INTEGER NOT NULL,
            detail_from BIGINT,
            deliveries_from BIGINT,
            CONSTRAINT pk_retention PRIMARY KEY (id),
            CONSTRAINT ck_retention_single CHECK (id = 1)
        )
        """,
        "INSERT INTO retention (id, detail_from) SELECT id, detail_from FROM horizon",
        "DROP TABLE horizon",
        "ALTER TABLE message_outcome ADD COLUMN removed SMALLINT DEFAULT 0 NOT NULL",
        *_without_references("enterprise_traffic", "enterprise_id INTEGER", "span INTEGER", "bucket BIGINT"),
        *_without_references(
            "customer_traffic",
            "enterprise_id INTEGER",
            "customer_id INTEGER",
            "span INTEGER",
            "bucket BIGINT",
        ),
        *_without_references(
            "customer_running", "enterprise_id INTEGER", "customer_id INTEGER", "bucket BIGINT"
        ),
    ),
}


def upgrade(connection: Connection, version: int) -> None:
    """Take a file of this version to the present one, all in the transaction that is under way."""
    for step in range(version + 1, SCHEMA_VERSION + 1):
        for statement in _STEPS[step]:
            connection.exec_driver_sql(statement)
    connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA_VERSION}")
