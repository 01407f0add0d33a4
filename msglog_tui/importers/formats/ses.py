"""Amazon SES: event publishing and notifications, bare as Firehose writes them or in the envelopes of SNS.

The deliveries of one campaign make a message a day: that of the tag `campaign`, else that of the subject,
which SES tells only where headers are included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from msglog_tui.delivery import DeliveryStatus
from msglog_tui.importers.formats.json_format import JsonFormat, Step, records
from msglog_tui.importers.formats.smtp import code_of, domain_of
from msglog_tui.importers.json_values import (
    BadValue,
    at,
    code,
    identifier,
    identifiers,
    joined,
    objects,
    reason,
    text,
    texts,
    within,
)
from msglog_tui.types import Channel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from msglog_tui.importers.formats.json_format import Read, Told
    from msglog_tui.importers.json_values import Record

_PASSED_OVER: Final = {
    "Open": "opens and clicks",
    "Click": "opens and clicks",
    "Subscription": "unsubscribes",
    "AmazonSnsSubscriptionSucceeded": "tests of the subscription",
}
_CONFIRMATIONS: Final = ("SubscriptionConfirmation", "UnsubscribeConfirmation")
_DEEPEST: Final = 4
# Envelopes in envelopes: SNS in SQS, say.

_SUPPRESSED: Final = frozenset({"Suppressed", "OnAccountSuppressionList"})
# Subtypes of bounces and complaints of mails that SES did not try to send.

_CAMPAIGN: Final = frozenset({"campaign", "campaign_id", "campaign-id", "campaignid"})


_Steps: TypeAlias = "Callable[[Told, Record], Iterator[Step]]"


def _sent(told: Told, event: Record) -> Iterator[Step]:
    when = told.instants.written(event, "mail", "timestamp")
    for recipient in _destination(event):
        yield Step(recipient, DeliveryStatus.SENT, when)


def _delivered(told: Told, event: Record) -> Iterator[Step]:
    when = told.instants.written(event, "delivery", "timestamp")
    answer = reason(event, "delivery", "smtpResponse")
    for recipient in identifiers(event, "delivery", "recipients"):
        yield Step(recipient, DeliveryStatus.DELIVERED, when, "", answer)


def _bounced(told: Told, event: Record) -> Iterator[Step]:
    when = told.instants.written(event, "bounce", "timestamp")
    kind, subtype = text(event, "bounce", "bounceType"), text(event, "bounce", "bounceSubType")
    status = DeliveryStatus.REJECTED if subtype in _SUPPRESSED else DeliveryStatus.BOUNCED
    for bounced in objects(event, "bounce", "bouncedRecipients"):
        yield _refused(bounced, status, when, f"{kind}, {subtype}")


def _delayed(told: Told, event: Record) -> Iterator[Step]:
    when = told.instants.written(event, "deliveryDelay", "timestamp")
    kind = text(event, "deliveryDelay", "delayType")
    for delayed in objects(event, "deliveryDelay", "delayedRecipients"):
        yield _refused(delayed, DeliveryStatus.DEFERRED, when, kind)


def _complained(told: Told, event: Record) -> Iterator[Step]:
    when = told.instants.written(event, "complaint", "timestamp")
    subtype = text(event, "complaint", "complaintSubType")
    status = DeliveryStatus.REJECTED if subtype in _SUPPRESSED else DeliveryStatus.COMPLAINED
    why = text(event, "complaint", "complaintFeedbackType") or subtype
    for complaining in objects(event, "complaint", "complainedRecipients"):
        yield Step(identifier(complaining, "emailAddress"), status, when, "", why)


def _rejected(told: Told, event: Record) -> Iterator[Step]:
    when = told.instants.written(event, "mail", "timestamp")
    why = reason(event, "reject", "reason")
    for recipient in _destination(event):
        yield Step(recipient, DeliveryStatus.REJECTED, when, "", why)


def _not_rendered(told: Told, event: Record) -> Iterator[Step]:
    when = told.instants.written(event, "mail", "timestamp")
    why = reason(event, "failure", "errorMessage")
    for recipient in _destination(event):
        yield Step(recipient, DeliveryStatus.FAILED, when, "", why)


_STEPS: Final[dict[str, _Steps]] = {
    "Send": _sent,
    "Delivery": _delivered,
    "Bounce": _bounced,
    "DeliveryDelay": _delayed,
    "Complaint": _complained,
    "Reject": _rejected,
    "Rendering Failure": _not_rendered,
}


def _destination(event: Record) -> list[str]:
    return identifiers(event, "mail", "destination")


def _refused(recipient: Record, status: DeliveryStatus, when: int, otherwise: str) -> Step:
    """What the other server said of a recipient, else what SES says of all of them."""
    said = reason(recipient, "diagnosticCode") or otherwise
    number = code(recipient, "status") or code_of(said)
    return Step(identifier(recipient, "emailAddress"), status, when, number, said)


def _kind(event: Record) -> object:
    """Events say it by one name, notifications by another."""
    return event.get("eventType") or event.get("notificationType")


def _unwrapped(record: Record) -> Record | str:
    """Take an event out of its envelopes; a text says why there is none."""
    for _ in range(_DEEPEST):
        if isinstance(record.get("Sns"), dict):
            record = record["Sns"]
        if record.get("Type") in _CONFIRMATIONS:
            return "confirmations of subscriptions"
        if isinstance(record.get("detail"), dict):
            inner: object = record["detail"]
        elif "TopicArn" in record or record.get("Type") == "Notification":
            if str(at(record, "Message")).startswith("Successfully validated SNS topic"):
                return "tests of the subscription"
            inner = within(record, "Message")
        elif "Body" in record or "body" in record:
            inner = within(record, "Body" if "Body" in record else "body")
        else:
            break
        if not isinstance(inner, dict):
            raise BadValue("Message", "", "is no event of Amazon SES")
        record = inner
    return record


def _is_one(record: Record) -> bool:
    try:
        event = _unwrapped(record)
    except BadValue:
        return False
    if isinstance(event, str):
        return True
    kind = _kind(event)
    return isinstance(kind, str) and (kind in _PASSED_OVER or (kind in _STEPS and "mail" in event))


def _campaign(event: Record) -> str:
    tags = at(event, "mail", "tags")
    if isinstance(tags, dict):
        for name in tags:
            if name.lower().removeprefix("ses:") in _CAMPAIGN:
                return joined(texts(event, "mail", "tags", name), "mail", "tags", name)
    return ""


def _sender(event: Record) -> Iterator[str]:
    """Name what is known of the sender: tags that the sender chose, those of SES, addresses, the account."""
    tags = at(event, "mail", "tags")
    names = sorted(tags, key=lambda name: name.startswith("ses:")) if isinstance(tags, dict) else []
    for name in names:
        yield from texts(event, "mail", "tags", name)
    source = text(event, "mail", "source")
    yield source
    yield domain_of(source)
    yield text(event, "mail", "sendingAccountId")


def _read(told: Told, record: Record) -> Read:
    event = _unwrapped(record)
    if isinstance(event, str):
        return event
    kind = _kind(event)
    if not isinstance(kind, str) or kind not in _STEPS:
        if isinstance(kind, str) and kind in _PASSED_OVER:
            return _PASSED_OVER[kind]
        raise BadValue("eventType", kind, f"is unknown: Amazon SES has {', '.join((*_STEPS, *_PASSED_OVER))}")
    steps = list(_STEPS[kind](told, event))
    if not steps:
        raise BadValue(kind, "", "names no recipients")
    subject = text(event, "mail", "commonHeaders", "subject")
    return records(
        told.owner("mail.source", *_sender(event)),
        steps,
        source="ses",
        delivery_id=identifier(event, "mail", "messageId"),
        channel=Channel.EMAIL,
        campaign=_campaign(event) or subject,
        subject=subject,
        sent_at=told.instants.written(event, "mail", "timestamp"),
        sent_by=text(event, "mail", "source"),
    )


SES = JsonFormat(
    name="ses",
    title="Amazon SES events",
    lists=("Records", "Messages"),
    is_one=_is_one,
    read=_read,
)
