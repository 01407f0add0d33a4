"""A whole column checked at once: what makes the import of a good file fast.

Each function here takes the values that one column has in a batch and returns what the checks in `fields`
would return for them one by one.  Where a value needs a closer look it raises one of `DOUBT`, and says
nothing about which value or why: the caller then asks the check about each value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from msglog_tui.dates import parse_instant
from msglog_tui.errors import DateError
from msglog_tui.importers.fields import (
    LARGEST_COUNT,
    LONGEST_NAME,
    LONGEST_REASON,
    LONGEST_TEXT,
    BadField,
    bare_number,
    unmasked,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_Answer = TypeVar("_Answer")

DOUBT = (BadField, TypeError, ValueError, LookupError)
"""What a column function raises; odd values make Python's own functions raise all but the first."""

_REMEMBERED = 8_000_000
_OVERHEAD = 64
_DAY = re.compile(r"(?:19[7-9][1-9]|19[89]0|20[0-9]{2})-[0-9]{2}-[0-9]{2}")
_TIME = "([01][0-9]|2[0-3]):([0-5][0-9])"
_MINUTE = re.compile(f"[T ]{_TIME}")
_SECOND = re.compile(r"(?::([0-5][0-9])(?:\.[0-9]+)?)?")
_SECOND_WITH_OFFSET = re.compile(rf"{_SECOND.pattern}(?:Z|([+-]){_TIME})")


class Remembered(dict[Any, _Answer]):
    """A check that remembers its answers: names, lists and words come again and again."""

    def __init__(self, check: Callable[[Any], _Answer]) -> None:
        super().__init__()
        self._check = check
        self._size = 0

    def __missing__(self, value: str | tuple[str, ...]) -> _Answer:
        checked = self._check(value)
        # A column in which no value comes twice must not end up in memory as a whole.
        size = _OVERHEAD + (len(value) if isinstance(value, str) else sum(map(len, value)))
        if self._size + size > _REMEMBERED:
            self.clear()
            self._size = 0
        self._size += size
        self[value] = checked
        return checked

    def column(self, values: Sequence[object]) -> list[_Answer]:
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


def identifiers_or_empty(values: Sequence[str]) -> list[str]:
    """Check a column of ids that may be left out."""
    return _texts(values, LONGEST_NAME)


def recipients(values: Sequence[str]) -> list[str]:
    """Check a column of addresses and numbers."""
    checked = identifiers(values)
    unmasked("".join(checked))
    return checked


def reasons(values: Sequence[str]) -> list[str]:
    """Check a column of what was said of failures."""
    return _texts(values, LONGEST_REASON)


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
    """Times put together from parts that were each read once.

    There are few dates in a file, 1,440 minutes in a day, and 60 seconds with few offsets, while reading a
    time as a whole costs as much as everything else in its row.

    Args:
        zone: The zone of times without an offset of their own; `None` refuses those.
    """

    def __init__(self, zone: str | None) -> None:
        self._zone = zone
        self._days = {False: Remembered(_utc_day), True: Remembered(self._local_day)}
        self._minutes = Remembered(_minute)
        self._seconds = {False: Remembered(_second_with_offset), True: Remembered(_second)}

    def column(self, values: Sequence[str]) -> list[int]:
        """Check a column of times, all with an offset or all without."""
        local = _SECOND.fullmatch(values[0][16:]) is not None
        days, minutes, seconds = self._days[local], self._minutes, self._seconds[local]
        try:
            return [days[value[:10]] + minutes[value[10:16]] + seconds[value[16:]] for value in values]
        except DOUBT:
            pass
        try:
            return [parse_instant(value, self._zone) for value in values]
        except DateError:
            raise BadField from None

    def _local_day(self, day: str) -> int:
        """The first second of a local date on which clocks are not changed."""
        start, end = (_instant(day, f"T{clock}", self._zone) for clock in ("00:00:00", "23:59:59"))
        if end - start != 86_399:
            raise BadField
        return start


def _utc_day(day: str) -> int:
    return _instant(day, "T00:00:00Z", None)


def _instant(day: str, clock: str, zone: str | None) -> int:
    if not _DAY.fullmatch(day):
        raise BadField
    try:
        return parse_instant(day + clock, zone)
    except DateError:
        raise BadField from None


def _minute(written: str) -> int:
    """Seconds from midnight to an hour and minute."""
    found = _found(_MINUTE, written)
    return int(found[1]) * 3_600 + int(found[2]) * 60


def _second(written: str) -> int:
    """Seconds of a time without offset, empty where they are left out."""
    return int(_found(_SECOND, written)[1] or 0)


def _second_with_offset(written: str) -> int:
    """Seconds of a time less its offset from UTC."""
    found = _found(_SECOND_WITH_OFFSET, written)
    ahead = int(found[3]) * 3_600 + int(found[4]) * 60 if found[2] else 0
    return int(found[1] or 0) + (ahead if found[2] == "-" else -ahead)


def _found(shape: re.Pattern[str], written: str) -> re.Match[str]:
    found = shape.fullmatch(written)
    if not found:
        raise BadField
    return found


def _texts(values: Sequence[str], longest: int) -> list[str]:
    stripped = list(map(str.strip, values))
    joined = "".join(stripped)
    joined.encode()  # a lone surrogate raises
    if "'+" in joined:
        stripped = list(map(bare_number, stripped))
    if "\0" in joined or max(map(len, stripped)) > longest:
        raise BadField
    return stripped
