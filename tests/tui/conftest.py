"""The screen on the sample archive, with the clock stopped on its newest date."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from msglog_tui.reader import Reader
from msglog_tui.tui.app import MsglogApp
from msglog_tui.tui.screens.logs import LogsScreen
from tests.archives import NEWEST, ZONE, sample_store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from textual.pilot import Pilot

    from msglog_tui.store.engine import Store


class Desk:
    """Somebody at the keyboard of a running screen."""

    def __init__(self, app: MsglogApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def screen(self) -> LogsScreen:
        """The main screen, whatever lies over it."""
        found = self.app.screen_stack[0]
        assert isinstance(found, LogsScreen)
        return found

    @property
    def lines(self) -> list[str]:
        """What is on the screen, line by line."""
        width, height = self.app.size
        lines = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip).ljust(width) for strip in lines[:height]]

    def shows(self, *texts: str) -> bool:
        """Whether all these texts are on the screen."""
        picture = "\n".join(self.lines)
        return all(text in picture for text in texts)

    async def press(self, *keys: str) -> None:
        """Press keys, each when what the last one asked for has been read."""
        for key in keys:
            await self.pilot.press(key)
            await self.settled()

    async def type(self, text: str) -> None:
        """Type a text into an input."""
        await self.pilot.press(*("space" if letter == " " else letter for letter in text))

    async def settled(self) -> None:
        """Wait until nothing is being read any more."""
        await self.until(lambda: not self.app.workers._workers)
        await self.pilot.pause()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition, with patience for half a minute."""
        for _ in range(3000):
            await self.pilot.pause()
            if condition():
                return
            await asyncio.sleep(0.01)
        raise AssertionError("it did not come to pass:\n" + "\n".join(self.lines))


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The sample archive; nobody writes to it."""
    return sample_store(tmp_path_factory.mktemp("sample") / "archive.db")


@pytest.fixture(autouse=True)
def _stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("msglog_tui.dates.today", lambda *_: NEWEST)


@asynccontextmanager
async def at_desk(store: Store, login: str, size: tuple[int, int] = (120, 36)) -> AsyncIterator[Desk]:
    """Sit somebody down at the screen."""
    app = MsglogApp(Reader.of(store, login), ZONE)
    async with app.run_test(size=size) as pilot:
        desk = Desk(app, pilot)
        await desk.until(lambda: desk.shows("Total sent,"))
        await desk.settled()
        yield desk
