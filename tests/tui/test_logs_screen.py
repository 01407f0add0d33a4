"""What the keys do."""

from __future__ import annotations

import csv
import json
import threading
from datetime import date
from typing import TYPE_CHECKING

import pytest
from textual.widget import Widget
from textual.widgets import Input

from msglog_tui.errors import Cancelled
from msglog_tui.reader import Reader
from msglog_tui.tui.keys import COMMANDS, LIST_COMMANDS, SCREEN_COMMANDS
from msglog_tui.tui.palette import Commands
from msglog_tui.tui.screens.logs import LogsScreen
from msglog_tui.tui.widgets.detail import Detail
from msglog_tui.tui.widgets.lists import BoundOutline
from msglog_tui.tui.widgets.outline import Outline
from msglog_tui.types import Order
from tests.tui.conftest import at_desk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.timer import Timer

    from msglog_tui.cancel import Cancel
    from msglog_tui.store.engine import Store
    from msglog_tui.types import Enterprise, Window

FORBIDDEN = {"ctrl+m", "ctrl+i", "ctrl+h", "ctrl+left_square_bracket", "ctrl+a", "ctrl+b", "ctrl+z"}


def test_every_command_has_a_key_that_a_plain_terminal_can_tell() -> None:
    keys = [key for command in COMMANDS for key in command.keys]
    assert len(keys) == len(set(keys))
    assert not FORBIDDEN & set(keys)
    assert [command.action for command in COMMANDS if "ctrl+j" in command.keys] == ["enter"]  # which it is
    assert not [key for key in keys if key.startswith("alt+") or (key[0] == "f" and key[1:].isdigit())]
    assert len({command.binding.id for command in COMMANDS}) == len(COMMANDS)


def test_every_command_is_carried_out_by_somebody() -> None:
    for commands, owner in ((LIST_COMMANDS, BoundOutline), (SCREEN_COMMANDS, LogsScreen)):
        for command in commands:
            name = command.action.partition("(")[0]
            if not name.startswith("app."):
                assert hasattr(owner, f"action_{name}"), command.action


async def test_help_and_palette_have_every_command(archive: Store) -> None:
    async with at_desk(archive, "thandi", (120, 90)) as desk:
        palette = Commands(desk.screen)
        offered = {hit.text async for hit in palette.discover() if hit.text}
        possible = {c.title for c in SCREEN_COMMANDS if desk.screen.refusal(c.action) is None}
        assert offered == possible - {"Commands"}
        await desk.press("question_mark")
        assert desk.shows(*(command.shown for command in COMMANDS))
        await desk.press("escape")
        assert desk.app.screen is desk.screen


async def test_the_tree_opens_and_the_preview_follows(archive: Store) -> None:
    async with at_desk(archive, "thandi") as desk:
        reader = Reader.of(archive, "thandi")
        assert desk.screen.window is not None
        rows = reader.enterprises(desk.screen.window, Order.DATE)
        assert desk.shows(*(f"{row.traffic.email.sent:,}" for row in rows))
        assert desk.shows(f"{sum(row.traffic.sms.sent for row in rows):,}")
        assert desk.shows("15 customers", "First send", "Package")
        await desk.press("enter", "down", "down", "down", "space", "down")
        message = next(iter(reader.named("Baobab Mutual", "Baobab Life").all_messages(desk.screen.window)))
        assert desk.shows(message.subject, "Send Amount", "Failed Amount", "Send Date", "Sent By", "Lists")
        assert desk.shows(f"{message.sent:,}", message.sent_by, message.external_id)
        await desk.press("left")
        assert desk.shows("Customer of Baobab Mutual")
        await desk.press("left")
        assert not desk.shows("Your policy documents")


async def test_an_unknown_amount_is_not_nothing(archive: Store) -> None:
    async with at_desk(archive, "thandi") as desk:
        reader = Reader.of(archive, "thandi")
        assert desk.screen.window is not None
        message = next(row for row in reader.all_messages(desk.screen.window) if row.failed is None)
        desk.screen.jump(message.enterprise_id, message.customer_id)
        await desk.settled()
        await desk.press("right", "right")
        await desk.until(lambda: desk.shows("Send Amount"))
        assert any("Failed Amount" in line and "unknown" in line for line in desk.lines)


