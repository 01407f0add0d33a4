"""Storing batches of records: all of a batch, with its totals, or nothing.

A batch goes into a staging table; rows that the archive already holds as they are fall out of it; what is
left is taken from the totals as it was, put into the table, and added to the totals as it is.  So importing
a file twice changes nothing, and a changed row takes its old numbers with it.
"""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self, TypeAlias, cast

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    and_,
    delete,
    exists,
    func,
    literal_column,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.sqlite import insert

from msglog_tui.store import models, rollups
from msglog_tui.text import fold
from msglog_tui.types import MessageRecord, Outcome, TransactionRecord

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from msglog_tui.store.engine import Store

Row: TypeAlias = tuple[Any, ...]
"""A row on its way into a staging table: (enterprise id, customer id, external id, …)."""

_staging = MetaData()


def _stage(table: Table) -> Table:
    """A temporary table like another one, keyed by what a re-import recognises a row by."""
    return Table(
        f"staged_{table.name}",
        _staging,
        *(
            Column(column.name, column.type, primary_key=column.name in ("enterprise_id", "external_id"))
            for column in table.c
            if column.name != "id"
        ),
        prefixes=["TEMPORARY"],
        sqlite_with_rowid=False,
    )


_staged_message = _stage(models.message)
_staged_transaction = _stage(models.transaction)

# Messages on their way out of the totals (-1) and into them (1).
_moved = Table(
    "moved",
    _staging,
    Column("sign", SmallInteger),
    *(
        Column(name, Integer)
        for name in ("enterprise_id", "customer_id", "channel", "sent", "failed", "bounced", "sent_at")
    ),
    prefixes=["TEMPORARY"],
)


class Writer:
    """Puts records into a store, one transaction a batch.

    Use it as a context manager.  A rehearsal keeps everything in one transaction and takes it back at the
    end, so that what it reports is exactly what an import would do.

    Args:
        rehearsal: Whether to store nothing in the end.
    """

    def __init__(self, store: Store, *, rehearsal: bool = False) -> None:
        self._store = store
        self._rehearsal = rehearsal
        self._stack = ExitStack()
        self._held: Connection | None = None
        self._enterprises: dict[str, int] = {}
        self._customers: dict[tuple[int, str], int] = {}

    def __enter__(self) -> Self:
        if self._rehearsal:
            self._held = self._stack.enter_context(self._store.writing())
        return self

    def __exit__(self, *error: object) -> None:
        if self._held is not None:
            self._held.rollback()
        self._stack.close()

    def messages(self, batch: Sequence[MessageRecord]) -> Outcome:
        """Store messages and keep the totals; of two records of the same id the later one counts."""
        with self._transaction() as connection:
            rows: list[Row] = []
            for record in batch:
                enterprise_id = self._enterprise(connection, record.enterprise)
                customer_id = self._customer(connection, enterprise_id, record.customer)
                rows.append((enterprise_id, customer_id, *record[2:10], _as_json(record.lists)))
            return _put(connection, models.message, _staged_message, rows)

    def transactions(self, batch: Sequence[TransactionRecord]) -> Outcome:
        """Store transactions; of two records of the same id the later one counts."""
        millionths = models.FixedPoint().process_bind_param
        with self._transaction() as connection:
            rows: list[Row] = []
            for record in batch:
                enterprise_id = self._enterprise(connection, record.enterprise)
                customer_id = (
                    self._customer(connection, enterprise_id, record.customer) if record.customer else None
                )
                sums = (
                    millionths(record.credits, connection.dialect),
                    millionths(record.amount, connection.dialect),
                )
                rows.append((enterprise_id, customer_id, *record[2:6], *sums, *record[8:]))
            return _put(connection, models.transaction, _staged_transaction, rows)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            if self._held is not None:
                yield self._held
            else:
                with self._store.writing() as connection:
                    yield connection
        except BaseException:
            # Numbers given in a transaction that is taken back were never given.
            self._enterprises.clear()
            self._customers.clear()
            raise

    def _enterprise(self, connection: Connection, name: str) -> int:
        if name not in self._enterprises:
            table = models.enterprise
            found = connection.scalar(select(table.c.id).where(table.c.name == name))
            if found is None:
                found = connection.scalar(
                    table.insert().values(name=name, sort_name=fold(name)).returning(table.c.id)
                )
            self._enterprises[name] = cast("int", found)
        return self._enterprises[name]

    def _customer(self, connection: Connection, enterprise_id: int, name: str) -> int:
        key = (enterprise_id, name)
        if key not in self._customers:
            table = models.customer
            found = connection.scalar(
                select(table.c.id).where(table.c.enterprise_id == enterprise_id, table.c.name == name)
            )
            if found is None:
                found = (connection.scalar(select(func.max(table.c.id))) or 0) + 1
                connection.execute(
                    table.insert().values(
                        enterprise_id=enterprise_id, id=found, name=name, sort_name=fold(name)
                    )
                )
            self._customers[key] = found
        return self._customers[key]


def _put(connection: Connection, table: Table, staged: Table, rows: list[Row]) -> Outcome:
    """Put rows, in the columns of `staged`, into a table."""
    if not rows:
        return Outcome(0, 0, 0)
    latest: dict[tuple[Any, Any], Row] = {}
    changed = unchanged = 0
    for row in rows:
        key = (row[0], row[2])
        if key in latest:
            if latest[key] == row:
                unchanged += 1
            else:
                changed += 1
        latest[key] = row

    names = [column.name for column in staged.c]
    staged.create(connection, checkfirst=True)
    connection.execute(delete(staged))
    connection.exec_driver_sql(
        f"INSERT INTO {staged.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",  # noqa: S608
        list(latest.values()),
    )
    same = and_(*(table.c[name].is_not_distinct_from(staged.c[name]) for name in names))
    unchanged += connection.execute(delete(staged).where(exists().where(same))).rowcount
    known = and_(table.c.enterprise_id == staged.c.enterprise_id, table.c.external_id == staged.c.external_id)
    replaced = connection.scalar(select(func.count()).select_from(staged.join(table, known))) or 0
    if table is models.message:
        _keep_totals(connection, known)
    statement = insert(table).from_select(names, select(staged).where(true()))
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["enterprise_id", "external_id"],
            set_={name: statement.excluded[name] for name in names},
        )
    )
    return Outcome(len(rows) - changed - unchanged - replaced, changed + replaced, unchanged)


def _keep_totals(connection: Connection, known: ColumnElement[bool]) -> None:
    """Take what the staged messages replace out of the totals, and add them as they will be."""
    names = [column.name for column in _moved.c if column.name != "sign"]
    _moved.create(connection, checkfirst=True)
    connection.execute(delete(_moved))
    gone = select(literal_column("-1"), *(models.message.c[name] for name in names)).select_from(
        _staged_message.join(models.message, known)
    )
    come = select(literal_column("1"), *(_staged_message.c[name] for name in names))
    connection.execute(_moved.insert().from_select(["sign", *names], union_all(gone, come)))
    rollups.add(connection, _moved, _moved.c.sign)


@lru_cache(maxsize=4096)
def _as_json(names: tuple[str, ...]) -> str:
    return json.dumps(names, ensure_ascii=False)
