"""Threads in which the archive is asked."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

_PATIENCE: Final = 0.5
"""Seconds that whoever leaves waits for answers."""


class Threads(ThreadPoolExecutor):
    """Threads that hold nobody up who wants to leave: one may be waiting for a server that is gone."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002
        """Take no more questions, and wait for answers, but not for long."""
        super().shutdown(wait=False, cancel_futures=cancel_futures)
        until = time.monotonic() + _PATIENCE
        for thread in self._threads if wait else ():
            thread.join(max(0.0, until - time.monotonic()))

    @property
    def held_up(self) -> bool:
        """Whether somebody still waits for an answer."""
        return any(thread.is_alive() for thread in self._threads)
