"""Mailgun's events: pages of the Events and Logs APIs, and webhooks.

The deliveries of the same tags, else of one subject, make a message a day.
"""

from __future__ import annotations

from email.utils import getaddresses
from typing import TYPE_CHECKING, Final

from msglog_tui.delivery import DeliveryStatus
from msglog_tui.importers.formats.json_format import JsonFormat, Step, records
from msglog_tui.importers.formats.smtp import code_of, domain_of
from msglog_tui.importers.json_values import (
    code,
    identifier,
    identifiers,
    inside,
    joined,
    reason,
    seconds,
    text,
    texts,
    word,
)
from msglog_tui.types import Channel

if TYPE_CHECKING:
    from msglog_tui.importers.formats.json_format import Read, Told
    from msglog_tui.importers.json_values import Record

_EVENTS: Final[dict[str, DeliveryStatus | str]] = {
    "accepted": DeliveryStatus.QUEUED,
    "delivered": DeliveryStatus.DELIVERED,
    "failed": DeliveryStatus.BOUNCED,
    "rejected": DeliveryStatus.REJECTED,
    "complained": DeliveryStatus.COMPLAINED,
    "opened": "opens and clicks",
    "clicked": "opens and clicks",
    "unsubscribed": "unsubscribes",
    "stored": "stored messages",
    "list_uploaded": "changes of lists",
    "list_member_uploaded": "changes of lists",
    "list_member_upload_error": "changes of lists",
    "email_validation": "validations of addresses",
}
_SUPPRESSED: Final = "suppress"
# What a reason begins with if Mailgun did not try because of an earlier bounce, complaint or unsubscribe.


def _event_in(record: Record) -> Record:
    """Take an event out of the body of a webhook."""
    inner = record.get("event-data")
    return inner if isinstance(inner, dict) else record


def _is_one(record: Record) -> bool:
    event = _event_in(record)
    return (
        isinstance(event.get("event"), str)
        and ("timestamp" in event or "@timestamp" in event)
        and "log-level" in event
    )


def _status(event: Record, told: DeliveryStatus) -> DeliveryStatus:
    if told is not DeliveryStatus.BOUNCED:
        return told
    if text(event, "severity") == "temporary":
        return DeliveryStatus.DEFERRED
    why = text(event, "reason")
    return DeliveryStatus.REJECTED if why.startswith(_SUPPRESSED) else DeliveryStatus.BOUNCED


def _headers(event: Record) -> Record:
    return inside(inside(event, "message"), "headers")


def _recipients(event: Record) -> list[str]:
    """Name the recipient; what was rejected before it had one is said of all to whom it was written."""
    written_to = text(_headers(event), "to")
    if event.get("recipient") is None and written_to:
        return identifiers({"to": [address for _, address in getaddresses([written_to])]}, "to")
    return [identifier(event, "recipient")]


def _read(told: Told, record: Record) -> Read:
    event = _event_in(record)
    kind = word(_EVENTS, "Mailgun", event, "event")
    if isinstance(kind, str):
        return kind
    if inside(event, "flags").get("is-routed") is True:
        return "inbound messages"
    if inside(event, "flags").get("is-test-mode") is True:
        return "tests"
    status = _status(event, kind)
    when = told.instants.written_or_none(event, "@timestamp") or seconds(event, "timestamp")
    answer = inside(event, "delivery-status")
    said = (
        reason(answer, "message")
        or reason(answer, "description")
        or reason(inside(event, "reject"), "reason")
        or reason(event, "reason")
    )
    number = code(answer, "enhanced-code") or code_of(said) or code(answer, "code")
    tags = texts(event, "tags")
    headers = _headers(event)
    subject = text(headers, "subject")
    sender = text(headers, "from") or text(inside(event, "envelope"), "sender")
    domain = text(inside(event, "domain"), "name")
    good = status in (DeliveryStatus.QUEUED, DeliveryStatus.DELIVERED, DeliveryStatus.COMPLAINED)
    return records(
        told.owner("tags", *tags, sender, domain, domain_of(sender), text(inside(event, "account"), "id")),
        [Step(each, status, when, "" if good else number, said) for each in _recipients(event)],
        source="mailgun",
        delivery_id=identifier(headers, "message-id"),
        channel=Channel.EMAIL,
        campaign=joined(tags, "tags") or subject,
        subject=subject,
        sent_at=when if status is DeliveryStatus.QUEUED else None,
        sent_by=sender,
    )


MAILGUN = JsonFormat(
    name="mailgun",
    title="Mailgun events",
    lists=("items",),
    is_one=_is_one,
    read=_read,
)
