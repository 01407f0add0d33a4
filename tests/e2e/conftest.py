"""One server for the tests that only visit it, and commands typed without a new process."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from msglog_tui.cli import main
from tests.archives import sample_store
from tests.e2e.serving import Serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

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


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Type a command; the store is an empty place unless --store names one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MSGLOG_STORE", str(tmp_path / "own.db"))
    monkeypatch.setenv("MSGLOG_TIME_ZONE", "UTC")

    def typed(*words: str | Path) -> tuple[int, str, str]:
        try:
            status = main([str(word) for word in words])
        except SystemExit as end:  # argparse's way to say that it cannot understand
            status = int(end.code or 0)
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return status, out, err

    return typed
