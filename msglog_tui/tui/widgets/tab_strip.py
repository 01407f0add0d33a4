"""Tabs in a single line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.events import Click


class TabStrip(Widget):
    """The names of some panes, the shown one marked.  A click asks for another."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    TabStrip { height: 1; padding: 0 1; background: $panel; }
    """

    tabs: reactive[Sequence[tuple[str, str]]] = reactive(())
    """Id and name of each tab."""

    active: reactive[str] = reactive("")
    """Id of the pane shown."""

    @dataclass
    class Chosen(Message):
        """Somebody clicked on a tab."""

        tab: str

    def render(self) -> Text:
        """Write the names side by side."""
        line = Text(no_wrap=True, overflow="ellipsis")
        for number, (tab, name) in enumerate(self.tabs):
            if number:
                line.append(" │ ", style="dim")
            shown = "bold" if tab == self.active else "dim"
            line.append(name, Style.parse(shown) + Style.from_meta({"tab": tab}))
        return line

    def on_click(self, event: Click) -> None:
        """Ask for the tab under the mouse."""
        tab = event.style.meta.get("tab")
        if tab is not None:
            self.post_message(self.Chosen(tab))
