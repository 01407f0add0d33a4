"""What is sent is less than what Textual sends, and shows the same."""

from __future__ import annotations

import asyncio
import io
import re
import sys
import unicodedata
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

import pyte
import pyte.modes
import pyte.screens
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widgets import Input, Label
from wcwidth import wcwidth

from msglog_tui import config
from msglog_tui.tui.wire import WiredApp, cells
from msglog_tui.tui.wire.driver import QuietDriver
from msglog_tui.tui.wire.frame import Front

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from textual.app import ComposeResult
    from textual.pilot import Pilot

WIDTH, HEIGHT = 24, 4
EXAMPLES = 60


FAMILY = "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}"
DISPUTED = [
    "\N{PARTY POPPER}",
    FAMILY,
    "❤️",
    "☎️",
    "e\u0301",
    "\u0301",
    "\u200d",
    "שלום",
    "مرحبا",
    "\u00ad",
    "\N{BLACK TELEPHONE}",
]
AGREED = [
    "a",
    "Baobab",
    "1,204",
    " ",
    "  ",
    " " * 9,
    "é",
    "ж",
    "─",
    "▸",
    "…",
    "春",
    "日本",
    "\uff46\uff55",
    "한",
]


class Xterm(pyte.Screen):
    """A terminal that is stricter than pyte: it knows all attributes, and half a wide character is none.

    Args:
        opinion: How wide it takes a character to be.
        erases: What erased cells keep of the style in force: all, the background, or nothing.
    """

    def __init__(self, opinion: Callable[[str], int] = wcwidth, erases: str = "all") -> None:
        self._rare: frozenset[int] = frozenset()
        self._erases = erases
        self._opinion = opinion
        super().__init__(WIDTH, HEIGHT)
        self.reset_mode(7, private=True)
        self.stream = pyte.Stream(self)

    def select_graphic_rendition(self, *attrs: int) -> None:
        """Keep what pyte does not know in place of whether it blinks."""
        super().select_graphic_rendition(*attrs)
        rare = set(self._rare)
        numbers = iter(attrs or (0,))
        for number in numbers:
            if number in (38, 48):
                for _ in range(3 if next(numbers) == 2 else 1):
                    next(numbers)
            elif number == 0:
                rare.clear()
            elif number in (2, 5, 6, 8, 21, 51, 52, 53):
                rare.add(number)
            rare -= {22: {2}, 24: {21}, 25: {5, 6}, 28: {8}, 54: {51, 52}, 55: {53}}.get(number, set())
        self._rare = frozenset(rare)
        self.cursor.attrs = self.cursor.attrs._replace(blink=self._rare)

    def draw(self, data: str) -> None:
        for character in data:
            wide = self._opinion(character)
            x = self.cursor.x - wide if self.cursor.x == self.columns else self.cursor.x
            self._split(x)
            self._split(x + wide)
            super().draw(character)

    def _split(self, x: int) -> None:
        """Blank the halves of a wide character that is cut before a column."""
        line = self.buffer[self.cursor.y]
        if 0 < x < self.columns and line[x].data == "":
            line[x - 1] = line[x - 1]._replace(data=" ")
            line[x] = line[x]._replace(data=" ")

    def erase_characters(self, count: int | None = None) -> None:
        self._erase(self.cursor.x, min(self.cursor.x + (count or 1), self.columns))

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:
        assert how == 0
        assert self.cursor.x < self.columns  # terminals differ in where the cursor is behind the last column
        self._erase(self.cursor.x, self.columns)

    def _erase(self, start: int, stop: int) -> None:
        self._split(start)
        self._split(stop)
        style = self.cursor.attrs
        kept = {
            "all": style,
            "background": self.default_char._replace(bg=style.bg),
            "nothing": self.default_char,
        }
        for x in range(start, stop):
            self.buffer[self.cursor.y][x] = kept[self._erases]

    def cells(self) -> list[list[object]]:
        return [[self.seen(self.buffer[y][x]) for x in range(WIDTH)] for y in range(HEIGHT)]

    def seen(self, cell: pyte.screens.Char) -> object:
        """All of a cell, or what of it can be seen where erasing does not keep the rest."""
        marks = cell.underscore or cell.reverse or cell.strikethrough or (cell.blink and cell.blink - {2})
        if self._erases == "all" or cell.data != " " or marks:
            return cell._replace(blink=cell.blink or frozenset())
        return cell.bg


