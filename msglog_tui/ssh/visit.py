"""What somebody who has come in wants, from the beginning to the end, whichever way they came."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

from msglog_tui import endings
from msglog_tui.endings import LIMITED
from msglog_tui.errors import Refusal
from msglog_tui.ssh import spare as spares
from msglog_tui.ssh.words import NO_TERMINAL, split

if TYPE_CHECKING:
    from asyncio import TimerHandle

    from msglog_tui.ssh.house import House
    from msglog_tui.ssh.messages import Message
    from msglog_tui.ssh.parking import Spare
    from msglog_tui.ssh.roster import Visitor

MISUSED: Final = 2

_CRASHED: Final = "The session ended by an error of msglog's own; the server has logged it. Connect again."

_log = logging.getLogger(__name__)


class Visit(ABC):
    """A screen, or a command: the order for it, the process that carries it out, limits, and the last word.

    Those who derive know how the client is spoken to.

    Args:
        house: The server.
        visitor: Whose visit it is.

    Attributes:
        command: What was asked for; `None` for the screen.
    """

    def __init__(self, house: House, visitor: Visitor) -> None:
        self.visitor = visitor
        self.command: str | None = None
        self._house = house
        self._spare: Spare | None = None
        self._said: tuple[str, int] | None = None
        self._gone = False
        self._timers: dict[str, TimerHandle] = {}

    def end(self, sentence: str, status: int = LIMITED) -> None:
        """End the visit from our side, and say why."""
        if self._said is None:
            self._said = (sentence, status)
            if self._spare is not None:
                self._spare.hang_up()

    async def live(self) -> None:
        """All of it."""
        try:
            order = self._order()
            if order is not None:
                async with self._house.room(self):
                    await self._carry_out(order)
        except Refusal as error:
            self._leave(str(error), self._said[1] if self._said else LIMITED)
        except Exception:
            _log.exception("A session of %s failed.", self.visitor.login)
            self._leave("The session could not be opened. Tell whoever runs this server.", LIMITED)

    # What a way in knows

    @property
    @abstractmethod
    def _has_terminal(self) -> bool:
        """Whether there is something that can show a screen."""

    @abstractmethod
    def _circumstances(self) -> Message:
        """What the order says of where the client is: `environment` and `call`, and what else differs."""

    @abstractmethod
    def _hand_over(self, spare: Spare, order: Message) -> None:
        """Have a process begin, on the client's terminal or outputs."""

    def _ended(self) -> None:  # noqa: B027 - whoever has the terminal itself has nothing to pass on
        """Pass on what the process has written last."""

    @abstractmethod
    def _leave(self, sentence: str, status: int, answer: str = "") -> None:
        """End the client's side.

        Args:
            sentence: What went wrong; empty for nothing.
            status: The exit status.
            answer: What goes to standard output.
        """

    # What is the same for all

    def _order(self) -> Message | None:
        """What a process is to do; `None` when there is nothing for one to do."""
        settings = self._house.settings
        order: Message = {
            "kind": "screen" if self.command is None else "command",
            "login": self.visitor.login,
            "store": settings.store,
            "time_zone": settings.time_zone,
            "server_zone": settings.server_zone,
            **self._circumstances(),
        }
        if self.command is None:
            if self._has_terminal:
                return order
            self._leave(NO_TERMINAL, MISUSED)
            return None
        try:
            order["words"] = split(self.command)
        except Refusal as error:
            self._leave(str(error), MISUSED)
            return None
        answer = {("help",): settings.help_text, ("version",): settings.version}.get(tuple(order["words"]))
        if answer is None:
            return order
        self._leave("", 0, answer)
        return None

    async def _carry_out(self, order: Message) -> None:
        # A screen that was laid out in colours cannot do without them any more.
        laid_out = self.command is None and "NO_COLOR" not in order["environment"]
        parking = self._house.parking
        spare = await (parking.take() if laid_out else parking.fork())
        if self._gone:  # while we waited
            spare.kill()
            return
        self._spare = spare
        longest = self._house.settings.limits.longest
        what = "session" if self.command is None else "command"
        self._later("total", longest, self.end, endings.too_long(what, longest))
        self._hand_over(spare, order)
        if self._said is not None:
            spare.hang_up()
        status = await spare.ended
        self._ended()
        if not self._gone:
            self._say_goodbye(status)

    def _say_goodbye(self, status: int) -> None:
        if self._said is not None:
            self._leave(*self._said)
        elif status == spares.CRASHED or status < 0:
            self._leave(_CRASHED, spares.CRASHED)
        else:
            self._leave("", status)

    def _client_is_gone(self) -> None:
        """End the process: nobody sees any more what it does."""
        self._gone = True
        self._stop_timers()
        if self._spare is not None:
            self._spare.hang_up()

    def _stop_timers(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _told(self, message: Message) -> None:
        self._house.told(self, message)

    def _later(self, name: str, seconds: float, call: object, *arguments: object) -> None:
        old = self._timers.pop(name, None)
        if old is not None:
            old.cancel()
        self._timers[name] = asyncio.get_running_loop().call_later(seconds, call, *arguments)  # type: ignore[arg-type]
