"""What a message row adds to the totals: the columns of a bucket, made from the columns of a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, case, func, literal_column

from msglog_tui.store.models import COUNTERS
from msglog_tui.types import Channel

if TYPE_CHECKING:
    from sqlalchemy import FromClause


def amounts(source: FromClause) -> tuple[ColumnElement[int], ...]:
    """What a message row adds to the counters of its channel, in the order of `COUNTERS`."""
    columns = source.c
    return (
        columns.sent,
        func.coalesce(columns.failed, 0),
        func.coalesce(columns.bounced, 0),
        literal_column("1"),
        case((columns.failed.is_(None), 1), else_=0),
        case((columns.bounced.is_(None), 1), else_=0),
    )


def counters_of(channel: Channel) -> tuple[str, ...]:
    """The columns of a bucket that count a channel, in the order of `COUNTERS`."""
    return tuple(f"{channel.word}_{counter}" for counter in COUNTERS)


def pivot(source: FromClause) -> list[ColumnElement[int]]:
    """The twelve counters of a message row, named as the columns of a bucket."""
    return [
        case((source.c.channel == channel.value, value), else_=0).label(name)
        for channel in Channel
        for name, value in zip(counters_of(channel), amounts(source), strict=True)
    ]
