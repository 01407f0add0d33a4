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

from msglog_tui.delivery import NEVER_LEFT, DeliveryStatus, FailureGroup, FailureGrouping, Found
from msglog_tui.recipients import ONE_DIGIT_COUNTRIES, TWO_DIGIT_COUNTRIES
from msglog_tui.store.access import within
from msglog_tui.store.delivery_rows import deliveries, shown, whole
from msglog_tui.store.delivery_state import HOLE, first_id
from msglog_tui.store.dialects import Place
from msglog_tui.store.models import delivery, delivery_reason, enterprise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from msglog_tui.delivery import FailurePlace
    from msglog_tui.types import Scope, Window

MOST: Final = 1_000
"""So many groups are told at most, the commonest."""


def failures(
    scope: Scope,
    connection: Connection,
    window: Window,
    place: FailurePlace,
    by: FailureGrouping,
    *,
    whole: bool = False,
) -> list[FailureGroup]:
    """What went wrong in a place, the commonest first: of what was sent in the window, or of a message.

    Args:
        whole: Whether every group is wanted, to be put together with those of other shards.
    """
    label = _label(by)
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
        .where(*_wrong(scope, window, place))
        .group_by(label)
        .order_by(func.count().desc(), label)
        .limit(None if whole else MOST)
    )
    return [FailureGroup(shown(row.label), *row[1:]) for row in rows]


def behind(
    scope: Scope,
    connection: Connection,
    window: Window,
    place: FailurePlace,
    by: FailureGrouping,
    label: str,
    after: tuple[int, int] | None,
    limit: int,
) -> Found:
    """The deliveries of one group of `failures`, the newest first.

    Args:
        label: What the group is called.
        after: Where the page begins: what `Found.more` said; `None` for the first page.
        limit: How many deliveries a page has.
    """
    clauses = _wrong(scope, window, place)
    if by is FailureGrouping.DOMAIN:
        clauses.append(_RECIPIENTS_GROUP.in_(_domains(connection, clauses, label)))
    else:
        clauses.append(delivery.c.reason_id.in_(_reasons(connection, by, label)))
    if after is not None:
        clauses.append(delivery.c.id < after[1])
    ids = connection.scalars(
        select(delivery.c.id).where(*clauses).order_by(delivery.c.id.desc()).limit(limit + 1)
    ).all()
    rows = connection.execute(
        whole(scope).where(delivery.c.id.in_(ids[:limit])).order_by(delivery.c.id.desc())
    ).all()
    found = tuple(deliveries(connection, rows))
    return Found(found, (found[-1].sent_at, found[-1].id) if len(ids) > limit else None)


def _wrong(scope: Scope, window: Window, place: FailurePlace) -> list[ColumnElement[bool] | TextClause]:
    """The clauses that leave what went wrong in a place."""
    if place.message_id is not None:
        # Through the index of the message's own deliveries, whenever each of them was sent.
        return [
            within(scope, delivery, by_id=True),
            delivery.c.message_id == place.message_id,
            delivery.c.status >= int(DeliveryStatus.BOUNCED),
        ]
    wanted = select(enterprise.c.id)
    if place.enterprise_id is not None:
        wanted = wanted.where(enterprise.c.id == place.enterprise_id)
    clauses: list[ColumnElement[bool] | TextClause] = [
        within(scope, delivery),
        delivery.c.enterprise_id.in_(wanted),
        delivery.c.id >= first_id(window.first),
        delivery.c.id < first_id(window.after),
        # As the index has it, to the letter.
        text("delivery.status >= 4"),
    ]
    if place.customer_id is not None:
        clauses.append(delivery.c.customer_id == place.customer_id)
    return clauses


def _label(by: FailureGrouping) -> ColumnElement[str]:
    if by is FailureGrouping.DOMAIN:
        return _RECIPIENTS_GROUP
    return delivery_reason.c.code if by is FailureGrouping.CODE else delivery_reason.c.template


def _domains(
    connection: Connection, clauses: Sequence[ColumnElement[bool] | TextClause], label: str
) -> list[str]:
    """Domains that a group is made of; one that has to be cleaned to be shown is not what recipients have.

    Args:
        clauses: They leave what went wrong in the place.
    """
    if connection.scalar(select(delivery.c.id).where(*clauses, _RECIPIENTS_GROUP.in_([label])).limit(1)):
        return [label]
    found = connection.scalars(select(_RECIPIENTS_GROUP).where(*clauses).distinct())
    return [domain for domain in found if shown(domain) == label]


def _reasons(connection: Connection, by: FailureGrouping, label: str) -> list[int]:
    """Numbers of the reasons that a group is made of.

    A label is cleaned, so that it may not be what the table has; hardly any differs.
    """
    kept = _label(by)
    written = {label, label.replace("…", HOLE)}
    found = list(connection.scalars(select(delivery_reason.c.id).where(kept.in_(written))))
    if found:
        return found
    return [
        id_ for id_, text in connection.execute(select(delivery_reason.c.id, kept)) if shown(text) == label
    ]


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
