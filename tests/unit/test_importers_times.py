"""Times in the shapes of other programs: read where they are clear, refused where they are not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msglog_tui.errors import Refusal
from msglog_tui.importers.columns import DOUBT
from msglog_tui.importers.fields import BadField
from msglog_tui.importers.times import ForeignTimes, Times

ZONE = "Africa/Johannesburg"  # UTC+2 all year


def read(written: str, zone: str | None = ZONE, date_format: str | None = None) -> str:
    return datetime.fromtimestamp(ForeignTimes(zone, date_format).one(written), UTC).isoformat()[:19]


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-10-03T09:12:00Z", "2026-10-03T09:12:00"),
        ("2026-10-03 09:12:00", "2026-10-03T07:12:00"),
        ("2026-10-03 09:12:00 UTC", "2026-10-03T09:12:00"),
        ("2026-10-03 09:12:00.123456 +0000 UTC", "2026-10-03T09:12:00"),
        ("2026-10-03", "2026-10-02T22:00:00"),
        ("Sat, 03 Oct 2026 09:12:00 GMT", "2026-10-03T09:12:00"),
        ("Sat, 3 Oct 2026 09:12:05 -0700", "2026-10-03T16:12:05"),
        ("Sat,  3 Oct 2026 09:12:05 -0700 (PDT)", "2026-10-03T16:12:05"),
        ("Sat,3 Oct 2026 09:12:05 +0000 (Eire)", "2026-10-03T09:12:05"),
        ("3 Oct 2026 09:12 PDT", "2026-10-03T16:12:00"),
        ("Oct 03, 2026 09:12 pm", "2026-10-03T19:12:00"),
        ("Oct 3, 2026 12:05 am", "2026-10-02T22:05:00"),
        ("October 3, 2026 at 9:12 AM", "2026-10-03T07:12:00"),
        ("Saturday, October 3, 2026, 12:30 p.m.", "2026-10-03T10:30:00"),
        ("Oct 03, 2026", "2026-10-02T22:00:00"),
    ],
)
def test_clear_shapes_are_read(written, instant):
    assert read(written) == instant


@pytest.mark.parametrize("written", ["03/10/2026 09:12", "13/10/2026", "10-03-2026", "3.10.26"])
def test_the_order_of_day_and_month_is_never_guessed(written):
    with pytest.raises(BadField, match="which number is the day"):
        read(written)


def test_a_format_says_the_order():
    assert read("03/10/2026 09:12", date_format="%d/%m/%Y %H:%M") == "2026-10-03T07:12:00"
    assert read("03/10/2026 09:12", date_format="%m/%d/%Y %H:%M") == "2026-03-10T07:12:00"
    with pytest.raises(BadField, match="is not written like"):
        read("2026-10-03T09:12:00Z", date_format="%d/%m/%Y")


@pytest.mark.parametrize("date_format", ["%d/%m", "day", "%Y-%m", "%Q", "%", "%H:%M", "%d %d %m %Y"])
def test_a_format_has_to_say_a_date(date_format):
    with pytest.raises(Refusal, match="--date-format"):
        ForeignTimes(ZONE, date_format)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("Fri, 03 Oct 2026 09:12:00 GMT", "was no Fri but a Sat"),
        ("31 Feb 2026 09:12:00 GMT", "not possible"),
        ("Oct 03, 2026 13:12 pm", "twelve hours"),
        ("Oct 03, 0102 09:12 am", "1970 to 2100"),
        ("3 Oct 2026 09:12 XYZ", "ISO 8601"),
        ("3 Foo 2026 09:12", "ISO 8601"),
        ("3 Oct 26 09:12:00 GMT", "ISO 8601"),
        ("Sat, 3 Oct 2026 09:12:00 +-0700", "ISO 8601"),
        ("yesterday", "ISO 8601"),
        ("", "is empty"),
    ],
)
def test_what_cannot_be_is_refused(written, why):
    with pytest.raises(BadField, match=why):
        read(written)


def test_a_local_time_needs_a_zone():
    with pytest.raises(BadField, match="--time-zone"):
        read("Oct 03, 2026 09:12 pm", zone=None)
    assert read("Oct 03, 2026 09:12 pm +0200", zone=None) == "2026-10-03T19:12:00"


@settings(deadline=None)
@given(
    st.one_of(
        st.text(max_size=40),
        st.from_regex(
            r"\A(Mon, )?[0-9]{1,2}[ /.-](Oct|10|Feb)[ /.-][0-9]{2,4} [0-9]{1,2}:[0-9]{2}"
            r"( [ap]m)?( [A-Z+-].{,4})?\Z"
        ),
    )
)
def test_any_text_is_read_or_refused(written):
    times = ForeignTimes(ZONE)
    try:
        alone = times.one(written)
    except BadField:
        alone = None
    try:
        [whole] = ForeignTimes(ZONE).column([written])
    except DOUBT:
        whole = None
    # The whole column may be in doubt about blanks around a time that the careful look strips.
    assert whole in (alone, None)


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["", "2026-10-03T09:12:00Z", "Oct 04, 2026 GMT", " ", False, ()]), min_size=1)
)
def test_a_column_with_empty_times_is_what_its_values_are(values):
    for times in (Times(None), ForeignTimes(None)):
        try:
            whole = times.column_or_none(values)
        except DOUBT:
            continue
        assert whole == [times.one_or_none(value) for value in values]
