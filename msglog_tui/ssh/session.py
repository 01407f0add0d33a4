"""A session as the connection sees it: a channel, and the process behind it."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shlex
import struct
import termios
from typing import TYPE_CHECKING, Final

import asyncssh

from msglog_tui import endings
from msglog_tui.ssh.attach import RESTORE
from msglog_tui.ssh.environment import of_client
from msglog_tui.ssh.visit import Visit

if TYPE_CHECKING:
    from msglog_tui.ssh.house import House
    from msglog_tui.ssh.messages import Message
    from msglog_tui.ssh.parking import Spare
    from msglog_tui.ssh.roster import Visitor

_AT_ONCE: Final = 65_536
_MOST_COLUMNS, _MOST_ROWS = 1000, 500
_HALF_CLOSED: Final = 2.0
# Seconds that a screen lives after the last key that can ever come.


class Session(Visit, asyncssh.SSHServerSession[bytes]):
    """One channel: a screen when a terminal was asked for and no command, else a command.

    Args:
        house: The server.
        visitor: Whose session it is.
    """

    def __init__(self, house: House, visitor: Visitor) -> None:
        super().__init__(house, visitor)
        self._terminal: str | None = None
        self._size = (80, 24)
        self._descriptors: set[int] = set()
        self._master: int | None = None
        self._typed = b""
        self._paused = False
        self._was_shown = False

    # What the channel tells

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        """Take the channel."""
        self._channel = chan

    def pty_requested(self, term_type: str, term_size: tuple[int, int, int, int], _modes: object) -> bool:
        """Remember which terminal it is."""
        self._terminal = term_type
        self._size = term_size[:2]
        return True

    def shell_requested(self) -> bool:
        """The screen."""
        return True

    def exec_requested(self, command: str) -> bool:
        """A command."""
        self.command = command
        return True

    def subsystem_requested(self, subsystem: str) -> bool:  # noqa: ARG002
        """There is none: no file is served."""
        return False

    def session_started(self) -> None:
        """Begin, in the background."""
        self._house.run(self.live())

    def data_received(self, data: bytes, datatype: int | None) -> None:  # noqa: ARG002
        """Pass on what was typed; a command has no standard input."""
        if self.command is None:
            self._typed += data
            self._watch_idleness()
            self._type()

    def eof_received(self) -> bool:
        """Nothing more will be typed.  A command goes on; a screen that nobody can leave does not."""
        if self.command is None:
            self._later("half closed", _HALF_CLOSED, self.end, "", 0)
        return True

    def terminal_size_changed(self, width: int, height: int, _pixwidth: int, _pixheight: int) -> None:
        """Tell the terminal, and so the session."""
        self._size = (width, height)
        if self._master is not None:
            _set_size(self._master, width, height)

    def pause_writing(self) -> None:
        """Read no more of the session until the client has taken what there is."""
        self._paused = True
        for descriptor in self._descriptors:
            asyncio.get_running_loop().remove_reader(descriptor)

    def resume_writing(self) -> None:
        """Go on."""
        self._paused = False
        for descriptor in self._descriptors:
            self._watch(descriptor)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """The client is gone: so is the session."""
        self._client_is_gone()
        for descriptor in list(self._descriptors):
            self._close(descriptor)

    # How it begins and ends

    @property
    def _has_terminal(self) -> bool:
        return self._terminal is not None

    def _circumstances(self) -> Message:
        return {
            "environment": of_client(self._channel.get_environment(), self._terminal),
            "call": self._house.settings.call.format(login=shlex.quote(self.visitor.login)),
        }

    def _hand_over(self, spare: Spare, order: Message) -> None:
        if self.command is None:
            self._watch_idleness()
            descriptors = [self._open_terminal()]
        else:
            descriptors = [self._open_pipe(), self._open_pipe(error=True)]
        try:
            spare.begin(order, descriptors, self._told)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _ended(self) -> None:
        for descriptor in list(self._descriptors):
            self._drain(descriptor)

    def _leave(self, sentence: str, status: int, answer: str = "") -> None:
        if sentence and self._was_shown:
            self._channel.write(RESTORE)
        if answer:
            self._write(answer.encode())
        if sentence:
            self._write(f"msglog: {sentence}\n".encode(), error=True)
        self._channel.exit(status)

    def _watch_idleness(self) -> None:
        idle = self._house.settings.limits.idle
        self._later("idle", idle, self.end, endings.idle(idle))

    # Bytes

    def _open_terminal(self) -> int:
        """Make a terminal, and give back the session's end of it."""
        self._master, slave = os.openpty()
        self._was_shown = True
        _set_size(self._master, *self._size)
        self._keep(self._master)
        return slave

    def _open_pipe(self, *, error: bool = False) -> int:
        reading, writing = os.pipe()
        if error:
            self._error = reading
        self._keep(reading)
        return writing

    _error = -1

    def _keep(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._descriptors.add(descriptor)
        if not self._paused:
            self._watch(descriptor)

    def _watch(self, descriptor: int) -> None:
        asyncio.get_running_loop().add_reader(descriptor, self._read, descriptor)

    def _read(self, descriptor: int) -> bool:
        """Pass on what the session has written; false when there is nothing more to come."""
        try:
            data = os.read(descriptor, _AT_ONCE)
        except BlockingIOError:
            return False
        except OSError:  # how Linux says that the last process has closed the terminal
            data = b""
        if not data:
            self._close(descriptor)
            return False
        self._write(data, error=descriptor == self._error)
        return True

    def _drain(self, descriptor: int) -> None:
        """Read the last words: nobody is left to write more."""
        while descriptor in self._descriptors and self._read(descriptor):
            pass
        self._close(descriptor)

    def _write(self, data: bytes, *, error: bool = False) -> None:
        if self._channel.is_closing():
            return
        if self._terminal is not None and (self.command is not None or self._master is None or error):
            # A client that has asked for a terminal has put its own into raw mode.
            data = data.replace(b"\n", b"\r\n")
        if error:
            self._channel.write_stderr(data)
        else:
            self._channel.write(data)

    def _type(self) -> None:
        """Pass on what was typed, as fast as the session reads."""
        if self._master is None:
            return
        loop = asyncio.get_running_loop()
        try:
            self._typed = self._typed[os.write(self._master, self._typed) :]
        except BlockingIOError:
            pass
        except OSError:
            self._typed = b""
        if self._typed:
            loop.add_writer(self._master, self._type)
            self._channel.pause_reading()
        else:
            loop.remove_writer(self._master)
            self._channel.resume_reading()

    def _close(self, descriptor: int) -> None:
        if descriptor not in self._descriptors:
            return
        self._descriptors.remove(descriptor)
        loop = asyncio.get_running_loop()
        loop.remove_reader(descriptor)
        loop.remove_writer(descriptor)
        if descriptor == self._master:
            self._master = None
        os.close(descriptor)


def _set_size(terminal: int, columns: int, rows: int) -> None:
    size = (min(rows, _MOST_ROWS) or 24, min(columns, _MOST_COLUMNS) or 80)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
