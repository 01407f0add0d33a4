"""The right pane: what there is to say of the row under the cursor, and its lists."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from textual import on
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import ContentSwitcher

from msglog_tui.cancel import Cancel
from msglog_tui.errors import Cancelled, Refusal
from msglog_tui.tui import describe
from msglog_tui.tui.preview import Preview, look_up
from msglog_tui.tui.sources.row_keys import CustomerKey, EnterpriseKey, MessageKey, OlderKey
from msglog_tui.tui.widgets.deliveries_pane import DeliveriesPane
from msglog_tui.tui.widgets.ledger_pane import LedgerPane
from msglog_tui.tui.widgets.outline import Outline
from msglog_tui.tui.widgets.record_view import RecordView
from msglog_tui.tui.widgets.tab_strip import TabStrip
from msglog_tui.types import TransactionKind

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.app import ComposeResult

    from msglog_tui import types
    from msglog_tui.delivery import Delivery, DeliveryStatus
    from msglog_tui.reader import Reader
    from msglog_tui.tui.veil import Veil
    from msglog_tui.tui.widgets.outline_source import Key
    from msglog_tui.types import Window

MESSAGE: Final = "message"
DELIVERIES: Final = "deliveries"
_PACKAGE, _TOP_UP = TransactionKind.PACKAGE.value, TransactionKind.TOP_UP.value
_TABS: Final = {
    MESSAGE: "Message information",
    DELIVERIES: "Deliveries",
    _PACKAGE: "Packages",
    _TOP_UP: "Top-ups",
}
_PANES: Final = {MESSAGE: "preview", DELIVERIES: "deliveries", _PACKAGE: "ledger", _TOP_UP: "ledger"}
"""Where each tab shows what it has."""

PATIENCE: Final = 0.2
"""Seconds before a wait shows itself."""


class _Cards(ContentSwitcher):
    """The record or one of the lists, one at a time."""

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

    @dataclass
    class DeliveryWanted(Message):
        """Enter was pressed on a delivery."""

        delivery: Delivery

    @dataclass
    class TabsChanged(Message):
        """A row turned out to have other tabs than it was taken to have."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - the name Textual gives it
        super().__init__(id=id)
        self._reader: Reader | None = None
        self._window: Window | None = None
        self._veil: Veil | None = None
        self._key: Key | None = None
        self._wanted = MESSAGE
        self._preview: Preview | None = None
        self._reads: Cancel | None = None

    def compose(self) -> ComposeResult:
        """Lay the pane out."""
        yield TabStrip(id="tabs")
        with _Cards(initial="preview"):
            yield RecordView(id="preview")
            yield LedgerPane(id="ledger")
            yield DeliveriesPane(id="deliveries")

    @property
    def _ledger(self) -> LedgerPane:
        return self.query_one(LedgerPane)

    @property
    def deliveries(self) -> DeliveriesPane:
        """The list of recipients, shown or not."""
        return self.query_one(DeliveriesPane)

    # What the screen says

    def show(self, reader: Reader, window: Window, key: Key | None, veil: Veil) -> None:
        """Show what belongs to a row of the tree; `None` for an empty tree."""
        self._reader, self._window, self._key, self._veil = reader, window, key, veil
        self._refresh()

    def clear(self) -> None:
        """Show nothing, of nobody."""
        self._stop_reading()
        self._reader = self._window = self._veil = self._key = self._preview = None
        self._ledger.clear()
        self.deliveries.clear()
        self.query_one(RecordView).show("")

    def choose(self, tab: str) -> None:
        """Bring a tab to the front, now and on the rows to come that have it."""
        self._wanted = tab
        self._refresh()

    def toggle_statuses(self) -> None:
        """Show the top-ups that are not processed too, or not any more."""
        self._ledger.every_status = not self._ledger.every_status
        self._refresh()

    def choose_status(self, status: DeliveryStatus | None) -> None:
        """Show the deliveries of one status alone, or of every one."""
        self.deliveries.status = status
        self._refresh()

    @property
    def tabs(self) -> list[str]:
        """The tabs that the row has; a customer's eyes see no transactions."""
        if isinstance(self._key, (MessageKey, OlderKey)):
            has_deliveries = self._preview is not None and self._preview.recipients is not None
            return [MESSAGE, DELIVERIES] if has_deliveries else [MESSAGE]
        sees = self._reader is not None and self._reader.scope.sees_transactions
        if sees and isinstance(self._key, (EnterpriseKey, CustomerKey)):
            return [MESSAGE, _PACKAGE, _TOP_UP]
        return [MESSAGE]

    @property
    def active(self) -> str:
        """The tab shown."""
        return self._wanted if self._wanted in self.tabs else MESSAGE

    @property
    def message(self) -> types.Message | None:
        """The message under the cursor, once it has been read."""
        message = None if self._preview is None else self._preview.message
        if message is None or not isinstance(self._key, MessageKey) or message.id != self._key.message_id:
            return None
        return message

    @property
    def ledger(self) -> LedgerPane | None:
        """The transactions shown, if they are."""
        return self._ledger if self.active in (_PACKAGE, _TOP_UP) else None

    @property
    def delivery(self) -> Delivery | None:
        """The delivery under the cursor, if deliveries are shown."""
        return self.deliveries.delivery if self.active == DELIVERIES else None

    @property
    def status_words(self) -> tuple[str, ...]:
        """Which statuses are shown, in the words of a command."""
        if self.active == DELIVERIES and self.deliveries.status is not None:
            return ("--status", self.deliveries.status.word)
        return ("--status", "all") if self.active == _TOP_UP and self._ledger.every_status else ()

    @property
    def text(self) -> str | None:
        """What the pane shows of its record, as plain lines; `None` while there is nothing."""
        if self.active == MESSAGE:
            return None if self._preview is None else self._preview.text
        record = self._record()
        return None if record is None else describe.record_text(*record)

    def _record(self) -> tuple[str, describe.Fields] | None:
        """Title and fields of what is under the cursor of the list."""
        if self.active == DELIVERIES and self._veil is not None:
            return self.deliveries.record(self._veil)
        return self._ledger.record()

    def focus_content(self) -> None:
        """Put the focus on what is shown."""
        pane = _PANES[self.active]
        self.screen.set_focus(self.query_one("#preview" if pane == "preview" else f"#{pane}-list"))

    # Carrying it out

    def _refresh(self) -> None:
        self._show_tabs()
        if self._reader is None or self._window is None:
            return
        if self._key is None:
            self._stop_reading()
            self._paint(Preview("", ""))
        elif isinstance(self._key, (MessageKey, OlderKey)) or self.active == MESSAGE:
            # Whether a message has deliveries is known when it has been read.
            self.run_worker(
                self._read(self._reader, self._window, self._key), group="preview", exclusive=True
            )
        elif isinstance(self._key, (EnterpriseKey, CustomerKey)):
            self._stop_reading()
            self._ledger.show(self._reader, self._window, self._key, TransactionKind(self.active))

    def _stop_reading(self) -> None:
        """Let no preview come that was asked for before."""
        self.workers.cancel_group(self, "preview")
        self._reads = None
        self.query_one(RecordView).remove_class("-waiting")

    def _show_tabs(self) -> None:
        strip = self.query_one(TabStrip)
        short = self.screen.has_class("-narrow")
        strip.tabs = [(tab, self._tab_name(tab, short=short)) for tab in self.tabs]
        strip.active = self.active
        had_focus = self.has_focus_within
        self.query_one(ContentSwitcher).current = _PANES[self.active]
        if had_focus:
            self.focus_content()

    def _tab_name(self, tab: str, *, short: bool) -> str:
        name = _TABS[tab].split(" ")[0] if short and len(self.tabs) > 1 else _TABS[tab]
        return f"{name} (all)" if tab == _TOP_UP and self._ledger.every_status else name

    async def _read(self, reader: Reader, window: Window, key: Key) -> None:
        cancel = Cancel()
        self._reads = cancel
        impatience = self.set_timer(PATIENCE, partial(self._wait, cancel))
        try:
            preview = await asyncio.to_thread(look_up, reader, window, key, cancel)
        except asyncio.CancelledError:
            cancel.cancel()
            raise
        except Cancelled:
            return
        except Refusal as error:
            self._paint(Preview("", ""))  # what is there is of another row
            self.post_message(self.Failed(error))
        else:
            self._paint(preview)
        finally:
            impatience.stop()
            if self._reads is cancel:
                self._reads = None

    def _wait(self, cancel: Cancel) -> None:
        # A timer that was stopped in its last moment still comes: nothing is waited for then.
        if self._reads is cancel:
            self.query_one(RecordView).add_class("-waiting")

    def _paint(self, preview: Preview) -> None:
        before = self.tabs
        self._preview = preview
        record = self.query_one(RecordView)
        record.remove_class("-waiting")
        record.show(preview.picture)
        if self.tabs != before:
            self._show_tabs()
            self.post_message(self.TabsChanged())
        if self.active == DELIVERIES:
            self._list_deliveries(preview)

    def _list_deliveries(self, preview: Preview) -> None:
        if self._window and self._veil and preview.recipients is not None:
            reader, message, summary = preview.recipients
            self.deliveries.show(reader, self._window, message, summary, self._veil)

    @on(Outline.Activated)
    def _activated(self, event: Outline.Activated) -> None:
        event.stop()
        if self.delivery is not None:
            self.post_message(self.DeliveryWanted(self.delivery))
        elif (record := self._record()) is not None:
            self.post_message(self.RecordWanted(describe.record(*record)))

    @on(TabStrip.Chosen)
    def _tab_clicked(self, event: TabStrip.Chosen) -> None:
        event.stop()
        self.choose(event.tab)
