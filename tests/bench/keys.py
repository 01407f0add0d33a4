"""From a key to the screen: at a human pace, and with the key held down; alone and beside an import.

Only bytes and times are noted while keys go in.  The screens are drawn from them afterwards, so that the
program has the machine to itself.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from operator import attrgetter
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple

from msglog_tui import dates
from msglog_tui.reader import Reader
from msglog_tui.store.engine import Store
from tests.bench.beside import copied, importing
from tests.bench.launch import TODAY
from tests.bench.session import DOWN, WINDOW_START, ZONE, Session, open_largest
from tests.bench.table import Of, Row, Target

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from msglog_tui.types import Message
    from tests.bench.picture import Picture

KEYS: Final = 200
HELD: Final = 1_000
HELD_RATE: Final = 30
"""Keys a second while one is held down."""

_PACE: Final = (0.07, 0.14)
"""Seconds from one key to the next of somebody in a hurry."""

_OVER: Final = 1.0
"""Seconds without output after which nothing more is coming, should it ever have stood still."""

_PAINTED: Final = Target(15, Of.P95)
_PREVIEWED: Final = Target(25, Of.P95)
_BEHIND: Final = Target(2, Of.MEDIAN)
"""Rows: the key just sent, and one that came while it was painted."""

_FROZEN: Final = Target(100, Of.MEDIAN)
"""Milliseconds between two moves of a held key beyond which it looks stuck."""


class Moment(NamedTuple):
    """What the screen showed from a time on.

    Attributes:
        at: When, on the clock of the session.
        rows: How far the cursor has moved.
        previewed: Whether the preview is of the cursor's row.
    """

    at: float
    rows: int
    previewed: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """Milliseconds from each key until the cursor had moved, and until the preview was of its row."""

    painted: list[float]
    previewed: list[float]


@dataclass(frozen=True, slots=True)
class Held:
    """How a held key went.

    Attributes:
        worst: The most rows that the cursor was behind the keys, looked at whenever a key is sent.
        last: Rows behind when the last key was sent.
        pauses: The times between two moves, in milliseconds.
        caught_up: From the last key to the complete screen, in milliseconds.
    """

    worst: int
    last: int
    pauses: list[float]
    caught_up: float


def rows(small: Path, large: Path, *, keys: int = KEYS, held: int = HELD) -> list[Row]:
    """Measure on both archives alone, and on a copy of the large one beside an import."""
    alone_small, _ = _measure(small, keys, 0, nullcontext())
    alone, held_alone = _measure(large, keys, held, nullcontext())
    with copied(large) as copy:
        beside, held_beside = _measure(copy, keys, held, importing(copy))
    return [
        Row("key to paint", "ms", alone.painted, alone_small.painted, "small archive", _PAINTED),
        Row("key to preview", "ms", alone.previewed, alone_small.previewed, "small archive", _PREVIEWED),
        Row("key to paint, importing", "ms", beside.painted, alone.painted, "alone", _PAINTED),
        Row("key to preview, importing", "ms", beside.previewed, alone.previewed, "alone", _PREVIEWED),
        *_held_rows(f"{held:,} keys held", held_alone),
        *_held_rows(f"{held:,} keys held, importing", held_beside),
    ]


def _held_rows(name: str, held: Held | None) -> list[Row]:
    if held is None:
        return []
    return [
        Row(f"{name}: behind at worst", "rows", [held.worst], target=_BEHIND),
        Row(f"{name}: behind at the end", "rows", [held.last], target=_BEHIND),
        Row(f"{name}: from move to move", "ms", held.pauses),
        Row(f"{name}: longest pause", "ms", [max(held.pauses)], target=_FROZEN),
        Row(f"{name}: complete after", "ms", [held.caught_up]),
    ]


def _measure(
    archive: Path, keys: int, held: int, beside: AbstractContextManager[None]
) -> tuple[Answered, Held | None]:
    """Go down the largest customer's messages, key by key and then with the key held."""
    messages = _messages(archive, keys + held + 1)
    pauses = Random(3)
    with beside, Session.on(archive) as session:
        session.start()
        open_largest(session)
        session.do(DOWN, lambda picture: picture.on_message and picture.complete)
        sent, moments = _press(session, messages, 0, [pauses.uniform(*_PACE) for _ in range(keys)])
        answered = Answered(*_latencies(sent, moments))
        if not held:
            return answered, None
        sent, moments = _press(session, messages, keys, [1 / HELD_RATE] * held)
        return answered, _held(sent, moments)


def _messages(archive: Path, count: int) -> list[Message]:
    """The customer's newest messages in the order of the tree."""
    store = Store(str(archive))
    reader = Reader.of_owner(store, "bench")
    window = dates.window(date.fromisoformat(WINDOW_START), TODAY, ZONE)
    found = reader.messages_from(window, 1, 1, 0, count, reader.anchors(window, 1, 1))
    store.close()
    return found


def _press(
    session: Session, messages: Sequence[Message], at: int, pauses: Sequence[float]
) -> tuple[list[float], list[Moment]]:
    """Press Down before each pause, from a message on: when each was sent, and what showed when."""
    first = len(session.pieces)
    sent = []
    due = time.perf_counter()
    for pause in pauses:
        sent.append(time.perf_counter())
        session.send(DOWN)
        due += pause
        while (left := due - time.perf_counter()) > 0:
            session.take(left)
    while session.take(_OVER):
        pass
    return sent, list(_moments(session, first, messages, at))


def _moments(session: Session, first: int, messages: Sequence[Message], at: int) -> Iterator[Moment]:
    """Draw piece by piece what was read, and see where the cursor is after each."""
    start = at
    for number in range(first, len(session.pieces)):
        picture = session.picture(number + 1)
        at = next((place for place in range(at, len(messages)) if _is(messages[place], picture)), at)
        yield Moment(session.pieces[number].at, at - start, picture.previewed)


def _is(message: Message, picture: Picture) -> bool:
    """Whether the cursor is on this message."""
    row = picture.row
    return (
        row is not None
        and row["amounts"] == f"{message.sent:,}"
        and row["date"] == dates.stamp(message.sent_at, ZONE)[:10]
        and message.subject.startswith(row["label"])
    )


def _latencies(sent: Sequence[float], moments: Sequence[Moment]) -> tuple[list[float], list[float]]:
    """Milliseconds until each key had moved the cursor, and until the preview had followed."""
    painted, previewed = [], []
    for key, began in enumerate(sent, 1):
        there = [moment for moment in moments if moment.rows >= key]
        painted.append((there[0].at - began) * 1e3)
        previewed.append((next(moment.at for moment in there if moment.previewed) - began) * 1e3)
    return painted, previewed


def _held(sent: Sequence[float], moments: Sequence[Moment]) -> Held:
    behind = []
    for key, now in enumerate(sent):
        seen = bisect_left(moments, now, key=attrgetter("at"))
        behind.append(key - (moments[seen - 1].rows if seen else 0))
    moved = [now.at for before, now in pairwise(moments) if now.rows > before.rows]
    pauses = [(after - before) * 1e3 for before, after in pairwise(moved)]
    return Held(max(behind), behind[-1], pauses, (moments[-1].at - sent[-1]) * 1e3)
