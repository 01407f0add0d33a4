"""Who may come in, by the store's word."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msglog_tui.store import access, keys

if TYPE_CHECKING:
    from collections.abc import Iterable

    from msglog_tui.store.engine import Store
    from msglog_tui.types import Identity


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who has proved who they are.

    Attributes:
        login: The user of the store.
        key: The key of the proof, in the encoding of SSH.
        fingerprint: Its fingerprint.
        certified: Whether somebody trusted vouches for them, an authority or an sshd; else the key is in the
            store.
        address: Where they come from.
    """

    login: str
    key: bytes
    fingerprint: str
    certified: bool
    address: str


class Roster:
    """The users and keys of a store, looked up anew every time.

    In a thread: a server that does not answer must not hold up everybody who is here already.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def owns(self, login: str, key: bytes) -> bool:
        """Whether a key is that user's."""
        return await asyncio.to_thread(self._owner_of, key) == login

    async def knows(self, login: str) -> bool:
        """Whether there is such a user."""
        return await asyncio.to_thread(self._is_known, login)

    async def admitted(self, visitors: Iterable[Visitor]) -> dict[Visitor, Identity]:
        """Those who may still be here, each with what they may see."""
        return await asyncio.to_thread(self._admitted, tuple(visitors))

    def _owner_of(self, key: bytes) -> str | None:
        with self._store.reading() as connection:
            return keys.owner_of(connection, key)

    def _is_known(self, login: str) -> bool:
        with self._store.reading() as connection:
            return access.identify(connection, login).user is not None

    def _admitted(self, visitors: Iterable[Visitor]) -> dict[Visitor, Identity]:
        with self._store.reading() as connection:
            return {
                visitor: identity
                for visitor in visitors
                if (identity := access.identify(connection, visitor.login)).user is not None
                and (visitor.certified or keys.owner_of(connection, visitor.key) == visitor.login)
            }
