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
from msglog_tui.tui.threads import Threads
from msglog_tui.tui.wire.driver import QuietDriver

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.screen import Screen

    from msglog_tui.reader import Reader
    from msglog_tui.tui.remote import Remote
    from msglog_tui.tui.wire.frame import Front

SIZE: Final = Size(120, 40)
"""For which terminal it is laid out; on another one it is laid out again."""

_TERMINALS: Final = (("xterm-256color", ""), ("xterm-256color", "truecolor"))
# What most say of theirs; ssh sends COLORTERM only when told to.

_WAIT: Final = 0.15
# Seconds that the first screen waits for its rows.

_PATIENCE: Final = 2.0
# Seconds that a rehearsal takes at most.

_LOOK: Final = 0.002
# Seconds between two looks whether they are there.


class ParkedApp(MsglogApp):
    """msglog on no screen yet.

    It shows an archive of nobody's to nobody first.  So all that a first screen does was done once in this
    process, what is laid out then is laid out already, and the memory that it takes is the process's own.

    Args:
        rehearsal: Reads an archive that means nothing.
        zone: Zone of most who come.
        line: A descriptor that can be read when somebody has come.
        forget: Lets go of the archive that means nothing.
        arrive: Makes the terminal of the process theirs, and says who reads in which zone.
    """

    def __init__(
        self,
        rehearsal: Reader,
        zone: str,
        line: int,
        forget: Callable[[], None],
        arrive: Callable[[], tuple[Reader, str, Remote]],
    ) -> None:
        super().__init__(rehearsal, zone)
        self.driver_class = ParkedDriver
        self._line = line
        self._forget = forget
        self._arrive = arrive
        self._turned_away: Exception | None = None
        self._pens: dict[tuple[str, str], tuple[Console, Front | None]] = {}

    def on_ready(self) -> None:
        """Rehearse, then wait."""
        self._first = asyncio.create_task(self._rehearse())

    async def _rehearse(self) -> None:
        try:
            await self._show_nobody()
        except Exception as error:  # the loop would write it down and go on
            self._turned_away = error
            self.exit()

    async def _show_nobody(self) -> None:
        logs = self.screen_stack[0]
        await self._read(logs, _PATIENCE)
        await self._settled()
        if isinstance(self._driver, ParkedDriver):
            self._driver.muted = True
            for terminal in _TERMINALS:
                self._draw_for(terminal)
                with self.batch_update():
                    self._paint_all()
                await self._settled()
                self._pens[terminal] = self.console, self._front
            self._driver.muted = False
        if isinstance(logs, LogsScreen):
            logs.clear()
        await self._settled()
        self.threads.shutdown()
        self.threads = Threads()
        loop = asyncio.get_running_loop()
        loop.set_default_executor(self.threads)
        self._forget()
        # What was made is kept away from the collector: pages that it never touches stay shared.
        gc.collect()
        gc.freeze()
        loop.add_reader(self._line, self._come)

    async def _settled(self) -> None:
        """Wait until what is on its way to the screen is there."""
        there = asyncio.Event()
        self.screen.call_after_refresh(there.set)
        await there.wait()

    @staticmethod
    async def _read(logs: Screen[object], patience: float) -> None:
        """Wait until all of the first screen has been read, but not for ever."""
        until = time.monotonic() + patience
        while isinstance(logs, LogsScreen) and not logs.complete and time.monotonic() < until:
            await asyncio.sleep(_LOOK)

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
        self._draw_for((os.environ.get("TERM", ""), os.environ.get("COLORTERM", "")))
        if isinstance(self._driver, ParkedDriver):
            self._driver.leave_park()
        self._first = asyncio.create_task(self._show_first(reader, zone))
        self.watch_over(self.remote.limits, reader.scope)
        gc.enable()

    def _draw_for(self, terminal: tuple[str, str]) -> None:
        """Draw as a terminal can show it, by TERM and COLORTERM, which were others when the app was made."""
        if terminal in self._pens:
            self.console, self._front = self._pens[terminal]
            if self._front is not None:
                self._front.forget()
            return
        self.console = Console(
            file=self.console.file,
            markup=True,
            highlight=False,
            emoji=False,
            legacy_windows=False,
            force_terminal=True,
            safe_box=False,
            _environ=dict(zip(("TERM", "COLORTERM"), terminal, strict=True)),
        )
        self._front = None

    async def _show_first(self, reader: Reader, zone: str) -> None:
        """Paint once when all has been read, not bit by bit as it comes; nor wait long for a slow answer."""
        with self.batch_update():
            self.begin(reader, zone)
            await self._read(self.screen_stack[0], _WAIT)
            self._paint_all()

    def _paint_all(self) -> None:
        """Paint everything in one go, since what has not changed since it was laid out was never sent.

        `refresh` would have that painted apart from what has changed, a turn later.  What is called here is
        private to Textual 8.2.
        """
        screen = self.screen
        screen._refresh_layout()  # noqa: SLF001 - and paint when the batch is over
        screen._set_dirty()  # noqa: SLF001
        screen._compositor.update_widgets({screen})  # noqa: SLF001


class ParkedDriver(QuietDriver):
    """A driver without a terminal until somebody comes."""

    _parked = True

    muted = False
    """Whether frames are drawn although nobody sees them."""

    @property
    def is_headless(self) -> bool:
        """Whether nothing is drawn."""
        return self._parked and not self.muted

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
