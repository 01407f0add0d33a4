"""The dates: two inputs that understand what people type, and the zone in which they are local."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Input, Label

from msglog_tui import dates, spans
from msglog_tui.errors import DateError
from msglog_tui.text import counted

if TYPE_CHECKING:
    from datetime import date
    from typing import ClassVar, Literal

    from textual.app import ComposeResult

    from msglog_tui.types import Window


class DateInput(Input):
    """One date.  Enter takes it, Esc leaves it as it was."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "give_up", "Back", show=False)]

    @dataclass
    class GivenUp(Message):
        """Esc was pressed."""

    def action_give_up(self) -> None:
        """Leave the date as it was."""
        self.post_message(self.GivenUp())


class DateBar(Horizontal):
    """Start, End, the number of days, and the zone."""

    DEFAULT_CSS = """
    DateBar {
        height: 1;
        background: $panel;
        Label { padding: 0 1; }
        DateInput {
            width: 14; height: 1; border: none; padding: 0 1; background: $boost;
            &:focus { background: $surface; text-style: bold; }
            &.-wrong { background: $error 40%; }
        }
        #span { width: 1fr; }
    }
    """

    window: reactive[Window | None] = reactive(None)
    """The window shown."""

    @dataclass
    class Chosen(Message):
        """Other dates were typed."""

        start: date
        end: date

    @dataclass
    class Wrong(Message):
        """What was typed cannot be taken; the window stays."""

        error: DateError

    @dataclass
    class Left(Message):
        """Whoever was typing is done with it."""

    def compose(self) -> ComposeResult:
        """Lay the line out."""
        yield Label("Start")
        yield DateInput(id="start", compact=True, select_on_focus=True)
        yield Label("End")
        yield DateInput(id="end", compact=True, select_on_focus=True)
        yield Label(id="span", markup=False)

    def on_mount(self) -> None:
        """Keep the inputs quiet: a blinking cursor sends bytes over the line for ever."""
        for box in self.query(DateInput):
            box.cursor_blink = False

    def edit(self, which: Literal["start", "end"]) -> None:
        """Put the cursor into one of the inputs."""
        self.screen.set_focus(self.query_one(f"#{which}", DateInput))

    def watch_window(self) -> None:
        """Show the dates of a new window."""
        if self.window is None or not self.is_mounted:
            return
        self.query_one("#start", DateInput).value = self.window.start.isoformat()
        self.query_one("#end", DateInput).value = self.window.end.isoformat()
        days = counted(self.window.days, "day")
        zone = f"{self.window.zone} {dates.offset(self.window.zone, self.window.first)}"
        self.query_one("#span", Label).update(f"{days}   {zone}")
        self.query(DateInput).remove_class("-wrong")

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        event.stop()
        if self._try(event.input):
            self.post_message(self.Left())

    @on(Input.Blurred)
    def _leave(self, event: Input.Blurred) -> None:
        event.stop()
        self._try(event.input)

    @on(DateInput.GivenUp)
    def _give_up(self, event: DateInput.GivenUp) -> None:
        event.stop()
        self.watch_window()
        self.post_message(self.Left())

    def _try(self, box: Input) -> bool:
        """Take what was typed, or say what is wrong with it and keep the window."""
        if self.window is None:
            return False
        now = self.window
        shown = now.start if box.id == "start" else now.end
        if box.value.strip() == shown.isoformat():
            self.watch_window()
            return True
        try:
            first, last = spans.parse_span(box.value, dates.today(now.zone))
            if first != last:
                start, end = first, last
            else:
                start, end = (first, now.end) if box.id == "start" else (now.start, first)
            dates.window(start, end, now.zone)
        except DateError as error:
            box.add_class("-wrong")
            self.post_message(self.Wrong(error))
            return False
        self.post_message(self.Chosen(start, end))
        return True
