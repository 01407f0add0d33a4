"""A screen with a line that says what went wrong and what to do, or what was done."""

from __future__ import annotations

from textual.screen import Screen
from textual.widgets import Label

from msglog_tui.delivery import Delivery


class Noticing(Screen[Delivery | None]):
    """Has a label of the class `notice` for that.

    It may be left for the message of a delivery.
    """

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
