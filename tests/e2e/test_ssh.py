"""The account logs over SSH, with the `ssh` client that people have."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import asyncssh
import pyte
import pytest

from msglog_tui.demo import fill
from msglog_tui.store import access, audit, keys
from msglog_tui.store.engine import Store
from msglog_tui.types import Role
from tests.archives import on_sqlite
from tests.e2e.relay import Relay
from tests.e2e.serving import Serving, until
from tests.e2e.terminal import Terminal

OCTOBER = ("--start", "2026-10-01", "--end", "2026-10-31")


def run(serving: Serving, login: str, *words: str, **options: object) -> tuple[int, str, str]:
    """`ssh host words …`: status, standard output and standard error."""
    done = subprocess.run(
        serving.ssh(login, *words, **options),  # type: ignore[arg-type]
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout, done.stderr


def screen(serving: Serving, login: str, *options: str, columns: int = 120, rows: int = 36) -> Terminal:
    return Terminal(serving.ssh(login, options=options), columns=columns, rows=rows)


@pytest.fixture(autouse=True)
def _nobody_is_left(serving: Serving) -> None:
    until(lambda: not serving.sessions(), why="a session of the test before is still there")


def test_the_screen_is_the_callers_own(serving: Serving) -> None:
    with screen(serving, "vusi.adams") as terminal:
        terminal.wait_for("Vusi Adams")
        terminal.wait_for("Total sent,")
        with screen(serving, "thandi") as other:
            other.wait_for("Thandi Nkosi (operator)")
            other.wait_for("Total sent,")
        terminal.send("q")
        assert terminal.wait_exit() == 0
        assert b"\x1b[?1049l" in terminal.bytes_written


@on_sqlite
async def test_a_compressed_first_screen_is_small_on_the_wire(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "archive.db"))
    store.create()
    fill(store, date.today())  # noqa: DTZ011 - the first screen is of this month
    with Serving(store, tmp_path) as serving, Relay(serving.port) as relay:
        serving.admit("thandi")
        async with (
            asyncssh.connect(
                "127.0.0.1",
                relay.port,
                username="thandi",
                client_keys=[str(serving.key("thandi"))],
                known_hosts=None,
                config=None,
                compression_algs=["zlib@openssh.com"],
            ) as connection,
        ):
            before = relay.brought
            screen = pyte.Screen(120, 40)
            stream = pyte.Stream(screen)
            async with connection.create_process(term_type="xterm-256color", term_size=(120, 40)) as process:
                while not ("Quit" in screen.display[39] and "E-mail" in "".join(screen.display[5:])):
                    stream.feed(re.sub(r"\x1b\[[<>=?][0-9;$]*[A-Za-z]", "", await process.stdout.read(65536)))
                shown = "\n".join(screen.display)
                assert re.search(r"[0-9],[0-9]{3} +[0-9],[0-9]{3}", shown), shown  # something was sent
                assert relay.brought - before <= 3072


@on_sqlite
def test_the_terminal_has_the_clients_size_and_follows_it(serving: Serving) -> None:
    with screen(serving, "thandi", columns=100, rows=30) as terminal:
        terminal.wait_for(lambda lines: "Enter Open" in lines[29])
        terminal.resize(72, 20)
        terminal.wait_for(lambda lines: "Enter Open" in lines[19])
        terminal.send("q")
        assert terminal.wait_exit() == 0


def test_each_session_is_a_process_and_is_gone_with_its_client(serving: Serving) -> None:
    with screen(serving, "thandi") as one, screen(serving, "lerato") as other:
        one.wait_for("Total sent,")
        other.wait_for("Total sent,")
        assert len(serving.sessions()) == 2
        os.kill(one.pid, signal.SIGKILL)
        until(lambda: len(serving.sessions()) == 1)
        other.send("?")
        other.wait_for("Moves the cursor down")
    until(lambda: not serving.sessions())
    until(lambda: len(serving.parked()) == 2)


@on_sqlite
def test_a_session_that_does_not_listen_is_ended_and_disturbs_nobody(serving: Serving) -> None:
    with ExitStack() as stack:
        one = stack.enter_context(screen(serving, "thandi"))
        one.wait_for("Total sent,")
        (stuck,) = serving.sessions()
        other = stack.enter_context(screen(serving, "lerato"))
        other.wait_for("Total sent,")
        os.kill(stuck, signal.SIGSTOP)
        os.kill(one.pid, signal.SIGKILL)
        until(lambda: stuck not in serving.sessions())
        other.send("q")
        assert other.wait_exit() == 0


@on_sqlite
def test_a_crash_leaves_the_terminal_in_order_and_says_so(serving: Serving) -> None:
    with screen(serving, "thandi") as terminal:
        terminal.wait_for("Total sent,")
        (session,) = serving.sessions()
        os.kill(session, signal.SIGSEGV)
        assert terminal.wait_exit() == 70
        terminal.wait_for("Connect again.")
        assert b"\x1b[?1049l" in terminal.bytes_written


@on_sqlite
def test_keys_that_end_and_a_client_that_closes_its_half(serving: Serving) -> None:
    done = subprocess.run(
        serving.ssh("thandi", options=("-tt",)), input=b"", capture_output=True, timeout=60, check=False
    )
    assert b"\x1b[?1049h" in done.stdout
    until(lambda: not serving.sessions())


def test_a_parked_spare_knows_nobody(serving: Serving) -> None:
    with serving.store.writing() as connection:
        access.add_user(
            connection,
            login="xylograph",
            name="",
            role=Role.CUSTOMER,
            enterprise="Baobab Mutual",
            customer="Baobab Life",
            time_zone="",
        )
    fingerprint = serving.admit("xylograph")
    secrets = [word.encode() for word in ("xylograph", "Baobab Life", fingerprint, serving.store.location)]
    with screen(serving, "xylograph") as terminal:
        terminal.wait_for("xylograph")
        terminal.wait_for("Total sent,")
        (session,) = serving.sessions()
        # That a session is found to know all but the key shows that one looks in the right places.
        assert [word in private_memory(session) for word in secrets] == [True, True, False, True]
        until(lambda: len(serving.parked()) == 2)
        if serving.store.file is None:  # its URL is known, but to nobody is anything connected
            secrets.remove(serving.store.location.encode())
        for pid in (*serving.parked(), serving.zygote):
            _assert_knows_nothing(pid, secrets)
    with serving.store.writing() as connection:
        access.remove_user(connection, "xylograph")


def _assert_knows_nothing(pid: int, secrets: list[bytes]) -> None:
    process = Path(f"/proc/{pid}")
    files = [str(file.readlink()) for file in (process / "fd").iterdir()]
    assert not [file for file in files if ".db" in file or "pts" in file or "key" in file], files
    # Its line to the server; a spare has an event loop, which has a line to itself.
    assert sum("socket" in file for file in files) in (1, 3), files
    assert ".db" not in (process / "maps").read_text()
    assert len(list((process / "task").iterdir())) == 1
    memory = private_memory(pid)
    assert [word for word in secrets if word in memory] == []


def private_memory(pid: int) -> bytes:
    """What a process could have written to."""
    parts = []
    process = Path(f"/proc/{pid}")
    with (process / "mem").open("rb", buffering=0) as memory:
        for line in (process / "maps").read_text().splitlines():
            place, modes, _, _, inode = line.split()[:5]
            if modes.startswith("rw") and inode == "0":
                start, end = (int(each, 16) for each in place.split("-"))
                memory.seek(start)
                parts.append(memory.read(end - start) or b"")
    return b"".join(parts)


# Commands


def test_commands_have_the_callers_scope(serving: Serving) -> None:
    everything, enterprise, customer = (
        json.loads(run(serving, login, "customers", *OCTOBER, "--json")[1])
        for login in ("thandi", "lerato", "vusi.adams")
    )
    assert len(everything) > len(enterprise) > len(customer) == 1
    assert {row["enterprise"] for row in enterprise} < {row["enterprise"] for row in everything}
    other = next(row for row in everything if row["enterprise"] != enterprise[0]["enterprise"])
    status, out, err = run(serving, "lerato", "messages", f"--customer='{other['customer']}'", *OCTOBER)
    assert (status, out) == (1, "")
    assert "that you may see" in err


def test_a_command_says_what_the_same_command_says_here(
    serving: Serving, capfd: pytest.CaptureFixture[str]
) -> None:
    from msglog_tui.cli import main

    assert main(["--store", serving.store.location, "--as", "lerato", "messages", *OCTOBER, "--csv"]) == 0
    assert run(serving, "lerato", "msglog", "messages", *OCTOBER, "--csv")[1] == capfd.readouterr().out


def noted(serving: Serving, action: str) -> list[audit.Entry]:
    with serving.store.reading() as connection:
        return [entry for entry in audit.lines(connection, 0, 2**40) if entry.action == action]


def test_a_person_is_found_in_the_callers_scope_and_audited(serving: Serving) -> None:
    words = ("find", "zanele.davies3@example.com", "--json")
    everything, own = (json.loads(run(serving, login, *words)[1]) for login in ("thandi", "vusi.adams"))
    assert len(everything) == 5
    assert {row["recipient"] for row in everything} == {"z•••@example.com"}
    assert [row["delivery_id"] for row in own] == [
        row["delivery_id"] for row in everything if row["customer"] == "Baobab Life"
    ]
    (whole,) = json.loads(run(serving, "vusi.adams", *words, "--reveal")[1])
    assert whole["recipient"] == "zanele.davies3@example.com"
    until(lambda: any("--reveal" in entry.detail for entry in noted(serving, "command")))
    assert not noted(serving, "reveal")  # the command itself says it


def test_who_is_revealed_on_the_screen_is_audited(serving: Serving) -> None:
    with screen(serving, "thandi") as terminal:
        terminal.wait_for("Total sent,")
        terminal.send("w")
        terminal.wait_for("Type an address")
        terminal.send("@kwela.example\r")
        terminal.wait_for("200 deliveries, newest first")
        terminal.send("u")
        terminal.wait_for(lambda lines: any("@kwela.example   The audit" in line for line in lines))
        until(lambda: noted(serving, "reveal"))
        (line,) = noted(serving, "reveal")
        assert (line.login, line.role, line.address) == ("thandi", "operator", "127.0.0.1")
        assert line.fingerprint.startswith("SHA256:")
        assert [entry.detail for entry in noted(serving, "find")] == ["@kwela.example"]


@on_sqlite
def test_help_and_version_are_answered(serving: Serving) -> None:
    assert "transactions" in run(serving, "thandi", "help")[1]
    assert run(serving, "thandi", "version")[:2] == (0, "msglog 0.1.0\n")


@on_sqlite
@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("totals --start nonsense", 2),
        ("totals --store /tmp/x.db", 2),
        ("totals --sto=/tmp/x.db", 2),
        ("totals --as lerato", 2),
        ("msglog --as lerato totals", 2),
        ("import file.csv", 2),
        ("user list", 2),
        ("user key add vusi.adams -", 2),
        ("repair", 2),
        ("demo", 2),
        ("serve", 2),
        ("sh", 2),
        ("totals; id", 2),
        ("totals > /tmp/msglog-was-here", 2),
        ("'", 2),
        ("'\x1b]0;owned\x07'", 2),
        ("show NO-SUCH-MESSAGE", 1),
    ],
)
def test_everything_else_is_refused_in_a_sentence(serving: Serving, words: str, status: int) -> None:
    done, out, err = run(serving, "vusi.adams", words)
    assert (done, out) == (status, "")
    assert err.startswith("msglog: ")
    assert len(err.splitlines()) == 1
    assert "\x1b" not in err
    assert not Path("/tmp/msglog-was-here").exists()


def test_whoever_stops_reading_ends_the_command(serving: Serving) -> None:
    command = shlex.join(serving.ssh("thandi", "messages", "--start", "2020", "--csv"))
    done = subprocess.run(
        ["sh", "-c", f"{command} | head -1"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.startswith("enterprise,")
    until(lambda: not serving.sessions())


@on_sqlite
def test_a_command_on_a_terminal_starts_its_lines_at_the_left(serving: Serving) -> None:
    with Terminal(serving.ssh("thandi", "version", options=("-t",))) as terminal:
        assert terminal.wait_exit() == 0
        assert b"msglog 0.1.0\r\n" in terminal.bytes_written


@on_sqlite
def test_without_a_terminal_there_is_no_screen(serving: Serving) -> None:
    status, out, err = run(serving, "thandi", options=("-T",))
    assert (status, out) == (2, "")
    assert "needs a terminal" in err


# Nothing else


@on_sqlite
@pytest.mark.parametrize(
    "options",
    [("-s",), ("-oRequestTTY=no", "-s")],
)
def test_there_is_no_subsystem(serving: Serving, options: tuple[str, ...]) -> None:
    status, out, err = run(serving, "thandi", "sftp", options=options)
    assert (status, out) != (0, "")
    assert "subsystem request failed" in err


@on_sqlite
@pytest.mark.parametrize("options", [("-R", "0:127.0.0.1:9"), ("-R", "/tmp/msglog-no.sock:127.0.0.1:9")])
def test_nothing_is_forwarded_to_the_client(serving: Serving, options: tuple[str, ...]) -> None:
    status, _, err = run(serving, "thandi", "version", options=("-oExitOnForwardFailure=yes", *options))
    assert status == 255
    assert "forwarding" in err


@on_sqlite
def test_nothing_is_forwarded_from_the_client(serving: Serving) -> None:
    status, _, err = run(serving, "thandi", options=("-W", f"127.0.0.1:{serving.port}"))
    assert status == 255
    assert "forwarding failed" in err


@on_sqlite
def test_the_clients_environment_stays_outside(serving: Serving) -> None:
    with screen(
        serving, "thandi", "-oSetEnv=NO_COLOR=1 MSGLOG_STORE=/tmp/evil.db TEXTUAL=debug PATH=/evil"
    ) as terminal:
        terminal.wait_for("Total sent,")
        (session,) = serving.sessions()
        colours = set(re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", terminal.bytes_written))
        assert colours
        assert all(red == green == blue for red, green, blue in colours)  # it has heard of NO_COLOR
        memory = private_memory(session)
        assert b"/tmp/evil.db" not in memory
        assert b"PATH=/evil" not in memory


# Who comes in


def test_a_key_opens_its_own_users_door_alone(serving: Serving) -> None:
    for login, key in (("thandi", "lerato"), ("thandi", "stranger"), ("eve", "thandi"), ("", "thandi")):
        status, out, err = run(serving, login or "root", "version", key=key)
        assert (status, out) == (255, "")
        assert "Permission denied (publickey)" in err


@pytest.mark.parametrize("what", ["key", "user", "role"])
def test_who_is_removed_must_go(serving: Serving, what: str) -> None:
    with serving.store.writing() as connection:
        access.add_user(
            connection,
            login="guest",
            name="",
            role=Role.OPERATOR,
            enterprise=None,
            customer=None,
            time_zone="",
        )
    fingerprint = serving.admit("guest")
    with screen(serving, "guest") as terminal, screen(serving, "thandi") as other:
        terminal.wait_for("Total sent,")
        other.wait_for("Total sent,")
        with serving.store.writing() as connection:
            if what == "key":
                keys.remove(connection, "guest", fingerprint)
            elif what == "user":
                access.remove_user(connection, "guest")
            else:
                access.add_user(
                    connection,
                    login="guest",
                    name="",
                    role=Role.ADMINISTRATOR,
                    enterprise="Baobab Mutual",
                    customer=None,
                    time_zone="",
                )
        assert terminal.wait_exit() == 75
        terminal.wait_for("What you may see has changed" if what == "role" else "Your access was taken back")
        other.send("q")
        assert other.wait_exit() == 0
    if what != "role":
        assert run(serving, "guest", "version")[0] == 255
    with serving.store.writing() as connection:
        if what != "user":
            access.remove_user(connection, "guest")


def test_a_user_has_so_many_sessions_and_no_more(serving: Serving) -> None:
    with (
        screen(serving, "thandi") as one,
        screen(serving, "thandi") as two,
        screen(serving, "thandi") as three,
    ):
        for terminal in (one, two, three):
            terminal.wait_for("Total sent,")
        status, _, err = run(serving, "thandi", "totals")
        assert status == 75
        assert "You have 3 sessions open" in err
        assert run(serving, "lerato", "totals")[0] == 0
