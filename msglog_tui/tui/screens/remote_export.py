"""Taking rows away from a session over SSH: by the clipboard, or by a command typed at home."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from msglog_tui.cancel import Cancel
from msglog_tui.errors import Cancelled, Refusal
from msglog_tui.text import counted
from msglog_tui.tui.remote import as_text
from msglog_tui.tui.saving import FORMATS, Exportable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import ClassVar

    from textual.app import ComposeResult

    from msglog_tui.tui.remote import Remote
    from msglog_tui.types import Window


class RemoteExportScreen(ModalScreen[str | None]):
    """Choose what to take.  Enter sends it to the clipboard, Esc leaves or stops; the result is what to tell.

    Args:
        choices: What can be taken, the likeliest first.
        window: The dates shown.
        remote: Where the session came from.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back", show=False)]

    def __init__(self, choices: Sequence[Exportable], window: Window, remote: Remote) -> None:
        super().__init__()
        self._choices = [(what, ending) for what in choices for ending in FORMATS]
        self._window = window
        self._remote = remote
        self._cancel: Cancel | None = None

    def compose(self) -> ComposeResult:
        """Lay the dialog out."""
        with Vertical(classes="dialog"):
            yield Label("Export", classes="dialog-title", markup=False)
            yield OptionList(
                *(Option(Text(f"{what.title}, {ending.upper()}")) for what, ending in self._choices),
                compact=True,
            )
            yield Label("To get it as a file, type at home", markup=False, classes="dialog-label")
            yield Label(id="command", markup=False)
            yield Label("Enter sends it to the clipboard, Esc leaves", id="said", markup=False)

    @on(OptionList.OptionHighlighted)
    def _show_command(self, event: OptionList.OptionHighlighted) -> None:
        what, ending = self._choices[event.option_index]
        command = self._remote.command(what, ending, self._window)
        self.query_one("#command", Label).update(
            "What a filter or a group of failures leaves: no command knows it."
            if command is None
            else f"{command} > {what.name}.{ending}"
        )

    @on(OptionList.OptionSelected)
    def _start(self, event: OptionList.OptionSelected) -> None:
        if self._cancel is None:
            what, ending = self._choices[event.option_index]
            self._cancel = Cancel()
            self.run_worker(self._send(what, ending, self._cancel))

    async def _send(self, what: Exportable, ending: str, cancel: Cancel) -> None:
        said = self.query_one("#said", Label)
        said.update("Reading, Esc stops")
        try:
            text, rows = await asyncio.to_thread(as_text, what, ending, self._window.zone, cancel)
        except asyncio.CancelledError:
            cancel.cancel()
            raise
        except Cancelled:
            self.dismiss("The export was stopped; nothing was sent.")
        except Refusal as error:
            self._cancel = None
            said.update(str(error))
        else:
            self.app.copy_to_clipboard(text)
            self._remote.note(
                "export", f"{what.title}, {self._window.start} to {self._window.end}, {rows} rows"
            )
            self.dismiss(
                f"Sent to the terminal's clipboard: {counted(rows, 'row')}. Not every terminal takes them."
            )

    def action_leave(self) -> None:
        """Stop the reading, or leave."""
        if self._cancel is not None:
            self._cancel.cancel()
        else:
            self.dismiss(None)
