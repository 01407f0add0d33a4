"""Keys typed ahead: they are for what is about to be on the screen, and wait until it is there."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from textual import events, on

from msglog_tui.tui.watch import WatchedApp
from msglog_tui.tui.widgets.outline import Outline

if TYPE_CHECKING:
    from textual.timer import Timer

PATIENCE: Final = 0.5
"""Seconds that keys wait for a row that opens; those that come when the wait shows do not wait at all."""

_AT_ONCE: Final = frozenset({"escape", "ctrl+q", "ctrl+c"})
# Keys that stop what one would wait for: they do not wait, and whatever was typed before them is void.

_ALONE: Final = "q"
# Does not wait when it is the first: behind a slash it is a letter.


class TypedAheadApp(WatchedApp):
    """An app that keeps keys until the rows are there that they are for; it is never blocked by them."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead: deque[events.Key] = deque()
        self._impatience: Timer | None = None
        self._has_begun = False

    def on_ready(self) -> None:
        """The first screen is laid out; keys may have come before."""
        self._has_begun = True
        self._go_on()

    async def on_event(self, event: events.Event) -> None:
        """Take a key, or keep it for later."""
        if isinstance(event, events.Key) and not event.is_forwarded and self._keeps(event):
            return
        await super().on_event(event)

    def _keeps(self, event: events.Key) -> bool:
        if event.key in _AT_ONCE or (event.key == _ALONE and not self._ahead):
            self._ahead.clear()
            return False
        outline = self._outline
        seen = outline is not None and outline.shows_wait
        if not self._ahead and not self._shows_nothing and (seen or not self._moves):
            return False
        if not self._ahead:
            self._be_patient()
        self._ahead.append(event)
        return True

    @property
    def _outline(self) -> Outline | None:
        """The rows that keys are for."""
        return self.focused if isinstance(self.focused, Outline) else None

    @property
    def _shows_nothing(self) -> bool:
        """Whether there is nothing to be seen yet that a key could be for."""
        return not self._has_begun or (self._outline is not None and self._outline.unseen)

    @property
    def _moves(self) -> bool:
        """Whether the rows are about to be others."""
        return self._outline is not None and self._outline.in_motion

    @on(Outline.Loaded)
    @on(Outline.Opened)
    @on(Outline.Failed)
    @on(Outline.Highlighted)
    def _go_on(self) -> None:
        if self._ahead:
            self.call_later(self._type)

    def _be_patient(self) -> None:
        """Give what is about to be there its time, from now on."""
        if self._impatience is not None:
            self._impatience.stop()
        self._impatience = self.set_timer(PATIENCE, self._lose_patience)

    def _lose_patience(self) -> None:
        self._impatience = None
        self.call_later(self._type, hasty=True)

    async def _type(self, *, hasty: bool = False) -> None:
        """Do what the keys do that were kept, up to the first that has to wait again.

        Args:
            hasty: Whether none waits for rows that open.
        """
        anew = self._impatience is None
        while self._ahead and not self._shows_nothing and (hasty or not self._moves):
            await super().on_event(self._ahead.popleft())
            anew = True
        if self._ahead and anew:
            self._be_patient()
