"""A question that would take for ever, asked over SSH: it is ended, and nobody else notices."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.archives import sample_store
from tests.e2e.serving import Serving
from tests.e2e.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

RIGHT = "\x1b[C"

DEADLINE = 4
"""Seconds that questions get here, rather than the twenty of everybody."""

WITHOUT_END = """
    ALTER TABLE delivery_reason RENAME TO reasons_that_end;
    CREATE VIEW delivery_reason AS
        WITH RECURSIVE number(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM number)
        SELECT id, '' AS code, '' AS template FROM number;
"""


@pytest.fixture
def short_deadline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give questions less time in every process that is started."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        f"import msglog_tui.store.engine\nmsglog_tui.store.engine.DEADLINE = {DEADLINE:.1f}\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(folder))


@pytest.mark.usefixtures("short_deadline")
@pytest.mark.skipif(shutil.which("ssh") is None, reason="there is no ssh client on this machine")
def test_a_question_without_end_is_ended_and_holds_nobody_up(tmp_path: Path) -> None:
    store = sample_store(tmp_path / "archive.db")
    with closing(sqlite3.connect(tmp_path / "archive.db")) as archive:
        archive.executescript(WITHOUT_END)
    with Serving(store, tmp_path) as serving:
        for login in ("thandi", "lerato"):
            serving.admit(login)
        with (
            Terminal(serving.ssh("thandi"), columns=120, rows=30) as runaway,
            Terminal(serving.ssh("lerato"), columns=120, rows=30) as other,
        ):
            for terminal in (runaway, other):
                terminal.wait_for("Total sent,")
                terminal.send("d2026-10\r")
                terminal.wait_for("End 2026-10-31")
            runaway.send("F")
            runaway.wait_for("By domain")
            # Each key is answered meanwhile.
            for keys, sees in (
                ("2", "Shared pool"),
                ("1", "First send"),
                ("/kudu", "1 customer"),
                ("\x1b", "Amadoda"),
            ):
                other.send(keys)
                other.wait_for(sees)
            runaway.wait_for(f"The answer took longer than {DEADLINE} seconds and was stopped.")
            runaway.send("\x1b")
            runaway.wait_for("Total sent,")
            runaway.send(RIGHT)
            runaway.wait_for("▾")
            for terminal in (runaway, other):
                terminal.send("q")
                assert terminal.wait_exit() == 0
        assert "Traceback" not in serving.said
