"""The least that a change of the screen could cost: about the bytes that turn one screen into the next.

It sees two screens and nothing else.  What changed is written in reading order, or style by style where that
is shorter, each run of changed cells after the cheapest move and the cheapest change of style; equal cells in
between are written again, and blanks erased, where that is cheaper.  A display may cost more because it
paints what is painted over before anyone looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyte.screens import Char

_NAMED_COLOUR: Final = 2
"""Bytes of a colour among the terminal's first eight, and of its own colour."""

_RESET: Final = 3
"""Bytes that end all styles, `CSI m`."""

_FRAME: Final = 2
"""Bytes of a sequence besides its parameters and its last letter: escape and bracket."""


class _Style(NamedTuple):
    fg: str
    bg: str
    attributes: tuple[bool, ...]


_PLAIN: Final = _Style("default", "default", (False,) * 6)
"""The style in which a frame begins and ends."""


def least_bytes(
    before: Sequence[Sequence[Char]], after: Sequence[Sequence[Char]], *, erases: bool = True
) -> int:
    """About how many bytes it takes at least to turn one screen into the next.

    Args:
        before: Rows of cells.
        after: The same later, of the same size.
        erases: Whether the terminal erases to the background colour in force.
    """
    rows = list(enumerate(zip(before, after, strict=True)))
    styles = {_style(cell): None for _, (_, new) in rows for cell in new}
    orders: tuple[list[_Style | None], ...] = ([None], list(styles))
    totals = []
    for order in orders:
        counter = _Counter(erases=erases)
        for style in order:
            for y, (old, new) in rows:
                counter.row(y, old, new, style)
        totals.append(counter.total + (_RESET if counter.style != _PLAIN else 0))
    return min(totals)


class _Counter:
    """Counts what a frame takes while knowing cursor and style, as the display itself does."""

    def __init__(self, *, erases: bool) -> None:
        self.total = 0
        self.style = _PLAIN
        self._at = (-1, -1)
        self._erases = erases

    def row(self, y: int, old: Sequence[Char], new: Sequence[Char], style: _Style | None) -> None:
        """Count what a row takes: all of it, or what is of one style."""
        changed = [
            x
            for x in range(len(new))
            if old[x] != new[x] and new[x].data and (style is None or _style(new[x]) == style)
        ]
        reached = 0
        for x in changed:
            if x < reached:
                continue
            blanks = self._blanks(new, x)
            if blanks and any(x < other < x + blanks for other in changed):
                self._erase(y, x, 1 + max(other for other in changed if other < x + blanks) - x, new)
                reached = x + blanks
            else:
                self._go(y, x, new)
                self._write(new[x])
                wide = x + 1 < len(new) and not new[x + 1].data
                reached = x + 1 + wide
                self._at = (y, reached) if reached < len(new) else (y, -1)

    def _blanks(self, row: Sequence[Char], x: int) -> int:
        """How many equal blanks stand from a column on, if they could be erased."""
        cell = row[x]
        visible = cell.underscore or cell.reverse or cell.strikethrough or cell.blink
        if cell.data != " " or visible or not (self._erases or cell.bg == "default"):
            return 0
        end = x
        while end < len(row) and row[end] == cell:
            end += 1
        return end - x

    def _erase(self, y: int, x: int, count: int, row: Sequence[Char]) -> None:
        self._go(y, x, row)
        self._turn(_style(row[x]))
        to_the_end = x + self._blanks(row, x) == len(row)
        if to_the_end:
            self.total += min(count, _FRAME + 1)
            self._at = (y, -1 if count <= _FRAME else x)
        elif count <= (sequence := _FRAME + 1 + len(str(count))):
            self.total += count
            self._at = (y, x + count)
        else:
            self.total += sequence
            self._at = (y, x)

    def _go(self, y: int, x: int, row: Sequence[Char]) -> None:
        at_y, at_x = self._at
        if (y, x) == self._at:
            return
        move = _FRAME + 1 + len(f"{y + 1};{x + 1}" if x else f"{y + 1}")
        if at_x >= 0 and y == at_y and x > at_x:
            move = _FRAME + 1 + (len(str(x - at_x)) if x - at_x > 1 else 0)
            if x - at_x <= move:
                style, over = self.style, 0
                for cell in [*row[at_x:x], row[x]]:
                    over += _change(style, _style(cell))
                    style = _style(cell)
                over += sum(len(cell.data.encode()) for cell in row[at_x:x])
                if over <= move + _change(self.style, style):
                    self.total += over
                    self.style = style
                    return
        elif at_y >= 0 and y == at_y + 1 and x == 0:
            move = 2
        elif at_x >= 0 and y == at_y + 1 and x == at_x:
            move = _FRAME + 1
        self.total += move

    def _write(self, cell: Char) -> None:
        self._turn(_style(cell))
        self.total += len(cell.data.encode())

    def _turn(self, style: _Style) -> None:
        self.total += _change(self.style, style)
        self.style = style


def _style(cell: Char) -> _Style:
    attributes = (cell.bold, cell.italics, cell.underscore, cell.strikethrough, cell.reverse, cell.blink)
    return _Style(cell.fg, cell.bg, attributes)


def _change(old: _Style, new: _Style) -> int:
    """Bytes of the shortest change of style: piecemeal, or from nothing."""
    if old == new:
        return 0
    on = 2 * sum(new.attributes)
    colours = [len(_parameters(colour)) + 1 for colour in new[:2] if colour != "default"]
    from_nothing = _FRAME + 1 + on + sum(colours) + bool(on or colours)
    if new == _PLAIN:
        return _RESET
    piecemeal = _FRAME
    for was, now in zip(old.attributes, new.attributes, strict=True):
        piecemeal += 0 if was == now else 2 if now else 3
    for was_colour, now_colour in zip(old[:2], new[:2], strict=True):
        piecemeal += 0 if was_colour == now_colour else len(_parameters(now_colour)) + 1
    return min(from_nothing, piecemeal)


def _parameters(colour: str) -> str:
    """About what SGR is told for a colour of pyte's."""
    if len(colour) != 6 or not set(colour) <= set("0123456789abcdef"):
        return "3" * _NAMED_COLOUR
    red, green, blue = (int(colour[place : place + 2], 16) for place in (0, 2, 4))
    return f"38;2;{red};{green};{blue}"
