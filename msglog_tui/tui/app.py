"""The application around the main screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.app import App
from textual.theme import Theme

from msglog_tui.tui.palette import Commands
from msglog_tui.tui.screens.logs import LogsScreen

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ClassVar

    from textual.command import Provider
    from textual.screen import Screen

    from msglog_tui.reader import Reader

THEME: Final = Theme(
    name="msglog",
    dark=True,
    primary="#4c9be8",
    secondary="#7fb685",
    accent="#e8b04c",
    warning="#e8b04c",
    error="#e06c75",
    success="#7fb685",
    foreground="#d8dee9",
    background="#12161d",
    surface="#12161d",
    panel="#1c232d",
    boost="#232c38",
    variables={
        "block-cursor-background": "#2c5d92",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#2a3340",
        "footer-key-foreground": "#e8b04c",
        "footer-background": "#1c232d",
        "primary-background": "#1d3550",
    },
)


class MsglogApp(App[None]):
    """msglog on the screen."""

    CSS_PATH = "styles.tcss"
    TITLE = "msglog"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {Commands}
    COMMAND_PALETTE_BINDING = "ctrl+p"
    # Over a slow line every frame of an animation, and every row the mouse passes, would be paid for.
    ENABLE_SELECT_AUTO_SCROLL = False

    def __init__(self, reader: Reader, zone: str) -> None:
        super().__init__()
        self._reader = reader
        self._zone = zone
        self.animation_level = "none"
        self.register_theme(THEME)
        self.theme = THEME.name

    def get_default_screen(self) -> Screen[None]:
        """The main screen is the first."""
        return LogsScreen(self._reader, self._zone)
