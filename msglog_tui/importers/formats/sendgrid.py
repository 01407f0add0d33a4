"""SendGrid: arrays of its Event Webhook, and pages of the Email Activity API.

The deliveries of one marketing campaign, else of the same categories, else of one subject make a message a
day.  Of the id that SendGrid gives an event's message only the part before the first dot stays the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msglog_tui.delivery import WENT_WRONG, DeliveryStatus
from msglog_tui.importers.fields import LONGEST_NAME
from msglog_tui.importers.formats.json_format import JsonFormat, Step, records
from msglog_tui.importers.formats.smtp import code_of, domain_of
from msglog_tui.importers.json_values import (
    code,
    identifier,
    joined,
    objects,
    reason,
    seconds,
    text,
    texts,
    word,
)
from msglog_tui.types import Channel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msglog_tui.importers.formats.json_format import Read, Told
    from msglog_tui.importers.json_values import Record

STATUSES: Final = {
    "processed": DeliveryStatus.QUEUED,
    "deferred": DeliveryStatus.DEFERRED,
    "delivered": DeliveryStatus.DELIVERED,
    "bounce": DeliveryStatus.BOUNCED,
    "bounced": DeliveryStatus.BOUNCED,
    "blocked": DeliveryStatus.BOUNCED,
    "drop": DeliveryStatus.REJECTED,
    "dropped": DeliveryStatus.REJECTED,
    "spamreport": DeliveryStatus.COMPLAINED,
    "spam_report": DeliveryStatus.COMPLAINED,
}
"""What events mean, in the webhook and in the CSV files of Email Activity."""

PASSED_OVER: Final = {
    "open": "opens and clicks",
    "opened": "opens and clicks",
    "click": "opens and clicks",
    "clicked": "opens and clicks",
    "unsubscribe": "unsubscribes",
    "group_unsubscribe": "unsubscribes",
    "group_resubscribe": "unsubscribes",
}
"""Events that are no statuses, and the words for them."""

_EVENTS: Final[dict[str, DeliveryStatus | str]] = {
    **STATUSES,
    **PASSED_OVER,
    "account_status_change": "changes of the account",
}
# What is not delivered may have bounced, or been blocked or dropped, which is not told.
_LAST_STATUSES: Final = {
    "processed": DeliveryStatus.QUEUED,
    "processing": DeliveryStatus.QUEUED,
    "delivered": DeliveryStatus.DELIVERED,
    "not_delivered": DeliveryStatus.BOUNCED,
}


def delivery_id(message_id: str) -> str:
    """The part of a message's id that all of its events have; never empty."""
    return message_id.partition(".")[0] or message_id


def _delivery_of(event: Record) -> str:
    """Name the delivery of an event: a bounce that comes late lacks the message's id."""
    message_id = code(event, "sg_message_id")
    if message_id:
        return delivery_id(message_id)
    # SendGrid makes the mail's own id of it, unless the sender gave the mail another.
    local, _, host = text(event, "smtp-id").strip("<>").partition("@")
    its_own = "ismtpd" in host and 0 < len(local) <= LONGEST_NAME
    return delivery_id(local) if its_own else identifier(event, "sg_event_id")


def _is_one(record: Record) -> bool:
    if "msg_id" in record:
        return "last_event_time" in record or "events" in record
    return (
        isinstance(record.get("event"), str)
        and "timestamp" in record
        and ("sg_event_id" in record or "sg_message_id" in record)
    )


def _read(told: Told, record: Record) -> Read:
    return _message(told, record) if "msg_id" in record else _event(told, record)


def _event(told: Told, event: Record) -> Read:
    """Read an event of the webhook."""
    status = word(_EVENTS, "SendGrid", event, "event")
    if isinstance(status, str):
        return status
    when = seconds(event, "timestamp")
    said = reason(event, "reason") or reason(event, "response")
    categories = texts(event, "category")
    campaign = text(event, "marketing_campaign_name") or text(event, "singlesend_name")
    subject = text(event, "subject")
    sender = text(event, "from")
    return records(
        told.owner("category", text(event, "username"), *categories, sender, domain_of(sender)),
        [_step(identifier(event, "email"), status, when, code(event, "status"), said)],
        source="sendgrid",
        delivery_id=_delivery_of(event),
        channel=Channel.EMAIL,
        campaign=campaign or joined(categories, "category") or subject,
        subject=subject or campaign,
        sent_at=when if status is DeliveryStatus.QUEUED else None,
        sent_by=sender,
    )


def _message(told: Told, message: Record) -> Read:
    """Read a message of the Email Activity API: with its events, else with its last status."""
    recipient = identifier(message, "to_email")
    if "events" in message:
        steps = list(_history(told, message, recipient))
        if not steps:
            return PASSED_OVER["open"]
    else:
        status = word(_LAST_STATUSES, "Email Activity", message, "status")
        steps = [Step(recipient, status, told.instants.written(message, "last_event_time"))]
    subject = text(message, "subject")
    sender = text(message, "from_email")
    return records(
        told.owner("from_email", sender, domain_of(sender)),
        steps,
        source="sendgrid",
        delivery_id=delivery_id(identifier(message, "msg_id")),
        channel=Channel.EMAIL,
        campaign=joined(texts(message, "categories"), "categories") or subject,
        subject=subject,
        sent_at=None,
        sent_by=sender,
    )


def _history(told: Told, message: Record, recipient: str) -> Iterator[Step]:
    for event in objects(message, "events"):
        status = word(_EVENTS, "SendGrid", event, "event_name")
        if isinstance(status, DeliveryStatus):
            when = told.instants.written(event, "processed")
            yield _step(recipient, status, when, "", reason(event, "reason"))


def _step(recipient: str, status: DeliveryStatus, when: int, told: str, said: str) -> Step:
    """A status; what is said of a good one has a code, too, which is none of a failure."""
    wrong = status in WENT_WRONG or status is DeliveryStatus.DEFERRED
    return Step(recipient, status, when, (told or code_of(said)) if wrong else "", said)


SENDGRID = JsonFormat(
    name="sendgrid",
    title="SendGrid events",
    lists=("messages",),
    is_one=_is_one,
    read=_read,
)
