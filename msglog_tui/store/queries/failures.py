"""Why things went wrong: the deliveries of a window that failed or bounced, grouped by what they share.

They are read in an index that holds nothing else, so that the cost is that of what went wrong in the window.
A delivery is in the window in which it was sent, as its message is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    TextClause,
    case,
    cast,
    distinct,
    func,
    select,
    text,
)

from msglog_tui.delivery import NEVER_LEFT, DeliveryStatus, FailureGroup, FailureGrouping
from msglog_tui.recipients import ONE_DIGIT_COUNTRIES, TWO_DIGIT_COUNTRIES
from msglog_tui.store.access import within
from msglog_tui.store.delivery_rows import shown
from msglog_tui.store.delivery_state import first_id
from msglog_tui.store.dialects import Place
from msglog_tui.store.models import delivery, delivery_reason, enterprise

if TYPE_CHECKING:
    from msglog_tui.types import Scope, Window

MOST: Final = 1_000
"""So many groups are told at most, the commonest."""


def failures(
    scope: Scope,
    connection: Connection,
    window: Window,
    enterprise_id: int | None,
    customer_id: int | None,
    by: FailureGrouping,
) -> list[FailureGroup]:
    """What went wrong of what was sent in the window, the commonest first.

    Args:
        enterprise_id: Whose; `None` for every enterprise in scope.
        customer_id: Only this customer's; `None` for all.
    """
    wanted = select(enterprise.c.id)
    if enterprise_id is not None:
        wanted = wanted.where(enterprise.c.id == enterprise_id)
    clauses: list[ColumnElement[bool] | TextClause] = [
        within(scope, delivery),
        delivery.c.enterprise_id.in_(wanted),
        delivery.c.id >= first_id(window.first),
        delivery.c.id < first_id(window.after),
        # As the index has it, to the letter.
        text("delivery.status >= 4"),
    ]
    if customer_id is not None:
        clauses.append(delivery.c.customer_id == customer_id)
    if by is FailureGrouping.DOMAIN:
        label: ColumnElement[str] = _RECIPIENTS_GROUP
    else:
        label = delivery_reason.c.code if by is FailureGrouping.CODE else delivery_reason.c.template
    rows = connection.execute(
        select(
            label.label("label"),
            func.count().label("deliveries"),
            _how_many(*NEVER_LEFT),
            _how_many(DeliveryStatus.BOUNCED),
            func.count(distinct(delivery.c.customer_id)),
            func.min(delivery.c.at),
            func.max(delivery.c.at),
        )
        .join(delivery_reason, delivery_reason.c.id == delivery.c.reason_id)
        .where(*clauses)
        .group_by(label)
        .order_by(func.count().desc(), label)
        .limit(MOST)
    )
    return [FailureGroup(shown(row.label), *row[1:]) for row in rows]


def _how_many(*statuses: DeliveryStatus) -> ColumnElement[int]:
    return cast(func.sum(case((delivery.c.status.in_([*map(int, statuses)]), 1), else_=0)), Integer)


def _of_recipient() -> ColumnElement[str]:
    """What `recipients.group_of` says, in SQL."""
    recipient = delivery.c.recipient
    return case(
        (recipient.contains("@"), func.substr(recipient, Place(recipient, "@") + 1)),
        (func.substr(recipient, 1, 1) != "+", ""),
        (func.substr(recipient, 2, 1).in_(ONE_DIGIT_COUNTRIES), func.substr(recipient, 1, 2)),
        (func.substr(recipient, 2, 2).in_(TWO_DIGIT_COUNTRIES), func.substr(recipient, 1, 3)),
        else_=func.substr(recipient, 1, 4),
    )


_RECIPIENTS_GROUP: Final = _of_recipient()
