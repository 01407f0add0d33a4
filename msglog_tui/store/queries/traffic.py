"""Totals of a window: whole buckets from the rollups, raw messages at the tips, in one statement.

What retention has removed of the messages at the tips is there as buckets of a quarter of an hour.

To put such a statement together takes several times as long as the database takes to answer it.  So it is put
together once for every scope and every sequence of pieces, and asked with the bounds of the window at hand.
"""

from __future__ import annotations

from functools import lru_cache, reduce
from operator import add
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    true,
    union_all,
)

from msglog_tui.store import dialects
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
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import FromClause, Subquery

    from msglog_tui.store.dialects import Dialect

NO_TRAFFIC = Traffic()

_STATEMENTS = 128
# Statements kept: those of a person's own scope, and of the customers they looked at last.

_ZERO = literal_column("0", Integer)
_WANTED: BindParameter[int] = bindparam("wanted", type_=Integer)


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
    pieces = _asked(spans)
    parts: list[Select[*tuple[Any, ...]]] = []
    if whole := [piece for piece in pieces if piece.span]:
        buckets = _outward(scope, enterprise, enterprise_traffic, whole)
        counters = _counters(enterprise_traffic, TRAFFIC)
        parts.append(
            _sums(enterprise.c.id, counters).select_from(buckets).where(within(scope, enterprise), wanted)
        )
    if tips := [piece for piece in pieces if not piece.span]:
        for table, counters in _raw(TRAFFIC):
            # Enterprise by enterprise, each a short range of the key.
            of = [table.c.enterprise_id == enterprise.c.id, within(scope, table)]
            each = enterprise.join(_tips(tips), true())
            there = _at_tips(each, table, of, enterprise.c.id, counters)
            parts.append(there.where(within(scope, enterprise), wanted))
    return _total(parts, TRAFFIC)


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
    statement = _of_customers(scope, _spans(pieces), dialects.of(connection), some=customer_ids is not None)
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
    tips = [piece for piece in pieces if not piece.span]
    statements = _tips_of_customers(scope, tips, [name], _everybody) if tips else []
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
def _of_customers(
    scope: Scope, spans: tuple[int, ...], ways: Dialect, *, some: bool
) -> Select[*tuple[Any, ...]]:
    """The traffic of some customers of an enterprise, or of all, in pieces of these spans."""

    def among(id_column: ColumnElement[int]) -> ColumnElement[bool]:
        return ways.among_told(id_column, "ids") if some else _everybody(id_column)

    wanted = [within(scope, customer), customer.c.enterprise_id == _WANTED, among(customer.c.id)]
    pieces = _asked(spans)
    parts: list[Select[*tuple[Any, ...]]] = []
    if days := [piece for piece in pieces if piece.span not in {0, MONTH}]:
        buckets = _outward(scope, customer, customer_traffic, days)
        counters = _counters(customer_traffic, TRAFFIC)
        parts.append(_sums(customer.c.id, counters).select_from(buckets).where(*wanted))
    parts += [
        _between_months(scope, piece, lateral=ways.lateral).where(*wanted)
        for piece in pieces
        if piece.span == MONTH
    ]
    if tips := [piece for piece in pieces if not piece.span]:
        parts += _tips_of_customers(scope, tips, TRAFFIC, among)
    return _total(parts, TRAFFIC)


def _between_months(scope: Scope, months: _Asked, *, lateral: bool) -> Select[*tuple[Any, ...]]:
    """What customers sent in whole months: the running totals up to their end, less those before them.

    Args:
        lateral: Whether the database can look each of them up in the order of the key.
    """
    bound = _rows("bound", {"month": [months.after, months.first], "sign": map(literal_column, ("1", "-1"))})
    table = customer_running
    each = customer.join(bound, true())
    mine = and_(_same_customer(table, customer), within(scope, table))
    running: FromClause = table
    if lateral:
        before = select(*_counters(table, TRAFFIC)).where(mine, table.c.bucket < bound.c.month)
        running = before.order_by(table.c.bucket.desc()).limit(1).lateral("running")
        each = each.outerjoin(running, true())
    else:
        other = table.alias()
        last = (
            select(func.max(other.c.bucket))
            # The scope is asked of the row itself.
            .where(_same_customer(other, customer), other.c.bucket < bound.c.month)
            .scalar_subquery()
        )
        each = each.outerjoin(table, and_(mine, table.c.bucket == last))
    counters = [bound.c.sign * counter for counter in _counters(running, TRAFFIC)]
    return _sums(customer.c.id, counters).select_from(each)


