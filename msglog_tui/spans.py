"""What people type for a date, a month or a span of days, and what they mean by it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

from msglog_tui.dates import (
    EARLIEST,
    LATEST,
    YEARS_ALLOWED,
    Span,
    days_of,
    months_later,
    out_of_reach,
    quoted,
    whole_month,
)
from msglog_tui.errors import DateError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Meaning = Callable[[re.Match[str], date], Span]

PRESETS: Final[tuple[tuple[str, str], ...]] = (
    ("Today", "today"),
    ("Yesterday", "yesterday"),
    ("Last 7 days", "last 7 days"),
    ("Last 30 days", "last 30 days"),
    ("This month", "this month"),
    ("Last month", "last month"),
    ("This year", "this year"),
    ("Last year", "last year"),
)
"""Windows offered for the picking: what the screen calls them, and what `parse_span` understands."""

# Not the calendar module's names, which follow the machine's language.
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def parse_span(text: str, today: date) -> Span:
    """Understand what people type for a start or an end, as the span of dates it names.

    * a day: `2026-10-01`, `2026/10/01`, `1 oct 2025`, `oct 1`, `today`, `yesterday`, `monday`; without a year
      the latest such day that is not in the future, today included;
    * a day so far before today: `-7d`, `-2w`, `-3m`, `-1y`;
    * a whole month or year: `2026-10`, `oct 2025`, `october` (the latest that has begun), `2026`,
      `this month`, `last year`; a whole week, from Monday: `this week`, `last week`;
    * days up to today, today included: `last 7 days`.

    Case does not matter, nor do spaces.  Numbers on both sides of a slash with the year last are refused, as
    half of the world reads them the other way round.

    Args:
        text: What was typed; anything at all.
        today: The local date now.

    Raises:
        DateError: It is not understood, names a date that does not exist, or leaves the years 1970 to 2100.
    """
    typed = " ".join(text.split()).lower()
    if not typed:
        raise DateError("No date was typed: type one such as 2026-10-01, 1 oct, today or last month.")
    if typed.isascii():
        for shape, meaning in _shapes():
            found = shape.fullmatch(typed)
            if found:
                return _meant(text, found, meaning, today)
    elif any(sign.isdigit() and not sign.isascii() for sign in typed):
        raise DateError(f"{quoted(text)} has digits other than 0 to 9: type dates with those.")
    raise DateError(
        f"{quoted(text)} is not a date: type one such as 2026-10-01, 1 oct, today, -7d or last month."
    )


def _meant(text: str, found: re.Match[str], meaning: Meaning, today: date) -> Span:
    try:
        start, end = meaning(found, today)
    except (OverflowError, ValueError):
        # What was typed has been checked before it is counted with: only the end of the calendar is left.
        raise out_of_reach(quoted(text)) from None
    if start < EARLIEST or end > LATEST:
        raise out_of_reach(quoted(text))
    return start, end


def _named_year(found: re.Match[str], _today: date) -> Span:
    year = int(found["year"])
    if not EARLIEST.year <= year <= LATEST.year:
        raise DateError(f"The year {found['year']} is outside {YEARS_ALLOWED}: choose one within them.")
    return _whole_year(year)


def _named_month(found: re.Match[str], today: date) -> Span:
    first, _ = _named_year(found, today)
    month = _month_number(found["month"])
    if not 1 <= month <= 12:
        raise DateError(f"There is no month {found['month']}: months go from 1 to 12.")
    return whole_month(first.year, month)


def _named_day(found: re.Match[str], today: date) -> Span:
    first, last = _named_month(found, today)
    day = int(found["day"])
    if not 1 <= day <= last.day:
        month = _MONTHS[first.month - 1]
        raise DateError(f"There is no {day} {month} {first.year}: that month has {last.day} days.")
    return _day(first.replace(day=day))


def _latest_day(found: re.Match[str], today: date) -> Span:
    month, day = _month_number(found["month"]), int(found["day"])
    longest = days_of(2000, month)
    if day not in longest:
        raise DateError(
            f"There is no {day} {_MONTHS[month - 1]}: that month has at most {len(longest)} days."
        )
    year = today.year
    # Up to eight years lie between two 29ths of February: 1896 and 1904.
    while day not in days_of(year, month) or date(year, month, day) > today:
        year -= 1
    return _day(date(year, month, day))


def _latest_month(found: re.Match[str], today: date) -> Span:
    month = _month_number(found["month"])
    return whole_month(today.year - (month > today.month), month)


def _month_number(typed: str) -> int:
    if typed.isdigit():
        return int(typed)
    return next(number for number, name in enumerate(_MONTHS, 1) if name.lower().startswith(typed))


def _whole_year(year: int) -> Span:
    return date(year, 1, 1), date(year, 12, 31)


def _day(day: date) -> Span:
    return day, day


def _ago(found: re.Match[str], today: date) -> Span:
    count, unit = int(found["count"]), found["unit"][0]
    if unit in "dw":
        return _day(today - timedelta(days=count * (7 if unit == "w" else 1)))
    return _day(months_later(today, -count * (12 if unit == "y" else 1)))


def _this_or_last(found: re.Match[str], today: date) -> Span:
    back = int(found["which"] == "last")
    match found["unit"]:
        case "week":
            monday = today - timedelta(days=today.weekday() + 7 * back)
            return monday, monday + timedelta(days=6)
        case "month":
            first = today.replace(day=1) - timedelta(days=back)
            return whole_month(first.year, first.month)
        case _:
            return _whole_year(today.year - back)


def _last_days(found: re.Match[str], today: date) -> Span:
    count = int(found["count"])
    if count == 0:
        raise DateError("The last 0 days hold nothing: type last 1 day or more.")
    return today - timedelta(days=count - 1), today


def _weekday(found: re.Match[str], today: date) -> Span:
    number = next(n for n, name in enumerate(_WEEKDAYS) if name.lower().startswith(found["weekday"]))
    return _day(today - timedelta(days=(today.weekday() - number) % 7))


def _ambiguous(found: re.Match[str], _today: date) -> Span:
    one, other, year = int(found["one"]), int(found["other"]), int(found["year"] or 0)
    readings = dict.fromkeys(
        f"{year}-{month:02}-{day:02}"
        for day, month in ((one, other), (other, one))
        if EARLIEST.year <= year <= LATEST.year and month in range(1, 13) and day in days_of(year, month)
    )
    advice = " or ".join(readings) or "the year first, as in 2026-04-03, or the month by name, as in 3 apr"
    raise DateError(f"{quoted(found[0])} leaves open which number is the day: type {advice}.")


def _beginnings(names: Sequence[str]) -> str:
    """A pattern for the names and whatever at least three letters of them abbreviate."""
    return "|".join(name[:length].lower() for name in names for length in range(len(name), 2, -1))


def _shape(pattern: str) -> re.Pattern[str]:
    """Compile a pattern in which a space is optional and NAME stands for a month's name."""
    return re.compile(pattern.replace(" ", " ?").replace("NAME", f"(?P<month>{_beginnings(_MONTHS)})"))


