"""The record in the preview: of what changes from one to the next no line is forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rich.text import Text
from textual.app import App, ComposeResult

from msglog_tui.tui.describe import record
from msglog_tui.tui.widgets.record_view import RecordView

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.geometry import Region

SIZE = (30, 8)
LONG = record("A subject that is longer than a line", [(f"Field {n}", f"value {n}") for n in range(12)])
RECORDS = [
    record("Spring sale", [("Send Amount", "12"), ("Sent By", "thandi")]),
    record("Spring sale", [("Send Amount", "13,000"), ("Sent By", "thandi")]),
    record("Autumn", [("Sent By", "lerato")]),
    LONG,
    record("日本語 ünder", [("Lists", "Newsletter, VIP, a list of a long name, another one")]),
    Text(),
]


class Shown(App[None]):
    CSS = "RecordView { padding: 1 1 0 2; border-left: solid white; }"

    def compose(self) -> ComposeResult:
        yield RecordView(id="preview")


def lines(app: App[None]) -> list[str]:
    return [strip.text for strip in app.screen._compositor.render_strips()]


async def fresh(picture: RenderableType) -> list[str]:
    app = Shown()
    async with app.run_test(size=SIZE) as pilot:
        app.query_one(RecordView).show(picture)
        await pilot.pause()
        return lines(app)


@pytest.mark.parametrize("scrolled", [0, 3])
async def test_a_record_takes_the_place_of_another(scrolled: int) -> None:
    wanted = [await fresh(picture) for picture in RECORDS]
    app = Shown()
    async with app.run_test(size=SIZE) as pilot:
        view = app.query_one(RecordView)
        for before in RECORDS:
            for picture, look in zip(RECORDS, wanted, strict=True):
                view.show(before)
                view.scroll_to(y=scrolled, animate=False, force=True)
                await pilot.pause()
                view.show(picture)
                await pilot.pause()
                assert lines(app) == look


async def test_only_the_lines_that_differ_are_painted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Shown()
    async with app.run_test(size=SIZE) as pilot:
        view = app.query_one(RecordView)
        view.show(RECORDS[0])
        await pilot.pause()
        asked: list[Region] = []
        monkeypatch.setattr(view, "refresh", lambda *regions, **_: asked.extend(regions))
        view.show(RECORDS[1])
    assert [region.y for region in asked] == [2]
