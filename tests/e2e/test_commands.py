"""The commands, as somebody types them."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.archives import on_sqlite

if TYPE_CHECKING:
    from collections.abc import Callable

    from msglog_tui.store.engine import Store

    Run = Callable[..., tuple[int, str, str]]

ROOT = Path(__file__).parents[2]
HEADER = "enterprise,customer,message_id,subject,channel,send_amount,failed_amount,send_date,sent_by,lists\n"
ROW = "Acme,Retail,{id},Sale,email,{sent},,{date},thandi,VIP;News\n"


def write(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.write_text(header + "".join(rows), encoding="utf-8")
    return path


def test_a_file_goes_in_once_and_a_changed_row_replaces_the_old(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path / "m.csv", ROW.format(id="1", sent=10, date="2026-10-03T09:12:00Z"))
    october = ("--start", "2026-10-01", "--end", "2026-10-31", "--json")
    assert run("import", file)[0] == 0
    status, _, err = run("import", file)
    assert status == 0
    assert "0 added, 0 changed, 1 unchanged" in err
    write(file, ROW.format(id="1", sent=25, date="2026-10-04T09:12:00Z"))
    assert "1 changed" in run("import", file)[2]
    (total,) = json.loads(run("totals", *october)[1])
    assert total["enterprise"] == "Acme"
    assert (total["email"]["sent"], total["email"]["messages"], total["sms"]["sent"]) == (25, 1, 0)
    assert (total["email"]["failed"], total["email"]["failed_unknown"]) == (None, 1)
    assert run("check")[0] == 0


def test_rejects_can_be_mended_and_imported(run: Run, tmp_path: Path) -> None:
    good = ROW.format(id="1", sent=10, date="2026-10-03T09:12:00Z")
    bad = ROW.format(id="2", sent=-5, date="2026-10-03T09:12:00Z")
    file = write(tmp_path / "m.csv", good, bad)
    status, _, err = run("import", file)
    assert status == 1
    assert f"{file}:3: send_amount:" in err
    rejects = tmp_path / "m.rejects.csv"
    assert rejects.read_text() == HEADER + bad
    rejects.write_text(rejects.read_text().replace("-5", "5"))
    assert run("import", rejects)[0] == 0
    rows = json.loads(run("messages", "--start", "2026", "--end", "2026-12-31", "--json")[1])
    assert {(row["message_id"], row["send_amount"]) for row in rows} == {("1", 10), ("2", 5)}


def test_a_dry_run_stores_nothing_and_makes_no_store(run: Run, own: Store, tmp_path: Path) -> None:
    file = write(tmp_path / "m.csv", ROW.format(id="1", sent=10, date="2026-10-03T09:12:00Z"))
    status, _, err = run("import", "--dry-run", file)
    assert status == 0
    assert "1 would be added" in err
    if own.file is None:
        assert json.loads(run("messages", "--start", "2026", "--json")[1]) == []
    else:
        assert not own.file.exists()
        assert run("totals")[0] == 1


def test_what_is_no_export_is_refused_and_the_others_go_in(run: Run, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<html><body>Log in</body></html>\n")
    file = write(tmp_path / "m.csv", ROW.format(id="1", sent=10, date="2026-10-03T09:12:00Z"))
    status, _, err = run("import", tmp_path / "page.html", tmp_path / "missing.csv", file)
    assert status == 1
    assert "page.html" in err
    assert "missing.csv" in err
    assert "1 added" in err


def test_times_without_an_offset_want_a_zone(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MSGLOG_TIME_ZONE")
    file = write(tmp_path / "m.csv", ROW.format(id="1", sent=10, date="2026-10-03 00:30:00"))
    assert run("import", file)[0] == 1
    assert run("import", "--time-zone", "Africa/Johannesburg", file)[0] == 0
    rows = json.loads(run("show", "1", "--time-zone", "UTC", "--json")[1])
    assert rows[0]["send_date"] == "2026-10-02T22:30:00+00:00"


def test_an_export_can_be_imported_again(run: Run, sample: Store, tmp_path: Path) -> None:
    window = ("--start", "2025-01-01", "--end", "2026-12-31")
    for command in ("messages", "transactions"):
        extra = ("--status", "all") if command == "transactions" else ()
        out = run("--store", sample, command, *window, *extra, "--csv")[1]
        (tmp_path / f"{command}.csv").write_text(out, encoding="utf-8", newline="")
        assert run("import", tmp_path / f"{command}.csv")[0] == 0
    for command in ("totals", "customers"):
        there = json.loads(run("--store", sample, command, *window, "--json")[1])
        here = json.loads(run(command, *window, "--json")[1])
        kept = [
            row for row in there if command == "totals" or row["email"]["messages"] + row["sms"]["messages"]
        ]
        assert [row for row in here if command == "totals" or row in kept] == kept


def test_check_names_a_wrong_total_and_repair_mends_it(run: Run, copied: Store) -> None:
    with copied.writing() as connection:
        connection.exec_driver_sql("UPDATE enterprise_traffic SET sms_sent = sms_sent + 1 WHERE span = 86400")
    status, out, _ = run("--store", copied, "check")
    assert status == 1
    assert "sms_sent of the day" in out
    assert run("--store", copied, "repair")[0] == 0
    assert run("--store", copied, "check")[0] == 0


def test_everybody_sees_their_own(run: Run, sample: Store) -> None:
    window = ("--start", "2026-10-01", "--end", "2026-10-31", "--json")

    def seen(login: str, command: str) -> set[tuple[str, str | None]]:
        rows = json.loads(run("--store", sample, "--as", login, command, *window)[1])
        return {(row["enterprise"], row.get("customer")) for row in rows}

    assert len(seen("thandi", "totals")) == 6
    assert seen("sibusiso", "totals") == {("Baobab Mutual", None)}
    assert {enterprise for enterprise, _ in seen("sibusiso", "messages")} == {"Baobab Mutual"}
    assert seen("vusi.adams", "messages") == {("Baobab Mutual", "Baobab Life")}
    assert seen("vusi.adams", "customers") == {("Baobab Mutual", "Baobab Life")}
    assert len(seen("sibusiso", "transactions")) > 1
    assert run("--store", sample, "--as", "vusi.adams", "transactions")[0] == 1
    for refused in (
        ("--as", "vusi.adams", "totals", "--customer", "Baobab Bank"),
        ("--as", "sibusiso", "totals", "--enterprise", "Karoo Winkels"),
        ("--as", "nobody", "totals"),
        ("--as", "vusi.adams", "show", "KAR-00001"),
    ):
        status, out, err = run("--store", sample, *refused)
        assert (status, out) == (1, "")
        assert err.startswith("msglog: There is no")


def test_a_customers_transactions_are_those_of_the_customer(run: Run, sample: Store) -> None:
    words = ("transactions", "--customer", "Baobab Life", "--start", "2025", "--end", "2026", "--csv")
    rows = list(csv.DictReader(io.StringIO(run("--store", sample, *words)[1])))
    assert rows
    assert {row["customer"] for row in rows} == {"Baobab Life"}
    assert {row["status"] for row in rows if row["kind"] == "top_up"} == {"processed"}
    every = run("--store", sample, *words, "--status", "all", "--kind", "top-up")[1]
    assert {row["kind"] for row in csv.DictReader(io.StringIO(every))} == {"top_up"}


def test_users_come_and_go(run: Run, copied: Store) -> None:
    at = ("--store", copied)
    place = ("--enterprise", "Karoo Winkels", "--time-zone", "africa/johannesburg")
    assert run(*at, "user", "add", "nomsa", "--role", "administrator", *place)[0] == 0
    users = {user["login"]: user for user in json.loads(run(*at, "user", "list", "--json")[1])}
    assert users["nomsa"]["enterprise"] == "Karoo Winkels"
    assert users["nomsa"]["time_zone"] == "Africa/Johannesburg"
    assert run(*at, "user", "remove", "nomsa")[0] == 0
    assert run(*at, "user", "remove", "nomsa")[0] == 1
    assert run(*at, "user", "add", "x", "--role", "customer")[0] == 1
    assert run(*at, "user", "add", "x", "--role", "king")[0] == 2
    assert run(*at, "time-zone", "Karoo Winkels", "Mars/Olympus")[0] == 2
    assert run(*at, "time-zone", "Nobody", "UTC")[0] == 1


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("totals", "--start", "03/04/2026"), 2),
        (("totals", "--start", "2026-02-30"), 2),
        (("totals", "--start", "2026-10-02", "--end", "2026-10-01"), 2),
        (("totals", "--time-zone", "Mars/Olympus"), 2),
        (("totals", "--json", "--nonsense"), 2),
        (("nonsense",), 2),
        ((), 1),  # the screen, without a terminal
    ],
)
def test_what_cannot_be_understood_says_so(
    run: Run, sample: Store, words: tuple[str, ...], status: int
) -> None:
    got, out, err = run("--store", sample, *words)
    assert (got, out) == (status, "")
    assert err


def test_a_reader_who_has_had_enough_is_no_error(sample: Store) -> None:
    command = [
        sys.executable,
        "-m",
        "msglog_tui",
        "--store",
        sample.location,
        "messages",
        "--start",
        "2025",
        "--csv",
    ]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"LANG": "C", "PYTHONUTF8": "0"},
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline().startswith(b"enterprise,customer,message_id")
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(20) == 0


def test_standard_input_is_a_file_too(own: Store) -> None:
    data = (HEADER + ROW.format(id="1", sent=10, date="2026-10-03T09:12:00Z")).encode()
    command = [sys.executable, "-m", "msglog_tui", "--store", own.location, "import", "-"]
    done = subprocess.run(command, cwd=ROOT, input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert b"1 added" in done.stderr


def test_keys_of_users(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("import", write(tmp_path / "m.csv", ROW.format(id="1", sent=1, date="2026-10-03T09:12:00Z")))
    run("user", "add", "thandi", "--role", "operator")
    line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f \x1b[2J desk"
    file = tmp_path / "id.pub"
    file.write_text(f"# mine\n{line}\n")
    status, printed, _ = run("user", "key", "add", "thandi", file)
    assert (status, printed[:7]) == (0, "SHA256:")
    monkeypatch.setattr("sys.stdin", io.StringIO(line))
    status, _, err = run("user", "key", "add", "thandi", "-")
    assert (status, "a key of thandi already" in err) == (1, True)
    (key,) = json.loads(run("user", "key", "list", "thandi", "--json")[1])
    assert (key["login"], key["fingerprint"], key["comment"]) == ("thandi", printed.strip(), "␛[2J desk")
    assert "\x1b" not in run("user", "key", "list")[1]
    assert run("user", "key", "remove", "thandi", printed.strip())[0] == 0
    assert json.loads(run("user", "key", "list", "--json")[1]) == []
    assert run("user", "key", "list", "eve")[0] == 1
    assert run("user", "key", "add", "thandi", tmp_path / "missing.pub")[0] == 1


def test_old_messages_go_and_their_totals_stay(run: Run, tmp_path: Path) -> None:
    old = [ROW.format(id=f"o{n}", sent=10, date=f"2025-12-{n:02}T23:30:00Z") for n in range(1, 32)]
    file = write(tmp_path / "m.csv", *old, ROW.format(id="n", sent=7, date="2026-01-02T09:00:00Z"))
    window = ("--start", "2025-12-31", "--end", "2026-01-02", "--json")
    run("import", file)
    _, totals, _ = run("totals", *window)
    _, customers, _ = run("customers", *window)
    status, out, _ = run("retain", "--before", "2026-01-01", "--dry-run")
    assert status == 0
    assert out == "31 messages before 2026-01-01 (UTC) would be removed. Their totals would stay.\n"
    assert len(json.loads(run("messages", *window)[1])) == 2

    assert "31 messages before" in run("retain", "--before", "2026-01-01")[1]
    assert run("totals", *window)[1] == totals
    assert run("customers", *window)[1] == customers
    _, out, err = run("messages", *window)
    assert [row["message_id"] for row in json.loads(out)] == ["n"]
    assert "1 message before 2026-01-01: kept as totals only" in err
    assert "Before 2026-01-01 only totals are kept" in run("show", "o1")[2]
    assert run("check")[0] == 0
    run("repair")
    assert run("totals", *window)[1] == totals

    _, _, err = run("import", file)
    assert "31 left out" in err
    assert run("totals", *window)[1] == totals
    assert run("retain", "--before", "2026-01-01")[1].startswith("0 messages")


def test_what_is_to_come_and_what_is_no_date_are_not_removed(run: Run, sample: Store) -> None:
    assert run("--store", sample, "retain", "--before", "2090-01-01")[0] == 1
    assert run("--store", sample, "retain", "--before", "soon")[0] == 2
    assert run("--store", sample, "retain")[0] == 2


def test_old_deliveries_go_and_their_messages_stay(
    run: Run, copied: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MSGLOG_STORE", copied.location)
    monkeypatch.setenv("MSGLOG_TIME_ZONE", "Africa/Johannesburg")
    everything = [run(command, *OCTOBER, "--json") for command in ("messages", "totals", "customers")]
    rows = json.loads(run("deliveries", *OCTOBER, "--json")[1])
    kept = [row for row in rows if row["send_date"] >= "2026-10-15"]
    assert 0 < len(kept) < len(rows)

    status, out, _ = run("retain", "--deliveries", "--before", "2026-10-15", "--dry-run")
    assert status == 0
    told = out.split(" deliveries ")[0]
    assert out.endswith("would be removed. The messages would stay, with their counts.\n")
    assert json.loads(run("deliveries", *OCTOBER, "--json")[1]) == rows
    assert run("retain", "--deliveries", "--before", "2026-10-15")[1].startswith(f"{told} deliveries of")
    assert run("retain", "--deliveries", "--before", "2026-10-15")[1].startswith("0 deliveries of")

    assert [run(command, *OCTOBER, "--json") for command in ("messages", "totals", "customers")] == everything
    note = "Deliveries are kept from 2026-10-15 on.\n"
    _, out, err = run("deliveries", *OCTOBER, "--json")
    assert (sorted(map(str, json.loads(out))), err) == (sorted(map(str, kept)), note)
    assert run("deliveries", "--start", "2026-10-15", "--end", "2026-10-31")[2] == ""
    assert run("failures", *OCTOBER)[2] == run("find", "nobody@example.com")[2] == note
    assert run("check")[0] == 0


def test_json_exports_are_imported_again(run: Run, copied: Store, own: Store, tmp_path: Path) -> None:
    ever = ("--start", "2020-01-01", "--end", "2026-12-31", "--json")
    exports = {
        name: run("--store", copied, name, *ever, *words)[1]
        for name, words in (
            ("messages", ()),
            ("transactions", ("--status", "all")),
            ("deliveries", ("--reveal",)),
        )
    }
    for name, text in exports.items():
        assert len(json.loads(text)) > 100
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
        assert run("import", tmp_path / f"{name}.json")[0] == 0
    for name, words in (("messages", ()), ("transactions", ("--status", "all")), ("totals", ())):
        mine, theirs = (run("--store", store, name, *ever, *words)[1] for store in (own, copied))
        assert listed(mine) == listed(theirs)
    assert listed(run("deliveries", *ever, "--reveal")[1]) == listed(exports["deliveries"])
    assert run("check")[0] == 0


def listed(text: str) -> list[str]:
    """The rows of an export; those of one instant may stand in any order."""
    return sorted(map(str, json.loads(text)))


@on_sqlite
def test_a_copy_that_was_killed_is_finished(run: Run, sample: Store, tmp_path: Path) -> None:
    there = tmp_path / "copied.db"
    small = (
        "from msglog_tui.store import copying; copying.BATCH = 50; from msglog_tui.cli import main; main()"
    )
    command = [sys.executable, "-c", small, "copy", sample.location, str(there)]
    for rows in (500, 1_500):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as copy:
            end = time.monotonic() + 60
            while copied_messages(there) < rows:
                assert copy.poll() is None
                assert time.monotonic() < end
                time.sleep(0.005)
            copy.kill()
    assert 1_500 <= copied_messages(there) < 5_000
    status, out, _ = run("copy", sample, there)
    assert (status, out.splitlines()[-1]) == (0, "Every total is the same in both.")
    assert run("--store", there, "check")[0] == 0
    assert run("--store", there, "messages", "--json") == run("--store", sample, "messages", "--json")


def copied_messages(there: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{there}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM message").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def test_an_archive_is_copied_and_compared(run: Run, sample: Store, own: Store, tmp_path: Path) -> None:
    there = tmp_path / "copied.db"
    status, out, _ = run("copy", sample, there)
    assert status == 0
    assert "deliveries: " in out
    assert out.endswith("Every total is the same in both.\n")
    assert run("--store", there, "messages", "--json") == run("--store", sample, "messages", "--json")
    assert run("--store", there, "user", "list") == run("--store", sample, "user", "list")
    assert run("copy", sample, there)[0] == 0
    assert "into itself" in run("copy", sample, sample)[2]
    file = write(tmp_path / "m.csv", ROW.format(id="1", sent=10, date="2026-10-03T09:12:00Z"))
    run("import", file)
    status, _, err = run("copy", sample, own)
    assert status == 1
    assert "something else" in err
    assert "no store" in run("copy", tmp_path / "nowhere.db", tmp_path / "new.db")[2]
    assert not (tmp_path / "new.db").exists()


def test_an_attached_archive_has_the_messages_that_were_removed(run: Run, own: Store, tmp_path: Path) -> None:
    rows = [
        ROW.replace("Retail", customer).format(
            id=f"{customer}-{n}", sent=10, date=f"2025-12-{n:02}T09:00:00Z"
        )
        for customer in ("Retail", "Other")
        for n in range(1, 5)
    ]
    run("import", write(tmp_path / "m.csv", *rows))
    older = tmp_path / "older.db"
    run("copy", own, older)
    window = ("--start", "2025-12-01", "--end", "2025-12-31", "--json")
    _, everything, _ = run("messages", *window)
    run("retain", "--before", "2025-12-03")
    status, out, err = run("--attach", older, "messages", *window)
    assert status == 0
    assert sorted(map(str, json.loads(out))) == sorted(map(str, json.loads(everything)))
    assert "4 messages before 2025-12-03: from" in err
    assert "totals only" not in err

    run("user", "add", "lerato", "--role", "customer", "--enterprise", "Acme", "--customer", "Other")
    out = run("--attach", older, "--as", "lerato", "messages", *window)[1]
    assert {row["customer"] for row in json.loads(out)} == {"Other"}
    assert len(json.loads(out)) == 4
    assert run("--attach", older, "show", "Retail-1")[0] == 0
    assert run("--attach", older, "--as", "lerato", "show", "Retail-1")[0] == 1
    assert run("--attach", tmp_path / "nowhere.db", "messages")[0] == 1


DELIVERIES = "enterprise,customer,message_id,recipient,status,at,reason,subject\n"
RECIPIENTS = [
    f"{enterprise},{customer},{enterprise}-{customer}-{day},r{n}@example.com,bounced,2025-12-{day:02}T09:00:0{n}Z,"
    "full,Sale\n"
    for enterprise in ("Acme", "Globex")
    for customer in ("Retail", "Other")
    for day in (1, 3)
    for n in range(3)
]


@pytest.mark.parametrize("words", [("--deliveries",), ()])
def test_an_attached_archive_has_the_deliveries_that_were_removed(
    run: Run, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """Whose they are is asked by names: the numbers of the attached archive are others."""
    older = tmp_path / "older.db"
    file = write(tmp_path / "d.csv", *RECIPIENTS, header=DELIVERIES)
    rows = [row.replace("Acme", "Zeta").replace("Globex", "Acme") for row in reversed(RECIPIENTS)]
    assert run("--store", older, "import", write(tmp_path / "other.csv", *rows, header=DELIVERIES))[0] == 0
    for store in (("--store", older), ()):
        run(*store, "import", file)
    run("user", "add", "lerato", "--role", "administrator", "--enterprise", "Acme")
    run("user", "add", "vusi", "--role", "customer", "--enterprise", "Globex", "--customer", "Other")
    window = ("--start", "2025-12-01", "--end", "2025-12-31", "--json")
    asked = (
        ("deliveries", *window),
        ("find", "r1@example.com", "--json"),
        ("find", "@example.com", "--json"),
    )
    seen = {
        login: [listed(run("--as", login, *question)[1]) for question in asked]
        for login in ("lerato", "vusi")
    }
    assert [len(rows) for rows in seen["lerato"]] == [12, 4, 12]
    assert [len(rows) for rows in seen["vusi"]] == [6, 2, 6]

    assert run("retain", "--before", "2025-12-02", *words)[0] == 0
    for login, expected in seen.items():
        for question, before in zip(asked, expected, strict=True):
            assert len(listed(run("--as", login, *question)[1])) == len(before) // 2
            _, out, err = run("--attach", older, "--as", login, *question)
            assert listed(out) == before
            assert "Older ones are from" in err
    show = ("deliveries", "Globex-Other-1", "--json")
    assert len(json.loads(run("--attach", older, "--as", "vusi", *show)[1])) == 3
    for word in ("Globex-Retail-1", "Acme-Other-1"):
        assert run("--attach", older, "--as", "vusi", "deliveries", word)[0] == 1


OCTOBER = ("--start", "2026-10-01", "--end", "2026-10-31")


def test_who_got_it_and_why_not(run: Run, sample: Store) -> None:
    as_thandi = ("--store", sample, "--as", "thandi")
    found = json.loads(run("find", "Thandi.Mokoena@EXAMPLE.COM", "--json", *as_thandi)[1])
    assert len(found) > 1
    assert {row["recipient"] for row in found} == {"t•••@example.com"}
    assert [row["send_date"] for row in found] == sorted((row["send_date"] for row in found), reverse=True)
    assert len(json.loads(run("find", "@example.com", "--limit", "7", "--json", *as_thandi)[1])) == 7
    (own,) = json.loads(
        run("find", "thandi.mokoena@example.com", "--json", "--store", sample, "--as", "vusi.adams")[1]
    )
    assert own["customer"] == "Baobab Life"
    assert own in found
    status, out, _ = run("find", "nobody@example.com", "--csv", *as_thandi)
    assert (status, len(out.splitlines())) == (0, 1)


def test_deliveries_of_a_message_and_of_all(run: Run, sample: Store) -> None:
    as_thandi = ("--store", sample, "--as", "thandi")
    (message,) = json.loads(run("show", "BAO-03555", "--json", *as_thandi)[1])
    bounced = json.loads(run("deliveries", "BAO-03555", "--status", "bounced", "--json", *as_thandi)[1])
    assert len(bounced) == message["bounced_amount"]
    assert not any("@" in row["recipient"].replace("•••@", "") for row in bounced)
    everything = json.loads(run("deliveries", "--status", "bounced", *OCTOBER, "--json", *as_thandi)[1])
    assert [row for row in everything if row["message_id"] == "BAO-03555"] == bounced
    status, _, err = run("deliveries", "no such", *as_thandi)
    assert (status, "There is no message 'no such'" in err) == (1, True)


@pytest.mark.parametrize("by", ["reason", "code", "domain"])
def test_failures_in_groups_add_up(run: Run, sample: Store, by: str) -> None:
    as_thandi = ("--store", sample, "--as", "thandi")
    groups = json.loads(run("failures", "--by", by, *OCTOBER, "--json", *as_thandi)[1])
    rows = json.loads(run("deliveries", *OCTOBER, "--json", *as_thandi)[1])
    wrong = [row for row in rows if row["status"] in ("bounced", "failed", "rejected", "complained")]
    assert sum(group["deliveries"] for group in groups) == len(wrong) > 100
    assert sum(group["bounced"] for group in groups) == sum(row["status"] == "bounced" for row in wrong)
    assert groups == sorted(groups, key=lambda group: (-group["deliveries"], group["group"]))
    (message,) = json.loads(run("show", "BAO-03555", "--json", *as_thandi)[1])
    of_it = json.loads(run("failures", "--by", by, "--message", "BAO-03555", "--json", *as_thandi)[1])
    assert sum(group["bounced"] for group in of_it) == message["bounced_amount"]


def test_whole_recipients_are_audited(run: Run, copied: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSGLOG_STORE", copied.location)
    words = ("deliveries", "BAO-03555", "--status", "bounced", "--json")
    whole = json.loads(run(*words, "--reveal")[1])
    shown = json.loads(run(*words)[1])
    assert [row["delivery_id"] for row in whole] == [row["delivery_id"] for row in shown]
    assert not any("•" in row["recipient"] + row["reason"] for row in whole)
    assert run("find", "thandi.mokoena@example.com", "--reveal", "--as", "vusi.adams")[0] == 0
    lines = json.loads(run("audit", "--json", "--start", "2020")[1])
    assert [(line["action"], line["role"]) for line in lines] == [
        ("reveal", "operator"),
        ("reveal", "customer"),
    ]
    assert lines[0]["detail"] == "deliveries of message BAO-03555"
    monkeypatch.setattr("msglog_tui.store.engine.Store.writable", property(lambda _: False))
    status, out, err = run(*words, "--reveal", "--as", "thandi")
    assert (status, out) == (1, "")
    assert "Recipients stay masked" in err


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (("find", " @ "), 1, "That is nobody"),
        (("find", "x", "--limit", "0"), 2, "'0' is no whole number of 1 or more"),
        (("totals", "--json", "--csv"), 2, "--json and --csv exclude each other"),
        (("shard", "elsewhere.db"), 1, "a sharded archive lies on PostgreSQL servers"),
        (("deliveries", "BAO-03641"), 0, "does not tell of its recipients"),
    ],
)
def test_what_was_meant_otherwise_is_said(
    run: Run, sample: Store, words: tuple[str, ...], status: int, sentence: str
) -> None:
    ended, _, err = run("--store", sample, *words)
    assert (ended, sentence in err) == (status, True), err
    assert "Traceback" not in err


@on_sqlite
def test_a_folder_and_nothing_are_no_store(run: Run, tmp_path: Path) -> None:
    assert "is a directory: name a file" in run("--store", tmp_path, "totals")[2]
    for command in (("user", "list"), ("audit",)):
        assert "There is no store" in run("--store", tmp_path / "none.db", *command)[2]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_full_disk_is_a_sentence(sample: Store) -> None:
    words = [
        sys.executable,
        "-m",
        "msglog_tui",
        "--store",
        sample.location,
        "messages",
        "--start",
        "2025-01-01",
    ]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == "msglog: The output cannot be written: No space left on device.\n"
