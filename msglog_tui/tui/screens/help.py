"""Every key, by what it is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Label, Static

from msglog_tui.tui.keys import COMMANDS, SCREEN_COMMANDS, Where

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import ClassVar

    from textual.app import ComposeResult


class Help(ModalScreen[None]):
    """The table of keys; what cannot be done just now says why.

    Args:
        refused: Why an action cannot be carried out now, by action.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "dismiss", "Back", show=False),
        Binding("j", "app.simulate_key('down')", show=False),
        Binding("k", "app.simulate_key('up')", show=False),
    ]

    def __init__(self, refused: Mapping[str, str]) -> None:
        super().__init__()
        self._refused = refused

    def compose(self) -> ComposeResult:
        """Lay the table out."""
        with VerticalScroll(classes="dialog wide"):
            yield Label("Keys   (Esc leaves, ↑ ↓ scroll)", classes="dialog-title", markup=False)
            yield Static(self._table())

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True, style="bold")
        table.add_column()
        for where in Where:
            table.add_row("", "")
            table.add_row("", Text(where.value, style="bold underline"))
            for command in COMMANDS:
                if command.where is where:
                    why = self._refused.get(command.action)
                    text = Text(command.help) if why is None else Text(f"{command.help} Now: {why}", "dim")
                    table.add_row(Text(command.shown), text)
        return table


def elsewhere(here: Collection[str]) -> dict[str, str]:
    """Why the commands of the main screen that another screen has not cannot be carried out there."""
    return {
        command.action: "it belongs to the main screen; Esc leads back."
        for command in SCREEN_COMMANDS
        if command.action not in here
    }
