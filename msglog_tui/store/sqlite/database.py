"""An archive in a file of SQLite."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.pool import QueuePool

from msglog_tui.errors import Cancelled, DeadlineExceeded, Refusal, StoreError
from msglog_tui.paths import path_of
from msglog_tui.store import models
from msglog_tui.store.sqlite import domain_index, migrate, text_index
from msglog_tui.text import clean, fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from msglog_tui.cancel import Cancel
    from msglog_tui.types import Scope

_CHECK_EVERY = 5_000
# Instructions of SQLite's virtual machine between two looks at the clock: well under a millisecond of work.

_READER_PRAGMAS = (
    "PRAGMA cache_size=-32768; PRAGMA mmap_size=1073741824; PRAGMA temp_store=memory; PRAGMA query_only=1"
)
_WRITER_PRAGMAS = (
    "PRAGMA journal_mode=wal; PRAGMA synchronous=normal; PRAGMA cache_size=-262144; "
    "PRAGMA temp_store=memory; PRAGMA wal_autocheckpoint=4000; PRAGMA foreign_keys=1"
)


class SQLiteFile:
    """A file of SQLite, as `database.Database` has it.

    Args:
        location: A path or a URL.

    Raises:
        StoreError: The URL cannot be understood.
    """

    def __init__(self, location: str) -> None:
        self._path = _path_of(location)
        self._required = False
        self._readers: Engine | None = None
        self._writer: Engine | None = None

    @property
    def location(self) -> str:
        """The whole path."""
        return str(self._path.absolute())

    @property
    def name(self) -> str:
        """The path as it was given."""
        return str(self._path)

    @property
    def file(self) -> Path:
        """The path as it was given."""
        return self._path

    @property
    def writable(self) -> bool:
        """Whether this process may write the file and what SQLite puts beside it."""
        return os.access(self._path, os.W_OK) and os.access(self._path.parent, os.W_OK)

    def there(self) -> bool:
        """Whether there is a file of that name."""
        return self._path.exists()

    def create(self) -> None:
        """Make the file, and the folder around it."""
        try:
            if self._path.exists() and self._path.stat().st_size:
                self._require()
                return
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._writing_engine().begin() as connection:
                models.metadata.create_all(connection)
                text_index.create(connection)
                domain_index.create(connection)
                connection.exec_driver_sql(f"PRAGMA application_id={models.APPLICATION_ID}")
                connection.exec_driver_sql(f"PRAGMA user_version={models.SCHEMA_VERSION}")
        except (OSError, DBAPIError) as error:
            raise StoreError(f"The store {self._path} cannot be made: {_reason(error)}.") from error

    def init(self) -> None:
        """Make the file, or bring one of an older schema up to date."""
        if self._path.is_file() and self._path.stat().st_size:
            version = self._version()
            if migrate.FIRST <= version < models.SCHEMA_VERSION:
                with self._transaction() as connection:
                    migrate.upgrade(connection, version)
                return
        self.create()

    @contextmanager
    def reading(
        self,
        cancel: Cancel | None,
        seconds: float | None,
        scope: Scope | None,  # noqa: ARG002 - a file knows no roles
    ) -> Iterator[Connection]:
        """A read transaction; its queries look up now and then whether they are still wanted."""
        until = None if seconds is None else time.monotonic() + seconds

        def give_up() -> bool:
            return (cancel is not None and cancel.cancelled) or (
                until is not None and time.monotonic() > until
            )

        if not self._required:
            self._require()
            self._required = True
        if self._readers is None:
            self._readers = self._reading_engine()
        try:
            with self._readers.connect() as connection:
                driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
                driver.set_progress_handler(give_up, _CHECK_EVERY)
                try:
                    yield connection
                finally:
                    driver.set_progress_handler(None, 0)
        except OperationalError as error:
            if "interrupted" not in str(error.orig):
                raise StoreError(f"The store {self._path} cannot be read: {_reason(error)}.") from error
            if cancel is not None and cancel.cancelled:
                raise Cancelled from None
            raise DeadlineExceeded(
                f"The answer took longer than {seconds:g} seconds and was stopped. "
                "Choose fewer dates or a longer filter."
            ) from None
        except DBAPIError as error:
            raise StoreError(f"The store {self._path} cannot be read: {_reason(error)}.") from error

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that holds the lock of the file from its start."""
        if self._writer is None:
            self._require()
        with self._transaction() as connection:
            yield connection

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._writing_engine().begin() as connection:
                yield connection
        except OperationalError as error:
            raise StoreError(f"The store {self._path} cannot be written: {_reason(error)}.") from error

    def integrity(self) -> list[str]:
        """What `PRAGMA quick_check` finds."""
        with self.reading(None, None, None) as connection:
            found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA quick_check")]
        return [] if found == ["ok"] else [clean(line) for line in found]

    def close(self) -> None:
        """Let go of every connection."""
        for engine in (self._readers, self._writer):
            if engine is not None:
                engine.dispose()
        self._readers = self._writer = None
        self._required = False

    def move(self, location: str) -> None:
        """Be another file; the engines stay, and with them the statements that are compiled."""
        for engine in (self._readers, self._writer):
            if engine is not None:
                engine.dispose()
        self._path = _path_of(location)
        self._required = False

    def _require(self) -> None:
        """Refuse what is not an archive of this version, before anything is asked of it."""
        try:
            there = self._path.exists()
            directory = self._path.is_dir()
        except OSError as error:  # a directory on the way may not be entered
            raise StoreError(f"The store {self._path} cannot be opened: {_reason(error)}.") from error
        if not there:
            raise StoreError(
                f"There is no store {self._path}. "
                "`msglog import FILE` makes one; `msglog demo` shows a sample."
            )
        if directory:
            raise StoreError(f"The store {self._path} is a directory: name a file.")
        version = self._version()
        if version != models.SCHEMA_VERSION:
            raise self._refused(version)

    def _version(self) -> int:
        """The version of the schema of an archive that is there."""
        try:
            connection = sqlite3.connect(_uri(self._path, "ro"), uri=True)
            try:
                application = connection.execute("PRAGMA application_id").fetchone()[0]
                version: int = connection.execute("PRAGMA user_version").fetchone()[0]
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise StoreError(f"The store {self._path} cannot be opened: {_reason(error)}.") from error
        if application != models.APPLICATION_ID:
            raise StoreError(f"{self._path} is not an archive of msglog. Check --store and MSGLOG_STORE.")
        return version

    def _refused(self, version: int) -> StoreError:
        if version > models.SCHEMA_VERSION:
            age, advice = "newer", "Install a newer msglog."
        elif version >= migrate.FIRST:
            age, advice = "older", "`msglog upgrade` brings it up to date."
        else:
            age, advice = "older", "Import it anew with this version."
        return StoreError(
            f"The store {self._path} has schema {version}, {age} than this msglog's "
            f"{models.SCHEMA_VERSION}. {advice}"
        )

    def _reading_engine(self) -> Engine:
        def connect() -> sqlite3.Connection:
            connection = sqlite3.connect(
                _uri(self._path, "ro"), uri=True, check_same_thread=False, isolation_level=None, timeout=5
            )
            connection.executescript(_READER_PRAGMAS)
            connection.create_function("fold", 1, fold, deterministic=True)
            return connection

        return _engine(connect, "BEGIN")

    def _writing_engine(self) -> Engine:
        def connect() -> sqlite3.Connection:
            connection = sqlite3.connect(
                _uri(self._path, "rwc"), uri=True, check_same_thread=False, isolation_level=None, timeout=30
            )
            connection.executescript(_WRITER_PRAGMAS)
            text_index.prepare(connection)
            return connection

        if self._writer is None:
            self._writer = _engine(connect, "BEGIN IMMEDIATE")
        return self._writer


def _engine(connect: Callable[[], sqlite3.Connection], begin: str) -> Engine:
    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=4, max_overflow=16)

    # The driver would begin a transaction at the first write; a reader needs one view from its first query.
    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _path_of(location: str) -> Path:
    if "://" not in location:
        return path_of(location)
    try:
        url: URL = make_url(location)
    except ArgumentError:
        raise StoreError(
            f"The store {clean(location)} cannot be understood. "
            "Give a path, or a URL such as sqlite:///archive.db."
        ) from None
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        raise StoreError(
            f"This msglog keeps its archive in SQLite files; it does not speak {clean(location)}."
        )
    return path_of(url.database)


def _uri(path: Path, mode: str) -> str:
    return f"file:{quote(str(path.absolute()))}?mode={mode}"


def _reason(error: Exception) -> str:
    if isinstance(error, Refusal):
        return str(error)
    text = str(getattr(error, "orig", None) or getattr(error, "strerror", None) or error)
    if "locked" in text:
        return "somebody else is writing it; try again when they are done"
    if "readonly" in text:
        return "SQLite has to write in its folder, and this account may not"
    return clean(text)
