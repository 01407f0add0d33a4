"""Removing the deliveries of messages that stay, with their counts, or are about to go.

A message whose deliveries are removed is marked first (`message_outcome.removed`): from then on none is shown
or taken in any more, its counts and reasons stay as they are, and the rows go a part at a time.

The keys of removed deliveries are remembered for a while.  A record that comes late, and does not tell when
its delivery was sent, is known by them to be late; else it would look like a new delivery.
"""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Select, delete, exists, func, select, tuple_, update

from msglog_tui.store import people_index
from msglog_tui.store.chunks import chunks
from msglog_tui.store.delivery_state import first_id
from msglog_tui.store.models import (
    OUTCOMES,
    delivery,
    delivery_block,
    delivery_context,
    delivery_key,
    delivery_tally,
    message,
    message_outcome,
)
from msglog_tui.types import Position

if TYPE_CHECKING:
    from collections.abc import Sequence

REMEMBERED: Final = 30 * 86_400
"""How long before the horizon a delivery may have been sent for its key to be remembered, in seconds."""

_HASHES: Final = 1 << (8 * people_index.HASH_SIZE)
# How many hashes of recipients there can be.

_PAGE: Final = 10_000
# Messages looked at in one transaction; most may have no deliveries.

_COUNT: Final = reduce(add, (message_outcome.c[name] for name in OUTCOMES))


def there_are_any(connection: Connection) -> bool:
    """Whether any message has, or had, deliveries."""
    return connection.execute(select(message_outcome.c.message_id).limit(1)).first() is not None


def count(connection: Connection, enterprise_id: int, before: int) -> int:
    """How many deliveries the messages of an enterprise that were sent before an instant still have."""
    query = select(func.sum(_COUNT)).select_from(
        message.join(message_outcome, message_outcome.c.message_id == message.c.id)
    )
    old = query.where(
        message.c.enterprise_id == enterprise_id, message.c.sent_at < before, message_outcome.c.removed == 0
    )
    return int(connection.scalar(old) or 0)


def remove(
    connection: Connection, enterprise_id: int, before: int, after: Position, limit: int
) -> tuple[int, Position | None]:
    """Remove some deliveries of the messages of an enterprise that were sent before an instant.

    Args:
        after: The place, by time and id, behind which to look for messages.
        limit: How many deliveries at most.

    Returns:
        How many were removed, and behind which place to go on; `None` when there is nothing more.
    """
    page = connection.execute(
        select(
            message.c.sent_at,
            message.c.id,
            _COUNT.label("deliveries"),
            exists().where(delivery.c.message_id == message.c.id).label("left"),
        )
        .select_from(message.outerjoin(message_outcome, message_outcome.c.message_id == message.c.id))
        .where(
            message.c.enterprise_id == enterprise_id,
            message.c.sent_at < before,
            tuple_(message.c.sent_at, message.c.id) > tuple_(*after),
        )
        .order_by(message.c.sent_at, message.c.id)
        .limit(_PAGE)
    ).all()
    chosen: list[int] = []
    deliveries = 0
    go_on: Position | None = after
    for row in page:
        if row.left:
            if chosen and deliveries + row.deliveries > limit:
                break
            chosen.append(row.id)
            deliveries += row.deliveries
        go_on = Position(row.sent_at, row.id)
    else:
        go_on = go_on if len(page) == _PAGE else None
    _mark(connection, chosen)
    removed = _remove(connection, chosen, limit)
    # When all that were allowed have gone, there may be more of these messages.
    return removed, after if removed == limit else go_on


def forget(connection: Connection, messages: Select[int]) -> None:
    """Forget that messages, which are about to go, had deliveries; these were removed already.

    Args:
        messages: A query of the ids of those messages.
    """
    for table in (message_outcome, delivery_tally, delivery_context, delivery_block):
        connection.execute(delete(table).where(table.c.message_id.in_(messages)))


def forget_keys(connection: Connection, before: int, part: int, parts: int) -> None:
    """Forget the keys of some of the deliveries that were removed, if they were sent long before an instant.

    To take each key out when its delivery goes would cost a page of the index each, for their order is
    random.  Here they are met in their order.

    Args:
        part: Which of the parts, from 0.
        parts: Into how many parts of equal size the keys are cut.
    """
    first, after = (number * _HASHES // parts for number in (part, part + 1))
    # A subquery of its own for each: a database might read all deliveries to join them.
    there = select(delivery.c.id).where(delivery.c.id == delivery_key.c.id).scalar_subquery()
    connection.execute(
        delete(delivery_key).where(
            delivery_key.c.level.in_(people_index.LEVELS),
            delivery_key.c.recipient >= first,
            delivery_key.c.recipient < after,
            delivery_key.c.id < first_id(before - REMEMBERED),
            there.is_(None),
        )
    )


def _mark(connection: Connection, messages: Sequence[int]) -> None:
    for some in chunks(messages):
        connection.execute(
            update(message_outcome).where(message_outcome.c.message_id.in_(some)).values(removed=1)
        )
        for table in (delivery_context, delivery_block):
            connection.execute(delete(table).where(table.c.message_id.in_(some)))


def _remove(connection: Connection, messages: Sequence[int], limit: int) -> int:
    """Remove deliveries of messages, up to a limit; says how many."""
    gone: list[Any] = []
    for some in chunks(messages):
        query = select(delivery.c.id, delivery.c.enterprise_id, delivery.c.customer_id, delivery.c.recipient)
        gone += connection.execute(query.where(delivery.c.message_id.in_(some)).limit(limit - len(gone)))
        if len(gone) == limit:
            break
    people_index.remove_domains(connection, [tuple(row) for row in gone])
    for ids in chunks(sorted(row.id for row in gone)):
        connection.execute(delete(delivery).where(delivery.c.id.in_(ids)))
    return len(gone)
