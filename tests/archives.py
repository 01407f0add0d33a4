"""The sample archive as a store, for tests of the screen and of the commands."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from msglog_tui.demo import fill
from msglog_tui.store.engine import Store

if TYPE_CHECKING:
    from pathlib import Path

NEWEST = date(2026, 10, 31)
"""The date of the newest message, and the date on which the tests take place."""

ZONE = "Africa/Johannesburg"


def sample_store(path: Path) -> Store:
    """Make the sample archive, with its users and zones."""
    store = Store(str(path))
    store.create()
    fill(store, NEWEST)
    store.close()
    return store
