"""Twilio's message log as the console saves it: a row a message to one number, with its last status.

The messages of one sender make a message a day: bodies are not kept, for they hold what was said to somebody.
The time of a row is when it was sent, as the console tells no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msglog_tui.delivery import DeliveryRecord
from msglog_tui.importers import columns, fields
from msglog_tui.importers.canonical import Column, seldom_new
from msglog_tui.importers.fields import BadField
from msglog_tui.importers.formats.csv_format import CsvFormat
from msglog_tui.importers.formats.twilio import INBOUND, OTHER_CHANNELS, STATUSES
from msglog_tui.types import Channel

if TYPE_CHECKING:
    from msglog_tui.delivery import DeliveryStatus
    from msglog_tui.importers.formats.csv_format import Made, Owner
    from msglog_tui.importers.times import Times


def _status(value: object) -> DeliveryStatus | None:
    """Read a status; `None` is that of an inbound message."""
    word = fields.identifier(value).lower()
    if word in INBOUND:
        return None
    if word not in STATUSES:
        raise BadField("is no status of Twilio's: " + ", ".join([*STATUSES, *INBOUND]) + " are known")
    return STATUSES[word]


def _columns(times: Times) -> tuple[Column, ...]:
    return (
        seldom_new("status", _status),
        seldom_new("direction", fields.text),
        Column("sid", fields.identifier, columns.identifiers),
        Column("to", fields.identifier, columns.identifiers),
        seldom_new("from", fields.text),
        seldom_new("accountsid", fields.text),
        seldom_new("errorcode", fields.identifier_or_empty),
        Column("sentdate", times.one, times.column),
    )


def _delivery(
    owner: Owner,
    status: DeliveryStatus | None,
    direction: str,
    sid: str,
    recipient: str,
    sender: str,
    account: str,
    code: str,
    sent_at: int,
) -> Made:
    if status is None or direction.lower() == "inbound":
        return "inbound messages"
    if ":" in recipient:
        return OTHER_CHANNELS
    enterprise, customer = owner((account, sender))
    return DeliveryRecord(
        enterprise=enterprise,
        customer=customer,
        source="twilio",
        delivery_id=sid,
        recipient=recipient,
        channel=Channel.SMS,
        status=status,
        at=sent_at,
        code="" if code == "0" else code,
        reason="",
        message_id="",
        campaign=sender,
        subject=sender,
        sent_at=sent_at,
        sent_by=sender,
        lists=(),
    )


TWILIO_CSV = CsvFormat(
    name="twilio-csv",
    title="Twilio message log exports",
    required=frozenset({"from", "to", "status", "sentdate", "sid", "direction"}),
    columns=_columns,
    make=_delivery,
    sender="from",
)
