"""Rows of deliveries with what lies around them, made into values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, Select, and_, select

from msglog_tui.delivery import Delivery, DeliveryStatus, Step
from msglog_tui.store.access import within
from msglog_tui.store.chunks import chunks
from msglog_tui.store.delivery_state import HOLE, join_reason, read_history, reasons_in, sent_at_of
from msglog_tui.store.models import customer, delivery, delivery_context, delivery_reason, enterprise, message
from msglog_tui.text import clean
from msglog_tui.types import Channel, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def whole(scope: Scope) -> Select[*tuple[Any, ...]]:
    """Deliveries in scope, named by their ids, with the names around them."""
    return (
        select(
            delivery,
            enterprise.c.name.label("enterprise"),
            customer.c.name.label("customer"),
            message.c.external_id.label("message"),
            message.c.subject.label("subject"),
            message.c.channel.label("channel"),
            delivery_context.c.source.label("source"),
            delivery_context.c.sent_by.label("sent_by"),
        )
        .join(enterprise, enterprise.c.id == delivery.c.enterprise_id)
        .join(
            customer,
            and_(
                customer.c.enterprise_id == delivery.c.enterprise_id, customer.c.id == delivery.c.customer_id
            ),
        )
        .join(message, message.c.id == delivery.c.message_id)
        .join(delivery_context, delivery_context.c.id == delivery.c.context_id)
        .where(within(scope, delivery, by_id=True))
    )


def deliveries(connection: Connection, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[Delivery]:
    """Make values of rows of `whole`."""
    reasons = reasons_of(connection, rows)
    return [_delivery(row, reasons) for row in rows]


def shown(template: str) -> str:
    """A template of reasons as people read it."""
    return clean(template.replace(HOLE, "…"))


def reasons_of(connection: Connection, rows: Iterable[Row[*tuple[Any, ...]]]) -> dict[int, tuple[str, str]]:
    """Code and template of all the reasons that rows of deliveries name, by number."""
    wanted: set[int] = set()
    for row in rows:
        wanted.add(row.reason_id)
        wanted.update(reasons_in(row.history))
    table = delivery_reason
    found: dict[int, tuple[str, str]] = {}
    for some in chunks(list(wanted)):
        for id_, code, template in connection.execute(
            select(table.c.id, table.c.code, table.c.template).where(table.c.id.in_(some))
        ):
            found[id_] = (code, template)
    return found


def _delivery(row: Row[*tuple[Any, ...]], reasons: dict[int, tuple[str, str]]) -> Delivery:
    code, template = reasons[row.reason_id]
    reason = join_reason(template, row.said)
    standing = (row.at, row.status, code, reason)
    return Delivery(
        enterprise_id=row.enterprise_id,
        customer_id=row.customer_id,
        message_id=row.message_id,
        id=row.id,
        enterprise=clean(row.enterprise),
        customer=clean(row.customer),
        message=clean(row.message),
        source=clean(row.source),
        delivery_id=clean(row.delivery_id),
        recipient=clean(row.recipient),
        channel=Channel(row.channel),
        subject=clean(row.subject),
        sent_at=sent_at_of(row.id),
        sent_by=clean(row.sent_by),
        status=DeliveryStatus(row.status),
        at=row.at,
        code=clean(code),
        reason=clean(reason),
        history=tuple(
            Step(at, DeliveryStatus(status), clean(of), clean(why))
            for at, status, of, why in sorted([*read_history(row.history, row.at, reasons), standing])
        ),
    )
