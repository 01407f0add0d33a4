"""Chance that falls the same way on every machine and every Python."""

from __future__ import annotations

import random
from bisect import bisect
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


class Dice:
    """A seeded source of choices.

    Built on `random()` alone: its sequence for a whole-number seed is what Python promises to keep from one
    version to the next, while `choice`, `sample` and their like may change.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random  # noqa: S311 - sample data, not secrets

    def share(self, low: float, high: float) -> float:
        """A number in `[low, high)`."""
        return low + (high - low) * self._random()

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int((high - low + 1) * self._random())

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self._random() < probability

    def one_of(self, choices: Sequence[T]) -> T:
        """Any of the choices, each as likely as the others."""
        return choices[int(len(choices) * self._random())]

    def weighted(self, cumulative: Sequence[float]) -> int:
        """An index, as likely as its step in the cumulative weights is high."""
        return min(bisect(cumulative, cumulative[-1] * self._random()), len(cumulative) - 1)
