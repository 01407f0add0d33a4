"""The rows of a batch of deliveries: their ids, their messages, and the indices that lead to them."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from sqlalchemy import Connection, bindparam, delete, func, select

from msglog_tui.store import delivery_blocks, delivery_places, dialects, people_index
from msglog_tui.store.chunks import chunks
from msglog_tui.store.delivery_counts import WRONG, Counts
from msglog_tui.store.delivery_places import DAY, Place
from msglog_tui.store.delivery_reasons import numbered
from msglog_tui.store.delivery_state import (
    Context,
    State,
    Told,
    first_id,
    history_of,
    names_as_json,
    sent_at_of,
)
from msglog_tui.store.models import delivery

if TYPE_CHECKING:
    from collections.abc import Mapping

    from msglog_tui.delivery import DeliveryRecord

Key: TypeAlias = tuple[int, int]
"""A delivery's key: see `people_index`."""

_COLUMNS: Final = [column.name for column in delivery.c]
_SHARED: Final = itemgetter(0, 1, 5, 2, 10, 11, 12, 14, 15)
# What a record tells of its context.

_LAST_OF: Final = select(func.max(delivery.c.id)).where(
    delivery.c.id >= bindparam("first"), delivery.c.id < bindparam("after")
)


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


class Batch:
    """The deliveries of one batch, and what has to be done for them."""

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
        self._counts = Counts()

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

    def store(self) -> None:
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
            if status in WRONG:
                self._counts.add_wrong(place.message_id, status, number)
            word = (id_, place.context.enterprise_id, place.customer_id, recipient)
            if old is None:
                keys.append((*key, id_))
                words.append(word)
                continue
            gone.append(old.id)
            self._counts.take_away(old)
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
        numbers = self._counts.settle(connection, self._places.values(), made)
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