async def test_dates_are_typed_moved_and_picked(archive: Store) -> None:
    async with at_desk(archive, "thandi") as desk:

        def span() -> tuple[date, date]:
            assert desk.screen.window is not None
            return desk.screen.window.start, desk.screen.window.end

        assert span() == (date(2026, 10, 1), date(2026, 10, 31))
        await desk.press("left_square_bracket")
        assert span() == (date(2026, 9, 1), date(2026, 9, 30))
        await desk.press("right_square_bracket", "comma")
        assert span() == (date(2026, 9, 30), date(2026, 10, 30))
        await desk.press("d")
        await desk.type("last month")
        await desk.press("enter")
        assert span() == (date(2026, 9, 1), date(2026, 9, 30))
        await desk.press("D")
        await desk.type("2026-09-15")
        await desk.press("enter")
        assert span() == (date(2026, 9, 1), date(2026, 9, 15))
        await desk.press("d")
        await desk.type("2026-02-30")
        await desk.press("enter")
        assert span() == (date(2026, 9, 1), date(2026, 9, 15))
        assert desk.shows("2026-02-30", "February")
        await desk.press("escape")
        assert desk.screen.query_one("#start", Input).value == "2026-09-01"
        assert desk.screen.focused is not None
        assert desk.screen.focused.id == "tree"
        await desk.press("p", "enter")
        assert span() == (date(2026, 10, 31), date(2026, 10, 31))
        assert desk.shows("1 day")


async def test_open_rows_and_cursor_survive_other_dates(archive: Store) -> None:
    async with at_desk(archive, "thandi") as desk:
        await desk.press("enter", "down", "down", "down")
        assert desk.shows("Customer of Baobab Mutual")
        name = desk.screen._label
        before = desk.lines
        await desk.press("left_square_bracket")
        assert desk.screen._label == name == "Baobab Life"
        assert desk.shows("Aardvark Actuaries")
        assert desk.lines != before


async def test_the_zone_goes_round(archive: Store) -> None:
    async with at_desk(archive, "thandi") as desk:
        await desk.press("end")
        zones = []
        for _ in range(3):
            await desk.press("t")
            assert desk.screen.window is not None
            zones.append(desk.screen.window.zone)
        assert zones == ["Europe/London", "UTC", "Africa/Johannesburg"]
        assert desk.shows("Africa/Johannesburg +02:00")


async def test_sorting(archive: Store) -> None:
    async with at_desk(archive, "thandi") as desk:

        def order() -> list[str]:
            names = [
                row.name for row in Reader.of(archive, "thandi").enterprises(desk.screen.window, Order.DATE)
            ]  # type: ignore[arg-type]
            places = [
                next(n for n, line in enumerate(desk.lines) if line[3:].startswith(name[:12]))
                for name in names
            ]
            return [name for _, name in sorted(zip(places, names, strict=True))]

        assert order()[0] == "Baobab Mutual"
        await desk.press("s", "s")
        assert desk.shows("Sorted by e-mail", "E-mail ↓")
        assert order()[0] == "Baobab Mutual"
        await desk.press("s")
        assert order()[0] == "Protea Retail Group"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("karoo", "Karoo Winkels"),
        ("heron energy", "Heron Energy"),
        ("policyholders", "Baobab Life"),
        ("VUSI.ADAMS", "Baobab Life"),
    ],
)
async def test_the_filter_finds_names_subjects_senders_and_lists(
    archive: Store, typed: str, found: str
) -> None:
    async with at_desk(archive, "thandi") as desk:
        await desk.press("slash")
        await desk.type(typed)
        await desk.press("enter")
        await desk.until(lambda: desk.screen.text == typed and not desk.app.workers._workers)
        await desk.settled()
        assert any(found in line[:70] for line in desk.lines)
        assert desk.screen._source is not None
        assert desk.screen._source.matches is not None
        assert desk.shows(desk.screen._source.matches.words)
        assert not any("Fynbos Travel" in line[:70] for line in desk.lines)
        await desk.press("escape")
        assert desk.screen.text == ""
        assert desk.screen.window is not None
        everything = list(Reader.of(archive, "thandi").all_messages(desk.screen.window))
        assert desk.shows(f"Total sent, {len(everything):,} messages")


async def test_n_goes_from_match_to_match(archive: Store) -> None:
    async with at_desk(archive, "thandi") as desk:
        await desk.press("n")
        assert desk.shows("n: there is no filter; / types one.")
        await desk.press("slash")
        await desk.type("policyholders")
        await desk.press("enter")
        await desk.until(lambda: desk.screen.text == "policyholders" and not desk.app.workers._workers)
        await desk.settled()
        assert desk.screen._source is not None
        assert desk.screen._source.matches is not None
        keys = desk.screen._source.matches.keys
        assert len(keys) > 2
        seen = [desk.screen._key]
        for key in ("n", "n", "N", "N", "N"):
            await desk.press(key)
            seen.append(desk.screen._key)
        assert seen == [keys[0], keys[1], keys[2], keys[1], keys[0], keys[-1]]


