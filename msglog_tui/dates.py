"""Local dates and the exact instants they stand for.

People say dates; the store keeps instants (UTC seconds since the epoch).  In between lie zones whose midnight
does not exist on some dates, exists twice on others, and dates that a zone skipped altogether.  Everything
that turns one into the other is here: windows, moving a window, and how instants are written and read; what
people type for dates is in `spans`.

Spans are pairs of dates, both inclusive, without a zone; only `window` ties them to instants.
"""

from __future__ import annotations

import re
import time
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from msglog_tui.errors import DateError, InstantError
from msglog_tui.types import Window

Span = tuple[date, date]
"""First and last date, both inclusive."""

EARLIEST: Final = date(1970, 1, 1)
"""The first date that a window may name, in any zone."""

LATEST: Final = date(2100, 12, 31)
"""The last date that a window may name, in any zone."""

YEARS_ALLOWED: Final = f"{EARLIEST.year} to {LATEST.year}"
"""For saying so."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = timedelta(days=1)
_DAY_SECONDS: Final = 86_400
_INSTANTS: Final = range((date(2101, 1, 1) - EARLIEST).days * _DAY_SECONDS)


def quoted(text: str) -> str:
    """What was typed, fit to be shown: `repr` escapes whatever a terminal would obey."""
    return repr(text if len(text) <= 40 else text[:40] + "…")


def out_of_reach(dates: str) -> DateError:
    """The error for dates outside the years allowed."""
    return DateError(f"{dates} reaches outside the years {YEARS_ALLOWED}: choose dates within them.")


# Zones

# Every IANA name begins with a capital letter. What else lies in a zone directory does not: posix/ and right/
# (which counts leap seconds), localtime, tables; nor do paths.
_ZONE_SHAPE: Final = re.compile(r"[A-Z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*")
_LONGEST_ZONE: Final = 64


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(check_zone(name))


def check_zone(name: str) -> str:
    """The IANA name of a zone that can be used, from a name in any case.

    Raises:
        DateError: There is no such zone; the sentence names those that are spelled alike.
    """
    typed = name.strip()
    if len(typed) <= _LONGEST_ZONE and _ZONE_SHAPE.fullmatch(typed):
        try:
            # Loading one zone costs 0.4 ms where listing all of them costs 50.
            return ZoneInfo(typed).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass
    folded = typed.lower().replace(" ", "_")
    if folded in _zone_names():
        return _zone_names()[folded]
    alike = _spelled_alike(folded, _zone_names())
    advice = (
        f"did you mean {' or '.join(alike)}?" if alike else "type a name such as Africa/Johannesburg or UTC."
    )
    raise DateError(f"There is no time zone {quoted(name)}: {advice}")


@cache
def _zone_names() -> dict[str, str]:
    """All IANA names by their lower-case form."""
    return {name.lower(): name for name in available_timezones() if _ZONE_SHAPE.fullmatch(name)}


def _spelled_alike(folded: str, names: dict[str, str]) -> list[str]:
    if len(folded) > _LONGEST_ZONE:
        return []
    from difflib import get_close_matches  # needed after a slip of the pen only

    # Not Etc/GMT+2 and its like, whose signs are the other way round: two hours *behind* UTC.
    alike = {known: name for known, name in names.items() if not known.startswith("etc/")}
    alike |= {known.rpartition("/")[2]: name for known, name in alike.items()}
    return list(dict.fromkeys(alike[match] for match in get_close_matches(folded, alike, n=3, cutoff=0.7)))


def local_zone() -> str:
    """The IANA name of this machine's zone; `TZ` in the environment wins; `UTC` where it cannot be told."""
    import tzlocal  # 8 ms, and not needed where a zone is given

    try:
        # The declared type leaves out the None it returns for a machine without a zone.
        return check_zone(tzlocal.get_localzone_name() or "UTC")
    except (DateError, LookupError, ValueError, OSError):
        return "UTC"


# Windows


def first_instant(day: date, zone: str) -> int:
    """The first instant, in UTC seconds, whose local date is `day` or later.

    That is midnight; the first of two midnights where the clock went back over it; the moment the clock went
    forward where midnight, or the whole date, was left out.

    Raises:
        DateError: `zone` is unknown.
    """
    rules = _zone(zone)
    first, second = _readings(datetime(day.year, day.month, day.day, tzinfo=rules))
    if first <= second:
        return first
    # Midnight was left out. Read with the offset from before the gap it lies behind it, read with the offset
    # from after the gap it lies in front; in between, the local date changes just once.
    while first - second > 1:
        middle = (first + second) // 2
        if datetime.fromtimestamp(middle, rules).date() >= day:
            first = middle
        else:
            second = middle
    return first


