"""Twilio's Message resources: pages of the API, single messages, Bulk Export.

A message to one number is a delivery.  Those of one Messaging Service, else of one sender, make a message a
day: bodies are not kept, for they hold what was said to somebody, one-time PINs among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msglog_tui.delivery import DeliveryStatus
from msglog_tui.importers.formats.json_format import JsonFormat, Step, records
from msglog_tui.importers.json_values import code, identifier, reason, text, word
from msglog_tui.types import Channel

if TYPE_CHECKING:
    from msglog_tui.importers.formats.json_format import Read, Told
    from msglog_tui.importers.json_values import Record

STATUSES: Final = {
    "accepted": DeliveryStatus.QUEUED,
    "scheduled": DeliveryStatus.QUEUED,
    "queued": DeliveryStatus.QUEUED,
    "sending": DeliveryStatus.QUEUED,
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "partially_delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.DELIVERED,
    "undelivered": DeliveryStatus.BOUNCED,
    "failed": DeliveryStatus.FAILED,
    "canceled": DeliveryStatus.REJECTED,
}
"""What statuses mean, in JSON and in the CSV files of the console."""

INBOUND: Final = ("receiving", "received")
"""Statuses of messages that somebody sent to the account."""

OTHER_CHANNELS: Final = "messages over other channels"
"""The words for what is no SMS, such as a message to `whatsapp:+27821234567`."""

_WORDS: Final[dict[str, DeliveryStatus | None]] = {**STATUSES, **dict.fromkeys(INBOUND)}


def _is_one(record: Record) -> bool:
    return (
        isinstance(record.get("sid"), str)
        and record["sid"][:2] in ("SM", "MM")
        and "direction" in record
        and "status" in record
    )


def _read(told: Told, message: Record) -> Read:
    status = word(_WORDS, "Twilio", message, "status")
    if status is None or text(message, "direction") == "inbound":
        return "inbound messages"
    recipient = identifier(message, "to")
    if ":" in recipient:
        return OTHER_CHANNELS
    sender = text(message, "from")
    service = text(message, "messaging_service_sid")
    sent_at = told.instants.written_or_none(message, "date_sent")
    when = told.instants.written_or_none(message, "date_updated") or sent_at
    if when is None:
        when = told.instants.written(message, "date_created")
    number, said = code(message, "error_code"), reason(message, "error_message")
    return records(
        told.owner("account_sid", text(message, "account_sid"), service, sender),
        [Step(recipient, status, when, "" if number == "0" else number, said)],
        source="twilio",
        delivery_id=identifier(message, "sid"),
        channel=Channel.SMS,
        campaign=service or sender,
        subject=service or sender,
        sent_at=sent_at,
        sent_by=sender,
    )


TWILIO = JsonFormat(
    name="twilio",
    title="Twilio messages",
    lists=("messages",),
    is_one=_is_one,
    read=_read,
)
