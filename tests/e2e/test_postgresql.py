"""The commands on an archive that lies on a server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from msglog_tui.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

HEADER = "enterprise,customer,message_id,subject,channel,send_amount,failed_amount,send_date\n"


def test_an_archive_on_a_server_is_made_filled_asked_and_checked(
    database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MSGLOG_STORE", database)
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "messages.csv"
    file.write_text(f"{HEADER}Acme,Retail,m1,Straße,email,12,1,2026-10-03T09:12:00Z\n")
    assert main(["import", str(file)]) == 1
    assert "`msglog init` makes one there" in capsys.readouterr().err
    assert main(["upgrade"]) == 1
    assert "There is no archive" in capsys.readouterr().err
    assert main(["init"]) == 0
    assert "is an archive now" in capsys.readouterr().err
    assert main(["import", str(file)]) == 0
    assert "1 added" in capsys.readouterr().err
    assert main(["init"]) == main(["upgrade"]) == 0
    assert main(["totals", "--start", "2026-10-01", "--end", "2026-10-31", "--json"]) == 0
    (line,) = json.loads(capsys.readouterr().out)
    assert line["enterprise"] == "Acme"
    assert line["email"]["sent"] == 12
    assert (
        main(["user", "add", "thandi", "--role", "customer", "--enterprise", "Acme", "--customer", "Retail"])
        == 0
    )
    assert main(["--as", "thandi", "messages", "--start", "2026-10-01", "--csv"]) == 0
    assert "Straße" in capsys.readouterr().out
    assert main(["check"]) == 0
    assert main(["repair"]) == 0


def test_a_server_that_is_not_there_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--store", "postgresql://x:secret@127.0.0.1:1/base", "totals"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("msglog: The store postgresql://127.0.0.1:1/base cannot be read")
    assert "secret" not in said
    assert main(["--store", "postgresql://%", "totals"]) == 1
    assert "cannot be understood" in capsys.readouterr().err
