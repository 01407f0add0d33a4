"""The sample archive as a store, for tests of the screen and of the commands."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from datetime import date
from functools import cache
from pathlib import Path

from msglog_tui.demo import fill
from msglog_tui.store.engine import Store

NEWEST = date(2026, 10, 31)
"""The date of the newest message, and the date on which the tests take place."""

ZONE = "Africa/Johannesburg"


def sample_store(path: Path) -> Store:
    """Make the sample archive, with its users and zones."""
    shutil.copy(_sample(), path)
    return Store(str(path))


@cache
def _sample() -> Path:
    """The archive that all others are copied from: to fill one takes seconds."""
    folder = Path(tempfile.mkdtemp(prefix="msglog-sample-"))
    atexit.register(shutil.rmtree, folder)
    store = Store(str(folder / "archive.db"))
    store.create()
    fill(store, NEWEST)
    store.close()
    return folder / "archive.db"
