"""A screen of what happened between two dates, and the keys that move them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import work
from textual.reactive import var

from msglog_tui import dates, spans
from msglog_tui.errors import DateError
from msglog_tui.tui.screens.noticing import Noticing
from msglog_tui.tui.screens.picker import Picker
from msglog_tui.tui.widgets.date_bar import DateBar

if TYPE_CHECKING:
    from datetime import date
    from typing import Literal

    from msglog_tui.types import Window


class DatedScreen(Noticing):
    """Knows the window of dates; what is in them is for who derives from it.

    Args:
        zone: IANA name of the reader's own zone.
    """

    window: var[Window | None] = var(None, init=False)
    """The dates shown."""

    def __init__(self, zone: str) -> None:
        super().__init__()
        self.own_zone = zone
        self._changing_zone = asyncio.Lock()

    async def zone_at_cursor(self) -> str:
        """The zone of what the cursor is on; empty when it has none."""
        raise NotImplementedError

    def action_edit_date(self, which: Literal["start", "end"]) -> None:
        """Put the cursor into an input."""
        self.query_one(DateBar).edit(which)

    def action_presets(self) -> None:
        """Offer spans of dates."""

        def take(text: str | None) -> None:
            if text is not None and self.window is not None:
                self.set_dates(*spans.parse_span(text, dates.today(self.window.zone)))

        self.app.push_screen(Picker("Dates", spans.PRESETS), take)

    def action_shift(self, steps: int) -> None:
        """Move the window by its own length."""
        if self.window is not None:
            self.set_dates(*dates.shift(self.window.start, self.window.end, steps))

    def action_shift_days(self, days: int) -> None:
        """Move the window by days."""
        if self.window is not None:
            self.set_dates(*dates.shift_days(self.window.start, self.window.end, days))

    def action_shift_months(self, months: int) -> None:
        """Move the window by months."""
        if self.window is not None:
            self.set_dates(*dates.shift_months(self.window.start, self.window.end, months))

    def set_dates(self, start: date, end: date) -> None:
        """Show other dates in the same zone."""
        if self.window is not None:
            self._set_window(start, end, self.window.zone)

    def _set_window(self, start: date, end: date, zone: str) -> None:
        try:
            self.window = dates.window(start, end, zone)
        except DateError as error:
            self.say(str(error), wrong=True)

    @work
    async def action_time_zone(self) -> None:
        """Go to the next zone: one's own, the enterprise's, UTC."""
        async with self._changing_zone:  # who presses the key twice goes on by two
            zones = [self.own_zone, await self.zone_at_cursor(), "UTC"]
            if self.window is None:
                return
            ring = list(dict.fromkeys(filter(None, zones)))
            here = ring.index(self.window.zone) if self.window.zone in ring else -1
            self._set_window(self.window.start, self.window.end, ring[(here + 1) % len(ring)])