class Plain(pyte.Screen):
    """A terminal as pyte has it, but for what it throws away: all that comes in one piece behind a joiner."""

    def draw(self, data: str) -> None:
        for character in data:
            super().draw(character)


def plain_pyte() -> pyte.Screen:
    screen = Plain(WIDTH, HEIGHT)
    screen.reset_mode(7, private=True)
    screen.stream = pyte.Stream(screen)
    return screen


def other_opinion(character: str) -> int:
    """Widths as an old terminal has them; the same where ours are agreed upon."""
    if cells.is_simple(character):
        return wcwidth(character)
    return 1 if wcwidth(character) != 1 else 2


def console(colours: str = "truecolor") -> Console:
    return Console(file=io.StringIO(), force_terminal=True, color_system=colours, _environ={})


def cells_on(screen: pyte.Screen) -> list[list[object]]:
    if isinstance(screen, Xterm):
        return screen.cells()
    return [[screen.buffer[y][x] for x in range(WIDTH)] for y in range(HEIGHT)]


COLOURS = st.sampled_from([None, None, "red", "bright_blue", "color(123)", "#12161d", "#d8dee9", "default"])
ATTRIBUTES = [
    "bold",
    "dim",
    "italic",
    "underline",
    "reverse",
    "strike",
    "blink",
    "overline",
    "underline2",
    "conceal",
]
FLAGS = st.sets(st.sampled_from([*ATTRIBUTES, *ATTRIBUTES[:5]]), max_size=2)


@st.composite
def styles(draw: st.DrawFn) -> Style | None:
    if draw(st.integers(0, 9)) == 0:
        return None
    link = "https://example.org" if draw(st.integers(0, 19)) == 0 else None
    return Style(color=draw(COLOURS), bgcolor=draw(COLOURS), link=link, **dict.fromkeys(draw(FLAGS), True))


@st.composite
def strips(draw: st.DrawFn, width: int | None, palette: list[Style | None]) -> Strip:
    """A strip so many cells wide, or of any width."""
    words = st.lists(st.sampled_from(AGREED * 4 + DISPUTED), max_size=4).map("".join)
    if draw(st.booleans()):
        words = st.lists(st.sampled_from(AGREED), max_size=4).map("".join)
    segments = [Segment(draw(words), draw(st.sampled_from(palette))) for _ in range(draw(st.integers(1, 3)))]
    if (first := "".join(segment.text for segment in segments)[:1]) and wcwidth(first) == 0:
        segments.insert(0, Segment("a"))  # terminals differ in what they put a mark on that comes first
    strip = Strip(segments)
    if width is None:
        return strip
    return strip.adjust_cell_length(width, draw(st.sampled_from(palette)))


def cuts() -> st.SearchStrategy[list[int]]:
    inner = st.sets(st.integers(1, WIDTH - 1), max_size=3)
    return inner.map(lambda found: [0, *sorted(found), WIDTH])


Frame = LayoutUpdate | ChopsUpdate | None


@st.composite
def frame_lists(draw: st.DrawFn) -> list[Frame]:
    """Frames as Textual makes them, and `None` where the terminal is forgotten."""
    palette = draw(st.lists(styles(), min_size=1, max_size=4))
    pool: list[tuple[int, Strip]] = []

    def strip_of(width: int) -> Strip:
        fitting = [strip for known, strip in pool if known == width]
        if fitting and draw(st.booleans()):
            return draw(st.sampled_from(fitting))
        pool.append((width, draw(strips(width, palette))))
        return pool[-1][1]

    frames: list[Frame] = []
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(["layout", "chops", "chops", "ragged", "forget"]))
        rows = [draw(cuts()) for _ in range(HEIGHT)]
        if kind == "forget":
            frames.append(None)
        elif kind == "ragged":
            lines = [[draw(strips(None, palette)) for _ in range(2)] for _ in rows]
            frames.append(LayoutUpdate(lines, Region(0, 0, WIDTH, HEIGHT)))
        elif kind == "layout":
            lines = [[strip_of(end - start) for start, end in pairwise(row)] for row in rows]
            frames.append(LayoutUpdate(lines, Region(0, 0, WIDTH, HEIGHT)))
        else:
            chops = [
                {
                    start: strip_of(end - start) if draw(st.integers(0, 7)) else None
                    for start, end in pairwise(row)
                }
                for row in rows
            ]
            spans = []
            for y in sorted(draw(st.sets(st.integers(0, HEIGHT - 1), min_size=1))):
                edges = sorted(draw(st.sets(st.integers(0, WIDTH), min_size=2, max_size=4)))
                spans += [(y, *span) for span in zip(edges[::2], edges[1::2], strict=False)]
            frames.append(ChopsUpdate(chops, spans, [row[1:] for row in rows]))
    return frames


