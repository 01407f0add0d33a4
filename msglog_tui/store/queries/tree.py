"""The upper two levels of the tree: enterprises and their customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, literal_column, select

from msglog_tui.store import dialects
from msglog_tui.store.access import around, within
from msglog_tui.store.chunks import chunks
from msglog_tui.store.dialects import Place
from msglog_tui.store.models import customer, enterprise
from msglog_tui.store.queries.traffic import NO_TRAFFIC, by_customer, by_enterprise, sent_by_customer
from msglog_tui.text import clean, fold
from msglog_tui.types import Channel, Customer, Enterprise, Order, Reach, Scope, Traffic, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def enterprises(scope: Scope, connection: Connection, window: Window, order: Order) -> list[Enterprise]:
    """Every enterprise in scope, with its traffic in the window.

    Through a customer's scope it is the enterprise around them, with that customer's traffic alone.
    """
    if scope.reach is Reach.CUSTOMER:
        return [
            Enterprise(row.enterprise_id, row.enterprise, row.traffic)
            for row in customers(scope, connection, window, None, None)
        ]
    traffic = by_enterprise(scope, connection, window, None)
    rows = connection.execute(
        select(enterprise.c.id, enterprise.c.name, enterprise.c.sort_name)
        .where(within(scope, enterprise))
        .order_by(enterprise.c.sort_name, enterprise.c.id)
    )
    found = [Enterprise(row.id, clean(row.name), traffic.get(row.id, NO_TRAFFIC)) for row in rows]
    return sorted(found, key=_busiest(order)) if order in _CHANNELS else found


def enterprise_ids(scope: Scope, connection: Connection) -> list[int]:
    """Ids of all enterprises in scope, by name."""
    return list(
        connection.scalars(
            select(enterprise.c.id)
            .where(within(scope, enterprise))
            .order_by(enterprise.c.sort_name, enterprise.c.id)
        )
    )


def customer_ids(
    scope: Scope, connection: Connection, window: Window, enterprise_id: int, order: Order
) -> list[int]:
    """Ids of all customers of an enterprise, in the order in which the tree shows them."""
    ids = list(
        connection.scalars(
            select(customer.c.id)
            .where(within(scope, customer), customer.c.enterprise_id == enterprise_id)
            .order_by(customer.c.sort_name, customer.c.id)
        )
    )
    channel = _CHANNELS.get(order)
    if channel is None:
        return ids
    sent = sent_by_customer(scope, connection, window, enterprise_id, channel)
    return sorted(ids, key=lambda id_: -sent.get(id_, 0))


def customers(
    scope: Scope,
    connection: Connection,
    window: Window,
    enterprise_id: int | None,
    ids: Sequence[int] | None,
) -> list[Customer]:
    """Customers with their traffic in the window.

    Args:
        enterprise_id: The enterprise whose customers are meant; `None` for every one in scope.
        ids: The customers wanted, in that order; `None` for all, by enterprise and name.
    """
    query = (
        select(
            customer.c.enterprise_id, customer.c.id, customer.c.name, enterprise.c.name.label("enterprise")
        )
        .join(enterprise)
        .where(within(scope, customer))
        .order_by(enterprise.c.sort_name, enterprise.c.id, customer.c.sort_name, customer.c.id)
    )
    if enterprise_id is not None:
        query = query.where(customer.c.enterprise_id == enterprise_id)
    if ids is not None:
        query = query.where(dialects.of(connection).among_told(customer.c.id, "ids"))
    found: list[Customer] = []
    for chunk in [None] if ids is None else chunks(ids):
        rows = connection.execute(query, {"ids": chunk}).all()
        traffic: dict[int, Traffic] = {}  # customers are numbered over the whole store
        for owner in dict.fromkeys(row.enterprise_id for row in rows):
            traffic |= by_customer(scope, connection, window, owner, chunk)
        found += [
            Customer(
                enterprise_id=row.enterprise_id,
                id=row.id,
                enterprise=clean(row.enterprise),
                name=clean(row.name),
                traffic=traffic.get(row.id, NO_TRAFFIC),
            )
            for row in rows
        ]
    if ids is not None:
        place = {id_: number for number, id_ in enumerate(ids)}
        found.sort(key=lambda row: place[row.id])
    return found


def customers_named(
    scope: Scope, connection: Connection, text: str, limit: int
) -> list[tuple[int, int, str, str]]:
    """Customers whose name holds `text`: (enterprise id, customer id, enterprise, customer), best first.

    A name that starts with the text comes before one that merely holds it.
    """
    place = Place(customer.c.sort_name, fold(text))
    rows = connection.execute(
        select(
            customer.c.enterprise_id, customer.c.id, enterprise.c.name, customer.c.name, place.label("place")
        )
        .join(enterprise)
        .where(within(scope, customer), place > 0)
        .order_by(literal_column("place"), customer.c.sort_name, customer.c.id)
        .limit(limit)
    )
    return [(row[0], row[1], clean(row[2]), clean(row[3])) for row in rows]


def time_zone(scope: Scope, connection: Connection, enterprise_id: int) -> str:
    """IANA name of the zone in which an enterprise reads dates; empty when it has not told."""
    return (
        connection.scalar(
            select(enterprise.c.time_zone).where(around(scope), enterprise.c.id == enterprise_id)
        )
        or ""
    )


_CHANNELS = {Order.EMAIL: Channel.EMAIL, Order.SMS: Channel.SMS}


def _sent(traffic: Traffic, channel: Channel) -> int:
    return traffic.email.sent if channel is Channel.EMAIL else traffic.sms.sent


def _busiest(order: Order) -> Callable[[Enterprise], int]:
    channel = _CHANNELS[order]
    return lambda row: -_sent(row.traffic, channel)
