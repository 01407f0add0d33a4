"""Cold start: from running the program to its first complete screen, in pairs with the same screen bare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.bench.session import ZONE, Session
from tests.bench.table import Of, Row, Target

if TYPE_CHECKING:
    from pathlib import Path

PAIRS: Final = 11

_TARGET: Final = Target(1.1, Of.RATIO)


def rows(archive: Path) -> list[Row]:
    """Measure; the first pair only warms the cache of files."""
    program, bare = [], []
    for _ in range(PAIRS + 1):
        program.append(_complete(Session.on(archive)))
        bare.append(_complete(Session(["tests.bench.bare", ZONE])))
    return [Row("cold start", "ms", program[1:], bare[1:], "without data", _TARGET)]


def _complete(session: Session) -> float:
    with session:
        taken = session.start().complete
        session.send("q")
        status = session.wait_exit()
    if status:
        raise AssertionError("\n".join(session.screen()))
    return taken
