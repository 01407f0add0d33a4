"""Mailchimp's lists of campaigns: the `campaigns.csv` of an account's export, and the report of campaigns.

A row is a campaign, which is a message; there are no recipients.  Mailchimp sends to whoever is in the
audience and does not say what never left; the account's export does not say what bounced, either.  Times are
in the account's own zone and carry no offset.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msglog_tui.importers import columns, fields
from msglog_tui.importers.canonical import Column, seldom_new
from msglog_tui.importers.formats.csv_format import CsvFormat
from msglog_tui.types import Channel, MessageRecord

if TYPE_CHECKING:
    from msglog_tui.importers.formats.csv_format import Owner
    from msglog_tui.importers.times import Times


def _columns(times: Times) -> tuple[Column, ...]:
    return (
        Column("unique_id", fields.identifier, columns.identifiers),
        Column("title", fields.text, columns.texts),
        Column("subject", fields.text, columns.texts),
        Column("total_recipients", fields.count, columns.counts),
        Column("total_bounces", fields.count_or_unknown, columns.counts_or_unknown),
        Column("send_date", times.one, times.column),
        # What is an audience now was a list before 2019.
        seldom_new("audience", fields.name_or_empty),
        seldom_new("list", fields.name_or_empty),
    )


def _message(
    owner: Owner,
    unique_id: str,
    title: str,
    subject: str,
    recipients: int,
    bounces: int | None,
    sent_at: int,
    audience: str,
    list_name: str,
) -> MessageRecord:
    name = audience or list_name
    enterprise, customer = owner((name,))
    return MessageRecord(
        enterprise=enterprise,
        customer=customer,
        message_id=unique_id,
        subject=subject or title,
        channel=Channel.EMAIL,
        sent=recipients,
        failed=None,
        bounced=bounces,
        sent_at=sent_at,
        sent_by="",
        lists=(name,) if name else (),
    )


MAILCHIMP_CAMPAIGNS = CsvFormat(
    name="mailchimp-campaigns",
    title="Mailchimp campaigns",
    required=frozenset({"title", "subject", "send_date", "total_recipients", "unique_id"}),
    columns=_columns,
    make=_message,
    sender="audience",
)
