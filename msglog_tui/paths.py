"""Paths as people write them."""

from __future__ import annotations

from pathlib import Path

from msglog_tui.errors import Refusal


def path_of(written: str) -> Path:
    """A path, with the home of whom a tilde at its beginning names.

    Raises:
        Refusal: Nobody of that name has one.
    """
    try:
        return Path(written).expanduser()
    except RuntimeError:
        name = written.partition("/")[0]
        raise Refusal(f"There is no home directory {name!r} on this machine. Write the whole path.") from None
