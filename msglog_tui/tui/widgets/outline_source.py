"""What an outline shows, and where it gets it from.

This is the contract between the outline and whoever fills it.  It knows neither widgets nor SQL.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from msglog_tui.cancel import Cancel

Key: TypeAlias = Hashable
"""Names a row in the whole outline, whatever its place; under other dates the same row has an equal key."""

Align: TypeAlias = Literal["left", "right"]


@dataclass(frozen=True, slots=True)
class Row:
    """One row, ready to be painted.

    Attributes:
        key: Names the row in the whole outline.
        cells: One text for each column, in the order of the columns.  Clean plain text, never markup.
        expandable: Whether the row may be opened.
        style: Suffix of a component class of the outline, such as `enterprise`; empty for plain.
    """

    key: Key
    cells: tuple[str, ...]
    expandable: bool
    style: str = ""


LABEL_MIN = 16
"""Columns are left out rather than leave the label less than this many cells, unless it says otherwise."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an outline.

    Attributes:
        title: What the header says.
        width: In cells; `None` for the one column that takes what is left and carries the toggles.
        align: Where the text stands in the column.
        priority: Columns with the highest number go first when the terminal is narrow.
        least: Of the column that takes what is left: the cells it keeps at least, as long as others can go.
        grows: Whether it takes half of what is left beyond that.
    """

    title: str
    width: int | None
    align: Align = "left"
    priority: int = 0
    least: int = LABEL_MIN
    grows: bool = False


@dataclass(frozen=True, slots=True)
class Branch:
    """The children of one row, or those of the root.

    Attributes:
        count: How many children; rows are numbered 0 … count - 1 in the order of the source.
        payload: Whatever the source wants to find again when it is asked for these rows.
    """

    count: int
    payload: object = None


class Source(Protocol):
    """Where the rows come from.

    Every method may block and is called in a worker thread, several of them at the same time.  All may raise
    `errors.Cancelled` once `cancel` was cancelled, and `errors.Refusal` for what the user should read.
    """

    def children(self, parent: Key | None, cancel: Cancel) -> Branch:
        """Look the children of a row up: those of the root for `None`."""

    def rows(self, branch: Branch, first: int, count: int, cancel: Cancel) -> Sequence[Row]:
        """Read `count` rows of a branch from ordinal `first` on; fewer when the data shrank meanwhile."""

    def locate(self, branch: Branch, key: Key, cancel: Cancel) -> int | None:
        """Find the ordinal of a key in a branch; `None` when it is not there."""
