"""The server's side of the spares: some are always ready, and each that is taken is replaced."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import subprocess
from collections import deque
from typing import TYPE_CHECKING, Final

from msglog_tui.errors import Refusal
from msglog_tui.ssh import messages

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from msglog_tui.ssh.messages import Message

SPARES: Final = 2
"""How many wait."""

_CALM: Final = 0.3
# Seconds after a session has begun before its spare is replaced: the first screen has the processor first.

_FRAMES: Final = "500"
# A second: Textual collects what changed for so long before it paints.

_PATIENCE: Final = 2.0
# Seconds between asking a session to end and ending it.

_BEGINS_ANEW: Final = "The server had to begin anew just now. Connect again."

_log = logging.getLogger(__name__)


class Spare:
    """A process that waits for a session, then is it.

    Attributes:
        pid: Its process id, for the log and for tests.
        ended: Its exit status, or minus the signal that ended it, once it has ended.
    """

    def __init__(self, number: int, pid: int, line: socket.socket, parking: Parking) -> None:
        self.pid = pid
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._number = number
        self._line = line
        self._parking = parking
        line.settimeout(0)

    def begin(self, order: Message, descriptors: list[int], told: Callable[[Message], None]) -> None:
        """Hand it a session.

        Args:
            order: Who it is for and what it does.
            descriptors: Its terminal, or its outputs.
            told: Called with what the session reports.
        """
        messages.send(self._line, order, descriptors)
        asyncio.get_running_loop().add_reader(self._line, self._listen, told)

    def resized(self) -> None:
        """Tell it that its terminal has another size."""
        self._parking.signal(self._number, signal.SIGWINCH)

    def hang_up(self) -> None:
        """Ask it to end, and end it if it has not done so soon."""
        if not self.ended.done():
            self._parking.signal(self._number, signal.SIGHUP)
            asyncio.get_running_loop().call_later(_PATIENCE, self.kill)

    def kill(self) -> None:
        """End it at once."""
        if not self.ended.done():
            self._parking.signal(self._number, signal.SIGKILL)

    def finish(self, status: int) -> None:
        """Note that the process has ended."""
        asyncio.get_running_loop().remove_reader(self._line)
        self._line.close()
        if not self.ended.done():
            self.ended.set_result(status)

    def _listen(self, told: Callable[[Message], None]) -> None:
        message, descriptors = messages.receive(self._line)
        for descriptor in descriptors:
            os.close(descriptor)
        if message is not None:
            told(message)
        else:
            asyncio.get_running_loop().remove_reader(self._line)


class Parking:
    """Keeps spares ready.

    Args:
        program: The command line of the zygote, which finds its line to us as standard input.
        archive: The archive, if it lies on a server: the zygote asks it what sessions will ask.
    """

    def __init__(self, program: Sequence[str], archive: str | None) -> None:
        self._program = list(program)
        self._archive = archive
        self._spares: dict[int, Spare] = {}
        self._ready: deque[Spare] = deque()
        self._forked: dict[int, tuple[bool, asyncio.Future[Spare]]] = {}
        self._coming = 0
        self._last = 0
        self._closed = False

    def start(self) -> None:
        """Start the zygote and have it fork."""
        if self._closed:
            return
        loop = asyncio.get_running_loop()
        self._control, theirs = messages.pair()
        unwanted = ("TEXTUAL", "MSGLOG", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TERM", "COLORTERM")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
        environment["TEXTUAL_FPS"] = _FRAMES
        with theirs:
            self._zygote = subprocess.Popen(  # noqa: S603 - our own program
                self._program, stdin=theirs.fileno(), env=environment
            )
        self._control.settimeout(0)
        loop.add_reader(self._control, self._listen)
        # The URL of a server may hold a password, which has no business on a command line.
        with contextlib.suppress(OSError):  # a zygote that is gone is noticed by `_listen`
            messages.send(self._control, {"archive": self._archive})
        for number, (screen, _) in self._forked.items():  # asked for while there was no zygote
            self._order(number, screen=screen)
        self._refill()

    async def take(self) -> Spare:
        """A spare with its screen laid out; one without when none is ready.

        Raises:
            Refusal: The zygote has ended meanwhile; so does `fork`.
        """
        if self._ready:
            spare = self._ready.popleft()
            asyncio.get_running_loop().call_later(_CALM, self._refill)
            return spare
        self._refill()
        return await self._fork(screen=False)

    async def fork(self) -> Spare:
        """A process with nothing laid out, for a command."""
        return await self._fork(screen=False)

    def signal(self, number: int, signum: signal.Signals) -> None:
        """Send a signal to a spare or the session that it became."""
        with contextlib.suppress(OSError):  # a zygote that is gone is noticed by `_listen`
            messages.send(self._control, {"spare": number, "signal": int(signum)})

    async def close(self) -> None:
        """End every spare, every session and the zygote."""
        self._closed = True
        everybody = list(self._spares.values())
        for spare in everybody:
            spare.hang_up()
        if everybody:
            await asyncio.wait([spare.ended for spare in everybody], timeout=_PATIENCE + 1)
        if self._control.fileno() >= 0:  # else there is no zygote just now
            asyncio.get_running_loop().remove_reader(self._control)
            self._control.close()
        await asyncio.to_thread(self._zygote.wait)

    def _refill(self) -> None:
        """Have as many spares forked as are missing."""
        while not self._closed and len(self._ready) + self._coming < SPARES:
            self._coming += 1
            self._fork(screen=True).add_done_callback(self._park)

    def _park(self, forked: asyncio.Future[Spare]) -> None:
        self._coming -= 1
        if not forked.cancelled() and forked.exception() is None:
            self._ready.append(forked.result())

    def _fork(self, *, screen: bool) -> asyncio.Future[Spare]:
        self._last += 1
        forked: asyncio.Future[Spare] = asyncio.get_running_loop().create_future()
        self._forked[self._last] = screen, forked
        self._order(self._last, screen=screen)
        return forked

    def _order(self, number: int, *, screen: bool) -> None:
        with contextlib.suppress(OSError):  # a zygote that is gone is noticed by `_listen`
            messages.send(self._control, {"spare": number, "screen": screen})

    def _listen(self) -> None:
        message, descriptors = messages.receive(self._control)
        if message is None:
            self._lost_zygote()
        elif "status" in message:
            self._has_ended(message["spare"], message["status"])
        else:
            number = message["spare"]
            spare = Spare(number, message["pid"], socket.socket(fileno=descriptors[0]), self)
            self._spares[number] = spare
            _, forked = self._forked.pop(number)
            if forked.cancelled():  # whoever wanted it has gone
                spare.kill()
            else:
                forked.set_result(spare)

    def _has_ended(self, number: int, status: int) -> None:
        spare = self._spares.pop(number)
        spare.finish(status)
        if spare in self._ready and not self._closed:
            _log.error("A spare has ended before anybody came: %s.", status)
            self._ready.remove(spare)
            asyncio.get_running_loop().call_later(_CALM, self._refill)

    def _lost_zygote(self) -> None:
        """Start another one.  Sessions cannot outlive it in our books: we could not tell when they end."""
        asyncio.get_running_loop().remove_reader(self._control)
        self._control.close()
        if self._closed:
            return
        _log.error("The zygote has ended; another one is started.")
        self._zygote.wait()
        self._ready.clear()
        for _, forked in list(self._forked.values()):
            if not forked.done():
                forked.set_exception(Refusal(_BEGINS_ANEW))
        self._forked.clear()
        for spare in list(self._spares.values()):
            spare.finish(-signal.SIGHUP)
        self._spares.clear()
        asyncio.get_running_loop().call_later(_CALM, self.start)
