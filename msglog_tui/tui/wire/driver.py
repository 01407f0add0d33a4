"""The terminal's driver: the mouse speaks only when a button or the wheel is used."""

from __future__ import annotations

from typing import Final

from textual.drivers.linux_driver import LinuxDriver

_MOUSE: Final = "\x1b[?1002h\x1b[?1006h"
# Clicks, wheel, and motion while a button is held, to drag a scrollbar.  Textual asks for every motion, and
# then each row that the mouse passes is sent there and its new colour back.

# Character sets, insert mode, margins, origin and style as they are in a fresh terminal; no wrapping and no
# cursor, as Textual has them; focus and paste reported.
_MODES: Final = "\x0f\x1b(B\x1b[4l\x1b[r\x1b[?6l\x1b[m\x1b[?7l\x1b[?25l\x1b[?1004h\x1b[?2004h"


class QuietDriver(LinuxDriver):
    """Textual's driver of terminals, without the motion of the mouse."""

    def _enable_mouse_support(self) -> None:
        if self._mouse:
            self.write(_MOUSE)

    def restore_modes(self) -> None:
        """Put the terminal into the modes that the app counts on, whatever has changed them."""
        self.write(_MODES)
        self._enable_mouse_support()
