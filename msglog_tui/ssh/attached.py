"""A visit of somebody whom an sshd of this machine has let in: `msglog attach` has their terminal."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from msglog_tui import dates
from msglog_tui.ssh import attach
from msglog_tui.ssh.environment import of_client
from msglog_tui.ssh.visit import Visit
from msglog_tui.text import clean

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping
    from typing import Self

    from msglog_tui.ssh.house import House
    from msglog_tui.ssh.messages import Message
    from msglog_tui.ssh.parking import Spare
    from msglog_tui.ssh.roster import Visitor

_PAUSE: Final = 0.03
# Seconds between two things that are heard: what is said without end keeps nobody else waiting.

_INHERITED: Final = ("TERM", "COLORTERM", "LANG", "NO_COLOR")


@dataclass(frozen=True, slots=True)
class Claims:
    """What `msglog attach` says of the person at its terminal.

    Attributes:
        login: Who they are; `None` to leave that to the account.
        time_zone: Zone in which they read dates; `None` for their own.
        host: How they call this machine; `None` if that is not set.
        has_terminal: Whether they can be shown a screen.
        command: What they have typed after `ssh host`; `None` for nothing.
        connection: Where they come from, in the words of sshd.
        proof: By what they came, in the words of sshd.
        environment: Variables that sshd has from their client.
    """

    login: str | None
    time_zone: str | None
    host: str | None
    has_terminal: bool
    command: str | None
    connection: str
    proof: str
    environment: Mapping[str, str]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a message.  Whatever is in it, something comes out: who is to be believed is seen later."""
        pairs = (each.partition("=") for each in data.decode("utf-8", "replace").split("\0"))
        said = {name: value for name, _, value in pairs}
        return cls(
            login=said.get("login") or None,
            time_zone=said.get("time_zone") or None,
            host=said.get("host") or None,
            has_terminal="terminal" in said,
            command=said.get("SSH_ORIGINAL_COMMAND") or None,
            connection=said.get("SSH_CONNECTION", ""),
            proof=said.get("proof", ""),
            environment={name: said[name] for name in _INHERITED if name in said},
        )


class Attached(Visit):
    """The server's side of one `msglog attach`.

    Args:
        house: The server.
        visitor: Whose visit it is.
        line: To `msglog attach`; ours to close.
        claims: What it says.
        call: How the person calls this machine.

    Raises:
        DateError: The zone that is claimed is none.
    """

    def __init__(
        self, house: House, visitor: Visitor, line: socket.socket, claims: Claims, call: str
    ) -> None:
        super().__init__(house, visitor)
        self.command = claims.command
        self._line = line
        self._claims = claims
        self._call = call
        if claims.time_zone is not None:
            dates.check_zone(claims.time_zone)

    @property
    def _has_terminal(self) -> bool:
        return self._claims.has_terminal

    def _circumstances(self) -> Message:
        settings = self._house.settings
        environment = self._claims.environment
        terminal = environment.get("TERM", "") if self._claims.has_terminal else None
        return {
            "environment": of_client(environment, terminal),
            "call": self._call,
            "time_zone": self._claims.time_zone or settings.time_zone,
            "attached": True,
            "idle": settings.limits.idle,
        }

    def _hand_over(self, spare: Spare, order: Message) -> None:
        """Give the line itself away for a moment: the terminal comes by it, and we never have it."""
        spare.begin(order, [self._line.fileno()], self._told)

    def _told(self, message: Message) -> None:
        if "arrived" in message:
            asyncio.get_running_loop().add_reader(self._line, self._hear)
        else:
            super()._told(message)

    def _hear(self) -> None:
        """Pass on that the terminal has another size; end with whoever holds it."""
        try:
            said = self._line.recv(attach.LONGEST)
        except BlockingIOError:
            return
        except OSError:
            said = b""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._line)
        if not said:
            self._client_is_gone()
            return
        if said == attach.WINDOW_CHANGED and self._spare is not None:
            self._spare.resized()
        self._later("hear again", _PAUSE, loop.add_reader, self._line, self._hear)

    def _leave(self, sentence: str, status: int, answer: str = "") -> None:
        tell(self._line, sentence, status, answer)

    def close(self) -> None:
        """Let go of the line."""
        self._stop_timers()
        asyncio.get_running_loop().remove_reader(self._line)
        self._line.close()


def tell(line: socket.socket, sentence: str, status: int, answer: str = "") -> None:
    """Say the last word to a `msglog attach`."""
    words = (str(status), answer, clean(sentence))
    with contextlib.suppress(OSError):  # it has gone, and nobody is there to be told
        line.send("\0".join(words).encode())
