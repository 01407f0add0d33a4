"""From the columns of a file to the records of the store, a batch at a time.

A column is checked at once on the way that suits good files; only where that raises a doubt is each of its
values looked at, to find out which are bad and why.  Both ways come to the same records.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

from msglog_tui.delivery import DeliveryRecord
from msglog_tui.importers import columns, fields
from msglog_tui.importers.columns import DOUBT, Remembered
from msglog_tui.importers.fields import BadField
from msglog_tui.importers.kinds import DELIVERIES, MESSAGES, Kind
from msglog_tui.importers.times import utc_date
from msglog_tui.types import Channel, MessageRecord, TransactionRecord, TransactionStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from msglog_tui.importers.fields import ListNames
    from msglog_tui.importers.times import Times


SOURCE = "msglog"
"""The source of deliveries that name none: their ids are the platform's own."""


class Fault(NamedTuple):
    """Why a row is refused.

    Attributes:
        row: Its place in the batch, from 0.
        field: Name of the column at fault.
        value: What the column held.
        reason: What is wrong with it and what to write instead.
    """

    row: int
    field: str
    value: object
    reason: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column that becomes a field of a record.

    Attributes:
        name: As `kinds` calls it.
        check: Checks one value, or raises `BadField`.
        whole: Checks all values of a batch at once, or raises one of `DOUBT`.
    """

    name: str
    check: Callable[[Any], object]
    whole: Callable[[Sequence[Any]], Sequence[object]]


class Canon:
    """Makes records of one kind.

    Args:
        kind: What the file holds.
        times: Reads the times of the file.
        lists: Reads the names of lists as the format of the file writes them.
    """

    def __init__(self, kind: Kind, times: Times, lists: ListNames) -> None:
        self._record: type[MessageRecord | TransactionRecord | DeliveryRecord]
        # In the order of the record's fields.
        if kind is MESSAGES:
            self._record, self.columns = MessageRecord, _message_columns(times, lists)
        elif kind is DELIVERIES:
            self._record, self.columns = DeliveryRecord, _delivery_columns(times, lists)
        else:
            self._record, self.columns = TransactionRecord, _transaction_columns(times)

    def records(self, values: Sequence[Sequence[object]]) -> tuple[list[Any], list[Fault]]:
        """Check a batch and make records of its good rows.

        Args:
            values: For each of `self.columns` its values, one a row; at least one row.

        Returns:
            Records of the good rows in their order, and what is wrong with the others, one fault a row.
        """
        checked, faults = check_columns(self.columns, values)
        if self._record is DeliveryRecord:
            _complete_deliveries(checked, faults)
        # What `_make` does, without a Python call a row.
        made: list[Any] = list(map(tuple.__new__, repeat(self._record), zip(*checked, strict=True)))
        if self._record is TransactionRecord:
            _find_unprocessed(made, faults)
        if not faults:
            return made, []
        good = [record for row, record in enumerate(made) if row not in faults]
        return good, [faults[row] for row in sorted(faults)]


def check_columns(
    wanted: Sequence[Column], values: Sequence[Sequence[Any]]
) -> tuple[list[Sequence[Any]], dict[int, Fault]]:
    """Check the values of columns.

    Args:
        wanted: The columns.
        values: For each of them its values, one a row; at least one row.

    Returns:
        What the checks made of the values, and what is wrong with a row, by its place in the batch; values of
        such a row may be `None`.
    """
    faults: dict[int, Fault] = {}
    checked: list[Sequence[Any]] = []
    for column, written in zip(wanted, values, strict=True):
        try:
            checked.append(column.whole(written))
        except DOUBT:
            checked.append(_one_by_one(column, written, faults))
    return checked, faults


def _one_by_one(column: Column, written: Sequence[object], faults: dict[int, Fault]) -> list[object]:
    """Check each value of a column; the first column at fault is the one a row is refused for."""
    checked: list[object] = []
    for row, value in enumerate(written):
        try:
            checked.append(column.check(value))
        except BadField as problem:
            checked.append(None)
            faults.setdefault(row, Fault(row, column.name, value, str(problem)))
    return checked


def _find_unprocessed(made: list[TransactionRecord], faults: dict[int, Fault]) -> None:
    for row, record in enumerate(made):
        if record.status is TransactionStatus.PROCESSED and record.processed_at is None and row not in faults:
            reason = "is empty although the status is processed: write when, or another status"
            faults[row] = Fault(row, "processed_at", "", reason)


_OF_DELIVERIES = {name: place for place, name in enumerate(DeliveryRecord._fields)}


def _complete_deliveries(checked: list[Sequence[Any]], faults: dict[int, Fault]) -> None:
    """Fill in what a row may leave out because the rest of it tells.

    Args:
        checked: For each field of a delivery its values; of a refused row some are `None`.
        faults: Rows that are refused; those that do not say which message they are of join them.
    """
    at = _OF_DELIVERIES
    if None in checked[at["channel"]]:
        checked[at["channel"]] = [
            _channel_of(recipient) if channel is None and recipient else channel
            for channel, recipient in zip(checked[at["channel"]], checked[at["recipient"]], strict=True)
        ]
    if "" in checked[at["message_id"]]:
        checked[at["campaign"]] = [
            campaign or (subject if message_id == "" else campaign)
            for campaign, subject, message_id in zip(
                *(checked[at[name]] for name in ("campaign", "subject", "message_id")), strict=True
            )
        ]
    if "" in checked[at["delivery_id"]]:
        names = ("delivery_id", "message_id", "campaign", "sent_at", "at")
        told = list(zip(*(checked[at[name]] for name in names), strict=True))
        checked[at["delivery_id"]] = [_delivery_id(*values) for values in told]
        for row, values in enumerate(told):
            if values[:3] == ("", "", "") and row not in faults:
                reason = "is empty, and so are delivery_id, campaign and subject: fill in one of them"
                faults[row] = Fault(row, "message_id", "", reason)


def _delivery_id(
    delivery_id: str, message_id: str, campaign: str, sent_at: int | None, changed_at: int | None
) -> str:
    """Name what was sent; without an id it is the message, or the campaign's message of the day."""
    when = changed_at if sent_at is None else sent_at
    return delivery_id or message_id or ("" if when is None else f"{campaign}, {utc_date(when // 86_400)}")


