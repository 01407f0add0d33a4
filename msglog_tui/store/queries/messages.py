"""Messages: a page by key, a jump to any row of a million, one message whole, all of them in turn."""

from __future__ import annotations

import json
from bisect import bisect_left
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select, tuple_

from msglog_tui.store import retention
from msglog_tui.store.access import within
from msglog_tui.store.ladder import DAY
from msglog_tui.store.models import customer, customer_traffic, enterprise, message, user
from msglog_tui.text import clean
from msglog_tui.types import SORTABLE, Anchors, Channel, Message, Order, Position, Role, Scope, Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_STREAM_PAGE = 2_000


def anchors(
    scope: Scope, connection: Connection, window: Window, enterprise_id: int, customer_id: int
) -> Anchors:
    """Count a customer's messages in the window and say where each day begins."""
    detail_from = retention.detail_from(connection)
    if detail_from is None or detail_from <= window.first:
        first, detail_from = window.first, None
    else:
        first = min(detail_from, window.after)
    first_day, after_day = -(-first // DAY), window.after // DAY
    owner = _of_customer(scope, enterprise_id, customer_id)
    if first_day > after_day:  # what there is lies inside one UTC day
        count = _count(connection, [*owner, *_between(first, window.after)])
        return Anchors(count, (0,), (Position(window.after, 0),), detail_from)
    days = connection.execute(
        select(customer_traffic.c.bucket, customer_traffic.c.email_messages + customer_traffic.c.sms_messages)
        .where(
            within(scope, customer_traffic),
            customer_traffic.c.enterprise_id == enterprise_id,
            customer_traffic.c.customer_id == customer_id,
            customer_traffic.c.span == DAY,
            customer_traffic.c.bucket >= first_day,
            customer_traffic.c.bucket < after_day,
        )
        .order_by(customer_traffic.c.bucket.desc())
    )
    rows, positions = [0], [Position(window.after, 0)]
    row = _count(connection, [*owner, *_between(after_day * DAY, window.after)])
    for day, messages in days:
        rows.append(row)
        positions.append(Position((day + 1) * DAY, 0))
        row += messages
    rows.append(row)
    positions.append(Position(first_day * DAY, 0))
    row += _count(connection, [*owner, *_between(first, first_day * DAY)])
    return Anchors(row, tuple(rows), tuple(positions), detail_from)


def page(
    scope: Scope,
    connection: Connection,
    window: Window,
    enterprise_id: int,
    customer_id: int,
    after: Position,
    skip: int,
    count: int,
) -> list[Message]:
    """Messages of a customer, newest first, from `skip` rows after a place on.

    `skip` is for the few rows between an anchor and the row wanted: they are passed over in the index alone.
    """
    ids = (
        select(message.c.id)
        .where(
            *_of_customer(scope, enterprise_id, customer_id),
            message.c.sent_at >= window.first,
            tuple_(message.c.sent_at, message.c.id) < tuple_(after.sent_at, after.id),
        )
        .order_by(message.c.sent_at.desc(), message.c.id.desc())
        .offset(skip)
        .limit(count)
    )
    rows = connection.execute(
        _whole(scope, by_id=True)
        .where(message.c.id.in_(ids))
        .order_by(message.c.sent_at.desc(), message.c.id.desc())
    )
    return [_message(row) for row in rows]


def sorted_ids(
    scope: Scope, connection: Connection, window: Window, enterprise_id: int, customer_id: int, order: Order
) -> list[int]:
    """Ids of at most `SORTABLE` messages of a customer, by subject or by what was sent over a channel."""
    newest = (message.c.sent_at.desc(), message.c.id.desc())
    query = select(message.c.id).where(
        *_of_customer(scope, enterprise_id, customer_id), *_between(window.first, window.after)
    )
    if order is Order.NAME:
        query = query.order_by(func.fold(message.c.subject), *newest)
    else:
        channel = Channel.SMS if order is Order.SMS else Channel.EMAIL
        query = query.order_by((message.c.channel == channel.value).desc(), message.c.sent.desc(), *newest)
    return list(connection.scalars(query.limit(SORTABLE)))


def by_ids(scope: Scope, connection: Connection, ids: Sequence[int]) -> list[Message]:
    """The messages of these ids that are in scope, in that order."""
    rows = connection.execute(_whole(scope, by_id=True).where(message.c.id.in_(ids)))
    place = {id_: number for number, id_ in enumerate(ids)}
    return sorted((_message(row) for row in rows), key=lambda found: place[found.id])


def row_of(
    scope: Scope,
    connection: Connection,
    window: Window,
    enterprise_id: int,
    customer_id: int,
    message_id: int,
    known: Anchors,
) -> int | None:
    """Row number of a message among a customer's, newest first; `None` when it is not in the window."""
    owner = _of_customer(scope, enterprise_id, customer_id)
    sent_at = connection.scalar(
        select(message.c.sent_at).where(
            *owner, message.c.id == message_id, *_between(window.first, window.after)
        )
    )
    if sent_at is None:
        return None
    # Positions fall as the rows rise: the last one still above the message begins its day.
    anchor = bisect_left(known.positions, -sent_at, key=lambda place: -place.sent_at) - 1
    newer = and_(
        message.c.sent_at < known.positions[anchor].sent_at,
        tuple_(message.c.sent_at, message.c.id) > tuple_(sent_at, message_id),
    )
    return known.rows[anchor] + _count(connection, [*owner, newer])


def named(scope: Scope, connection: Connection, external_id: str) -> list[Message]:
    """The messages that carry this message id: several only where enterprises share one."""
    rows = connection.execute(_whole(scope).where(message.c.external_id == external_id))
    return [_message(row) for row in rows]


def stream(scope: Scope, connection: Connection, window: Window) -> Iterator[Message]:
    """Every message in scope and window, enterprise by enterprise by name, each newest first.

    Memory does not grow with the number of messages.
    """
    owners = connection.execute(
        select(customer.c.enterprise_id)
        .join(enterprise)
        .where(within(scope, customer))
        .group_by(customer.c.enterprise_id, enterprise.c.sort_name, enterprise.c.id)
        .order_by(enterprise.c.sort_name, enterprise.c.id)
    ).scalars()
    for enterprise_id in owners.all():
        after = Position(window.after, 0)
        while True:
            rows = connection.execute(
                _whole(scope)
                .where(
                    message.c.enterprise_id == enterprise_id,
                    message.c.sent_at >= window.first,
                    tuple_(message.c.sent_at, message.c.id) < tuple_(after.sent_at, after.id),
                )
                .order_by(message.c.sent_at.desc(), message.c.id.desc())
                .limit(_STREAM_PAGE)
            ).all()
            yield from map(_message, rows)
            if len(rows) < _STREAM_PAGE:
                break
            after = Position(rows[-1].sent_at, rows[-1].id)


def _whole(scope: Scope, *, by_id: bool = False) -> Select[*tuple[Any, ...]]:
    """Messages with the names around them."""
    return (
        select(
            message,
            enterprise.c.name.label("enterprise"),
            customer.c.name.label("customer"),
            user.c.name.label("user_name"),
            user.c.role.label("user_role"),
        )
        .join(enterprise, enterprise.c.id == message.c.enterprise_id)
        .join(
            customer,
            and_(customer.c.enterprise_id == message.c.enterprise_id, customer.c.id == message.c.customer_id),
        )
        # A login names a person of that enterprise, or an operator; never somebody of another tenant.
        .outerjoin(
            user,
            and_(
                user.c.login == message.c.sent_by,
                or_(user.c.enterprise_id == message.c.enterprise_id, user.c.role == Role.OPERATOR.value),
            ),
        )
        .where(within(scope, message, by_id=by_id))
    )


def _message(row: Row[*tuple[Any, ...]]) -> Message:
    person = [row.user_name, row.user_role] if row.user_role else []
    return Message(
        enterprise_id=row.enterprise_id,
        customer_id=row.customer_id,
        id=row.id,
        enterprise=clean(row.enterprise),
        customer=clean(row.customer),
        external_id=clean(row.external_id),
        subject=clean(row.subject),
        channel=Channel(row.channel),
        sent=row.sent,
        failed=row.failed,
        bounced=row.bounced,
        sent_at=row.sent_at,
        sent_by=clean(row.sent_by),
        sent_by_name=clean(", ".join(filter(None, person))),
        lists=tuple(map(clean, json.loads(row.lists))),
    )


def _of_customer(scope: Scope, enterprise_id: int, customer_id: int) -> list[ColumnElement[bool]]:
    return [
        within(scope, message),
        message.c.enterprise_id == enterprise_id,
        message.c.customer_id == customer_id,
    ]


def _between(first: int, after: int) -> list[ColumnElement[bool]]:
    return [message.c.sent_at >= first, message.c.sent_at < after]


def _count(connection: Connection, clauses: list[ColumnElement[bool]]) -> int:
    return connection.scalar(select(func.count()).select_from(message).where(*clauses)) or 0
