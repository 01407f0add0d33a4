"""Archives that are spread over several servers by enterprise: making them, writing to them, finding a shard.

What an import brings goes straight to the shard of its enterprise, which keeps the totals; the front only
gives enterprises, customers and reasons their numbers.  `postgresql.shards` says what the front has.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from sqlalchemy import delete, func, select

from msglog_tui.errors import Refusal
from msglog_tui.store import dialects, models
from msglog_tui.store.engine import Store
from msglog_tui.store.writes import Owners, Writer
from msglog_tui.text import fold
from msglog_tui.types import Outcome, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy import Connection

    from msglog_tui.delivery import DeliveryRecord
    from msglog_tui.types import MessageRecord, TransactionRecord

Reason: TypeAlias = tuple[int, str, str]
"""A row of the dictionary of reasons: number, code, template."""


def shards_of(store: Store) -> list[Store]:
    """The archives behind the front of a sharded one; none when it is not."""
    if store.file is not None:
        return []
    from msglog_tui.store.postgresql import shards

    with store.reading() as connection:
        found = shards.behind(connection)
    return [Store(shards.reached_from(store.location, shard), known_as=shard.name) for shard in found]


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
        if not self._shards:
            return self._front
        if enterprise_id not in self._numbers:
            with self._front.reading() as connection:
                self._numbers |= _places(connection, [enterprise_id], len(self._shards))
        return self._shards[self._numbers[enterprise_id]]

    def close(self) -> None:
        """Let go of every connection to a shard."""
        for store in self._shards:
            store.close()


def make(front: Store, locations: Sequence[str]) -> None:
    """Spread an archive that has no messages yet over shards, which are made where there is none.

    Raises:
        Refusal: An archive is no server's, is not empty, cannot be reached as the front is, or there are too
            many.
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
        with front.writing() as connection:
            shards.set_up(connection, locations)
            for shard in shards.behind(connection):
                _require_same_login(front, shards.reached_from(front.location, shard), shard.name)
        for number, store in enumerate(stores):
            with store.writing() as connection:
                shards.number_apart(connection, number)


def _require_empty(store: Store) -> None:
    from msglog_tui.store.postgresql import shards

    store.init()
    with store.writing() as connection:  # a replica may not have it yet
        there = connection.execute(select(models.enterprise.c.id).limit(1)).first() is not None
        taken = shards.is_shard(connection) or shards.behind(connection)
    if there or taken:
        raise Refusal(f"The store {store.name} is not empty. Shards begin empty; import into the front.")


def _require_same_login(front: Store, location: str, name: str) -> None:
    shard = Store(location, known_as=name)
    try:
        with shard.writing():
            pass
    except Refusal as refusal:
        raise Refusal(
            f"{refusal} Whoever may read or write {front.name} has to come in there, too: "
            "by the same role, and the same password or password file."
        ) from None
    finally:
        shard.close()


def analyze(front: Store) -> None:
    """Let the front know how much lies on the shards, without which it does not plan well."""
    from msglog_tui.store.postgresql import shards

    with front.writing() as connection:
        shards.analyze(connection)


@contextmanager
def changing_users(store: Store) -> Iterator[Connection]:
    """A transaction in which users are changed; shards learn who there is, for the names of senders."""
    with store.writing() as connection:
        yield connection
        users = connection.execute(select(models.user)).mappings().all()
        for shard in shards_of(store):
            try:
                with shard.writing() as there:
                    _keep_users(there, users)
            finally:
                shard.close()


def _keep_users(connection: Connection, users: Sequence[Any]) -> None:
    """Have those users who may be the senders of what lies here."""
    table = models.user
    here = set(connection.scalars(select(models.enterprise.c.id)))
    customers = select(models.customer.c.enterprise_id, models.customer.c.id)
    known = {tuple(row) for row in connection.execute(customers)}
    connection.execute(delete(table))
    rows = [
        dict(user)
        for user in users
        if user["role"] == Role.OPERATOR.value
        or (
            user["enterprise_id"] in here
            and (user["customer_id"] is None or (user["enterprise_id"], user["customer_id"]) in known)
        )
    ]
    if rows:
        connection.execute(table.insert(), rows)


