"""The line in which a filter is typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

if TYPE_CHECKING:
    from typing import ClassVar

    from textual.app import ComposeResult
    from textual.timer import Timer

PAUSE: Final = 0.15
"""Seconds without a key after which the filter is tried: it feels live, and does not ask at every letter."""


class FilterInput(Input):
    """What to look for.  Enter keeps it, Esc clears it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "Clear", show=False),
        Binding("down", "keep", "To the tree", show=False),
    ]

    @dataclass
    class Kept(Message):
        """Enter or an arrow down was pressed."""

    @dataclass
    class GivenUp(Message):
        """Esc was pressed."""

    def action_give_up(self) -> None:
        """Clear the filter."""
        self.post_message(self.GivenUp())

    def action_keep(self) -> None:
        """Keep it and go to the tree."""
        self.post_message(self.Kept())


class FilterBar(Horizontal):
    """The filter; hidden while there is none."""

    DEFAULT_CSS = """
    FilterBar {
        height: 1;
        display: none;
        background: $boost;
        #slash { padding: 0 0 0 1; color: $accent; text-style: bold; }
        FilterInput { width: 1fr; height: 1; border: none; padding: 0 1; background: $boost; }
        #found { padding: 0 1; color: $text-muted; }
    }
    """

    @dataclass
    class Changed(Message):
        """Another filter is to be tried."""

        text: str

    @dataclass
    class Left(Message):
        """Whoever was typing is done with it."""

    def __init__(self) -> None:
        super().__init__()
        self._pause: Timer | None = None
        self._found = ""

    def compose(self) -> ComposeResult:
        """Lay the line out."""
        yield Label("/", id="slash", markup=False)
        yield FilterInput(placeholder="enterprise, customer, subject, sender or list", compact=True)
        yield Label(id="found", markup=False)

    def on_mount(self) -> None:
        """Keep the input quiet."""
        self.query_one(FilterInput).cursor_blink = False

    def edit(self) -> None:
        """Show the line and put the cursor into it."""
        self.display = True
        self.screen.set_focus(self.query_one(FilterInput))

    def clear(self) -> None:
        """Forget the filter and hide the line."""
        with self.prevent(Input.Changed):
            self.query_one(FilterInput).value = ""
        self._stop_pause()
        self.display = False

    def say(self, found: str) -> None:
        """Say what was found."""
        if found != self._found:  # an update lays the whole screen out
            self._found = found
            self.query_one("#found", Label).update(found)

    def _stop_pause(self) -> None:
        if self._pause is not None:
            self._pause.stop()
            self._pause = None

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._stop_pause()
        self._pause = self.set_timer(PAUSE, self._tell)

    @on(Input.Submitted)
    @on(FilterInput.Kept)
    def _keep(self, event: Message) -> None:
        event.stop()
        self._stop_pause()
        self._tell()
        if not self.query_one(FilterInput).value.strip():
            self.display = False
        self.post_message(self.Left())

    @on(FilterInput.GivenUp)
    def _give_up(self, event: FilterInput.GivenUp) -> None:
        event.stop()
        self.clear()
        self._tell()
        self.post_message(self.Left())

    def _tell(self) -> None:
        self.post_message(self.Changed(self.query_one(FilterInput).value.strip()))
