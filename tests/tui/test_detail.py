"""What the right pane shows is of the row under the cursor, of whoever reads, or nothing."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from msglog_tui.errors import Refusal
from msglog_tui.tui.preview import Preview
from msglog_tui.tui.widgets.deliveries_pane import DeliveriesPane
from msglog_tui.tui.widgets.detail import Detail
from msglog_tui.tui.widgets.ledger_pane import LedgerPane
from tests.tui.conftest import at_desk
from tests.tui.test_deliveries import go_to, told

if TYPE_CHECKING:
    from msglog_tui.store.engine import Store

LOOK_UP = "msglog_tui.tui.widgets.detail.look_up"


@pytest.mark.parametrize("tab", ["1", "2"])
async def test_a_preview_that_comes_late_is_not_shown(
    archive: Store, monkeypatch: pytest.MonkeyPatch, tab: str
) -> None:
    asked, go = threading.Event(), threading.Event()

    def late(*_: object) -> Preview:
        asked.set()
        assert go.wait(30)
        return Preview("late", "late")

    async with at_desk(archive, "thandi") as desk:
        await desk.press("2", "1")
        detail = desk.screen.query_one(Detail)
        monkeypatch.setattr(LOOK_UP, late)
        await desk.pilot.press("down")
        await desk.until(asked.is_set)
        if tab == "1":
            assert desk.screen.window is not None
            detail.show(desk.screen.reader, desk.screen.window, None, desk.screen._veil)
        else:
            await desk.pilot.press("2")
        go.set()
        await desk.settled()
        assert detail._preview is not None
        assert detail._preview.text != "late"


async def test_what_cannot_be_read_leaves_nothing_of_another_row(
    archive: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> Preview:
        raise Refusal("It is not there.")

    async with at_desk(archive, "thandi") as desk:
        detail = desk.screen.query_one(Detail)
        assert detail.text
        monkeypatch.setattr(LOOK_UP, refuse)
        await desk.press("down")
        assert desk.shows("It is not there.")
        assert detail.text == ""


async def test_a_cleared_screen_knows_nothing_of_what_it_showed(archive: Store) -> None:
    async with at_desk(archive, "thandi") as desk:
        await go_to(desk, told(archive))
        await desk.press("2")
        screen = desk.screen
        detail, deliveries = screen.query_one(Detail), screen.query_one(DeliveriesPane)
        assert screen.complete
        screen.clear()
        await desk.settled()
        assert not screen.complete
        assert (detail.text, detail.message, detail.delivery, deliveries.message) == (None,) * 4
        assert deliveries.choices == []
        assert deliveries.source is screen.query_one(LedgerPane).source is None
        assert deliveries.outline.row_count == 0
