"""Writes for a terminal while knowing where its cursor stands and which style is in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msglog_tui.tui.wire import cells
from msglog_tui.tui.wire.styles import PLAIN

if TYPE_CHECKING:
    from rich.console import Console
    from textual.strip import Strip

    from msglog_tui.tui.wire.styles import Styles

_NOWHERE = -1


class Pen:
    """Collects what to write for one frame.

    The frame begins and ends with the terminal's own style, so that whatever else is written between frames,
    and whatever comes after us, finds it as it expects.

    Args:
        styles: What the numbers of styles mean.
        width: Columns of the screen.
    """

    def __init__(self, styles: Styles, width: int) -> None:
        self._styles = styles
        self._width = width
        self._out: list[str] = []
        self._style = PLAIN
        self._y = _NOWHERE
        self._x = _NOWHERE

    def finish(self) -> str:
        """All that is to be written."""
        self._turn(PLAIN)
        return "".join(self._out)

    def _turn(self, style: int) -> None:
        if style != self._style:
            self._out.append(self._styles.change(self._style, style))
            self._style = style

    def _way(self, y: int, x: int) -> str:
        """How to get to a cell, in as few bytes as can be."""
        if y == self._y:
            if x == self._x:
                return ""
            if self._x < x and self._x != _NOWHERE:
                return "\x1b[C" if x == self._x + 1 else f"\x1b[{x - self._x}C"
        elif y == self._y + 1 and self._y != _NOWHERE:
            if x == 0:
                return "\r\n"
            if x == self._x:
                return "\x1b[B"
        return f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H"

    def row(self, y: int, row: list[int], runs: list[tuple[int, int]]) -> None:
        """Write the runs of a row that changed.

        Args:
            y: Which row.
            row: All cells of the row as they shall be.
            runs: Columns from and to of what changed, from left to right; no wide character is cut.
        """
        end = _NOWHERE
        for index, (start, stop) in enumerate(runs):
            if index and self._spans(row, y, end, start):
                start = end
            self._run(y, row, start, stop, last=index == len(runs) - 1)
            end = stop

    def _spans(self, row: list[int], y: int, start: int, stop: int) -> bool:
        """Whether writing equal cells once more is no dearer than to go around them."""
        around = len(self._way(y, stop)) if self._x == start else 0
        gap = row[start:stop]
        if len(gap) > around or cells.UNKNOWN in gap:
            return False
        change, style = self._styles.change, self._style
        over = len(cells.text_of(gap).encode())
        for cell in gap:
            over += len(change(style, cells.style_of(cell)))
            style = cells.style_of(cell)
        after = cells.style_of(row[stop])
        return over + len(change(style, after)) <= around + len(change(self._style, after))

    def _run(self, y: int, row: list[int], start: int, stop: int, *, last: bool) -> None:
        while start < stop:
            style = cells.style_of(row[start])
            end = start + 1
            while end < stop and cells.style_of(row[end]) == style:
                end += 1
            self._stretch(y, row, start, end, style, last=last and end == stop)
            start = end

    def _stretch(self, y: int, row: list[int], start: int, stop: int, style: int, *, last: bool) -> None:
        """Write cells of one style."""
        self._out.append(self._way(y, start))
        self._turn(style)
        self._y, self._x = y, start
        can_erase = self._styles.can_erase(style)
        while start < stop:
            end = start + 1
            if can_erase and cells.is_blank(row[start]):
                while end < stop and row[end] == row[start]:
                    end += 1
                self._blanks(y, row, start, end, last=last and end == stop)
            else:
                while end < stop and not (can_erase and cells.is_blank(row[end])):
                    end += 1
                self._write(cells.text_of(row[start:end]), end)
            start = end

    def _write(self, text: str, end: int) -> None:
        ...
