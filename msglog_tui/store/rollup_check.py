"""The traffic rollups against the messages they count: recomputed by `check`, rebuilt by `repair`."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, FromClause, Select, Table, delete, func, or_, select, union_all

from msglog_tui.store.counters import pivot
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
from msglog_tui.store.rollups import CUSTOMER, constant, owner_in
from msglog_tui.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement


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
            select(table.c.enterprise_id, constant(span), bucket, *_sums(table))
            .where(table.c.enterprise_id == enterprise_id, table.c.span == finer)
            .group_by(table.c.enterprise_id, bucket)
        )
        connection.execute(table.insert().from_select(columns, rows))
    columns = [*CUSTOMER, "span", "bucket", *TRAFFIC]
    connection.execute(customer_traffic.insert().from_select(columns, _buckets(enterprise_id, CUSTOMER, DAY)))
    month = customer_traffic.c.bucket * DAY // MONTH
    months = (
        select(*owner_in(customer_traffic), month.label("bucket"), *_sums(customer_traffic))
        .where(customer_traffic.c.enterprise_id == enterprise_id, customer_traffic.c.span == DAY)
        .group_by(*owner_in(customer_traffic), month)
        .subquery()
    )
    so_far = (
        func.sum(months.c[name]).over(partition_by=owner_in(months), order_by=months.c.bucket)
        for name in TRAFFIC
    )
    connection.execute(
        customer_running.insert().from_select(
            [*CUSTOMER, "bucket", *TRAFFIC], select(*owner_in(months), months.c.bucket, *so_far)
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
        (customer_traffic, CUSTOMER, DAY),
    ]
    for table, owner, span in buckets:
        mine = select(table).where(table.c.enterprise_id == enterprise_id, table.c.span == span)
        yield mine.subquery(), owner, span
    table = customer_running
    before = (
        func.lag(table.c[name], 1, 0).over(partition_by=owner_in(table), order_by=table.c.bucket)
        for name in TRAFFIC
    )
    rises = [(table.c[name] - value).label(name) for name, value in zip(TRAFFIC, before, strict=True)]
    mine = select(*owner_in(table), table.c.bucket, *rises).where(table.c.enterprise_id == enterprise_id)
    yield mine.subquery(), CUSTOMER, MONTH


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
    return select(*key, constant(span).label("span"), both.c.bucket, *_sums(both)).group_by(
        *key, both.c.bucket
    )


def _sums(table: FromClause) -> list[ColumnElement[int]]:
    return [func.sum(table.c[name]).label(name) for name in TRAFFIC]
