"""Totals of a window: whole buckets from the rollups, raw messages at the tips, in one statement.

What retention has removed of the messages at the tips is there as buckets of a quarter of an hour.
"""

from __future__ import annotations

from functools import reduce
from itertools import chain
from operator import add
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    and_,
    func,
    select,
    true,
    union_all,
)

from msglog_tui.store.access import within
from msglog_tui.store.counters import counters_of, pivot
from msglog_tui.store.ladder import CUSTOMER_SPANS, ENTERPRISE_SPANS, MONTH, QUARTER, Piece, cover
from msglog_tui.store.models import (
    COUNTERS,
    TRAFFIC,
    customer,
    customer_running,
    customer_traffic,
    enterprise,
    enterprise_traffic,
    message,
    removed_traffic,
    retention,
)
from msglog_tui.types import Channel, Counts, Scope, Traffic, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import FromClause

NO_TRAFFIC = Traffic()


def by_enterprise(
    scope: Scope, connection: Connection, window: Window, enterprise_id: int | None
) -> dict[int, Traffic]:
    """Traffic of every enterprise in scope that has any, by its id.

    A customer's scope sees no enterprise as a whole: it gets nothing here.

    Args:
        enterprise_id: The one wanted; `None` for all.
    """
    wanted = true() if enterprise_id is None else enterprise.c.id == enterprise_id

    def buckets(piece: Piece) -> list[Select[*tuple[Any, ...]]]:
        return [
            _sums(enterprise.c.id, _counters(enterprise_traffic, TRAFFIC))
            .select_from(_outward(scope, enterprise, enterprise_traffic, piece))
            .where(within(scope, enterprise), wanted)
        ]

    def raw(piece: Piece) -> list[Select[*tuple[Any, ...]]]:
        # Enterprise by enterprise, each a short range of the key.
        whose = select(enterprise.c.id).where(within(scope, enterprise), wanted)
        there = _sums(message.c.enterprise_id, pivot(message)).where(
            within(scope, message), message.c.enterprise_id.in_(whose), *_instants(piece)
        )
        table = removed_traffic
        removed = _sums(table.c.enterprise_id, _counters(table, TRAFFIC)).where(
            within(scope, table), table.c.enterprise_id.in_(whose), *_removed(piece)
        )
        return [there, removed]

    pieces = cover(window.first, window.after, ENTERPRISE_SPANS)
    return _as_traffic(_total(connection, pieces, buckets, raw, TRAFFIC))


def by_customer(
    scope: Scope,
    connection: Connection,
    window: Window,
    enterprise_id: int,
    customer_ids: Sequence[int] | None,
) -> dict[int, Traffic]:
    """Traffic of the customers of an enterprise that have any, by their ids.

    Args:
        customer_ids: The customers wanted: the ones on the screen; `None` for all of them.
    """
    rows = _of_customers(scope, connection, window, enterprise_id, customer_ids, TRAFFIC)
    return _as_traffic(rows)


def sent_by_customer(
    scope: Scope, connection: Connection, window: Window, enterprise_id: int, channel: Channel
) -> dict[int, int]:
    """What all customers of an enterprise sent over a channel, by their ids.

    The one counter is looked up where it lies, customer by customer: of five thousand of them that takes
    two thirds of what it takes to bring the pieces of all together and sum them.
    """
    sent = counters_of(channel)[0]
    pieces = cover(window.first, window.after, CUSTOMER_SPANS)
    wanted = customer.c.enterprise_id == enterprise_id
    whole = [_looked_up(scope, piece, sent) for piece in pieces if piece.span]
    found: dict[int, int] = {}
    if whole:
        rows = connection.execute(
            select(customer.c.id, reduce(add, whole)).where(within(scope, customer), wanted)
        )
        found = {row[0]: row[1] for row in rows}
    for piece in pieces:
        if not piece.span:
            for part in _raw(scope, piece, enterprise_id, None, [sent]):
                for id_, amount in connection.execute(part):
                    found[id_] = found.get(id_, 0) + amount
    return found


def _looked_up(scope: Scope, piece: Piece, name: str) -> ColumnElement[int]:
    """A counter of the customer at hand in a piece of whole buckets."""
    if piece.span == MONTH:
        return _looked_up_until(scope, piece.after, name) - _looked_up_until(scope, piece.first, name)
    table = customer_traffic
    days = select(func.sum(table.c[name])).where(
        _same_customer(table, customer),
        within(scope, table),
        table.c.span == piece.span,
        table.c.bucket >= piece.first,
        table.c.bucket < piece.after,
    )
    return func.coalesce(days.scalar_subquery(), 0)


def _looked_up_until(scope: Scope, month: int, name: str) -> ColumnElement[int]:
    """A counter of the customer at hand, of all before a month."""
    table = customer_running
    last = (
        select(table.c[name])
        .where(_same_customer(table, customer), within(scope, table), table.c.bucket < month)
        .order_by(table.c.bucket.desc())
        .limit(1)
    )
    return func.coalesce(last.scalar_subquery(), 0)