async def test_a_filter_that_finds_nothing_says_so(archive: Store) -> None:
    async with at_desk(archive, "thandi") as desk:
        await desk.press("slash")
        await desk.type("%_zz")
        await desk.press("enter")
        await desk.until(lambda: desk.shows("Nothing matches"))


async def test_whatever_is_typed_into_an_input_stands_there(archive: Store) -> None:
    async with at_desk(archive, "thandi") as desk:
        await desk.press("slash")
        await desk.type("a/b@c-d+e_f:g?h[i]j.k,l=mq")
        await desk.settled()
        assert desk.shows("a/b@c-d+e_f:g?h[i]j.k,l=mq")


async def test_view_as_customer_and_back(archive: Store) -> None:
    async with at_desk(archive, "thandi") as desk:
        assert desk.screen.refusal("view_as") is not None
        await desk.press("enter", "down", "down", "down", "v")
        await desk.until(lambda: desk.shows("Viewing as Baobab Life"))
        await desk.settled()
        assert not desk.shows("Baobab Bank")
        assert not desk.shows("Packages")
        assert not desk.screen.reader.scope.sees_transactions
        await desk.press("escape")
        await desk.until(lambda: desk.shows("Packages", "Baobab Bank"))
        assert desk.screen._label == "Baobab Life"


async def test_transactions_are_those_of_the_row_and_the_dates(archive: Store) -> None:
    async with at_desk(archive, "thandi", (160, 50)) as desk:
        await desk.press("enter", "down", "down", "2")
        reader = Reader.of(archive, "thandi").named("Baobab Mutual", None)
        bank = reader.named(None, "Baobab Bank").scope.customer_id
        assert desk.screen.window is not None
        mine = list(reader.all_transactions(desk.screen.window, None, bank, None))
        packages = [row for row in mine if row.kind == "package"]
        assert packages
        assert desk.shows(*(row.description[:11] for row in packages))
        await desk.press("3")
        await desk.until(lambda: desk.shows("Top-up request"))
        assert desk.screen.refusal("statuses") is None
        await desk.press("x")
        assert desk.shows("Top-ups (all)")
        assert desk.screen.query_one("#ledger-list", BoundOutline).row_count == len(mine) - len(packages)
        await desk.press("2", "tab", "enter")
        assert desk.shows("Transaction id", packages[0].external_id)


@pytest.mark.parametrize(
    ("login", "sees", "tabs"), [("sibusiso", "Baobab Bank", True), ("vusi.adams", "Baobab Life", False)]
)
async def test_other_people_see_their_own_alone(archive: Store, login: str, sees: str, tabs: bool) -> None:
    async with at_desk(archive, login) as desk:
        assert desk.shows(sees)
        assert not desk.shows("Karoo Winkels")
        assert desk.shows("Packages") == tabs
        if not tabs:
            assert not desk.shows("Baobab Bank")
            for action in ("view_as", "tab(2)", "tab(3)"):
                assert desk.screen.refusal(action) is not None
            await desk.press("2")
            assert desk.shows("Message information")


async def test_zoom_copy_and_the_ladder_back(archive: Store) -> None:
    async with at_desk(archive, "thandi") as desk:
        copied: list[str] = []
        desk.app.copy_to_clipboard = copied.append  # type: ignore[method-assign]
        await desk.press("enter", "down", "down", "down", "enter", "down", "y")
        assert desk.shows("was sent to the terminal's clipboard")
        assert "Send Amount" in copied[0]
        assert "Baobab Mutual" in copied[0]
        await desk.press("z")
        assert not desk.shows("Message information")
        await desk.press("escape")
        assert desk.shows("Message information")


