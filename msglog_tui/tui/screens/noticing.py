"""A screen with a line that says what went wrong and what to do, or what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.screen import Screen
from textual.widgets import Label

from msglog_tui.delivery import Delivery
from msglog_tui.errors import UnreachableError

if TYPE_CHECKING:
    from textual.timer import Timer

    from msglog_tui.errors import Refusal

_PAUSES: Final = (0.3, 1.0, 2.0)
# Seconds before an archive that cannot be reached is asked again; from then on the last of them.


class Noticing(Screen[Delivery | None]):
    """Has a label of the class `notice` for that.

    It may be left for the message of a delivery.
    """

    _again: Timer | None = None
    _failures = 0

    def say(self, text: str, *, wrong: bool = False) -> None:
        """Say something; nothing for an empty text."""
        notice = self.query_one(".notice", Label)
        if not text and not notice.display:  # an update would lay the whole screen out
            return
        notice.update(text)
        notice.display = bool(text)
        notice.set_class(wrong, "-wrong")

    def say_exported(self, said: str | None) -> None:
        """Say what came of an export, unless it was left."""
        if said is not None:
            self.say(said)

    # An archive on a server that may be back in a moment

    def ask_again(self) -> None:
        """Read everything anew."""
        raise NotImplementedError

    def say_failed(self, error: Refusal) -> None:
        """Say what could not be read; where that may pass by itself, ask again in a while."""
        if not isinstance(error, UnreachableError):
            self.say(str(error), wrong=True)
            return
        self.say(f"{error} msglog asks again by itself.", wrong=True)
        if self._again is None:
            pause = _PAUSES[min(self._failures, len(_PAUSES) - 1)]
            self._failures += 1
            self._again = self.set_timer(pause, self._try)

    def _try(self) -> None:
        self._again = None
        self.ask_again()

    def begin_reading(self) -> None:
        """What was said is over, unless it is that the archive cannot be reached."""
        if not self._failures:
            self.say("")

    def end_reading(self) -> None:
        """The archive has answered."""
        if self._failures and self._again is None:
            self._failures = 0
            self.say("")
