"""Files of providers, as somebody types their import."""

from __future__ import annotations

import gzip
import itertools
import json
from typing import TYPE_CHECKING

import pytest

from msglog_tui.store.engine import Store
from tests.unit.importing import csv_text
from tests.unit.provider_csv import ACTIVITY, CAMPAIGN, CONSOLE, REPORT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

FIRST = """\
Oct  3 23:50:00 mx1 postfix/cleanup[1]: 3D74ADB7400B: message-id=<1@acme.example>
Oct  3 23:50:00 mx1 postfix/qmgr[2]: 3D74ADB7400B: from=<news@acme.example>, size=1, nrcpt=2 (queue active)
Oct  3 23:50:01 mx1 postfix/smtp[3]: 3D74ADB7400B: to=<thandi@example.com>, \
relay=mx.example.com[192.0.2.1]:25, delay=1.2, delays=0/0/1/0.2, dsn=2.0.0, status=sent (250 2.0.0 Ok)
Oct  3 23:50:01 mx1 postfix/smtp[3]: 3D74ADB7400B: to=<vusi@example.org>, relay=none, \
delay=1.2, delays=0/0/1/0.2, dsn=4.4.1, status=deferred (connect to example.org[192.0.2.2]:25: timed out)
"""
SECOND = """\
Oct  4 00:10:00 mx1 postfix/qmgr[2]: 3D74ADB7400B: from=<news@acme.example>, size=1, nrcpt=2 (queue active)
Oct  4 00:10:01 mx1 postfix/smtp[3]: 3D74ADB7400B: to=<vusi@example.org>, \
relay=mx.example.org[192.0.2.2]:25, delay=1201, delays=1200/0/1/0.2, dsn=5.1.1, status=bounced \
(host mx.example.org[192.0.2.2] said: 550 5.1.1 no such user)
Oct  4 00:10:01 mx1 postfix/qmgr[2]: 3D74ADB7400B: removed
"""
CAMPAIGNS = """\
Campaign ID,Campaign Name,Send Time,Total Recipients
K-1,Autumn,03/10/2026 09:12,123
"""
MAPPED = (
    "--map", "message_id=Campaign ID", "--map", "subject=Campaign Name", "--map", "channel=:email",
    "--map", "send_amount=Total Recipients", "--map", "send_date=Send Time",
    "--date-format", "%d/%m/%Y %H:%M",
)  # fmt: skip


def deliveries(store: Store) -> list[tuple[object, ...]]:
    with store.reading() as connection:
        found = connection.exec_driver_sql(
            "SELECT d.delivery_id, d.recipient, d.status, d.at, d.history <> '', r.code, m.subject, "
            "m.external_id, m.sent, m.failed, m.bounced FROM delivery d "
            "JOIN delivery_reason r ON r.id = d.reason_id "
            "JOIN message m ON m.id = d.message_id ORDER BY 1, 2"
        )
        return [tuple(row) for row in found]


@pytest.mark.parametrize("order", list(itertools.permutations(["mail.log.2.gz", "mail.log.1"])))
def test_rotated_logs_come_to_the_same_in_any_order(
    run: Run, own: Store, tmp_path: Path, order: tuple[str, str]
) -> None:
    (tmp_path / "mail.log.2.gz").write_bytes(gzip.compress(FIRST.encode()))
    (tmp_path / "mail.log.1").write_text(SECOND)
    whole = tmp_path / "whole.log"
    whole.write_text(FIRST + SECOND)
    said = ("--enterprise", "Acme", "--year", "2026")
    assert run("import", *said, *order)[0] == 0
    assert run("import", *said, *reversed(order))[0] == 0
    at_once = Store(str(tmp_path / "whole.db"))
    assert run("--store", at_once, "import", *said, whole)[0] == 0
    found = deliveries(own)
    assert found == deliveries(at_once)
    assert [row[1:3] for row in found] == [("thandi@example.com", 3), ("vusi@example.org", 4)]
    assert {row[-3:] for row in found} == {(2, 0, 1)}
    assert run("check")[0] == 0


@pytest.mark.parametrize(
    ("row", "sent"),
    [(ACTIVITY, ("email", 1)), (CONSOLE, ("sms", 1)), (CAMPAIGN, ("email", 123)), (REPORT, ("email", 123))],
    ids=["sendgrid-activity", "twilio-csv", "mailchimp-campaigns", "mailchimp-report"],
)
def test_a_csv_file_goes_in_once(
    run: Run, own: Store, tmp_path: Path, row: dict[str, str], sent: tuple[str, int]
) -> None:
    (tmp_path / "theirs.csv").write_text(csv_text(row))
    said = ("import", "theirs.csv", "--enterprise", "Acme", "--customer", "Bakery")
    assert "1 would be added" in run(*said, "--dry-run")[2]
    assert own.file is None or not own.file.exists()
    assert "1 added, 0 changed, 0 unchanged, 0 rejected" in run(*said)[2]
    assert "0 added, 0 changed, 1 unchanged, 0 rejected" in run(*said)[2]
    (found,) = json.loads(run("customers", "--start", "2026", "--json")[1])
    channel, amount = sent
    assert (found["customer"], found[channel]["sent"]) == ("Bakery", amount)
    assert run("check")[0] == 0