def copied(front: Store) -> None:
    """Let an archive into whose shards rows were copied go on: the next numbers, the users.

    Args:
        front: That of the archive.
    """
    from msglog_tui.store.delivery_state import first_id
    from msglog_tui.store.postgresql import shards

    within_second = models.delivery.c.id.op("&")(first_id(1) - 1)
    numbers, of_deliveries = [0], [-1]
    for part in front.parts:
        with part.reading(seconds=None) as connection:
            numbers += [connection.scalar(select(func.max(table.c.id))) or 0 for table in shards.NUMBERED]
            highest = connection.scalar(select(func.max(within_second)))
            of_deliveries += [] if highest is None else [highest]
    for number, part in enumerate(front.parts):
        with part.writing() as connection:
            shards.number_apart(connection, number, after=max(numbers), after_deliveries=max(of_deliveries))
    with changing_users(front):
        pass


def writer_of(store: Store, *, rehearsal: bool = False) -> Writer | ShardedWriter:
    """What puts records into a store, sharded or not.

    Raises:
        Refusal: The store is a shard of another: its enterprises get their numbers there.
    """
    require_no_shard(store)
    behind = shards_of(store)
    return ShardedWriter(store, behind, rehearsal=rehearsal) if behind else Writer(store, rehearsal=rehearsal)


def require_no_shard(store: Store) -> None:
    """Refuse to write an archive that is a shard of another.

    Raises:
        Refusal: It is one: its enterprises get their numbers at the front.
    """
    if store.file is not None:
        return
    from msglog_tui.store.postgresql import shards

    with store.reading() as connection:
        if shards.is_shard(connection):
            raise Refusal(f"{store.name} is a shard. Write into the front of the archive.")


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

    def deliveries(self, batch: Sequence[DeliveryRecord]) -> Outcome:
        """Store statuses of deliveries and keep the messages they make, their counters and the totals."""
        reasons = {(record.code, record.reason) for record in batch}
        return self._spread(batch, lambda shard, part: shard.deliveries(part), reasons)

    def _spread(
        self,
        batch: Sequence[Any],
        put: Callable[[_Shard, list[Any]], Outcome],
        reasons: Iterable[tuple[str, str]] = (),
    ) -> Outcome:
        names = {(record.enterprise, record.customer) for record in batch}
        owners, places, numbered = self._front.place(names, reasons)
        parts: dict[int, list[Any]] = defaultdict(list)
        for record in batch:
            enterprise_id, _ = owners[record.enterprise, record.customer]
            parts[places[enterprise_id]].append(record)
        outcome = Outcome(0, 0, 0)
        for number, part in sorted(parts.items()):
            self._shards[number].owners, self._shards[number].reasons = owners, numbered
            outcome = outcome.plus(put(self._shards[number], part))
        return outcome


class _Front(Writer):
    """Gives enterprises, customers and reasons their numbers."""

    def __init__(self, store: Store, shards: int, *, rehearsal: bool) -> None:
        super().__init__(store, rehearsal=rehearsal)
        self._count = shards
        self._places: dict[int, int] = {}

    def place(
        self, names: set[tuple[str, str]], reasons: Iterable[tuple[str, str]]
    ) -> tuple[Owners, dict[int, int], list[Reason]]:
        """The numbers of enterprises and customers by their names, of the enterprises' shards, of reasons."""
        from msglog_tui.store import delivery_reasons

        with self._transaction() as connection:
            owners = self._owners(connection, names)
            new = {enterprise_id for enterprise_id, _ in owners.values()} - self._places.keys()
            if new:
                self._places |= _places(connection, sorted(new), self._count)
            return owners, self._places, delivery_reasons.rows(connection, reasons)


class _Shard(Writer):
    """Takes the numbers of enterprises, customers and reasons that the front has given."""

    def __init__(self, store: Store, *, rehearsal: bool) -> None:
        super().__init__(store, rehearsal=rehearsal)
        self.owners: Owners = {}
        self.reasons: list[Reason] = []

    def close(self) -> None:
        """Let go of the connections."""
        self._store.close()

    def _owners(self, connection: Connection, names: set[tuple[str, str]]) -> Owners:
        ways = dialects.of(connection)
        new = {name: self.owners[name] for name in sorted(names - self._known.keys())}
        if new:
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
        columns = ["id", "code", "template"]
        ways.insert_rows(connection, models.delivery_reason, columns, self.reasons, new_only=True)
        return self._known


def _places(connection: Connection, enterprise_ids: Sequence[int], shards: int) -> dict[int, int]:
    from msglog_tui.store.postgresql.shards import numbers_of

    return numbers_of(connection, enterprise_ids, shards)
