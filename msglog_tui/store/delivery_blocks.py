"""Where every few thousandth delivery of a large list is, so that any row of a million is a short step away.

A list is the deliveries of one message with one status, by their ids.  One of more than `LARGE` is cut into
blocks of about `SIZE`; of each the store keeps how many deliveries it has, by adding and taking away.  To
reach a row is to add up blocks, a thousand for a million deliveries, and to pass over part of one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final, TypeAlias

from sqlalchemy import ColumnElement, Connection, delete, func, select

from msglog_tui.store import dialects
from msglog_tui.store.models import delivery, delivery_block

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

List: TypeAlias = tuple[int, int]
"""A message and a status."""

SIZE: Final = 2_000
LARGE: Final = 2 * SIZE

_BEFORE_ALL: Final = -(1 << 62)
# Where the first block of every list begins: below all ids.


def keep(
    connection: Connection,
    numbers: Mapping[int, Sequence[int]],
    come: Iterable[tuple[int, int, int]],
    gone: Iterable[tuple[int, int, int]],
) -> None:
    """Bring the blocks up to date after a batch.

    Args:
        numbers: How many deliveries of each status the messages of the batch have now.
        come: Deliveries that came into lists: (message, status, id).
        gone: Deliveries that went out of them.
    """
    large = {
        (message_id, status)
        for message_id, counts in numbers.items()
        for status, number in enumerate(counts)
        if number > LARGE
    }
    coming: dict[List, list[int]] = defaultdict(list)
    going: dict[List, list[int]] = defaultdict(list)
    if large:
        for message_id, status, id_ in come:
            if (message_id, status) in large:
                coming[message_id, status].append(id_)
    for message_id, status, id_ in gone:
        going[message_id, status].append(id_)
    for of in coming.keys() | (going.keys() & large):
        _keep(connection, of, sorted(coming[of]), sorted(going[of]))
    small = going.keys() - large  # some may have become small just now
    if small:
        dialects.of(connection).execute_many(
            connection, "DELETE FROM delivery_block WHERE message_id = ? AND status = ?", sorted(small)
        )


def recut(connection: Connection, message_id: int, counts: Sequence[int]) -> None:
    """Make the blocks of a message with so many deliveries of each status anew."""
    connection.execute(delete(delivery_block).where(delivery_block.c.message_id == message_id))
    for status, number in enumerate(counts):
        if number > LARGE:
            _cut(connection, (message_id, status), _BEFORE_ALL, None)


def place(connection: Connection, of: List, row: int) -> tuple[list[ColumnElement[bool]], int]:
    """Where to begin for a row of a list, newest first: a condition on ids, and how many to pass over."""
    after: int | None = None
    for first, number in _blocks(connection, of)[::-1]:
        if row < number:
            break
        row -= number
        after = first
    return ([] if after is None else [delivery.c.id < after]), row


def row_of(connection: Connection, of: List, id_: int) -> int:
    """How many deliveries of a list are newer than this one of it."""
    blocks = _blocks(connection, of)
    at = bisect_right([first for first, _ in blocks], id_)
    newer: list[ColumnElement[bool]] = [delivery.c.id > id_]
    if at < len(blocks):
        newer.append(delivery.c.id < blocks[at][0])
    query = select(func.count()).select_from(delivery).where(*_in(of), *newer)
    return sum(number for _, number in blocks[at:]) + (connection.scalar(query) or 0)


def _keep(connection: Connection, of: List, come: list[int], gone: list[int]) -> None:
    blocks = _blocks(connection, of)
    if not blocks:
        _cut(connection, of, _BEFORE_ALL, None)
        return
    firsts = [first for first, _ in blocks]
    changed: Counter[int] = Counter()
    for ids, by in ((come, 1), (gone, -1)):
        place = 0
        while place < len(ids):
            at = bisect_right(firsts, ids[place]) - 1
            after = bisect_left(ids, firsts[at + 1]) if at + 1 < len(firsts) else len(ids)
            changed[at] += by * (after - place)
            place = after
    rows = []
    for at, by in changed.items():
        first, number = blocks[at]
        if number + by <= LARGE:
            rows.append((number + by, *of, first))
        else:
            connection.execute(delete(delivery_block).where(*_is(of), delivery_block.c.first_id == first))
            _cut(connection, of, first, firsts[at + 1] if at + 1 < len(firsts) else None)
    if rows:
        statement = (
            "UPDATE delivery_block SET deliveries = ? WHERE message_id = ? AND status = ? AND first_id = ?"
        )
        dialects.of(connection).execute_many(connection, statement, rows)


def _cut(connection: Connection, of: List, first: int, after: int | None) -> None:
    """Cut the ids from `first` on, up to `after`, into blocks."""
    clauses = [*_in(of), delivery.c.id >= first]
    if after is not None:
        clauses.append(delivery.c.id < after)
    ids = list(connection.scalars(select(delivery.c.id).where(*clauses).order_by(delivery.c.id)))
    starts = [first, *ids[SIZE::SIZE]]
    rows = [
        (*of, start, len(ids[place : place + SIZE]))
        for start, place in zip(starts, range(0, max(len(ids), 1), SIZE), strict=True)
    ]
    names = [column.name for column in delivery_block.c]
    dialects.of(connection).insert_rows(connection, delivery_block, names, rows)


def _blocks(connection: Connection, of: List) -> Sequence[tuple[int, int]]:
    """Where each block of a list begins, and how many deliveries it has."""
    table = delivery_block
    rows = connection.execute(
        select(table.c.first_id, table.c.deliveries).where(*_is(of)).order_by(table.c.first_id)
    )
    return [(row.first_id, row.deliveries) for row in rows]


def _is(of: List) -> Iterable[ColumnElement[bool]]:
    return delivery_block.c.message_id == of[0], delivery_block.c.status == of[1]


def _in(of: List) -> Iterable[ColumnElement[bool]]:
    return delivery.c.message_id == of[0], delivery.c.status == of[1]
