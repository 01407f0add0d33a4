"""A screen that is laid out before anybody is there to see it, for sessions that shall begin at once."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from typing import TYPE_CHECKING, Final

from rich.console import Console
from textual import events
from textual.geometry import Size

from msglog_tui.tui import said_goodbye
from msglog_tui.tui.app import MsglogApp
from msglog_tui.tui.screens.logs import LogsScreen
from msglog_tui.tui.wire.driver import QuietDriver

if TYPE_CHECKING:
    from collections.abc import Callable

    from msglog_tui.reader import Reader
    from msglog_tui.tui.remote import Remote

SIZE: Final = Size(120, 40)
"""For which terminal it is laid out; on another one it is laid out again."""

_WAIT: Final = 0.15
# Seconds that the first screen waits for its rows.

_LOOK: Final = 0.002
# Seconds between two looks whether they are there.


class ParkedApp(MsglogApp):
    """msglog on no screen yet.

    Args:
        nobody: A reader who sees nothing.
        line: A descriptor that can be read when somebody has come.
        arrive: Then makes the terminal of the process theirs, and says who reads in which zone.
    """

    def __init__(self, nobody: Reader, line: int, arrive: Callable[[], tuple[Reader, str, Remote]]) -> None:
        super().__init__(nobody, "UTC")
        self.driver_class = ParkedDriver
        self._line = line
        self._arrive = arrive
        self._turned_away: Exception | None = None

    def on_ready(self) -> None:
        """Wait, now that all is laid out.

        What was made is kept away from the collector: pages that it never touches stay shared.
        """
        gc.collect()
        gc.freeze()
        asyncio.get_running_loop().add_reader(self._line, self._come)

    def show(self) -> int:
        """Wait for somebody, and show them the account logs until they leave.

        Returns:
            The exit status.

        Raises:
            Exception: What went wrong when they came.
        """
        self.run()
        if self._turned_away is not None:
            raise self._turned_away
        return said_goodbye(self)

    def _come(self) -> None:
        """Show the account logs to whoever has come."""
        asyncio.get_running_loop().remove_reader(self._line)
        try:
            reader, zone, self.remote = self._arrive()
        except Exception as error:  # the loop would write it down and go on
            self._turned_away = error
            self.exit()
            return
        # What a terminal can do is in the environment, which was another when the app was made.
        self.console = Console(
            file=self.console.file,
            markup=True,
            highlight=False,
            emoji=False,
            legacy_windows=False,
            force_terminal=True,
            safe_box=False,
            _environ=dict(os.environ),
        )
        if isinstance(self._driver, ParkedDriver):
            self._driver.leave_park()
        self._first = asyncio.create_task(self._show_first(reader, zone))
        self.watch_over(self.remote.limits, reader.scope)
        gc.enable()

    async def _show_first(self, reader: Reader, zone: str) -> None:
        """Paint once when all has been read, not bit by bit as it comes; nor wait long for a slow answer."""
        logs = self.screen_stack[0]
        until = time.monotonic() + _WAIT
        with self.batch_update():
            self.begin(reader, zone)
            while isinstance(logs, LogsScreen) and not logs.complete and time.monotonic() < until:
                await asyncio.sleep(_LOOK)
            self.invalidate()  # what has not changed since it was laid out was never sent


class ParkedDriver(QuietDriver):
    """A driver without a terminal until somebody comes."""

    _parked = True

    @property
    def is_headless(self) -> bool:
        """Whether there is nobody to draw for."""
        return self._parked

    def write(self, data: str) -> None:
        """Write to the terminal, once there is one."""
        if not self._parked:
            super().write(data)

    def flush(self) -> None:
        """Send what was written, once there is a terminal."""
        if not self._parked:
            super().flush()

    def start_application_mode(self) -> None:
        """Lay the screen out for some size."""
        self.send_message(events.Resize(SIZE, SIZE))

    def leave_park(self) -> None:
        """Take the terminal that the process has now."""
        self._parked = False
        self.input_tty = True
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def disable_input(self) -> None:
        """Stop reading keys, if it was ever begun."""
        if not self._parked:
            super().disable_input()

    def _get_terminal_size(self) -> tuple[int, int]:
        return tuple(SIZE) if self._parked else super()._get_terminal_size()  # type: ignore[return-value]
