"""How a command that takes long says how far it is, and leaves others their share of the machine."""

from __future__ import annotations

import os
import sys
from typing import Final

_PRIORITY: Final = 10
# As `nice` counts: from 0, as usual, to 19, only when nobody else wants anything.


def be_modest() -> None:
    """Work with what processor time those leave who look at a screen meanwhile."""
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, 0, max(mine, _PRIORITY))


def step(text: str) -> None:
    """Say on a terminal what is being done; an empty text wipes it away."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def say(text: str) -> None:
    """Say something beside the output."""
    print(text, file=sys.stderr)
