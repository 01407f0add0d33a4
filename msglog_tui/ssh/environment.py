"""The little of a client's environment that a session may know."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")
# A terminal's name, or a locale's: nothing that could be a path.

_TAKEN: Final = ("COLORTERM", "LANG", "NO_COLOR")
_KEPT: Final = ("PATH", "HOME", "TZ", "TMPDIR")
# Of the environment of who started the program; nothing else of it is a session's business.

_OF_LIBPQ: Final = "PG"


def of_client(given: Mapping[str, str], terminal: str | None) -> dict[str, str]:
    """What is taken of what a client says.

    Args:
        given: Its variables.
        terminal: Its terminal's name; `None` if it has none.
    """
    environment = {"LANG": "C.UTF-8"}
    if terminal is not None:
        environment["TERM"] = terminal if _NAME.fullmatch(terminal) else "xterm-256color"
    for name in _TAKEN:
        value = given.get(name, "")
        if _NAME.fullmatch(value):
            environment[name] = value
    return environment


def replace(given: dict[str, str], *, ours: bool = False) -> None:
    """Have this environment from now on, and of the present one only where things lie.

    Args:
        ours: Whether no client has had a say in the present one: then it may tell, too, how the server of the
            archive is reached, as PGPASSFILE and PGSSLROOTCERT do.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or (ours and name.startswith(_OF_LIBPQ))
    }
    os.environ.clear()
    os.environ.update(kept | given)
