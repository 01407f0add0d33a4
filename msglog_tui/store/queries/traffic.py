"""Totals of a window: whole buckets from the rollups, raw messages at the tips, in one statement."""

from __future__ import annotations

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
from msglog_tui.store.ladder import CUSTOMER_SPANS, ENTERPRISE_SPANS, Piece, cover
from msglog_tui.store.models import (
    COUNTERS,
    TRAFFIC,
    customer,
    customer_traffic,
    enterprise,
    enterprise_traffic,
    message,
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

    def buckets(piece: Piece) -> Select[*tuple[Any, ...]]:
        return (
            _sums(enterprise.c.id, _counters(enterprise_traffic, TRAFFIC))
            .select_from(_outward(scope, enterprise, enterprise_traffic, piece))
            .where(within(scope, enterprise), wanted)
        )

    def raw(piece: Piece) -> Select[*tuple[Any, ...]]:
        # Enterprise by enterprise, each a short range of the key.
        whose = select(enterprise.c.id).where(within(scope, enterprise), wanted)
        return _sums(message.c.enterprise_id, pivot(message)).where(
            within(scope, message), message.c.enterprise_id.in_(whose), *_instants(piece)
        )

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
    """What all customers of an enterprise sent over a channel, of those that sent anything, by their ids."""
    sent = counters_of(channel)[:1]
    rows = _of_customers(scope, connection, window, enterprise_id, None, sent)
    return {row[0]: row[1] for row in rows}


def _of_customers(
    scope: Scope,
    connection: Connection,
    window: Window,
    enterprise_id: int,
    customer_ids: Sequence[int] | None,
    names: Sequence[str],
) -> Iterable[Row[*tuple[int, ...]]]:
    """The counters of these names of some customers of an enterprise, or of all: (customer id, sums…)."""

    def wanted(id_column: Column[int]) -> ColumnElement[bool]:
        return true() if customer_ids is None else id_column.in_(customer_ids)

    def buckets(piece: Piece) -> Select[*tuple[Any, ...]]:
        return (
            _sums(customer.c.id, _counters(customer_traffic, names))
            .select_from(_outward(scope, customer, customer_traffic, piece))
            .where(within(scope, customer), customer.c.enterprise_id == enterprise_id, wanted(customer.c.id))
        )

    def raw(piece: Piece) -> Select[*tuple[Any, ...]]:
        counters = [column for column in pivot(message) if column.name in names]
        # An index in the order of customers would save sorting a few rows, and have all read: to a sum
        # no index is fitted.
        return _sums(message.c.customer_id + 0, counters).where(
            within(scope, message),
            message.c.enterprise_id == enterprise_id,
            wanted(message.c.customer_id),
            *_instants(piece),
        )

    return _total(connection, cover(window.first, window.after, CUSTOMER_SPANS), buckets, raw, names)


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


def _total(
    connection: Connection,
    pieces: list[Piece],
    buckets: Callable[[Piece], Select[*tuple[Any, ...]]],
    raw: Callable[[Piece], Select[*tuple[Any, ...]]],
    names: Sequence[str],
) -> Iterable[Row[*tuple[int, ...]]]:
    """All pieces of a window together: (owner, sums…)."""
    if not pieces:
        return []
    parts = union_all(*(buckets(piece) if piece.span else raw(piece) for piece in pieces)).subquery()
    return connection.execute(
        select(parts.c.owner, *(func.sum(parts.c[name]) for name in names))
        .where(parts.c[names[0]].is_not(None))  # an owner without buckets
        .group_by(parts.c.owner)
    )


def _as_traffic(rows: Iterable[Row[*tuple[int, ...]]]) -> dict[int, Traffic]:
    half = len(COUNTERS)
    return {owner: Traffic(Counts(*numbers[:half]), Counts(*numbers[half:])) for owner, *numbers in rows}
