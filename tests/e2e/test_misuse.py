"""What people get wrong on a command line, and what they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    "command",
    [
        ("user", "list"),
        ("user", "remove", "thandi"),
        ("audit",),
        ("retain", "--before", "2026-01-01"),
        ("import", "m.csv"),
        ("check",),
        ("serve",),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("option", [("--as", "lerato"), ("--attach", "old.db")], ids=lambda option: option[0])
def test_what_only_an_owner_does_is_done_as_nobody_else(
    run: Run, command: tuple[str, ...], option: tuple[str, str]
) -> None:
    for words in ((*option, *command), (*command, *option)):
        status, out, err = run(*words)
        assert (status, out) == (2, "")
        assert f"{option[0]} is for what reads the store" in err


@pytest.mark.parametrize("owner", [(), ("--enterprise", "Acme")], ids=["", "with an owner"])
@pytest.mark.parametrize(
    ("name", "text"), [("a.txt", "Dear all\n\nbest\n"), ("a.jsonl", '{"dear": "all"}\n')]
)
def test_a_letter_is_no_export_whoever_owns_it(
    run: Run, tmp_path: Path, owner: tuple[str, ...], name: str, text: str
) -> None:
    (tmp_path / name).write_text(text)
    status, _, err = run("import", name, *owner)
    assert status == 1
    assert "is no export that msglog knows: its columns are “dear" in err


def test_a_value_that_is_refused_is_quoted_once(run: Run, tmp_path: Path) -> None:
    header = "enterprise,customer,message_id,subject,channel,send_amount,send_date"
    (tmp_path / "m.csv").write_text(f"{header}\nAcme,Retail,1,Sale,email,5,0102-10-03T09:12:00Z\n")
    err = run("import", "m.csv")[2]
    assert "send_date: lies outside the years 1970 to 2100: correct its year (0102-10-03T09:12:00Z)" in err


def test_a_home_that_nobody_has_is_a_sentence(run: Run) -> None:
    status, _, err = run("--store", "~nobody.of.that.name/archive.db", "totals")
    assert status == 1
    assert err.startswith("msglog: There is no home directory '~nobody.of.that.name' on this machine.")
