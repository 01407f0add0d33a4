"""Totals of a window: whole buckets from the rollups, raw messages at the tips, in one statement.

What retention has removed of the messages at the tips is there as buckets of a quarter of an hour.

To put such a statement together takes several times as long as the database takes to answer it.  So it is put
together once for every scope and every sequence of pieces, and asked with the bounds of the window at hand.
"""

from __future__ import annotations

from functools import lru_cache, reduce
from itertools import chain
from operator import add
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    Table,
    and_,
    bindparam,
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

_STATEMENTS = 128
# Statements kept: those of a person's own scope, and of the customers they looked at last.

_WANTED: BindParameter[int] = bindparam("wanted", type_=Integer)
_IDS: BindParameter[Any] = bindparam("ids", type_=Integer, expanding=True)


class _Asked(NamedTuple):
    """A piece whose bounds are told when it is asked for.

    Attributes:
        span: As that of a `Piece`.
        first: Its first bucket or instant.
        after: Its last one's successor.
        first_quarter: The first quarter of an hour in a piece of instants.
        after_quarter: The one after the last.
    """

    span: int
    first: ColumnElement[int]
    after: ColumnElement[int]
    first_quarter: ColumnElement[int]
    after_quarter: ColumnElement[int]


def by_enterprise(
    scope: Scope, connection: Connection, window: Window, enterprise_id: int | None
) -> dict[int, Traffic]:
    """Traffic of every enterprise in scope that has any, by its id.

    A customer's scope sees no enterprise as a whole: it gets nothing here.

    Args:
        enterprise_id: The one wanted; `None` for all.
    """
    pieces = cover(window.first, window.after, ENTERPRISE_SPANS)
    if not pieces:
        return {}
    statement = _of_enterprises(scope, _spans(pieces), one=enterprise_id is not None)
    return _as_traffic(connection.execute(statement, {"wanted": enterprise_id, **_bounds(pieces)}))


@lru_cache(_STATEMENTS)
def _of_enterprises(scope: Scope, spans: tuple[int, ...], *, one: bool) -> Select[*tuple[Any, ...]]:
    """The traffic of enterprises in pieces of these spans: (enterprise id, sums…)."""
    wanted = enterprise.c.id == _WANTED if one else true()

    def buckets(piece: _Asked) -> list[Select[*tuple[Any, ...]]]:
        return [
            _sums(enterprise.c.id, _counters(enterprise_traffic, TRAFFIC))
            .select_from(_outward(scope, enterprise, enterprise_traffic, piece))
            .where(within(scope, enterprise), wanted)
        ]

    def raw(piece: _Asked) -> list[Select[*tuple[Any, ...]]]:
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

    return _total(_asked(spans), buckets, raw, TRAFFIC)


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
    pieces = cover(window.first, window.after, CUSTOMER_SPANS)
    if not pieces:
        return {}
    statement = _of_customers(scope, _spans(pieces), some=customer_ids is not None)
    asked = {"wanted": enterprise_id, "ids": customer_ids, **_bounds(pieces)}
    return _as_traffic(connection.execute(statement, asked))


def sent_by_customer(
    scope: Scope, connection: Connection, window: Window, enterprise_id: int, channel: Channel
) -> dict[int, int]:
    """What all customers of an enterprise sent over a channel, by their ids.

    The one counter is looked up where it lies, customer by customer: of five thousand of them that takes
    two thirds of what it takes to bring the pieces of all together and sum them.
    """
    pieces = cover(window.first, window.after, CUSTOMER_SPANS)
    asked = {"wanted": enterprise_id, **_bounds(pieces)}
    found: dict[int, int] = {}
    for statement in _of_one_counter(scope, _spans(pieces), counters_of(channel)[0]):
        for id_, amount in connection.execute(statement, asked):
            found[id_] = found.get(id_, 0) + amount
    return found


@lru_cache(_STATEMENTS)
def _of_one_counter(scope: Scope, spans: tuple[int, ...], name: str) -> list[Select[*tuple[Any, ...]]]:
    """Statements that give parts of a counter of all customers of an enterprise: (customer id, sum)."""
    pieces = _asked(spans)
    statements = [
        part for piece in pieces if not piece.span for part in _raw(scope, piece, [name], some=False)
    ]
    whole = [_looked_up(scope, piece, name) for piece in pieces if piece.span]
    if whole:
        customers = select(customer.c.id, reduce(add, whole))
        statements.append(customers.where(within(scope, customer), customer.c.enterprise_id == _WANTED))
    return statements


def _looked_up(scope: Scope, piece: _Asked, name: str) -> ColumnElement[int]:
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


def _looked_up_until(scope: Scope, month: ColumnElement[int], name: str) -> ColumnElement[int]:
    """A counter of the customer at hand, of all before a month."""
    table = customer_running
    last = (
        select(table.c[name])
        .where(_same_customer(table, customer), within(scope, table), table.c.bucket < month)
        .order_by(table.c.bucket.desc())
        .limit(1)
    )
    return func.coalesce(last.scalar_subquery(), 0)


