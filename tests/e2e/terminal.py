"""A program on a pseudo-terminal, as a person would have it: keys in, a screen out.

The screen is pyte's, with characters counted by wcwidth.  pyte knows no alternate screen, so what a program
drew last stays readable after it has left, and it knows too little of today's sequences, so those that draw
nothing are taken out first.
"""

import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte
from wcwidth import iter_graphemes, wcswidth

# Keyboard protocols (CSI < > =), mode queries (CSI ? … $ p), OSC and DCS strings.
_DRAWS_NOTHING = re.compile(
    rb"\x1b\[[<>=][0-9;:]*[A-Za-z]"
    rb"|\x1b\[\?[0-9;]*\$p"
    rb"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
    rb"|\x1bP[^\x1b]*\x1b\\"
)
# A sequence, or a character to which more may belong, that is cut where one read ends.
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|P[^\x1b]*\x1b?)?\Z|[\x80-\xff]+\Z")

_QUERY = re.compile(
    rb"\x1b\[\?(?P<mode>[0-9]+)\$p|(?P<attributes>\x1b\[0?c)|(?P<cursor>\x1b\[6n)|\x1b\](?P<colour>1[01]);\?(?:\x07|\x1b\\)"
)
_LONGEST_QUERY = 32
_SEND_TIMEOUT = 30

# Signals that the test runner may have been told to ignore, which a child would inherit.
_DEFAULT_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGPIPE)


class _Screen(pyte.Screen):
    """pyte's screen, counting cells as terminals of today do: what reads as one character is drawn as one."""

    def draw(self, data: str) -> None:
        if data.isascii():
            super().draw(data)
            return
        for cluster in iter_graphemes(data):
            width = wcswidth(cluster)
            super().draw("\u3000" if width == 2 else " " * width)
            if width > 0:
                line, head = self.buffer[self.cursor.y], self.cursor.x - width
                line[head] = line[head]._replace(data=cluster)

    @property
    def display(self) -> list[str]:
        return ["".join(self.buffer[y][x].data for x in range(self.columns)) for y in range(self.lines)]


