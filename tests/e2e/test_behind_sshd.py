"""msglog as what an OpenSSH server starts, with that server."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from msglog_tui.cli import main
from msglog_tui.store import audit
from tests.archives import on_sqlite
from tests.e2e.serving import until
from tests.e2e.sshd import MSGLOG, PROGRAM, Sshd
from tests.e2e.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msglog_tui.store.engine import Store
    from tests.archives import Archives

pytestmark = pytest.mark.skipif(
    PROGRAM is None or shutil.which("ssh") is None, reason="there is no sshd or no ssh on this machine"
)

OCTOBER = ("--start", "2026-10-01", "--end", "2026-10-31")
LOGINS = ("thandi", "lerato", "vusi.adams")


def forced(store: Store, login: str) -> list[str]:
    return [*MSGLOG, "--store", store.location, "--as", login, "--forced"]


@pytest.fixture(scope="module")
def store(archives: Archives) -> Iterator[Store]:
    with archives.sample() as made:
        yield made


@pytest.fixture(scope="module")
def sshd(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with Sshd(tmp_path_factory.mktemp("sshd")) as running:
        for login in (*LOGINS, "nobody.knows"):
            running.admit(login, forced(store, login))
        yield running


def run(command: list[str]) -> tuple[int, str, str]:
    """Status, standard output and standard error."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout, done.stderr


def audited(store: Store, login: str, since: int) -> list[audit.Entry]:
    with store.reading() as connection:
        return [entry for entry in audit.lines(connection, since, 2**40) if entry.login == login]


def test_the_screen_is_the_callers_own(sshd: Sshd, store: Store) -> None:
    began = int(time.time())
    with (
        Terminal(sshd.ssh("vusi.adams", options=("-tt",)), columns=120, rows=36) as terminal,
        Terminal(sshd.ssh("thandi", options=("-tt",)), columns=120, rows=36) as other,
    ):
        other.wait_for("Thandi Nkosi (operator)")
        other.wait_for("Total sent,")
        enterprises = {line.split("▸")[1].split("  ")[0].strip() for line in other.screen() if "▸" in line}
        terminal.wait_for("Vusi Adams")
        shown = "\n".join(terminal.wait_for("Total sent,"))
        assert len(enterprises) > 1
        assert len([name for name in enterprises if name in shown]) <= 1
        terminal.resize(90, 24)
        terminal.wait_for(lambda lines: "Enter Open" in lines[23])
        terminal.send("q")
        assert terminal.wait_exit() == 0
        other.send("q")
        assert other.wait_exit() == 0
    until(lambda: [entry.action for entry in audited(store, "vusi.adams", began)][-1:] == ["session ends"])
    first = audited(store, "vusi.adams", began)[0]
    assert (first.action, first.role, first.address) == ("session begins", "customer", "127.0.0.1")
    assert first.fingerprint.startswith("SHA256:")


@on_sqlite
def test_the_export_names_the_way_in_and_writes_nothing_here(sshd: Sshd) -> None:
    with Terminal(sshd.ssh("lerato", options=("-tt",)), columns=140, rows=40) as terminal:
        terminal.wait_for("Total sent,")
        terminal.send("e")
        terminal.wait_for(f"ssh -p {sshd.port} {sshd.account}@127.0.0.1")


def test_whoever_breaks_off_leaves_nothing_behind(sshd: Sshd, store: Store) -> None:
    began = int(time.time())
    with Terminal(sshd.ssh("lerato", options=("-tt",)), columns=120, rows=36) as terminal:
        terminal.wait_for("Total sent,")
        assert sessions(store)
        os.kill(terminal.pid, signal.SIGKILL)
        until(lambda: not sessions(store), why="the session or its clerk is still there")
    assert [entry.action for entry in audited(store, "lerato", began)][-1] == "session ends"


