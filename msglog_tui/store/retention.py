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
    """From which instant on the archive has messages, UTC seconds; `None` when none was ever removed."""
    return connection.scalar(select(models.retention.c.detail_from))


def deliveries_from(connection: Connection) -> int | None:
    """From which instant on messages have their deliveries; `None` when none were ever removed."""
    horizons = connection.execute(
        select(models.retention.c.detail_from, models.retention.c.deliveries_from)
    ).one_or_none()
    return max((at for at in horizons or () if at is not None), default=None)


def on_grid(instant: int) -> int:
    """The instant at or before this one from which on messages can be kept: totals know no finer one."""
    return instant - instant % QUARTER


def begin(connection: Connection, before: int, *, messages: bool = True) -> None:
    """Let nothing that was sent before an instant on the grid be added to the archive any more.

    Args:
        messages: Whether messages go, too; else only deliveries.
    """
    column = models.retention.c.detail_from if messages else models.retention.c.deliveries_from
    found = connection.execute(select(column)).one_or_none()
    if found is None:
        connection.execute(models.retention.insert().values({"id": 1, column: before}))
    elif found[0] is None or found[0] < before:
        connection.execute(models.retention.update().values({column: before}))


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


def settle(connection: Connection, enterprise_id: int, before: int, limit: int) -> int:
    """Remove the oldest messages of an enterprise that were sent before an instant, and keep their totals.

    Their deliveries have to be removed before (`delivery_removal`).

    Returns:
        How many were removed: less than `limit` when there are no more.
    """
    from msglog_tui.store import delivery_removal, rollups, text_index

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
    delivery_removal.forget(connection, leaving)
    text_index.remove(connection, _leaving)
    return connection.execute(delete(table).where(table.c.id.in_(leaving))).rowcount


def end(connection: Connection, before: int) -> None:
    """Forget the days of which no message is left."""
    connection.execute(delete(models.message_day).where(models.message_day.c.day < before // DAY))
