"""A store to test on, once in each database."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

import pytest

from msglog_tui.store.engine import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import TypeAlias

    from tests.postgresql import Server

    Stores: TypeAlias = Callable[[], AbstractContextManager[Store]]

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
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stores:
    """Makes empty archives."""

    @contextmanager
    def in_a_file() -> Iterator[Store]:
        made = Store(str(tmp_path_factory.mktemp("store") / "archive.db"))
        made.create()
        yield made
        made.close()

    @contextmanager
    def on_a_server() -> Iterator[Store]:
        name = f"store_{next(_numbers)}"
        made = Store(server.create(name, template))
        yield made
        made.close()
        server.drop(name)

    if request.param == "sqlite":
        return in_a_file
    server: Server = request.getfixturevalue("postgresql")
    template: str = request.getfixturevalue("pattern")
    return on_a_server


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """An empty archive in a file."""
    made = Store(str(tmp_path / "archive.db"))
    made.create()
    yield made
    made.close()


@pytest.fixture
def store(stores: Stores) -> Iterator[Store]:
    """An empty archive."""
    with stores() as made:
        yield made
