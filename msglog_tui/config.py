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


def data_folder() -> Path:
    """Where what has to be kept lies."""
    return _folder("data")


def profile(name: str) -> Path:
    """Where the profile of an import lies: in the file that is named, else among the user's by its name."""
    if "/" in name or name.endswith(".toml"):
        return Path(name)
    return _folder("config") / "profiles" / f"{name}.toml"


def _folder(kind: str) -> Path:
    import platformdirs

    folders = {
        "cache": platformdirs.user_cache_dir,
        "config": platformdirs.user_config_dir,
        "data": platformdirs.user_data_dir,
    }
    return Path(folders[kind]("msglog"))
