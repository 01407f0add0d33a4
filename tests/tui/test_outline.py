"""The outline on a screen: what it paints, what it asks its source, and what it does when that is slow."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App
from textual.events import MouseScrollDown
from textual.geometry import Region
from textual.worker import WorkerFailed

from msglog_tui.errors import Cancelled, DeadlineExceeded
from msglog_tui.tui.widgets.outline import EXPAND_ALL_LIMIT, Outline
from msglog_tui.tui.widgets.outline_header import OutlineHeader
from msglog_tui.tui.widgets.outline_pages import PAGE_ROWS
from msglog_tui.tui.widgets.outline_source import Branch, Column, Row
from msglog_tui.tui.widgets.outline_view import OutlineView

COLUMNS = (Column("Message logs", None), Column("Email", 9, "right", 1), Column("SMS", 7, "right", 2))
HEIGHT = 20
MILLION = 1_000_000


class Numbers:
    """A source of numbered rows: a key is the way down, `(2, 0)` the first child of the third row.

    Attributes:
        counts: How many rows there are on each level.
        gone: Rows that the source no longer has; the others move up.
        asked: How often each question was asked.
        gates: Questions that wait until their gate opens, or until they are cancelled.
        faults: Questions that fail.
    """

    def __init__(self, *counts, gone=(), label="row"):
        self.counts = counts
        self.gone = frozenset(gone)
        self.label = label
        self.asked = Counter()
        self.gates = {}
        self.faults = {}
        self.cancelled = []

    def hold(self, *question):
        self.gates[question] = threading.Event()
        return self.gates[question]

    def _ask(self, cancel, *question):
        self.asked[question] += 1
        gate, ends = self.gates.get(question), time.monotonic() + 5
        while gate and not gate.wait(0.001):
            assert time.monotonic() < ends, f"nobody gave up on {question}"
            if cancel.cancelled:
                self.cancelled.append(question)
                raise Cancelled
        if question in self.faults:
            raise self.faults[question]

    def _keys(self, parent):
        count = self.counts[len(parent)]
        gone = {key[-1] for key in self.gone if key[:-1] == parent}
        return [(*parent, n) for n in range(count) if n not in gone] if gone else None

    def children(self, parent, cancel):
        self._ask(cancel, "children", parent)
        parent = parent or ()
        keys = self._keys(parent)
        return Branch(self.counts[len(parent)] if keys is None else len(keys), (parent, keys))

    def rows(self, branch, first, count, cancel):
        parent, keys = branch.payload
        self._ask(cancel, "rows", parent, first)
        assert 0 < count <= PAGE_ROWS
        assert first + count <= branch.count
        keys = keys[first : first + count] if keys else [(*parent, n) for n in range(first, first + count)]
        return [self._row(key) for key in keys]

    def _row(self, key):
        name = f"{self.label} {'.'.join(map(str, key))}"
        style = ("enterprise", "customer", "message")[len(key) - 1]
        return Row(key, (name, f"{key[-1]:,}", "7"), len(key) < len(self.counts), style)

    def locate(self, branch, key, cancel):
        parent, keys = branch.payload
        self._ask(cancel, "locate", key)
        if keys is not None:
            return keys.index(key) if key in keys else None
        return key[-1] if key[:-1] == parent and key[-1] < branch.count else None

    def pages(self, parent=()):
        """First rows of the pages that were read of a branch, each as often as it was."""
        return sorted(q[2] for q in self.asked.elements() if q[:2] == ("rows", parent))


class Shown(App):
    CSS = "Outline { height: 1fr; }"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, **options):
        super().__init__()
        self.options = options
        self.news = []

    def compose(self):
        yield OutlineHeader(COLUMNS)
        yield Outline(COLUMNS, empty_text="No messages in these dates", **self.options)

    def on_mount(self):
        self.query_one(Outline).focus()

    def on_outline_highlighted(self, event):
        self.news.append(event)

    on_outline_opened = on_outline_closed = on_outline_activated = on_outline_highlighted
    on_outline_failed = on_outline_missing = on_outline_loaded = on_outline_highlighted

    def of(self, kind):
        return [news for news in self.news if isinstance(news, kind)]


class Screen:
    """An outline on a screen, and what a user does with it and sees of it."""

    def __init__(self, app, pilot):
        self.app, self.pilot = app, pilot
        self.outline = app.query_one(Outline)

    async def until(self, condition):
        ends = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < ends, "it never came true"
            await asyncio.sleep(0.001)

    async def settle(self):
        """Wait until nothing is being read any more and all news was told."""
        await self.until(lambda: not self.app.workers)
        await self.pilot.pause()

    async def show(self, source, *, keep=True):
        self.outline.set_source(source, keep=keep)
        await self.settle()

    async def do(self, action, *arguments):
        getattr(self.outline, f"action_{action}")(*arguments)
        await self.settle()

    def lines(self):
        return [self.outline.render_line(y).text for y in range(self.outline.size.height)]

    def labels(self):
        return [" ".join(line.split()[:3]) for line in self.lines() if line.strip()]

    def at_cursor(self):
        return self.lines()[self.outline.cursor_row - self.outline.scroll_offset.y].split()


@pytest.fixture
async def screen():
    app = Shown()
    async with app.run_test(size=(60, HEIGHT + 1)) as pilot:
        yield Screen(app, pilot)


# What it shows


async def test_a_tree_opens_in_place_with_its_columns_in_line(screen):
    await screen.show(Numbers(3, 2, 4))
    await screen.do("expand")
    await screen.do("move", 1)
    await screen.do("enter")
    assert [line[:16].rstrip() for line in screen.lines()[:9]] == [
        " ▾ row 0",
        "   ▾ row 0.0",
        "       row 0.0.0",
        "       row 0.0.1",
        "       row 0.0.2",
        "       row 0.0.3",
        "   ▸ row 0.1",
        " ▸ row 1",
        " ▸ row 2",
    ]
    header = screen.app.query_one(OutlineHeader).render_line(0).text
    line = screen.lines()[0]
    assert len(line) == screen.outline.size.width == 60
    assert header.rindex("Email") + 5 == line.rindex("0") + 1
    assert header.rindex("SMS") + 3 == line.rindex("7") + 1


async def test_without_utf_8_it_draws_in_ascii():
    app = Shown(ascii_only=True)
    async with app.run_test(size=(24, HEIGHT)) as pilot:
        screen = Screen(app, pilot)
        await screen.show(Numbers(2, 2, label="a very long name indeed"))
        await screen.do("expand")
        assert all(line.isascii() for line in screen.lines())
        assert [line[:6] for line in screen.lines()[:4]] == [" - a v", "     a", "     a", " + a v"]
        assert "~" in screen.lines()[0]


async def test_an_empty_outline_says_so_in_the_middle(screen):
    assert "".join(screen.lines()).strip() == ""
    await screen.show(Numbers(0))
    assert screen.lines()[(HEIGHT - 1) // 2].strip() == "No messages in these dates"
    assert screen.app.of(Outline.Highlighted)[-1].number == -1
    for action in ("first", "last", "toggle_row", "enter", "expand", "collapse", "parent", "collapse_all"):
        await screen.do(action)
    await screen.do("move", 1)
    assert screen.outline.cursor_row is None


async def test_every_line_is_as_wide_as_the_outline_whatever_the_texts_are(screen):
    outline = screen.outline
    text = st.text(
        alphabet=st.characters(exclude_categories=("Cc", "Cs")) | st.sampled_from("👩\u200d\ufe0f中é\u0301")
    )

    @settings(max_examples=300, deadline=None)
    @given(st.tuples(text, text, text), st.integers(0, 40), st.sampled_from(["", "▸"]), st.booleans())
    def check(cells, depth, sign, on_cursor):
        strip = outline._paint(cells, depth, sign, "no such style", on_cursor=on_cursor)
        assert sum(cell_len(segment.text) for segment in strip) == strip.cell_length == outline.size.width

    check()


async def test_markup_is_text(screen):
    await screen.show(Numbers(1, label="[/bold] [red]x[@click=app.quit]"))
    assert "[/bold] [red]x[@click=app.quit]" in screen.lines()[0]


async def test_a_cursor_that_moves_repaints_two_lines(screen):
    await screen.show(Numbers(50))
    repainted = []
    screen.outline.refresh = lambda *regions, **options: repainted.extend(regions or ["everything"])
    screen.outline.action_move(3)
    width = screen.outline.size.width
    assert set(repainted) == {Region(0, 0, width, 1), Region(0, 3, width, 1)}


@pytest.mark.parametrize("focused", [True, False])
async def test_the_cursor_shows_without_colour(monkeypatch, focused):
    monkeypatch.setenv("NO_COLOR", "1")
    app = Shown()
    async with app.run_test(size=(60, HEIGHT)) as pilot:
        screen = Screen(app, pilot)
        await screen.show(Numbers(3))
        if not focused:
            app.set_focus(None)
            await pilot.pause()
        cursor, other = (next(iter(screen.outline.render_line(y))).style for y in (0, 1))
        assert (cursor.reverse, cursor.underline) == ((True, None) if focused else (None, True))
        assert not other.reverse
        assert not other.underline


async def test_narrow_and_wide_again_the_cursor_stays_in_sight(screen):
    await screen.show(Numbers(100))
    await screen.do("move", HEIGHT - 1)
    await screen.pilot.resize_terminal(24, 8)
    await screen.settle()
    assert screen.at_cursor() == ["row", str(HEIGHT - 1)]  # no room for the numbers
    assert {len(line) for line in screen.lines()} == {screen.outline.size.width}
    await screen.pilot.resize_terminal(60, HEIGHT + 1)
    await screen.settle()
    assert screen.at_cursor() == ["row", "19", "19", "7"]


# What it asks for


async def test_the_end_of_a_million_rows_takes_two_pages(screen):
    source = Numbers(MILLION)
    await screen.show(source)
    await screen.do("last")
    assert screen.at_cursor()[:2] == ["row", "999999"]
    assert screen.outline.cursor_key == (MILLION - 1,)
    assert source.pages() == [0, (MILLION - 1) // PAGE_ROWS * PAGE_ROWS]
    await screen.do("page", -1)
    assert screen.outline.cursor_key == (MILLION - HEIGHT,)
    assert sum(source.asked.values()) <= 4


async def test_moving_down_asks_for_each_page_once_and_ahead_of_time(screen):
    source = Numbers(MILLION)
    await screen.show(source)
    for row in range(1, 301):
        screen.outline.action_move(1)
        await screen.until(lambda: not screen.outline._page_jobs)
        assert screen.at_cursor()[:2] == ["row", str(row)]
        assert source.asked["rows", (), row // PAGE_ROWS * PAGE_ROWS] == 1
        if row % PAGE_ROWS == PAGE_ROWS - 1:
            assert source.asked["rows", (), row + 1] == 1  # before the cursor is there
    assert source.pages() == [0, 128, 256]


async def test_moving_up_asks_ahead_of_time_too(screen):
    source = Numbers(MILLION)
    await screen.show(source)
    screen.outline._go_to_row(50 * PAGE_ROWS + 2 * HEIGHT)
    await screen.settle()
    await screen.do("page", -1)
    assert screen.outline.scroll_offset.y > 50 * PAGE_ROWS  # the page before is not in sight yet
    assert source.asked["rows", (), 49 * PAGE_ROWS] == 1
    assert source.asked["rows", (), 51 * PAGE_ROWS] == 0


async def test_the_row_of_a_cursor_out_of_sight_is_read_all_the_same(screen):
    source = Numbers(MILLION)
    await screen.show(source)
    gate = source.hold("rows", (), 640)
    screen.outline._go_to_row(700)
    screen.outline.scroll_to(y=5_000, animate=False)
    gate.set()
    await screen.settle()
    assert screen.outline.cursor_key == (700,)
    assert screen.app.of(Outline.Highlighted)[-1].row.cells[0] == "row 700"


async def test_holding_a_key_meets_no_placeholder(screen):
    await screen.show(Numbers(MILLION))
    seen = []
    for _ in range(40):
        screen.outline.action_page(1)
        seen.append(screen.at_cursor()[:1])
        await screen.settle()
    assert seen == [["row"]] * 40


async def test_a_page_that_was_left_before_it_came_is_given_up(screen):
    source = Numbers(MILLION)
    middle = source.hold("rows", (), 500_000 // PAGE_ROWS * PAGE_ROWS)
    await screen.show(source)
    screen.outline._go_to_row(500_000)
    await screen.until(lambda: source.asked["rows", (), 500_000 // PAGE_ROWS * PAGE_ROWS])
    await screen.do("first")
    await screen.until(lambda: source.cancelled == [("rows", (), 500_000 // PAGE_ROWS * PAGE_ROWS)])
    assert not middle.is_set()
    assert screen.at_cursor()[:2] == ["row", "0"]


# Moving


async def test_moves_by_row_page_half_and_to_both_ends(screen):
    await screen.show(Numbers(100))
    rows = []
    for action, argument in [
        ("move", 1), ("page", 1), ("page", 1), ("half_page", 1), ("half_page", -1), ("page", -1),
        ("move", -1), ("page", -1), ("page", -1),
    ]:  # fmt: skip
        await screen.do(action, argument)
        rows.append((screen.outline.cursor_row, screen.outline.scroll_offset.y))
    assert rows == [
        (1, 0), (20, 19), (39, 38), (49, 48), (39, 38), (20, 19), (19, 19), (0, 0), (0, 0),
    ]  # fmt: skip
    await screen.do("last")
    assert (screen.outline.cursor_row, screen.outline.scroll_offset.y) == (99, 80)
    await screen.do("page", 1)
    assert screen.outline.cursor_row == 99
    await screen.do("first")
    assert (screen.outline.cursor_row, screen.outline.scroll_offset.y) == (0, 0)


async def test_left_and_right_walk_the_tree(screen):
    await screen.show(Numbers(3, 3, 3))
    keys = []
    for action in (
        "expand",
        "expand",
        "expand",
        "expand",
        "expand",
        "collapse",
        "collapse",
        "collapse",
        "collapse",
    ):
        await screen.do(action)
        keys.append(screen.outline.cursor_key)
    assert keys == [(0,), (0, 0), (0, 0), (0, 0, 0), (0, 0, 0), (0, 0), (0, 0), (0,), (0,)]
    assert screen.outline.row_count == 3


async def test_siblings_pass_over_what_is_open(screen):
    await screen.show(Numbers(3, 3))
    await screen.do("expand")
    await screen.do("sibling", 1)
    assert screen.outline.cursor_key == (1,)
    await screen.do("sibling", -1)
    await screen.do("sibling", -1)
    assert screen.outline.cursor_key == (0,)
    await screen.do("move", 2)
    await screen.do("parent")
    assert screen.outline.cursor_key == (0,)


async def test_closing_takes_a_cursor_within_along(screen):
    await screen.show(Numbers(3, 3, 3))
    await screen.do("move", 1)
    await screen.do("expand")
    await screen.do("expand")
    await screen.do("expand")
    await screen.do("expand")
    assert screen.outline.cursor_key == (1, 0, 0)
    await screen.do("collapse_all")
    assert screen.outline.cursor_key == (1,)
    assert screen.labels() == ["▸ row 0", "▸ row 1", "▸ row 2"]
    assert screen.app.of(Outline.Highlighted)[-1].key == (1,)
    assert [news.key for news in screen.app.of(Outline.Closed)] == [(1,)]


async def test_enter_on_a_row_that_cannot_be_opened_activates_it(screen):
    await screen.show(Numbers(5))
    await screen.do("move", 2)
    await screen.do("toggle_row")
    assert not screen.app.of(Outline.Activated)
    await screen.do("enter")
    assert [news.key for news in screen.app.of(Outline.Activated)] == [(2,)]


async def test_all_roots_open_at_once_unless_they_are_many(screen):
    await screen.show(Numbers(3, 2))
    await screen.do("move", 1)
    await screen.do("expand")
    await screen.do("expand_all")
    assert screen.outline.row_count == 9
    assert {news.key for news in screen.app.of(Outline.Opened)} == {(0,), (1,), (2,)}
    assert screen.outline.cursor_key == (1,)
    await screen.show(Numbers(EXPAND_ALL_LIMIT + 1, 2), keep=False)
    assert not screen.outline.may_expand_all
    await screen.do("expand_all")
    assert screen.outline.row_count == EXPAND_ALL_LIMIT + 1


async def test_a_row_far_away_is_revealed(screen):
    source = Numbers(10, 5_000, 3)
    await screen.show(source)
    screen.outline.reveal([(7,), (7, 4_321), (7, 4_321, 2)])
    await screen.settle()
    assert screen.outline.cursor_key == (7, 4_321, 2)
    assert screen.at_cursor()[:2] == ["row", "7.4321.2"]
    assert 2 < screen.outline.cursor_row - screen.outline.scroll_offset.y < HEIGHT - 2
    assert {news.key for news in screen.app.of(Outline.Opened)} == {(7,), (7, 4_321)}
    screen.outline.reveal([(7,), (7, 9_999)])
    await screen.settle()
    assert screen.outline.cursor_key == (7,)
    assert [news.key for news in screen.app.of(Outline.Missing)] == [(7, 9_999)]


async def test_what_is_revealed_while_new_content_is_read_is_looked_for_there(screen):
    await screen.show(Numbers(1))
    source = Numbers(9, 9)
    gate = source.hold("children", None)
    screen.outline.set_source(source)
    screen.outline.reveal([(5,), (5, 6)])
    gate.set()
    await screen.settle()
    assert screen.outline.cursor_key == (5, 6)


# The mouse


async def test_a_click_selects_and_the_toggle_or_a_double_click_opens(screen):
    await screen.show(Numbers(5, 2))
    await screen.pilot.click(Outline, offset=(20, 2))
    await screen.settle()
    assert screen.outline.cursor_key == (2,)
    assert screen.outline.row_count == 5
    await screen.pilot.click(Outline, offset=(1, 3))
    await screen.settle()
    assert screen.outline.cursor_key == (3,)
    assert screen.outline.row_count == 7
    await screen.pilot.double_click(Outline, offset=(20, 0))
    await screen.settle()
    assert {news.key for news in screen.app.of(Outline.Opened)} == {(3,), (0,)}
    await screen.pilot.double_click(Outline, offset=(20, 1))
    await screen.settle()
    assert [news.key for news in screen.app.of(Outline.Activated)] == [(0, 0)]
    await screen.pilot.click(Outline, offset=(20, 15))
    assert screen.outline.cursor_key == (0, 0)


async def test_the_wheel_leaves_the_cursor_alone(screen):
    await screen.show(Numbers(MILLION))
    outline = screen.outline
    for _ in range(200):
        outline.post_message(
            MouseScrollDown(
                outline, 5, 5, 0, 0, 0, shift=False, meta=False, ctrl=False, screen_x=5, screen_y=6
            )
        )
    await screen.until(lambda: outline.scroll_offset.y > 300)
    await screen.settle()
    assert outline.cursor_key == (0,)
    assert screen.labels()[0].startswith(f"row {outline.scroll_offset.y}")
    await screen.do("move", 1)
    assert (outline.cursor_row, outline.scroll_offset.y) == (1, 1)


# News


async def test_the_cursor_is_told_once_for_each_row_and_again_when_it_is_read(screen):
    source = Numbers(MILLION)
    await screen.show(source)
    end = source.hold("rows", (), (MILLION - 1) // PAGE_ROWS * PAGE_ROWS)
    screen.outline.action_last()
    screen.outline.action_last()
    await screen.until(lambda: len(screen.app.of(Outline.Highlighted)) == 2)
    end.set()
    await screen.settle()
    told = [
        (news.key, news.row and news.row.cells[0], news.number) for news in screen.app.of(Outline.Highlighted)
    ]
    assert told == [
        ((0,), "row 0", 0),
        (None, None, MILLION - 1),
        ((MILLION - 1,), "row 999999", MILLION - 1),
    ]
    assert all(news.control is screen.outline for news in screen.app.news)


# Slow sources


async def test_placeholders_show_only_when_the_wait_does(screen):
    source = Numbers(MILLION)
    await screen.show(source)
    first = 1_000 // PAGE_ROWS * PAGE_ROWS
    gate = source.hold("rows", (), first)
    screen.outline._go_to_row(1_000)
    assert screen.at_cursor() == []
    await screen.until(lambda: screen.at_cursor() == ["…"])
    gate.set()
    await screen.settle()
    assert screen.at_cursor()[:2] == ["row", "1000"]
    screen.outline._go_to_row(500_000)
    assert screen.at_cursor() == []
    await screen.settle()


async def test_a_row_opens_when_its_children_are_there_and_says_that_it_is_busy(screen):
    source = Numbers(3, 2)
    await screen.show(source)
    gate = source.hold("rows", (0,), 0)
    screen.outline.action_expand()
    assert screen.labels()[0] == "▸ row 0"
    await screen.until(lambda: screen.labels()[0] == "… row 0")
    assert screen.outline.pending
    screen.outline.action_move(1)
    gate.set()
    await screen.settle()
    assert screen.labels()[:4] == ["▾ row 0", "row 0.0 0", "row 0.1 1", "▸ row 1"]
    assert screen.outline.cursor_key == (1,)


@pytest.mark.parametrize(
    "give_up", ["cancel_pending", "action_toggle_row", "action_collapse", "action_collapse_all"]
)
async def test_opening_can_be_given_up(screen, give_up):
    source = Numbers(3, 2)
    await screen.show(source)
    source.hold("children", (0,))
    screen.outline.action_expand()
    await screen.until(lambda: screen.labels()[0] == "… row 0")
    getattr(screen.outline, give_up)()
    await screen.settle()
    await screen.until(lambda: source.cancelled == [("children", (0,))])
    assert screen.labels() == ["▸ row 0", "▸ row 1", "▸ row 2"]
    assert not screen.outline.pending
    assert screen.outline.cancel_pending() is False


async def test_what_opens_above_leaves_the_cursor_on_its_line(screen):
    source = Numbers(100, 500)
    await screen.show(source)
    gate = source.hold("children", (0,))
    screen.outline.action_expand()
    screen.outline.action_move(10)
    gate.set()
    await screen.settle()
    assert screen.outline.cursor_key == (10,)
    assert screen.outline.cursor_row == 510
    assert screen.outline.cursor_row - screen.outline.scroll_offset.y == 10


async def test_children_of_a_row_closed_meanwhile_are_dropped(screen):
    source = Numbers(3, 3, 3)
    await screen.show(source)
    await screen.do("expand")
    await screen.do("expand")
    source.hold("children", (0, 0))
    screen.outline.action_expand()
    await screen.until(lambda: source.asked["children", (0, 0)])
    screen.outline.action_parent()
    screen.outline.action_collapse()
    await screen.settle()
    await screen.until(lambda: source.cancelled == [("children", (0, 0))])
    assert screen.outline.row_count == 3


# Change of source


async def test_cursor_line_and_open_rows_survive_a_change_of_dates(screen):
    await screen.show(Numbers(100, 50, 9))
    screen.outline.reveal([(60,), (60, 20), (60, 20, 4)])
    await screen.settle()
    before = screen.outline.cursor_row - screen.outline.scroll_offset.y
    await screen.show(Numbers(100, 50, 9, gone={(n,) for n in range(30)} | {(60, 3)}, label="new"))
    assert screen.outline.cursor_key == (60, 20, 4)
    assert screen.at_cursor()[:2] == ["new", "60.20.4"]
    assert screen.outline.cursor_row == 30 + 1 + 19 + 1 + 4
    assert screen.outline.cursor_row - screen.outline.scroll_offset.y == before
    assert screen.outline.row_count == 70 + 49 + 9
    last = screen.app.of(Outline.Highlighted)[-1]
    assert (last.key, last.row.cells[0]) == ((60, 20, 4), "new 60.20.4")
    assert len(screen.app.of(Outline.Loaded)) == 2


async def test_a_cursor_whose_row_is_gone_goes_to_a_neighbour(screen):
    await screen.show(Numbers(10, 10))
    await screen.do("move", 4)
    await screen.show(Numbers(10, 10, gone={(4,), (5,)}))
    assert screen.outline.cursor_key == (3,)


async def test_starting_afresh_forgets_everything(screen):
    await screen.show(Numbers(100, 50))
    await screen.do("move", 50)
    await screen.do("expand")
    await screen.show(Numbers(100, 50), keep=False)
    assert (screen.outline.cursor_key, screen.outline.row_count, screen.outline.scroll_offset.y) == (
        (0,),
        100,
        0,
    )


async def test_the_old_content_stays_dimmed_until_the_new_is_complete(screen):
    await screen.show(Numbers(5, label="old"))
    source = Numbers(5, label="new")
    gate = source.hold("rows", (), 0)
    screen.outline.set_source(source)
    assert not screen.outline.busy
    await screen.until(lambda: screen.outline.busy)
    assert screen.labels()[0] == "old 0 0"
    assert next(iter(screen.outline.render_line(1))).style.dim
    gate.set()
    await screen.settle()
    assert not screen.outline.busy
    assert screen.labels()[0] == "new 0 0"
    assert not next(iter(screen.outline.render_line(1))).style.dim


async def test_a_newer_source_takes_over_from_one_that_is_still_read(screen):
    await screen.show(Numbers(5, label="old"))
    await screen.do("move", 3)
    slow = Numbers(5, label="slow")
    slow.hold("children", None)
    screen.outline.set_source(slow, keep=False)
    await screen.until(lambda: slow.asked["children", None])
    await screen.show(Numbers(5, label="new"))
    await screen.until(lambda: slow.cancelled == [("children", None)])
    assert screen.labels()[0] == "new 0 0"
    assert screen.outline.cursor_key == (0,)  # to start afresh was asked for, and never done
    assert len(screen.app.of(Outline.Loaded)) == 2


async def test_new_content_can_be_given_up(screen):
    await screen.show(Numbers(5, label="old"))
    slow = Numbers(5, label="slow")
    slow.hold("children", None)
    screen.outline.set_source(slow)
    await screen.until(lambda: slow.asked["children", None])
    assert screen.outline.cancel_load()
    await screen.until(lambda: slow.cancelled == [("children", None)])
    await screen.settle()
    assert screen.labels()[0] == "old 0 0"
    assert screen.outline.stale  # it is not what was asked for
    assert not screen.outline.loading_source
    assert not screen.outline.cancel_load()


async def test_moving_and_opening_meanwhile_is_not_lost(screen):
    await screen.show(Numbers(9, 3, label="old"))
    source = Numbers(9, 3, label="new")
    gate = source.hold("children", None)
    screen.outline.set_source(source)
    await screen.until(lambda: source.asked["children", None])
    screen.outline.action_move(5)
    screen.outline.action_expand()
    gate.set()
    await screen.settle()
    assert screen.outline.cursor_key == (5,)
    assert screen.labels()[4:7] == ["▸ new 4", "▾ new 5", "new 5.0 0"]


async def test_a_row_that_is_about_to_open_opens_in_the_new_content(screen):
    old = Numbers(9, 3, label="old")
    old.hold("children", (5,))
    await screen.show(old)
    await screen.do("move", 5)
    screen.outline.action_expand()
    await screen.until(lambda: old.asked["children", (5,)])
    await screen.show(Numbers(9, 3, label="new"))
    await screen.until(lambda: old.cancelled == [("children", (5,))])
    assert screen.labels()[5:7] == ["▾ new 5", "new 5.0 0"]


async def test_rows_of_the_old_source_that_come_late_are_dropped(screen):
    old = Numbers(MILLION, label="old")
    await screen.show(old)
    old.hold("rows", (), 640)
    screen.outline._go_to_row(700)
    await screen.until(lambda: old.asked["rows", (), 640])
    await screen.show(Numbers(MILLION, label="new"))
    await screen.until(lambda: old.cancelled == [("rows", (), 640)])
    assert screen.at_cursor()[:2] == ["new", "700"]
    assert not any("old" in line for line in screen.lines())


# Sources that refuse


async def test_rows_that_cannot_be_read_say_so(screen):
    source = Numbers(MILLION)
    source.faults["rows", (), 640] = DeadlineExceeded("took longer than 10 seconds: choose fewer days")
    await screen.show(source)
    screen.outline._go_to_row(700)
    await screen.settle()
    assert " ".join(screen.at_cursor()) == "could not be read - R reloads"
    assert [str(news.error) for news in screen.app.of(Outline.Failed)] == [
        "took longer than 10 seconds: choose fewer days"
    ]
    source.faults.clear()
    await screen.show(source)
    assert screen.at_cursor()[:2] == ["row", "700"]


async def test_a_row_whose_children_cannot_be_read_stays_closed(screen):
    source = Numbers(3, 3)
    source.faults["children", (0,)] = DeadlineExceeded("too slow")
    await screen.show(source)
    await screen.do("expand")
    assert screen.labels() == ["▸ row 0", "▸ row 1", "▸ row 2"]
    assert len(screen.app.of(Outline.Failed)) == 1
    source.faults.clear()
    await screen.do("expand")
    assert screen.outline.row_count == 6


async def test_content_that_cannot_be_read_is_never_called_empty(screen):
    source = Numbers(3)
    source.faults["children", None] = DeadlineExceeded("too slow")
    await screen.show(source)
    assert screen.lines()[(HEIGHT - 1) // 2].strip() == "could not be read - R reloads"
    await screen.show(Numbers(3, label="old"))
    await screen.show(source)
    assert screen.outline.stale  # what is shown is not what was asked for
    assert screen.labels()[0] == "old 0 0"
    assert len(screen.app.of(Outline.Failed)) == 2


async def test_anything_else_that_goes_wrong_is_a_bug_and_not_hidden():
    source = Numbers(3)
    source.faults["children", None] = ZeroDivisionError()

    async def run():
        async with Shown().run_test() as pilot:
            await Screen(pilot.app, pilot).show(source)

    with pytest.raises(WorkerFailed, match="ZeroDivisionError"):
        await run()


async def test_leaving_the_program_gives_up_on_every_query():
    source = Numbers(3)
    source.hold("children", None)
    async with Shown().run_test() as pilot:
        screen = Screen(pilot.app, pilot)
        screen.outline.set_source(source)
        await screen.until(lambda: source.asked["children", None])
    await screen.until(lambda: source.cancelled == [("children", None)])


async def test_lines_are_those_that_textual_would_paint(screen):
    await screen.show(Numbers(40, 5))
    await screen.do("expand")
    await screen.do("move", 1)
    outline = screen.outline
    for crop in (outline.size.region, Region(2, 3, 17, 4), Region(0, HEIGHT - 3, 60, 1)):
        outline._styles_cache.clear()
        assert outline.render_lines(crop) == super(OutlineView, outline).render_lines(crop)
