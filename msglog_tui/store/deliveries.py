"""Storing batches of deliveries, so that the store ends the same whatever came first, twice or late.

A batch is folded into what the store knows of its deliveries (`delivery_state`).  Each delivery belongs to a
message (`delivery_places`).  One of which more is told later may move to another message; a message that its
last delivery leaves is removed, unless it was imported itself (`delivered_messages`).

Counters of messages are kept by adding and taking away, never by counting a million recipients again.
"""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from sqlalchemy import Connection, Row, and_, bindparam, delete, func, select, update

from msglog_tui.delivery import WENT_WRONG, DeliveryStatus
from msglog_tui.recipients import forms, normal
from msglog_tui.store import delivery_blocks, delivery_places, dialects, people_index, retention
from msglog_tui.store.chunks import chunks
from msglog_tui.store.delivered_messages import renew
from msglog_tui.store.delivery_places import DAY, Place, made_id
from msglog_tui.store.delivery_reasons import numbered
from msglog_tui.store.delivery_rows import reasons_of
from msglog_tui.store.delivery_state import (
    Context,
    State,
    Told,
    first_id,
    history_of,
    join_reason,
    names_as_json,
    read_history,
    sent_at_of,
)
from msglog_tui.store.models import (
    OUTCOMES,
    customer,
    delivery,
    delivery_context,
    delivery_tally,
    message_outcome,
)
from msglog_tui.types import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from msglog_tui.delivery import DeliveryRecord

Key: TypeAlias = tuple[int, int]
"""A delivery's key: see `people_index`."""

_WRONG: Final = frozenset(map(int, WENT_WRONG))
_COLUMNS: Final = [column.name for column in delivery.c]
_SHARED: Final = itemgetter(0, 1, 5, 2, 10, 11, 12, 14, 15)
# What a record tells of its context.


class _Entry(NamedTuple):
    """A delivery as it shall be in the store.

    Attributes:
        others: The statuses that do not count; `None` for a delivery with one status alone.
        old: Its row in the store, when it has one.
    """

    sent_at: int
    place: Place
    delivery_id: str
    recipient: str
    sent_told: int
    status: int
    at: int
    code: str
    reason: str
    others: set[Told] | None
    key: Key
    old: Any


def store(
    connection: Connection,
    batch: Sequence[DeliveryRecord],
    owners: Mapping[tuple[str, str], tuple[int, int | None]],
) -> Outcome:
    """Store statuses of deliveries, with all that follows for messages and totals.

    Where deliveries were removed (`delivery_removal`), what is told of them is left out: it comes late.

    Args:
        owners: Ids of the enterprises and customers that the batch names.
    """
    if not batch:
        return Outcome(0, 0, 0)
    dialects.of(connection).expect_batch(connection)
    told, kept = _by_key(batch, owners)
    some_removed = retention.deliveries_from(connection) is not None
    there = people_index.known(connection, told)
    stored = _stored(connection, there, some_removed=some_removed)
    work = _Work(connection, owners, kept)
    changed: Counter[Key] = Counter()
    late = there.keys() - stored.keys()
    for key, records in told.items():
        if key in late:
            continue
        state = stored.get(key)
        if state is None and len(records) == 1:
            # So nearly all are while an archive fills.
            work.add_record(key, records[0])
            continue
        pieces = [work.state_of(record) for record in records]
        news = state is None
        if state is None:
            state = pieces.pop(0)
        for piece in pieces:
            before = _seen(state)
            if state.take(piece):
                news = True
                changed[key] += _seen(state) != before
        if news:
            work.add_state(key, state)
    if some_removed:
        late |= work.leave_out_removed()
    work.do()
    added = sum(key not in stored and key not in late for key in told)
    altered = sum(number for key, number in changed.items() if key not in late)
    too_late = sum(len(told[key]) for key in late)
    return Outcome(added, altered, len(batch) - added - altered - too_late, too_late)


