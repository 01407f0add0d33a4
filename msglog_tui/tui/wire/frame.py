"""The frame last sent, and what of the next one is to be written."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final, TypeAlias

from rich.cells import cell_len
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Size

from msglog_tui.tui.wire import cells
from msglog_tui.tui.wire.pen import Pen
from msglog_tui.tui.wire.styles import Styles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console
    from textual.strip import Strip

Placed: TypeAlias = "tuple[int | None, Strip]"
"""A column and what Textual writes from there on; no column where it goes on behind the strip before."""

Piece: TypeAlias = "tuple[int, list[int]]"
"""A column, and the cells from there on."""

Change: TypeAlias = "tuple[int, list[int], list[tuple[int, int]]]"
"""A row, all its cells, and columns from and to of those that changed."""

Update: TypeAlias = LayoutUpdate | ChopsUpdate
"""A frame, or a part of one, as Textual would write it."""


_FEW_ROWS: Final = 8
"""Up to so many rows it may pay to write row by row; of a screenful, all of one style before the next."""

_STRIPS_KNOWN: Final = 1024
"""Strips whose cells are remembered: a few screens of lines, each in a few parts."""


def _by_style(changes: list[Change], styles: Styles) -> list[Change]:
    """The same changes with all that has one style together: more ways to go, fewer colours to name."""
    groups: dict[int, list[Change]] = {}
    for y, row, runs in changes:
        here: dict[int, list[tuple[int, int]]] = {}
        for first, stop in runs:
            start = first
            while start < stop:
                style = cells.style_of(row[start])
                end = start + 1
                while end < stop and cells.style_of(row[end]) == style:
                    end += 1
                here.setdefault(style, []).append((start, end))
                start = end
        for style, same in here.items():
            groups.setdefault(style, []).append((y, row, same))
    return [change for style in sorted(groups, key=styles.rank) for change in groups[style]]


class _Row:
    """What the terminal shows in a row.

    Attributes:
        cells: A number a column, as in the module of that name.
        known: Only the columns before this one are known cell by cell; from there on stand strips of which
            some terminals make more or fewer columns than others.
        loose: Those strips as last written; empty when writing them once more could change something.
    """

    __slots__ = ("cells", "known", "loose")

    def __init__(self, width: int) -> None:
        self.cells = [cells.UNKNOWN] * width
        self.known = width
        self.loose: list[Placed] = []


class Front:
    """The frame that the terminal shows, as far as it is known.

    Args:
        console: Says how Textual writes styles.
        colours_erase: Whether the terminal erases to the background colour in force.
    """

    def __init__(self, console: Console, *, colours_erase: bool) -> None:
        self._console = console
        self._styles = Styles(console, colours_erase=colours_erase)
        self._rows: list[_Row] = []
        self._known: dict[int, tuple[Strip, list[int] | None]] = {}
        self.size = Size()
        """Size of the frame; without columns and rows when none is known."""

    def forget(self) -> None:
        """Know nothing any more, so that all that comes is written."""
        self.size = Size()

    def update(self, update: Update) -> str:
        """Take in a frame.

        Args:
            update: What Textual would write.

        Returns:
            What to write in its stead: afterwards the terminal shows the same.
        """
        size = _size(update)
        if size != self.size:
            self.size = size
            self._rows = [_Row(size.width) for _ in range(size.height)]
        changes: list[Change] = []
        rewritten: list[tuple[int, list[Placed]]] = []
        for y, strips in _rows(update):
            row = self._rows[y]
            pieces, loose = self._divide(row, strips)
            runs = _put(row, pieces)
            if runs:
                changes.append((y, row.cells, runs))
            if loose and loose != row.loose:
                rewritten.append((y, loose))
                _let_loose(row, loose)
        orders = [_by_style(changes, self._styles)]
        if len(changes) <= _FEW_ROWS:
            orders.append(changes)
        return min((self._write(order, rewritten) for order in orders), key=len)

    def _write(self, changes: list[Change], rewritten: list[tuple[int, list[Placed]]]) -> str:
        """What to write, in the order given."""
        pen = Pen(self._console, self._styles, self.size.width)
        for y, row, runs in changes:
            pen.runs(y, row, runs)
        for y, loose in rewritten:
            for x, strip in loose:
                pen.strip(y, x, strip)
        return pen.finish()

    def _divide(self, row: _Row, strips: list[Placed]) -> tuple[list[Piece], list[Placed]]:
        """Part what can be compared cell by cell from what has to be written as Textual does.

        The latter is the first strip with characters that terminals disagree on, or that touches columns
        where such strips stand, and all that comes after it, because nobody knows where it ends.
        """
        width = self.size.width
        pieces: list[Piece] = []
        starts: list[int] = []
        end = 0
        for x, strip in strips:
            starts.append(end if x is None else x)
            found = self._cells(strip)
            if found is None or starts[-1] + len(found) > width:
                break
            pieces.append((starts[-1], found))
            end = starts[-1] + len(found)
        if len(pieces) == len(strips) and _cover(pieces, row.known, width):
            row.known = width
            row.loose = []
            return pieces, []
        firm = 0
        while firm < len(pieces) and pieces[firm][0] + len(pieces[firm][1]) <= row.known:
            firm += 1
        if firm == len(strips):
            return pieces, []
        while firm and starts[firm] == width:  # where the cursor is behind the last column is not known
            firm -= 1
        return pieces[:firm], [(starts[firm], strips[firm][1]), *strips[firm + 1 :]]

    def _cells(self, strip: Strip) -> list[int] | None:
        """The cells of a strip, or `None` when terminals may disagree on where they are.

        Lines that scroll are the same strips as before.
        """
        known = self._known.get(id(strip))
        if known is None:
            if len(self._known) >= _STRIPS_KNOWN:
                self._known.clear()
            # Together with the strip, so that no other can come to have its identity.
            known = self._known[id(strip)] = (strip, self._take_apart(strip))
        return known[1]

    def _take_apart(self, strip: Strip) -> list[int] | None:
        found: list[int] = []
        for text, style, _ in strip:
            number = self._styles.number(style)
            part = None if number is None else cells.cells_of(text, number)
            if part is None:
                return None
            found += part
        return found


def _size(update: Update) -> Size:
    if isinstance(update, LayoutUpdate):
        return Size(update.region.right, update.region.bottom)
    return Size(update.chop_ends[0][-1], len(update.chops))


def _rows(update: Update) -> Iterator[tuple[int, list[Placed]]]:
    """The strips that Textual would write, row by row, in its order."""
    if isinstance(update, LayoutUpdate):
        x = update.region.x
        for y, strips in enumerate(update.strips, update.region.y):
            yield y, [(None if index else x, strip) for index, strip in enumerate(strips)]
    else:
        for y, spans in groupby(update.spans, itemgetter(0)):
            yield y, [placed for _, x1, x2 in spans for placed in _span(update, y, x1, x2)]


def _span(update: ChopsUpdate, y: int, x1: int, x2: int) -> Iterator[Placed]:
    """The strips that Textual would write for a span of a row: some begin before it, none ends behind it."""
    for (x, strip), end in zip(update.chops[y].items(), update.chop_ends[y], strict=False):
        if strip is not None and x < x2 and end > x1:
            whole = x1 <= x and end <= x2
            yield x, strip if whole else strip.crop(0, min(end, x2) - x)


def _cover(pieces: list[Piece], start: int, stop: int) -> bool:
    """Whether pieces, from left to right, leave no column from `start` to `stop` out."""
    for x, found in pieces:
        if x <= start:
            start = max(start, x + len(found))
    return start >= stop


def _put(row: _Row, pieces: list[Piece]) -> list[tuple[int, int]]:
    """Put cells into a row.

    Returns:
        Columns from and to of all that changed: both halves of a wide character, or none.
    """
    old = row.cells
    if all(old[x : x + len(found)] == found for x, found in pieces):
        return []
    new = row.cells = old.copy()
    for x, found in pieces:
        new[x : x + len(found)] = found
    for x, found in pieces:
        for left in (x - 1, x + len(found) - 1):
            _forget_halves(old, new, left)
    return _runs(old, new)


def _forget_halves(old: list[int], new: list[int], left: int) -> None:
    """Forget a wide character's half whose other half was overwritten: terminals differ in what they show."""
    right = left + 1
    if left < 0 or right >= len(new) or (cells.is_head(new[left]) and new[right] == -new[left]):
        return
    if cells.is_head(new[left]):
        old[left] = new[left] = cells.UNKNOWN
    if new[right] < 0:
        old[right] = new[right] = cells.UNKNOWN


def _runs(old: list[int], new: list[int]) -> list[tuple[int, int]]:
    runs = []
    x, width = 0, len(new)
    while x < width:
        if new[x] == old[x]:
            x += 1
            continue
        start = x - 1 if new[x] < 0 else x
        while x < width and new[x] != old[x]:
            x += 1
        if cells.is_head(new[x - 1]):
            x += 1
        runs.append((start, x))
    return runs


def _let_loose(row: _Row, loose: list[Placed]) -> None:
    """Take down that strips are written of which nobody knows where they end."""
    # A mark that comes first goes onto the character before, once more each time it is written.
    anchored = all(not (text := strip.text) or cell_len(text[0]) > 0 for _, strip in loose)
    row.loose = loose if anchored else []
    edge = min(x for x, _ in loose if x is not None)
    row.known = min(row.known, edge if anchored else max(0, edge - 1))
    # A copy, since what is to be written of the cells before is not written yet.
    row.cells = [*row.cells[: row.known], *[cells.UNKNOWN] * (len(row.cells) - row.known)]
    if row.known and cells.is_head(row.cells[row.known - 1]):
        row.cells[row.known - 1] = cells.UNKNOWN
