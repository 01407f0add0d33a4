"""The traffic rollups: kept by every import, recomputed by `check`, rebuilt by `repair`."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Select,
    Table,
    delete,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.sqlite import insert

from msglog_tui.store.counters import amounts, counters_of, pivot
from msglog_tui.store.ladder import CUSTOMER_SPANS, ENTERPRISE_SPANS
from msglog_tui.store.models import (
    TRAFFIC,
    customer,
    customer_traffic,
    enterprise,
    enterprise_traffic,
    message,
)
from msglog_tui.text import clean
from msglog_tui.types import Channel

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROLLUPS: tuple[tuple[Table, tuple[str, ...], tuple[int, ...]], ...] = (
    (enterprise_traffic, ("enterprise_id",), ENTERPRISE_SPANS),
    (customer_traffic, ("enterprise_id", "customer_id"), CUSTOMER_SPANS),
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A bucket whose total is not the sum of its messages.

    Attributes:
        customer: Empty for a total of the whole enterprise.
        span: Width of the bucket in seconds.
        start: First instant of the bucket, UTC seconds.
        counter: Which counter is off.
        kept: What the total says.
        counted: What the messages say.
    """

    enterprise: str
    customer: str
    span: int
    start: int
    counter: str
    kept: int
    counted: int


def add(connection: Connection, changes: Table) -> None:
    """Add message rows to the totals, or take them away.

    Args:
        changes: Rows with the columns of `message` that count, and `sign`: 1 for a row that comes, -1 for one
            that goes.
    """
    for table, owner, spans in _ROLLUPS:
        for span in spans:
            for channel in Channel:
                names = counters_of(channel)
                values = [changes.c.sign * value for value in amounts(changes)]
                key = [*(changes.c[name] for name in owner), changes.c.sent_at // span]
                # Of a batch hardly two rows meet in the finest bucket: to sum them first would cost more than
                # to add each by itself.
                summed = span != spans[0]
                rows = select(
                    *key[:-1],
                    _constant(span),
                    key[-1],
                    *(func.sum(value) if summed else value for value in values),
                ).where(changes.c.channel == channel.value)
                _upsert(connection, table, [*owner, "span", "bucket"], names, rows, key if summed else [])


def rebuild(connection: Connection, enterprise_id: int) -> None:
    """Make the totals of an enterprise anew: the finest from its messages, the coarser from the finer."""
    for table, owner, spans in _ROLLUPS:
        connection.execute(delete(table).where(table.c.enterprise_id == enterprise_id))
        source = select(message).where(message.c.enterprise_id == enterprise_id).subquery()
        columns = [*owner, "span", "bucket", *TRAFFIC]
        connection.execute(insert(table).from_select(columns, _buckets(source, owner, spans[0])))
        for finer, span in pairwise(spans):
            key = [*(table.c[name] for name in owner), table.c.bucket * finer // span]
            sums = (func.sum(table.c[name]) for name in TRAFFIC)
            rows = (
                select(*key[:-1], _constant(span), key[-1], *sums)
                .where(table.c.enterprise_id == enterprise_id, table.c.span == finer)
                .group_by(*key)
            )
            connection.execute(insert(table).from_select(columns, rows))


def enterprises(connection: Connection) -> list[tuple[int, str]]:
    """Every enterprise of the archive: (id, name), for whoever owns it."""
    rows = connection.execute(select(enterprise.c.id, enterprise.c.name).order_by(enterprise.c.sort_name))
    return [(row.id, clean(row.name)) for row in rows]


def differences(connection: Connection, enterprise_id: int) -> Iterator[Difference]:
    """Recompute every total of an enterprise and yield the ones that are off."""
    source = select(message).where(message.c.enterprise_id == enterprise_id).subquery()
    names = {
        row.id: clean(row.name)
        for row in connection.execute(
            select(customer.c.id, customer.c.name).where(customer.c.enterprise_id == enterprise_id)
        )
    }
    of = clean(connection.scalar(select(enterprise.c.name).where(enterprise.c.id == enterprise_id)) or "")
    for table, owner, spans in _ROLLUPS:
        for span in spans:
            for row in connection.execute(_off(table, owner, span, enterprise_id, source)).mappings():
                kept = _kept(connection, table, [*owner, "span", "bucket"], dict(row))
                for name in TRAFFIC:
                    if row[name]:
                        yield Difference(
                            enterprise=of,
                            customer=names.get(row.get("customer_id"), ""),
                            span=span,
                            start=row["bucket"] * span,
                            counter=name,
                            kept=kept[name],
                            counted=kept[name] - row[name],
                        )


def _off(
    table: Table, owner: tuple[str, ...], span: int, enterprise_id: int, source: FromClause
) -> Select[*tuple[Any, ...]]:
    """The buckets where totals less messages is not nothing, and by how much."""
    keys = [*owner, "span", "bucket"]
    counted = _buckets(source, owner, span).subquery()
    both = union_all(
        select(*(table.c[name] for name in (*keys, *TRAFFIC))).where(
            table.c.enterprise_id == enterprise_id, table.c.span == span
        ),
        select(*(counted.c[key] for key in keys), *((-counted.c[name]).label(name) for name in TRAFFIC)),
    ).subquery()
    excess = [func.sum(both.c[name]).label(name) for name in TRAFFIC]
    return (
        select(*(both.c[key] for key in keys), *excess)
        .group_by(*(both.c[key] for key in keys))
        .having(or_(*(func.sum(both.c[name]) != 0 for name in TRAFFIC)))
    )


def _kept(connection: Connection, table: Table, keys: list[str], row: dict[str, int]) -> dict[str, int]:
    found = (
        connection.execute(select(table).where(*(table.c[key] == row[key] for key in keys)))
        .mappings()
        .first()
    )
    return dict(found) if found is not None else dict.fromkeys(TRAFFIC, 0)


def _buckets(source: FromClause, owner: tuple[str, ...], span: int) -> Select[*tuple[Any, ...]]:
    """Message rows summed into buckets of a span, in the columns of a rollup."""
    counters = {column.name: column for column in pivot(source)}
    bucket = (source.c.sent_at // span).label("bucket")
    owners = [source.c[name] for name in owner]
    return select(
        *owners,
        _constant(span).label("span"),
        bucket,
        *(func.sum(counters[name]).label(name) for name in TRAFFIC),
    ).group_by(*owners, bucket)


def _upsert(
    connection: Connection,
    table: Table,
    key: list[str],
    names: tuple[str, ...],
    rows: Select[*tuple[Any, ...]],
    group: list[ColumnElement[int]],
) -> None:
    """Add rows to the buckets of their key, new ones among them."""
    statement = insert(table).from_select([*key, *names], rows.group_by(*group) if group else rows)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=key, set_={name: table.c[name] + statement.excluded[name] for name in names}
        )
    )


def _constant(number: int) -> ColumnElement[int]:
    return literal(number, Integer, literal_execute=True)