def _tips_of_customers(
    scope: Scope,
    tips: list[_Asked],
    names: Sequence[str],
    among: Callable[[ColumnElement[int]], ColumnElement[bool]],
) -> list[Select[*tuple[Any, ...]]]:
    """What customers of an enterprise sent at the tips of the window: messages, and those removed."""
    return [
        _at_tips(
            _tips(tips),
            table,
            [within(scope, table), table.c.enterprise_id == _WANTED, among(table.c.customer_id)],
            # An index in the order of customers would save sorting a few rows, and have all read: to a sum
            # no index is fitted.
            table.c.customer_id + _ZERO,
            counters,
        )
        for table, counters in _raw(names)
    ]


def _raw(names: Sequence[str]) -> list[tuple[Table, list[ColumnElement[int]]]]:
    """Where the traffic at the tips of a window lies, and how it is counted there."""
    return [
        (message, [counter for counter in pivot(message) if counter.name in names]),
        (removed_traffic, _counters(removed_traffic, names)),
    ]


def _tips(tips: list[_Asked]) -> Subquery:
    return _rows("tip", {name: [getattr(each, name) for each in tips] for name in _Asked._fields[1:]})


def _at_tips(
    each: FromClause,
    table: Table,
    of: Sequence[ColumnElement[bool]],
    owner: ColumnElement[int],
    counters: Sequence[ColumnElement[int]],
) -> Select[*tuple[Any, ...]]:
    """Sums by owner of the messages at the tips of a window, or of what was removed of them.

    Args:
        each: The tips, and what else stands before the messages; an outer join, as in `_outward`.
        of: Whose messages.
    """
    tip = {name: literal_column(f"tip.{name}", BigInteger) for name in _Asked._fields[1:]}
    if table is message:
        at = table.c.sent_at
        inside = [at >= tip["first"], at < tip["after"]]
    else:
        at = table.c.bucket
        # If any message so old was removed.
        removed = tip["first"] < select(retention.c.detail_from).scalar_subquery()
        inside = [removed, at >= tip["first_quarter"], at < tip["after_quarter"]]
    return (
        _sums(owner, counters)
        .select_from(each.outerjoin(table, and_(*of, *inside)))
        .having(func.count(at) > _ZERO)
    )


def _everybody(_customer_id: ColumnElement[int]) -> ColumnElement[bool]:
    return true()


def _same_customer(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(one.c.enterprise_id == other.c.enterprise_id, one.c.customer_id == other.c.id)


def _counters(table: FromClause, names: Sequence[str]) -> list[ColumnElement[int]]:
    return [table.c[name] for name in names]


def _sums(owner: ColumnElement[int], counters: Sequence[ColumnElement[int]]) -> Select[*tuple[Any, ...]]:
    """Sums by owner, each called by its place: names would make the statement half as long again."""
    sums = (func.sum(counter).label(f"n{place}") for place, counter in enumerate(counters))
    return select(owner.label("owner"), *sums).group_by(owner)


def _outward(scope: Scope, owners: Table, traffic: Table, pieces: list[_Asked]) -> FromClause:
    """Owners and their buckets of the pieces.

    It is an outer join because that has only one order: from the owners outward, each piece a short range of
    the key.  The other way round, which looks as good to a database without statistics, every span is read.
    """
    piece = _rows(
        "piece",
        {
            "span": [literal_column(str(each.span)) for each in pieces],
            "first": [each.first for each in pieces],
            "after": [each.after for each in pieces],
        },
    )
    same_owner = (
        traffic.c.enterprise_id == owners.c.id if owners is enterprise else _same_customer(traffic, owners)
    )
    span = [
        traffic.c.span == piece.c.span,
        traffic.c.bucket >= piece.c.first,
        traffic.c.bucket < piece.c.after,
    ]
    inside = and_(same_owner, *span, within(scope, traffic))
    return owners.join(piece, true()).outerjoin(traffic, inside)


def _rows(name: str, columns: Mapping[str, Iterable[ColumnElement[int]]]) -> Subquery:
    """A few rows of values, to join with."""
    rows = zip(*columns.values(), strict=True)
    return union_all(
        *(select(*(value.label(called) for called, value in zip(columns, row, strict=True))) for row in rows)
    ).subquery(name)


def _total(parts: list[Select[*tuple[Any, ...]]], names: Sequence[str]) -> Select[*tuple[Any, ...]]:
    """All parts together: (owner, sums…)."""
    together = union_all(*parts).subquery("part")
    sums = [together.c[f"n{place}"] for place in range(len(names))]
    return (
        select(together.c.owner, *map(func.sum, sums))
        .where(sums[0].is_not(None))  # an owner without buckets
        .group_by(together.c.owner)
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
