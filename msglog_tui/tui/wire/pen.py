"""Writes for a terminal while knowing where its cursor stands and which style is in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.strip import Strip

from msglog_tui.tui.wire import cells
from msglog_tui.tui.wire.styles import PLAIN

if TYPE_CHECKING:
    from rich.console import Console

    from msglog_tui.tui.wire.styles import Styles

_NOWHERE = -1


class Pen:
    """Collects what to write for one frame.

    A frame begins and ends with the terminal's own style, so that whatever is written between frames or after
    the last finds the terminal as it expects it.

    Args:
        console: Says how Textual writes a style.
        styles: What the numbers of styles mean.
        width: Columns of the screen.
    """

    def __init__(self, console: Console, styles: Styles, width: int) -> None:
        self._console = console
        self._styles = styles
        self._width = width
        self._out: list[str] = []
        self._style = PLAIN
        self._y = _NOWHERE
        self._x = _NOWHERE

    def finish(self) -> str:
        """All that is to be written; empty when nothing was."""
        self._turn(PLAIN)
        return "".join(self._out)

    def runs(self, y: int, row: list[int], runs: list[tuple[int, int]]) -> None:
        """Write what changed in a row.

        Args:
            y: Which row.
            row: All its cells as they shall be.
            runs: Columns from and to of what changed, from left to right; they cut no wide character.
        """
        start, stop = runs[0]
        for next_start, next_stop in runs[1:]:
            if self._is_one_blank(row, stop - 1, next_start + 1):
                stop = next_stop
                continue
            self._run(y, row, start, stop, last=False)
            start = stop if self._is_cheap(y, row, stop, next_start) else next_start
            stop = next_stop
        self._run(y, row, start, stop, last=True)

    def strip(self, y: int, x: int | None, strip: Strip) -> None:
        """Write a strip as Textual does, wherever that takes the cursor.

        What terminals disagree on is written character for character as Textual writes it, and between the
        same sequences, since some terminals join characters only where no sequence comes between.

        Args:
            y: Which row.
            x: At which column; `None` to go on where the strip before has left the cursor.
            strip: What to write.
        """
        if x is not None:
            self._go(y, x)
        for text, style, _ in strip:
            number = self._styles.number(style)
            if number is not None and cells.is_simple(text):
                self._turn(number)
                self._out.append(text)
            else:
                self._turn(PLAIN)
                self._out.append(Strip([Segment(text, style)]).render(self._console))
        self._y = self._x = _NOWHERE

    def _is_one_blank(self, row: list[int], start: int, stop: int) -> bool:
        """Whether cells are all the same blank, to be erased at one go."""
        cell = row[start]
        return (
            cells.is_blank(cell)
            and row[start:stop] == [cell] * (stop - start)
            and self._styles.can_erase(cells.style_of(cell))
        )

    def _is_cheap(self, y: int, row: list[int], start: int, stop: int) -> bool:
        """Whether writing cells that are there already is no dearer than going around them."""
        around = len(self._way(y, stop))
        gap = row[start:stop]
        if len(gap) > around or cells.UNKNOWN in gap or self._x != start:
            return False
        over = len(cells.text_of(gap).encode())
        style = self._style
        for cell in (*gap, row[stop]):
            over += len(self._styles.change(style, cells.style_of(cell)))
            style = cells.style_of(cell)
        return over <= around + len(self._styles.change(self._style, style))

    def _run(self, y: int, row: list[int], start: int, stop: int, *, last: bool) -> None:
        """Write cells; `last` says that nothing comes after them in this row."""
        written = x = start
        style = cells.style_of(row[start])
        while x < stop:
            cell = row[x]
            if cells.style_of(cell) != style:
                self._write(y, row, written, x)
                written, style = x, cells.style_of(cell)
            end = x + 1
            if cells.is_blank(cell) and self._styles.can_erase(style):
                while end < stop and row[end] == cell:
                    end += 1
                erase = self._eraser(row, x, end, last=last and end == stop)
                if erase:
                    self._write(y, row, written, x)
                    self._go(y, x)
                    self._turn(style)
                    self._out.append(erase)
                    written = end
            x = end
        self._write(y, row, written, stop)

    def _eraser(self, row: list[int], start: int, stop: int, *, last: bool) -> str:
        """How to erase blanks; empty when spaces are shorter."""
        count = stop - start
        to_the_end = "\x1b[K"
        if count > len(to_the_end) and row[stop:] == [row[start]] * (self._width - stop):
            return to_the_end
        erase = f"\x1b[{count}X"
        # Erasing leaves the cursor behind: to go on from there takes as many bytes again.
        return erase if count > (len(erase) if last else 2 * len(erase)) else ""

    def _write(self, y: int, row: list[int], start: int, stop: int) -> None:
        """Write cells of one style."""
        if start < stop:
            self._go(y, start)
            self._turn(cells.style_of(row[start]))
            self._out.append(cells.text_of(row[start:stop]))
            # Behind the last column some terminals keep the cursor on it and some beside it.
            self._x = stop if stop < self._width else _NOWHERE

    def _turn(self, style: int) -> None:
        if style != self._style:
            self._out.append(self._styles.change(self._style, style))
            self._style = style

    def _go(self, y: int, x: int) -> None:
        self._out.append(self._way(y, x))
        self._y, self._x = y, x

    def _way(self, y: int, x: int) -> str:
        """How to get to a cell from where the cursor is, in as few bytes as can be."""
        known = self._x != _NOWHERE
        if y == self._y:
            if known and x == self._x:
                return ""
            if known and x > self._x:
                return f"\x1b[{x - self._x}C" if x > self._x + 1 else "\x1b[C"
        elif y == self._y + 1 and self._y != _NOWHERE:
            if x == 0:
                return "\r\n"  # the return too: not every terminal line adds it
            if known and x == self._x:
                return "\x1b[B"
        return f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H"
