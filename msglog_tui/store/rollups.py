"""The traffic rollups: kept by every import, recomputed by `check`, rebuilt by `repair`.

An enterprise has buckets of three widths.  A customer has buckets of a day, and running totals at the ends of
buckets of 32 days: what the archive gets mostly comes in the order of time, and then a running total is
written once.  A message that comes late is added to all later ones of its customer, of which there are a
dozen a year.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    MetaData,
    Select,
    SmallInteger,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
    update,
)

from msglog_tui.store import dialects
from msglog_tui.store.counters import amounts, counters_of, pivot
from msglog_tui.store.ladder import DAY, ENTERPRISE_SPANS, MONTH, QUARTER
from msglog_tui.store.models import (
    TRAFFIC,
    customer,
    customer_running,
    customer_traffic,
    enterprise,
    enterprise_traffic,
    message,
    removed_traffic,
)
from msglog_tui.text import clean
from msglog_tui.types import Channel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Insert

    from msglog_tui.store.dialects import Dialect

_CUSTOMER = ("enterprise_id", "customer_id")

_temporary = MetaData()

moved = Table(
    "moved",
    _temporary,
    # Messages on their way out of the totals (-1) and into them (1), in the order in which customers' buckets
    # lie: what is made of them needs no sorting any more.
    *(Column(name, Integer, primary_key=True) for name in (*_CUSTOMER, "month", "day")),
    Column("external_id", Text, primary_key=True),
    Column("sign", SmallInteger, primary_key=True),
    *(Column(name, BigInteger) for name in ("channel", "sent", "failed", "bounced", "sent_at")),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DELETE ROWS",
    sqlite_with_rowid=False,
)

# The same summed: by customer and month, and by enterprise and the narrowest bucket.
_months = Table(
    "moved_months",
    _temporary,
    *(Column(name, Integer, primary_key=True) for name in ("bucket", *_CUSTOMER)),
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


@dataclass(frozen=True, slots=True)
class Difference:
    """A bucket whose total is not the sum of its messages.

    Attributes:
        customer: Empty for a total of the whole enterprise.
        span: Width of the bucket in seconds.
        start: First instant of the bucket, UTC seconds.
        counter: Which counter is off.
        kept: What the total says; of a running total, by how much it rises in the bucket.
        counted: What the messages say.
    """

    enterprise: str
    customer: str
    span: int
    start: int
    counter: str
    kept: int
    counted: int


def begin(connection: Connection) -> None:
    """Have nothing moved yet: before the messages of a batch."""
    for table in (moved, _months, _slots):
        table.create(connection, checkfirst=True)
        connection.execute(delete(table))


def move(connection: Connection, sign: int, rows: Select[*tuple[Any, ...]]) -> None:
    """Note message rows that go out of the totals (-1) or come into them (1); `add` does the rest."""
    source = rows.subquery()
    columns: dict[str, ColumnElement[Any]] = {
        **{column.name: column for column in source.c},
        "month": source.c.sent_at // MONTH,
        "day": source.c.sent_at // DAY,
        "sign": _constant(sign),
    }
    values = [columns[column.name] for column in moved.c]
    # An index in that order would save sorting a few rows, and have all read: to a sum no index is fitted.
    order = [source.c.enterprise_id + 0, source.c.customer_id, columns["day"]]
    connection.execute(
        moved.insert().from_select([column.name for column in moved.c], select(*values).order_by(*order))
    )


def add(connection: Connection) -> None:
    """Bring the totals up to date with all that was moved."""
    ways = dialects.of(connection)
    for statement in _of_enterprises(ways):
        connection.execute(statement)
    for statement in _of_customers(ways):
        connection.execute(statement)
    new, later = _of_running()
    connection.execute(new)
    for month in connection.scalars(select(_months.c.bucket).distinct()).all():
        connection.execute(later, {"month": month})


# The statements are the same for every batch: to put them together takes longer than some of them run.


@cache
def _of_enterprises(ways: Dialect) -> list[Insert]:
    finest = ENTERPRISE_SPANS[0]
    columns = ["enterprise_id", "bucket", *TRAFFIC]
    summed = _summed(moved.c.enterprise_id, moved.c.sent_at // finest)
    statements: list[Insert] = [_slots.insert().from_select(columns, summed)]
    for span in ENTERPRISE_SPANS:
        bucket = _slots.c.bucket * finest // span if span != finest else _slots.c.bucket
        rows = select(
            _slots.c.enterprise_id,
            _constant(span),
            bucket,
            *(func.sum(_slots.c[name]) for name in TRAFFIC),
        ).group_by(_slots.c.enterprise_id, bucket)
        statements.append(
            _adding(ways, enterprise_traffic, ["enterprise_id", "span", "bucket"], TRAFFIC, rows)
        )
    return statements


@cache
def _of_customers(ways: Dialect) -> list[Insert]:
    columns = [*_CUSTOMER, "bucket", *TRAFFIC]
    months = _months.insert().from_select(columns, _summed(*_owner(moved), moved.c.month))
    key = [*_CUSTOMER, "span", "bucket"]
    if not ways.adds_twice:
        counters = (func.sum(moved.c.sign * counter) for counter in pivot(moved))
        days = select(*_owner(moved), _constant(DAY), moved.c.day, *counters)
        days = days.group_by(*_owner(moved), moved.c.day)
        return [_adding(ways, customer_traffic, key, TRAFFIC, days), months]
    # Of a batch hardly two rows meet in a day: to sum them first would cost more than to add each.
    in_order = (*_owner(moved), moved.c.month, moved.c.day)
    return [
        *(
            _adding(
                ways,
                customer_traffic,
                key,
                counters_of(channel),
                select(
                    *_owner(moved),
                    _constant(DAY),
                    moved.c.day,
                    *(moved.c.sign * amount for amount in amounts(moved)),
                )
                .where(moved.c.channel == channel.value)
                .order_by(*in_order),
            )
            for channel in Channel
        ),
        months,
    ]


@cache
def _of_running() -> tuple[Any, Any]:
    """Two statements: to make the running totals that are missing; to add a month to those from it on."""
    nearest, before = customer_running.alias(), customer_running.alias()
    last = (
        select(func.max(before.c.bucket))
        .where(_same_customer(before, _months), before.c.bucket <= _months.c.bucket)
        .scalar_subquery()
    )
    carried = (func.coalesce(nearest.c[name], 0) for name in TRAFFIC)
    new = customer_running.insert().from_select(
        [*_CUSTOMER, "bucket", *TRAFFIC],
        select(*(_months.c[name] for name in _CUSTOMER), _months.c.bucket, *carried)
        .select_from(
            _months.outerjoin(nearest, and_(_same_customer(nearest, _months), nearest.c.bucket == last))
        )
        .where(nearest.c.bucket.is_distinct_from(_months.c.bucket)),
    )
    later = (
        update(customer_running)
        .where(
            _months.c.bucket == bindparam("month"),
            _same_customer(customer_running, _months),
            customer_running.c.bucket >= _months.c.bucket,
        )
        .values({name: customer_running.c[name] + _months.c[name] for name in TRAFFIC})
    )
    return new, later


def settle(connection: Connection, messages: Select[*tuple[Any, ...]]) -> None:
    """Keep the totals of messages that are about to be removed by the quarter of an hour."""
    key = ["enterprise_id", "bucket", "customer_id"]
    source = messages.subquery()
    bucket = source.c.sent_at // QUARTER
    owners = [source.c.enterprise_id, bucket, source.c.customer_id]
    rows = select(*owners, *(func.sum(counter) for counter in pivot(source))).group_by(*owners)
    connection.execute(_adding(dialects.of(connection), removed_traffic, key, TRAFFIC, rows))


def rebuild(connection: Connection, enterprise_id: int) -> None:
    """Make the totals of an enterprise anew: the finest from its messages, the coarser from the finer.

    What is kept of removed messages counts like messages, and stays.
    """
    for table in (enterprise_traffic, customer_traffic, customer_running):
        connection.execute(delete(table).where(table.c.enterprise_id == enterprise_id))
    columns = ["enterprise_id", "span", "bucket", *TRAFFIC]
    finest = _buckets(enterprise_id, ("enterprise_id",), ENTERPRISE_SPANS[0])
    connection.execute(enterprise_traffic.insert().from_select(columns, finest))
    for finer, span in pairwise(ENTERPRISE_SPANS):
        table = enterprise_traffic
        bucket = table.c.bucket * finer // span
        rows = (
            select(table.c.enterprise_id, _constant(span), bucket, *_sums(table))
            .where(table.c.enterprise_id == enterprise_id, table.c.span == finer)
            .group_by(table.c.enterprise_id, bucket)
        )
        connection.execute(table.insert().from_select(columns, rows))
    columns = [*_CUSTOMER, "span", "bucket", *TRAFFIC]
    connection.execute(
        customer_traffic.insert().from_select(columns, _buckets(enterprise_id, _CUSTOMER, DAY))
    )
    month = customer_traffic.c.bucket * DAY // MONTH
    months = (
        select(*_owner(customer_traffic), month.label("bucket"), *_sums(customer_traffic))
        .where(customer_traffic.c.enterprise_id == enterprise_id, customer_traffic.c.span == DAY)
        .group_by(*_owner(customer_traffic), month)
        .subquery()
    )
    so_far = (
        func.sum(months.c[name]).over(partition_by=_owner(months), order_by=months.c.bucket)
        for name in TRAFFIC
    )
    connection.execute(
        customer_running.insert().from_select(
            [*_CUSTOMER, "bucket", *TRAFFIC], select(*_owner(months), months.c.bucket, *so_far)
        )
    )


def enterprises(connection: Connection) -> list[tuple[int, str]]:
    """Every enterprise of the archive: (id, name), for whoever owns it."""
    rows = connection.execute(select(enterprise.c.id, enterprise.c.name).order_by(enterprise.c.sort_name))
    return [(row.id, clean(row.name)) for row in rows]


def differences(connection: Connection, enterprise_id: int) -> Iterator[Difference]:
    """Recompute every total of an enterprise and yield the ones that are off."""
    names = {
        row.id: clean(row.name)
        for row in connection.execute(
            select(customer.c.id, customer.c.name).where(customer.c.enterprise_id == enterprise_id)
        )
    }
    of = clean(connection.scalar(select(enterprise.c.name).where(enterprise.c.id == enterprise_id)) or "")
    for kept, owner, span in _everything_kept(enterprise_id):
        for row in connection.execute(_off(kept, owner, span, enterprise_id)).mappings():
            here = _kept(connection, kept, [*owner, "bucket"], dict(row))
            for name in TRAFFIC:
                if row[name]:
                    yield Difference(
                        enterprise=of,
                        customer=names.get(row.get("customer_id"), ""),
                        span=span,
                        start=row["bucket"] * span,
                        counter=name,
                        kept=here[name],
                        counted=here[name] - row[name],
                    )


def _everything_kept(enterprise_id: int) -> Iterator[tuple[FromClause, tuple[str, ...], int]]:
    """The buckets of an enterprise as they are kept, whose they are, and how wide."""
    buckets: list[tuple[Table, tuple[str, ...], int]] = [
        *((enterprise_traffic, ("enterprise_id",), span) for span in ENTERPRISE_SPANS),
        (customer_traffic, _CUSTOMER, DAY),
    ]
    for table, owner, span in buckets:
        mine = select(table).where(table.c.enterprise_id == enterprise_id, table.c.span == span)
        yield mine.subquery(), owner, span
    table = customer_running
    before = (
        func.lag(table.c[name], 1, 0).over(partition_by=_owner(table), order_by=table.c.bucket)
        for name in TRAFFIC
    )
    rises = [(table.c[name] - value).label(name) for name, value in zip(TRAFFIC, before, strict=True)]
    mine = select(*_owner(table), table.c.bucket, *rises).where(table.c.enterprise_id == enterprise_id)
    yield mine.subquery(), _CUSTOMER, MONTH


def _off(kept: FromClause, owner: tuple[str, ...], span: int, enterprise_id: int) -> Select[*tuple[Any, ...]]:
    """The buckets where totals less messages is not nothing, and by how much."""
    keys = [*owner, "bucket"]
    counted = _buckets(enterprise_id, owner, span).subquery()
    both = union_all(
        select(*(kept.c[name] for name in (*keys, *TRAFFIC))),
        select(*(counted.c[key] for key in keys), *((-counted.c[name]).label(name) for name in TRAFFIC)),
    ).subquery()
    excess = [func.sum(both.c[name]).label(name) for name in TRAFFIC]
    return (
        select(*(both.c[key] for key in keys), *excess)
        .group_by(*(both.c[key] for key in keys))
        .having(or_(*(func.sum(both.c[name]) != 0 for name in TRAFFIC)))
    )


def _kept(connection: Connection, kept: FromClause, keys: list[str], row: dict[str, int]) -> dict[str, int]:
    found = (
        connection.execute(select(kept).where(*(kept.c[key] == row[key] for key in keys))).mappings().first()
    )
    return dict(found) if found is not None else dict.fromkeys(TRAFFIC, 0)


def _buckets(enterprise_id: int, owner: tuple[str, ...], span: int) -> Select[*tuple[Any, ...]]:
    """Messages of an enterprise, removed ones too, summed into buckets, in the columns of a rollup."""
    counters = {column.name: column for column in pivot(message)}
    bucket = (message.c.sent_at // span).label("bucket")
    owners = [message.c[name] for name in owner]
    there = (
        select(*owners, bucket, *(func.sum(counters[name]).label(name) for name in TRAFFIC))
        .where(message.c.enterprise_id == enterprise_id)
        .group_by(*owners, bucket)
    )
    table = removed_traffic
    removed = select(
        *(table.c[name] for name in owner),
        (table.c.bucket * QUARTER // span).label("bucket"),
        *(table.c[name] for name in TRAFFIC),
    ).where(table.c.enterprise_id == enterprise_id)
    both = union_all(there, removed).subquery()
    key = [both.c[name] for name in owner]
    return select(*key, _constant(span).label("span"), both.c.bucket, *_sums(both)).group_by(
        *key, both.c.bucket
    )


def _summed(*key: ColumnElement[int]) -> Select[*tuple[Any, ...]]:
    """All that was moved, by a key."""
    counters = (func.sum(moved.c.sign * counter) for counter in pivot(moved))
    return select(*key, *counters).group_by(*key)


def _sums(table: FromClause) -> list[ColumnElement[int]]:
    return [func.sum(table.c[name]).label(name) for name in TRAFFIC]


def _owner(table: FromClause) -> list[ColumnElement[int]]:
    return [table.c[name] for name in _CUSTOMER]


def _same_customer(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(*(mine == its for mine, its in zip(_owner(one), _owner(other), strict=True)))


def _adding(
    ways: Dialect, table: Table, key: list[str], names: Sequence[str], rows: Select[*tuple[Any, ...]]
) -> Insert:
    """Add rows to the buckets of their key, new ones among them."""
    # Without a condition, SQLite takes the ON of ON CONFLICT for that of a join.
    statement = ways.insert(table).from_select([*key, *names], rows.where(true()))
    return statement.on_conflict_do_update(
        index_elements=key, set_={name: table.c[name] + statement.excluded[name] for name in names}
    )


def _constant(number: int) -> ColumnElement[int]:
    return literal(number, Integer, literal_execute=True)
