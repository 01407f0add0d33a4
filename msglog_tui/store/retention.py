"""Removing old messages and keeping their totals.

A message that goes is added to the quarter of an hour of its customer in which it was sent, in the same
transaction.  So at any moment a message is either a row of `message` or part of such a bucket, never both:
totals of any window stay exact, and `check` and `repair` go by both together (`rollups`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, Integer, MetaData, Table, Text, delete, func, select

from msglog_tui.store import models
from msglog_tui.store.ladder import DAY, QUARTER

if TYPE_CHECKING:
    from sqlalchemy import Connection

_leaving = Table(
    "leaving",
    MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("enterprise_id", Integer, nullable=False),
    Column("external_id", Text, nullable=False),
    prefixes=["TEMPORARY"],
)


def detail_from(connection: Connection) -> int | None:
    """From which instant on the archive has messages, UTC seconds; `None` when nothing was ever removed."""
    return connection.scalar(select(models.retention.c.detail_from))


def on_grid(instant: int) -> int:
    """The instant at or before this one from which on messages can be kept: totals know no finer one."""
    return instant - instant % QUARTER


def begin(connection: Connection, before: int) -> None:
    """Let nothing that was sent before an instant on the grid be added to the archive any more."""
    found = detail_from(connection)
    if found is None:
        connection.execute(models.retention.insert().values(id=1, detail_from=before))
    elif found < before:
        connection.execute(models.retention.update().values(detail_from=before))


def count(connection: Connection, enterprise_id: int, before: int) -> int:
    """How many messages of an enterprise were sent before an instant and are still there."""
    return (
        connection.scalar(
            select(func.count())
            .select_from(models.message)
            .where(models.message.c.enterprise_id == enterprise_id, models.message.c.sent_at < before)
        )
        or 0
    )


def has_deliveries(connection: Connection) -> bool:
    """Whether any message has deliveries."""
    return connection.execute(select(models.message_outcome.c.message_id).limit(1)).first() is not None


def settle(connection: Connection, enterprise_id: int, before: int, limit: int) -> int:
    """Remove the oldest messages of an enterprise that were sent before an instant, and keep their totals.

    Returns:
        How many were removed: less than `limit` when there are no more.
    """
    from msglog_tui.store import delivery_check, rollups, text_index

    table = models.message
    _leaving.create(connection, checkfirst=True)
    connection.execute(delete(_leaving))
    oldest = (
        select(table.c.id, table.c.enterprise_id, table.c.external_id)
        .where(table.c.enterprise_id == enterprise_id, table.c.sent_at < before)
        .order_by(table.c.sent_at, table.c.id)
        .limit(limit)
    )
    connection.execute(_leaving.insert().from_select(["id", "enterprise_id", "external_id"], oldest))
    leaving = select(_leaving.c.id)
    rollups.settle(connection, select(table).where(table.c.id.in_(leaving)))
    delivery_check.forget(connection, leaving)
    text_index.remove(connection, _leaving)
    return connection.execute(delete(table).where(table.c.id.in_(leaving))).rowcount


def end(connection: Connection, before: int) -> None:
    """Forget the days of which no message is left."""
    connection.execute(delete(models.message_day).where(models.message_day.c.day < before // DAY))
