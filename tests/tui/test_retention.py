"""What the screen says of a time of which only totals are kept."""

from __future__ import annotations

import shutil
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from msglog_tui import dates
from msglog_tui.cancel import Cancel
from msglog_tui.reader import Reader
from msglog_tui.store import models, writes
from msglog_tui.store.engine import Store
from msglog_tui.store.writes import Writer
from msglog_tui.tui.app import MsglogApp
from msglog_tui.tui.sources.row_keys import OlderKey, path_to
from msglog_tui.tui.sources.tree import TreeSource
from msglog_tui.tui.widgets.lists import BoundOutline
from msglog_tui.types import Order
from tests.archives import ZONE, sample_store
from tests.store.records import message
from tests.store.test_retention import remove, remove_deliveries
from tests.tui.conftest import Desk, at_desk
from tests.tui.test_deliveries import audited, go_to, told

if TYPE_CHECKING:
    from pathlib import Path


async def test_the_last_row_of_a_customer_stands_for_what_was_removed(tmp_path: Path) -> None:
    store = sample_store(tmp_path / "archive.db")
    before = dates.first_instant(date(2026, 10, 15), ZONE)
    async with at_desk(store, "vusi.adams") as desk:
        october = desk.screen.reader.enterprises(desk.screen.window, Order.DATE)
        await desk.press("G")
        assert not desk.shows("Totals only")
        assert remove(store, before, limit=10_000)
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


async def test_who_got_a_message_is_not_kept_or_read_from_an_attached_archive(tmp_path: Path) -> None:
    store = sample_store(tmp_path / "archive.db")
    attached = Store(str(shutil.copy(store.path, tmp_path / "older.db")))
    message = told(store)
    before = dates.first_instant(date(2026, 10, 31), ZONE)
    assert message.sent_at < before
    assert remove_deliveries(store, before, limit=10_000)
    reader = Reader.of(store, "thandi")
    summary = reader.delivery_summary(message.enterprise_id, message.customer_id, message.id)
    total = sum(count for _, count in summary.by_status)
    async with at_desk(store, "thandi") as desk:
        await go_to(desk, message)
        assert desk.shows(f"From {total:,} deliveries", "Who got it is not kept:")
        await desk.press("2")
        assert desk.shows(f"{summary.by_status[0][1]:,} bounced", "Who got it is not kept")
        await desk.press("1", "F")
        assert desk.shows("deliveries are kept from 2026-10-31 on")
        await desk.press("escape", "w")
        await desk.type("@example.com")
        await desk.press("enter")
        assert desk.shows("deliveries are kept from 2026-10-31 on")

    app = MsglogApp(reader.beside(attached), ZONE)
    async with app.run_test(size=(120, 40)) as pilot:
        desk = Desk(app, pilot)
        await desk.until(lambda: desk.shows("Total sent,"))
        await go_to(desk, message)
        assert desk.shows(f"From {total:,} deliveries", "Who got it is read from")
        await desk.press("2")
        assert desk.screen.query_one("#deliveries-list", BoundOutline).row_count == total
        await desk.press("tab", "u")
        assert len(audited(store)) == 1
        assert not audited(attached)
        await desk.press("F")
        assert desk.shows("are not in this list")


async def test_a_message_of_an_attached_archive_has_its_deliveries(tmp_path: Path) -> None:
    store = sample_store(tmp_path / "archive.db")
    attached = Store(str(shutil.copy(store.path, tmp_path / "older.db")))
    message = told(store)
    assert remove(store, dates.first_instant(date(2026, 10, 31), ZONE), limit=10_000)
    there = Reader.of_owner(attached, "x")
    summary = there.delivery_summary(message.enterprise_id, message.customer_id, message.id)
    total = sum(count for _, count in summary.by_status)
    app = MsglogApp(Reader.of(store, "thandi").beside(attached), ZONE)
    async with app.run_test(size=(120, 40)) as pilot:
        desk = Desk(app, pilot)
        await desk.until(lambda: desk.shows("Total sent,"))
        key = OlderKey(message.enterprise_id, message.customer_id, message.id)
        desk.screen.query_one("#tree", BoundOutline).reveal(path_to(key))
        await desk.until(lambda: desk.screen._key == key)
        await desk.settled()
        assert desk.shows("older.db", f"From {total:,} deliveries")
        await desk.press("2")
        assert desk.screen.query_one("#deliveries-list", BoundOutline).row_count == total


async def test_what_was_removed_is_shown_from_an_attached_archive(tmp_path: Path) -> None:
    store = sample_store(tmp_path / "archive.db")
    attached = Store(str(shutil.copy(store.path, tmp_path / "older.db")))
    with Writer(attached) as writer:  # so that its numbers are others
        writer.messages([message(enterprise="Somebody else", sent_at=1)])
    reader = Reader.of(store, "vusi.adams")
    window = dates.window(date(2026, 10, 1), date(2026, 10, 31), ZONE)
    expected = [row.external_id for row in reader.all_messages(window)]
    before = dates.first_instant(date(2026, 10, 15), ZONE)
    remove(store, before, limit=10_000)
    with attached.writing() as connection:
        gone = connection.scalar(
            select(func.min(models.message.c.id)).where(models.message.c.external_id == expected[-1])
        )
        writes.remove_messages(connection, [gone])

    cancel = Cancel()
    source = TreeSource(reader.beside(attached), window, Order.DATE, "")
    (row,) = source.children(None, cancel).payload
    branch = source.children(row.key, cancel)
    assert branch.count == len(expected)
    rows = source.rows(branch, 0, branch.count, cancel)
    assert rows[-1].cells[0] == "Totals only: 1 message"
    for first in range(branch.count):
        assert source.rows(branch, first, 3, cancel) == rows[first : first + 3]
        assert source.locate(branch, rows[first].key, cancel) == first

    app = MsglogApp(reader.beside(attached), ZONE)
    async with app.run_test(size=(120, 40)) as pilot:
        desk = Desk(app, pilot)
        await desk.until(lambda: desk.shows("Total sent,"))
        await desk.press("G", "k")
        assert desk.shows(expected[-2], "older.db")