class Terminal:
    """Runs a program with a terminal of its own and reads what it draws.

    Use it as a context manager: leaving it ends the program and whatever the program started in its session.

    Args:
        argv: Program and arguments; the program is looked up in `PATH`.
        env: Variables to set on top of the test runner's own, from which all that would change the program
            under test is removed.  Nothing is added to tell the program that it is tested.
        columns: Width of the terminal.
        rows: Height of the terminal.
    """

    def __init__(
        self, argv: Sequence[str], env: Mapping[str, str] | None = None, columns: int = 80, rows: int = 24
    ) -> None:
        self._argv = list(argv)
        self._env = _environment(env or {})
        self._screen = _Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._written = bytearray()
        self._not_drawn = b""
        self._not_searched = b""
        self._ended = False
        self._reaped = False

    def __enter__(self) -> Self:
        self._master, slave = os.openpty()
        os.set_blocking(self._master, False)
        try:
            self._set_size(slave)
            path = os.ttyname(slave)
            # The leader of a new session gets the first terminal it opens as its controlling terminal.
            self._pid = os.posix_spawnp(
                self._argv[0],
                self._argv,
                self._env,
                setsid=True,
                setsigdef=_DEFAULT_SIGNALS,
                setsigmask=(),
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, path, os.O_RDWR, 0),
                    (os.POSIX_SPAWN_DUP2, 0, 1),
                    (os.POSIX_SPAWN_DUP2, 0, 2),
                ],
            )
        except BaseException:
            os.close(self._master)
            raise
        finally:
            os.close(slave)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.kill()
        os.close(self._master)

    @property
    def pid(self) -> int:
        """The program's process id, which is also that of its session."""
        return self._pid

    @property
    def bytes_written(self) -> bytes:
        """All that the program has written so far, as it wrote it."""
        return bytes(self._written)

    def screen(self) -> list[str]:
        """What the screen shows of the output read so far: a string a row, padded to the width."""
        return list(self._screen.display)

    def send(self, keys: str | bytes) -> None:
        r"""Type: text as it is, special keys as what a terminal sends for them, such as `\x1b[B` for down."""
        rest = keys.encode() if isinstance(keys, str) else keys
        while rest:
            # A program that waits for its output to be read reads no keys: do both by turns.
            readable, writable, _ = select.select([self._master], [self._master], [], _SEND_TIMEOUT)
            assert readable or writable, f"the program reads no keys:\n{self._picture()}"
            if writable:
                rest = rest[os.write(self._master, rest) :]
            elif not self._read(0):
                return  # it has ended, and nobody is left to read

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the terminal; the program is told by SIGWINCH."""
        self._screen.resize(rows, columns)
        self._set_size(self._master)

    def wait_for(self, condition: str | Callable[[list[str]], bool], timeout: float = 30) -> list[str]:
        """Read until the screen shows what is waited for.

        Args:
            condition: A text within one row, or a predicate over the rows.
            timeout: Seconds to wait at most.

        Returns:
            The screen that met the condition.

        Raises:
            AssertionError: It did not come in time, or the program ended without; shows the screen.
        """
        deadline = time.monotonic() + timeout
        while not self._meets(condition):
            remaining = deadline - time.monotonic()
            if self._ended or remaining <= 0:
                why = "the program ended" if self._ended else f"{timeout} s went by"
                raise AssertionError(f"{why} without {condition!r} on the screen:\n{self._picture()}")
            self._read(remaining)
        return self.screen()

    def wait_exit(self, timeout: float = 30) -> int:
        """Read until the program ends by itself.

        Returns:
            Its exit status, or minus the number of the signal that ended it.

        Raises:
            AssertionError: It still runs after `timeout` seconds; shows the screen.
        """
        deadline = time.monotonic() + timeout
        # Looking does not reap: as long as the leader is a zombie, no other session can get its number.
        while not (status := os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)):
            if time.monotonic() > deadline:
                raise AssertionError(f"still running after {timeout} s:\n{self._picture()}")
            # A background process may keep the terminal open, so its end does not tell; look again soon.
            self._read(0.02)
        while self._read(0):
            pass
        return status.si_status if status.si_code == os.CLD_EXITED else -status.si_status

    def kill(self) -> None:
        """End the program and all other processes of its session, at once."""
        if self._reaped:
            return
        for member in _session_members(self._pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(member, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        self._reaped = True

    def _meets(self, condition: str | Callable[[list[str]], bool]) -> bool:
        lines = self.screen()
        if callable(condition):
            return condition(lines)
        return any(condition in line for line in lines)

    def _picture(self) -> str:
        return "\n".join(f"|{line}|" for line in self.screen())

    def _set_size(self, descriptor: int) -> None:
        size = struct.pack("HHHH", self._screen.lines, self._screen.columns, 0, 0)
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, size)

    def _read(self, timeout: float) -> bool:
        """Take in what the program writes within `timeout` seconds; false when there was nothing."""
        if self._ended:
            # Nothing more can come; the time is still spent, so that a caller's loop does not spin.
            select.select([], [], [], timeout)
            return False
        if not select.select([self._master], [], [], timeout)[0]:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:  # how Linux says that the last process has closed the terminal
            data = b""
        if not data:
            self._ended = True
            return False
        self._written += data
        self._draw(data)
        self._answer(data)
        return True

    def _draw(self, data: bytes) -> None:
        data = self._not_drawn + data
        unfinished = _UNFINISHED.search(data)
        end = unfinished.start() if unfinished else len(data)
        self._stream.feed(_DRAWS_NOTHING.sub(b"", data[:end]))
        self._not_drawn = data[end:]

    def _answer(self, data: bytes) -> None:
        """Reply to what programs ask terminals, so that none waits for a reply that never comes."""
        data = self._not_searched + data
        searched = 0
        for query in _QUERY.finditer(data):
            searched = query.end()
            if query["mode"]:
                # Synchronised output (2026) is supported and off; no other mode is known.
                self.send(f"\x1b[?{query['mode'].decode()};{2 if query['mode'] == b'2026' else 0}$y")
            elif query["attributes"]:
                self.send("\x1b[?62;22c")
            elif query["cursor"]:
                self.send(f"\x1b[{self._screen.cursor.y + 1};{self._screen.cursor.x + 1}R")
            else:
                colour = "ffff/ffff/ffff" if query["colour"] == b"10" else "0000/0000/0000"
                self.send(f"\x1b]{query['colour'].decode()};rgb:{colour}\x1b\\")
        self._not_searched = data[max(searched, len(data) - _LONGEST_QUERY) :]


def _environment(changes: Mapping[str, str]) -> dict[str, str]:
    unwanted = re.compile(r"TEXTUAL|MSGLOG|PYTHON|COLUMNS$|LINES$|NO_COLOR$|FORCE_COLOR$|LC_")
    inherited = {name: value for name, value in os.environ.items() if not unwanted.match(name)}
    return inherited | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"} | dict(changes)


def _session_members(session: int) -> list[int]:
    """The processes of a session: all of them where there is a /proc, else its leader."""
    members = {session}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name, in parentheses, may hold anything; the session is the fourth field after it.
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:  # it ended while we looked
            continue
        if int(fields[3]) == session:
            members.add(int(stat.parent.name))
    return sorted(members)
