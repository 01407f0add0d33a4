"""A command line that came as one text, as `ssh host …` and SSH_ORIGINAL_COMMAND have it."""

from __future__ import annotations

import shlex
from typing import Final

from msglog_tui.errors import Refusal

NO_TERMINAL: Final = "The screen needs a terminal: use ssh -t, or name a command; help lists them."
"""What somebody is told who names no command and has no terminal."""


_LONGEST: Final = 4000
# Letters; the processes tell each other of a command in messages that are not much longer.


def split(command: str) -> list[str]:
    """The words of a command line.  No shell sees it: quotes work, nothing else has a meaning.

    Raises:
        Refusal: It has a quote that is not closed, no word, or far too many.
    """
    if len(command) > _LONGEST:
        raise Refusal(f"That is longer than the {_LONGEST:,} letters of a command.")
    try:
        words = shlex.split(command)
    except ValueError:
        raise Refusal(
            "A quote is not closed. Close it, and quote the whole once more for your own shell."
        ) from None
    if words[:1] == ["msglog"]:
        del words[0]
    if not words:
        raise Refusal("Name a command; help lists them.")
    return words