def _seen(state: State) -> tuple[Any, ...]:
    """What is to be seen of a delivery.

    An export tells what was found out before: the id of the message that was made, when it was sent.  To be
    told that makes the store know more, and shows nobody anything new.
    """
    context, sent_at = state.context, state.sent_at
    message = context.told_message or made_id(context, sent_at // DAY)
    title = context.subject or context.campaign
    return (
        message,
        title,
        context.customer,
        context.channel,
        context.sent_by,
        context.lists,
        sent_at,
        state.recipient,
        len(state.steps),
    )


def _by_key(
    batch: Sequence[DeliveryRecord], owners: Mapping[tuple[str, str], tuple[int, int | None]]
) -> tuple[dict[Key, list[DeliveryRecord]], dict[str, str]]:
    """The records of each delivery, and recipients as they are kept.

    What is asked of every one of millions is written out here.
    """
    told: dict[Key, list[DeliveryRecord]] = {}
    kept: dict[str, str] = {}
    hashes: dict[str, int] = {}
    enterprises: dict[str, int] = {}
    number = int.from_bytes
    for record in batch:
        recipient = record[4]
        of = hashes.get(recipient)
        if of is None:
            kept[recipient], form = forms(recipient)
            of = hashes[recipient] = people_index.hashed(form)
        enterprise_id = enterprises.get(record[0])
        if enterprise_id is None:
            enterprise_id = enterprises[record[0]] = owners[record[0], record[1]][0]
        name = f"{enterprise_id}\0{record[2]}\0{record[3]}"
        digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=people_index.HASH_SIZE).digest()
        key = (of, number(digest, "big"))
        if key in told:
            told[key].append(record)
        else:
            told[key] = [record]
    return told, kept


