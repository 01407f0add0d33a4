"""The traffic rollups: kept by every import, recomputed by `check`, rebuilt by `repair`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
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

from msglog_tui.store.ladder import CUSTOMER_SPANS, ENTERPRISE_SPANS
from msglog_tui.store.models import (
    TRAFFIC,
    customer,
    customer_traffic,
    enterprise,
    enterprise_traffic,
    message,
)
from msglog_tui.store.queries.traffic import pivot
from msglog_tui.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column

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


def add(connection: Connection, changes: FromClause, sign: Column[int] | None = None) -> None:
    """Add message rows to the totals.

    Args:
        changes: Rows with the columns of `message`.
        sign: The column of `changes` that says whether a row comes (1) or goes (-1); `None` when all come.
    """
    for table, owner, spans in _ROLLUPS:
        for span in spans:
            rows = _buckets(changes, owner, span, sign)
            statement = insert(table).from_select([*owner, "span", "bucket", *TRAFFIC], rows)
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=[*owner, "span", "bucket"],
                    set_={name: table.c[name] + statement.excluded[name] for name in TRAFFIC},
                )
            )


def rebuild(connection: Connection, enterprise_id: int) -> None:
    """Make the totals of an enterprise anew from its messages."""
    for table, _owner, _spans in _ROLLUPS:
        connection.execute(delete(table).where(table.c.enterprise_id == enterprise_id))
    add(connection, select(message).where(message.c.enterprise_id == enterprise_id).subquery())


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


def _buckets(
    source: FromClause, owner: tuple[str, ...], span: int, sign: Column[int] | None = None
) -> Select[*tuple[Any, ...]]:
    """Message rows summed into buckets of a span, in the columns of a rollup."""
    counters = {column.name: column for column in pivot(source, sign)}
    bucket = (source.c.sent_at // span).label("bucket")
    owners = [source.c[name] for name in owner]
    return (
        select(
            *owners,
            literal(span, Integer, literal_execute=True).label("span"),
            bucket,
            *(func.sum(counters[name]).label(name) for name in TRAFFIC),
        )
        # SQLite takes the ON CONFLICT after a SELECT without WHERE for a join's.
        .where(source.c.sent_at >= 0)
        .group_by(*owners, bucket)
    )
