"""What was measured, as rows of a table: for the terminal, and as Markdown for the README."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HEADS: Final = ("What", "median", "p95", "", "baseline", "", "ratio", "target", "")
_TO_THE_LEFT: Final = {0, 3, 5, 7, 8}
"""Columns of words; the others are numbers."""


class Of(StrEnum):
    """Which figure of a row a target is set for."""

    MEDIAN = "median"
    P95 = "p95"
    RATIO = "ratio"


@dataclass(frozen=True, slots=True)
class Target:
    """The most that a figure may be."""

    most: float
    of: Of


@dataclass(frozen=True, slots=True)
class Row:
    """Something measured a number of times, and what it is compared with.

    Attributes:
        what: What was done.
        unit: Unit of the values and of the baseline.
        values: Every value measured.
        baseline: Every value of the baseline, from the same run; empty where there is none.
        against: What the baseline is.
        target: What was promised, if anything was.
    """

    what: str
    unit: str
    values: Sequence[float]
    baseline: Sequence[float] = ()
    against: str = ""
    target: Target | None = None

    @property
    def median(self) -> float:
        """The value in the middle."""
        return statistics.median(self.values)

    @property
    def p95(self) -> float:
        """The least value that 95 of 100 do not pass."""
        return sorted(self.values)[math.ceil(0.95 * len(self.values)) - 1]

    @property
    def ratio(self) -> float | None:
        """The median as a multiple of the baseline's; `None` without a baseline to divide by."""
        base = statistics.median(self.baseline) if self.baseline else 0
        return self.median / base if base else None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; `None` where there is none."""
        if self.target is None:
            return None
        figure: float | None = getattr(self, self.target.of)
        return figure is not None and figure <= self.target.most

    def cells(self) -> tuple[str, ...]:
        """The row as texts, in the order of `HEADS`."""
        target = "" if self.target is None else f"{self.target.of} ≤ {number(self.target.most)}"
        return (
            self.what,
            number(self.median),
            number(self.p95) if len(self.values) > 1 else "",
            self.unit,
            number(statistics.median(self.baseline)) if self.baseline else "",
            self.against,
            "" if self.ratio is None else f"{self.ratio:.2f}",
            target,
            {None: "", True: "met", False: "missed"}[self.met],
        )


def number(value: float) -> str:
    """A number with about three digits that say something."""
    if value == round(value) or value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def as_text(rows: Iterable[Row]) -> str:
    """The rows with their columns in line."""
    lines = [HEADS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADS))]
    return "\n".join("  ".join(_aligned(line, widths)).rstrip() for line in lines)


def as_markdown(rows: Iterable[Row]) -> str:
    """The rows as a Markdown table, as it stands in the README."""
    rule = [":-" if column in _TO_THE_LEFT else "-:" for column in range(len(HEADS))]
    lines = [HEADS, rule, *(row.cells() for row in rows)]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [
        cell.ljust(width) if column in _TO_THE_LEFT else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
