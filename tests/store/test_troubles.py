"""What is said of a server that does not do what it was asked, and whether it is asked again."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from msglog_tui.store.postgresql.troubles import trouble

FAILED = 'connection failed: connection to server at "db.example.com" (192.0.2.1), port 5432 failed: '


@pytest.mark.parametrize(
    ("said", "first", "advice", "passes"),
    [
        (f"{FAILED}Connection refused\n\tIs the server running?", "Connection refused;", "see whether", True),
        (f"{FAILED}FATAL:  the database system is starting up", "the database", "try again", True),
        (f"{FAILED}FATAL:  the database system is in recovery mode", "the database", "try again", True),
        (f"{FAILED}FATAL:  the database system is not yet accepting connections", "the", "try again", True),
        (f"{FAILED}FATAL:  sorry, too many clients already", "sorry, too many", "try again", True),
        (f"{FAILED}FATAL:  remaining connection slots are reserved", "remaining", "try again", True),
        (f"{FAILED}server closed the connection unexpectedly", "server closed", "try again", True),
        ("connection timeout expired", "connection timeout", "see whether", True),
        (f"{FAILED}session is read-only", "session is", "name the primary", True),
        (f'{FAILED}FATAL:  password authentication failed for user "x"', "password", "~/.pgpass", False),
        (f"{FAILED}fe_sendauth: no password supplied", "fe_sendauth", "~/.pgpass", False),
        (f'{FAILED}FATAL:  role "x" does not exist', 'role "x"', "another user", False),
        (f'{FAILED}FATAL:  database "x" does not exist', 'database "x"', "createdb", False),
        (f'{FAILED}FATAL:  no pg_hba.conf entry for host "1.2.3.4"', "no pg_hba.conf", "let you in", False),
        (f"{FAILED}SSL error: certificate verify failed", "SSL error", "sslrootcert", False),
        (f"{FAILED}FATAL:  der Server mag nicht", "der Server mag nicht", "", False),
        ("", "OperationalError", "", False),
    ],
)
def test_at_the_door(said: str, first: str, advice: str, passes: bool) -> None:
    found = trouble(psycopg.OperationalError(said), lost=False)
    assert found is not None
    assert found.words.startswith(first)
    assert advice in found.words
    assert (";" in found.words) is bool(advice)
    assert found.passes is passes
    assert "\n" not in found.words


def test_in_the_middle() -> None:
    lost = trouble(psycopg.OperationalError("server closed the connection unexpectedly\n\tmaybe"), lost=True)
    assert lost == ("server closed the connection unexpectedly; try again in a moment", True)
    busy = trouble(errors.LockNotAvailable("canceling statement due to lock timeout"), lost=False)
    assert busy == ("somebody else is writing it; try again when they are done", False)
    full = trouble(errors.DiskFull("could not extend file\nHINT:  Check free disk space."), lost=False)
    assert full == ("could not extend file; make room on the server", False)
    assert trouble(errors.UndefinedTable("no such table"), lost=False) is None
