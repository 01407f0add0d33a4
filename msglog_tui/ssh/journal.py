"""Writing the audit without keeping anybody waiting."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING, Final

from msglog_tui.errors import StoreError
from msglog_tui.store import audit

if TYPE_CHECKING:
    from msglog_tui.store.audit import Entry
    from msglog_tui.store.engine import Store

_AGAIN: Final = 1.0
# Seconds before a write that failed is tried again.

_log = logging.getLogger(__name__)


class Journal:
    """A thread that writes what it is told; while an import has the store, lines wait.

    Args:
        store: The archive.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: deque[Entry] = deque()
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def note(self, entry: Entry) -> None:
        """Have a line written."""
        self._waiting.append(entry)
        self._woken.set()

    def stop(self) -> None:
        """Write what there is, and end."""
        self._stopping.set()
        self._woken.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._woken.wait()
            self._woken.clear()
            while self._waiting and not self._write():
                if self._stopping.wait(_AGAIN):
                    break
        if self._waiting and not self._write():
            for entry in self._waiting:
                _log.error("This could not be added to the audit: %s", entry)
        self._store.close()

    def _write(self) -> bool:
        entries = list(self._waiting)
        try:
            with self._store.writing() as connection:
                audit.record(connection, entries)
        except StoreError as error:
            _log.error("The audit has to wait: %s", error)
            return False
        for _ in entries:
            self._waiting.popleft()
        return True