def sessions(store: Store) -> list[int]:
    """The processes of sessions on an archive."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = file.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"--forced" in words and store.location.encode() in words:
            found.append(int(file.parent.name))
    return found


# Commands


def test_a_command_says_what_the_same_command_says_here(
    sshd: Sshd, store: Store, capfd: pytest.CaptureFixture[str]
) -> None:
    began = int(time.time())
    for words in (("totals", *OCTOBER, "--json"), ("messages", *OCTOBER, "--csv")):
        assert main(["--store", store.location, "--as", "lerato", *words]) == 0
        assert run(sshd.ssh("lerato", *words)) == (0, capfd.readouterr().out, "")
    until(lambda: len(audited(store, "lerato", began)) >= 2)
    assert audited(store, "lerato", began)[-1].detail == f"messages {' '.join(OCTOBER)} --csv"


@on_sqlite
def test_help_and_version_are_answered(sshd: Sshd) -> None:
    assert "transactions" in run(sshd.ssh("thandi", "help"))[1]
    assert run(sshd.ssh("thandi", "version"))[:2] == (0, "msglog 0.1.0\n")


@on_sqlite
@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("totals --start nonsense", 2),
        ("totals --store /tmp/x.db", 2),
        ("--store /tmp/x.db totals", 2),
        ("totals --as lerato", 2),
        ("msglog --as lerato totals", 2),
        ("--forced", 2),
        ("-o ProxyCommand=id", 2),
        ("import file.csv", 2),
        ("user list", 2),
        ("sh", 2),
        ("totals; id", 2),
        ("; id", 2),
        ("$(id)", 2),
        ("totals $(touch /tmp/msglog-was-here)", 2),
        ("totals > /tmp/msglog-was-here", 2),
        ("'", 2),
        ("   ", 2),
        ("'\x1b]0;owned\x07'", 2),
        ("show NO-SUCH-MESSAGE", 1),
    ],
)
def test_everything_else_is_refused_in_a_sentence(sshd: Sshd, words: str, status: int) -> None:
    done, out, err = run(
        sshd.ssh("vusi.adams", "--", words)
    )  # our words begin there, whatever they look like
    assert (done, out) == (status, "")
    assert err.startswith("msglog: ")
    assert len(err.splitlines()) == 1
    assert "\x1b" not in err
    assert not Path("/tmp/msglog-was-here").exists()


@on_sqlite
def test_without_a_terminal_there_is_no_screen(sshd: Sshd) -> None:
    status, out, err = run(sshd.ssh("thandi", options=("-T",)))
    assert (status, out) == (2, "")
    assert err.startswith("msglog: The screen needs a terminal: use ssh -t")


def test_a_login_that_the_store_does_not_know_is_refused(sshd: Sshd, store: Store) -> None:
    began = int(time.time())
    status, out, err = run(sshd.ssh("nobody.knows", "totals"))
    assert (status, out) == (1, "")
    assert err.startswith("msglog: There is no user 'nobody.knows'")
    with Terminal(sshd.ssh("nobody.knows", options=("-tt",)), columns=200) as terminal:
        assert terminal.wait_exit() == 1
        terminal.wait_for("There is no user 'nobody.knows'")
    until(lambda: len(audited(store, "nobody.knows", began)) >= 2)
    assert {entry.action for entry in audited(store, "nobody.knows", began)} == {"log-in refused"}


@on_sqlite
def test_no_file_is_taken_or_brought(sshd: Sshd, tmp_path: Path) -> None:
    (tmp_path / "own").write_text("x")
    there = f"{sshd.account}@127.0.0.1:{tmp_path}/there"
    for way in ("-O", "-s"):
        copy = ["scp", way, *sshd.options("thandi"), "-P", str(sshd.port)]
        assert run([*copy, str(tmp_path / "own"), there])[0] != 0
        assert run([*copy, there.replace("/there", "/own"), str(tmp_path / "back")])[0] != 0
    sftp = ["sftp", *sshd.options("thandi"), "-P", str(sshd.port), f"{sshd.account}@127.0.0.1"]
    assert run(sftp)[0] != 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["own"]


@on_sqlite
def test_nothing_is_forwarded(sshd: Sshd) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    back = sshd.ssh(
        "thandi", "version", options=("-R", f"{port}:127.0.0.1:1", "-o", "ExitOnForwardFailure=yes")
    )
    assert run(back)[0] == 255
    out = run(sshd.ssh("thandi", options=("-W", f"127.0.0.1:{sshd.port}")))
    assert out[0] == 255
    assert "SSH-2.0" not in out[1]


@on_sqlite
def test_the_environment_of_the_client_changes_nothing(sshd: Sshd, tmp_path: Path) -> None:
    log = tmp_path / "textual.log"
    env = {"TEXTUAL_LOG": str(log), "MSGLOG_STORE": "/nonexistent", "NO_COLOR": "1"}
    with Terminal(sshd.ssh("thandi", options=("-tt",)), env=env, columns=120, rows=36) as terminal:
        terminal.wait_for("Total sent,")
        terminal.send("q")
        assert terminal.wait_exit() == 0
        colours = re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", terminal.bytes_written)
        assert all(red == green == blue for red, green, blue in colours)
    assert not log.exists()


# ForceCommand, and the program by hand


@pytest.mark.parametrize("who", [("--as", "%u"), ()], ids=["named", "unnamed"])
def test_a_forcecommand_serves_an_account(store: Store, tmp_path: Path, who: tuple[str, ...]) -> None:
    command = shlex.join([*MSGLOG, "--store", store.location, *who, "--forced"])
    # Whoever runs the tests is no user of the sample: one is named as they are.
    with Sshd(tmp_path, "Match all", "  DisableForwarding yes", f"  ForceCommand {command}") as sshd:
        role = ["user", "add", sshd.account, "--role", "administrator", "--enterprise", "Baobab Mutual"]
        assert main(["--store", store.location, *role]) == 0
        sshd.admit("somebody")
        status, out, err = run(sshd.ssh("somebody", "totals", *OCTOBER, "--csv"))
        assert (status, err) == (0, "")
        assert {line.split(",")[0] for line in out.splitlines()[1:]} == {"Baobab Mutual"}
        assert run(sshd.ssh("somebody", "id"))[0] == 2
        with Terminal(sshd.ssh("somebody", options=("-tt",)), columns=120, rows=36) as terminal:
            terminal.wait_for("(administrator)")
            terminal.wait_for("Total sent,")
            terminal.send("q")
            assert terminal.wait_exit() == 0


@on_sqlite
def test_somebody_with_a_shell_is_at_home(sshd: Sshd, store: Store, tmp_path: Path) -> None:
    sshd.admit("shell")
    command = [*MSGLOG, "--store", store.location, "--as", "lerato"]
    with Terminal(sshd.ssh("shell", *command, options=("-tt",)), columns=140, rows=40) as terminal:
        terminal.wait_for("Total sent,")
        terminal.send("e")
        terminal.wait_for("File")
        assert not any(f"ssh -p {sshd.port}" in line for line in terminal.screen())
