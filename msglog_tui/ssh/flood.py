"""Keeping a flood of connections from drowning the server before anybody has logged in."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Final

A_SECOND: Final = 10.0
"""Connections that one address gets answered in a second, in the long run."""

AT_ONCE: Final = 10.0
"""Connections that one address gets answered at once."""

_REMEMBERED: Final = 10_000
# Addresses; the one that was silent for longest is forgotten first.


class Floodgate:
    """Says how long a new connection has to wait for an answer.

    Somebody in a hurry waits fractions of a second; a flood waits behind itself.
    """

    def __init__(self) -> None:
        self._next: OrderedDict[str, float] = OrderedDict()

    def delay(self, address: str) -> float:
        """Seconds that a connection from an address waits."""
        now = time.monotonic()
        # When the last of those that came before would be answered at an even pace.
        due = max(self._next.pop(address, 0.0), now - AT_ONCE / A_SECOND) + 1 / A_SECOND
        self._next[address] = due
        if len(self._next) > _REMEMBERED:
            self._next.popitem(last=False)
        return max(0.0, due - now)
