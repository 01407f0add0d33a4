"""From a key to the complete screen, on a small and a large archive: the archive's size must not show."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tests.bench.launch import TODAY
from tests.bench.session import DOWN, END, HOME, LEFT, PAGE_UP, RIGHT, UP, Session, set_window
from tests.bench.table import Of, Row, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.bench.picture import Picture

    Shown = Callable[[Picture], bool]

TIMES: Final = 7
"""How often each gesture is made on each archive."""

STARTS: Final = 5
DAYS: Final = (1, 30, 365, 1700)

_TARGET: Final = Target(1.5, Of.RATIO)

Taken = dict[str, list[float]]
"""What was done, and the milliseconds that it took each time."""


def rows(small: Path, large: Path) -> list[Row]:
    """Measure; both archives are asked in turn, so that a change of the machine's speed meets both."""
    archives = (small, large)
    taken: tuple[Taken, Taken] = ({}, {})
    for _ in range(STARTS):
        for archive, times in zip(archives, taken, strict=True):
            with Session.on(archive) as session:
                _note(times, "first screen", session.start().complete)
    with ExitStack() as stack:
        sessions = [stack.enter_context(Session.on(archive)) for archive in archives]
        for session in sessions:
            session.start()
        for _ in range(TIMES):
            for days in DAYS:
                for session, times in zip(sessions, taken, strict=True):
                    _change_window(session, times, days)
            for steps in zip(*map(_walk, sessions, taken), strict=True):
                assert len(steps) == len(sessions)
    return [Row(name, "ms", taken[1][name], taken[0][name], "small archive", _TARGET) for name in taken[0]]


def _note(times: Taken, name: str, milliseconds: float) -> None:
    times.setdefault(name, []).append(milliseconds)


def _change_window(session: Session, times: Taken, days: int) -> None:
    start = (TODAY - timedelta(days=days - 1)).isoformat()
    _note(times, f"change the window to {days:,} d", set_window(session, start).complete)


def _walk(session: Session, times: Taken) -> Iterator[None]:
    """Open the first enterprise and its largest customer, look around, and close them; a step at a time."""

    def do(keys: str, shown: Shown, name: str = "") -> None:
        taken = session.do(keys, shown).complete
        if name:
            _note(times, name, taken)

    do(RIGHT, lambda picture: picture.shows("▸ Customer 0001"), "open an enterprise of 5,000")
    yield
    do(DOWN, lambda picture: picture.rests_on("Customer 0001"))
    do(RIGHT, lambda picture: picture.shows("▾ Customer 0001"), "open the largest customer")
    yield
    do("J", lambda picture: picture.rests_on("Customer 0002"), "go past its last message")
    yield
    do(PAGE_UP, lambda picture: picture.on_message and picture.complete, "page up to its oldest")
    yield
    at = session.picture().text
    do(UP, lambda picture: picture.text not in (None, at) and picture.complete, "move, with preview")
    yield
    do(END, lambda picture: picture.rests_on("Enterprise 20"), "end")
    yield
    do(HOME, lambda picture: picture.rests_on("Enterprise 01"))
    do(DOWN, lambda picture: picture.rests_on("Customer 0001"))
    do(LEFT, lambda picture: picture.shows("▸ Customer 0001"), "close the largest customer")
    yield
    do(LEFT, lambda picture: picture.rests_on("Enterprise 01"))
    do(LEFT, lambda picture: picture.shows("▸ Enterprise 01"), "close the enterprise")
    yield