class Kind(NamedTuple):
    """A kind of terminal: how wide it takes characters to be, and what it keeps where it erases."""

    make: Callable[[Callable[[str], int], str], pyte.Screen]
    opinion: Callable[[str], int]
    erased: str


KINDS = {
    "pyte": Kind(lambda *_: plain_pyte(), wcwidth, "all"),
    "strict": Kind(Xterm, wcwidth, "background"),
    "with other widths": Kind(Xterm, other_opinion, "background"),
    "that erases to its own background": Kind(Xterm, other_opinion, "nothing"),
}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=EXAMPLES, deadline=None)
@given(frames=frame_lists())
def test_any_frames_show_as_textual_shows_them(kind: str, frames: list[Frame]) -> None:
    make, opinion, erased = KINDS[kind]
    textual, ours = make(opinion, erased), make(opinion, erased)
    with patch.object(pyte.screens, "wcwidth", opinion):
        compare(frames, textual, ours, console(), colours_erase=erased != "nothing")


def compare(
    frames: list[Frame], textual: pyte.Screen, ours: pyte.Screen, writer: Console, *, colours_erase: bool
) -> None:
    front = Front(writer, colours_erase=colours_erase)
    for frame in frames:
        if frame is None:
            front.forget()
            continue
        # Its line feeds go where it goes anyway; here, where rows may have nothing, they could scroll.
        by_textual = frame.render_segments(writer).replace("\n", "")
        textual.stream.feed(by_textual)
        written = front.update(frame)
        ours.stream.feed(written)
        assert cells_on(ours) == cells_on(textual), (written, by_textual)
        assert ours.cursor.attrs == ours.default_char._replace(blink=ours.cursor.attrs.blink)
        assert not ours.cursor.attrs.blink
        ours.stream.feed(front.update(frame))
        assert cells_on(ours) == cells_on(textual)
        assert front.update(frame) == ""


# What is written, byte for byte


def layout(*rows: list[Segment] | str, width: int = WIDTH) -> LayoutUpdate:
    """A frame of rows filled up with plain spaces; what is left out is blank."""
    lines = [[Segment(row)] if isinstance(row, str) else row for row in rows]
    lines += [[]] * (HEIGHT - len(lines))
    made = [[Strip(line).adjust_cell_length(width)] for line in lines]
    return LayoutUpdate(made, Region(0, 0, width, HEIGHT))


def written(*frames: LayoutUpdate | ChopsUpdate, colours_erase: bool = True) -> str:
    """What is written for the last of some frames."""
    front = Front(console(), colours_erase=colours_erase)
    return [front.update(frame) for frame in frames][-1]


BAR, BOLD, FAINT = Style(bgcolor="color(24)"), Style(bold=True), Style(dim=True)
FULL = "abcdefghijklmnopqrstuvwx"


