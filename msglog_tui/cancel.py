"""A way to say that an answer is no longer wanted."""

from __future__ import annotations


class Cancel:
    """Handed to a query when it starts; whoever waits for the answer may give up on it from any thread."""

    __slots__ = ("_cancelled",)

    def __init__(self) -> None:
        self._cancelled = False

    def cancel(self) -> None:
        """Give up: the query stops within milliseconds and raises `errors.Cancelled`."""
        self._cancelled = True

    @property
    def cancelled(self) -> bool:
        """Whether somebody gave up."""
        return self._cancelled