def _of_customers(
    scope: Scope,
    connection: Connection,
    window: Window,
    enterprise_id: int,
    customer_ids: Sequence[int] | None,
    names: Sequence[str],
) -> Iterable[Row[*tuple[int, ...]]]:
    """The counters of these names of some customers of an enterprise, or of all: (customer id, sums…)."""
    wanted = [customer.c.enterprise_id == enterprise_id, _among(customer.c.id, customer_ids)]

    def buckets(piece: Piece) -> list[Select[*tuple[Any, ...]]]:
        if piece.span == MONTH:
            return [
                _until(scope, month, sign, names).where(within(scope, customer), *wanted)
                for month, sign in ((piece.after, 1), (piece.first, -1))
            ]
        return [
            _sums(customer.c.id, _counters(customer_traffic, names))
            .select_from(_outward(scope, customer, customer_traffic, piece))
            .where(within(scope, customer), *wanted)
        ]

    def raw(piece: Piece) -> list[Select[*tuple[Any, ...]]]:
        return _raw(scope, piece, enterprise_id, customer_ids, names)

    return _total(connection, cover(window.first, window.after, CUSTOMER_SPANS), buckets, raw, names)


def _until(scope: Scope, month: int, sign: int, names: Sequence[str]) -> Select[*tuple[Any, ...]]:
    """The running totals of customers before a month, added or taken away."""
    table, before = customer_running, customer_running.alias()
    last = (
        select(func.max(before.c.bucket))
        # The scope is asked of the row itself.
        .where(_same_customer(before, customer), before.c.bucket < month)
        .scalar_subquery()
    )
    here = and_(_same_customer(table, customer), table.c.bucket == last, within(scope, table))
    counters = ((sign * table.c[name]).label(name) for name in names)
    return select(customer.c.id.label("owner"), *counters).select_from(customer.outerjoin(table, here))


def _raw(
    scope: Scope, piece: Piece, enterprise_id: int, customer_ids: Sequence[int] | None, names: Sequence[str]
) -> list[Select[*tuple[Any, ...]]]:
    """The messages of customers at a tip of the window, summed: those still there, and the removed ones."""
    counters = [column for column in pivot(message) if column.name in names]
    # An index in the order of customers would save sorting a few rows, and have all read: to a sum
    # no index is fitted.
    there = _sums(message.c.customer_id + 0, counters).where(
        within(scope, message),
        message.c.enterprise_id == enterprise_id,
        _among(message.c.customer_id, customer_ids),
        *_instants(piece),
    )
    table = removed_traffic
    removed = _sums(table.c.customer_id, _counters(table, names)).where(
        within(scope, table),
        table.c.enterprise_id == enterprise_id,
        _among(table.c.customer_id, customer_ids),
        *_removed(piece),
    )
    return [there, removed]


def _among(id_column: Column[int], customer_ids: Sequence[int] | None) -> ColumnElement[bool]:
    return true() if customer_ids is None else id_column.in_(customer_ids)


def _same_customer(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(one.c.enterprise_id == other.c.enterprise_id, one.c.customer_id == other.c.id)


def _counters(table: FromClause, names: Sequence[str]) -> list[ColumnElement[int]]:
    return [table.c[name] for name in names]


def _sums(owner: ColumnElement[int], counters: Sequence[ColumnElement[int]]) -> Select[*tuple[Any, ...]]:
    """Sums of a piece by owner.

    Pieces are summed one by one, in the order of their keys, before they meet: what has to be sorted to bring
    them together are then a few rows an owner.
    """
    sums = (func.sum(counter).label(counter.name) for counter in counters)
    return select(owner.label("owner"), *sums).group_by(owner)


def _outward(scope: Scope, owners: Table, traffic: Table, piece: Piece) -> FromClause:
    """Owners and their buckets of a piece.

    It is an outer join because that has only one order: from the owners outward, each a short range of the
    key.  The other way round, which looks as good to a database without statistics, every span is read.
    """
    same_owner = cast("ColumnElement[bool]", owners.join(traffic).onclause)
    span = [traffic.c.span == piece.span, traffic.c.bucket >= piece.first, traffic.c.bucket < piece.after]
    return owners.outerjoin(traffic, and_(same_owner, *span, within(scope, traffic)))


def _instants(piece: Piece) -> list[ColumnElement[bool]]:
    return [message.c.sent_at >= piece.first, message.c.sent_at < piece.after]


def _removed(piece: Piece) -> list[ColumnElement[bool]]:
    """The quarters of an hour of a tip of the window, if any message so old was removed."""
    return [
        select(retention.c.detail_from).scalar_subquery() > piece.first,
        removed_traffic.c.bucket >= -(-piece.first // QUARTER),
        removed_traffic.c.bucket < piece.after // QUARTER,
    ]


def _total(
    connection: Connection,
    pieces: list[Piece],
    buckets: Callable[[Piece], list[Select[*tuple[Any, ...]]]],
    raw: Callable[[Piece], list[Select[*tuple[Any, ...]]]],
    names: Sequence[str],
) -> Iterable[Row[*tuple[int, ...]]]:
    """All pieces of a window together: (owner, sums…)."""
    if not pieces:
        return []
    parts = union_all(
        *chain.from_iterable(buckets(piece) if piece.span else raw(piece) for piece in pieces)
    ).subquery()
    return connection.execute(
        select(parts.c.owner, *(func.sum(parts.c[name]) for name in names))
        .where(parts.c[names[0]].is_not(None))  # an owner without buckets
        .group_by(parts.c.owner)
    )


def _as_traffic(rows: Iterable[Row[*tuple[int, ...]]]) -> dict[int, Traffic]:
    half = len(COUNTERS)
    return {owner: Traffic(Counts(*numbers[:half]), Counts(*numbers[half:])) for owner, *numbers in rows}
