"""How long a session that came over SSH may be, and how soon it ends when access is taken back."""

from __future__ import annotations

from typing import Final

from msglog_tui.cli.command import argument


def seconds(text: str) -> float:
    """A length of time, of more than nothing."""
    given = float(text)
    if not 0 < given < 1e9:
        raise ValueError(text)
    return given


IDLE: Final = 3600.0
LONGEST: Final = 43200.0
LOOK: Final = 20.0

ARGUMENTS: Final = (
    argument("--idle", type=seconds, default=IDLE, metavar="S", help=f"without a key: {IDLE:g}"),
    argument("--max-time", type=seconds, default=LONGEST, metavar="S", help=f"of a session: {LONGEST:g}"),
    argument(
        "--look", type=seconds, default=LOOK, metavar="S", help=f"between looks for removed users: {LOOK:g}"
    ),
)
