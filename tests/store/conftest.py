"""A store to test on, once in each database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from msglog_tui.store.engine import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import TypeAlias

    from tests.archives import Archives, Databases

    Stores: TypeAlias = Callable[[], AbstractContextManager[Store]]


@pytest.fixture(scope="session")
def pattern(databases: Databases) -> str:
    """The name of a database with an empty archive, to be copied."""
    return databases.pattern("empty")


@pytest.fixture(scope="session")
def stores(archives: Archives) -> Stores:
    """Makes empty archives."""
    return archives.empty


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
