"""From the columns of a file to the records of the store, a batch at a time.

A column is checked at once on the way that suits good files; only where that raises a doubt is each of its
values looked at, to find out which are bad and why.  Both ways come to the same records.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

from msglog_tui.importers import columns, fields
from msglog_tui.importers.columns import DOUBT, Instants, Remembered
from msglog_tui.importers.fields import BadField
from msglog_tui.importers.kinds import MESSAGES, Kind
from msglog_tui.types import MessageRecord, TransactionRecord, TransactionStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from msglog_tui.importers.fields import ListNames


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
        zone: The zone of times without an offset; `None` refuses those.
        lists: Reads the names of lists as the format of the file writes them.
    """

    def __init__(self, kind: Kind, zone: str | None, lists: ListNames) -> None:
        # In the order of the record's fields.
        self.columns = _message_columns(zone, lists) if kind is MESSAGES else _transaction_columns(zone)
        self._record: type[MessageRecord | TransactionRecord] = (
            MessageRecord if kind is MESSAGES else TransactionRecord
        )

    def records(self, values: Sequence[Sequence[object]]) -> tuple[list[Any], list[Fault]]:
        """Check a batch and make records of its good rows.

        Args:
            values: For each of `self.columns` its values, one a row; at least one row.

        Returns:
            Records of the good rows in their order, and what is wrong with the others, one fault a row.
        """
        faults: dict[int, Fault] = {}
        checked = []
        for column, written in zip(self.columns, values, strict=True):
            try:
                checked.append(column.whole(written))
            except DOUBT:
                checked.append(_one_by_one(column, written, faults))
        # What `_make` does, without a Python call a row.
        made: list[Any] = list(map(tuple.__new__, repeat(self._record), zip(*checked, strict=True)))
        if self._record is TransactionRecord:
            _find_unprocessed(made, faults)
        if not faults:
            return made, []
        good = [record for row, record in enumerate(made) if row not in faults]
        return good, [faults[row] for row in sorted(faults)]


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


def _seldom_new(name: str, check: Callable[[object], object]) -> Column:
    return Column(name, check, Remembered(check).column)


def _message_columns(zone: str | None, lists: ListNames) -> tuple[Column, ...]:
    # Lists come in ever new combinations of the same names.
    list_name = Remembered(fields.name_or_empty).__getitem__
    return (
        _seldom_new("enterprise", fields.name),
        _seldom_new("customer", fields.name),
        Column("message_id", fields.identifier, columns.identifiers),
        Column("subject", fields.text, columns.texts),
        _seldom_new("channel", fields.channel),
        Column("send_amount", fields.count, columns.counts),
        Column("failed_amount", fields.count_or_unknown, columns.counts_or_unknown),
        Column("bounced_amount", fields.count_or_unknown, columns.counts_or_unknown),
        Column("send_date", fields.instant(zone), Instants(zone).column),
        _seldom_new("sent_by", fields.text),
        _seldom_new("lists", lambda value: lists(value, list_name)),
    )


def _transaction_columns(zone: str | None) -> tuple[Column, ...]:
    return (
        _seldom_new("enterprise", fields.name),
        _seldom_new("customer", fields.name_or_empty),
        Column("transaction_id", fields.identifier, columns.identifiers),
        _seldom_new("kind", fields.transaction_kind),
        _seldom_new("description", fields.text),
        _seldom_new("channel", fields.channel),
        _seldom_new("credits", fields.decimal),
        _seldom_new("amount", fields.decimal),
        _seldom_new("currency", fields.currency),
        _seldom_new("status", fields.status),
        Column("requested_at", fields.instant(zone), Instants(zone).column),
        _seldom_new("processed_at", fields.instant_or_none(zone)),
        _seldom_new("requested_by", fields.text),
        _seldom_new("reference", fields.text),
    )
