"""What the preview says, at any width."""

from __future__ import annotations

from datetime import date
from io import StringIO

import pytest
from rich.console import Console

from msglog_tui.tui import describe
from msglog_tui.types import Counts, Overview, Traffic, Window

LARGE = Overview(
    name="Baobab Mutual",
    enterprise="",
    customers=5_000,
    traffic=Traffic(
        Counts(1_036_926_324, 12_345_678, 98_765, messages=1_234_567, failed_unknown=23_456),
        Counts(848_300_111, 1_234_321, 9_876, messages=234_567, failed_unknown=3_456),
    ),
    first_at=None,
    last_at=None,
    senders=(),
    lists=(),
    tallied=0,
    package=None,
)


@pytest.mark.parametrize("width", [28, 30, 34, 40, 80])
def test_no_number_of_an_overview_is_cut(width: int) -> None:
    window = Window(date(2026, 10, 1), date(2026, 10, 31), "UTC", 1_790_812_800, 1_793_491_200)
    console = Console(file=StringIO(), width=width, color_system=None)
    console.print(describe.overview(LARGE, window))
    picture = console.file.getvalue()  # type: ignore[attr-defined]
    for number in ("1,036,926,324", "848,300,111", "12,345,678", "1,234,321", "23,456"):
        assert number in picture
    assert max(map(len, picture.splitlines())) <= width
