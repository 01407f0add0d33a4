"""Keys belong to users, and the audit only grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from msglog_tui.errors import Refusal
from msglog_tui.public_key import PublicKey
from msglog_tui.store import access, keys
from msglog_tui.types import Role

if TYPE_CHECKING:
    from msglog_tui.store.engine import Store

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
