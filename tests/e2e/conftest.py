"""One server for the tests that only visit it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.archives import sample_store
from tests.e2e.serving import Serving

if TYPE_CHECKING:
    from collections.abc import Iterator

LOGINS = ("thandi", "lerato", "vusi.adams")
"""An operator, an administrator and a customer's user of the sample."""


@pytest.fixture(scope="session")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server of the sample archive, into which `LOGINS` may come."""
    if shutil.which("ssh") is None:
        pytest.skip("there is no ssh client on this machine")
    folder = tmp_path_factory.mktemp("serving")
    store = sample_store(folder / "archive.db")
    with Serving(store, folder, "--look", "0.3", "--max-logins", "1000", "--max-per-user", "3") as running:
        for login in LOGINS:
            running.admit(login)
        yield running
        assert "Traceback" not in running.said
