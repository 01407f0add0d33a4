"""Local dates, windows of them, and instants: `msglog_tui.dates`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from msglog_tui import dates
from msglog_tui.errors import DateError

THURSDAY = date(2026, 10, 15)
ZONES = sorted(name for name in available_timezones() if name[0].isupper())
ALLOWED_DATES = st.dates(dates.EARLIEST, dates.LATEST)


def utc(text: str) -> int:
    """UTC seconds of `2026-10-03 09:12`, by arithmetic that knows no zones."""
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)


def local_date(at: int, zone: str) -> date:
    return datetime.fromtimestamp(at, ZoneInfo(zone)).date()


def day(text: str) -> date:
    return date.fromisoformat(text)


def span(text: str) -> dates.Span:
    """`2026-10-01 2026-10-31`, or one date for a single day."""
    first, _, last = text.partition(" ")
    return day(first), day(last or first)


# Windows


@pytest.mark.parametrize(
    ("zone", "local", "first", "after", "hours"),
    [
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04 03:00", "2018-11-05 02:00", 23),
        ("Asia/Beirut", "2023-03-26", "2023-03-25 22:00", "2023-03-26 21:00", 23),
        ("Africa/Cairo", "2023-04-28", "2023-04-27 22:00", "2023-04-28 21:00", 23),
        ("Pacific/Apia", "2011-12-30", "2011-12-30 10:00", "2011-12-30 10:00", 0),
        ("Europe/London", "2025-10-26", "2025-10-25 23:00", "2025-10-27 00:00", 25),
        ("America/Havana", "2025-11-02", "2025-11-02 04:00", "2025-11-03 05:00", 25),
        ("Atlantic/Azores", "2025-10-26", "2025-10-26 00:00", "2025-10-27 01:00", 25),
        ("Australia/Lord_Howe", "2025-10-05", "2025-10-04 13:30", "2025-10-05 13:00", 23.5),
    ],
)
def test_days_whose_midnight_is_a_trap(zone, local, first, after, hours):
    window = dates.window(day(local), day(local), zone)

    assert (window.first, window.after) == (utc(first), utc(after))
    assert (window.after - window.first) / 3600 == hours
    assert (window.start, window.end, window.zone, window.days) == (day(local), day(local), zone, 1)


@pytest.mark.parametrize(
    ("zone", "local", "first"),
    [
        ("America/Toronto", "1919-03-31", "1919-03-31 04:30"),  # 23:30 went to 00:30
        ("America/St_Johns", "2010-11-07", "2010-11-07 02:30"),  # 00:01 went back to 23:01
        ("Pacific/Kwajalein", "1993-08-21", "1993-08-21 12:00"),  # skipped
        ("Asia/Kathmandu", "2025-01-01", "2024-12-31 18:15"),
        ("Africa/Monrovia", "1971-06-01", "1971-06-01 00:44:30"),  # offset with seconds
        ("Asia/Tehran", "2022-03-22", "2022-03-21 20:30"),
        ("Africa/Johannesburg", "1970-01-01", "1969-12-31 22:00"),
    ],
)
def test_first_instant_at_odd_offsets(zone, local, first):
    assert dates.first_instant(day(local), zone) == utc(first)


@settings(deadline=None)
@given(st.sampled_from(ZONES), st.dates(date(1900, 1, 1), date(2101, 1, 1)))
@example("Pacific/Apia", date(2011, 12, 30))
@example("Pacific/Apia", date(2011, 12, 31))
@example("America/Juneau", date(1900, 8, 20))
@example("Pacific/Kwajalein", date(1969, 9, 30))
@example("Asia/Gaza", date(2025, 4, 12))
def test_nothing_of_a_date_lies_before_its_first_instant(zone, local):
    first = dates.first_instant(local, zone)

    assert local_date(first, zone) >= local
    assert local_date(first - 1, zone) < local
    # A clock that went back may have shown the date before: look at each quarter of an hour of two days.
    assert all(local_date(first - back, zone) < local for back in range(1, 2 * 86_400, 900))


def test_first_instants_are_right_around_every_change_of_the_clock():
    """The dates around all lasting changes of offset from 2000 to 2026, in every zone."""
    weeks = [datetime(2000, 1, 1, 12, tzinfo=UTC) + timedelta(weeks=n) for n in range(27 * 52)]
    for zone in ZONES:
        rules = ZoneInfo(zone)
        offsets = [noon.astimezone(rules).utcoffset() for noon in weeks]
        weekly = zip(weeks, offsets, offsets[1:], strict=False)
        changed = [noon.date() for noon, before, after in weekly if before != after]
        for local in (start + timedelta(days=n) for start in changed for n in range(-1, 10)):
            first = dates.first_instant(local, zone)
            assert local_date(first - 1, zone) < local <= local_date(first, zone), (zone, local)


@settings(deadline=None)
@given(st.sampled_from(ZONES), ALLOWED_DATES, st.integers(0, 400))
def test_windows_that_follow_each_other_leave_no_gap(zone, start, length):
    end = start + timedelta(days=length)
    assume(end < dates.LATEST)

    window = dates.window(start, end, zone)

    assert window.after == dates.window(end + timedelta(days=1), dates.LATEST, zone).first
    assert window.first <= window.after


@pytest.mark.parametrize(
    ("start", "end", "zone", "reason"),
    [
        (
            day("2026-10-02"),
            day("2026-10-01"),
            "UTC",
            "The start 2026-10-02 is later than the end 2026-10-01",
        ),
        (day("1969-12-31"), day("2026-10-01"), "UTC", "outside the years 1970 to 2100"),
        (day("2026-10-01"), day("2101-01-01"), "UTC", "outside the years 1970 to 2100"),
        (day("2026-10-01"), day("2026-10-01"), "Europe/Nowhere", "There is no time zone 'Europe/Nowhere'"),
    ],
)
def test_a_window_that_cannot_be_is_refused(start, end, zone, reason):
    with pytest.raises(DateError, match=reason):
        dates.window(start, end, zone)


def test_a_window_reaches_from_the_first_to_the_last_date_allowed():
    window = dates.window(dates.EARLIEST, dates.LATEST, "UTC")

    assert (window.first, window.after) == (0, utc("2101-01-01 00:00"))


def test_a_window_names_its_zone_as_iana_does():
    assert dates.window(THURSDAY, THURSDAY, "africa/johannesburg").zone == "Africa/Johannesburg"


# Zones


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Africa/Johannesburg", "Africa/Johannesburg"),
        ("africa/johannesburg", "Africa/Johannesburg"),
        (" AMERICA/new york ", "America/New_York"),
        ("utc", "UTC"),
        ("etc/gmt+2", "Etc/GMT+2"),
        ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("America/Port-au-Prince", "America/Port-au-Prince"),
    ],
)
def test_zones_are_known_in_any_case(typed, name):
    assert dates.check_zone(typed) == name


def test_every_iana_zone_is_known():
    assert [dates.check_zone(name) for name in ZONES] == ZONES


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Europe/Londn", "Europe/London"),
        ("johannesburg", "Africa/Johannesburg"),
        ("new york", "America/New_York"),
    ],
)
def test_a_misspelt_zone_brings_a_suggestion(typed, meant):
    with pytest.raises(DateError, match=f"did you mean .*{meant}"):
        dates.check_zone(typed)


def test_zones_with_signs_the_other_way_round_are_never_suggested():
    with pytest.raises(DateError) as refusal:
        dates.check_zone("GMT+2")

    assert "Etc/" not in str(refusal.value)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "Africa",
        "Africa/",
        "/Africa/Cairo",
        "../../etc/passwd",
        "/etc/passwd",
        "Europe/../Europe/London",
        "posix/UTC",
        "right/UTC",
        "localtime",
        "posixrules",
        "tzdata.zi",
        "UTC\0",
        "\0",
        "A" * 5000,
        "A/" * 31 + "A",
        "\ud800",
        "\uff21frica/Cairo",
        "\x1b]0;title\x07",
        "İ",
    ],
)
def test_what_is_no_zone_is_refused(name):
    with pytest.raises(DateError) as refusal:
        dates.check_zone(name)

    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 300


@settings(deadline=None)
@given(st.text() | st.from_regex(r"[A-Za-z/_+.-]{1,80}", fullmatch=True))
def test_any_zone_is_known_or_refused(name):
    try:
        known = dates.check_zone(name)
    except DateError:
        return
    assert known.lower() == name.strip().lower().replace(" ", "_")


@pytest.mark.parametrize(
    ("configured", "zone"), [("Asia/Tokyo", "Asia/Tokyo"), (":Africa/Cairo", "Africa/Cairo"), ("UTC", "UTC")]
)
def test_the_environment_tells_the_local_zone(configured, zone):
    told = subprocess.run(
        [sys.executable, "-c", "from msglog_tui import dates; print(dates.local_zone())"],
        env=os.environ | {"TZ": configured, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == zone


@pytest.mark.parametrize("broken", [None, "", "local", "Mars/Olympus", "\0"])
def test_an_unknown_local_zone_is_utc(monkeypatch, broken):
    monkeypatch.setattr("tzlocal.get_localzone_name", lambda: broken)

    assert dates.local_zone() == "UTC"


@pytest.mark.parametrize(
    "error", [LookupError("conflicting configurations"), PermissionError(), ValueError()]
)
def test_a_broken_zone_configuration_is_utc(monkeypatch, error):
    def fail() -> str:
        raise error

    monkeypatch.setattr("tzlocal.get_localzone_name", fail)

    assert dates.local_zone() == "UTC"


def test_today_depends_on_the_zone():
    late = utc("2026-10-15 22:30")

    assert dates.today("UTC", late) == THURSDAY
    assert dates.today("Africa/Johannesburg", late) == day("2026-10-16")
    assert dates.today("America/Los_Angeles", utc("2026-10-15 06:59")) == day("2026-10-14")


def test_today_is_now_by_default(monkeypatch):
    monkeypatch.setattr("time.time", lambda: utc("2026-10-15 23:59") + 59.9)

    assert dates.today("UTC") == THURSDAY


def test_the_default_window_is_this_month_to_date():
    assert dates.month_to_date(THURSDAY) == span("2026-10-01 2026-10-15")


# Moving a window


@pytest.mark.parametrize(
    ("window", "steps", "expected"),
    [
        ("2026-10-01 2026-10-31", -1, "2026-09-01 2026-09-30"),
        ("2026-02-01 2026-02-28", 1, "2026-03-01 2026-03-31"),
        ("2024-03-01 2024-03-31", -1, "2024-02-01 2024-02-29"),
        ("2026-07-01 2026-09-30", -1, "2026-04-01 2026-06-30"),
        ("2026-07-01 2026-09-30", 2, "2027-01-01 2027-03-31"),
        ("2026-01-01 2026-12-31", -1, "2025-01-01 2025-12-31"),
        ("2023-01-01 2024-12-31", -1, "2021-01-01 2022-12-31"),
        ("2026-10-01 2026-10-15", -1, "2026-09-01 2026-09-15"),
        ("2026-10-01 2026-10-15", 1, "2026-11-01 2026-11-15"),
        ("2026-03-01 2026-03-30", -1, "2026-02-01 2026-02-28"),
        ("2026-10-01", -1, "2026-09-30"),
        ("2026-10-15", -1, "2026-10-14"),
        ("2026-10-12 2026-10-18", -1, "2026-10-05 2026-10-11"),
        ("2026-10-09 2026-10-15", 3, "2026-10-30 2026-11-05"),
        ("2026-01-01 2026-10-15", -1, "2025-03-19 2025-12-31"),
        ("2026-10-05 2026-10-31", -1, "2026-09-08 2026-10-04"),
        ("2026-10-01 2026-10-31", 0, "2026-10-01 2026-10-31"),
        ("1970-01-01 1970-01-31", -1, "1970-01-01 1970-01-31"),
        ("2100-12-01 2100-12-31", 1, "2100-12-01 2100-12-31"),
        ("1970-01-01", -1, "1970-01-01"),
        ("2100-12-25 2100-12-31", 1, "2100-12-25 2100-12-31"),
    ],
)
def test_a_window_moves_by_its_own_length(window, steps, expected):
    assert dates.shift(*span(window), steps) == span(expected)


def test_a_window_of_one_month_moves_a_year_by_twelve_steps():
    assert dates.shift(*span("2026-02-01 2026-02-28"), -24) == span("2024-02-01 2024-02-29")


@pytest.mark.parametrize(
    ("window", "days", "expected"),
    [
        ("2026-10-01 2026-10-31", 1, "2026-10-02 2026-11-01"),
        ("2026-03-01", -1, "2026-02-28"),
        ("1970-01-01 1970-01-05", -1, "1970-01-01 1970-01-05"),
        ("2100-12-30 2100-12-31", 1, "2100-12-30 2100-12-31"),
    ],
)
def test_days_move_both_ends(window, days, expected):
    assert dates.shift_days(*span(window), days) == span(expected)


@pytest.mark.parametrize(
    ("window", "months", "expected"),
    [
        ("2026-02-01 2026-02-28", 1, "2026-03-01 2026-03-31"),
        ("2026-02-01 2026-02-28", -24, "2024-02-01 2024-02-29"),
        ("2026-07-01 2026-09-30", 1, "2026-08-01 2026-10-31"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-01-30 2026-01-31", 1, "2026-02-28"),
        ("2026-10-05 2026-11-20", -1, "2026-09-05 2026-10-20"),
        ("1970-01-15", -1, "1970-01-15"),
        ("2100-12-01 2100-12-31", 1, "2100-12-01 2100-12-31"),
    ],
)
def test_months_move_both_ends(window, months, expected):
    assert dates.shift_months(*span(window), months) == span(expected)


@settings(deadline=None)
@given(ALLOWED_DATES, st.integers(0, 3000), st.integers() | st.integers(-40, 40))
def test_a_moved_window_stays_a_window_within_the_calendar(start, length, by):
    end = min(start + timedelta(days=length), dates.LATEST)

    for move in (dates.shift, dates.shift_days, dates.shift_months):
        first, last = move(start, end, by)
        assert dates.EARLIEST <= first <= last <= dates.LATEST
        assert type(first) is type(last) is date


@settings(deadline=None)
@given(ALLOWED_DATES, st.integers(0, 800), st.integers(-20, 20))
def test_a_window_that_is_no_part_of_a_month_comes_back(start, length, steps):
    end = start + timedelta(days=length)
    assume(start.day != 1 and end <= dates.LATEST)
    there = dates.shift(start, end, steps)
    # What was moved may happen to be made of whole months, which then move as such.
    assume(there != (start, end) and there[0].day != 1)

    assert dates.shift(*there, -steps) == (start, end)
    assert (there[1] - there[0]).days == length


# Instants, written and read


@pytest.mark.parametrize(
    ("zone", "moment", "short", "exact", "offset"),
    [
        ("UTC", "2026-10-03 07:12:59", "2026-10-03 07:12", "2026-10-03T07:12:59+00:00", "+00:00"),
        (
            "Africa/Johannesburg",
            "2026-10-03 07:12:00",
            "2026-10-03 09:12",
            "2026-10-03T09:12:00+02:00",
            "+02:00",
        ),
        (
            "America/St_Johns",
            "2026-10-03 00:00:00",
            "2026-10-02 21:30",
            "2026-10-02T21:30:00-02:30",
            "-02:30",
        ),
        ("Europe/London", "2025-10-26 00:59:59", "2025-10-26 01:59", "2025-10-26T01:59:59+01:00", "+01:00"),
        ("Europe/London", "2025-10-26 01:00:00", "2025-10-26 01:00", "2025-10-26T01:00:00+00:00", "+00:00"),
        (
            "Africa/Monrovia",
            "1971-06-01 12:00:00",
            "1971-06-01 11:15",
            "1971-06-01T11:15:30-00:44:30",
            "-00:44:30",
        ),
    ],
)
def test_how_instants_are_written(zone, moment, short, exact, offset):
    at = utc(moment)

    assert dates.stamp(at, zone) == short
    assert dates.stamp_exact(at, zone) == exact
    assert dates.offset(zone, at) == offset


@settings(deadline=None)
@given(st.sampled_from(ZONES), st.integers(0, utc("2100-12-31 23:59:59")))
def test_what_is_written_exactly_is_read_again(zone, at):
    assert dates.parse_instant(dates.stamp_exact(at, zone), None) == at


@pytest.mark.parametrize(
    "text",
    [
        "2026-10-03T09:12:00Z",
        "2026-10-03 09:12:00Z",
        "2026-10-03t09:12:00z",
        "2026-10-03T09:12Z",
        "2026-10-03T11:12:00+02:00",
        "2026-10-03 11:12:00+0200",
        "2026-10-03T11:12+02",
        "2026-10-03T05:42:00-03:30",
        "2026-10-03T09:12:00.999999999Z",
        "2026-10-03T09:12:00,5Z",
        " 2026-10-03T09:12:00Z\n",
        "20261003T091200Z",
        "20261003T1112+0200",
    ],
)
@pytest.mark.parametrize("zone", [None, "Asia/Tokyo"])
def test_instants_with_an_offset_need_no_zone(text, zone):
    assert dates.parse_instant(text, zone) == utc("2026-10-03 09:12")


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        ("2026-10-03T09:12:00", "Africa/Johannesburg", "2026-10-03 07:12"),
        ("2026-10-03 09:12", "Asia/Kathmandu", "2026-10-03 03:27"),
        ("2026-10-03T09:12:00.9", "UTC", "2026-10-03 09:12"),
        ("2025-10-26T01:30:00", "Europe/London", "2025-10-26 00:30"),  # came twice
        ("2018-11-04T01:00:00", "America/Sao_Paulo", "2018-11-04 03:00"),  # right after a gap
        ("2026-10-03", "Africa/Johannesburg", "2026-10-02 22:00"),
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04 03:00"),  # without a midnight
        ("2025-11-02", "America/Havana", "2025-11-02 04:00"),  # with two
    ],
)
def test_local_times_are_read_in_the_zone_given(text, zone, moment):
    assert dates.parse_instant(text, zone) == utc(moment)


@pytest.mark.parametrize(
    ("text", "zone", "reason"),
    [
        ("2026-10-03T09:12:00", None, "has no offset from UTC: add one, or give --time-zone"),
        ("2026-10-03", None, "has no offset from UTC: .*give --time-zone"),
        ("2018-11-04T00:00:00", "America/Sao_Paulo", "did not exist in America/Sao_Paulo"),
        ("2018-11-04T00:59:59", "America/Sao_Paulo", "did not exist in America/Sao_Paulo"),
        ("2011-12-30T12:00:00", "Pacific/Apia", "did not exist in Pacific/Apia"),
        ("2011-12-30", "Pacific/Apia", "did not exist in Pacific/Apia"),
        ("2026-10-03T09:12:00", "Mars/Olympus", "There is no time zone"),
        ("2026-02-30T00:00:00Z", None, "is not possible"),
        ("2026-02-30", "UTC", "is not possible"),
        ("2026-10-03T25:00:00Z", None, "is not possible"),
        ("2026-10-03T09:12:61Z", None, "is not possible"),
        ("2026-10-03T09:12:00+24:00", None, "is not possible"),
        ("0102-10-03T09:12:00Z", None, "outside the years 1970 to 2100"),
        ("0102-10-03", "UTC", "outside the years 1970 to 2100"),
        ("1969-12-31T23:59:59.5Z", None, "outside the years 1970 to 2100"),
        ("1969-12-31T23:59:59.5", "UTC", "outside the years 1970 to 2100"),
        ("2101-01-01T00:00:00Z", None, "outside the years 1970 to 2100"),
        ("2101-01-01", "UTC", "outside the years 1970 to 2100"),
    ],
)
def test_instants_that_cannot_be_are_refused(text, zone, reason):
    with pytest.raises(DateError, match=reason):
        dates.parse_instant(text, zone)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Z",
        "yesterday",
        "1791018720",
        "03/10/2026 09:12",
        "2026-W40-6T09:12:00Z",
        "2026-276T09:12:00Z",
        "2026-10-03T",
        "2026-10-03x09:12:00Z",
        "2026-10-03T09:12:00bZ",
        "2026-10-03T09:12:00:00",
        "2026-10-03T9:12Z",
        "2026-10-03T09:12:00Z\0",
        "2026-10-03T09:120Z",
        "2026-10-03T09:12:00 Z",
        "2026-10-03T09:12:00+2",
        "2026-10-03T0912:00Z",
        "20261003",
        "2026-10-03T09:12:00Z+02:00",
        "-2026-10-03T09:12:00Z",
        "2026-10-03T09:12:0\u0660Z",
        "\uff12\uff10\uff12\uff16-10-03T09:12:00Z",
        "2026-10-03\ud80009:12:00Z",
        "\x1b[2J",
    ],
)
def test_what_is_not_iso_8601_is_refused(text):
    with pytest.raises(DateError, match="is not in ISO 8601: write it like") as refusal:
        dates.parse_instant(text, "UTC")

    assert str(refusal.value).isprintable()


SHAPE = re.compile(r"\s*[0-9]{4}-?[0-9]{2}-?[0-9]{2}([Tt ][0-9:]+([.,][0-9]+)?([Zz]|[+-][0-9:]+)?)?\s*")


@settings(deadline=None)
@given(
    st.text()
    | st.text("0123456789-:.,+ TZtzbW\0", min_size=15, max_size=27)
    | st.builds(
        lambda text, at, sign: text[:at] + sign + text[at + 1 :],
        st.sampled_from(["2026-10-03T09:12:00Z", "2026-10-03 09:12:00.25+02:00", "20261003T091200"]),
        st.integers(0, 25),
        st.text("0123456789-:., TZ\0\u0663x", max_size=2),
    ),
    st.sampled_from([None, "UTC", "America/Sao_Paulo"]),
)
def test_any_text_is_an_instant_within_the_calendar_or_a_refusal(text, zone):
    try:
        at = dates.parse_instant(text, zone)
    except DateError:
        return
    assert 0 <= at < utc("2101-01-01 00:00")
    assert SHAPE.fullmatch(text)
