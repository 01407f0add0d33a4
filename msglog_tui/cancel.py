"""A way to say that an answer is no longer wanted."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Cancel:
    """Handed to a query when it starts; whoever waits for the answer may give up on it from any thread."""

    __slots__ = ("_cancelled", "_told")

    def __init__(self) -> None:
        self._cancelled = False
        self._told: list[Callable[[], None]] = []

    def cancel(self) -> None:
        """Give up: the query stops within milliseconds and raises `errors.Cancelled`."""
        self._cancelled = True
        for tell in tuple(self._told):
            tell()

    @property
    def cancelled(self) -> bool:
        """Whether somebody gave up."""
        return self._cancelled

    @contextmanager
    def telling(self, tell: Callable[[], None]) -> Iterator[None]:
        """Have somebody told who cannot look up now and then.

        Args:
            tell: Called by whoever gives up, in their thread: at once if they have already, perhaps twice.
        """
        self._told.append(tell)
        try:
            if self._cancelled:
                tell()
            yield
        finally:
            self._told.remove(tell)
