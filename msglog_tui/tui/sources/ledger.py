"""The lists of packages and top-ups, as the outline asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msglog_tui.dates import stamp
from msglog_tui.tui.widgets.outline_source import Branch, Column, Key, Row
from msglog_tui.tui.words import amount, plain_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from msglog_tui.cancel import Cancel
    from msglog_tui.reader import Reader
    from msglog_tui.types import Ledger, Transaction, Window


def columns(title: str) -> tuple[Column, ...]:
    """The columns of a list of transactions; the label column carries `title`."""
    return (
        Column(title, None, least=12),
        Column("Date", 10),
        Column("Credits", 11, "right", priority=2),
        Column("Amount", 15, "right", priority=1),
        Column("Status", 9, priority=3),
        Column("Channel", 7, priority=4),
        Column("Customer", 18, priority=5),
        Column("Requested by", 14, priority=6),
        Column("Processed on", 12, priority=7),
        Column("Reference", 14, priority=8),
    )


_REMEMBERED = 1024
# Transactions kept whole: those on the screen and around it, for the preview and the clipboard.


class TransactionKey(NamedTuple):
    """Names a transaction in a list."""

    transaction_id: int


class LedgerSource:
    """One list of transactions, newest first."""

    def __init__(self, reader: Reader, window: Window, ledger: Ledger) -> None:
        self._reader = reader
        self._window = window
        self._ledger = ledger
        self._seen: dict[TransactionKey, Transaction] = {}

    def children(self, parent: Key | None, cancel: Cancel) -> Branch:
        """Count the list; its rows have no children."""
        if parent is not None:
            return Branch(0)
        return Branch(self._reader.count_transactions(self._window, self._ledger, cancel))

    def rows(self, branch: Branch, first: int, count: int, cancel: Cancel) -> Sequence[Row]:  # noqa: ARG002
        """Read some rows of the list."""
        found = self._reader.transactions_from(self._window, self._ledger, first, count, cancel)
        for transaction in found:
            self._seen[TransactionKey(transaction.id)] = transaction
        for key in list(self._seen)[:-_REMEMBERED]:
            self._seen.pop(key, None)
        return [self._row(transaction) for transaction in found]

    def locate(self, branch: Branch, key: Key, cancel: Cancel) -> int | None:  # noqa: ARG002
        """Find the row number of a transaction."""
        if not isinstance(key, TransactionKey):
            return None
        return self._reader.transaction_row(self._window, self._ledger, key.transaction_id, cancel)

    def transaction(self, key: Key) -> Transaction | None:
        """The transaction of a row that was read."""
        return self._seen.get(key) if isinstance(key, TransactionKey) else None

    def everything(self, cancel: Cancel) -> Iterator[Transaction]:
        """Every transaction of the list."""
        ledger = self._ledger
        yield from self._reader.inside(ledger.enterprise_id, None).all_transactions(
            self._window, ledger.kind, ledger.customer_id, ledger.status, cancel
        )

    def _row(self, transaction: Transaction) -> Row:
        zone = self._window.zone
        processed = "" if transaction.processed_at is None else stamp(transaction.processed_at, zone)[:10]
        return Row(
            TransactionKey(transaction.id),
            (
                transaction.description or transaction.external_id,
                stamp(transaction.requested_at, zone)[:10],
                plain_number(transaction.credits),
                amount(transaction),
                transaction.status,
                transaction.channel.label,
                transaction.customer,
                transaction.requested_by,
                processed,
                transaction.reference,
            ),
            expandable=False,
            style="" if transaction.processed_at is not None else "dim",
        )
