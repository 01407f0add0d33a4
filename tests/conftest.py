"""PostgreSQL for whichever test asks for it, started when the first does."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest

from tests.postgresql import Server, Servers

if TYPE_CHECKING:
    from collections.abc import Iterator

_numbers = count(1)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Starts PostgreSQL servers, which stop with the tests."""
    with Servers() as started:
        yield started


@pytest.fixture(scope="session")
def postgresql(servers: Servers) -> Server:
    """A PostgreSQL server."""
    return servers.start("main")


@pytest.fixture
def database(postgresql: Server) -> Iterator[str]:
    """The URL of an empty database, which goes with the test."""
    name = f"test_{next(_numbers)}"
    yield postgresql.create(name)
    postgresql.drop(name)
