"""Copying an archive from one store into another, whatever their databases and however many shards.

Tables are copied in the order of their keys, a batch in a transaction.  So what is there already says where
to go on: the row with the highest key is the last that was copied.  What a database makes of the rows for
itself, its indices of text and of people, is made again on the other side, in the same transactions.

No two shards give the same number, so that all rows of an archive can lie in one database, or in other
shards, as they are.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from heapq import merge
from itertools import groupby, islice
from operator import add
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    SmallInteger,
    Table,
    Text,
    column,
    exists,
    func,
    select,
    tuple_,
)

from msglog_tui.errors import Refusal
from msglog_tui.store import dialects, models, people_index, text_index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from msglog_tui.store.engine import Store

BATCH: Final = 20_000
"""Rows in one transaction."""

# The index of text notes the days as it takes messages in.
TABLES: Final = tuple(table for table in models.metadata.sorted_tables if table is not models.message_day)
"""What is copied, in an order in which whatever a row refers to comes before it."""

_WRAPPED: Final = 2**31 - 1
# Ids and digests are summed by what they leave of this: whole, they would exceed any number of a database.

_NOBODYS: Final = frozenset({models.user, models.user_key, models.audit})
# Kept on the front of shards alone.

_EVERYWHERE: Final = frozenset({models.retention, models.delivery_reason})
# Kept on the front and, as it is there, on every shard.

_NAMES: Final = frozenset({models.enterprise, models.customer})
# Kept on the front, and on the shard of the enterprise.

_OF_FRONT: Final = _NOBODYS | _EVERYWHERE | _NAMES

_Row: TypeAlias = tuple[Any, ...]


class View(NamedTuple):
    """One consistent view of each database of an archive.

    Attributes:
        front: The archive itself.
        parts: Where its messages lie: the shards, or the archive itself.
    """

    front: Connection
    parts: Sequence[Connection]

    def of(self, table: Table) -> Sequence[Connection]:
        """Where a table lies."""
        return [self.front] if table in _OF_FRONT else self.parts


@contextmanager
def viewed(store: Store) -> Iterator[View]:
    """See an archive as it is now, for as long as copying it takes."""
    with ExitStack() as opened:
        front = opened.enter_context(store.reading(seconds=None))
        if not store.is_spread:
            yield View(front, [front])
            return
        yield View(front, [opened.enter_context(part.reading(seconds=None)) for part in store.parts])


class Step(NamedTuple):
    """How far a copy has come.

    Attributes:
        table: What is being copied.
        rows: How many rows of it are there.
        total: How many there will be.
    """

    table: str
    rows: int
    total: int


class _Sink:
    """A database into which rows are copied.

    Args:
        store: It.
        number: That of the shard it is; `None` when all rows belong here.
    """

    def __init__(self, store: Store, number: int | None = None) -> None:
        self.store = store
        self.number = number
        self.last: _Row | None = None

    def begin(self, source: View, table: Table) -> int:
        """See where to go on; says how many rows are there.

        Raises:
            Refusal: There is something else than what is to be copied.
        """
        with self.store.reading(seconds=None) as connection:
            self.last = _last(connection, table)
            row = None if self.last is None else _row(connection, table, self.last)
            done = _count(connection, table)
        if self.last is not None and row not in [_row(side, table, self.last) for side in source.of(table)]:
            raise Refusal(
                f"The store {self.store.name} holds something else than what is to be copied: its last "
                f"{table.name.replace('_', ' ')} is another. Copy into an empty one."
            )
        return done

    def take(self, table: Table, rows: list[_Row]) -> None:
        """Store rows that are not there yet."""
        places = _key_places(table)

        def key(row: _Row) -> _Row:
            return tuple(row[place] for place in places)

        if rows and self.last is not None and key(rows[0]) <= self.last:
            rows = [row for row in rows if key(row) > self.last]
        if rows:
            with self.store.writing() as connection:
                _insert(connection, table, rows, self.last)
            self.last = key(rows[-1])


def copy(source: View, target: Store, progress: Callable[[Step], None]) -> None:
    """Copy all that is not there yet.

    Args:
        target: An archive that is empty, or holds the beginning of this one.

    Raises:
        Refusal: The target holds something else.
    """
    shards = [_Sink(store, number) for number, store in enumerate(target.parts)] if target.is_spread else []
    front = _Sink(target)
    places = _Places(target, len(shards))
    for table in TABLES:
        sinks = [front] if table in _OF_FRONT or not shards else []
        sinks += shards if table not in _NOBODYS else []
        held = [sink.begin(source, table) for sink in sinks]
        done = held[0] if table in _OF_FRONT else sum(held)
        total = sum(_count(side, table) for side in source.of(table))
        progress(Step(table.name, done, total))
        lasts = [sink.last for sink in sinks]
        after = None if None in lasts else min(last for last in lasts if last is not None)
        for rows in _batches(
            source, table, after, owned=bool(shards) and table not in _NOBODYS | _EVERYWHERE
        ):
            for sink in sinks:
                sink.take(table, places.of(sink, table, rows))
            done = max(done, min(done + len(rows), total))
            progress(Step(table.name, done, total))
    if shards:
        from msglog_tui.store.sharding import copied

        copied(target)
    with target.writing() as connection:
        if connection.dialect.name == "postgresql":
            _number_on(connection, [table for table in TABLES if table in _OF_FRONT or not shards])


class _Places:
    """On which shard rows belong, whose enterprises stand behind their columns."""

    def __init__(self, target: Store, shards: int) -> None:
        self._target = target
        self._shards = shards
        self._numbers: dict[int, int] = {}

    def of(self, sink: _Sink, table: Table, rows: list[_Row]) -> list[_Row]:
        """The rows that belong into a database, as its columns are."""
        if not self._shards or table in _EVERYWHERE:
            return rows
        width = len(table.c)
        if sink.number is None:
            return [row[:width] for row in rows]
        new = {row[width] for row in rows} - self._numbers.keys() - {None}
        if new:
            from msglog_tui.store.postgresql.shards import numbers_of

            with self._target.reading(seconds=None) as connection:
                self._numbers |= numbers_of(connection, sorted(new), self._shards)
        # The key of a delivery that was removed is nobody's: any shard may be told of the delivery again.
        return [row[:width] for row in rows if row[width] is None or self._numbers[row[width]] == sink.number]


def differs(source: View, target: View, table: Table) -> bool:
    """Whether the columns of a table add up to something else in a copy."""
    return _added_up(source, table) != _added_up(target, table)


def rows_of(view: View, table: Table) -> int:
    """How many rows a table of an archive has."""
    return sum(_count(side, table) for side in view.of(table))


def _added_up(view: View, table: Table) -> dict[int | None, tuple[int, ...]]:
    """What `totals` says of a table, of all shards together."""
    found: dict[int | None, tuple[int, ...]] = {}
    for side in view.of(table):
        for owner, sums in totals(side, table).items():
            known = found.get(owner)
            found[owner] = sums if known is None else tuple(map(add, known, sums))
    return found


def totals(connection: Connection, table: Table) -> dict[int | None, tuple[int, ...]]:
    """What the columns of a table add up to, by enterprise where it has one; texts by their lengths.

    Keys of deliveries that were removed are left out: each shard may have them.
    """
    sums: list[ColumnElement[Any]] = [func.count()]
    for each in table.c:
        if isinstance(each.type, (Text, Integer, BigInteger, SmallInteger, models.FixedPoint)):
            number = func.length(each) if isinstance(each.type, Text) else _plain(each)
            exact = isinstance(each.type, Text) or each.name in _EXACT
            sums += [func.sum(number if exact else number % _WRAPPED), func.count(each)]
    if "enterprise_id" not in table.c:
        query = select(*sums).select_from(table)
        if table is models.delivery_key:
            query = query.where(exists().where(models.delivery.c.id == table.c.id))
        row = connection.execute(query).one()
        return {None: tuple(int(value or 0) for value in row)}
    rows = connection.execute(select(table.c.enterprise_id, *sums).group_by(table.c.enterprise_id))
    return {row[0]: tuple(int(value or 0) for value in row[1:]) for row in rows}


_EXACT: Final = {
    *models.TRAFFIC,
    *models.OUTCOMES,
    *models.COUNTERS,
    "deliveries",
    "credits",
    "amount",
    "given_sent",
    "given_failed",
    "given_bounced",
}


def _number_on(connection: Connection, tables: Sequence[Table]) -> None:
    """Let the next row get the number after the last one that was copied."""
    for table in tables:
        number = table.autoincrement_column
        if number is not None:
            sequence = func.pg_get_serial_sequence(f'"{table.name}"', number.name)
            connection.execute(select(func.setval(sequence, func.max(number))).select_from(table))


def _plain(of: ColumnElement[Any]) -> ColumnElement[int]:
    """A column as the database has it, whatever it means."""
    return column(of.name, Integer)


def _key_places(table: Table) -> list[int]:
    names = [each.name for each in table.c]
    return [names.index(each.name) for each in table.primary_key]


def _key(table: Table) -> list[ColumnElement[Any]]:
    return [column(each.name) for each in table.primary_key]


def _last(connection: Connection, table: Table) -> tuple[Any, ...] | None:
    """The highest key of a table."""
    key = _key(table)
    row = connection.execute(
        select(*key).select_from(table).order_by(*(each.desc() for each in key)).limit(1)
    ).one_or_none()
    return None if row is None else tuple(row)


def _row(connection: Connection, table: Table, key: tuple[Any, ...]) -> tuple[Any, ...] | None:
    found = zip(_key(table), key, strict=True)
    row = connection.execute(_all(table).where(*(each == value for each, value in found))).one_or_none()
    return None if row is None else tuple(row)


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _all(table: Table) -> Select[*tuple[Any, ...]]:
    """The rows as the database keeps them, not as the columns are read."""
    return select(*(column(each.name) for each in table.c)).select_from(table)


def _batches(source: View, table: Table, last: _Row | None, *, owned: bool) -> Iterator[list[_Row]]:
    """Rows in the order of their keys, from all shards.

    Args:
        last: Only the rows behind this key.
        owned: Whether the enterprise of each row is to stand behind its columns.
    """
    places = _key_places(table)

    def key(row: _Row) -> _Row:
        return tuple(row[place] for place in places)

    query = _owned(table) if owned else _all(table)
    query = query.order_by(*_key(table))
    if last is not None:
        query = query.where(tuple_(*_key(table)) > tuple_(*last))
    with ExitStack() as opened:
        streams = [
            map(
                tuple,
                opened.enter_context(side.execute(query, execution_options={"yield_per": BATCH})),
            )
            for side in source.of(table)
        ]
        rows: Iterator[_Row] = streams[0]
        if len(streams) > 1:
            # The keys of removed deliveries may be on several shards.
            rows = (next(same) for _, same in groupby(merge(*streams, key=key), key=key))
        while batch := list(islice(rows, BATCH)):
            yield batch


def _owned(table: Table) -> Select[*tuple[Any, ...]]:
    """The rows of a table with their enterprises behind them."""
    if table is models.enterprise:
        return _all(table).add_columns(column("id"))
    if "enterprise_id" in table.c:
        return _all(table).add_columns(column("enterprise_id"))
    of, id_ = (
        (models.delivery, table.c.id)
        if table is models.delivery_key
        else (models.message, table.c.message_id)
    )
    owner = select(of.c.enterprise_id).where(of.c.id == id_).scalar_subquery()
    return _all(table).add_columns(owner)


def _insert(
    connection: Connection, table: Table, rows: list[tuple[Any, ...]], last: tuple[Any, ...] | None
) -> None:
    names = [each.name for each in table.c]
    dialects.of(connection).insert_rows(connection, table, names, rows)
    if table is models.message:
        text_index.add(connection, 0 if last is None else last[0])
    elif table is models.delivery:
        places = [names.index(name) for name in ("id", "enterprise_id", "customer_id", "recipient")]
        people_index.add_domains(connection, [tuple(row[place] for place in places) for row in rows])
