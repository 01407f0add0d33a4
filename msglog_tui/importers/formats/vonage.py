"""Vonage's delivery receipts of SMSes, as its webhook gets them.

The deliveries of one sender make a message a day: a receipt tells nothing of what was sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msglog_tui.delivery import DeliveryStatus
from msglog_tui.importers.formats.json_format import JsonFormat, Step, records
from msglog_tui.importers.json_values import code, identifier, text, word
from msglog_tui.types import Channel

if TYPE_CHECKING:
    from msglog_tui.importers.formats.json_format import Read, Told
    from msglog_tui.importers.json_values import Record

# All come from the carrier, so that the SMS had left.
_STATUSES: Final = {
    "accepted": DeliveryStatus.SENT,
    "buffered": DeliveryStatus.SENT,
    "unknown": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "expired": DeliveryStatus.BOUNCED,
    "failed": DeliveryStatus.BOUNCED,
    "rejected": DeliveryStatus.BOUNCED,
}


def _is_one(record: Record) -> bool:
    return "msisdn" in record and "messageId" in record and "status" in record and "text" not in record


def _read(told: Told, receipt: Record) -> Read:
    if "text" in receipt:
        return "inbound messages"
    sender = text(receipt, "to")
    number = code(receipt, "err-code")
    return records(
        told.owner("api-key", text(receipt, "api-key"), sender),
        [
            Step(
                identifier(receipt, "msisdn"),
                word(_STATUSES, "Vonage", receipt, "status"),
                told.utc_instants.written(receipt, "message-timestamp"),
                "" if number == "0" else number,
            )
        ],
        source="vonage",
        delivery_id=identifier(receipt, "messageId"),
        channel=Channel.SMS,
        campaign=sender,
        subject=sender,
        sent_at=None,
        sent_by=sender,
    )


VONAGE = JsonFormat(
    name="vonage",
    title="Vonage delivery receipts",
    lists=(),
    is_one=_is_one,
    read=_read,
)
