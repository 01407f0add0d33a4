"""Totals of a window: whole buckets from the rollups, raw messages at the tips, in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    func,
    select,
    true,
    union_all,
)

from msglog_tui.store.access import within
from msglog_tui.store.counters import pivot
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
from msglog_tui.types import Counts, Scope, Traffic, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import FromClause

NO_TRAFFIC = Traffic()


def by_enterprise(scope: Scope, connection: Connection, window: Window) -> dict[int, Traffic]:
    """Traffic of every enterprise in scope that has any, by its id.

    A customer's scope sees no enterprise as a whole: it gets nothing here.
    """

    def buckets(piece: Piece) -> Select[*tuple[Any, ...]]:
        # From the enterprises outward, so that each is one short range of the key.
        return (
            select(enterprise_traffic.c.enterprise_id.label("owner"), *_counters(enterprise_traffic))
            .select_from(enterprise.join(enterprise_traffic))
            .where(within(scope, enterprise_traffic), *_span(enterprise_traffic, piece))
        )

    def raw(piece: Piece) -> Select[*tuple[Any, ...]]:
        return (
            select(message.c.enterprise_id.label("owner"), *pivot(message))
            .select_from(enterprise.join(message, message.c.enterprise_id == enterprise.c.id))
            .where(within(scope, message), within(scope, enterprise), *_instants(piece))
        )

    return _sum(connection, cover(window.first, window.after, ENTERPRISE_SPANS), buckets, raw)


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

    def wanted(id_column: Column[int]) -> ColumnElement[bool]:
        return true() if customer_ids is None else id_column.in_(customer_ids)

    def buckets(piece: Piece) -> Select[*tuple[Any, ...]]:
        # From the customers outward, as above: the buckets of other spans are never looked at.
        return (
            select(customer_traffic.c.customer_id.label("owner"), *_counters(customer_traffic))
            .select_from(customer.join(customer_traffic))
            .where(
                within(scope, customer),
                within(scope, customer_traffic),
                customer.c.enterprise_id == enterprise_id,
                wanted(customer.c.id),
                *_span(customer_traffic, piece),
            )
        )

    def raw(piece: Piece) -> Select[*tuple[Any, ...]]:
        return select(message.c.customer_id.label("owner"), *pivot(message)).where(
            within(scope, message),
            message.c.enterprise_id == enterprise_id,
            wanted(message.c.customer_id),
            *_instants(piece),
        )

    return _sum(connection, cover(window.first, window.after, CUSTOMER_SPANS), buckets, raw)


def _counters(table: FromClause) -> list[ColumnElement[int]]:
    return [table.c[name] for name in TRAFFIC]


def _span(table: FromClause, piece: Piece) -> list[ColumnElement[bool]]:
    return [table.c.span == piece.span, table.c.bucket >= piece.first, table.c.bucket < piece.after]


def _instants(piece: Piece) -> list[ColumnElement[bool]]:
    return [message.c.sent_at >= piece.first, message.c.sent_at < piece.after]


def _sum(
    connection: Connection,
    pieces: list[Piece],
    buckets: Callable[[Piece], Select[*tuple[Any, ...]]],
    raw: Callable[[Piece], Select[*tuple[Any, ...]]],
) -> dict[int, Traffic]:
    if not pieces:
        return {}
    parts = union_all(*(buckets(piece) if piece.span else raw(piece) for piece in pieces)).subquery()
    rows = connection.execute(
        select(parts.c.owner, *(func.sum(parts.c[name]) for name in TRAFFIC)).group_by(parts.c.owner)
    )
    half = len(COUNTERS)
    return {owner: Traffic(Counts(*numbers[:half]), Counts(*numbers[half:])) for owner, *numbers in rows}
