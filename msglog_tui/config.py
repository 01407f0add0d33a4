"""Settings from the environment, and where things lie by default."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

STORE: Final = "MSGLOG_STORE"
"""Names the archive: a path or a URL."""

TIME_ZONE: Final = "MSGLOG_TIME_ZONE"
"""Names the zone in which dates are read."""

WIRE: Final = "MSGLOG_WIRE"
"""`plain` leaves what is sent to the terminal to Textual: whole strips, and the mouse's every motion."""

SETTINGS: Final = (STORE, TIME_ZONE, WIRE)
"""Every variable of the environment that msglog itself looks at."""


def store_location(given: str | None) -> str:
    """The archive to use: the one given, else the environment's, else the one in the user's data."""
    return given or os.environ.get(STORE) or str(_folder("data") / "archive.db")


def time_zone(given: str | None) -> str | None:
    """The zone asked for, if any: the one given, else the environment's."""
    return given or os.environ.get(TIME_ZONE) or None


def cache_folder() -> Path:
    """Where what can be made again lies."""
    return _folder("cache")


def _folder(kind: str) -> Path:
    import platformdirs

    return Path(
        platformdirs.user_cache_dir("msglog") if kind == "cache" else platformdirs.user_data_dir("msglog")
    )
