"""Infobip's delivery reports and logs of SMSes and e-mails: pages of the API, and webhooks.

The deliveries of one campaign reference, else of one sender make a message a day.  A bulk is none, as each
one-time PIN may be a bulk of its own; texts are not kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msglog_tui.delivery import DeliveryStatus
from msglog_tui.importers.formats.json_format import JsonFormat, Step, records
from msglog_tui.importers.formats.smtp import domain_of
from msglog_tui.importers.json_values import code, identifier, inside, reason, text, word
from msglog_tui.types import Channel

if TYPE_CHECKING:
    from msglog_tui.importers.formats.json_format import Read, Told
    from msglog_tui.importers.json_values import Record

_STATUSES: Final = {
    "pending": DeliveryStatus.QUEUED,
    "undeliverable": DeliveryStatus.BOUNCED,
    "delivered": DeliveryStatus.DELIVERED,
    "expired": DeliveryStatus.BOUNCED,
    "rejected": DeliveryStatus.REJECTED,
}
# The one pending message that is with the operator already.
_ON_ITS_WAY: Final = "PENDING_ENROUTE"


def _is_one(record: Record) -> bool:
    return "messageId" in record and isinstance(inside(record, "status").get("groupName"), str)


def _read(told: Told, report: Record) -> Read:
    if "receivedAt" in report:
        return "inbound messages"
    state, error = inside(report, "status"), inside(report, "error")
    status = word(_STATUSES, "Infobip", state, "groupName")
    if text(state, "name") == _ON_ITS_WAY:
        status = DeliveryStatus.SENT
    recipient = identifier(report, "to" if "to" in report else "destination")
    sender = text(report, "sender") or text(report, "from")
    platform = inside(report, "platform")
    sent_at = told.instants.written_or_none(report, "sentAt")
    when = told.instants.written_or_none(report, "doneAt") or sent_at
    if when is None:
        when = told.instants.written(report, "doneAt")
    number = code(error, "id")
    failed = number not in ("", "0")
    campaign = text(report, "campaignReferenceId") or sender
    return records(
        told.owner(
            "sender",
            text(platform, "entityId"),
            text(platform, "applicationId"),
            text(report, "campaignReferenceId"),
            sender,
            domain_of(sender),
        ),
        [
            Step(
                recipient,
                status,
                when,
                number if failed else "",
                reason(error if failed else state, "description"),
            )
        ],
        source="infobip",
        delivery_id=identifier(report, "messageId"),
        channel=Channel.EMAIL if "@" in recipient else Channel.SMS,
        campaign=campaign,
        subject=campaign,
        sent_at=sent_at,
        sent_by=sender,
    )


INFOBIP = JsonFormat(
    name="infobip",
    title="Infobip delivery reports",
    lists=("results",),
    is_one=_is_one,
    read=_read,
)
