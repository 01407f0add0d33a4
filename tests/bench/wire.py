"""Bytes on the terminal: what the program writes, what Textual would, and the least that could be.

The program runs twice, once with what Textual sends; both get the same keys at the same time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from msglog_tui import config
from tests.bench.ideal import least_bytes
from tests.bench.session import DOWN, LEFT, PAGE_DOWN, RIGHT, UP, Session, open_largest
from tests.bench.table import Of, Row, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.bench.picture import Picture
    from tests.bench.session import Gesture

TIMES: Final = 15
"""How often each gesture is made."""

IDLE_SECONDS: Final = 3

_NEAR_THE_LEAST: Final = Target(1.2, Of.RATIO)
_FIRST_SCREEN: Final = Target(12_000, Of.MEDIAN)
_NOTHING: Final = Target(0, Of.MEDIAN)
_PLAIN: Final = {config.WIRE: "plain"}


class Taken(NamedTuple):
    """The same gesture by both."""

    ours: Gesture
    textual: Gesture


class Pair:
    """The program, and the program with what Textual sends, under the same hands."""

    def __init__(self, ours: Session, textual: Session) -> None:
        self.ours = ours
        self.textual = textual

    def do(self, keys: str, shown: Callable[[Picture], bool]) -> Taken:
        """Type on both; both must come to the same screen."""
        waiting = [session.begin(keys) for session in (self.ours, self.textual)]
        for session in (self.ours, self.textual):
            session.settle(shown)
        taken = Taken(*(result() for result in waiting))
        if taken.ours.after != taken.textual.after:
            raise AssertionError(f"{keys!r} led to two different screens")
        return taken

    def move(self, keys: str) -> Taken:
        """Type what moves the cursor to another row."""
        before = self.ours.picture().text
        return self.do(keys, lambda picture: picture.text not in (None, before) and picture.complete)

    def toggle(self, keys: str, sign: str) -> Taken:
        """Type what opens or closes the customer under the cursor."""
        return self.do(keys, lambda picture: picture.complete and picture.shows(f"{sign} Customer 0001"))

    def to_the_bottom(self) -> None:
        """Move the cursor down to the last line of the tree."""
        picture = self.ours.picture()
        bottom = next(y for y, line in enumerate(picture.lines) if line.startswith(" Total sent")) - 1
        if picture.line is not None and picture.line < bottom:
            keys = DOWN * (bottom - picture.line)
            self.do(keys, lambda picture: picture.line == bottom and picture.complete)


def rows(archive: Path) -> list[Row]:
    """Measure on an archive whose largest customer has thousands of messages."""
    with Session.on(archive) as ours, Session.on(archive, _PLAIN) as textual:
        first = Taken(ours.start(), textual.start())
        found = _rows("first screen", [first], _FIRST_SCREEN)
        for session in (ours, textual):
            open_largest(session)
        pair = Pair(ours, textual)
        for name, taken in _gestures(pair):
            found += _rows(name, taken, _NEAR_THE_LEAST)
        found.append(_idle(ours))
    return found


def _gestures(pair: Pair) -> Iterator[tuple[str, list[Taken]]]:
    """Every gesture with what it took; the cursor is on the open customer."""
    toggles = [(pair.toggle(LEFT, "▸"), pair.toggle(RIGHT, "▾")) for _ in range(TIMES)]
    yield "close a customer", [closing for closing, _ in toggles]
    yield "open a customer", [opening for _, opening in toggles]
    pair.move(DOWN)
    yield "move, with preview", [pair.move(DOWN) for _ in range(TIMES)]
    _zoom(pair)
    yield "move, tree alone", [pair.move(UP) for _ in range(TIMES)]
    pair.to_the_bottom()
    yield "scroll by a line, tree alone", [pair.move(DOWN) for _ in range(TIMES)]
    yield "page down, tree alone", [pair.move(PAGE_DOWN) for _ in range(TIMES)]
    _zoom(pair)
    yield "page down, with preview", [pair.move(PAGE_DOWN) for _ in range(TIMES)]
    pair.to_the_bottom()
    yield "scroll by a line, with preview", [pair.move(DOWN) for _ in range(TIMES)]


def _zoom(pair: Pair) -> None:
    """Give the tree the whole screen, or take it back."""
    zoomed = pair.ours.picture().shows("▏")
    pair.do("z", lambda picture: picture.complete and picture.shows("▏") is not zoomed)


def _rows(name: str, taken: list[Taken], target: Target) -> list[Row]:
    least = [least_bytes(gesture.before, gesture.after) for gesture, _ in taken]
    return [
        Row(name, "B", [ours.bytes for ours, _ in taken], least, "least", target),
        Row(f"{name}, by Textual", "B", [textual.bytes for _, textual in taken], least, "least"),
    ]


def _idle(session: Session) -> Row:
    """What is written while nobody does anything."""
    seen = len(session.pieces)
    while session.take(IDLE_SECONDS):
        pass
    written = sum(len(piece.data) for piece in session.pieces[seen:])
    return Row(f"idle for {IDLE_SECONDS} s", "B", [written], target=_NOTHING)
