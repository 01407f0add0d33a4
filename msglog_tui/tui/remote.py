"""What is different in a session that came over SSH: nothing is written where the program runs."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Final

from msglog_tui.errors import Cancelled, Refusal
from msglog_tui.tui.saving import FORMATS, Exportable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from msglog_tui.cancel import Cancel
    from msglog_tui.tui.watch import Limits
    from msglog_tui.types import Window

MOST: Final = 74_000
"""Bytes that are sent to a clipboard: terminals drop sequences above 100,000, and base64 adds a third."""


@dataclass(frozen=True, slots=True)
class Remote:
    """Where a session came from.

    Attributes:
        call: How the person calls this server: `ssh -p 2222 thandi@logs.example.com`.
        note: Told what is looked at, for the audit: an action and its subject; says whether it was taken.
        crashed: Told of an error of ours, which is not for the person to see.
        limits: When the session ends by itself; `None` for never.
    """

    call: str
    note: Callable[[str, str], bool]
    crashed: Callable[[str], object]
    limits: Limits | None = None

    def command(self, what: Exportable, ending: str, window: Window) -> str | None:
        """The command that brings the same rows from outside; `None` when there is none."""
        if what.words is None:
            return None
        dates = ("--start", str(window.start), "--end", str(window.end)) if what.dated else ()
        # Quoted once for the server, and as a whole for the shell of whoever types it.
        words = shlex.join([*what.words, *dates, "--time-zone", window.zone, f"--{ending}"])
        return f"{self.call} {shlex.quote(words)}"


def as_text(what: Exportable, ending: str, zone: str, cancel: Cancel) -> tuple[str, int]:
    """Rows as text for a clipboard, and how many they are.

    Raises:
        Refusal: They are too many.
        Cancelled: `cancel` was called.
    """
    out = StringIO()

    def counted() -> Iterator[object]:
        for row in what.rows(cancel):
            if cancel.cancelled:
                raise Cancelled
            if out.tell() > MOST:
                raise Refusal(_TOO_MUCH)
            yield row

    written = FORMATS[ending](what.table, counted(), zone, out)
    text = out.getvalue()
    if len(text.encode()) > MOST:
        raise Refusal(_TOO_MUCH)
    return text, written


_TOO_MUCH: Final = (
    f"That is more than the {MOST // 1000} KB that a clipboard takes. Use the command, or choose fewer dates."
)