@pytest.mark.parametrize(
    ("before", "after", "bytes_between"),
    [
        (["abc"], ["abc"], ""),
        (["abc"], ["abd"], "\x1b[1;3Hd"),
        (["abc"], ["xbc"], "\x1b[1Hx"),
        # Around what stays: along the row where that is shorter, through it where that is.
        ([FULL], ["X" + FULL[1:-1] + "Y"], "\x1b[1HX\x1b[22CY"),
        ([FULL], ["X" + FULL[1:3] + "Y" + FULL[4:]], "\x1b[1HXbcY"),
        # To the next row.
        (["", "", ""], ["", "a", "b"], "\x1b[2Ha\r\nb"),
        (["abc", "abcdef"], ["abX", "abcYef"], "\x1b[1;3HX\x1b[BY"),
        (["a", "", "a"], ["b", "", "b"], "\x1b[1Hb\x1b[3Hb"),
        # Nobody relies on where the cursor is behind the last column.
        ([FULL, FULL], [FULL[:-1] + "Z", "Z" + FULL[1:]], "\x1b[1;24HZ\r\nZ"),
        # Blanks.
        ([FULL], [""], "\x1b[1H\x1b[K"),
        ([FULL], [FULL[:-3]], "\x1b[1;22H   "),
        ([FULL], [FULL[:2] + " " * 20 + FULL[-2:]], "\x1b[1;3H\x1b[20X"),
        (["a" + FULL[1:-1] + "b"], ["c" + " " * 22 + "d"], "\x1b[1Hc\x1b[22X\x1b[22Cd"),
        (["a  b"], [""], "\x1b[1H\x1b[K"),
        # Wide characters, whole or not at all.
        (["春天"], ["春日"], "\x1b[1;3H日"),
        (["春天"], ["a春"], "\x1b[1Ha春 "),
        # Styles.
        (["ab"], [[Segment("ab", BOLD)]], "\x1b[1H\x1b[1mab\x1b[m"),
        (
            ["ab"],
            [[Segment("a", BOLD), Segment("b", FAINT)]],
            "\x1b[1H\x1b[1ma\x1b[0;2mb\x1b[m",
        ),
    ],
)
def test_the_difference_is_the_shortest(before: Any, after: Any, bytes_between: str) -> None:
    assert written(layout(*before), layout(*after)) == bytes_between


def test_one_style_is_named_once_where_that_is_shorter() -> None:
    red, blue = Style(color="#aa0000"), Style(color="#0000aa")
    line = [Segment("ab", red), Segment("cd", blue)]
    frame = written(layout(), layout(line, line, line))
    assert frame.count("38;2;170;0;0") == frame.count("38;2;0;0;170") == 1
    assert written(layout(), layout([Segment("ab", BOLD), Segment("cd")])) == "\x1b[1H\x1b[1mab\x1b[mcd"


def test_blanks_are_erased_only_where_that_shows_the_same() -> None:
    erased = "\x1b[1H\x1b[48;5;24m\x1b[K\x1b[m"
    spaces = erased.replace("\x1b[K", " " * WIDTH)
    bar = layout([Segment(" " * WIDTH, BAR)])
    assert written(layout(), bar) == erased
    assert written(layout(), bar, colours_erase=False) == spaces
    assert written(bar, layout(), colours_erase=False) == "\x1b[1H\x1b[K"
    for visible in ("underline", "reverse", "strike", "overline", "blink", "conceal"):
        style = Style(**{visible: True})
        assert " " * WIDTH in written(layout(), layout([Segment(" " * WIDTH, style)]))


def test_rows_that_terminals_disagree_on_are_written_as_textual_writes_them() -> None:
    front = Front(console(), colours_erase=True)
    row = [Segment(f"- {FAMILY} ", BOLD), Segment("abc")]
    front.update(layout("x", row))
    assert front.update(layout("x", row)) == ""
    assert front.update(layout("y", row)) == "\x1b[1Hy"
    changed = front.update(layout("y", [row[0], Segment("abd")]))
    assert changed.startswith(f"\x1b[2H\x1b[1m- {FAMILY} \x1b[0mabd ")
    assert front.update(layout("y", "abd")) == "\x1b[2Habd\x1b[K"
    assert front.update(layout("y", "abe")) == "\x1b[2;3He"


def test_what_stands_left_of_such_characters_is_still_compared() -> None:
    def frame(left: str, right: str) -> LayoutUpdate:
        strips = [Strip([Segment(left)]), Strip([Segment(right)]).adjust_cell_length(WIDTH - len(left))]
        return LayoutUpdate([strips] * HEIGHT, Region(0, 0, WIDTH, HEIGHT))

    assert written(frame("abc", f" {FAMILY}"), frame("abd", f" {FAMILY}")) == "".join(
        f"\x1b[{y};3Hd" for y in range(1, HEIGHT + 1)
    )


def test_a_mark_that_comes_first_is_written_each_time_with_what_is_before_it() -> None:
    strips = [Strip([Segment("abc")]), Strip([Segment("\u0301def")]).adjust_cell_length(WIDTH - 3)]
    frame = LayoutUpdate([strips] * HEIGHT, Region(0, 0, WIDTH, HEIGHT))
    front = Front(console(), colours_erase=True)
    front.update(frame)
    assert front.update(frame).count("abc\u0301def") == HEIGHT


