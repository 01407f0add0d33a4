"""The program in a terminal of 120 by 40, its output kept piece by piece with the time at which it came.

Nothing is drawn while the program is at work: pieces are read as they come, and drawn when somebody looks.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from tests.bench.picture import Picture
from tests.e2e.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pyte.screens import Char

COLUMNS: Final = 120
LINES: Final = 40
ZONE: Final = "Asia/Kolkata"
"""A zone whose days are no UTC days: tips of every window are read raw."""

WINDOW_START: Final = "2021-03-27"
"""With the day on which the program is run, 1,700 days."""

QUIET: Final = 0.12
"""Seconds without output after which a complete screen is taken to be all: many frames long."""

TIMEOUT: Final = 60
DOWN, UP, RIGHT, LEFT = "\x1b[B", "\x1b[A", "\x1b[C", "\x1b[D"
PAGE_DOWN, PAGE_UP, HOME, END = "\x1b[6~", "\x1b[5~", "\x1b[H", "\x1b[F"

_ROOT: Final = Path(__file__).parents[2]

Cells = list[list["Char"]]


class Piece(NamedTuple):
    """What one read brought."""

    at: float
    data: bytes


@dataclass(frozen=True, slots=True)
class Gesture:
    """What keys led to.

    Attributes:
        began: When the keys were sent, on the clock of the pieces.
        pieces: What the program wrote until the screen was complete.
        before: The screen when the keys were sent.
        after: The screen that they led to.
    """

    began: float
    pieces: Sequence[Piece]
    before: Cells
    after: Cells

    @property
    def bytes(self) -> int:
        """How much was written."""
        return sum(len(piece.data) for piece in self.pieces)

    @property
    def complete(self) -> float:
        """Milliseconds until the last of it came."""
        return (self.pieces[-1].at - self.began) * 1e3


class Session(Terminal):
    """A program that is measured.

    Args:
        module: What to run, and its arguments.
        env: Variables to set besides.
    """

    def __init__(self, module: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        super().__init__(
            [sys.executable, "-m", *module], {"PYTHONPATH": str(_ROOT), **(env or {})}, COLUMNS, LINES
        )
        self.pieces: list[Piece] = []
        self._drawn = 0
        self.began = 0.0

    @classmethod
    def on(cls, archive: Path, env: Mapping[str, str] | None = None) -> Self:
        """The program on an archive."""
        words = ["tests.bench.launch", "--store", os.fspath(archive), "--time-zone", ZONE]
        return cls(words, env)

    def __enter__(self) -> Self:
        self.began = time.perf_counter()
        return super().__enter__()

    def screen(self) -> list[str]:
        """What the screen shows of the output read so far."""
        self._catch_up()
        return super().screen()

    def picture(self, pieces: int | None = None) -> Picture:
        """What the screen shows, understood; of all that was read, or of so many pieces."""
        return Picture.of(self.cells(pieces))

    def cells(self, pieces: int | None = None) -> Cells:
        """Every cell of the screen; of all that was read, or of so many pieces."""
        self._catch_up(pieces)
        screen = self._screen
        return [[screen.buffer[y][x] for x in range(COLUMNS)] for y in range(LINES)]

    def _catch_up(self, pieces: int | None = None) -> None:
        for piece in self.pieces[self._drawn : pieces]:
            super()._draw(piece.data)
            self._drawn += 1

    def take(self, seconds: float) -> bool:
        """Read what comes within so many seconds, once; false when there was nothing."""
        return self._read(seconds)

    def settle(self, shown: Callable[[Picture], bool]) -> Picture:
        """Read until the screen shows what it must and no more comes.

        Raises:
            AssertionError: It did not come in time, or the program ended.
        """
        deadline = time.monotonic() + TIMEOUT
        while True:
            while self.take(QUIET):
                pass
            picture = self.picture()
            if shown(picture):
                return picture
            if self._ended or time.monotonic() > deadline:
                raise AssertionError("It never showed:\n" + "\n".join(picture.lines))

    def start(self) -> Gesture:
        """The first complete screen, counted from before the program was run."""
        before = self.cells()
        self.settle(lambda picture: picture.complete)
        return Gesture(self.began, self.pieces[:], before, self.cells())

    def do(self, keys: str, shown: Callable[[Picture], bool]) -> Gesture:
        """Type, and wait for what it leads to."""
        waiting = self.begin(keys)
        self.settle(shown)
        return waiting()

    def begin(self, keys: str) -> Callable[[], Gesture]:
        """Type; what is returned tells afterwards what it led to."""
        before, first = self.cells(), len(self.pieces)
        began = time.perf_counter()
        self.send(keys)
        return lambda: Gesture(began, self.pieces[first:], before, self.cells())

    def _draw(self, data: bytes) -> None:
        self.pieces.append(Piece(time.perf_counter(), data))


def set_window(session: Session, start: str) -> Gesture:
    """Type the first day of the window; what is returned begins with Enter."""
    session.do(f"d{start}", lambda picture: picture.shows(start))
    return session.do("\r", lambda picture: picture.complete and picture.shows(f"{start} to"))


def open_largest(session: Session) -> None:
    """From the first screen on, open the largest customer with years of messages; the cursor stays on it."""
    set_window(session, WINDOW_START)
    session.do(RIGHT, lambda picture: picture.shows("▸ Customer 0001"))
    session.do(DOWN, lambda picture: picture.rests_on("Customer 0001"))
    session.do(RIGHT, lambda picture: picture.shows("▾ Customer 0001") and picture.complete)