@lru_cache(_STATEMENTS)
def _of_customers(scope: Scope, spans: tuple[int, ...], *, some: bool) -> Select[*tuple[Any, ...]]:
    """The traffic of some customers of an enterprise, or of all, in pieces of these spans."""
    wanted = [customer.c.enterprise_id == _WANTED, _among(customer.c.id, some=some)]

    def buckets(piece: _Asked) -> list[Select[*tuple[Any, ...]]]:
        if piece.span == MONTH:
            return [
                _until(scope, month, sign).where(within(scope, customer), *wanted)
                for month, sign in ((piece.after, 1), (piece.first, -1))
            ]
        return [
            _sums(customer.c.id, _counters(customer_traffic, TRAFFIC))
            .select_from(_outward(scope, customer, customer_traffic, piece))
            .where(within(scope, customer), *wanted)
        ]

    def raw(piece: _Asked) -> list[Select[*tuple[Any, ...]]]:
        return _raw(scope, piece, TRAFFIC, some=some)

    return _total(_asked(spans), buckets, raw, TRAFFIC)


def _until(scope: Scope, month: ColumnElement[int], sign: int) -> Select[*tuple[Any, ...]]:
    """The running totals of customers before a month, added or taken away."""
    table, before = customer_running, customer_running.alias()
    last = (
        select(func.max(before.c.bucket))
        # The scope is asked of the row itself.
        .where(_same_customer(before, customer), before.c.bucket < month)
        .scalar_subquery()
    )
    here = and_(_same_customer(table, customer), table.c.bucket == last, within(scope, table))
    counters = ((sign * table.c[name]).label(name) for name in TRAFFIC)
    return select(customer.c.id.label("owner"), *counters).select_from(customer.outerjoin(table, here))


def _raw(scope: Scope, piece: _Asked, names: Sequence[str], *, some: bool) -> list[Select[*tuple[Any, ...]]]:
    """The messages of customers at a tip of the window, summed: those still there, and the removed ones."""
    counters = [column for column in pivot(message) if column.name in names]
    # An index in the order of customers would save sorting a few rows, and have all read: to a sum
    # no index is fitted.
    there = _sums(message.c.customer_id + 0, counters).where(
        within(scope, message),
        message.c.enterprise_id == _WANTED,
        _among(message.c.customer_id, some=some),
        *_instants(piece),
    )
    table = removed_traffic
    removed = _sums(table.c.customer_id, _counters(table, names)).where(
        within(scope, table),
        table.c.enterprise_id == _WANTED,
        _among(table.c.customer_id, some=some),
        *_removed(piece),
    )
    return [there, removed]


def _among(id_column: Column[int], *, some: bool) -> ColumnElement[bool]:
    return id_column.in_(_IDS) if some else true()


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


def _outward(scope: Scope, owners: Table, traffic: Table, piece: _Asked) -> FromClause:
    """Owners and their buckets of a piece.

    It is an outer join because that has only one order: from the owners outward, each a short range of the
    key.  The other way round, which looks as good to a database without statistics, every span is read.
    """
    same_owner = (
        traffic.c.enterprise_id == owners.c.id if owners is enterprise else _same_customer(traffic, owners)
    )
    span = [traffic.c.span == piece.span, traffic.c.bucket >= piece.first, traffic.c.bucket < piece.after]
    return owners.outerjoin(traffic, and_(same_owner, *span, within(scope, traffic)))


def _instants(piece: _Asked) -> list[ColumnElement[bool]]:
    return [message.c.sent_at >= piece.first, message.c.sent_at < piece.after]


def _removed(piece: _Asked) -> list[ColumnElement[bool]]:
    """The quarters of an hour of a tip of the window, if any message so old was removed."""
    return [
        select(retention.c.detail_from).scalar_subquery() > piece.first,
        removed_traffic.c.bucket >= piece.first_quarter,
        removed_traffic.c.bucket < piece.after_quarter,
    ]


def _total(
    pieces: list[_Asked],
    buckets: Callable[[_Asked], list[Select[*tuple[Any, ...]]]],
    raw: Callable[[_Asked], list[Select[*tuple[Any, ...]]]],
    names: Sequence[str],
) -> Select[*tuple[Any, ...]]:
    """All pieces of a window together: (owner, sums…)."""
    parts = union_all(
        *chain.from_iterable(buckets(piece) if piece.span else raw(piece) for piece in pieces)
    ).subquery()
    return (
        select(parts.c.owner, *(func.sum(parts.c[name]) for name in names))
        .where(parts.c[names[0]].is_not(None))  # an owner without buckets
        .group_by(parts.c.owner)
    )


def _spans(pieces: list[Piece]) -> tuple[int, ...]:
    return tuple(piece.span for piece in pieces)


def _asked(spans: tuple[int, ...]) -> list[_Asked]:
    """Pieces whose bounds are still to be told."""
    return [
        _Asked(span, *(bindparam(f"{bound}_{place}", type_=BigInteger) for bound in _Asked._fields[1:]))
        for place, span in enumerate(spans)
    ]


def _bounds(pieces: list[Piece]) -> dict[str, int]:
    """The bounds of pieces, by the names that `_asked` gave them."""
    found: dict[str, int] = {}
    for place, (_, first, after) in enumerate(pieces):
        bounds = (first, after, -(-first // QUARTER), after // QUARTER)
        found |= {f"{name}_{place}": bound for name, bound in zip(_Asked._fields[1:], bounds, strict=True)}
    return found


def _as_traffic(rows: Iterable[Row[*tuple[int, ...]]]) -> dict[int, Traffic]:
    half = len(COUNTERS)
    return {owner: Traffic(Counts(*numbers[:half]), Counts(*numbers[half:])) for owner, *numbers in rows}
