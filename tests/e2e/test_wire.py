"""The program sends the difference, and the screen shows what Textual would show."""

from __future__ import annotations

import re
import sys
import time
from typing import TYPE_CHECKING, Self

import pytest

from msglog_tui.store import access
from msglog_tui.store.engine import Store
from msglog_tui.store.writes import Writer
from msglog_tui.types import Role
from tests.e2e.terminal import Terminal
from tests.store.records import message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from pyte.screens import Char

    Shown = str | Callable[[list[str]], bool]

UP, DOWN, RIGHT, PAGE_DOWN, END, ESC = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[6~", "\x1b[F", "\x1b"

TRICKY = [
    "春のセール 最大半額",
    "Family \N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}\u200d\N{BOY} day",
    "\N{PARTY POPPER} Winner ☎️ ❤️",
    "Cafe\u0301 re\u0301sume\u0301 n\u0303",
    "שלום עולם",
    "مرحبا بالعالم",
    "한국어 소식 ｆｕｌｌ",  # noqa: RUF001
    "Ünïcödé – Привет · €5 ½ ▸ ─",  # noqa: RUF001
]
"""Subjects, newest first: wide, joined, selected, combining, from right to left, and none of it."""

PLAIN = 200
"""Messages with plain subjects below them."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("wire") / "archive.db"
    store = Store(str(path))
    store.create()
    subjects = [*TRICKY, *(f"Subject {number}" for number in range(PLAIN))]
    messages = [
        message(
            message_id=f"m{number}",
            subject=subject,
            sent=5_000 + number,
            failed=800 + number,
            sent_at=1_760_000_000 - 60 * number,
        )
        for number, subject in enumerate(subjects)
    ]
    for number in range(20):
        name = f"Company {number}"
        messages.append(message(enterprise=name, customer=name, message_id=f"c{number}"))
    with Writer(store) as writer:
        writer.messages(messages)
    with store.writing() as connection:
        access.add_user(
            connection,
            login="thandi",
            name="Thandi",
            role=Role.OPERATOR,
            enterprise=None,
            customer=None,
            time_zone="",
        )
    store.close()
    return path


def cells(terminal: Terminal) -> list[list[Char]]:
    screen = terminal._screen
    return [[screen.buffer[y][x] for x in range(screen.columns)] for y in range(screen.lines)]


class Pair:
    """The program twice, once with all that Textual sends and once with ours, under the same hands."""

    def __init__(self, archive: Path, env: Mapping[str, str], columns: int, rows: int) -> None:
        argv = [
            sys.executable,
            "-m",
            "msglog_tui",
            "--store",
            str(archive),
            "--as",
            "thandi",
            "--time-zone",
            "UTC",
        ]
        self.textual = Terminal(argv, {**env, "MSGLOG_WIRE": "plain"}, columns, rows)
        self.ours = Terminal(argv, env, columns, rows)
        self.both = (self.textual, self.ours)

    def __enter__(self) -> Self:
        for terminal in self.both:
            terminal.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        for terminal in self.both:
            terminal.__exit__(None, None, None)

    @property
    def lines(self) -> list[str]:
        return self.ours.screen()

    def press(self, keys: str, shown: Shown) -> None:
        """Type on both and wait until both show what is waited for, and the same in every cell."""
        for terminal in self.both:
            terminal.send(keys)
        self.agree(shown)

    def resize(self, columns: int, rows: int, shown: Shown) -> None:
        for terminal in self.both:
            terminal.resize(columns, rows)
        self.agree(shown)

    def agree(self, shown: Shown) -> None:
        for terminal in self.both:
            terminal.wait_for(shown)
        deadline = time.monotonic() + 10
        while differing := self._differing():
            assert time.monotonic() < deadline, differing
            for terminal in self.both:
                terminal._read(0.01)

    def _differing(self) -> str:
        """The first cells that are not the same."""
        found = [
            f"{y},{x}: {by_textual} is {by_us}"
            for y, rows in enumerate(zip(*map(cells, self.both), strict=True))
            for x, (by_textual, by_us) in enumerate(zip(*rows, strict=True))
            if by_textual != by_us
        ]
        return "\n".join(found[:5])


def tree_numbers(lines: list[str]) -> list[int]:
    """The plain subjects in the tree, from the top."""
    return [int(found[1]) for line in lines if (found := re.search(r"Subject (\d+)", line[:45]))]


def without(text: str) -> Callable[[list[str]], bool]:
    return lambda lines: not any(text in line for line in lines)


def click(column: int, row: int) -> str:
    """The mouse's button pressed and let go over a cell, both counted from 1."""
    return f"\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m"


def previewed(row: int) -> Callable[[list[str]], bool]:
    """Whether the preview shows the subject in a row of the tree, counted from 1."""

    def is_shown(lines: list[str]) -> bool:
        found = re.search(r"Subject \d+ ", lines[row - 1][:45])
        return found is not None and any(found[0] in line[48:] for line in lines)

    return is_shown


def walk(pair: Pair) -> Iterator[tuple[str, str, Shown]]:
    """What one does: its name, the keys, and what shows that it is done."""

    def lower(by: Callable[[int], bool]) -> Callable[[list[str]], bool]:
        lowest = max(tree_numbers(pair.lines))
        return lambda lines: by(max(tree_numbers(lines)) - lowest)

    yield "date", "d", lambda lines: "Enter Open" not in lines[-1]
    yield "typing", "2025-10-01", "2025-10-01"
    yield "enter", "\r", lambda lines: any("Acme" in line for line in lines) and "Enter Open" in lines[-1]
    yield "toggle", RIGHT, "Acme Retail"
    yield "move", DOWN, "Customer of Acme"
    yield "toggle", RIGHT, "Subject 0"
    for number in range(len(TRICKY)):
        yield "tricky", DOWN, f" {800 + number}"
    yield "toggle pane", "\t", lambda lines: True
    yield "back", "\x1b[Z", lambda lines: True
    for number in range(len(TRICKY), len(TRICKY) + 3):
        yield "move", DOWN, f" {800 + number}"
    yield "page", PAGE_DOWN, lower(lambda by: by > 5)
    for _ in range(3):
        yield "scroll", "\x1b[<65;10;12M", lower(lambda by: by > 0)
    yield "page", PAGE_DOWN, lower(lambda by: by > 5)
    yield "page up", "\x1b[5~", lambda lines: True
    yield "wheel", "\x1b[<64;10;12M", lower(lambda by: by < 0)
    yield "click", click(12, 12), previewed(12)
    yield "zoom", "z", without("Failed Amount")
    yield "zoom", "z", "Failed Amount"
    yield "help", "?", "Moves the cursor down"
    yield "close", ESC, without("Moves the cursor down")
    yield "presets", "p", "Last month"
    yield "close", ESC, without("Last month")
    yield "account", "a", "View as this customer"
    yield "close", ESC, without("View as this customer")
    yield "filter", "/", "sender or list"
    yield "typing", "Subject 5", "11 messages"
    yield "close", ESC, "Enter Open"
    yield "clear", ESC, without("11 messages")
    yield "home", "g", lambda lines: any("Acme" in line for line in lines)


@pytest.mark.parametrize(
    ("columns", "rows", "env"),
    [
        (120, 40, {}),
        (80, 24, {"COLORTERM": ""}),
        (80, 24, {"NO_COLOR": "1"}),
    ],
    ids=["truecolor", "256 colours", "no colours"],
)
def test_every_cell_is_as_textual_paints_it(
    archive: Path, columns: int, rows: int, env: Mapping[str, str]
) -> None:
    with Pair(archive, env, columns, rows) as pair:
        pair.agree("Total sent,")
        for _, keys, shown in walk(pair):
            pair.press(keys, shown)
        for size in ((100, 30), (60, 16), (columns, rows)):
            pair.resize(*size, lambda lines: "msglog" in lines[0] and "Open" in lines[-1])


def test_an_idle_screen_writes_nothing_and_a_redrawn_one_everything(archive: Path) -> None:
    with Pair(archive, {}, 100, 30) as pair:
        pair.agree(lambda lines: "Enter Open" in lines[-1] and any("First send" in line for line in lines))
        while pair.ours._read(0.2):
            pass
        before = len(pair.ours.bytes_written)
        assert not pair.ours._read(1), pair.ours.bytes_written[before:]
        pair.ours._screen.reset()  # as if another program had wiped the terminal
        pair.ours.send("\x0c")
        pair.agree("Total sent,")
