"""Postmark: messages and bounces of its API, and webhooks.

The deliveries of one tag, else of one subject, make a message a day.  A message with its events tells what
became of each recipient; one of a search only that it was sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msglog_tui.delivery import WENT_WRONG, DeliveryStatus
from msglog_tui.importers.formats.json_format import JsonFormat, Step, records
from msglog_tui.importers.formats.smtp import code_of, domain_of
from msglog_tui.importers.json_values import (
    BadValue,
    identifier,
    identifiers,
    inside,
    objects,
    reason,
    text,
    word,
)
from msglog_tui.types import Channel

if TYPE_CHECKING:
    from msglog_tui.importers.formats.json_format import Read, Told
    from msglog_tui.importers.json_values import Record

_REPLIES: Final = "automatic replies"
_UNSUBSCRIBES: Final = "unsubscribes"
_OPENS: Final = "opens and clicks"
_INBOUND: Final = "inbound messages"

# What Postmark calls bounces is whatever came back.
_BOUNCES: Final[dict[str, DeliveryStatus | str]] = {
    "hardbounce": DeliveryStatus.BOUNCED,
    "softbounce": DeliveryStatus.BOUNCED,
    "dnserror": DeliveryStatus.BOUNCED,
    "blocked": DeliveryStatus.BOUNCED,
    "dmarcpolicy": DeliveryStatus.BOUNCED,
    "spamnotification": DeliveryStatus.BOUNCED,
    "virusnotification": DeliveryStatus.BOUNCED,
    "unknown": DeliveryStatus.BOUNCED,
    "transient": DeliveryStatus.DEFERRED,
    "spamcomplaint": DeliveryStatus.COMPLAINED,
    "bademailaddress": DeliveryStatus.REJECTED,
    "manuallydeactivated": DeliveryStatus.REJECTED,
    "unconfirmed": DeliveryStatus.REJECTED,
    "smtpapierror": DeliveryStatus.FAILED,
    "templaterenderingfailed": DeliveryStatus.FAILED,
    "autoresponder": _REPLIES,
    "addresschange": _REPLIES,
    "challengeverification": _REPLIES,
    "openrelaytest": _REPLIES,
    "subscribe": _UNSUBSCRIBES,
    "unsubscribe": _UNSUBSCRIBES,
    "inbounderror": _INBOUND,
}
_MESSAGES: Final = {
    "queued": DeliveryStatus.QUEUED,
    "scheduled": DeliveryStatus.QUEUED,
    "processed": DeliveryStatus.QUEUED,
    "sent": DeliveryStatus.SENT,
}
_EVENTS: Final[dict[str, DeliveryStatus | str]] = {
    "delivered": DeliveryStatus.DELIVERED,
    "transient": DeliveryStatus.DEFERRED,
    "bounced": DeliveryStatus.BOUNCED,
    "opened": _OPENS,
    "linkclicked": _OPENS,
    "clicked": _OPENS,
    "subscriptionchanged": _UNSUBSCRIBES,
}
_WEBHOOKS: Final = {
    "open": _OPENS,
    "click": _OPENS,
    "subscriptionchange": _UNSUBSCRIBES,
    "inbound": _INBOUND,
}


def _is_one(record: Record) -> bool:
    return isinstance(record.get("MessageID"), str) and (
        isinstance(record.get("RecordType"), str)
        or "BouncedAt" in record
        or ("ReceivedAt" in record and "Status" in record)
    )


def _read(told: Told, record: Record) -> Read:
    kind = text(record, "RecordType").lower()
    if kind in _WEBHOOKS:
        return _WEBHOOKS[kind]
    sent_at: int | None = None
    if kind == "delivery":
        when = told.instants.written(record, "DeliveredAt")
        said = reason(record, "Details")
        steps = [_step(identifier(record, "Recipient"), DeliveryStatus.DELIVERED, when, said)]
    elif kind in ("bounce", "spamcomplaint") or "BouncedAt" in record:
        status = word(_BOUNCES, "Postmark", record, "Type")
        if isinstance(status, str):
            return status
        when = told.instants.written(record, "BouncedAt")
        said = reason(record, "Details") or reason(record, "Description")
        steps = [_step(identifier(record, "Email"), status, when, said)]
    elif kind:
        raise BadValue("RecordType", record["RecordType"], "is unknown: Postmark has no such record")
    elif "FromFull" in record or "OriginalRecipient" in record:
        return _INBOUND
    else:
        sent_at = told.instants.written(record, "ReceivedAt")
        steps = _message(told, record, sent_at)
    return _deliveries(told, record, sent_at, steps)


def _message(told: Told, message: Record, sent_at: int) -> list[Step]:
    """Read a message of the API, with its events where it has them."""
    status = word(_MESSAGES, "Postmark", message, "Status")
    steps = [_step(recipient, status, sent_at, "") for recipient in _recipients(message)]
    for event in objects(message, "MessageEvents"):
        became = word(_EVENTS, "Postmark", event, "Type")
        if isinstance(became, DeliveryStatus):
            when = told.instants.written(event, "ReceivedAt")
            details = inside(event, "Details")
            said = reason(details, "DeliveryMessage") or reason(details, "Summary")
            steps.append(_step(identifier(event, "Recipient"), became, when, said))
    if not steps:
        raise BadValue("Recipients", "", "names nobody")
    return steps


def _recipients(message: Record) -> list[str]:
    named = identifiers(message, "Recipients")
    if named:
        return named
    return [identifier(each, "Email") for field in ("To", "Cc", "Bcc") for each in objects(message, field)]


def _step(recipient: str, status: DeliveryStatus, when: int, said: str) -> Step:
    wrong = status in WENT_WRONG or status is DeliveryStatus.DEFERRED
    return Step(recipient, status, when, code_of(said) if wrong else "", said)


def _deliveries(told: Told, record: Record, sent_at: int | None, steps: list[Step]) -> Read:
    tag, subject, sender = text(record, "Tag"), text(record, "Subject"), text(record, "From")
    stream, server = text(record, "MessageStream"), text(record, "ServerID")
    return records(
        told.owner("ServerID", tag, sender, domain_of(sender), stream, server),
        steps,
        source="postmark",
        delivery_id=identifier(record, "MessageID"),
        channel=Channel.EMAIL,
        campaign=tag or subject,
        subject=subject,
        sent_at=sent_at,
        sent_by=sender,
    )


POSTMARK = JsonFormat(
    name="postmark",
    title="Postmark messages and bounces",
    lists=("Messages", "Bounces"),
    is_one=_is_one,
    read=_read,
)
