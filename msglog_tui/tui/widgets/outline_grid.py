"""Where the columns of an outline stand, and the signs it draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msglog_tui.tui.widgets.cells import fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from msglog_tui.tui.widgets.outline_source import Align, Column

MARGIN = 1
"""Empty cells at either end of a line."""

GAP = 2
"""Empty cells between two columns."""

TOGGLE_CELLS = 2
"""What a toggle takes, and how much deeper each level is indented."""


@dataclass(frozen=True, slots=True)
class Signs:
    """The characters an outline draws; each sign but `waiting` is one cell wide."""

    closed: str
    opened: str
    busy: str
    cut: str
    waiting: str


UNICODE = Signs(closed="▸", opened="▾", busy="…", cut="…", waiting="…")
ASCII = Signs(closed="+", opened="-", busy="~", cut="~", waiting="...")


@dataclass(frozen=True, slots=True)
class Slot:
    """A column that is shown.

    Attributes:
        index: Which cell of a row goes here.
        x: First cell on the line.
        width: In cells.
        is_label: Whether this is the column with the toggles.
    """

    index: int
    x: int
    width: int
    align: Align
    is_label: bool


@dataclass(frozen=True, slots=True)
class Grid:
    """The columns of a line of `width` cells, from left to right."""

    width: int
    slots: tuple[Slot, ...]

    @classmethod
    def fit(cls, columns: Sequence[Column], width: int) -> Grid:
        """Lay the columns out over a line, leaving out those for which there is no room.

        Raises:
            ValueError: Not exactly one column is without a width.
        """
        if sum(column.width is None for column in columns) != 1:
            raise ValueError("exactly one column of an outline takes what is left")
        shown = list(enumerate(columns))
        least = max(column.least for column in columns if column.width is None)
        while (label := _left_for_label(shown, width)) < least and len(shown) > 1:
            shown.remove(max(shown, key=lambda item: (item[1].width is not None, item[1].priority, item[0])))
        growing = next((column for _, column in shown if column.grows), None)
        grown = 0 if growing is None else max(0, label - least) // 2
        slots = []
        x = min(MARGIN, width)
        for index, column in shown:
            cells = max(0, label - grown) if column.width is None else column.width
            if column is growing:
                cells += grown
            slots.append(Slot(index, x, cells, column.align, column.width is None))
            x += cells + GAP
        return cls(width, tuple(slots))

    @property
    def label(self) -> Slot:
        """The column with the toggles."""
        return next(slot for slot in self.slots if slot.is_label)

    def indent(self, depth: int) -> int:
        """How many cells a label of this depth is indented: never so many that no label is left."""
        return min(depth * TOGGLE_CELLS, self.label.width // 2)

    def line(self, texts: Sequence[str], signs: Signs) -> str:
        """One line with these texts in the columns, exactly `width` cells wide."""
        pieces, x = [], 0
        for slot in self.slots:
            pieces.append(" " * (slot.x - x) + fit(texts[slot.index], slot.width, slot.align, signs.cut))
            x = slot.x + slot.width
        return "".join(pieces) + " " * (self.width - x)


def _left_for_label(shown: Sequence[tuple[int, Column]], width: int) -> int:
    taken = sum(column.width or 0 for _, column in shown)
    return width - 2 * MARGIN - GAP * (len(shown) - 1) - taken
