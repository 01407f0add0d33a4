"""One server for the tests that only visit it, and commands typed without a new process."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from msglog_tui.cli import main
from msglog_tui.store.engine import Store
from tests.archives import Databases
from tests.e2e.serving import Serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.archives import Archives

    Run = Callable[..., tuple[int, str, str]]

LOGINS = ("thandi", "lerato", "vusi.adams")
"""An operator, an administrator and a customer's user of the sample."""


@pytest.fixture(scope="session")
def serving(archives: Archives, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server of the sample archive, into which `LOGINS` may come."""
    if shutil.which("ssh") is None:
        pytest.skip("there is no ssh client on this machine")
    limits = ("--look", "0.3", "--max-logins", "1000", "--max-per-user", "3")
    with (
        archives.sample() as store,
        Serving(store, tmp_path_factory.mktemp("serving"), *limits) as running,
    ):
        for login in LOGINS:
            running.admit(login)
        yield running
        assert "Traceback" not in running.said


@pytest.fixture(scope="session")
def sample(archives: Archives) -> Iterator[Store]:
    """The sample archive, to which nobody writes."""
    with archives.sample() as store:
        yield store


@pytest.fixture
def copied(archives: Archives) -> Iterator[Store]:
    """A sample archive of one's own."""
    with archives.sample() as store:
        yield store


@pytest.fixture
def own(archives: Archives) -> Iterator[Store]:
    """An archive with nothing in it: on a server it is there, a file is made by whoever imports."""
    with archives.empty() if isinstance(archives, Databases) else archives.nowhere() as store:
        yield store


@pytest.fixture
def run(
    own: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Type a command; the store is one's own unless --store names another."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MSGLOG_STORE", own.location)
    monkeypatch.setenv("MSGLOG_TIME_ZONE", "UTC")

    def typed(*words: str | Path | Store) -> tuple[int, str, str]:
        try:
            status = main([word.location if isinstance(word, Store) else str(word) for word in words])
        except SystemExit as end:  # argparse's way to say that it cannot understand
            status = int(end.code or 0)
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return status, out, err

    return typed
