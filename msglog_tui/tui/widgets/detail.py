"""The right pane: what there is to say of the row under the cursor, its packages and its top-ups."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from textual import on
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import ContentSwitcher

from msglog_tui.cancel import Cancel
from msglog_tui.errors import Cancelled, Refusal
from msglog_tui.tui import describe
from msglog_tui.tui.sources.ledger import LedgerSource, columns
from msglog_tui.tui.sources.row_keys import CustomerKey, EnterpriseKey, MessageKey, OlderKey, RemovedKey
from msglog_tui.tui.widgets.lists import BoundOutline
from msglog_tui.tui.widgets.outline import Outline, OutlineHeader
from msglog_tui.tui.widgets.record_view import RecordView
from msglog_tui.tui.widgets.tab_strip import TabStrip
from msglog_tui.types import Ledger, TransactionKind, TransactionStatus

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.app import ComposeResult

    from msglog_tui.reader import Reader
    from msglog_tui.tui.widgets.outline_source import Key
    from msglog_tui.types import Window

MESSAGE: Final = "message"
_TABS: Final = {
    MESSAGE: "Message information",
    TransactionKind.PACKAGE.value: "Packages",
    TransactionKind.TOP_UP.value: "Top-ups",
}
_LABELS: Final = {TransactionKind.PACKAGE: "Package", TransactionKind.TOP_UP: "Top-up request"}

PATIENCE: Final = 0.2
"""Seconds before a wait shows itself."""


class _Cards(ContentSwitcher):
    """The record or the list of transactions, one at a time."""

    BLANK = True


class Detail(Vertical):
    """The right pane.  It is told what to show (`show`) and reads it itself."""

    @dataclass
    class Failed(Message):
        """Something could not be read."""

        error: Refusal

    @dataclass
    class RecordWanted(Message):
        """Enter was pressed on a transaction: here is all there is to say of it."""

        record: RenderableType

    def __init__(self, *, id: str) -> None:  # noqa: A002 - the name Textual gives it
        super().__init__(id=id)
        self._reader: Reader | None = None
        self._window: Window | None = None
        self._key: Key | None = None
        self._wanted = MESSAGE
        self._every_status = False
        self._shown: str | None = None
        self._ledger: Ledger | None = None
        self._source: LedgerSource | None = None
        self._reads: Cancel | None = None
        self._read_with: tuple[Reader, Window, Ledger] | None = None

    def compose(self) -> ComposeResult:
        """Lay the pane out."""
        yield TabStrip(id="tabs")
        with _Cards(initial="preview"):
            yield RecordView(id="preview")
            with Vertical(id="ledger"):
                yield OutlineHeader(columns(""), id="ledger-header")
                yield BoundOutline(columns(""), id="ledger-list")

    # What the screen says

    def show(self, reader: Reader, window: Window, key: Key | None) -> None:
        """Show what belongs to a row of the tree; `None` for an empty tree."""
        self._reader, self._window, self._key = reader, window, key
        self._refresh()

    def clear(self) -> None:
        """Show nothing, of nobody."""
        self._reader = self._key = self._shown = self._source = self._read_with = None
        self.query_one(RecordView).show("")

    def choose(self, tab: str) -> None:
        """Bring a tab to the front, now and on the rows to come that have it."""
        self._wanted = tab
        self._refresh()

    def toggle_statuses(self) -> None:
        """Show the top-ups that are not processed too, or not any more."""
        self._every_status = not self._every_status
        self._refresh()

    @property
    def tabs(self) -> list[str]:
        """The tabs that the row has: a message has no transactions, and a customer's eyes see none."""
        sees = self._reader is not None and self._reader.scope.sees_transactions
        return list(_TABS) if sees and isinstance(self._key, (EnterpriseKey, CustomerKey)) else [MESSAGE]

    @property
    def active(self) -> str:
        """The tab shown."""
        return self._wanted if self._wanted in self.tabs else MESSAGE

    @property
    def ledger_source(self) -> LedgerSource | None:
        """The transactions shown, if they are."""
        return self._source if self.active != MESSAGE else None

    @property
    def status_words(self) -> tuple[str, ...]:
        """Which statuses are shown, in the words of a command."""
        shows_all = self._every_status and self.active == TransactionKind.TOP_UP.value
        return ("--status", "all") if shows_all else ()

    @property
    def text(self) -> str | None:
        """What the pane shows of its record, as plain lines; `None` while there is nothing."""
        if self.ledger_source is None:
            return self._shown
        record = self._transaction()
        return None if record is None else describe.record_text(*record)

    def _transaction(self) -> tuple[str, describe.Fields] | None:
        """Title and fields of the transaction under the cursor."""
        if self.ledger_source is None or self._window is None:
            return None
        transaction = self.ledger_source.transaction(self.query_one("#ledger-list", Outline).cursor_key)
        return None if transaction is None else describe.transaction_record(transaction, self._window)

    def focus_content(self) -> None:
        """Put the focus on what is shown."""
        self.screen.set_focus(self.query_one("#preview" if self.active == MESSAGE else "#ledger-list"))

    # Carrying it out

    def _refresh(self) -> None:
        strip = self.query_one(TabStrip)
        short = self.screen.has_class("-narrow")
        strip.tabs = [(tab, self._tab_name(tab, short=short)) for tab in self.tabs]
        strip.active = self.active
        had_focus = self.has_focus_within
        switcher = self.query_one(ContentSwitcher)
        switcher.current = "preview" if self.active == MESSAGE else "ledger"
        if had_focus:
            self.focus_content()
        if self._reader is None or self._window is None:
            return
        if self._key is None:
            self._paint("", "")
        elif self.active == MESSAGE:
            self.run_worker(
                self._read(self._reader, self._window, self._key), group="preview", exclusive=True
            )
        else:
            self._list(self._reader, self._window)

    def _tab_name(self, tab: str, *, short: bool) -> str:
        name = _TABS[tab].split(" ")[0] if short and len(self.tabs) > 1 else _TABS[tab]
        return f"{name} (all)" if tab == TransactionKind.TOP_UP.value and self._every_status else name

    async def _read(self, reader: Reader, window: Window, key: Key) -> None:
        cancel = Cancel()
        self._reads = cancel
        impatience = self.set_timer(PATIENCE, partial(self._wait, cancel))
        try:
            text, picture = await asyncio.to_thread(_look_up, reader, window, key, cancel)
        except asyncio.CancelledError:
            cancel.cancel()
            raise
        except Cancelled:
            return
        except Refusal as error:
            self.post_message(self.Failed(error))
        else:
            self._paint(text, picture)
        finally:
            impatience.stop()
            if self._reads is cancel:
                self._reads = None

    def _wait(self, cancel: Cancel) -> None:
        # A timer that was stopped in its last moment still comes: nothing is waited for then.
        if self._reads is cancel:
            self.query_one(RecordView).add_class("-waiting")

    def _paint(self, text: str, picture: RenderableType) -> None:
        self._shown = text
        record = self.query_one(RecordView)
        record.remove_class("-waiting")
        record.show(picture)

    def _list(self, reader: Reader, window: Window) -> None:
        kind = TransactionKind(self.active)
        if not isinstance(self._key, (EnterpriseKey, CustomerKey)):
            return
        customer_id = self._key.customer_id if isinstance(self._key, CustomerKey) else None
        processed_only = kind is TransactionKind.TOP_UP and not self._every_status
        ledger = Ledger(
            kind,
            self._key.enterprise_id,
            customer_id,
            TransactionStatus.PROCESSED if processed_only else None,
        )
        if self._read_with == (reader, window, ledger):
            return
        self._read_with = (reader, window, ledger)
        self._source = LedgerSource(reader, window, ledger)
        outline = self.query_one("#ledger-list", Outline)
        outline.columns = self.query_one(OutlineHeader).columns = columns(_LABELS[kind])
        outline.empty_text = f"No {_TABS[kind].lower()} in these dates"
        outline.set_source(self._source, keep=False)

    @on(Outline.Activated)
    def _activated(self, event: Outline.Activated) -> None:
        event.stop()
        record = self._transaction()
        if record is not None:
            self.post_message(self.RecordWanted(describe.record(*record)))

    @on(TabStrip.Chosen)
    def _tab_clicked(self, event: TabStrip.Chosen) -> None:
        event.stop()
        self.choose(event.tab)


