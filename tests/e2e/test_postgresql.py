"""The commands on an archive that lies on a server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from msglog_tui.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archives import Databases
    from tests.postgresql import Server

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


@pytest.mark.parametrize(
    ("location", "sentence"),
    [
        (
            "postgresql://x:secret@127.0.0.1:1/base",
            "127.0.0.1:1/base cannot be read: Connection",
        ),
        ("postgresql://x:secret@127.0.0.1:1,127.0.0.1:2/base", "127.0.0.1:1,127.0.0.1:2/base cannot be read"),
        ("postgresql://x:secret@/base?host=/nowhere", "see whether the server runs there"),
        ("postgresql://x:secret@/?service=nothing", "check service="),
        ("postgresql://%", "cannot be understood"),
    ],
)
def test_a_server_that_is_not_there_is_a_sentence(
    capsys: pytest.CaptureFixture[str], location: str, sentence: str
) -> None:
    refused(capsys, location, sentence)


def refused(capsys: pytest.CaptureFixture[str], location: str, sentence: str, *words: str) -> None:
    """See a command be refused in one line, in which no password is."""
    assert main(["--store", location, *(words or ("totals",))]) == 1
    out, said = capsys.readouterr()
    assert out == ""
    assert said.startswith("msglog: The ")
    assert said.count("\n") == 1
    assert sentence in said
    assert "secret" not in said


def test_who_and_what_the_server_does_not_know_is_a_sentence(
    postgresql: Server, databases: Databases, capsys: pytest.CaptureFixture[str]
) -> None:
    postgresql.execute("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
    postgresql.execute("CREATE ROLE passer_by LOGIN")
    try:
        with databases.empty() as store:
            base = databases.name_of(store)
            refused(capsys, postgresql.url("nowhere"), "make it with createdb and `msglog init`")
            refused(capsys, postgresql.url(base, "nobody_knows"), "name another user in the URL")
            refused(capsys, postgresql.url(base, "crowded"), "too many connections")
            refused(
                capsys, postgresql.url(base, "passer_by"), "ask whoever runs the server for the role you need"
            )
            reading = "&options=-cdefault_transaction_read_only%3Don"
            adding = ("user", "add", "thandi", "--role", "operator")
            refused(capsys, store.location + reading, "name the primary in the URL", *adding)
            for version, advice in (("0001", "`msglog upgrade` brings"), ("9999", "Install a newer msglog")):
                postgresql.execute(f"UPDATE alembic_version SET version_num = '{version}'", base)
                refused(capsys, store.location, advice)
    finally:
        postgresql.execute("DROP ROLE crowded")
        postgresql.execute("DROP ROLE passer_by")
