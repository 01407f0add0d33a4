"""A store to test on, once in each database."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest

from msglog_tui.store.engine import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.postgresql import Server

_PATTERN = "pattern"
_numbers = count(1)


@pytest.fixture(scope="session")
def pattern(postgresql: Server) -> str:
    """The name of a database with an empty archive, to be copied."""
    made = Store(postgresql.create(_PATTERN))
    made.init()
    made.close()
    return _PATTERN


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def new_store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Store]]:
    """Makes empty archives, which go with the tests."""
    made: list[Store] = []

    def new() -> Store:
        number = next(_numbers)
        if request.param == "sqlite":
            store = Store(str(tmp_path_factory.mktemp("store") / "archive.db"))
            store.create()
        else:
            server: Server = request.getfixturevalue("postgresql")
            store = Store(server.create(f"store_{number}", request.getfixturevalue("pattern")))
        made.append(store)
        return store

    yield new
    for store in made:
        store.close()


@pytest.fixture
def store(new_store: Callable[[], Store]) -> Store:
    """An empty archive."""
    return new_store()
