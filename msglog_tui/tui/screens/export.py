"""Asking what to write to which file, and watching it grow."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from msglog_tui.cancel import Cancel
from msglog_tui.errors import Cancelled, Refusal
from msglog_tui.paths import path_of
from msglog_tui.text import counted
from msglog_tui.tui.saving import FORMATS, Exportable, save
from msglog_tui.tui.screens.remote_export import RemoteExportScreen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import ClassVar

    from textual.app import ComposeResult

    from msglog_tui.tui.remote import Remote
    from msglog_tui.types import Window


def export_screen(
    choices: Sequence[Exportable], window: Window, remote: Remote | None
) -> ModalScreen[str | None]:
    """Where one chooses what to take: to a file, or to a clipboard where the file would be far away."""
    return ExportScreen(choices, window) if remote is None else RemoteExportScreen(choices, window, remote)


class ExportScreen(ModalScreen[str | None]):
    """Choose what to write and where.  Enter writes, Esc leaves or stops; the result is what to tell.

    Args:
        choices: What can be written, the likeliest first.
        window: The dates shown, for the file's name and the zone of its instants.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back", show=False)]

    def __init__(self, choices: Sequence[Exportable], window: Window) -> None:
        super().__init__()
        self._choices = [(what, ending) for what in choices for ending in FORMATS]
        self._window = window
        self._cancel: Cancel | None = None

    def compose(self) -> ComposeResult:
        """Lay the dialog out."""
        with Vertical(classes="dialog"):
            yield Label("Export", classes="dialog-title", markup=False)
            yield OptionList(
                *(Option(Text(f"{what.title}, {ending.upper()}")) for what, ending in self._choices),
                compact=True,
            )
            yield Label("File", markup=False, classes="dialog-label")
            yield Input(compact=True, classes="dialog-input")
            yield Label("Enter writes the file, Esc leaves", id="said", markup=False)

    def on_mount(self) -> None:
        """Keep the input quiet."""
        self.query_one(Input).cursor_blink = False

    @on(OptionList.OptionHighlighted)
    def _propose(self, event: OptionList.OptionHighlighted) -> None:
        what, ending = self._choices[event.option_index]
        dates = f"-{self._window.start}-to-{self._window.end}" if what.dated else ""
        name = f"{what.name}{dates}"
        self.query_one(Input).value = str(Path.cwd() / f"{name}.{ending}")

    @on(OptionList.OptionSelected)
    @on(Input.Submitted)
    def _start(self) -> None:
        chosen = self.query_one(OptionList).highlighted
        if self._cancel is None and chosen is not None:
            what, _ = self._choices[chosen]
            try:
                path = path_of(self.query_one(Input).value.strip())
            except Refusal as error:
                self._say(str(error))
                return
            self._cancel = Cancel()
            self.run_worker(self._write(what, path, self._cancel))

    async def _write(self, what: Exportable, path: Path, cancel: Cancel) -> None:
        progress = partial(self.app.call_from_thread, self._grown)
        try:
            rows = await asyncio.to_thread(save, what, path, self._window.zone, cancel, progress)
        except asyncio.CancelledError:
            cancel.cancel()
            raise
        except Cancelled:
            self.dismiss("The export was stopped; no file was written.")
        except Refusal as error:
            self._cancel = None
            self._say(str(error))
        else:
            self.dismiss(f"Written to {path}: {counted(rows, 'row')}")

    def _grown(self, rows: int) -> None:
        self._say(f"{counted(rows, 'row')}, Esc stops")

    def _say(self, text: str) -> None:
        self.query_one("#said", Label).update(text)

    def action_leave(self) -> None:
        """Stop the writing, or leave."""
        if self._cancel is not None:
            self._cancel.cancel()
        else:
            self.dismiss(None)
