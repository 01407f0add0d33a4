"""What the screen says of a time of which only totals are kept."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from msglog_tui import dates
from msglog_tui.store import retention, rollups
from msglog_tui.types import Order
from tests.archives import ZONE, sample_store
from tests.tui.conftest import at_desk

if TYPE_CHECKING:
    from pathlib import Path


async def test_the_last_row_of_a_customer_stands_for_what_was_removed(tmp_path: Path) -> None:
    store = sample_store(tmp_path / "archive.db")
    before = dates.first_instant(date(2026, 10, 15), ZONE)
    async with at_desk(store, "vusi.adams") as desk:
        october = desk.screen.reader.enterprises(desk.screen.window, Order.DATE)
        await desk.press("G")
        assert not desk.shows("Totals only")
        with store.writing() as connection:
            retention.begin(connection, before)
            for enterprise_id, _ in rollups.enterprises(connection):
                assert retention.settle(connection, enterprise_id, before, 10**6)
            retention.end(connection, before)
        await desk.press("R", "G")
        assert desk.screen.reader.enterprises(desk.screen.window, Order.DATE) == october
        removed = dates.window(date(2026, 10, 1), date(2026, 10, 14), ZONE)
        (traffic,) = [row.traffic for row in desk.screen.reader.customers(removed, None, None)]
        assert desk.shows(f"Totals only: {traffic.messages:,} messages", "<2026-10-15")
        assert desk.shows(
            "First send   before 2026-10-15", f"{traffic.messages:,} messages before 2026-10-15"
        )
        await desk.press("s", "G")  # by name
        assert desk.shows(f"Totals only: {traffic.messages:,} messages", "<2026-10-15")
        await desk.press("K", "d")
        await desk.type("2026-10-15")
        await desk.press("enter")
        assert not desk.shows("Totals only")
