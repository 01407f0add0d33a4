"""Times as files write them.

msglog's own files hold ISO 8601.  Those of others hold what their makers were used to, some of which says
clearly what it means and some of which does not: where only a habit tells the day from the month, the time is
refused until somebody says which is which.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from msglog_tui.dates import parse_instant
from msglog_tui.errors import InstantError, Refusal
from msglog_tui.importers import fields
from msglog_tui.importers.columns import DOUBT, Instants, Remembered
from msglog_tui.importers.fields import BadField

if TYPE_CHECKING:
    from collections.abc import Sequence

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Those of RFC 2822, which took the North American ones over from RFC 822.
_ZONES: Final = {
    "": "",
    "z": "Z",
    "ut": "Z",
    "utc": "Z",
    "gmt": "Z",
    "edt": "-04:00",
    "est": "-05:00",
    "cdt": "-05:00",
    "cst": "-06:00",
    "mdt": "-06:00",
    "mst": "-07:00",
    "pdt": "-07:00",
    "pst": "-08:00",
}
_MONTH: Final = r"(?P<month>[a-z]{3})[a-z]{0,6}\.?"
_DAY: Final = r"(?P<day>[0-9]{1,2})"
_YEAR: Final = r"(?P<year>[0-9]{4})"
_CLOCK: Final = (
    r"(?:(?:,| at)?[ T]+(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.[0-9]+)?)?"
    r"(?: ?(?P<half>[ap])\.?m\.?)?"
    r"(?: ?(?P<offset>[+-][0-9]{2}:?[0-9]{2})(?: ?(?:utc|gmt|\([^()]*\)))?| ?\(?(?P<zone>[a-z]{1,3})\)?)?)?"
)
_WEEKDAY: Final = r"(?:(?P<weekday>[a-z]{3})[a-z]{0,6}(?:,? |,))?"
_SHAPES: Final = tuple(
    re.compile(shape + _CLOCK)
    for shape in (
        # 2026-10-03 09:12:00 UTC
        rf"{_YEAR}-(?P<number>[0-9]{{2}})-{_DAY}",
        # Sat, 3 Oct 2026 09:12:00 +0200
        rf"{_WEEKDAY}{_DAY} {_MONTH} {_YEAR}",
        # Oct 03, 2026 09:12 am
        rf"{_WEEKDAY}{_MONTH} {_DAY},? {_YEAR}",
    )
)
_NUMBERS: Final = re.compile(r"[0-9]{1,4}[/.-][0-9]{1,2}[/.-][0-9]{1,4}\b")
_LONGEST: Final = 64


class Times:
    """Reads the times of a file that holds ISO 8601.

    Args:
        zone: The zone of times without an offset from UTC; `None` refuses those.
    """

    def __init__(self, zone: str | None) -> None:
        self._zone = zone
        self._check = fields.instant(zone)
        self._instants = Instants(zone)

    def one(self, value: object) -> int:
        """Check a time."""
        return self._check(value)

    def one_or_none(self, value: object) -> int | None:
        """Check a time that may be empty."""
        return None if isinstance(value, str) and not value.strip() else self.one(value)

    def column(self, values: Sequence[str]) -> list[int]:
        """Check a column of times, or raise one of `DOUBT`."""
        return self._instants.column(values)

    def column_or_none(self, values: Sequence[str]) -> list[int | None]:
        """Check a column of times some of which may be empty, or raise one of `DOUBT`."""
        # Not by whether they are true: JSON's false is no text, and no time.
        filled = [value for value in values if value != ""]
        instants = iter(self.column(filled) if filled else ())
        return [None if value == "" else next(instants) for value in values]


class ForeignTimes(Times):
    """Reads times in all shapes that say clearly what they mean.

    Args:
        zone: The zone of times without an offset from UTC; `None` refuses those.
        date_format: How times are written, in the words of `strptime`; `None` for a clear shape.

    Raises:
        Refusal: The format is none.
    """

    def __init__(self, zone: str | None, date_format: str | None = None) -> None:
        super().__init__(zone)
        self._format = date_format
        self._seen = Remembered(self._read)
        if date_format is not None:
            check_format(date_format)

    def one(self, value: object) -> int:
        """Check a time."""
        written = fields.text(value)
        if not written:
            raise BadField("is empty: a time is needed")
        return self._seen[written]

    def column(self, values: Sequence[str]) -> list[int]:
        """Check a column of times, or raise one of `DOUBT`."""
        if self._format is None:
            try:
                return super().column(values)
            except DOUBT:
                pass
        return list(map(self.one, values))

    def _read(self, written: str) -> int:
        try:
            return parse_instant(self._iso(written), self._zone)
        except InstantError as problem:
            raise BadField(problem.reason) from None

    def _iso(self, written: str) -> str:
        """Write a time in ISO 8601; what has no known shape is left as it is."""
        if self._format is not None:
            try:
                return datetime.strptime(written, self._format).isoformat()  # noqa: DTZ007
            except ValueError:
                raise BadField(f"is not written like --date-format {self._format}") from None
        if len(written) > _LONGEST:
            return written
        spaced = " ".join(written.lower().split())
        for shape in _SHAPES:
            found = shape.fullmatch(spaced)
            if found and (iso := _composed(found)):
                return iso
        if _NUMBERS.match(written) and not re.match("[0-9]{4}-", written):
            raise BadField(
                "does not say which number is the day and which the month: "
                "give --date-format, like %d/%m/%Y %H:%M"
            )
        return written


def _composed(found: re.Match[str]) -> str | None:
    """Put a time together from what was found of it; `None` if its words are no months, days or zones."""
    part = found.groupdict()
    if "number" in part:
        month = int(part["number"])
    elif part["month"] in _MONTHS:
        month = _MONTHS.index(part["month"]) + 1
    else:
        return None
    if (part["zone"] or "") not in _ZONES:
        return None
    day = f"{part['year']}-{month:02}-{int(part['day']):02}"
    if part.get("weekday"):
        _check_weekday(day, part["weekday"])
    if part["hour"] is None:
        return day
    hour = int(part["hour"])
    if part["half"]:
        if not 1 <= hour <= 12:
            raise BadField("has an hour that no clock of twelve hours shows: correct it")
        hour = hour % 12 + (12 if part["half"] == "p" else 0)
    offset = part["offset"] or _ZONES[part["zone"] or ""]
    return f"{day}T{hour:02}:{part['minute']}:{part['second'] or '00'}{offset}"


def _check_weekday(day: str, weekday: str) -> None:
    try:
        real = _DAYS[datetime.fromisoformat(day).weekday()]
    except ValueError:
        return  # no date at all, which is said of it in a moment
    if weekday not in _DAYS:
        raise BadField("has an unknown day of the week: correct it")
    if weekday != real:
        raise BadField(f"was no {weekday.capitalize()} but a {real.capitalize()}: correct the date")


def check_format(date_format: str) -> None:
    """Make sure that a format of `strptime` says a date.

    Raises:
        Refusal: It does not.
    """
    try:
        sample = datetime(2026, 10, 23, 21, 12, 59).strftime(date_format)  # noqa: DTZ001
        read = datetime.strptime(sample, date_format)  # noqa: DTZ007
    except (ValueError, UnicodeEncodeError, re.error):
        read = None
    if read is None or (read.year, read.month, read.day) != (2026, 10, 23):
        raise Refusal(
            f"--date-format {date_format!r} does not say day, month and year: write it like %d/%m/%Y %H:%M."
        )


@lru_cache(maxsize=4096)
def utc_date(day: int) -> str:
    """A date by its days since 1970."""
    return str(date(1970, 1, 1) + timedelta(days=day))
