"""What a screen of the program says: which row the cursor is on, and whether all the rest belongs to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyte.screens import Char

_CURSOR: Final = "2c5d92"
"""The background of the row under the cursor."""

_BORDER: Final = "▏"
_ROW: Final = re.compile(
    r"\s*(?P<toggle>[▸▾])?\s*(?P<label>\S.*?)(?P<cut>…)?\s+(?:(?P<date>\d{4}-\d\d-\d\d)\s+)?"
    r"(?P<amounts>[\d,.]+(?: [KMG])?(?:\s+[\d,.]+(?: [KMG])?)?)\s*[▁▂▃▄▅▆▇█]?\s*"
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A screen.

    Attributes:
        lines: What each line says.
        line: The line of the cursor, `None` while there is none.
        row: The row of the tree on that line, taken apart.
    """

    lines: list[str]
    line: int | None
    row: re.Match[str] | None

    @classmethod
    def of(cls, cells: Sequence[Sequence[Char]]) -> Picture:
        """Look at a screen."""
        lines = ["".join(cell.data for cell in line) for line in cells]
        cursor = next((y for y, line in enumerate(cells) if line[1].bg == _CURSOR), None)
        row = None if cursor is None else _ROW.fullmatch(lines[cursor].partition(_BORDER)[0])
        return cls(lines, cursor, row)

    @property
    def text(self) -> str | None:
        """What the cursor's row says, without the blanks between; `None` while it is not there."""
        return None if self.row is None else " ".join(self.row[0].split())

    @property
    def complete(self) -> bool:
        """Whether totals, footer and preview are there, and the preview is of the cursor's row."""
        return self.shows("Total sent, ") and self.shows("Enter Open") and self.previewed

    @property
    def on_message(self) -> bool:
        """Whether the cursor is on a message."""
        return self.row is not None and self.row["toggle"] is None

    @property
    def previewed(self) -> bool:
        """Whether the preview shows the row under the cursor; taken for granted while it is hidden."""
        preview = [line.partition(_BORDER)[2] for line in self.lines if _BORDER in line]
        if not preview:
            return self.row is not None
        if self.row is None or len(preview) < 3 or not preview[2].strip().startswith(self.row["label"][:24]):
            return False
        words = "\n".join(preview)
        if not self.on_message:
            return "Last send" in words
        amount = re.search(r"Send Amount +([\d,]+)", words)
        date = re.search(r"Send Date +([\d-]+)", words)
        return bool(amount and date) and (amount[1], date[1]) == (self.row["amounts"], self.row["date"])

    def shows(self, text: str) -> bool:
        """Whether a text stands in one of the lines."""
        return any(text in line for line in self.lines)

    def rests_on(self, label: str) -> bool:
        """Whether the cursor is on a row of that name and the rest belongs to it."""
        return self.row is not None and self.row["label"].startswith(label) and self.complete
