"""Why a session ends although its person has not left: the sentences, and the exit status."""

from __future__ import annotations

from typing import Final

LIMITED: Final = 75
"""Exit status when there is no room just now, or a limit was reached: trying again later helps."""

TAKEN_BACK: Final = "Your access was taken back. Ask whoever runs this archive."
CHANGED: Final = "What you may see has changed. Connect again."


def idle(seconds: float) -> str:
    """Nobody is at the keys."""
    return f"Nobody pressed a key for {_in_words(seconds)}. Connect again."


def too_long(what: str, seconds: float) -> str:
    """A session or a command has had its time."""
    return f"A {what} ends after {_in_words(seconds)}. Connect again."


def _in_words(seconds: float) -> str:
    if seconds >= 7200:
        return f"{seconds / 3600:g} hours"
    return f"{seconds / 60:g} minutes" if seconds >= 120 else f"{seconds:g} second{'s' * (seconds != 1)}"
