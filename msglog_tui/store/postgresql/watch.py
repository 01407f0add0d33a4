"""Stopping a query on a server: because nobody wants its answer any more, or because it takes too long."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

import psycopg

from msglog_tui.errors import Cancelled, DeadlineExceeded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msglog_tui.cancel import Cancel

_PATIENCE = 5.0
# Seconds that the server may take to be told.

_AGAIN = 0.05
# Seconds after which it is told again: the first time it may have been between two statements.

_GRACE = 2.0
# Seconds that a server has to stop by itself what is over.

_SLACK = 0.5
# Seconds by which the server's own deadline may be late, rather than be set anew before every statement.


class Watch:
    """What may end the queries of one reading.

    Args:
        cancel: Ends them from another thread.
        seconds: How long they may take together; `None` for as long as they want.
    """

    def __init__(self, cancel: Cancel | None, seconds: float | None) -> None:
        self._cancel = cancel
        self._seconds = seconds
        self._until = None if seconds is None else time.monotonic() + seconds
        self._set_at = 0.0
        self._stops_at: float | None = None
        self._telling = Lock()
        self._over = Event()
        self.told = False

    def timeout(self) -> str:
        """The statement that gives the server the deadline."""
        if self._until is None:
            return "SET LOCAL statement_timeout = 0"
        self._set_at = time.monotonic()
        return f"SET LOCAL statement_timeout = {max(round((self._until - self._set_at) * 1000), 1)}"

    def before(self, cursor: psycopg.Cursor[Any]) -> None:
        """Look up before a statement.

        Raises:
            Cancelled: Nobody wants the answer any more.
            DeadlineExceeded: There is no time left.
        """
        if self.cancelled:
            raise self.stopped()
        if self._until is None:
            return
        now = time.monotonic()
        if now > self._until:
            raise self.stopped()
        if now - self._set_at > _SLACK:
            cursor.execute(self.timeout().encode())

    @property
    def cancelled(self) -> bool:
        """Whether nobody wants the answer any more."""
        return self._cancel is not None and self._cancel.cancelled

    def gives_up(self) -> bool:
        """Whether to wait no longer for a server that ought to have stopped by itself."""
        now = time.monotonic()
        if self._stops_at is None:
            if not self.cancelled:
                return self._until is not None and now > self._until + _GRACE
            self._stops_at = now
        return now > self._stops_at + _GRACE

    def stopped(self) -> Exception:
        """Why the server stopped a query."""
        if self.cancelled:
            return Cancelled()
        return DeadlineExceeded(
            f"The answer took longer than {self._seconds:g} seconds and was stopped. "
            "Choose fewer dates or a longer filter."
        )

    @contextmanager
    def over(self, driver: psycopg.Connection[Any]) -> Iterator[None]:
        """Watch over a connection."""
        if self._cancel is None:
            yield
            return

        def tell() -> None:
            Thread(target=self._tell, args=(driver,), daemon=True).start()

        with self._cancel.telling(tell):
            try:
                yield
            finally:
                self._over.set()
                # A word under way arrives before anybody else has the connection.
                if self._telling.acquire(timeout=_GRACE):
                    self._telling.release()

    def _tell(self, driver: psycopg.Connection[Any]) -> None:
        with self._telling:
            while not self._over.is_set():
                self.told = True
                with suppress(psycopg.Error):
                    driver.cancel_safe(timeout=_PATIENCE)
                self._over.wait(_AGAIN)
