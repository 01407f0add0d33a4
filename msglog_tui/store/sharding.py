"""Archives that are spread over several servers by enterprise: making them, and writing to them.

What an import brings goes straight to the shard of its enterprise, which keeps the totals; the front only
gives enterprises and customers their numbers.  `postgresql.shards` says how the front reads.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NoReturn, Self

from sqlalchemy import select

from msglog_tui.errors import Refusal
from msglog_tui.store import dialects, models
from msglog_tui.store.engine import Store
from msglog_tui.store.writes import Owners, Writer
from msglog_tui.text import fold
from msglog_tui.types import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from msglog_tui.delivery import DeliveryRecord
    from msglog_tui.types import MessageRecord, TransactionRecord


def shards_of(store: Store) -> list[Store]:
    """The archives behind the front of a sharded one; none when it is not."""
    if store.file is not None:
        return []
    from msglog_tui.store.postgresql import shards

    with store.reading() as connection:
        return [Store(location) for location in shards.locations(connection)]


def parts_of(store: Store) -> list[Store]:
    """The archives in which the messages lie: the shards, or the one archive itself."""
    return shards_of(store) or [store]


class Spread:
    """Where the enterprises of an archive lie, as far as anybody asked."""

    def __init__(self, front: Store) -> None:
        self._front = front
        self._shards = shards_of(front)
        self.parts = self._shards or [front]
        self._numbers: dict[int, int] = {}

    def near(self, enterprise_id: int) -> Store:
        """The archive that has the messages of an enterprise."""
        from msglog_tui.store.postgresql import shards

        if not self._shards:
            return self._front
        if enterprise_id not in self._numbers:
            with self._front.reading() as connection:
                self._numbers |= shards.numbers_of(connection, [enterprise_id], len(self._shards))
        return self._shards[self._numbers[enterprise_id]]

    def close(self) -> None:
        """Let go of every connection to a shard."""
        for store in self._shards:
            store.close()


def make(front: Store, locations: Sequence[str]) -> None:
    """Spread an archive that has no messages yet over shards, which are made where there is none.

    Raises:
        Refusal: An archive is no server's, is not empty, or there are too many.
    """
    stores = [Store(location) for location in locations]
    for store in (front, *stores):
        if store.file is not None:
            raise Refusal(f"{store.name} is a file: a sharded archive lies on PostgreSQL servers.")
    from msglog_tui.store.postgresql import shards

    if len({store.location for store in stores}) < len(stores) or len(stores) > shards.STRIDE:
        raise Refusal(f"A sharded archive takes up to {shards.STRIDE} shards, each named once.")
    with ExitStack() as opened:
        for store in stores:
            opened.callback(store.close)
        for store in (front, *stores):
            _require_empty(store)
        for number, store in enumerate(stores):
            with store.writing() as connection:
                shards.number_apart(connection, number)
        with front.writing() as connection:
            shards.set_up(connection, locations)


def _require_empty(store: Store) -> None:
    store.init()
    with store.reading() as connection:
        there = connection.execute(select(models.enterprise.c.id).limit(1)).first()
    if there is not None or shards_of(store):
        raise Refusal(f"The store {store.name} is not empty. Shards begin empty; import into the front.")


def analyze(front: Store) -> None:
    """Let the front know how much lies on the shards, without which it does not plan well."""
    from msglog_tui.store.postgresql import shards

    with front.writing() as connection:
        shards.analyze(connection)


def writer_of(store: Store, *, rehearsal: bool = False) -> Writer | ShardedWriter:
    """What puts records into a store, sharded or not."""
    shards = shards_of(store)
    return ShardedWriter(store, shards, rehearsal=rehearsal) if shards else Writer(store, rehearsal=rehearsal)


class ShardedWriter:
    """Puts records into a sharded archive, one transaction a batch and shard.

    A batch that is stopped between two shards is finished by importing it again.  It has the methods of
    `writes.Writer`.
    """

    def __init__(self, front: Store, shards: Sequence[Store], *, rehearsal: bool = False) -> None:
        self._front = _Front(front, len(shards), rehearsal=rehearsal)
        self._shards = [_Shard(store, rehearsal=rehearsal) for store in shards]
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        for writer in (self._front, *self._shards):
            self._stack.enter_context(writer)
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()
        for shard in self._shards:
            shard.close()

    def messages(self, batch: Sequence[MessageRecord]) -> Outcome:
        """Store messages; of two records of the same id the later one counts."""
        return self._spread(batch, lambda shard, part: shard.messages(part))

    def transactions(self, batch: Sequence[TransactionRecord]) -> Outcome:
        """Store transactions; of two records of the same id the later one counts."""
        return self._spread(batch, lambda shard, part: shard.transactions(part))

    def deliveries(self, batch: Sequence[DeliveryRecord]) -> NoReturn:  # noqa: ARG002 - as `Writer` has it
        """Refuse deliveries: their numbers would not be one shard's alone."""
        raise Refusal("A sharded archive keeps messages and transactions, no deliveries.")

    def _spread(self, batch: Sequence[Any], put: Callable[[_Shard, list[Any]], Outcome]) -> Outcome:
        owners, numbers = self._front.place({(record.enterprise, record.customer) for record in batch})
        parts: dict[int, list[Any]] = defaultdict(list)
        for record in batch:
            enterprise_id, _ = owners[record.enterprise, record.customer]
            parts[numbers[enterprise_id]].append(record)
        outcome = Outcome(0, 0, 0)
        for number, part in sorted(parts.items()):
            self._shards[number].owners = owners
            outcome = outcome.plus(put(self._shards[number], part))
        return outcome


class _Front(Writer):
    """Gives enterprises and customers their numbers."""

    def __init__(self, store: Store, shards: int, *, rehearsal: bool) -> None:
        super().__init__(store, rehearsal=rehearsal)
        self._count = shards
        self._places: dict[int, int] = {}

    def place(self, names: set[tuple[str, str]]) -> tuple[Owners, dict[int, int]]:
        """The numbers of enterprises and customers by their names, and of the enterprises' shards."""
        from msglog_tui.store.postgresql import shards

        with self._transaction() as connection:
            owners = self._owners(connection, names)
            new = {enterprise_id for enterprise_id, _ in owners.values()} - self._places.keys()
            if new:
                self._places |= shards.numbers_of(connection, sorted(new), self._count)
        return owners, self._places


class _Shard(Writer):
    """Takes the numbers of enterprises and customers that the front has given."""

    def __init__(self, store: Store, *, rehearsal: bool) -> None:
        super().__init__(store, rehearsal=rehearsal)
        self.owners: Owners = {}

    def close(self) -> None:
        """Let go of the connections."""
        self._store.close()

    def _owners(self, connection: Connection, names: set[tuple[str, str]]) -> Owners:
        new = {name: self.owners[name] for name in sorted(names - self._known.keys())}
        if new:
            ways = dialects.of(connection)
            enterprises = {of: enterprise_id for (of, _), (enterprise_id, _) in new.items()}
            ways.insert_rows(
                connection,
                models.enterprise,
                ["id", "name", "sort_name"],
                [(id_, name, fold(name)) for name, id_ in enterprises.items()],
                new_only=True,
            )
            ways.insert_rows(
                connection,
                models.customer,
                ["enterprise_id", "id", "name", "sort_name"],
                [(*owner, name, fold(name)) for (_, name), owner in new.items() if owner[1] is not None],
                new_only=True,
            )
            self._known |= new
        return self._known
