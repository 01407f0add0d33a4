"""A list of deliveries over the whole screen, with what can be done to each."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

from textual import on, work
from textual.widgets import Footer, Label

from msglog_tui.cancel import Cancel
from msglog_tui.errors import Cancelled, Refusal
from msglog_tui.export import DELIVERIES
from msglog_tui.text import counted
from msglog_tui.tui import describe, outcome
from msglog_tui.tui.keys import bindings, chosen
from msglog_tui.tui.saving import Exportable
from msglog_tui.tui.screens.delivery import DeliveryScreen
from msglog_tui.tui.screens.export import export_screen
from msglog_tui.tui.screens.help import Help, elsewhere
from msglog_tui.tui.screens.noticing import Noticing
from msglog_tui.tui.sources.found import FoundSource, columns
from msglog_tui.tui.veil import REVEALED
from msglog_tui.tui.widgets.list_pane import ListPane
from msglog_tui.tui.widgets.outline import Outline

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ClassVar

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from msglog_tui.delivery import Delivery
    from msglog_tui.tui.remote import Remote
    from msglog_tui.tui.sources.found import Ask
    from msglog_tui.tui.veil import Veil
    from msglog_tui.types import Window

_AHEAD: Final = 60
"""Rows before the end of what has been read at which the next page is asked for."""


_KEYS: Final = {
    "message": "Message",
    "reveal": "Reveal",
    "copy": "Copy",
    "export": "Export",
    "back": "Back",
    "app.focus_next": "",
    "app.focus_previous": "",
    "help": "Help",
    "app.redraw": "",
    "app.quit": "Quit",
}


class FoundScreen(Noticing):
    """Deliveries, newest first; the result is the one to whose message somebody wants to go.

    Args:
        title: What the list is of.
        window: For the zone of its instants.
        veil: What of it may be shown.
        remote: Where the session came from, if it came over SSH.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(chosen(_KEYS))

    def __init__(self, title: str, window: Window, veil: Veil, remote: Remote | None) -> None:
        super().__init__()
        self._title = title
        self._window = window
        self._veil = veil
        self._remote = remote
        self.kept_from: int | None = None
        """Since when there are deliveries, if that matters to the list."""
        self.attached: str | None = None
        """The older archive beside, which is not looked into."""
        self._source: FoundSource | None = None
        self._reads_on: FoundSource | None = None
        self._asked: Callable[[], None] | None = None

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Label(self._title, classes="screen-title", markup=False)
        yield Label(classes="notice", markup=False)
        yield ListPane(columns(several_recipients=True), id="found")
        yield Footer(compact=True, show_command_palette=False)

    @property
    def _list(self) -> ListPane:
        return self.query_one("#found", ListPane)

    def list_with(self, ask: Ask, empty_text: str, *, several_recipients: bool) -> None:
        """Show what `ask` finds."""
        self._asked = partial(self.list_with, ask, empty_text, several_recipients=several_recipients)
        self.begin_reading()
        self.workers.cancel_group(self, "ahead")
        self._source = FoundSource(ask, self._window, self._veil)
        self._list.read(self._source, columns(several_recipients=several_recipients), empty_text)

    @property
    def _delivery(self) -> Delivery | None:
        """The one under the cursor."""
        return None if self._source is None else self._source.delivery(self._list.outline.cursor_key)

    @on(Outline.Loaded)
    def _loaded(self) -> None:
        self.end_reading()
        source = self._source
        if source is not None:
            more = "; older ones follow as you go down" if source.has_more else ""
            said = [f"{counted(source.read, 'delivery')}, newest first{more}"] if source.read else []
            said += filter(None, [outcome.kept(self.kept_from, self._window.zone, self.attached)])
            self._list.say(" · ".join(said))

    @on(Outline.Highlighted)
    def _look_ahead(self, event: Outline.Highlighted) -> None:
        source = self._source
        near = source is not None and source.has_more and event.number >= source.read - _AHEAD
        if source is not None and near and self._reads_on is not source:
            self._reads_on = source
            self.run_worker(self._read_on(source), group="ahead")

    async def _read_on(self, source: FoundSource) -> None:
        """Read the next page of a list; one at a time, for each begins where the last has ended."""
        cancel = Cancel()
        try:
            await asyncio.to_thread(source.read_on, cancel)
        except asyncio.CancelledError:
            cancel.cancel()
            raise
        except Cancelled:
            return
        except Refusal as error:
            self.say_failed(error)
        else:
            if source is self._source:
                self._list.outline.set_source(source)
        finally:
            if self._reads_on is source:
                self._reads_on = None

    @on(Outline.Failed)
    def _failed(self, event: Outline.Failed) -> None:
        self.say_failed(event.error)

    def ask_again(self) -> None:
        """Find everything anew."""
        if self._asked is not None:
            self._asked()

    @on(Outline.Activated)
    def _open(self) -> None:
        delivery = self._delivery
        if delivery is not None:
            self.app.push_screen(DeliveryScreen(delivery, self._window, self._veil), self._record_left)

    def _record_left(self, delivery: Delivery | None) -> None:
        if delivery is None:
            self._show_again()
        else:
            self.dismiss(delivery)

    def _show_again(self) -> None:
        if self._source is not None:
            self._list.outline.set_source(self._source)

    @work
    async def action_reveal(self) -> None:
        """Show the recipient under the cursor whole, or hide it again."""
        delivery = self._delivery
        if delivery is not None:
            try:
                shown = await asyncio.to_thread(self._veil.turn, delivery)
            except Refusal as error:
                self.say(str(error), wrong=True)
            else:
                self.say(REVEALED.format(delivery.recipient) if shown else "")
                self._show_again()

    def action_message(self) -> None:
        """Go to the message of the delivery under the cursor."""
        if self._delivery is not None:
            self.dismiss(self._delivery)

    def action_copy(self) -> None:
        """Send the record under the cursor to the terminal's clipboard, as it is shown."""
        delivery = self._delivery
        if delivery is not None:
            record = outcome.delivery_record(self._veil.shown(delivery), self._window)
            self.app.copy_to_clipboard(describe.record_text(*record))
            self.say("The record was sent to the terminal's clipboard; not every terminal takes it.")

    def action_export(self) -> None:
        """Write the whole list to a file or the clipboard, recipients masked."""
        if self._source is not None:
            what = Exportable(
                f"{self._title}, recipients masked",
                "deliveries",
                DELIVERIES,
                self._source.everything,
                self.words,
                dated=False,
            )
            self.app.push_screen(export_screen([what], self._window, self._remote), self.say_exported)

    @property
    def words(self) -> tuple[str, ...] | None:
        """The command that brings the same list; `None` when there is none."""
        return None

    def action_help(self) -> None:
        """Show every key; those of the main screen alone say so."""
        self.app.push_screen(Help(elsewhere(_KEYS)))

    def action_back(self) -> None:
        """Stop a slow answer, or leave."""
        if self._list.outline.cancel_load():
            self.say("Stopped.")
        else:
            self.dismiss(None)
