"""The picture at the top of the README: `python -m tests.picture` draws `.github/screen.svg` anew.

It is the program itself on the sample archive, with the clock stopped on the archive's newest date.
"""

from __future__ import annotations

import asyncio
import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from msglog_tui.demo import fill
from msglog_tui.reader import Reader
from msglog_tui.store.engine import Store
from msglog_tui.tui.app import MsglogApp

if TYPE_CHECKING:
    from textual.pilot import Pilot

NEWEST = date(2026, 10, 31)
SIZE = (120, 36)
PICTURE = Path(__file__).parent.parent / ".github" / "screen.svg"

KEYS = ["enter", "down", "down", "down", "enter", *["down"] * 18]
"""Opens the first enterprise, its third customer, and goes to a message whose deliveries are told."""


async def draw() -> str:
    """Run the program, press the keys, and return the picture as SVG."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(str(Path(folder) / "sample.db"))
        store.create()
        fill(store, NEWEST)
        app = MsglogApp(Reader.of(store, "thandi"), "Africa/Johannesburg")
        with patch("msglog_tui.dates.today", return_value=NEWEST):
            async with app.run_test(size=SIZE) as pilot:
                for key in KEYS:
                    await _settled(app, pilot)
                    await pilot.press(key)
                await _settled(app, pilot)
                return app.export_screenshot(title="msglog")


async def _settled(app: MsglogApp, pilot: Pilot[None]) -> None:
    """Wait until nothing is being read any more."""
    while True:
        await pilot.pause()
        if not app.workers._workers:
            await pilot.pause()
            return
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    # Not every viewer keeps the run of non-breaking spaces that columns are made of.
    svg = asyncio.run(draw()).replace("&#160;", " ").replace("<text ", '<text xml:space="preserve" ')
    PICTURE.write_text(svg, encoding="utf-8")
