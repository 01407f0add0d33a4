"""What to say when a server does not do what it was asked, and whether asking again may help.

Once a session has begun, the server says what is wrong by a code.  Before, there are only words: those that
libpq and the server have in English are looked for, and whatever they say is passed on.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import psycopg
from psycopg import errors

from msglog_tui.errors import Refusal
from msglog_tui.text import clean


class Trouble(NamedTuple):
    """What went wrong.

    Attributes:
        words: What it was, and what to do, without a full stop.
        passes: Whether it may be over by itself in a moment.
    """

    words: str
    passes: bool = False


_PREAMBLE: Final = re.compile(
    r"(connection (failed|is bad): )?"
    r"(connection to server (at|on socket) \"[^\"]*\"( \([^)]*\))?(, port \d+)? failed: )?"
    r"((FATAL|ERROR|PANIC): +)?"
)

_AGAIN: Final = "try again in a moment"

_BY_CODE: Final = {
    errors.LockNotAvailable: "somebody else is writing it; try again when they are done",
    errors.InsufficientPrivilege: "{}; ask whoever runs the server for the role you need",
    errors.ReadOnlySqlTransaction: "it is open for reading only",
    errors.DiskFull: "{}; make room on the server",
}
# What to do, after what the server says.

_AT_THE_DOOR: Final = (
    # What the words hold, what to do, whether it passes.
    (("is starting up", "not yet accepting", "in recovery mode", "is shutting down"), _AGAIN, True),
    (("too many clients", "too many connections", "remaining connection slots"), _AGAIN, True),
    (("Connection refused", "No such file or directory"), "see whether the server runs there", True),
    (("timeout expired", "unreachable", "No route to host"), "see whether the server runs there", True),
    (("closed the connection", "reset by peer", "Broken pipe", "EOF detected"), _AGAIN, True),
    (("translate host name", "resolve host", "Name or service"), "check the host in the URL", True),
    (
        ("password authentication failed", "no password supplied"),
        "check the user in the URL, and the password in ~/.pgpass or PGPASSWORD",
        False,
    ),
    (("pg_hba.conf",), "ask whoever runs the server to let you in from here", False),
    (("session is read-only",), "only a replica is up: name the primary in the URL", True),
    (("not in hot standby",), "target_session_attrs in the URL asks for a replica", True),
    (
        ("certificate", "SSL", "TLS", "ssl"),
        "check sslmode, sslrootcert, sslcert and the host in the URL",
        False,
    ),
    (("service",), "check service= in the URL and the service file", False),
    (("role ",), "name another user in the URL, or ask whoever runs the server for the role", False),
    (("database ",), "check the URL, or make it with createdb and `msglog init`", False),
)


def trouble(error: BaseException | None, *, lost: bool) -> Trouble | None:
    """What to say of an error; `None` for one that is a bug of ours.

    Args:
        error: What the driver has raised.
        lost: Whether the connection was lost by it.
    """
    if isinstance(error, Refusal):
        return Trouble(str(error))
    for kind, words in _BY_CODE.items():
        if isinstance(error, kind):
            return Trouble(words.format(_said(error)))
    if not isinstance(error, psycopg.OperationalError):
        return None
    if lost or error.sqlstate is not None:
        return Trouble(f"{_said(error)}; {_AGAIN}", passes=True)
    return _at_the_door(error)


def _at_the_door(error: psycopg.OperationalError) -> Trouble:
    said = _said(error)
    for words, advice, passes in _AT_THE_DOOR:
        if any(word in said for word in words):
            return Trouble(f"{said}; {advice}", passes)
    return Trouble(said)


def _said(error: BaseException) -> str:
    """The first line of what the server says, or libpq for it, without what says only that it failed."""
    line = (str(error).strip() or type(error).__name__).splitlines()[0]
    return clean(_PREAMBLE.sub("", line, count=1)).rstrip(".")
