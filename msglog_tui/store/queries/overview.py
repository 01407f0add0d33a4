"""The overview of a customer or an enterprise."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, func, select

from msglog_tui.errors import Refusal
from msglog_tui.store import retention
from msglog_tui.store.access import within
from msglog_tui.store.models import customer, enterprise, message
from msglog_tui.store.queries import transactions
from msglog_tui.store.queries.traffic import NO_TRAFFIC, by_customer, by_enterprise
from msglog_tui.text import clean
from msglog_tui.types import Overview, Scope, Tally, Traffic, Window

if TYPE_CHECKING:
    from collections.abc import Iterable

TALLIED = 1_000
"""Senders and lists are counted over at most so many messages, the newest: a constant cost at any size."""

_SHOWN = 5


def overview(
    scope: Scope, connection: Connection, window: Window, enterprise_id: int, customer_id: int | None
) -> Overview:
    """What the preview says of a customer, or of an enterprise with all its customers.

    Args:
        customer_id: `None` for the enterprise.

    Raises:
        Refusal: It is not in scope.
    """
    inside: list[ColumnElement[bool]] = [within(scope, message), message.c.enterprise_id == enterprise_id]
    if customer_id is not None:
        inside.append(message.c.customer_id == customer_id)
    traffic = _traffic(scope, connection, window, enterprise_id, customer_id)
    detail_from = retention.detail_from(connection)
    removed = 0
    if detail_from is not None and window.first < detail_from:
        without_detail = replace(window, after=min(window.after, detail_from))
        removed = _traffic(scope, connection, without_detail, enterprise_id, customer_id).messages
    inside += [message.c.sent_at >= window.first, message.c.sent_at < window.after]
    newest = connection.execute(
        select(message.c.sent_by, message.c.lists)
        .where(*inside)
        .order_by(message.c.sent_at.desc(), message.c.id.desc())
        .limit(TALLIED)
    ).all()
    first_at = connection.scalar(select(func.min(message.c.sent_at)).where(*inside))
    last_at = connection.scalar(select(func.max(message.c.sent_at)).where(*inside))
    package = transactions.current_package(scope, connection, window, enterprise_id, customer_id)
    # Who asks for what is not theirs has found nothing so far, and is told so now.
    if customer_id is None:
        name, around = _enterprise_name(scope, connection, enterprise_id), ""
        customers = _customers(scope, connection, enterprise_id)
    else:
        name, around = _customer_names(scope, connection, enterprise_id, customer_id)
        customers = 1
    return Overview(
        name=name,
        enterprise=around,
        customers=customers,
        traffic=traffic,
        first_at=first_at,
        last_at=last_at,
        senders=_busiest(row.sent_by for row in newest),
        lists=_busiest(name for row in newest for name in json.loads(row.lists)),
        tallied=len(newest),
        package=package,
        removed=removed,
        detail_from=detail_from if removed else None,
    )


def _traffic(
    scope: Scope, connection: Connection, window: Window, enterprise_id: int, customer_id: int | None
) -> Traffic:
    if customer_id is None:
        return by_enterprise(scope, connection, window, enterprise_id).get(enterprise_id, NO_TRAFFIC)
    found = by_customer(scope, connection, window, enterprise_id, [customer_id])
    return found.get(customer_id, NO_TRAFFIC)


def _enterprise_name(scope: Scope, connection: Connection, enterprise_id: int) -> str:
    name = connection.scalar(
        select(enterprise.c.name).where(within(scope, enterprise), enterprise.c.id == enterprise_id)
    )
    if name is None:
        raise Refusal("That enterprise is not in the archive any more. Press R to read it again.")
    return clean(name)


def _customer_names(
    scope: Scope, connection: Connection, enterprise_id: int, customer_id: int
) -> tuple[str, str]:
    row = connection.execute(
        select(customer.c.name, enterprise.c.name)
        .join(enterprise)
        .where(
            within(scope, customer), customer.c.enterprise_id == enterprise_id, customer.c.id == customer_id
        )
    ).one_or_none()
    if row is None:
        raise Refusal("That customer is not in the archive any more. Press R to read it again.")
    return clean(row[0]), clean(row[1])


def _customers(scope: Scope, connection: Connection, enterprise_id: int) -> int:
    return (
        connection.scalar(
            select(func.count())
            .select_from(customer)
            .where(within(scope, customer), customer.c.enterprise_id == enterprise_id)
        )
        or 0
    )


def _busiest(names: Iterable[str]) -> tuple[Tally, ...]:
    return tuple(Tally(clean(name), count) for name, count in Counter(names).most_common(_SHOWN))
