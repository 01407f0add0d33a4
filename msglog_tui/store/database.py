"""What a store needs of the database in which its archive lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy import Connection

    from msglog_tui.cancel import Cancel
    from msglog_tui.types import Scope


class Database(Protocol):
    """A database; `engine.Store` says what its methods do and raise."""

    @property
    def location(self) -> str:
        """What names it from any directory; may hold a password."""

    @property
    def name(self) -> str:
        """What it is called in messages; safe to show."""

    @property
    def file(self) -> Path | None:
        """The file in which it lies, `None` for a server."""

    @property
    def writable(self) -> bool:
        """Whether this process may write it."""

    def there(self) -> bool:
        """Whether there is something in its place already."""

    def create(self) -> None:
        """Make the archive if there is none yet."""

    def init(self) -> None:
        """Make the archive, or bring it up to date."""

    def reading(
        self, cancel: Cancel | None, seconds: float | None, scope: Scope | None
    ) -> AbstractContextManager[Connection]:
        """A connection with one consistent view."""

    def writing(self) -> AbstractContextManager[Connection]:
        """One transaction."""

    def integrity(self) -> list[str]:
        """What is damaged, as the database itself finds it."""

    def close(self) -> None:
        """Let go of every connection."""

    def move(self, location: str) -> None:
        """Let go of every connection, and be another one of its kind."""
