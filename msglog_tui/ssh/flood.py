"""Keeping a flood of connections from drowning the server before anybody has logged in.

Everything here goes by addresses, of IPv6 by networks of 64 bits: a single machine has all of such a network.
"""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from ipaddress import IPv6Address, ip_address
from typing import Final, Generic, TypeVar

Connection = TypeVar("Connection")

A_SECOND: Final = 10.0
"""Connections that one address gets answered in a second, in the long run."""

AT_ONCE: Final = 10.0
"""Connections that one address gets answered at once."""

LONGEST: Final = 10.0
"""Seconds that a connection waits at most, so that an address is itself again soon after a flood."""

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
        due = min(due, now + LONGEST)
        self._next[address] = due
        if len(self._next) > _REMEMBERED:
            self._next.popitem(last=False)
        return max(0.0, due - now)


class WaitingRoom(Generic[Connection]):
    """The connections of which nobody has logged in yet.

    When it is full, whoever has most of them there gives up the oldest: a flood pushes itself out, and not
    those who come meanwhile from elsewhere.

    Args:
        room: How many may wait.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._waiting: OrderedDict[Connection, str] = OrderedDict()

    def enter(self, connection: Connection, address: str) -> Connection | None:
        """Let one wait, and say which one has to go instead, if any has."""
        self._waiting[connection] = address
        if len(self._waiting) <= self._room:
            return None
        ((most, _),) = Counter(self._waiting.values()).most_common(1)
        gone = next(each for each, where in self._waiting.items() if where == most)
        del self._waiting[gone]
        return gone

    def leave(self, connection: Connection) -> None:
        """One waits no longer."""
        self._waiting.pop(connection, None)


def network_of(address: str) -> str:
    """What stands for a machine: its address, or the network that it has for itself."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(IPv6Address(int(parsed) >> 64 << 64))
    return str(parsed)