@cache
def _shapes() -> tuple[tuple[re.Pattern[str], Meaning], ...]:
    """What may be typed and what it means; compiled at first use, as the first screen does without."""
    return (
        (_shape("(?P<year>[0-9]{4}) [-/.] (?P<month>[0-9]{1,2}) [-/.] (?P<day>[0-9]{1,2})"), _named_day),
        (_shape("(?P<day>[0-9]{1,2}) NAME,? (?P<year>[0-9]{4})"), _named_day),
        (_shape("NAME (?P<day>[0-9]{1,2})(?:, |\\s)(?P<year>[0-9]{4})"), _named_day),
        (_shape("(?P<day>[0-9]{1,2}) NAME"), _latest_day),
        (_shape("NAME (?P<day>[0-9]{1,2})"), _latest_day),
        (_shape("(?P<year>[0-9]{4}) [-/.] (?P<month>[0-9]{1,2})"), _named_month),
        (_shape("NAME (?P<year>[0-9]{4})"), _named_month),
        (_shape("NAME"), _latest_month),
        (_shape("(?P<year>[0-9]{4})"), _named_year),
        (_shape("today"), lambda _, today: _day(today)),
        (_shape("yesterday"), lambda _, today: _day(today - timedelta(days=1))),
        (_shape("- (?P<count>[0-9]{1,6}) (?P<unit>d|days?|w|weeks?|m|months?|y|years?)"), _ago),
        (_shape("(?P<which>this|last) (?P<unit>week|month|year)"), _this_or_last),
        (_shape("last (?P<count>[0-9]{1,6}) days?"), _last_days),
        (_shape(f"(?P<weekday>{_beginnings(_WEEKDAYS)})"), _weekday),
        (
            _shape("(?P<one>[0-9]{1,2}) [-/.] (?P<other>[0-9]{1,2})(?: [-/.] (?P<year>[0-9]{2,4}))?"),
            _ambiguous,
        ),
    )
