"""A whole column checked at once: what makes the import of a good file fast.

Each function here takes the values that one column has in a batch and returns what the checks in `fields`
would return for them one by one.  Where a value needs a closer look it raises one of `DOUBT`, and says
nothing about which value or why: the caller then asks the check about each value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msglog_tui.dates import parse_instant
from msglog_tui.errors import DateError
from msglog_tui.importers.fields import LARGEST_COUNT, LONGEST_NAME, LONGEST_TEXT, BadField

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DOUBT = (BadField, TypeError, ValueError, LookupError)
"""What a column function raises; odd values make Python's own functions raise all but the first."""

_REMEMBERED = 4_000_000
_DAY = re.compile(r"(?:19[7-9][1-9]|19[89]0|20[0-9]{2})-[0-9]{2}-[0-9]{2}")
_CLOCK = re.compile(r"[T ](?:[01][0-9]|2[0-3])(?::[0-5][0-9]){1,2}(?:\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?")


class Remembered(dict[object, object]):
    """A check that remembers its answers: names, lists and words come again and again."""

    def __init__(self, check: Callable[[object], object]) -> None:
        super().__init__()
        self._check = check
        self._characters = 0

    def __missing__(self, value: str | tuple[str, ...]) -> object:
        checked = self._check(value)
        # A column in which no value comes twice must not end up in memory as a whole.
        self._characters += len(value) if isinstance(value, str) else sum(map(len, value))
        if self._characters > _REMEMBERED:
            self.clear()
            self._characters = 0
        self[value] = checked
        return checked

    def column(self, values: Sequence[object]) -> list[object]:
        """Check a column of which many values are alike."""
        return list(map(self.__getitem__, values))


def identifiers(values: Sequence[str]) -> list[str]:
    """Check a column of ids."""
    stripped = _texts(values, LONGEST_NAME)
    if "" in stripped:
        raise BadField
    return stripped


def texts(values: Sequence[str]) -> list[str]:
    """Check a column of text that may be empty."""
    return _texts(values, LONGEST_TEXT)


def counts(values: Sequence[str]) -> list[int]:
    """Check a column of whole numbers."""
    # int() alone takes "1_000", "+5" and digits of other scripts.
    digits = "".join(values)
    if not (digits.isascii() and digits.isdigit()):
        raise BadField
    numbers = list(map(int, values))
    if max(numbers) > LARGEST_COUNT:
        raise BadField
    return numbers


def counts_or_unknown(values: Sequence[str]) -> list[int | None]:
    """Check a column of whole numbers that may be empty, which is unknown."""
    digits = "".join(values)
    if not digits:
        return [None] * len(values)
    if not (digits.isascii() and digits.isdigit()):
        raise BadField
    numbers = [int(value) if value else None for value in values]
    if max(filter(None, numbers), default=0) > LARGEST_COUNT:
        raise BadField
    return numbers


class Instants:
    """Times put together from dates and times of day that were each read once.

    There are few dates in a file and no more than 86,400 times of day, while reading a time as a whole costs
    more than everything else in its row.

    Args:
        zone: The zone of times without an offset of their own; `None` refuses those.
    """

    def __init__(self, zone: str | None) -> None:
        self._zone = zone
        self._utc_days = Remembered(_utc_day)
        self._utc_clocks = Remembered(_utc_clock)
        self._local_days = Remembered(self._local_day)
        self._local_clocks = Remembered(_local_clock)

    def column(self, values: Sequence[str]) -> list[int]:
        """Check a column of times, all with an offset or all without."""
        local = _local_clock_or_none(values[0][10:]) is not None
        days = self._local_days if local else self._utc_days
        clocks = self._local_clocks if local else self._utc_clocks
        try:
            return [days[value[:10]] + clocks[value[10:]] for value in values]  # type: ignore[operator]
        except DOUBT:
            pass
        try:
            return [parse_instant(value, self._zone) for value in values]
        except DateError:
            raise BadField from None

    def _local_day(self, day: object) -> int:
        """The first second of a local date on which clocks are not changed."""
        if self._zone is None or not _DAY.fullmatch(str(day)):
            raise BadField
        try:
            start, end = (parse_instant(f"{day}T{clock}", self._zone) for clock in ("00:00:00", "23:59:59"))
        except DateError:
            raise BadField from None
        if end - start != 86_399:
            raise BadField
        return start


def _utc_day(day: object) -> int:
    if not _DAY.fullmatch(str(day)):
        raise BadField
    try:
        return parse_instant(f"{day}T00:00:00Z", None)
    except DateError:
        raise BadField from None


def _utc_clock(clock: object) -> int:
    """Seconds from 00:00 UTC of a date to a time of day with an offset; may lie outside that date."""
    found = _CLOCK.fullmatch(str(clock))
    if not (found and found[1]):
        raise BadField
    try:
        return parse_instant(f"2001-01-01{clock}", None) - parse_instant("2001-01-01T00:00:00Z", None)
    except DateError:
        raise BadField from None


def _local_clock(clock: object) -> int:
    seconds = _local_clock_or_none(str(clock))
    if seconds is None:
        raise BadField
    return seconds


def _local_clock_or_none(clock: str) -> int | None:
    found = _CLOCK.fullmatch(clock)
    return _utc_clock(clock + "Z") if found and not found[1] else None


def _texts(values: Sequence[str], longest: int) -> list[str]:
    stripped = list(map(str.strip, values))
    joined = "".join(stripped)
    joined.encode()  # a lone surrogate raises
    if "\0" in joined or max(map(len, stripped)) > longest:
        raise BadField
    return stripped
