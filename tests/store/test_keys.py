"""Keys belong to users, and the audit only grows."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import DBAPIError

from msglog_tui.errors import Refusal, StoreError
from msglog_tui.public_key import PublicKey
from msglog_tui.ssh.journal import Journal
from msglog_tui.store import access, audit, keys
from msglog_tui.store.engine import Store
from msglog_tui.types import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

FIRST = PublicKey("ssh-ed25519", b"first", "at work")
SECOND = PublicKey("ssh-ed25519", b"second")


@pytest.fixture
def people(store: Store) -> Store:
    with store.writing() as connection:
        for login in ("thandi", "vusi"):
            access.add_user(
                connection,
                login=login,
                name="",
                role=Role.OPERATOR,
                enterprise=None,
                customer=None,
                time_zone="",
            )
    return store


def test_a_key_names_its_user(people: Store) -> None:
    with people.writing() as connection:
        keys.add(connection, "thandi", FIRST, 5)
        keys.add(connection, "vusi", SECOND, 6)
    with people.reading() as connection:
        assert keys.owner_of(connection, b"first") == "thandi"
        assert keys.owner_of(connection, b"second") == "vusi"
        assert keys.owner_of(connection, b"firs") is None
        (mine,) = keys.listed(connection, "thandi")
        assert (mine.login, mine.fingerprint, mine.comment, mine.added_at) == (
            "thandi",
            FIRST.fingerprint,
            "at work",
            5,
        )
        assert [key.login for key in keys.listed(connection, None)] == ["thandi", "vusi"]


@pytest.mark.parametrize("login", ["thandi", "vusi"])
def test_a_key_belongs_to_one_user(people: Store, login: str) -> None:
    with people.writing() as connection:
        keys.add(connection, "thandi", FIRST, 5)
    with pytest.raises(Refusal, match="a key of thandi already"), people.writing() as connection:
        keys.add(connection, login, FIRST, 6)


def test_a_removed_key_is_nobodys(people: Store) -> None:
    with people.writing() as connection:
        keys.add(connection, "thandi", FIRST, 5)
    with pytest.raises(Refusal, match="vusi has no key"), people.writing() as connection:
        keys.remove(connection, "vusi", FIRST.fingerprint)
    with people.writing() as connection:
        keys.remove(connection, "thandi", FIRST.fingerprint)
    with people.reading() as connection:
        assert keys.owner_of(connection, b"first") is None


def test_keys_go_with_their_user(people: Store) -> None:
    with people.writing() as connection:
        keys.add(connection, "thandi", FIRST, 5)
        access.remove_user(connection, "thandi")
    with people.reading() as connection:
        assert keys.owner_of(connection, b"first") is None
        assert keys.listed(connection, None) == []


def test_nobody_has_no_keys(people: Store) -> None:
    for wrong in (keys.add, keys.listed, keys.remove):
        rest = {keys.add: (FIRST, 5), keys.listed: (), keys.remove: ("SHA256:x",)}[wrong]
        with pytest.raises(Refusal, match="There is no user eve"), people.writing() as connection:
            wrong(connection, "eve", *rest)


def test_the_audit_only_grows(people: Store) -> None:
    entries = [audit.Entry(at, "eve\x1b", "", "log-in refused", "why", "::1", "") for at in (5, 6, 7)]
    with people.writing() as connection:
        audit.record(connection, entries)
    for sentence in ("DELETE FROM audit", "UPDATE audit SET login = 'me'"):
        with pytest.raises(DBAPIError, match="can only grow"), people.writing() as connection:
            connection.exec_driver_sql(sentence)
    with people.reading() as connection:
        assert [(entry.at, entry.login) for entry in audit.lines(connection, 5, 7)] == [
            (5, "eve␛"),
            (6, "eve␛"),
        ]


def test_an_import_makes_the_journal_wait_and_lose_nothing(
    people: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("msglog_tui.ssh.journal._AGAIN", 0.01)
    tried = threading.Event()
    writing = Store.writing

    @contextmanager
    def busy(store: Store) -> Iterator[Connection]:
        if not tried.is_set():
            tried.set()
            raise StoreError("somebody else is writing it")
        with writing(store) as connection:
            yield connection

    monkeypatch.setattr(Store, "writing", busy)
    journal = Journal(Store(people.location))
    journal.start()
    for at in range(100):
        journal.note(audit.Entry(at, "thandi", "", "", "", "", ""))
    assert tried.wait(60)
    journal.stop()
    with people.reading() as connection:
        assert [entry.at for entry in audit.lines(connection, 0, 1000)] == list(range(100))