class _Work:
    """What has to be done for the deliveries of one batch."""

    def __init__(
        self,
        connection: Connection,
        owners: Mapping[tuple[str, str], tuple[int, int | None]],
        kept: Mapping[str, str],
    ) -> None:
        self._connection = connection
        self._owners = owners
        self._kept = kept
        self._contexts: dict[tuple[Any, ...], Context] = {}
        self._places: dict[tuple[Context, int], Place] = {}
        self._by_record: dict[tuple[Any, ...], Place] = {}
        self._entries: list[_Entry] = []
        self._tallies: Counter[tuple[int, int, int]] = Counter()
        # What leaves: how many of each status from a message, and how many from a context.
        self._left: dict[int, list[int]] = {}
        self._left_contexts: Counter[int] = Counter()

    def state_of(self, record: DeliveryRecord) -> State:
        """What one record tells."""
        sent = record[13]
        step = (record[7], int(record[6]), record[8], record[9])
        return State(self._context(record), record[3], self._kept[record[4]], sent, {step})

    def add_record(self, key: Key, record: DeliveryRecord) -> None:
        """Take a new delivery of which there is one record."""
        sent_at, told = record[13], 1
        if sent_at is None:
            sent_at, told = record[7], 0
        shared = (_SHARED(record), sent_at // DAY)
        place = self._by_record.get(shared)
        if place is None:
            place = self._by_record[shared] = self._place(self._context(record), sent_at // DAY)
        status = int(record[6])
        place.added[status] += 1
        place.first = min(place.first, sent_at)
        self._entries.append(
            _Entry(
                sent_at,
                place,
                record[3],
                self._kept[record[4]],
                told,
                status,
                record[7],
                record[8],
                record[9],
                None,
                key,
                None,
            )
        )

    def add_state(self, key: Key, state: State) -> None:
        """Take a delivery, new or changed, of which more is known."""
        sent_at = state.sent_at
        place = self._place(state.context, sent_at // DAY)
        at, status, code, reason = standing = state.standing
        place.added[status] += 1
        place.first = min(place.first, sent_at)
        self._entries.append(
            _Entry(
                sent_at,
                place,
                state.delivery_id,
                state.recipient,
                int(state.sent_told is not None),
                status,
                at,
                code,
                reason,
                state.steps - {standing},
                key,
                state.stored,
            )
        )

    def leave_out_removed(self) -> set[Key]:
        """Drop what belongs to messages whose deliveries were removed; gives the keys of that."""
        removed = delivery_places.removed(self._connection, self._places.values())
        late = {entry.key for entry in self._entries if entry.place.message in removed}
        if late:
            self._entries = [entry for entry in self._entries if entry.key not in late]
            self._places = {of: place for of, place in self._places.items() if place.message not in removed}
        return late

    def do(self) -> None:
        """Put the deliveries where they belong."""
        if not self._entries:
            return
        connection, entries = self._connection, self._entries
        made = delivery_places.settle(connection, self._places.values())
        reasons = numbered(
            connection,
            {(entry.code, entry.reason) for entry in entries}
            | {step[2:] for entry in entries for step in entry.others or ()},
        )
        rows: list[tuple[Any, ...]] = []
        keys, words = [], []
        gone, moved, words_gone = [], [], []
        for id_, entry in self._numbered():
            _, place, delivery_id, recipient, told, status, at, code, reason, others, key, old = entry
            number, said = reasons[code, reason]
            rows.append(
                (
                    id_,
                    place.context.enterprise_id,
                    place.customer_id,
                    place.message_id,
                    place.context_id,
                    delivery_id,
                    recipient,
                    told,
                    status,
                    at,
                    number,
                    said,
                    history_of(others, at, reasons) if others else "",
                )
            )
            if status in _WRONG:
                self._tallies[place.message_id, status, number] += 1
            word = (id_, place.context.enterprise_id, place.customer_id, recipient)
            if old is None:
                keys.append((*key, id_))
                words.append(word)
                continue
            gone.append(old.id)
            self._take_away(old)
            if old.id != id_:
                moved.append((id_, *key))
            was = (old.id, old.enterprise_id, old.customer_id, old.recipient)
            if was != word:
                words_gone.append(was)
                words.append(word)

        for some in chunks(gone):
            connection.execute(delete(delivery).where(dialects.of(connection).among(delivery.c.id, some)))
        dialects.of(connection).insert_rows(connection, delivery, _COLUMNS, rows)
        people_index.add_keys(connection, keys)
        people_index.move_keys(connection, moved)
        people_index.remove_domains(connection, words_gone)
        people_index.add_domains(connection, words)
        people_index.sink(connection)
        numbers = self._count(made)
        delivery_blocks.keep(
            connection,
            numbers,
            [(row[3], row[8], row[0]) for row in rows],
            [(old.message_id, old.status, old.id) for *_, old in entries if old is not None],
        )

    def _context(self, record: DeliveryRecord) -> Context:
        shared = _SHARED(record)
        context = self._contexts.get(shared)
        if context is None:
            context = self._contexts[shared] = Context(
                self._owners[record[0], record[1]][0],
                record[1],
                int(record[5]),
                record[2],
                *record[10:13],
                record[14],
                names_as_json(record[15]),
            )
        return context

    def _place(self, context: Context, day: int) -> Place:
        place = self._places.get((context, day))
        if place is None:
            place = self._places[context, day] = Place(context, day)
        return place

    def _numbered(self) -> list[tuple[int, _Entry]]:
        """An id for each entry: the one it has where that still tells when it was sent, or the next."""
        found: list[tuple[int, _Entry]] = []
        newest = self._connection.scalar(select(func.max(delivery.c.id)))
        last = None if newest is None else sent_at_of(newest)
        second: int | None = None
        start, step = dialects.of(self._connection).delivery_numbers(self._connection)
        free = 0
        for entry in sorted(self._entries, key=itemgetter(0)):
            if entry.old is not None and sent_at_of(entry.old.id) == entry.sent_at:
                found.append((entry.old.id, entry))
                continue
            if entry.sent_at != second:
                second = entry.sent_at
                free = first_id(second) + start
                if last is not None and second <= last:
                    bounds = {"first": first_id(second), "after": first_id(second + 1)}
                    there = self._connection.execute(_LAST_OF, bounds).scalar()
                    if there is not None and there >= free:
                        free += ((there - free) // step + 1) * step
            found.append((free, entry))
            free += step
        return found

    def _take_away(self, old: Row[*tuple[Any, ...]]) -> None:
        """Note that a row goes."""
        self._left.setdefault(old.message_id, [0] * len(DeliveryStatus))[old.status] += 1
        self._left_contexts[old.context_id] += 1
        if old.status in _WRONG:
            self._tallies[old.message_id, old.status, old.reason_id] -= 1

    def _count(self, made: set[int]) -> dict[int, Sequence[int]]:
        """Bring counters, contexts and messages up to date.

        Returns:
            How many deliveries of each status those messages have now.
        """
        connection = self._connection
        counts = {message_id: [-left for left in of] for message_id, of in self._left.items()}
        contexts = Counter({context_id: -left for context_id, left in self._left_contexts.items()})
        for place in self._places.values():
            contexts[place.context_id] += sum(place.added)
            of = counts.setdefault(place.message_id, [0] * len(DeliveryStatus))
            counts[place.message_id] = [by + more for by, more in zip(of, place.added, strict=True)]
        outcomes = [
            {"of": message_id} | {f"more_{name}": by for name, by in zip(OUTCOMES, changes, strict=True)}
            for message_id, changes in sorted(counts.items())
            if any(changes)
        ]
        if outcomes:
            connection.execute(_ADD_OUTCOMES, outcomes)
        changed = [{"of": id_, "more": by} for id_, by in sorted(contexts.items()) if by]
        if changed:
            connection.execute(_ADD_CONTEXTS, changed)
        for some in chunks([id_ for id_ in self._left_contexts if contexts[id_] < 0]):
            table = delivery_context
            connection.execute(delete(table).where(table.c.id.in_(some), table.c.deliveries == 0))
        self._tally()
        now: dict[int, Sequence[int]] = {message_id: counts[message_id] for message_id in made}
        return now | renew(connection, [message_id for message_id in counts if message_id not in made])

    def _tally(self) -> None:
        """Bring the counts of reasons up to date."""
        table = delivery_tally
        rows = [(*key, by) for key, by in sorted(self._tallies.items()) if by]
        if not rows:
            return
        names = [column.name for column in table.c]
        statement = dialects.of(self._connection).insert(table)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=names[:3],
                set_={"deliveries": table.c.deliveries + statement.excluded.deliveries},
            ),
            [dict(zip(names, row, strict=True)) for row in rows],
        )
        for some in chunks(list({row[0] for row in rows if row[3] < 0})):
            self._connection.execute(
                delete(table).where(table.c.message_id.in_(some), table.c.deliveries == 0)
            )


_LAST_OF: Final = select(func.max(delivery.c.id)).where(
    delivery.c.id >= bindparam("first"), delivery.c.id < bindparam("after")
)
_ADD_OUTCOMES: Final = (
    update(message_outcome)
    .where(message_outcome.c.message_id == bindparam("of"))
    .values({name: message_outcome.c[name] + bindparam(f"more_{name}") for name in OUTCOMES})
)
_ADD_CONTEXTS: Final = (
    update(delivery_context)
    .where(delivery_context.c.id == bindparam("of"))
    .values(deliveries=delivery_context.c.deliveries + bindparam("more"))
)


def _stored(connection: Connection, there: Mapping[Key, int], *, some_removed: bool) -> dict[Key, State]:
    """What the store knows of deliveries.

    Args:
        some_removed: Whether a key may be that of a delivery that was removed.
    """
    states: dict[Key, State] = {}
    key_of = {id_: key for key, id_ in there.items()}
    rows: list[Row[*tuple[Any, ...]]] = []
    for ids in chunks(list(key_of)):
        found = connection.execute(
            select(
                delivery,
                delivery_context.c.channel,
                delivery_context.c.source,
                delivery_context.c.told_message,
                delivery_context.c.campaign,
                delivery_context.c.subject,
                delivery_context.c.sent_by,
                delivery_context.c.lists,
                customer.c.name.label("customer"),
            )
            .join(delivery_context, delivery_context.c.id == delivery.c.context_id)
            .join(
                customer,
                and_(
                    customer.c.enterprise_id == delivery_context.c.enterprise_id,
                    customer.c.id == delivery_context.c.customer_id,
                ),
            )
            .where(dialects.of(connection).among(delivery.c.id, ids))
        )
        rows += found.all()  # one by one they would take three times as long
    reasons = reasons_of(connection, rows)
    for row in rows:
        code, template = reasons[row.reason_id]
        context = Context(
            row.enterprise_id,
            row.customer,
            row.channel,
            row.source,
            row.told_message,
            row.campaign,
            row.subject,
            row.sent_by,
            row.lists,
        )
        steps: set[Told] = {(row.at, row.status, code, join_reason(template, row.said))}
        steps.update(read_history(row.history, row.at, reasons))
        told = sent_at_of(row.id) if row.sent_told else None
        key = key_of[row.id]
        if some_removed:
            # Its number may be another delivery's by now.
            form = normal(row.recipient)
            key = people_index.key_of(row.enterprise_id, row.source, row.delivery_id, form)
        if there.get(key) == row.id:
            states[key] = State(context, row.delivery_id, row.recipient, told, steps, row)
    return states