def test_after_forgetting_everything_is_written() -> None:
    front = Front(console(), colours_erase=True)
    whole = front.update(layout(FULL))
    assert front.size == Size(WIDTH, HEIGHT)
    assert front.update(layout(FULL)) == ""
    front.forget()
    assert front.size == Size()
    assert front.update(layout(FULL)) == whole
    smaller = front.update(layout(FULL[:-4], width=WIDTH - 4))
    assert smaller.count("\x1b[K") == HEIGHT - 1
    assert FULL[:-4] in smaller


# Characters


def everything() -> Iterator[str]:
    return (chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000)


def test_simple_characters_are_as_wide_for_everybody() -> None:
    narrow = re.compile(f"[{cells.NARROW}]").fullmatch
    wide = re.compile(f"[{cells.WIDE}]").fullmatch
    counts = {1: 0, 2: 0}
    for character in everything():
        width = 1 if narrow(character) else 2 if wide(character) else None
        assert cells.is_simple(character) == (width is not None)
        if width is None:
            continue
        counts[width] += 1
        assert wcwidth(character) == cell_len(character) == width, hex(ord(character))
        assert (unicodedata.east_asian_width(character) in "WF") == (width == 2)
        assert unicodedata.category(character)[0] not in "MC", hex(ord(character))
        assert unicodedata.bidirectional(character) not in ("R", "AL", "RLE", "RLO", "RLI"), hex(
            ord(character)
        )
        if (
            character > "\u00ff"
        ):  # some terminals show as emoji, without being asked, what a selector makes one
            assert cell_len(character + "\ufe0f") == width, hex(ord(character))
    assert counts[1] > 2_000
    assert counts[2] > 35_000


@pytest.mark.parametrize("text", DISPUTED)
def test_characters_that_are_disputed(text: str) -> None:
    assert not cells.is_simple(text)
    assert cells.cells_of(f"a{text}", 0) is None


@given(st.text(st.sampled_from("ab ─é春日한 "), max_size=12), st.integers(0, 1000))
def test_cells_read_back_as_the_text(text: str, style: int) -> None:
    found = cells.cells_of(text, style)
    assert found is not None
    assert cells.text_of(found) == text
    assert len(found) == cell_len(text)
    assert {cells.style_of(cell) for cell in found} <= {style}
    assert cells.UNKNOWN not in found


# The app


class Recorder(Driver):
    """A terminal that takes down what is written to it."""

    kind = "terminal"

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._written: list[str] = []

    @property
    def is_headless(self) -> bool:
        return self.kind == "headless"

    @property
    def is_inline(self) -> bool:
        return self.kind == "inline"

    @property
    def is_web(self) -> bool:
        return self.kind == "web"

    def write(self, data: str) -> None:
        self._written.append(data)

    def start_application_mode(self) -> None:
        self.resize(80, 24)

    def resize(self, width: int, height: int) -> None:
        size = Size(width, height)
        self.send_message(events.Resize(size, size))

    def disable_input(self) -> None:
        pass

    def stop_application_mode(self) -> None:
        pass

    def take(self) -> str:
        """What was written since it was last taken."""
        taken = "".join(self._written)
        self._written.clear()
        return taken


class Form(WiredApp):
    """A label and an input."""

    AUTO_FOCUS = ""
    CSS = "Label { width: 100%; }"

    def compose(self) -> ComposeResult:
        yield Label("before", id="label")
        yield Input("typed", compact=True)

    def on_mount(self) -> None:
        self.animation_level = "none"
        self.query_one(Input).cursor_blink = False

    def say(self, text: str) -> None:
        self.query_one(Label).update(text)


@asynccontextmanager
async def form(kind: str = "terminal") -> AsyncIterator[tuple[Form, Recorder, Pilot[None]]]:
    """A form on a recorded terminal."""
    app = Form()
    app.driver_class = type("Terminal", (Recorder,), {"kind": kind})
    ready: asyncio.Future[Pilot[None]] = asyncio.get_running_loop().create_future()
    done = asyncio.Event()

    async def hold(pilot: Pilot[None]) -> None:
        ready.set_result(pilot)
        await done.wait()
        app.exit()

    running = asyncio.create_task(app.run_async(size=(80, 24), auto_pilot=hold))
    pilot = await ready
    try:
        with app._context():
            await pilot.pause()
            driver = app._driver
            assert isinstance(driver, Recorder)
            driver.take()
            yield app, driver, pilot
    finally:
        done.set()
        await running


