"""Keys that are typed before the rows are there that they are for."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from msglog_tui.reader import Reader
from msglog_tui.tui import typed_ahead
from msglog_tui.tui.app import MsglogApp
from msglog_tui.tui.sources.row_keys import EnterpriseKey, MessageKey
from msglog_tui.tui.widgets.tree_pane import TreePane
from tests.archives import ZONE
from tests.tui.conftest import Desk, at_desk

if TYPE_CHECKING:
    from msglog_tui.store.engine import Store
    from msglog_tui.tui.widgets.outline import Outline

FOR_EVER = 600.0


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Holds back the children of an enterprise while it is not set."""
    opened = threading.Event()
    opened.set()
    ask = Reader.customer_ids

    def slow(self: Reader, *args: Any) -> list[int]:
        assert opened.wait(30)
        return ask(self, *args)

    monkeypatch.setattr(Reader, "customer_ids", slow)
    monkeypatch.setattr(typed_ahead, "PATIENCE", FOR_EVER)
    return opened


def tree(desk: Desk) -> Outline:
    return desk.screen.query_one(TreePane).outline


async def test_down_after_enter_goes_to_the_first_row_inside(archive: Store, gate: threading.Event) -> None:
    async with at_desk(archive, "thandi") as desk:
        gate.clear()
        await desk.pilot.press("enter", "down", "enter", "down")
        assert tree(desk).cursor_row == 0
        gate.set()
        await desk.until(lambda: not desk.app._ahead)
        await desk.settled()
        assert isinstance(tree(desk).cursor_key, MessageKey)
        assert tree(desk).cursor_row == 2


async def test_when_the_wait_shows_keys_are_for_what_is_there(
    archive: Store, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_desk(archive, "thandi") as desk:
        monkeypatch.setattr(typed_ahead, "PATIENCE", 0.01)
        gate.clear()
        await desk.pilot.press("enter", "down")
        await desk.until(lambda: tree(desk).cursor_row == 1)
        assert isinstance(tree(desk).cursor_key, EnterpriseKey)
        gate.set()
        await desk.settled()


async def test_esc_stops_the_wait_and_what_was_typed_behind_it(archive: Store, gate: threading.Event) -> None:
    async with at_desk(archive, "thandi") as desk:
        gate.clear()
        await desk.pilot.press("enter", "down", "escape")
        await desk.until(lambda: desk.shows("Stopped."))
        gate.set()
        await desk.settled()
        assert tree(desk).cursor_row == 0
        await desk.press("down")
        assert isinstance(tree(desk).cursor_key, EnterpriseKey)


async def test_keys_before_the_first_screen_are_for_it(
    archive: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typed_ahead, "PATIENCE", 0.01)  # it is no matter of patience
    opened = threading.Event()
    ask = Reader.enterprises_reached

    def slow(self: Reader, *args: Any) -> Any:
        assert opened.wait(30)
        return ask(self, *args)

    monkeypatch.setattr(Reader, "enterprises_reached", slow)
    app = MsglogApp(Reader.of(archive, "thandi"), ZONE)
    async with app.run_test(size=(120, 36)) as pilot:
        desk = Desk(app, pilot)
        await pilot.press("down", "enter", "down", "slash", "q", "x")
        assert not tree(desk).row_count
        opened.set()
        await desk.until(lambda: not app._ahead)
        await desk.until(lambda: desk.shows("Nothing matches 'qx'"))
        await desk.settled()
        assert app.is_running


async def test_q_leaves_although_nothing_is_there_yet(
    archive: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = threading.Event()
    monkeypatch.setattr(Reader, "enterprises_reached", lambda *_: opened.wait(30))
    app = MsglogApp(Reader.of(archive, "thandi"), ZONE)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("q")
        assert app.return_code == 0
        opened.set()
