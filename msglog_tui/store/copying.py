"""Copying an archive from one store into another, whatever their databases.

Tables are copied in the order of their keys, a batch in a transaction.  So what is there already says where
to go on: the row with the highest key is the last that was copied.  What a database makes of the rows for
itself, its indices of text and of people, is made again on the other side, in the same transactions.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

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
    func,
    select,
    tuple_,
)

from msglog_tui.errors import Refusal
from msglog_tui.store import dialects, models, people_index, text_index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from msglog_tui.store.engine import Store

BATCH: Final = 20_000
"""Rows in one transaction."""

# The index of text notes the days as it takes messages in.
TABLES: Final = tuple(table for table in models.metadata.sorted_tables if table is not models.message_day)
"""What is copied, in an order in which whatever a row refers to comes before it."""

_WRAPPED: Final = 2**31 - 1
# Ids and digests are summed by what they leave of this: whole, they would exceed any number of a database.


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


def copy(source: Connection, target: Store, progress: Callable[[Step], None]) -> None:
    """Copy all that is not there yet.

    Args:
        source: One consistent view of an archive.
        target: An archive that is empty, or holds the beginning of this one.

    Raises:
        Refusal: The target holds something else.
    """
    for table in TABLES:
        with target.reading(seconds=None) as connection:
            last = _last(connection, table)
            done = _count(connection, table)
            same = last is None or _row(connection, table, last) == _row(source, table, last)
        if not same:
            raise Refusal(
                f"The store {target.name} holds something else than what is to be copied: its last "
                f"{table.name.replace('_', ' ')} is another. Copy into an empty one."
            )
        total = _count(source, table)
        progress(Step(table.name, done, total))
        for rows in _batches(source, table, last):
            with target.writing() as connection:
                _insert(connection, table, rows, last)
            last = tuple(rows[-1][place] for place in _key_places(table))
            done += len(rows)
            progress(Step(table.name, done, total))
    with target.writing() as connection:
        if connection.dialect.name == "postgresql":
            _number_on(connection)


def totals(connection: Connection, table: Table) -> dict[int | None, tuple[int, ...]]:
    """What the columns of a table add up to, by enterprise where it has one; texts by their lengths."""
    sums: list[ColumnElement[Any]] = [func.count()]
    for each in table.c:
        if isinstance(each.type, (Text, Integer, BigInteger, SmallInteger, models.FixedPoint)):
            number = func.length(each) if isinstance(each.type, Text) else _plain(each)
            exact = isinstance(each.type, Text) or each.name in _EXACT
            sums += [func.sum(number if exact else number % _WRAPPED), func.count(each)]
    if "enterprise_id" not in table.c:
        row = connection.execute(select(*sums).select_from(table)).one()
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


def _number_on(connection: Connection) -> None:
    """Let the next row get the number after the last one that was copied."""
    for table in TABLES:
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


def _batches(
    source: Connection, table: Table, last: tuple[Any, ...] | None
) -> Iterator[list[tuple[Any, ...]]]:
    key = _key(table)
    query = _all(table).order_by(*key)
    if last is not None:
        query = query.where(tuple_(*key) > tuple_(*last))
    with source.execute(query, execution_options={"yield_per": BATCH}) as result:
        rows = map(tuple, result)
        while batch := list(islice(rows, BATCH)):
            yield batch


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
