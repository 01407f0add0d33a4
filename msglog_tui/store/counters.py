"""What a message row adds to the totals: the columns of a bucket, made from the columns of a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Integer, case, func, literal_column

from msglog_tui.store.models import COUNTERS
from msglog_tui.types import Channel

if TYPE_CHECKING:
    from sqlalchemy import FromClause

_ZERO, _ONE = literal_column("0", Integer), literal_column("1", Integer)
# Written out: as parameters they would be dozens.


def amounts(source: FromClause) -> tuple[ColumnElement[int], ...]:
    """What a message row adds to the counters of its channel, in the order of `COUNTERS`."""
    columns = source.c
    return (
        columns.sent,
        func.coalesce(columns.failed, _ZERO),
        func.coalesce(columns.bounced, _ZERO),
        _ONE,
        case((columns.failed.is_(None), _ONE), else_=_ZERO),
        case((columns.bounced.is_(None), _ONE), else_=_ZERO),
    )


def counters_of(channel: Channel) -> tuple[str, ...]:
    """The columns of a bucket that count a channel, in the order of `COUNTERS`."""
    return tuple(f"{channel.word}_{counter}" for counter in COUNTERS)


def pivot(source: FromClause) -> list[ColumnElement[int]]:
    """The twelve counters of a message row, named as the columns of a bucket."""
    return [
        case((source.c.channel == literal_column(str(channel.value)), value), else_=_ZERO).label(name)
        for channel in Channel
        for name, value in zip(counters_of(channel), amounts(source), strict=True)
    ]
