"""One delivery over the screen: all of its way, and whose it was if somebody asks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import work
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Label, Static

from msglog_tui.errors import Refusal
from msglog_tui.tui import describe, outcome
from msglog_tui.tui.keys import bindings, chosen

if TYPE_CHECKING:
    from typing import ClassVar

    from textual.app import ComposeResult

    from msglog_tui.delivery import Delivery
    from msglog_tui.tui.veil import Veil
    from msglog_tui.types import Window


class DeliveryScreen(ModalScreen["Delivery | None"]):
    """All that there is to say of a delivery; the result is the delivery if somebody wants its message.

    Args:
        window: For the zone of its instants.
        veil: What of it may be shown.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(chosen({"reveal": "", "message": "", "copy": ""})),
        Binding("escape,enter,q", "dismiss(None)", "Back", show=False),
        Binding("j", "app.simulate_key('down')", show=False),
        Binding("k", "app.simulate_key('up')", show=False),
    ]

    def __init__(self, delivery: Delivery, window: Window, veil: Veil) -> None:
        super().__init__()
        self._delivery = delivery
        self._window = window
        self._veil = veil

    def compose(self) -> ComposeResult:
        """Show the record."""
        with VerticalScroll(classes="dialog wide"):
            yield Static(id="record", markup=False)
            yield Label("u reveals   m goes to the message   y copies   Esc leaves", id="said")

    def on_mount(self) -> None:
        """Write it."""
        self._write()

    @property
    def _record(self) -> tuple[str, describe.Fields]:
        return outcome.delivery_record(self._veil.shown(self._delivery), self._window)

    def _write(self) -> None:
        self.query_one("#record", Static).update(describe.record(*self._record))

    @work
    async def action_reveal(self) -> None:
        """Show the recipient whole, or hide it again."""
        try:
            await asyncio.to_thread(self._veil.turn, self._delivery)
        except Refusal as error:
            self._say(str(error))
        self._write()

    def action_message(self) -> None:
        """Go to the message."""
        self.dismiss(self._delivery)

    def action_copy(self) -> None:
        """Send the record to the terminal's clipboard, as it is shown."""
        self.app.copy_to_clipboard(describe.record_text(*self._record))
        self._say("The record was sent to the terminal's clipboard; not every terminal takes it.")

    def _say(self, text: str) -> None:
        self.query_one("#said", Label).update(text)
