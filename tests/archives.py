"""Archives for tests: the sample and empty ones, in files and on a server."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from contextlib import contextmanager
from datetime import date
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from msglog_tui.demo import fill
from msglog_tui.store import copying
from msglog_tui.store.engine import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from tests.postgresql import Server

on_sqlite = pytest.mark.parametrize("archives", ["sqlite"], indirect=True, scope="session")
"""For tests of what an archive on a server does not have, or of what has nothing to do with the archive."""

NEWEST = date(2026, 10, 31)
"""The date of the newest message, and the date on which the tests take place."""

ZONE = "Africa/Johannesburg"


def sample_store(path: Path) -> Store:
    """Make the sample archive, with its users and zones."""
    shutil.copy(_sample(), path)
    return Store(str(path))


@cache
def _sample() -> Path:
    """The archive that all others are copied from: to fill one takes seconds."""
    folder = Path(tempfile.mkdtemp(prefix="msglog-sample-"))
    atexit.register(shutil.rmtree, folder)
    store = Store(str(folder / "archive.db"))
    store.create()
    fill(store, NEWEST)
    store.close()
    return folder / "archive.db"


class Archives(Protocol):
    """Where archives are made, each gone when it is left."""

    def empty(self) -> AbstractContextManager[Store]:
        """Make one with nothing in it."""

    def sample(self) -> AbstractContextManager[Store]:
        """Make one with the sample in it."""

    def nowhere(self) -> AbstractContextManager[Store]:
        """Make room for one: there is none yet."""


class Files:
    """Archives in files.

    Args:
        folder: Where they lie; it goes with the tests.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)

    @contextmanager
    def empty(self) -> Iterator[Store]:
        with self.nowhere() as made:
            made.create()
            yield made

    @contextmanager
    def sample(self) -> Iterator[Store]:
        with self.nowhere() as made:
            shutil.copy(_sample(), made.path)
            yield made

    @contextmanager
    def nowhere(self) -> Iterator[Store]:
        folder = self._folder / str(next(self._numbers))
        folder.mkdir()
        made = Store(str(folder / "archive.db"))
        yield made
        made.close()


class Databases:
    """Archives on a server: each a copy of a database that is made once.

    Args:
        server: Where they lie.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._patterns: set[str] = set()
        self._numbers = count(1)

    @contextmanager
    def empty(self) -> Iterator[Store]:
        with self._copy_of(self.pattern("empty")) as made:
            yield made

    @contextmanager
    def sample(self) -> Iterator[Store]:
        with self._copy_of(self.pattern("sample")) as made:
            yield made

    @contextmanager
    def nowhere(self) -> Iterator[Store]:
        with self._copy_of("template0") as made:
            yield made

    @staticmethod
    def name_of(store: Store) -> str:
        """What the database of an archive is called."""
        return store.name.rpartition("/")[2]

    def pattern(self, name: str) -> str:
        """The database that is copied, `empty` or `sample`: made when the first asks for it."""
        database = f"pattern_{name}"
        if name not in self._patterns:
            store = Store(self._server.create(database))
            store.init()
            if name == "sample":
                _put_sample_into(store)
            store.close()
            self._server.execute("ANALYZE", database)
            self._patterns.add(name)
        return database

    @contextmanager
    def _copy_of(self, template: str) -> Iterator[Store]:
        name = f"archive_{next(self._numbers)}"
        made = Store(self._server.create(name, template))
        yield made
        made.close()
        self._server.drop(name)


def _put_sample_into(store: Store) -> None:
    sample = Store(str(_sample()))
    with copying.viewed(sample) as view:
        copying.copy(view, store, lambda _: None)
    sample.close()
