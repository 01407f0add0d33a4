"""The top line: where one is, what is in scope, who is looking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from msglog_tui.tui.widgets.cells import fit
from msglog_tui.tui.words import in_scope, viewer

if TYPE_CHECKING:
    from textual.events import Click

    from msglog_tui.types import Identity


class TitleBar(Widget):
    """The top line.  A click at its right end opens the account menu."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    TitleBar { height: 1; padding: 0 1; background: $primary-background; color: $foreground; }
    """

    identity: reactive[Identity | None] = reactive(None)
    """Who is looking."""

    def render(self) -> Text:
        """Write the title on the left and the person on the right."""
        if self.identity is None:
            return Text()
        right = f"{in_scope(self.identity)} · {viewer(self.identity)} ▾"
        left = "msglog   Account logs"
        room = max(0, self.content_size.width - len(left) - 2)
        shown = fit(right, room, "right")
        line = Text(no_wrap=True)
        line.append("msglog", "bold").append(left.removeprefix("msglog") + "  ").append(shown, "bold")
        return line

    async def on_click(self, event: Click) -> None:
        """Open the account menu from the right half."""
        if event.x > self.size.width // 2:
            await self.screen.run_action("account")
