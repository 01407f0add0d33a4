"""Amazon SES: event publishing and notifications, bare as Firehose writes them or in the envelopes of SNS.

The deliveries of one campaign make a message a day: that of the tag `campaign`, else that of the subject,
which SES tells only where headers are included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from msglog_tui.delivery import DeliveryStatus
from msglog_tui.importers.fields import BadField
from msglog_tui.importers.formats.json_format import JsonFormat, Step, records
from msglog_tui.importers.formats.smtp import code_of, decoded, domain_of
from msglog_tui.importers.json_values import (
    BadValue,
    code,
    identifier,
    identifiers,
    inside,
    joined,
    objects,
    reason,
    text,
    texts,
    within,
)
from msglog_tui.types import Channel

if TYPE_CHECKING:
    from collections.abc import Callable

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


_Steps: TypeAlias = "Callable[[Told, Record], list[Step]]"


def _sent(told: Told, event: Record) -> list[Step]:
    return _all(told, event, DeliveryStatus.SENT, "")


def _rejected(told: Told, event: Record) -> list[Step]:
    return _all(told, event, DeliveryStatus.REJECTED, reason(inside(event, "reject"), "reason"))


def _not_rendered(told: Told, event: Record) -> list[Step]:
    return _all(told, event, DeliveryStatus.FAILED, reason(inside(event, "failure"), "errorMessage"))


def _all(told: Told, event: Record, status: DeliveryStatus, why: str) -> list[Step]:
    """Say the same of everybody to whom a mail was addressed."""
    mail = inside(event, "mail")
    when = told.instants.written(mail, "timestamp")
    return [Step(recipient, status, when, "", why) for recipient in identifiers(mail, "destination")]


def _delivered(told: Told, event: Record) -> list[Step]:
    delivery = inside(event, "delivery")
    when = told.instants.written(delivery, "timestamp")
    answer = reason(delivery, "smtpResponse")
    return [
        Step(recipient, DeliveryStatus.DELIVERED, when, "", answer)
        for recipient in identifiers(delivery, "recipients")
    ]


def _bounced(told: Told, event: Record) -> list[Step]:
    bounce = inside(event, "bounce")
    when = told.instants.written(bounce, "timestamp")
    kind, subtype = text(bounce, "bounceType"), text(bounce, "bounceSubType")
    status = DeliveryStatus.REJECTED if subtype in _SUPPRESSED else DeliveryStatus.BOUNCED
    return [
        _refused(recipient, status, when, f"{kind}, {subtype}")
        for recipient in objects(bounce, "bouncedRecipients")
    ]


def _delayed(told: Told, event: Record) -> list[Step]:
    delay = inside(event, "deliveryDelay")
    when = told.instants.written(delay, "timestamp")
    kind = text(delay, "delayType")
    return [
        _refused(recipient, DeliveryStatus.DEFERRED, when, kind)
        for recipient in objects(delay, "delayedRecipients")
    ]


def _refused(recipient: Record, status: DeliveryStatus, when: int, otherwise: str) -> Step:
    """What the other server said of a recipient, else what SES says of all of them."""
    said = reason(recipient, "diagnosticCode") or otherwise
    number = code(recipient, "status") or code_of(said)
    return Step(identifier(recipient, "emailAddress"), status, when, number, said)


def _complained(told: Told, event: Record) -> list[Step]:
    complaint = inside(event, "complaint")
    when = told.instants.written(complaint, "timestamp")
    subtype = text(complaint, "complaintSubType")
    status = DeliveryStatus.REJECTED if subtype in _SUPPRESSED else DeliveryStatus.COMPLAINED
    why = text(complaint, "complaintFeedbackType") or subtype
    return [
        Step(identifier(recipient, "emailAddress"), status, when, "", why)
        for recipient in objects(complaint, "complainedRecipients")
    ]


_STEPS: Final[dict[str, _Steps]] = {
    "Send": _sent,
    "Delivery": _delivered,
    "Bounce": _bounced,
    "DeliveryDelay": _delayed,
    "Complaint": _complained,
    "Reject": _rejected,
    "Rendering Failure": _not_rendered,
}


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
            if str(record.get("Message")).startswith("Successfully validated SNS topic"):
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


class _Sender(NamedTuple):
    """What mails of a sender with the same tags have in common."""

    owner: tuple[str, str]
    sent_by: str
    campaign: str


def _sender(told: Told, mail: Record) -> _Sender:
    """Read what is known of the sender: tags that the sender chose, those of SES, addresses, the account."""
    sent_by = text(mail, "source")
    tags = inside(mail, "tags")
    keys: list[str] = []
    campaign = ""
    for name in sorted(tags, key=lambda name: name.startswith("ses:")):
        values = texts(tags, name)
        keys += values
        if name.lower().removeprefix("ses:") in _CAMPAIGN:
            campaign = campaign or joined(values, name)
    keys += [sent_by, domain_of(sent_by), text(mail, "sendingAccountId")]
    return _Sender(told.owner("source", *keys), sent_by, campaign)


def _subject(headers: Record) -> str:
    """The subject, of which SES tells only what stood in the mail."""
    written = text(headers, "subject")
    if "=?" not in written:
        return written
    try:
        return decoded(written)
    except BadField as problem:
        raise BadValue("subject", written, str(problem)) from None


def _read(told: Told, record: Record) -> Read:
    event = _unwrapped(record)
    if isinstance(event, str):
        return event
    kind = _kind(event)
    if not isinstance(kind, str) or kind not in _STEPS:
        if isinstance(kind, str) and kind in _PASSED_OVER:
            return _PASSED_OVER[kind]
        raise BadValue("eventType", kind, f"is unknown: Amazon SES has {', '.join((*_STEPS, *_PASSED_OVER))}")
    steps = _STEPS[kind](told, event)
    if not steps:
        raise BadValue(kind, "", "names no recipients")
    mail = inside(event, "mail")
    like = repr((mail.get("source"), mail.get("sendingAccountId"), mail.get("tags")))
    sender = told.once(like, lambda: _sender(told, mail))
    subject = _subject(inside(mail, "commonHeaders"))
    return records(
        sender.owner,
        steps,
        source="ses",
        delivery_id=identifier(mail, "messageId"),
        channel=Channel.EMAIL,
        campaign=sender.campaign or subject,
        subject=subject,
        sent_at=told.instants.written(mail, "timestamp"),
        sent_by=sender.sent_by,
    )


SES = JsonFormat(
    name="ses",
    title="Amazon SES events",
    lists=("Records", "Messages"),
    is_one=_is_one,
    read=_read,
)
