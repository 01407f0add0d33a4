"""Counters of messages, contexts and reasons: added to and taken away from, never counted anew.

A message may have a million recipients, of whom a batch tells a few.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, update

from msglog_tui.delivery import WENT_WRONG, DeliveryStatus
from msglog_tui.store import dialects
from msglog_tui.store.chunks import chunks
from msglog_tui.store.delivered_messages import renew
from msglog_tui.store.models import OUTCOMES, delivery_context, delivery_tally, message_outcome

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from msglog_tui.store.delivery_places import Place

WRONG: Final = frozenset(map(int, WENT_WRONG))
"""Numbers of the statuses whose reasons are counted."""

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


class Counts:
    """What a batch of deliveries adds to the counters and takes away."""

    def __init__(self) -> None:
        self._tallies: Counter[tuple[int, int, int]] = Counter()
        # What leaves: how many of each status from a message, and how many from a context.
        self._left: dict[int, list[int]] = {}
        self._left_contexts: Counter[int] = Counter()

    def add_wrong(self, message_id: int, status: int, reason_id: int) -> None:
        """Note that a delivery comes that went wrong."""
        self._tallies[message_id, status, reason_id] += 1

    def take_away(self, old: Row[*tuple[Any, ...]]) -> None:
        """Note that a delivery goes, given its row."""
        self._left.setdefault(old.message_id, [0] * len(DeliveryStatus))[old.status] += 1
        self._left_contexts[old.context_id] += 1
        if old.status in WRONG:
            self._tallies[old.message_id, old.status, old.reason_id] -= 1

    def settle(
        self, connection: Connection, places: Collection[Place], made: set[int]
    ) -> dict[int, Sequence[int]]:
        """Bring counters, contexts and messages up to date.

        Args:
            places: Where deliveries come, with how many of each status.
            made: Messages that were made for them just now: they have no other deliveries.

        Returns:
            How many deliveries of each status those messages have now.
        """
        counts = {message_id: [-left for left in of] for message_id, of in self._left.items()}
        contexts = Counter({context_id: -left for context_id, left in self._left_contexts.items()})
        for place in places:
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
        self._tally(connection)
        now: dict[int, Sequence[int]] = {message_id: counts[message_id] for message_id in made}
        return now | renew(connection, [message_id for message_id in counts if message_id not in made])

    def _tally(self, connection: Connection) -> None:
        """Bring the counts of reasons up to date."""
        table = delivery_tally
        rows = [(*key, by) for key, by in sorted(self._tallies.items()) if by]
        if not rows:
            return
        names = [column.name for column in table.c]
        statement = dialects.of(connection).insert(table)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=names[:3],
                set_={"deliveries": table.c.deliveries + statement.excluded.deliveries},
            ),
            [dict(zip(names, row, strict=True)) for row in rows],
        )
        for some in chunks(list({row[0] for row in rows if row[3] < 0})):
            connection.execute(delete(table).where(table.c.message_id.in_(some), table.c.deliveries == 0))