async def test_what_is_on_the_screen_already_is_not_written() -> None:
    async with form() as (app, driver, pilot):
        app.screen.refresh()
        await pilot.pause()
        assert driver.take() == ""
        app.say("befall")
        await pilot.pause()
        assert driver.take().count("all") == 1
        app.refresh(layout=True)
        await pilot.pause()
        assert driver.take() == ""


async def test_the_cursor_is_put_back_for_those_who_type() -> None:
    async with form() as (app, driver, pilot):
        app.say("one")
        await pilot.pause()
        assert not driver.take().endswith("H")
        box = app.query_one(Input)
        box.focus()
        await pilot.pause()
        at_the_end = f"\x1b[{box.cursor_screen_offset.y + 1};{box.cursor_screen_offset.x + 1}H"
        assert driver.take().endswith(at_the_end)
        app.say("two")
        await pilot.pause()
        assert driver.take().endswith(at_the_end)
        app.screen.refresh()
        await pilot.pause()
        assert driver.take() == ""
        await pilot.press("left")
        await pilot.pause()
        assert driver.take().endswith(f"{box.cursor_screen_offset.x + 1}H")


async def test_long_frames_are_shown_at_once_and_short_ones_need_no_help() -> None:
    async with form() as (app, driver, pilot):
        app._sync_available = True
        app.say("short")
        await pilot.pause()
        assert "2026" not in driver.take()
        app.say("letters " * 150)
        await pilot.pause()
        written = driver.take()
        assert len(written) > 1024
        assert written.startswith(SYNC_START)
        assert written.endswith(SYNC_END)
        assert written.count("2026") == 2


@pytest.mark.parametrize("how", ["redraw", "invalidate", "action", "same size"])
async def test_everything_is_written_anew(how: str) -> None:
    async with form() as (app, driver, pilot):
        match how:
            case "redraw":
                app.redraw()
            case "invalidate":
                app.invalidate()
            case "action":
                await app.run_action("redraw")
            case "same size":  # another program had the terminal, or it has been there and back
                driver.resize(80, 24)
        await pilot.pause()
        await pilot.pause()
        screen = pyte.Screen(80, 24)
        pyte.Stream(screen).feed(driver.take())
        assert "before" in screen.display[0]
        assert "typed" in screen.display[1]
        styled = {cell.bg for y in range(24) for cell in (screen.buffer[y][x] for x in range(80))}
        assert "default" not in styled


async def test_another_size_is_painted_whole() -> None:
    async with form() as (app, driver, pilot):
        driver.resize(30, 5)
        while app.screen.size != Size(30, 5):
            await pilot.pause()
        await pilot.pause()
        screen = pyte.Screen(30, 5)
        pyte.Stream(screen).feed(driver.take())
        assert "before" in screen.display[0]
        assert "default" not in {screen.buffer[y][x].bg for y in range(5) for x in range(30)}


async def test_nothing_is_written_within_a_batch() -> None:
    async with form() as (app, driver, pilot):
        with app.batch_update():
            app.say("after")
            await pilot.pause()
            assert driver.take() == ""
        await pilot.pause()
        assert "after" in driver.take()


async def test_what_is_no_frame_is_textuals_and_makes_us_start_anew() -> None:
    async with form() as (app, driver, pilot):
        app._display(app.screen, Text("foreign"))
        assert "foreign" in driver.take()
        app.screen.refresh()
        await pilot.pause()
        assert "before" in driver.take()


@pytest.mark.parametrize("kind", ["web", "inline", "headless"])
async def test_what_is_no_terminal_is_left_to_textual(kind: str) -> None:
    async with form(kind) as (app, driver, pilot):
        app.screen.refresh()
        await pilot.pause()
        assert ("before" in driver.take()) == (kind != "headless")


async def test_the_setting_leaves_everything_to_textual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(config.WIRE, "plain")
    assert Form().driver_class is LinuxDriver
    async with form() as (app, driver, pilot):
        app.screen.refresh()
        await pilot.pause()
        assert "before" in driver.take()
        app.redraw()
        await pilot.pause()
        assert "before" in driver.take()


def test_the_driver_is_ours_unless_another_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Form().driver_class is QuietDriver
    monkeypatch.setattr("textual.constants.DRIVER", f"{Recorder.__module__}:Recorder")
    monkeypatch.setitem(sys.modules, Recorder.__module__, sys.modules[__name__])
    assert Form().driver_class is Recorder
