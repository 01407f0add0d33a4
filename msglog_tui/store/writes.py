"""Storing batches of records: all of a batch, with its totals, or nothing.

New rows go straight in.  If some of a batch were there already, the batch goes into a staging table too; rows
that the archive already holds as they are fall out of it; what is left is taken from the totals as it was and
added as it is.  So importing a file twice changes nothing, and a changed row takes its old numbers with it.
"""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self, TypeAlias, TypeVar

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    Text,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    true,
)

from msglog_tui.store import dialects, models, retention, rollups, text_index
from msglog_tui.store.chunks import chunks
from msglog_tui.text import fold
from msglog_tui.types import MessageRecord, Outcome, TransactionRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from msglog_tui.delivery import DeliveryRecord
    from msglog_tui.store.engine import Store

Row: TypeAlias = tuple[Any, ...]
"""A row on its way into a staging table: (enterprise id, customer id, external id, …)."""

Sent = TypeVar("Sent")

Owners: TypeAlias = dict[tuple[str, str], tuple[int, int | None]]
"""The names of an enterprise and a customer, and their ids."""

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
        postgresql_on_commit="DELETE ROWS",
        sqlite_with_rowid=False,
    )


_staged_message = _stage(models.message)
_staged_transaction = _stage(models.transaction)


_wanted_customer = Table(
    "wanted_customer",
    _staging,
    Column("enterprise_id", Integer, primary_key=True),
    Column("name", Text, primary_key=True),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
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
        self._known: Owners = {}

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
            horizon = retention.detail_from(connection)
            kept = _since(horizon, batch, lambda record: record.sent_at)
            owners = self._owners(connection, {(record.enterprise, record.customer) for record in kept})
            rows: list[Row] = [
                (*owners[record.enterprise, record.customer], *record[2:10], _as_json(record.lists))
                for record in kept
            ]
            outcome = _put(connection, models.message, _staged_message, rows, told=True)
            return outcome._replace(late=len(batch) - len(kept))

    def transactions(self, batch: Sequence[TransactionRecord]) -> Outcome:
        """Store transactions; of two records of the same id the later one counts."""
        millionths = models.FixedPoint().process_bind_param
        with self._transaction() as connection:
            owners = self._owners(connection, {(record.enterprise, record.customer) for record in batch})
            rows: list[Row] = [
                (
                    *owners[record.enterprise, record.customer],
                    *record[2:6],
                    millionths(record.credits, connection.dialect),
                    millionths(record.amount, connection.dialect),
                    *record[8:],
                )
                for record in batch
            ]
            return _put(connection, models.transaction, _staged_transaction, rows)

    def deliveries(self, batch: Sequence[DeliveryRecord]) -> Outcome:
        """Store statuses of deliveries and keep the messages they make, their counters and the totals."""
        from msglog_tui.store import deliveries

        with self._transaction() as connection:
            horizon = retention.deliveries_from(connection)
            kept = _since(
                horizon, batch, lambda record: record.at if record.sent_at is None else record.sent_at
            )
            owners = self._owners(connection, {(record.enterprise, record.customer) for record in kept})
            outcome = deliveries.store(connection, kept, owners)
            return outcome._replace(late=outcome.late + len(batch) - len(kept))

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
            self._known.clear()
            raise

    def _owners(self, connection: Connection, names: set[tuple[str, str]]) -> Owners:
        """The ids of enterprises and customers by their names, new ones among them.

        An empty name of a customer means the enterprise itself: it has no customer's id.
        """
        missing = names - self._known.keys()
        if not missing:
            return self._known
        enterprises = {}
        for enterprise in sorted({of for of, _ in missing}):
            enterprises[enterprise] = self._enterprise(connection, enterprise)
            self._known[enterprise, ""] = (enterprises[enterprise], None)
        asked = sorted((of, name) for of, name in missing if name)
        there = _customers(connection, [(enterprises[of], name) for of, name in asked])
        new = [(enterprises[of], name) for of, name in asked if (enterprises[of], name) not in there]
        if new:
            first = (connection.scalar(select(func.max(models.customer.c.id))) or 0) + 1
            there |= {key: id_ for id_, key in enumerate(new, first)}
            rows = [(of, there[of, name], name, fold(name)) for of, name in new]
            columns = ["enterprise_id", "id", "name", "sort_name"]
            dialects.of(connection).insert_rows(connection, models.customer, columns, rows)
        self._known |= {(of, name): (enterprises[of], there[enterprises[of], name]) for of, name in asked}
        return self._known

    def _enterprise(self, connection: Connection, name: str) -> int:
        table = models.enterprise
        found: int | None = connection.scalar(select(table.c.id).where(table.c.name == name))
        if found is None:
            found = connection.execute(
                table.insert().values(name=name, sort_name=fold(name)).returning(table.c.id)
            ).scalar_one()
        return found


def _customers(connection: Connection, keys: list[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """The ids of customers by (enterprise id, name), of those that there are."""
    table = models.customer
    _wanted_customer.create(connection, checkfirst=True)
    ways = dialects.of(connection)
    ways.empty(connection, _wanted_customer)
    ways.insert_rows(connection, _wanted_customer, ["enterprise_id", "name"], keys)
    known = and_(
        table.c.enterprise_id == _wanted_customer.c.enterprise_id, table.c.name == _wanted_customer.c.name
    )
    # An outer join looks up the few wanted, whatever a database thinks of their number.
    rows = connection.execute(
        select(_wanted_customer, table.c.id).select_from(_wanted_customer.outerjoin(table, known))
    )
    return {(row[0], row[1]): row[2] for row in rows if row[2] is not None}


def _since(horizon: int | None, batch: Sequence[Sent], sent_at: Callable[[Sent], int]) -> Sequence[Sent]:
    """The records of the time of which the like is kept; others may be in the totals already."""
    return batch if horizon is None else [record for record in batch if sent_at(record) >= horizon]


def put_messages(connection: Connection, rows: list[Row]) -> None:
    """Put rows of messages, in the columns of `message` but for the id, into the store and its totals."""
    _put(connection, models.message, _staged_message, rows)


def remove_messages(connection: Connection, ids: list[int]) -> None:
    """Take messages out of the store and its totals."""
    table, staged = models.message, _staged_message
    ways = dialects.of(connection)
    ways.expect_batch(connection)
    staged.create(connection, checkfirst=True)
    rollups.begin(connection)
    for some in chunks(ids):
        gone = ways.among(table.c.id, some)
        names = [column.name for column in staged.c]
        ways.empty(connection, staged)
        connection.execute(
            staged.insert().from_select(names, select(*(table.c[name] for name in names)).where(gone))
        )
        rollups.move(connection, -1, select(table).where(gone))
        text_index.remove(connection, staged)
        connection.execute(delete(table).where(gone))
    rollups.add(connection)


def _put(
    connection: Connection, table: Table, staged: Table, rows: list[Row], *, told: bool = False
) -> Outcome:
    """Put rows, in the columns of `staged`, into a table.

    Args:
        told: Whether the rows are what somebody told of messages, which may have deliveries that know better.
    """
    if not rows:
        return Outcome(0, 0, 0)
    fresh, changed, unchanged = _latest(rows)
    ways = dialects.of(connection)
    ways.expect_batch(connection)
    before = connection.scalar(select(func.max(table.c.id))) or 0
    staged.create(connection, checkfirst=True)
    ways.empty(connection, staged)
    added = ways.insert_new(connection, table, staged, fresh)
    replaced = 0
    if table is models.message:
        rollups.begin(connection)
        rollups.move(connection, 1, select(table).where(table.c.id > before))
        text_index.add(connection, before)
    if added < len(fresh):
        replaced = _replace(connection, table, staged, before, told=told)
        unchanged += len(fresh) - added - replaced
    if table is models.message:
        rollups.add(connection)
    return Outcome(added, changed + replaced, unchanged)


def _latest(rows: list[Row]) -> tuple[list[Row], int, int]:
    """The last row of each key; how many of those before differed from the next one, and how many did not."""
    if len({(row[0], row[2]) for row in rows}) == len(rows):
        return rows, 0, 0
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
    return list(latest.values()), changed, unchanged


def _replace(connection: Connection, table: Table, staged: Table, before: int, *, told: bool) -> int:
    """Bring those of the staged rows up to date that were there already.

    Args:
        before: The highest id there was before the others were added.

    Returns:
        How many have changed.
    """
    names = [column.name for column in staged.c]
    ways = dialects.of(connection)
    homes = []
    if told:
        from msglog_tui.store import delivered_messages

        homes = delivered_messages.meet(connection, staged)
    known = and_(table.c.enterprise_id == staged.c.enterprise_id, table.c.external_id == staged.c.external_id)
    same = and_(*(table.c[name].is_not_distinct_from(staged.c[name]) for name in names))
    connection.execute(delete(staged).where(exists().where(known, or_(table.c.id > before, same))))
    replaced = connection.scalar(select(func.count()).select_from(staged)) or 0
    if replaced and table is models.message:
        # All of them are there. It is an outer join because that has only one order: without statistics, a
        # database might look for each message of the archive among the few staged.
        rollups.move(connection, -1, select(table).select_from(staged.outerjoin(table, known)))
        rollups.move(connection, 1, select(staged))
        text_index.remove(connection, staged)
    if replaced:
        statement = ways.insert(table).from_select(names, select(staged).where(true()))
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["enterprise_id", "external_id"],
                set_={name: statement.excluded[name] for name in names},
            )
        )
    if replaced and table is models.message:
        text_index.take_back(connection, staged)
    for message_id, customer_id in homes:
        delivered_messages.rehome(connection, message_id, customer_id)
    return replaced


@lru_cache(maxsize=4096)
def _as_json(names: tuple[str, ...]) -> str:
    return json.dumps(names, ensure_ascii=False)
