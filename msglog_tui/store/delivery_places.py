"""Where deliveries belong: what they have in common, and the message they make or were told to be of.

A delivery belongs to the message that its records name, or to the one of all deliveries of its enterprise,
customer, channel, source and campaign that were sent on its UTC day.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import Connection, literal_column, select

from msglog_tui.delivery import DeliveryStatus
from msglog_tui.store import dialects
from msglog_tui.store.chunks import chunks
from msglog_tui.store.delivered_messages import counters_of
from msglog_tui.store.delivery_state import Context, least
from msglog_tui.store.models import customer, delivery_context, message, message_outcome
from msglog_tui.store.people_index import hashed
from msglog_tui.store.writes import put_messages

if TYPE_CHECKING:
    from collections.abc import Iterable

MessageKey: TypeAlias = tuple[int, str]
"""Enterprise and external id of a message."""

DAY = 86_400


class Place:
    """The deliveries of a batch that have one context and one message.

    Attributes:
        message: The message they belong to.
        added: How many of them have each status.
        first: When the first of them was sent.
        message_id: The store's number of that message, `customer_id` whose it is, `context_id` the number of
            the context; all known once the places are settled.
    """

    __slots__ = ("added", "context", "context_id", "customer_id", "first", "message", "message_id")

    def __init__(self, context: Context, day: int) -> None:
        self.context = context
        self.message: MessageKey = (context.enterprise_id, context.told_message or made_id(context, day))
        self.added = [0] * len(DeliveryStatus)
        self.first = (day + 1) * DAY
        self.message_id = self.customer_id = self.context_id = 0


@lru_cache(maxsize=4096)
def made_id(context: Context, day: int) -> str:
    """The external id of a message that is made of the deliveries of a campaign and a UTC day."""
    of = hashed(repr((context.customer, context.channel, context.campaign)), 8)
    return f"{context.source}:{datetime.fromtimestamp(day * DAY, UTC).date().isoformat()}:{of:016x}"


def removed(connection: Connection, places: Iterable[Place]) -> set[MessageKey]:
    """The messages of places whose deliveries were removed, so that no other can be taken in."""
    names: dict[int, set[str]] = defaultdict(set)
    for place in places:
        names[place.message[0]].add(place.message[1])
    found: set[MessageKey] = set()
    for enterprise_id, of in names.items():
        for some in chunks(list(of)):
            rows = connection.scalars(
                select(message.c.external_id)
                .join(message_outcome, message_outcome.c.message_id == message.c.id)
                .where(
                    message.c.enterprise_id == enterprise_id,
                    message.c.external_id.in_(some),
                    message_outcome.c.removed == 1,
                )
            )
            found |= {(enterprise_id, name) for name in rows}
    return found


def settle(connection: Connection, places: Iterable[Place]) -> set[int]:
    """Give places their numbers: messages that are not there are made, and so are contexts.

    Returns:
        The numbers of the messages that were made: they are as they have to be already.
    """
    by_message: dict[MessageKey, list[Place]] = defaultdict(list)
    for place in places:
        by_message[place.message].append(place)
    owners = _customers(
        connection,
        {
            (each[0].context.enterprise_id, place.context.customer)
            for each in by_message.values()
            for place in each
        },
    )
    messages, made = _messages(connection, by_message, owners)
    for key, members in by_message.items():
        for place in members:
            place.message_id, place.customer_id = messages[key]
    _number_contexts(connection, [place for members in by_message.values() for place in members], owners)
    return made


def _customers(connection: Connection, names: set[MessageKey]) -> dict[tuple[int, str], int]:
    """The numbers of customers by enterprise and name."""
    found: dict[tuple[int, str], int] = {}
    for enterprise_id in {of for of, _ in names}:
        for some in chunks([name for of, name in names if of == enterprise_id]):
            rows = connection.execute(
                select(customer.c.name, customer.c.id).where(
                    customer.c.enterprise_id == enterprise_id, customer.c.name.in_(some)
                )
            )
            found |= {(enterprise_id, name): id_ for name, id_ in rows}
    return found


def _messages(
    connection: Connection,
    by_message: dict[MessageKey, list[Place]],
    owners: dict[tuple[int, str], int],
) -> tuple[dict[MessageKey, tuple[int, int]], set[int]]:
    """Ids of message and customer of each message, and the ids of those that had to be made."""
    found, uncounted = _find(connection, by_message)
    _count_from_now(connection, uncounted)
    new = by_message.keys() - found.keys()
    if not new:
        return found, set()
    put_messages(connection, [_new_row(key, by_message[key], owners) for key in sorted(new)])
    made, _ = _find(connection, new)
    ids = [id_ for id_, _ in made.values()]
    dialects.of(connection).insert_rows(
        connection, message_outcome, ["message_id", "given"], [(id_, 0) for id_ in sorted(ids)]
    )
    return found | made, set(ids)


def _find(
    connection: Connection, keys: Iterable[MessageKey]
) -> tuple[dict[MessageKey, tuple[int, int]], list[int]]:
    """Ids of message and customer, and the ids of messages that have had no deliveries so far."""
    names: dict[int, list[str]] = defaultdict(list)
    for enterprise_id, name in keys:
        names[enterprise_id].append(name)
    found: dict[MessageKey, tuple[int, int]] = {}
    uncounted: list[int] = []
    for enterprise_id, of in names.items():
        for some in chunks(of):
            rows = connection.execute(
                select(message.c.external_id, message.c.id, message.c.customer_id, message_outcome.c.given)
                .outerjoin(message_outcome, message_outcome.c.message_id == message.c.id)
                .where(message.c.enterprise_id == enterprise_id, message.c.external_id.in_(some))
            )
            for name, id_, customer_id, given in rows:
                found[enterprise_id, name] = (id_, customer_id)
                if given is None:
                    uncounted.append(id_)
    return found, uncounted


def _count_from_now(connection: Connection, ids: list[int]) -> None:
    """Note what messages told of themselves, before they count by their deliveries."""
    for some in chunks(ids):
        given = select(message.c.id, literal_column("1"), message.c.sent, message.c.failed, message.c.bounced)
        connection.execute(
            message_outcome.insert().from_select(
                ["message_id", "given", "given_sent", "given_failed", "given_bounced"],
                given.where(message.c.id.in_(some)),
            )
        )


def _new_row(key: MessageKey, members: list[Place], owners: dict[tuple[int, str], int]) -> tuple[Any, ...]:
    """The row of a message, all of whose deliveries are at hand."""
    contexts = [place.context for place in members]
    counts = [sum(of) for of in zip(*(place.added for place in members), strict=True)]
    return (
        key[0],
        owners[key[0], min(each.customer for each in contexts)],
        key[1],
        least(each.subject for each in contexts) or least(each.campaign for each in contexts),
        min(each.channel for each in contexts),
        *counters_of(dict(enumerate(counts))).values(),
        min(place.first for place in members),
        least(each.sent_by for each in contexts),
        least(each.lists for each in contexts) or "[]",
    )


def _number_contexts(connection: Connection, places: list[Place], owners: dict[tuple[int, str], int]) -> None:
    """Give each place the number of its context, new ones made."""
    table = delivery_context
    digests = {hashed(repr((*place.context, place.message)), 8) >> 1: place for place in places}
    known: dict[int, int] = {}
    for some in chunks(list(digests)):
        rows = connection.execute(select(table.c.digest, table.c.id).where(table.c.digest.in_(some)))
        known |= {row.digest: row.id for row in rows}
    new = sorted(digests.keys() - known.keys())
    if new:
        ways = dialects.of(connection)
        rows_ = []
        for number, digest in zip(ways.numbers(connection, table, len(new)), new, strict=True):
            known[digest] = number
            place = digests[digest]
            of = place.context
            owner = owners[of.enterprise_id, of.customer]
            rows_.append((number, of.enterprise_id, place.message_id, digest, owner, *of[2:], 0))
        ways.insert_rows(connection, table, [column.name for column in table.c], rows_)
    for digest, place in digests.items():
        place.context_id = known[digest]
