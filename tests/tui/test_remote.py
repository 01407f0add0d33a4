"""A session that came over SSH writes nothing where the program runs."""

from __future__ import annotations

import shlex
from contextlib import asynccontextmanager
from datetime import date
from typing import TYPE_CHECKING

import pytest

from msglog_tui import dates, export
from msglog_tui.cancel import Cancel
from msglog_tui.cli import remote as commands
from msglog_tui.errors import Cancelled, Refusal
from msglog_tui.reader import Reader
from msglog_tui.tui.app import MsglogApp
from msglog_tui.tui.remote import MOST, Remote, as_text
from msglog_tui.tui.saving import FORMATS, Exportable
from tests.archives import ZONE
from tests.tui.conftest import Desk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from msglog_tui.store.engine import Store

WINDOW = dates.window(date(2026, 10, 1), date(2026, 10, 31), ZONE)


@asynccontextmanager
async def far_away(
    store: Store, login: str, noted: list[tuple[str, str]], *, taken: bool = True
) -> AsyncIterator[Desk]:
    """Sit somebody down at a screen far from the program; `taken` is whether its notes are."""

    def note(action: str, detail: str) -> bool:
        noted.append((action, detail))
        return taken

    remote = Remote("ssh me@far", note, lambda text: noted.append(("crash", text)))
    app = MsglogApp(Reader.of(store, login), ZONE, remote)
    async with app.run_test(size=(120, 36)) as pilot:
        desk = Desk(app, pilot)
        await desk.until(lambda: desk.shows("Total sent,"))
        await desk.settled()
        yield desk


def command_on(desk: Desk) -> list[str]:
    """The words that the server gets when the command on the screen is typed into a shell."""
    label = desk.app.screen.query_one("#command")
    typed, _, file = str(label.render()).rpartition(" > ")
    words = shlex.split(typed)
    assert words[:2] == ["ssh", "me@far"]
    assert file.endswith((".csv", ".json"))
    assert len(words) == 3
    return shlex.split(words[2])


async def test_rows_go_to_the_clipboard_and_the_command_brings_the_same(
    archive: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    noted: list[tuple[str, str]] = []
    taken: list[tuple[list[str], str]] = []
    async with far_away(archive, "vusi.adams", noted) as desk:
        for downs in range(len(FORMATS)):
            await desk.press("e", *["down"] * downs)
            words = command_on(desk)
            await desk.press("enter")
            assert desk.shows("Sent to the terminal's clipboard: ")
            taken.append((words, desk.app.clipboard))
    capsys.readouterr()
    for words, copied in taken:
        assert commands.obey(words, login="vusi.adams", store=str(archive.path), time_zone=None) == 0
        assert capsys.readouterr().out == copied
        assert copied.count("Baobab Life") > 20
    assert [action for action, _ in noted] == ["export"] * len(FORMATS)
    assert list(tmp_path.iterdir()) == []


async def test_of_a_customer_of_transactions_and_through_other_eyes(
    archive: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    noted: list[tuple[str, str]] = []
    async with far_away(archive, "thandi", noted) as desk:
        await desk.press("right", "down", "e", "down", "down")
        customer = command_on(desk)
        assert customer[:2] == ["messages", "--customer"]
        await desk.press("escape", "3", "tab", "x", "e")
        top_ups = command_on(desk)
        assert top_ups[:7] == [
            "transactions",
            "--kind",
            "top-up",
            "--status",
            "all",
            "--customer",
            customer[2],
        ]
        await desk.press("escape", "escape", "v", "e")
        eyes = command_on(desk)
        assert eyes[:5] == ["messages", "--enterprise", "Baobab Mutual", "--customer", customer[2]]
    assert noted == [("view as", f"{customer[2]} of Baobab Mutual")]
    for words in (customer, top_ups, eyes):
        assert commands.obey(words, login="thandi", store=str(archive.path), time_zone=None) == 0


async def test_a_filter_has_no_command(archive: Store) -> None:
    async with far_away(archive, "thandi", []) as desk:
        await desk.press("slash")
        await desk.type("life")
        await desk.press("enter", "e")
        assert desk.shows("no command knows it")


async def test_an_error_of_ours_is_not_shown(archive: Store, capfd: pytest.CaptureFixture[str]) -> None:
    noted: list[tuple[str, str]] = []

    async def break_down() -> None:
        async with far_away(archive, "thandi", noted) as desk:

            def stumble() -> None:
                subject = "Somebody's subject"
                raise ZeroDivisionError(len(subject))

            desk.app.call_later(stumble)
            await desk.until(lambda: noted)

    with pytest.raises(ZeroDivisionError):
        await break_down()
    assert [action for action, _ in noted] == ["crash"]
    assert "ZeroDivisionError: 18" in noted[0][1]
    assert "raise ZeroDivisionError(len(subject))" in noted[0][1]
    assert 'subject = "Somebody' not in noted[0][1].split("stumble")[-1]
    assert "ZeroDivisionError" not in "".join(capfd.readouterr())


async def test_no_screenshot_is_written(
    archive: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    async with far_away(archive, "thandi", []) as desk:
        await desk.app.run_action("app.screenshot")
        await desk.settled()
    assert list(tmp_path.rglob("*.svg")) == []


def exportable(rows: int) -> Exportable:
    def read(_: Cancel) -> Iterator[tuple[str]]:
        return iter([("x" * 99,)] * rows)

    return Exportable("rows", "rows", export.Table((("text", lambda row: row[0]),)), read)


def test_more_than_a_clipboard_takes_is_refused() -> None:
    text, rows = as_text(exportable(700), "csv", "UTC", Cancel())
    assert (rows, len(text)) == (700, 5 + 700 * 100)
    with pytest.raises(Refusal, match="clipboard takes"):
        as_text(exportable(MOST // 100 + 1), "csv", "UTC", Cancel())
    stopped = Cancel()
    stopped.cancel()
    with pytest.raises(Cancelled):
        as_text(exportable(1), "csv", "UTC", stopped)


def test_names_are_quoted_for_two_shells() -> None:
    what = exportable(0)
    what = Exportable(
        what.title, what.name, what.table, what.rows, ("messages", "--customer", "O'Neil; rm -rf $HOME")
    )
    command = Remote("ssh h", lambda *_: True, print).command(what, "csv", WINDOW)
    assert command is not None
    assert shlex.split(shlex.split(command)[2])[2] == "O'Neil; rm -rf $HOME"
