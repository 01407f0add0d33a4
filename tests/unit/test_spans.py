"""What people type for dates: `msglog_tui.spans`."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from msglog_tui.dates import EARLIEST, LATEST, Span
from msglog_tui.errors import DateError
from msglog_tui.spans import PRESETS, parse_span

THURSDAY = date(2026, 10, 15)
ALLOWED_DATES = st.dates(EARLIEST, LATEST)


def day(text: str) -> date:
    return date.fromisoformat(text)


def span(text: str) -> Span:
    """`2026-10-01 2026-10-31`, or one date for a single day."""
    first, _, last = text.partition(" ")
    return day(first), day(last or first)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("2026-10-01", "2026-10-01"),
        ("2026/10/01", "2026-10-01"),
        ("2026-1-5", "2026-01-05"),
        ("  2026 - 10 - 01 ", "2026-10-01"),
        ("1 oct", "2026-10-01"),
        ("1oct", "2026-10-01"),
        ("15 oct", "2026-10-15"),
        ("16 oct", "2025-10-16"),
        ("oct 1", "2026-10-01"),
        ("Sept 30", "2026-09-30"),
        ("29 feb", "2024-02-29"),
        ("1 october 2025", "2025-10-01"),
        ("October 1, 2025", "2025-10-01"),
        ("1 OCT 2027", "2027-10-01"),
        ("oct 2025", "2025-10-01 2025-10-31"),
        ("feb 2024", "2024-02-01 2024-02-29"),
        ("october", "2026-10-01 2026-10-31"),
        ("nov", "2025-11-01 2025-11-30"),
        ("may", "2026-05-01 2026-05-31"),
        ("2026-10", "2026-10-01 2026-10-31"),
        ("2026/2", "2026-02-01 2026-02-28"),
        ("2026", "2026-01-01 2026-12-31"),
        ("today", "2026-10-15"),
        ("TODAY", "2026-10-15"),
        ("yesterday", "2026-10-14"),
        ("-7d", "2026-10-08"),
        ("-2w", "2026-10-01"),
        ("-3m", "2026-07-15"),
        ("-1y", "2025-10-15"),
        ("- 3 months", "2026-07-15"),
        ("-0d", "2026-10-15"),
        ("this week", "2026-10-12 2026-10-18"),
        ("last week", "2026-10-05 2026-10-11"),
        ("this month", "2026-10-01 2026-10-31"),
        ("last month", "2026-09-01 2026-09-30"),
        ("Last\tMonth", "2026-09-01 2026-09-30"),
        ("lastmonth", "2026-09-01 2026-09-30"),
        ("this year", "2026-01-01 2026-12-31"),
        ("last year", "2025-01-01 2025-12-31"),
        ("last 7 days", "2026-10-09 2026-10-15"),
        ("last 30 days", "2026-09-16 2026-10-15"),
        ("last 1 day", "2026-10-15"),
        ("thursday", "2026-10-15"),
        ("monday", "2026-10-12"),
        ("fri", "2026-10-09"),
    ],
)
def test_what_people_type(typed, expected):
    assert parse_span(typed, THURSDAY) == span(expected)


@pytest.mark.parametrize(
    ("typed", "today", "expected"),
    [
        ("-1m", "2026-03-31", "2026-02-28"),
        ("-1m", "2024-03-31", "2024-02-29"),
        ("-1y", "2024-02-29", "2023-02-28"),
        ("-12m", "2026-01-31", "2025-01-31"),
        ("last month", "2026-01-31", "2025-12-01 2025-12-31"),
        ("this week", "2026-10-12", "2026-10-12 2026-10-18"),
        ("this week", "2026-10-18", "2026-10-12 2026-10-18"),
        ("last week", "2026-01-01", "2025-12-22 2025-12-28"),
        ("31 dec", "2026-01-01", "2025-12-31"),
        ("january", "2026-01-01", "2026-01-01 2026-01-31"),
        ("29 feb", "2024-02-28", "2020-02-29"),
        ("yesterday", "2026-01-01", "2025-12-31"),
        ("sunday", "2026-10-18", "2026-10-18"),
    ],
)
def test_what_people_type_at_the_edges_of_the_calendar(typed, today, expected):
    assert parse_span(typed, day(today)) == span(expected)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "No date was typed"),
        (" \t ", "No date was typed"),
        ("03/04/2026", "type 2026-04-03 or 2026-03-04"),
        ("3.4.2026", "type 2026-04-03 or 2026-03-04"),
        ("13/04/2026", "type 2026-04-13\\."),
        ("03/04", "the year first, as in 2026-04-03"),
        ("03/04/26", "the year first, as in 2026-04-03"),
        ("2026-02-30", "There is no 30 February 2026: that month has 28 days"),
        ("30 feb", "There is no 30 February: that month has at most 29 days"),
        ("2026-10-00", "There is no 0 October 2026"),
        ("2026-13-01", "There is no month 13"),
        ("0102-03-04", "The year 0102 is outside 1970 to 2100"),
        ("1 oct 1969", "The year 1969 is outside 1970 to 2100"),
        ("2101", "The year 2101 is outside 1970 to 2100"),
        ("-60y", "'-60y' reaches outside the years 1970 to 2100"),
        ("-999999y", "'-999999y' reaches outside the years 1970 to 2100"),
        ("-999999d", "'-999999d' reaches outside the years 1970 to 2100"),
        ("last 0 days", "The last 0 days hold nothing"),
        ("last 99999 days", "reaches outside the years 1970 to 2100"),
        ("\uff12\uff10\uff12\uff16-10-01", "digits other than 0 to 9"),
        ("\u0661 oct", "digits other than 0 to 9"),
        ("² oct", "digits other than 0 to 9"),
        ("oct 12025", "is not a date: type one such as"),
        ("oct 1?2025", "is not a date: type one such as"),
        ("-7deeks", "is not a date: type one such as"),
        ("-7 d 3", "is not a date: type one such as"),
        ("202-10-01", "is not a date: type one such as"),
        ("octo ber", "is not a date: type one such as"),
        ("-12345678901234567890d", "is not a date: type one such as"),
        ("x\x1b]52;c;aGk=\x07", "is not a date: type one such as"),
    ],
)
def test_what_is_refused_and_why(typed, reason):
    with pytest.raises(DateError, match=reason):
        parse_span(typed, THURSDAY)


def test_a_refusal_is_safe_to_show_and_short():
    with pytest.raises(DateError) as refusal:
        parse_span("\x1b[2J\u202e\ud800" + "9" * 100_000, THURSDAY)

    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 200


WORDS = [
    *(
        "-",
        "/",
        ".",
        ",",
        "0",
        "1",
        "2",
        "7",
        "29",
        "30",
        "31",
        "32",
        "99",
        "100",
        "0102",
        "1970",
        "2026",
        "2100",
    ),
    *(
        "9999",
        "999999",
        "d",
        "w",
        "m",
        "y",
        "oct",
        "feb",
        "29feb",
        "may",
        "sept",
        "sun",
        "today",
        "yesterday",
    ),
    *("last", "this", "week", "month", "year", "days", "\u0661", "\uff11", "\0", "\x1b", "\ud800"),
]
PHRASES = st.lists(st.sampled_from(WORDS))
TYPED = PHRASES.map("".join) | PHRASES.map(" ".join)


@settings(deadline=None)
@given(st.text() | TYPED, st.dates())
@example("29 feb", date(2, 1, 1))
@example("october", date.min)
@example("last week", date.min)
@example("this week", date.max)
@example("this month", date.max)
@example("-1m", date.min)
def test_whatever_is_typed_is_a_span_or_a_refusal(typed, today):
    try:
        start, end = parse_span(typed, today)
    except DateError:
        return
    assert EARLIEST <= start <= end <= LATEST
    assert type(start) is type(end) is date


@settings(deadline=None)
@given(ALLOWED_DATES, st.dates(date(1980, 1, 1), LATEST))
def test_a_day_and_month_without_a_year_is_the_latest_not_in_the_future(named, today):
    start, end = parse_span(f"{named.day} {named:%B}", today)

    assert start == end <= today
    assert (start.day, start.month) == (named.day, named.month)
    for year in range(start.year + 1, today.year + 1):
        try:
            later = date(year, named.month, named.day)
        except ValueError:  # 29 February
            continue
        assert later > today


@pytest.mark.parametrize(("label", "typed"), PRESETS)
def test_every_preset_is_understood(label, typed):
    start, end = parse_span(typed, THURSDAY)

    assert start <= end
    assert label.lower() == typed
