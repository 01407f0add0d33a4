"""An app that sends only the cells that changed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App

from msglog_tui import config
from msglog_tui.tui.wire.frame import Front

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual import events
    from textual.driver import Driver
    from textual.screen import Screen

_SEEN_AT_ONCE: Final = 1024
"""Bytes that arrive and are drawn at once: what is longer might be seen half drawn."""


class WiredApp(App[None]):
    """An app that compares each frame with the one before and sends the difference.

    It does so on terminals; what goes to a browser, inline or nowhere is left to Textual.
    """

    def __init__(self) -> None:
        self._plain = os.environ.get(config.WIRE) == "plain"
        self._front: Front | None = None
        super().__init__()

    def get_driver_class(self) -> type[Driver]:
        """Textual's driver for the terminal, but quiet about the mouse."""
        driver = super().get_driver_class()
        if self._plain:
            return driver
        from textual.drivers.linux_driver import LinuxDriver

        from msglog_tui.tui.wire.driver import QuietDriver

        return QuietDriver if driver is LinuxDriver else driver

    def invalidate(self) -> None:
        """Forget what the terminal shows, and have all of it sent: something else has written to it."""
        if self._front is not None:
            self._front.forget()
        self.screen.refresh()

    def redraw(self) -> None:
        """Put the terminal in order again and paint everything anew."""
        from msglog_tui.tui.wire.driver import QuietDriver

        if isinstance(self._driver, QuietDriver):
            self._driver.restore_modes()
        self.invalidate()

    def action_redraw(self) -> None:
        """Paint the whole screen anew."""
        self.redraw()

    def on_resize(self, event: events.Resize) -> None:
        """Forget what the terminal shows: it has another size, or another program had it meanwhile."""
        if self._front is not None:
            same = event.size == self._front.size
            self._front.forget()
            if same:  # else Textual paints all of it anyway
                self.screen.refresh()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Send a frame; overrides the private method of Textual 8.2 by which all frames go."""
        driver = self._driver
        if (
            self._plain
            or renderable is None
            or self._batch_count
            or self._closed
            or not self._running
            or driver is None
            or driver.is_headless
            or driver.is_inline
            or driver.is_web
        ):
            super()._display(screen, renderable)
        elif not isinstance(renderable, (LayoutUpdate, ChopsUpdate)):
            if self._front is not None:
                self._front.forget()
            super()._display(screen, renderable)
        else:
            try:
                self._send(driver, renderable)
            finally:
                self.post_display_hook()

    def _send(self, driver: Driver, update: LayoutUpdate | ChopsUpdate) -> None:
        if self._front is None:
            self._front = Front(self.console, colours_erase=_colours_erase())
        frame = self._front.update(update)
        cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
        # The cursor is hidden.  It matters to input methods only, which write where it stands.
        types = hasattr(self.screen.focused, "cursor_screen_offset")
        if cursor != self._previous_cursor_position or (frame and types):
            self._previous_cursor_position = cursor
            frame += f"\x1b[{cursor.y + 1};{cursor.x + 1}H"
        if self._sync_available and len(frame) > _SEEN_AT_ONCE:
            frame = f"{SYNC_START}{frame}{SYNC_END}"
        if frame:
            driver.write(frame)
            driver.flush()


def _colours_erase() -> bool:
    """Whether the terminal is known to erase to the background colour in force."""
    try:
        import curses

        curses.setupterm(fd=2)
    except (ImportError, curses.error):  # a terminal that nobody has described here
        return False
    return curses.tigetflag("bce") == 1