def _channel_of(recipient: str) -> int:
    """Tell the channel by who was sent to: an address has an @, a number has none."""
    return int(Channel.EMAIL if "@" in recipient else Channel.SMS)


def seldom_new(name: str, check: Callable[[object], object]) -> Column:
    """A column in which few values come again and again."""
    return Column(name, check, Remembered(check).column)


def _message_columns(times: Times, lists: ListNames) -> tuple[Column, ...]:
    # Lists come in ever new combinations of the same names.
    list_name = Remembered(fields.name_or_empty).__getitem__
    return (
        seldom_new("enterprise", fields.name),
        seldom_new("customer", fields.name),
        Column("message_id", fields.identifier, columns.identifiers),
        Column("subject", fields.text, columns.texts),
        seldom_new("channel", fields.channel),
        Column("send_amount", fields.count, columns.counts),
        Column("failed_amount", fields.count_or_unknown, columns.counts_or_unknown),
        Column("bounced_amount", fields.count_or_unknown, columns.counts_or_unknown),
        Column("send_date", times.one, times.column),
        seldom_new("sent_by", fields.text),
        seldom_new("lists", lambda value: lists(value, list_name)),
    )


def _transaction_columns(times: Times) -> tuple[Column, ...]:
    return (
        seldom_new("enterprise", fields.name),
        seldom_new("customer", fields.name_or_empty),
        Column("transaction_id", fields.identifier, columns.identifiers),
        seldom_new("kind", fields.transaction_kind),
        seldom_new("description", fields.text),
        seldom_new("channel", fields.channel),
        seldom_new("credits", fields.decimal),
        seldom_new("amount", fields.decimal),
        seldom_new("currency", fields.currency),
        seldom_new("status", fields.status),
        Column("requested_at", times.one, times.column),
        seldom_new("processed_at", times.one_or_none),
        seldom_new("requested_by", fields.text),
        seldom_new("reference", fields.text),
    )


def _delivery_columns(times: Times, lists: ListNames) -> tuple[Column, ...]:
    list_name = Remembered(fields.name_or_empty).__getitem__
    return (
        seldom_new("enterprise", fields.name),
        seldom_new("customer", fields.name),
        seldom_new("source", lambda value: fields.identifier_or_empty(value) or SOURCE),
        Column("delivery_id", fields.identifier_or_empty, columns.identifiers_or_empty),
        Column("recipient", fields.recipient, columns.recipients),
        seldom_new("channel", fields.channel_or_empty),
        seldom_new("status", fields.delivery_status),
        Column("at", times.one, times.column),
        seldom_new("code", fields.identifier_or_empty),
        Column("reason", fields.reason, columns.reasons),
        Column("message_id", fields.identifier_or_empty, columns.identifiers_or_empty),
        seldom_new("campaign", fields.text),
        Column("subject", fields.text, columns.texts),
        Column("send_date", times.one_or_none, times.column_or_none),
        seldom_new("sent_by", fields.text),
        seldom_new("lists", lambda value: lists(value, list_name)),
    )
