"""The traffic rollups, as every import keeps them; `rollup_check` counts them again.

An enterprise has buckets of three widths.  A customer has buckets of a day, and running totals at the ends of
buckets of 32 days: what the archive gets mostly comes in the order of time, and then a running total is
written once.  A message that comes late is added to all later ones of its customer, of which there are a
dozen a year.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Select,
    SmallInteger,
    Table,
    Text,
    and_,
    func,
    literal,
    or_,
    select,
    true,
    update,
)

from msglog_tui.store import dialects
from msglog_tui.store.counters import amounts, counters_of, pivot
from msglog_tui.store.ladder import DAY, ENTERPRISE_SPANS, MONTH, QUARTER
from msglog_tui.store.models import (
    TRAFFIC,
    customer_running,
    customer_traffic,
    enterprise_traffic,
    removed_traffic,
)
from msglog_tui.types import Channel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Insert, Update

    from msglog_tui.store.dialects import Dialect

CUSTOMER = ("enterprise_id", "customer_id")

_temporary = MetaData()

moved = Table(
    "moved",
    _temporary,
    # Messages on their way out of the totals (-1) and into them (1).
    *(Column(name, Integer, nullable=False) for name in (*CUSTOMER, "month", "day")),
    Column("external_id", Text, nullable=False),
    Column("sign", SmallInteger, nullable=False),
    *(Column(name, BigInteger) for name in ("channel", "sent", "failed", "bounced", "sent_at")),
    # In the order in which customers' buckets lie, what is made of them needs no sorting any more.
    PrimaryKeyConstraint(*CUSTOMER, "month", "day", "external_id", "sign").ddl_if(dialect="sqlite"),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DELETE ROWS",
    sqlite_with_rowid=False,
)

# The same summed: by customer and month, each with all months before it, and by enterprise and the narrowest
# bucket.
_months = Table(
    "moved_months",
    _temporary,
    *(Column(name, Integer, primary_key=True) for name in (*CUSTOMER, "bucket")),
    # The customer's next month that anything was moved in, and the last one before that has a running total.
    Column("next", Integer),
    Column("last", Integer),
    *(Column(name, BigInteger) for name in TRAFFIC),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DELETE ROWS",
    sqlite_with_rowid=False,
)
_slots = Table(
    "moved_slots",
    _temporary,
    *(Column(name, Integer, primary_key=True) for name in ("enterprise_id", "bucket")),
    *(Column(name, BigInteger) for name in TRAFFIC),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DELETE ROWS",
    sqlite_with_rowid=False,
)


def begin(connection: Connection) -> None:
    """Have nothing moved yet: before the messages of a batch."""
    tables = (moved, _months, _slots)
    for table in tables:
        table.create(connection, checkfirst=True)
    dialects.of(connection).empty(connection, *tables)


def move(connection: Connection, sign: int, rows: Select[*tuple[Any, ...]]) -> None:
    """Note message rows that go out of the totals (-1) or come into them (1); `add` does the rest."""
    source = rows.subquery()
    columns: dict[str, ColumnElement[Any]] = {
        **{column.name: column for column in source.c},
        "month": source.c.sent_at // MONTH,
        "day": source.c.sent_at // DAY,
        "sign": constant(sign),
    }
    values = [columns[column.name] for column in moved.c]
    moving = select(*values)
    if dialects.of(connection).adds_twice:
        # An index in that order would save sorting a few rows, and have all read: to a sum no index is
        # fitted.
        moving = moving.order_by(source.c.enterprise_id + 0, source.c.customer_id, columns["day"])
    connection.execute(moved.insert().from_select([column.name for column in moved.c], moving))


def add(connection: Connection) -> None:
    """Bring the totals up to date with all that was moved."""
    for statement in _statements(dialects.of(connection)):
        connection.execute(statement)


@cache
def _statements(ways: Dialect) -> list[Insert | Update]:
    """They are the same for every batch: to put them together takes longer than some of them run."""
    return [*_of_enterprises(ways), *_of_customers(ways), *_of_running(ways)]


def _of_enterprises(ways: Dialect) -> list[Insert]:
    finest = ENTERPRISE_SPANS[0]
    columns = ["enterprise_id", "bucket", *TRAFFIC]
    summed = _summed(ways, moved.c.enterprise_id, moved.c.sent_at // finest)
    statements: list[Insert] = [_slots.insert().from_select(columns, summed)]
    for span in ENTERPRISE_SPANS:
        bucket = _slots.c.bucket * finest // span if span != finest else _slots.c.bucket
        rows = (
            select(
                _slots.c.enterprise_id,
                constant(span),
                bucket,
                *(ways.total(_slots.c[name]) for name in TRAFFIC),
            )
            .group_by(_slots.c.enterprise_id, bucket)
            .order_by(_slots.c.enterprise_id, bucket)
        )
        statements.append(
            _adding(ways, enterprise_traffic, ["enterprise_id", "span", "bucket"], TRAFFIC, rows)
        )
    return statements


def _of_customers(ways: Dialect) -> list[Insert]:
    key = [*CUSTOMER, "span", "bucket"]
    in_order = (*owner_in(moved), moved.c.month, moved.c.day)
    if not ways.adds_twice:
        counters = (ways.total(moved.c.sign * counter) for counter in pivot(moved))
        days = select(*owner_in(moved), constant(DAY), moved.c.day, *counters)
        days = days.group_by(*owner_in(moved), moved.c.day).order_by(*owner_in(moved), moved.c.day)
        return [_adding(ways, customer_traffic, key, TRAFFIC, days)]
    # Of a batch hardly two rows meet in a day: to sum them first would cost more than to add each.
    return [
        _adding(
            ways,
            customer_traffic,
            key,
            counters_of(channel),
            select(
                *owner_in(moved),
                constant(DAY),
                moved.c.day,
                *(moved.c.sign * amount for amount in amounts(moved)),
            )
            .where(moved.c.channel == channel.value)
            .order_by(*in_order),
        )
        for channel in Channel
    ]


def _of_running(ways: Dialect) -> list[Insert | Update]:
    """Three statements, so that each running total is written once, whatever months a batch has."""
    summed = _summed(ways, *owner_in(moved), moved.c.month.label("bucket")).subquery()
    order: dict[str, Any] = {"partition_by": owner_in(summed), "order_by": summed.c.bucket}
    before = customer_running.alias()
    last = (
        select(func.max(before.c.bucket))
        .where(_same_customer(before, summed), before.c.bucket <= summed.c.bucket)
        .scalar_subquery()
    )
    months = _months.insert().from_select(
        [*CUSTOMER, "bucket", "next", "last", *TRAFFIC],
        select(
            *owner_in(summed),
            summed.c.bucket,
            func.lead(summed.c.bucket).over(**order),
            last,
            *(ways.total(summed.c[name]).over(**order) for name in TRAFFIC),
        ),
    )
    risen = (func.coalesce(before.c[name], 0) + _months.c[name] for name in TRAFFIC)
    there = and_(_same_customer(before, _months), before.c.bucket == _months.c.last)
    key = [*CUSTOMER, "bucket"]
    statement = ways.insert(customer_running).from_select(
        [*key, *TRAFFIC],
        select(*(_months.c[name] for name in key), *risen)
        .select_from(_months.outerjoin(before, there))
        .where(true()),
    )
    table = customer_running
    # To a sum no index is fitted: a database cannot begin with all running totals there are.
    moved_in = [_months.c[name] + 0 for name in CUSTOMER]
    later = (
        update(table)
        .where(
            *(mine == its for mine, its in zip(owner_in(table), moved_in, strict=True)),
            table.c.bucket > _months.c.bucket,
            or_(_months.c.next.is_(None), table.c.bucket < _months.c.next),
        )
        .values({name: table.c[name] + _months.c[name] for name in TRAFFIC})
    )
    return [
        months,
        statement.on_conflict_do_update(
            index_elements=key, set_={name: statement.excluded[name] for name in TRAFFIC}
        ),
        later,
    ]


def settle(connection: Connection, messages: Select[*tuple[Any, ...]]) -> None:
    """Keep the totals of messages that are about to be removed by the quarter of an hour."""
    key = ["enterprise_id", "bucket", "customer_id"]
    source = messages.subquery()
    bucket = source.c.sent_at // QUARTER
    owners = [source.c.enterprise_id, bucket, source.c.customer_id]
    rows = select(*owners, *(func.sum(counter) for counter in pivot(source))).group_by(*owners)
    connection.execute(_adding(dialects.of(connection), removed_traffic, key, TRAFFIC, rows))


def _summed(ways: Dialect, *key: ColumnElement[int]) -> Select[*tuple[Any, ...]]:
    """All that was moved, by a key."""
    counters = (
        ways.total(moved.c.sign * counter).label(name)
        for name, counter in zip(TRAFFIC, pivot(moved), strict=True)
    )
    return select(*key, *counters).group_by(*key)


def owner_in(table: FromClause) -> list[ColumnElement[int]]:
    """The columns of a table that name a customer."""
    return [table.c[name] for name in CUSTOMER]


def _same_customer(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(*(mine == its for mine, its in zip(owner_in(one), owner_in(other), strict=True)))


def _adding(
    ways: Dialect, table: Table, key: list[str], names: Sequence[str], rows: Select[*tuple[Any, ...]]
) -> Insert:
    """Add rows to the buckets of their key, new ones among them."""
    # Without a condition, SQLite takes the ON of ON CONFLICT for that of a join.
    statement = ways.insert(table).from_select([*key, *names], rows.where(true()))
    return statement.on_conflict_do_update(
        index_elements=key, set_={name: table.c[name] + statement.excluded[name] for name in names}
    )


def constant(number: int) -> ColumnElement[int]:
    """A number that is part of the statement, so that a database can plan with it."""
    return literal(number, Integer, literal_execute=True)