def test_deliveries_that_were_written_whole_can_be_imported_elsewhere(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_text(FIRST + SECOND)
    (tmp_path / "sms.csv").write_text(csv_text(CONSOLE, CONSOLE | {"Sid": "SM-2", "Status": "failed"}))
    assert run("import", "mail.log", "sms.csv", "--enterprise", "Acme", "--year", "2026")[0] == 0
    window = ("--start", "2026-01-01", "--end", "2026-12-31")
    written = run("deliveries", *window, "--csv", "--reveal")[1]
    (tmp_path / "out.csv").write_text(written, newline="")
    # Where they came from, they are nothing new.
    assert "out.csv: 4 deliveries: 0 added, 0 changed, 4 unchanged, 0 rejected" in run("import", "out.csv")[2]
    assert run("deliveries", *window, "--csv", "--reveal")[1] == written
    other = ("--store", tmp_path / "other.db")
    assert run(*other, "import", "out.csv")[0] == 0
    again = run(*other, "deliveries", *window, "--csv", "--reveal")[1]
    assert sorted(again.splitlines()) == sorted(written.splitlines())
    assert run(*other, "totals", *window, "--json")[1] == run("totals", *window, "--json")[1]
    (tmp_path / "masked.csv").write_text(run("deliveries", *window, "--csv")[1], newline="")
    status, _, err = run(*other, "import", "masked.csv")
    assert status == 1
    assert "--reveal" in err


def test_an_owner_stands_in_for_columns_that_a_file_of_our_own_lacks(run: Run, tmp_path: Path) -> None:
    header = "message_id,subject,channel,send_amount,send_date,customer"
    (tmp_path / "m.csv").write_text(f"{header}\n1,Sale,email,5,2026-10-03T09:12:00Z,Retail\n")
    assert "for messages it lacks enterprise;" in run("import", "m.csv")[2]
    assert run("import", "m.csv", "--enterprise", "Acme")[0] == 0
    (found,) = json.loads(run("customers", "--start", "2026", "--json")[1])
    assert (found["enterprise"], found["customer"]) == ("Acme", "Retail")
    # What a file says itself stands, in a file of JSON Lines too.
    row = {"enterprise": "Globex", "customer": "Mail", "message_id": "2", "subject": "", "channel": "email"}
    (tmp_path / "m.jsonl").write_text(
        json.dumps(row | {"send_amount": 1, "send_date": "2026-10-03T09:12:00Z"})
    )
    assert run("import", "m.jsonl", "--enterprise", "Acme")[0] == 0
    assert {one["enterprise"] for one in json.loads(run("totals", "--start", "2026", "--json")[1])} == {
        "Acme",
        "Globex",
    }


def test_what_was_passed_over_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_text(FIRST)
    _, _, err = run("import", "mail.log", "--enterprise", "Acme", "--year", "2026")
    assert "mail.log: 4 rows of Postfix mail logs: 2 added, 0 changed, 0 unchanged, 0 rejected" in err
    assert "passed over: 2 other lines" in err


def test_owners_come_from_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_text(FIRST)
    (tmp_path / "owners.csv").write_text("key,enterprise,customer\nacme.example,Acme,Retail\n")
    assert run("import", "mail.log", "--owners", "owners.csv", "--year", "2026")[0] == 0
    (found,) = json.loads(run("customers", "--start", "2026", "--json")[1])
    assert (found["enterprise"], found["customer"]) == ("Acme", "Retail")


def test_without_owners_a_providers_file_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_text(FIRST)
    status, _, err = run("import", "mail.log")
    assert status == 1
    assert "--enterprise" in err


def test_a_profile_keeps_a_mapping_but_not_whose_the_rows_are(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "october.csv").write_text(CAMPAIGNS)
    kept = run("import", "october.csv", "--enterprise", "Acme", *MAPPED, "--save-profile", "campaigns")
    assert kept[0] == 0, kept
    profile = tmp_path / "config" / "msglog" / "profiles" / "campaigns.toml"
    assert "Acme" not in profile.read_text()
    for name in ("campaigns", str(profile)):
        again = run("import", "october.csv", "--enterprise", "Acme", "--profile", name)
        assert "1 message: 0 added, 0 changed, 1 unchanged" in again[2]
    assert run("import", "october.csv", "--profile", "campaigns")[0] == 1  # whose are they?
    (found,) = json.loads(run("messages", "--start", "2026", "--json")[1])
    assert (found["subject"], found["send_amount"], found["customer"]) == ("Autumn", 123, "Acme")
    assert found["failed_amount"] is None


def test_the_formats_are_listed_without_a_file(run: Run) -> None:
    status, out, _ = run("import", "--list-formats")
    assert status == 0
    assert "postfix" in [line.split()[0] for line in out.splitlines()]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--format", "fax"], "no format fax"),
        (["--year", "1"], "--year takes one from 1970"),
        (["--customer", "Bakery"], "name that with --enterprise"),
        (["--owners", "o.csv", "--enterprise", "Acme"], "--owners says"),
        (["--format", "postfix", "--map", "subject=Title"], "leave out --map"),
        (["--owners", "o.csv", "--map", "subject=Title"], "map enterprise and customer"),
        (["--save-profile", "mine"], "give one with --map"),
        (["--date-format", "%d/%m/%Y"], "give one with --map"),
        (["--map", "subject=Title", "--date-format", "%d"], "does not say day, month and year"),
        (["--profile", "nothing-there"], "no profile"),
        (["--map", "colour=Title"], "no column colour"),
    ],
)
def test_options_that_make_no_sense_are_refused(run: Run, tmp_path: Path, words: list[str], why: str) -> None:
    (tmp_path / "f.csv").write_text(CAMPAIGNS)
    (tmp_path / "o.csv").write_text("key,enterprise,customer\n*,Acme,\n")
    status, _, err = run("import", "f.csv", *words)
    assert status == 1
    assert why in err
