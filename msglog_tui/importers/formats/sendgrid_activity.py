"""SendGrid's Email Activity as a CSV file: a row an event, with the names of the Event Webhook.

The events of one marketing campaign, else of the same categories, else of one subject make a message a day.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from msglog_tui.delivery import WENT_WRONG, DeliveryRecord, DeliveryStatus
from msglog_tui.importers import columns, fields
from msglog_tui.importers.canonical import Column, seldom_new
from msglog_tui.importers.fields import BadField
from msglog_tui.importers.formats.csv_format import CsvFormat
from msglog_tui.importers.formats.sendgrid import PASSED_OVER, STATUSES, delivery_id
from msglog_tui.importers.formats.smtp import code_of, domain_of
from msglog_tui.types import Channel

if TYPE_CHECKING:
    from msglog_tui.importers.formats.csv_format import Made, Owner
    from msglog_tui.importers.times import Times

_EVENTS: Final = STATUSES | PASSED_OVER


def _event(value: object) -> DeliveryStatus | str:
    """Read the name of an event: a status, or the words for what is passed over."""
    word = fields.identifier(value).lower()
    if word not in _EVENTS:
        raise BadField("is no event of SendGrid's: " + ", ".join(_EVENTS) + " are known")
    return _EVENTS[word]


def _categories(value: object) -> tuple[str, ...]:
    """Read categories: names in a JSON array, or a bare one."""
    written = fields.text(value)
    if not written.startswith("["):
        return (written,) if written else ()
    try:
        found = json.loads(written)
    except (ValueError, RecursionError):
        return (written,)
    return tuple(name for name in found if isinstance(name, str) and name)


def _columns(times: Times) -> tuple[Column, ...]:
    return (
        seldom_new("event", _event),
        Column("processed", times.one, times.column),
        Column("message_id", fields.identifier, columns.identifiers),
        Column("email", fields.identifier, columns.identifiers),
        seldom_new("subject", fields.text),
        seldom_new("from", fields.text),
        Column("reason", fields.reason, columns.reasons),
        seldom_new("username", fields.text),
        seldom_new("categories", _categories),
        seldom_new("marketing_campaign_name", fields.text),
    )


def _delivery(
    owner: Owner,
    event: DeliveryStatus | str,
    at: int,
    message_id: str,
    recipient: str,
    subject: str,
    sender: str,
    reason: str,
    username: str,
    categories: tuple[str, ...],
    campaign: str,
) -> Made:
    if isinstance(event, str):
        return event
    enterprise, customer = owner((username, *categories, sender, domain_of(sender)))
    return DeliveryRecord(
        enterprise=enterprise,
        customer=customer,
        source="sendgrid",
        delivery_id=delivery_id(message_id),
        recipient=recipient,
        channel=Channel.EMAIL,
        status=event,
        at=at,
        code=code_of(reason) if event in WENT_WRONG or event is DeliveryStatus.DEFERRED else "",
        reason=reason,
        message_id="",
        campaign=campaign or ", ".join(categories) or subject,
        subject=subject,
        sent_at=at if event is DeliveryStatus.QUEUED else None,
        sent_by=sender,
        lists=(),
    )


SENDGRID_ACTIVITY = CsvFormat(
    name="sendgrid-activity",
    title="SendGrid Email Activity exports",
    required=frozenset({"processed", "message_id", "event", "email"}),
    columns=_columns,
    make=_delivery,
    sender="from",
)
