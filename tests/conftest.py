"""Archives, and PostgreSQL for whichever test asks for it, started when the first does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.archives import Archives, Databases, Files
from tests.postgresql import Server, Servers

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Starts PostgreSQL servers, which stop with the tests."""
    with Servers() as started:
        yield started


@pytest.fixture(scope="session")
def postgresql(servers: Servers) -> Server:
    """A PostgreSQL server."""
    return servers.start("main")


@pytest.fixture(scope="session")
def databases(postgresql: Server) -> Databases:
    """Makes archives on that server."""
    return Databases(postgresql)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def archives(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Archives:
    """Makes archives, once in files and once on a server."""
    if request.param == "sqlite":
        return Files(tmp_path_factory.mktemp("archives"))
    found: Databases = request.getfixturevalue("databases")
    return found


@pytest.fixture
def database(databases: Databases) -> Iterator[str]:
    """The URL of an empty database, which goes with the test."""
    with databases.nowhere() as store:
        yield store.location
