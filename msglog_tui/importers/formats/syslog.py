"""Times of syslog, which in its older form has neither year nor zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from msglog_tui.dates import parse_instant
from msglog_tui.errors import DateError, Refusal
from msglog_tui.importers.columns import Remembered
from msglog_tui.importers.fields import BadField

if TYPE_CHECKING:
    from msglog_tui.importers.foreign import Circumstances

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Clock:
    """Reads the times of a log's lines, from its first line on.

    A year that is given is the one in which the log begins; a step back from December's end to January's
    beginning is a new year.  Without one, a line is of the last twelve months before the file was written.

    Args:
        circumstances: The zone, and the year or the file's date.
    """

    SHAPE: Final = (
        r"(?:[A-Z][a-z]{2} +[0-9]{1,2} [0-9]{2}:[0-9]{2}:[0-9]{2}"
        r"|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)"
    )
    """What may stand at the beginning of a line."""

    def __init__(self, circumstances: Circumstances) -> None:
        self._zone = circumstances.zone
        self._year = circumstances.year or 0
        self._written_at = circumstances.written_at
        self._month = 0
        # Many lines have the same minute, in which no clock is changed.
        self._iso = Remembered(self._of_iso)
        self._old = Remembered(self._of_old)

    def instant(self, written: str) -> int:
        """Read a time.

        Raises:
            BadField: There is no such time.
            Refusal: It has no year and none is to be had, or no offset and no zone is given.
        """
        if written[0].isdigit():
            minute, seconds, offset = written[:16], written[17:19], written[19:].lstrip(".0123456789")
            return self._iso[minute, offset] + _seconds(seconds)
        year = self._year_of(written) if self._year else ""
        return self._old[written[:-3], year] + _seconds(written[-2:])

    def _of_iso(self, minute_and_offset: tuple[str, str]) -> int:
        minute, offset = minute_and_offset
        if self._zone is None and not offset:
            raise _no_zone()
        return self._parsed(minute + offset)

    def _of_old(self, minute_and_year: tuple[str, str]) -> int:
        written, year = minute_and_year
        if self._zone is None:
            raise _no_zone()
        name, day, clock = written.split()
        month = _month(name)
        return self._parsed(f"{year or self._latest_year(month, int(day))}-{month:02}-{int(day):02}T{clock}")

    def _parsed(self, iso: str) -> int:
        try:
            return parse_instant(iso, self._zone)
        except DateError as problem:
            raise BadField(f"has a time that cannot be: {problem}") from None

    def _year_of(self, written: str) -> str:
        """The year of a line, given the year of those before it."""
        month = _month(written[:3])
        if self._month - month >= _NEW_YEAR:
            self._year += 1
        elif self._month and month - self._month >= _NEW_YEAR:
            self._year -= 1
        self._month = month
        return str(self._year)

    def _latest_year(self, month: int, day: int) -> int:
        """The year in which there was such a date last before the file was written."""
        if self._written_at is None:
            raise Refusal("The times in the log have no year: give --year, the one in which it begins.")
        latest = datetime.fromtimestamp(self._written_at + _A_DAY, UTC)
        return latest.year - ((month, day) > (latest.month, latest.day))


_A_DAY: Final = 86_400
# The machine's date may be ahead of that in UTC.

_NEW_YEAR: Final = 10
# Months between December, or a straggler in November, and January.


def _month(name: str) -> int:
    if name not in _MONTHS:
        raise BadField("has a month that no year has: correct it")
    return _MONTHS.index(name) + 1


def _seconds(written: str) -> int:
    seconds = int(written)
    if seconds > 60:
        raise BadField("has a time that cannot be: a minute has 60 seconds")
    return min(seconds, 59)  # a leap second is the one before it


def _no_zone() -> Refusal:
    return Refusal("The times in the log have no offset from UTC: give --time-zone, the zone of the machine.")
