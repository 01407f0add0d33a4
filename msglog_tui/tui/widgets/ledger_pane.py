"""The packages, or the top-ups, of an enterprise or a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msglog_tui.tui import describe
from msglog_tui.tui.sources.ledger import LedgerSource, columns
from msglog_tui.tui.sources.row_keys import CustomerKey, EnterpriseKey
from msglog_tui.tui.widgets.list_pane import ListPane
from msglog_tui.types import Ledger, TransactionKind, TransactionStatus

if TYPE_CHECKING:
    from msglog_tui.reader import Reader
    from msglog_tui.types import Window

_LABELS: Final = {TransactionKind.PACKAGE: "Package", TransactionKind.TOP_UP: "Top-up request"}
_PLURALS: Final = {TransactionKind.PACKAGE: "packages", TransactionKind.TOP_UP: "top-ups"}


class LedgerPane(ListPane):
    """Transactions of one kind, newest first.  It is told what to show and reads it itself."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - as Textual names it
        super().__init__(columns(""), id=id)
        self.every_status = False
        """Whether the top-ups that are not processed are shown, too."""
        self.source: LedgerSource | None = None
        """What is shown, once anything is."""
        self._read_with: tuple[Reader, Window, Ledger] | None = None
        self._window: Window | None = None

    def show(
        self, reader: Reader, window: Window, key: EnterpriseKey | CustomerKey, kind: TransactionKind
    ) -> None:
        """Show the transactions of a row of the tree."""
        customer_id = key.customer_id if isinstance(key, CustomerKey) else None
        processed_only = kind is TransactionKind.TOP_UP and not self.every_status
        status = TransactionStatus.PROCESSED if processed_only else None
        ledger = Ledger(kind, key.enterprise_id, customer_id, status)
        if self._read_with == (reader, window, ledger):
            return
        self._read_with, self._window = (reader, window, ledger), window
        self.source = LedgerSource(reader, window, ledger)
        hint = "\n\nx shows those that are not processed" if processed_only else ""
        self.read(self.source, columns(_LABELS[kind]), f"No {_PLURALS[kind]} in these dates{hint}")

    def clear(self) -> None:
        """Show nothing, of nobody."""
        self.source = self._read_with = self._window = None
        self.outline.clear()

    def record(self) -> tuple[str, describe.Fields] | None:
        """Title and fields of the transaction under the cursor."""
        if self.source is None or self._window is None:
            return None
        transaction = self.source.transaction(self.outline.cursor_key)
        return None if transaction is None else describe.transaction_record(transaction, self._window)
