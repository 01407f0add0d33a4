"""The deliveries of a message: how many came to what, a page of them, all of them in turn.

They are listed by status, what went wrong first, and within a status the newest first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, Connection, Row, select, tuple_

from msglog_tui.delivery import (
    WENT_WRONG,
    Delivery,
    DeliveryStatus,
    DeliverySummary,
    ReasonTally,
    Recipients,
)
from msglog_tui.store import delivery_blocks, retention
from msglog_tui.store.access import within
from msglog_tui.store.chunks import chunks
from msglog_tui.store.delivery_rows import deliveries, shown, whole
from msglog_tui.store.models import (
    OUTCOMES,
    customer,
    delivery,
    delivery_reason,
    delivery_tally,
    enterprise,
    message,
    message_outcome,
)
from msglog_tui.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from msglog_tui.types import Scope, Window

REASONS: Final = 50
"""So many reasons are told at most."""

ORDER: Final = (
    DeliveryStatus.BOUNCED,
    DeliveryStatus.FAILED,
    DeliveryStatus.REJECTED,
    DeliveryStatus.COMPLAINED,
    DeliveryStatus.DEFERRED,
    DeliveryStatus.QUEUED,
    DeliveryStatus.SENT,
    DeliveryStatus.DELIVERED,
)
"""The order in which the deliveries of a message are listed."""

_STREAM_PAGE = 2_000


def summary(
    scope: Scope, connection: Connection, enterprise_id: int, customer_id: int, message_id: int
) -> DeliverySummary:
    """What became of a message; nothing where no deliveries are known."""
    recipients = Recipients(enterprise_id, customer_id, message_id, None)
    counts, removed = _counts(scope, connection, recipients)
    rows: Sequence[Row[*tuple[Any, ...]]] = []
    if any(counts[status] for status in WENT_WRONG):
        rows = connection.execute(
            select(
                delivery_tally.c.status,
                delivery_reason.c.code,
                delivery_reason.c.template,
                delivery_tally.c.deliveries,
            )
            .join(delivery_reason, delivery_reason.c.id == delivery_tally.c.reason_id)
            .where(delivery_tally.c.message_id == message_id)
            .order_by(
                delivery_tally.c.deliveries.desc(),
                delivery_tally.c.status,
                delivery_reason.c.code,
                delivery_reason.c.template,
            )
            .limit(REASONS + 1)
        ).all()
    return DeliverySummary(
        by_status=tuple((status, counts[status]) for status in ORDER if counts[status]),
        reasons=tuple(
            ReasonTally(DeliveryStatus(status), clean(code), shown(template), number)
            for status, code, template, number in rows[:REASONS]
        ),
        more_reasons=len(rows) > REASONS,
        kept_from=retention.deliveries_from(connection) if removed else None,
    )


def count(scope: Scope, connection: Connection, recipients: Recipients) -> int:
    """How many deliveries a list has."""
    return sum(_listed(scope, connection, recipients).values())


def page(
    scope: Scope, connection: Connection, recipients: Recipients, first: int, limit: int
) -> list[Delivery]:
    """Deliveries of a list from a row number on."""
    ids: list[int] = []
    for status, number in _listed(scope, connection, recipients).items():
        if first < number and len(ids) < limit:
            begin, skip = delivery_blocks.place(connection, (recipients.message_id, status), first)
            ids += connection.scalars(
                select(delivery.c.id)
                .where(*_of(recipients, status), *begin)
                .order_by(delivery.c.id.desc())
                .offset(skip)
                .limit(limit - len(ids))
            )
        first = max(first - number, 0)
    return _by_ids(scope, connection, ids)


def row_of(scope: Scope, connection: Connection, recipients: Recipients, delivery_id: int) -> int | None:
    """Row number of a delivery in a list, `None` when it is not in it."""
    of = connection.execute(
        select(delivery.c.status).where(
            within(scope, delivery, by_id=True),
            delivery.c.id == delivery_id,
            delivery.c.enterprise_id == recipients.enterprise_id,
            delivery.c.customer_id == recipients.customer_id,
            delivery.c.message_id == recipients.message_id,
        )
    ).scalar_one_or_none()
    if of is None or (recipients.status is not None and of != recipients.status):
        return None
    row = 0
    for status, number in _listed(scope, connection, recipients).items():
        if status == of:
            return row + delivery_blocks.row_of(connection, (recipients.message_id, status), delivery_id)
        row += number
    return None


def of_message(scope: Scope, connection: Connection, recipients: Recipients) -> Iterator[Delivery]:
    """All deliveries of a list; memory does not grow with their number."""
    for status, number in _listed(scope, connection, recipients).items():
        if not number:
            continue
        before: ColumnElement[bool] | None = None
        while True:
            clauses = _of(recipients, status)
            if before is not None:
                clauses.append(before)
            ids = list(
                connection.scalars(
                    select(delivery.c.id).where(*clauses).order_by(delivery.c.id.desc()).limit(_STREAM_PAGE)
                )
            )
            yield from _by_ids(scope, connection, ids)
            if len(ids) < _STREAM_PAGE:
                break
            before = delivery.c.id < ids[-1]


def stream(
    scope: Scope, connection: Connection, window: Window, status: DeliveryStatus | None
) -> Iterator[Delivery]:
    """Every delivery of the messages in scope and window, enterprise by enterprise, the newest message first.

    Args:
        status: Only these; `None` for every status.
    """
    owners = connection.execute(
        select(customer.c.enterprise_id)
        .join(enterprise)
        .where(within(scope, customer))
        .group_by(customer.c.enterprise_id, enterprise.c.sort_name, enterprise.c.id)
        .order_by(enterprise.c.sort_name, enterprise.c.id)
    ).scalars()
    for enterprise_id in owners.all():
        after = (window.after, 0)
        while True:
            rows = connection.execute(
                select(message.c.customer_id, message.c.id, message.c.sent_at)
                .where(
                    within(scope, message),
                    message.c.enterprise_id == enterprise_id,
                    message.c.sent_at >= window.first,
                    tuple_(message.c.sent_at, message.c.id) < tuple_(*after),
                )
                .order_by(message.c.sent_at.desc(), message.c.id.desc())
                .limit(_STREAM_PAGE)
            ).all()
            for customer_id, message_id, _ in rows:
                of = Recipients(enterprise_id, customer_id, message_id, status)
                yield from of_message(scope, connection, of)
            if len(rows) < _STREAM_PAGE:
                break
            after = (rows[-1].sent_at, rows[-1].id)


def _listed(scope: Scope, connection: Connection, recipients: Recipients) -> dict[DeliveryStatus, int]:
    """How many deliveries of each status a list shows, in its order: none of what was removed."""
    counts, removed = _counts(scope, connection, recipients)
    return {} if removed else counts


def _counts(
    scope: Scope, connection: Connection, recipients: Recipients
) -> tuple[dict[DeliveryStatus, int], bool]:
    """How many deliveries of a list have each status, in its order; and whether they were removed."""
    row = connection.execute(
        select(*(message_outcome.c[name] for name in OUTCOMES), message_outcome.c.removed)
        .join(message, message.c.id == message_outcome.c.message_id)
        .where(
            within(scope, message, by_id=True),
            message.c.id == recipients.message_id,
            message.c.enterprise_id == recipients.enterprise_id,
            message.c.customer_id == recipients.customer_id,
        )
    ).one_or_none()
    wanted = ORDER if recipients.status is None else (recipients.status,)
    counts = {status: 0 if row is None else row[status] for status in wanted}
    return counts, row is not None and bool(row.removed)


def _of(recipients: Recipients, status: DeliveryStatus) -> list[ColumnElement[bool]]:
    return [delivery.c.message_id == recipients.message_id, delivery.c.status == int(status)]


def _by_ids(scope: Scope, connection: Connection, ids: list[int]) -> list[Delivery]:
    """The deliveries of these ids that are in scope, in that order."""
    rows: list[Any] = []
    for some in chunks(ids):
        rows += connection.execute(whole(scope).where(delivery.c.id.in_(some)))
    place_of = {id_: number for number, id_ in enumerate(ids)}
    return deliveries(connection, sorted(rows, key=lambda row: place_of[row.id]))
