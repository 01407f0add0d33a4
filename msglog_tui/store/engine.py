"""Opening a store, and the two ways to talk to it: `reading` (interruptible, read-only) and `writing`.

A store is named by a URL or by the path of its file.  SQLite is the embedded default; what is its own lies in
`sqlite`, what is PostgreSQL's in `postgresql`.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from msglog_tui.errors import StoreError
from msglog_tui.store.sqlite.database import SQLiteFile
from msglog_tui.text import clean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy import Connection

    from msglog_tui.cancel import Cancel
    from msglog_tui.store.database import Database
    from msglog_tui.store.sharding import Spread
    from msglog_tui.types import Scope

DEADLINE = 20.0
"""Seconds that a query of the screen may take before it is stopped."""


class Store:
    """An archive of messages and transactions.

    Opening is cheap: nothing is connected before the first query.

    Args:
        location: A path, or a URL such as `sqlite:////var/lib/msglog/archive.db`.
        known_as: What the archive is called beside its place: the name of a shard.

    Raises:
        StoreError: The URL cannot be understood, or names a database that msglog does not speak.
    """

    def __init__(self, location: str, known_as: str = "") -> None:
        self._database = _database_of(location, known_as)
        self._spread: Spread | None = None
        self._finding_shards = Lock()

    @property
    def location(self) -> str:
        """What names this archive from any directory; it may hold a password."""
        return self._database.location

    @property
    def name(self) -> str:
        """What to call this archive in a sentence."""
        return self._database.name

    @property
    def file(self) -> Path | None:
        """The file in which the archive lies; `None` where it lies on a server."""
        return self._database.file

    @property
    def path(self) -> Path:
        """The file in which the archive lies.

        Raises:
            StoreError: It lies on a server.
        """
        if self.file is None:
            raise StoreError(f"The store {self.name} is no file.")
        return self.file

    @property
    def writable(self) -> bool:
        """Whether this process may write the archive: that makes it the archive's operator."""
        return self._database.writable

    def there(self) -> bool:
        """Whether there is something in the archive's place already."""
        return self._database.there()

    def create(self) -> None:
        """Make the archive if there is none yet and nobody else need be asked: a file, not one on a server.

        Raises:
            StoreError: It cannot be made, or something else is there already.
        """
        self._database.create()

    def init(self) -> None:
        """Make the archive if there is none yet, on a server too; bring one of an older schema up to date.

        Raises:
            StoreError: It cannot be made or brought up to date, or something else is there already.
        """
        self._database.init()

    def reading(
        self,
        cancel: Cancel | None = None,
        seconds: float | None = DEADLINE,
        scope: Scope | None = None,
    ) -> AbstractContextManager[Connection]:
        """A connection with one consistent view of the archive, for one answer.

        Args:
            cancel: Stops the query from another thread.
            seconds: How long it may take; `None` for as long as it wants (exports).
            scope: What the connection is held to by the database itself, where it can; `None` for whatever
                this process may read, which is for whoever owns the archive.

        Raises:
            Cancelled: `cancel` was called.
            DeadlineExceeded: It took longer than `seconds`.
            StoreError: There is no such archive, or it cannot be read.
        """
        return self._database.reading(cancel, seconds, scope)

    def writing(self) -> AbstractContextManager[Connection]:
        """One transaction: all of it is stored, or nothing.  Only one at a time is under way.

        Raises:
            StoreError: Somebody else is writing, or the disk is full or cannot be written.
        """
        return self._database.writing()

    def near(self, enterprise_id: int) -> Store:
        """The store in which the messages of an enterprise lie: this one, unless it is the front of shards.

        There the enterprise and its customers have the same numbers.  It has no users.
        """
        return self if self.file is not None else self._spreading().near(enterprise_id)

    @property
    def parts(self) -> Sequence[Store]:
        """The stores in which the messages lie: this one, or the shards behind it."""
        return [self] if self.file is not None else self._spreading().parts

    @property
    def is_spread(self) -> bool:
        """Whether this is the front of shards."""
        return self.file is None and any(part is not self for part in self.parts)

    def _forget_shards(self) -> None:
        if self._spread is not None:
            self._spread.close()
            self._spread = None

    def _spreading(self) -> Spread:
        with self._finding_shards:
            if self._spread is None:
                from msglog_tui.store.sharding import Spread

                self._spread = Spread(self)
            return self._spread

    def integrity(self) -> list[str]:
        """What is damaged in the archive itself, as the database finds it; nothing when it is sound."""
        return self._database.integrity()

    def close(self) -> None:
        """Let go of every connection."""
        self._database.close()
        self._forget_shards()

    def move(self, location: str) -> None:
        """Be the archive of another place from now on, with the statements that are compiled already.

        Every connection to the old place is let go of.
        """
        self._forget_shards()
        other = _database_of(location)
        if type(other) is type(self._database):
            self._database.move(location)
        else:
            self._database.close()
            self._database = other


def _database_of(location: str, known_as: str = "") -> Database:
    scheme, mark, _ = location.partition("://")
    if not mark or scheme.partition("+")[0] == "sqlite":
        return SQLiteFile(location)
    if scheme in {"postgresql", "postgres", "postgresql+psycopg"}:
        try:
            from msglog_tui.store.postgresql.database import PostgreSQLServer
        except ModuleNotFoundError as error:
            if error.name != "psycopg":
                raise
            raise StoreError(
                "PostgreSQL needs psycopg. Install it with: pip install 'msglog_tui[postgresql]'"
            ) from None
        return PostgreSQLServer(location, known_as)
    raise StoreError(
        f"The store {clean(location)} cannot be understood. "
        "Give a path, or a URL such as sqlite:///archive.db or postgresql://host/database."
    )