def _readings(moment: datetime) -> tuple[int, int]:
    """A local time in UTC seconds, by the offset before and by the offset after a change of the clock.

    They differ where a change is at hand: the first is the earlier where the local time comes twice, and the
    later where it does not exist.
    """
    before, after = (int(moment.replace(fold=fold, microsecond=0).timestamp()) for fold in (0, 1))
    return before, after


def window(start: date, end: date, zone: str) -> Window:
    """The window of the local dates `start` to `end`, both inclusive.

    It ends where the next date begins, which is not always 24 hours later.

    Raises:
        DateError: `start` lies after `end`, a date outside the years 1970 to 2100, or `zone` is unknown.
    """
    if start > end:
        raise DateError(f"The start {start} is later than the end {end}: swap them, or move one.")
    if start < EARLIEST or end > LATEST:
        raise out_of_reach(f"{start} to {end}")
    zone = check_zone(zone)
    return Window(start, end, zone, first_instant(start, zone), first_instant(end + _DAY, zone))


def today(zone: str, now: int | None = None) -> date:
    """The local date in `zone` at the instant `now` (UTC seconds), or at this moment."""
    return datetime.fromtimestamp(time.time() if now is None else now, _zone(zone)).date()


def month_to_date(today: date) -> Span:
    """The default window: from the first of this month to today."""
    return today.replace(day=1), today


# Moving a window


def shift(start: date, end: date, steps: int) -> Span:
    """Move a whole window later by `steps` times its own length; earlier where `steps` is negative.

    What its length is depends on what people see in it:

    * whole calendar months move by as many months: October to September, the third quarter to the second,
      a year to the year before;
    * the beginning of a month (the 1st to the k-th, k > 1) moves to the same days of the next or previous
      month, cut off where that month is shorter: 1-30 March to 1-28 February, which is then a whole month;
    * anything else, a single day included, moves by its number of days.

    Returns the same span when the moved one would leave the years 1970 to 2100.
    """
    months = _whole_months(start, end)
    if not months and start.day == 1 and start < end and _month_of(start) == _month_of(end):
        months = 1
    if months:
        return shift_months(start, end, months * steps)
    return shift_days(start, end, ((end - start).days + 1) * steps)


def shift_days(start: date, end: date, days: int) -> Span:
    """Move both ends by `days`; the same span when that would leave the years 1970 to 2100."""
    try:
        return _allowed((start + timedelta(days), end + timedelta(days)), otherwise=(start, end))
    except OverflowError:
        return start, end


def shift_months(start: date, end: date, months: int) -> Span:
    """Move both ends by calendar months; the same span when that would leave the years 1970 to 2100.

    Whole months stay whole months (February becomes 1-31 March); other ends keep their day of the month, cut
    off where the month is shorter.
    """
    try:
        first, last = months_later(start, months), months_later(end, months)
    except (OverflowError, ValueError):
        return start, end
    if _whole_months(start, end):
        last = whole_month(last.year, last.month)[1]
    return _allowed((first, last), otherwise=(start, end))


def _allowed(span: Span, otherwise: Span) -> Span:
    return span if span[0] >= EARLIEST and span[1] <= LATEST else otherwise


def months_later(day: date, months: int) -> date:
    """The same day of another month, cut off where that month is shorter."""
    import pendulum  # 35 ms, which the first screen does without

    moved = pendulum.Date(day.year, day.month, day.day).add(months=months)
    return date(moved.year, moved.month, moved.day)


def _month_of(day: date) -> int:
    """Months since year 0, for telling months apart and counting them."""
    return day.year * 12 + day.month - 1


def _whole_months(start: date, end: date) -> int:
    """How many whole calendar months the span is; 0 when it is not made of whole months."""
    if start.day != 1 or end != whole_month(end.year, end.month)[1]:
        return 0
    return _month_of(end) - _month_of(start) + 1


def whole_month(year: int, month: int) -> Span:
    """All of a month."""
    return date(year, month, 1), date(year, month, len(days_of(year, month)))


