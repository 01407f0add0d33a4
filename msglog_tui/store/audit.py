"""What was looked at, by whom: a table that only grows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from msglog_tui.store import models
from msglog_tui.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the audit.

    Attributes:
        at: When it happened, in epoch seconds.
        login: Who did it, or wanted to.
        role: What they were to the platform; empty for somebody who did not get in.
        action: What they did.
        detail: What they did it to.
        address: Where they came from.
        fingerprint: The key by which they came.
    """

    at: int
    login: str
    role: str
    action: str
    detail: str
    address: str
    fingerprint: str


def record(connection: Connection, entries: Sequence[Entry]) -> None:
    """Add lines."""
    connection.execute(models.audit.insert(), [asdict(entry) for entry in entries])


def lines(connection: Connection, first: int, after: int) -> Iterator[Entry]:
    """The lines of a span of time, the oldest first.

    Args:
        first: First instant, in epoch seconds.
        after: The first instant after the last.
    """
    table = models.audit
    query = select(table).where(table.c.at >= first, table.c.at < after).order_by(table.c.at, table.c.id)
    for row in connection.execute(query):
        yield Entry(
            row.at,
            clean(row.login),
            clean(row.role),
            clean(row.action),
            clean(row.detail),
            clean(row.address),
            clean(row.fingerprint),
        )