@pytest.mark.parametrize("ending", ["csv", "json"])
async def test_export_writes_all_that_the_pane_shows(
    archive: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.chdir(tmp_path)
    async with at_desk(archive, "thandi") as desk:
        await desk.press("e")
        if ending == "json":
            await desk.press("down")
        await desk.press("enter")
        await desk.until(lambda: desk.shows("Written to "))
        assert desk.screen.window is not None
        expected = [row.external_id for row in Reader.of(archive, "thandi").all_messages(desk.screen.window)]
        (file,) = tmp_path.iterdir()
        assert file.suffix == f".{ending}"
        text = file.read_text(encoding="utf-8")
        rows = json.loads(text) if ending == "json" else list(csv.DictReader(text.splitlines(keepends=True)))
        assert [row["message_id"] for row in rows] == expected
        await desk.press("e")
        if ending == "json":
            await desk.press("down")
        await desk.press("enter")
        await desk.until(lambda: desk.shows("exists already"))
        assert file.read_text(encoding="utf-8") == text


async def test_a_home_that_nobody_has_is_a_sentence(archive: Store) -> None:
    async with at_desk(archive, "thandi") as desk:
        await desk.press("e", "tab", "ctrl+u")
        await desk.type("~nobody.of.that.name/october.csv")
        await desk.press("enter")
        assert desk.shows("There is no home directory '~nobody.of.that.name' on this machine.")


async def test_the_palette_jumps_to_a_customer(archive: Store) -> None:
    async with at_desk(archive, "thandi") as desk:
        await desk.pilot.press("colon")
        await desk.type("heron")
        await desk.until(lambda: desk.shows("Heron Energy", "Thames & Tyne"))
        await desk.pilot.press("enter")
        await desk.until(lambda: desk.screen._label == "Heron Energy")


async def test_the_mouse_opens_rows_and_the_account_menu(archive: Store) -> None:
    async with at_desk(archive, "thandi") as desk:
        await desk.pilot.click("#tree", offset=(1, 0))
        await desk.until(lambda: desk.shows("Aardvark Actuaries"))
        await desk.pilot.click("TitleBar", offset=(110, 0))
        await desk.until(lambda: desk.shows("Change the time zone"))
        assert desk.shows("archive.db")  # which archive this is


class Slow(Reader):
    """Answers for the tree only when the gate opens, or not at all when it is given up."""

    gate = threading.Event()

    def enterprises_reached(
        self, window: Window, order: Order, cancel: Cancel | None = None
    ) -> tuple[list[Enterprise], tuple[str, ...]]:
        while not self.gate.wait(0.01):
            if cancel is not None and cancel.cancelled:
                raise Cancelled
        return super().enterprises_reached(window, order, cancel)


async def test_a_slow_answer_shows_itself_and_can_be_left(
    archive: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.tui.conftest.Reader", Slow)
    Slow.gate.set()
    async with at_desk(archive, "thandi") as desk:
        Slow.gate.clear()
        await desk.pilot.press("left_square_bracket")
        outline = desk.screen.query_one("#tree", BoundOutline)
        await desk.until(lambda: outline.stale)
        assert desk.shows("Baobab Mutual")
        await desk.pilot.press("escape")
        await desk.until(lambda: desk.shows("Stopped. R reads it again."))
        assert not outline.loading_source
        Slow.gate.set()
        await desk.press("R")
        assert not outline.stale


async def test_a_store_that_is_gone_is_a_line_on_the_screen(tmp_path: Path) -> None:
    from tests.archives import sample_store

    store = sample_store(tmp_path / "archive.db")
    async with at_desk(store, "thandi") as desk:
        store.close()
        store.path.write_bytes(b"no archive any more" * 1000)
        await desk.pilot.press("left_square_bracket")
        await desk.until(lambda: desk.shows("cannot be"))
        await desk.press("q")


async def test_q_leaves(archive: Store) -> None:
    async with at_desk(archive, "thandi") as desk:
        await desk.pilot.press("q")
        await desk.until(lambda: not desk.app.is_running)


async def test_a_timer_that_comes_when_nobody_waits_any_more_changes_nothing(
    archive: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    late: list[Callable[[], object]] = []

    def keep(node: Widget, delay: float, callback: Callable[[], object]) -> Timer:
        late.append(callback)
        return Widget.set_timer(node, 3600, pause=True)

    for kind in (Detail, Outline):
        monkeypatch.setattr(kind, "set_timer", keep)
    async with at_desk(archive, "thandi") as desk:
        await desk.press("enter", "j", "enter", "comma")
        assert len(late) > 4
        seen = desk.lines
        for callback in late:
            callback()
        await desk.settled()
        assert desk.lines == seen
        assert not desk.screen.query(".-waiting")
        assert not desk.screen.query_one(Outline).busy


async def test_the_footer_shows_what_there_is_room_for(archive: Store) -> None:
    async with at_desk(archive, "thandi", (120, 24)) as desk:
        for width, there in ((60, False), (120, True), (60, False)):
            await desk.pilot.resize_terminal(width, 24)
            await desk.until(lambda there=there: ("] Later" in desk.lines[-1]) is there)  # type: ignore[misc]
            assert desk.lines[-1].rstrip().endswith("q Quit")