def days_of(year: int, month: int) -> range:
    """The days of a month, by their numbers."""
    return range(1, monthrange(year, month)[1] + 1)


# Instants, written and read


def stamp(at: int, zone: str) -> str:
    """An instant as people read it, to the minute: `2026-10-03 09:12`."""
    return datetime.fromtimestamp(at, _zone(zone)).isoformat(" ")[:16]


def boundary(at: int, zone: str) -> str:
    """An instant that parts two times, in a zone: the date alone where it is a midnight."""
    return stamp(at, zone).removesuffix(" 00:00")


def stamp_exact(at: int, zone: str) -> str:
    """An instant in ISO 8601, for `parse_instant` to read again: `2026-10-03T09:12:00+02:00`."""
    return datetime.fromtimestamp(at, _zone(zone)).isoformat()


def offset(zone: str, at: int) -> str:
    """The offset from UTC in `zone` at an instant: `+02:00`."""
    return stamp_exact(at, zone)[19:]


# Python 3.11's datetime.fromisoformat alone would not do: it takes 09:12:00bZ and 09:12:00:00 without a word.
_COMMON: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_OFFSET: Final = r"(?:Z|[+-][0-9]{2}(?:[0-9]{2}|:[0-9]{2}(?::[0-9]{2})?)?)?"
_EXTENDED: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}(?::[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?)?"
_BASIC: Final = r"[0-9]{8}T[0-9]{2}(?:[0-9]{2}(?:[0-9]{2}(?:[.,][0-9]+)?)?)?"
_INSTANT: Final = re.compile(f"(?:{_EXTENDED}|{_BASIC}){_OFFSET}")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_instant(text: str, zone: str | None) -> int:
    """Read an instant in ISO 8601 as UTC seconds, fractions of a second left off.

    Args:
        text: Such as `2026-10-03T09:12:00Z`, `2026-10-03 09:12+02:00`, `20261003T0912`; or `2026-10-03`, the
            first instant of that date.
        zone: Where local times are at home that come without an offset from UTC; `None` refuses those.  Of a
            time that came twice, as clocks went back, the first is taken.

    Raises:
        InstantError: It is no such instant, did not exist in `zone`, has no offset and `zone` is `None`, or
            lies outside the years 1970 to 2100 (in UTC, so that what any zone shows can be read again).
    """
    seconds = _seconds(text, zone)
    if seconds not in _INSTANTS:
        raise _outside(text)
    return seconds


def _outside(text: str) -> InstantError:
    return InstantError(quoted(text), f"lies outside the years {YEARS_ALLOWED}: correct its year")


def _impossible(text: str, error: ValueError) -> InstantError:
    return InstantError(quoted(text), f"is not possible, {str(error).rstrip('.')}: correct it")


def _seconds(text: str, zone: str | None) -> int:
    iso = text
    if not _COMMON.fullmatch(iso):
        iso = text.strip().upper()
        if _DATE.fullmatch(iso):
            return _first_of(iso, zone)
        if not _INSTANT.fullmatch(iso):
            raise InstantError(quoted(text), "is not in ISO 8601: write it like 2026-10-03T09:12:00+02:00")
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError as error:
        raise _impossible(text, error) from None
    if moment.tzinfo is None:
        return _in_zone(moment, text, zone)
    since = moment - _EPOCH
    return since.days * _DAY_SECONDS + since.seconds


def _in_zone(moment: datetime, text: str, zone: str | None) -> int:
    if zone is None:
        raise InstantError(quoted(text), "has no offset from UTC: add one, or give --time-zone")
    before, after = _readings(moment.replace(tzinfo=_zone(zone)))
    if before > after:
        raise InstantError(quoted(text), f"did not exist in {zone}, as clocks went forward: correct it")
    return before


def _first_of(day_alone: str, zone: str | None) -> int:
    if zone is None:
        raise InstantError(
            quoted(day_alone), "has no offset from UTC: add a time and one, or give --time-zone"
        )
    try:
        day = date.fromisoformat(day_alone)
    except ValueError as error:
        raise _impossible(day_alone, error) from None
    if not EARLIEST <= day <= LATEST:
        raise _outside(day_alone)
    first = first_instant(day, zone)
    if first == first_instant(day + _DAY, zone):
        raise InstantError(quoted(day_alone), f"did not exist in {zone}, which skipped that date: correct it")
    return first