def _look_up(reader: Reader, window: Window, key: Key, cancel: Cancel) -> tuple[str, RenderableType]:
    """Read what belongs to a row: the plain text of it and the picture."""
    match key:
        case MessageKey():
            found = reader.messages_by_id([key.message_id], cancel)
            if not found:
                raise Refusal("That message is not in the archive any more. Press R to read it again.")
            record = describe.message_record(found[0], window)
            return describe.record_text(*record), describe.record(*record)
        case OlderKey(enterprise_id, customer_id, message_id):
            older = reader.older(enterprise_id, customer_id, cancel)
            found = [] if older is None else older.messages_by_id([message_id], cancel)
            if older is None or not found:
                raise Refusal(
                    "That message is not in the attached archive any more. Press R to read it again."
                )
            title, fields = describe.message_record(found[0], window)
            record = title, [*fields, ("Archive", older.archive)]
            return describe.record_text(*record), describe.record(*record)
        case CustomerKey(enterprise_id, customer_id):
            overview = reader.overview(window, enterprise_id, customer_id, cancel)
        case RemovedKey(enterprise_id, customer_id, detail_from):
            window = replace(window, after=min(detail_from, window.after))
            overview = reader.overview(window, enterprise_id, customer_id, cancel)
        case EnterpriseKey(enterprise_id):
            overview = reader.overview(window, enterprise_id, None, cancel)
        case _:
            return "", ""
    return describe.overview_text(overview, window), describe.overview(overview, window)
