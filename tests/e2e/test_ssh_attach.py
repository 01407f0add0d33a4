"""`msglog attach` as what a real sshd starts: the running server serves people, else the program itself."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msglog_tui.cli import main
from msglog_tui.errors import Refusal
from msglog_tui.ssh import attach, messages, origin, side_door
from msglog_tui.ssh.attached import Claims
from msglog_tui.store import access, audit
from msglog_tui.types import Role
from tests.archives import on_sqlite, sample_store
from tests.e2e.conftest import LOGINS
from tests.e2e.serving import Serving, until
from tests.e2e.sshd import MSGLOG, PROGRAM, Sshd
from tests.e2e.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from msglog_tui.store.engine import Store
    from tests.archives import Archives

needs_sshd = pytest.mark.skipif(
    PROGRAM is None or shutil.which("ssh") is None, reason="there is no sshd or no ssh on this machine"
)

OCTOBER = ("--start", "2026-10-01", "--end", "2026-10-31")
LEFT = b"\x1b[?1049l"
"""What brings the terminal back from the screen."""


def attached(store: Store, login: str, *options: str) -> list[str]:
    return [*MSGLOG, "--store", store.location, "--as", login, "attach", *options]


@pytest.fixture(scope="module")
def sshd(serving: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with Sshd(tmp_path_factory.mktemp("sshd")) as running:
        for login in (*LOGINS, "nobody.knows", "guest"):
            running.admit(login, attached(serving.store, login, "--socket", str(serving.socket)))
        yield running


@pytest.fixture(autouse=True)
def _nobody_is_left(request: pytest.FixtureRequest) -> None:
    if "serving" in request.fixturenames:
        serving: Serving = request.getfixturevalue("serving")
        until(lambda: not serving.sessions(), why="a session of the test before is still there")


def run(command: Sequence[str], **environment: str) -> tuple[int, str, str]:
    """Status, standard output and standard error."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | environment,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout, done.stderr


def screen(sshd: Sshd, login: str, **size: int) -> Terminal:
    return Terminal(sshd.ssh(login, options=("-tt",)), **{"columns": 120, "rows": 36} | size)


def helpers(store: Store) -> list[int]:
    """The processes of `msglog attach` for an archive."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = file.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"attach" in words and store.location.encode() in words:
            found.append(int(file.parent.name))
    return found


def audited(store: Store, login: str, since: int) -> list[audit.Entry]:
    with store.reading() as connection:
        return [entry for entry in audit.lines(connection, since, 2**40) if entry.login == login]


# The running server does it


@needs_sshd
def test_the_servers_process_has_the_terminal(sshd: Sshd, serving: Serving) -> None:
    began = int(time.time())
    with screen(sshd, "vusi.adams") as terminal, screen(sshd, "thandi") as other:
        other.wait_for("Thandi Nkosi (operator)")
        other.wait_for("Total sent,")
        terminal.wait_for("Vusi Adams")
        terminal.wait_for("Total sent,")
        assert len(serving.sessions()) == 2
        terminal.resize(90, 24)
        terminal.wait_for(lambda lines: "Enter Open" in lines[23])
        terminal.send("e")
        terminal.wait_for(f"ssh -p {sshd.port} {sshd.account}@127.0.0.1")
        terminal.send("\x1b")
        terminal.wait_for(lambda lines: not any("ssh -p" in line for line in lines))
        terminal.send("q")
        assert terminal.wait_exit() == 0
        assert LEFT in terminal.bytes_written
        other.send("q")
        assert other.wait_exit() == 0
    until(
        lambda: (
            [entry.action for entry in audited(serving.store, "vusi.adams", began)][-1:] == ["session ends"]
        )
    )
    first = next(
        entry for entry in audited(serving.store, "vusi.adams", began) if entry.action == "session begins"
    )
    assert (first.role, first.address) == ("customer", "127.0.0.1")
    assert first.fingerprint.startswith("SHA256:")


@on_sqlite
@needs_sshd
@pytest.mark.parametrize("who", ["client", "msglog attach"])
def test_whoever_is_killed_takes_the_session_along(sshd: Sshd, serving: Serving, who: str) -> None:
    with ExitStack() as stack:
        terminal = stack.enter_context(screen(sshd, "lerato"))
        terminal.wait_for("Total sent,")
        (session,) = serving.sessions()
        (helper,) = helpers(serving.store)
        other = stack.enter_context(screen(sshd, "thandi"))
        other.wait_for("Total sent,")
        os.kill(terminal.pid if who == "client" else helper, signal.SIGKILL)
        until(lambda: session not in serving.sessions())
        until(lambda: helper not in helpers(serving.store))
        other.send("?")
        other.wait_for("Moves the cursor down")


@on_sqlite
@needs_sshd
def test_a_crash_leaves_the_terminal_in_order_and_says_so(sshd: Sshd, serving: Serving) -> None:
    with screen(sshd, "thandi") as terminal:
        terminal.wait_for("Total sent,")
        (session,) = serving.sessions()
        os.kill(session, signal.SIGSEGV)
        assert terminal.wait_exit() == 70
        terminal.wait_for("Connect again.")
        assert LEFT in terminal.bytes_written


@needs_sshd
def test_who_is_removed_must_go(sshd: Sshd, serving: Serving) -> None:
    add_guest(serving.store)
    with screen(sshd, "guest") as terminal:
        terminal.wait_for("Total sent,")
        with serving.store.writing() as connection:
            access.remove_user(connection, "guest")
        assert terminal.wait_exit() == 75
        terminal.wait_for("Your access was taken back")
        assert LEFT in terminal.bytes_written


def add_guest(store: Store) -> None:
    with store.writing() as connection:
        access.add_user(
            connection,
            login="guest",
            name="",
            role=Role.OPERATOR,
            enterprise=None,
            customer=None,
            time_zone="",
        )


@on_sqlite
@needs_sshd
def test_sessions_of_both_ways_in_are_counted_together(sshd: Sshd, serving: Serving) -> None:
    with (
        screen(sshd, "lerato") as one,
        screen(sshd, "lerato") as two,
        Terminal(serving.ssh("lerato"), columns=120, rows=36) as three,
    ):
        for terminal in (one, two, three):
            terminal.wait_for("Total sent,")
        status, _, err = run(sshd.ssh("lerato", "totals"))
        assert status == 75
        assert "You have 3 sessions open" in err


@needs_sshd
def test_commands(sshd: Sshd, serving: Serving, capfd: pytest.CaptureFixture[str]) -> None:
    began = int(time.time())
    assert main(["--store", serving.store.location, "--as", "lerato", "messages", *OCTOBER, "--csv"]) == 0
    assert run(sshd.ssh("lerato", "messages", *OCTOBER, "--csv")) == (0, capfd.readouterr().out, "")
    assert run(sshd.ssh("thandi", "version")) == (0, "msglog 0.1.0\n", "")
    assert "transactions" in run(sshd.ssh("thandi", "help"))[1]
    for words, expected in {
        "totals --start nonsense": 2,
        "totals --as lerato": 2,
        "--store /tmp/x.db totals": 2,
        "attach": 2,
        "sh": 2,
        "totals; id": 2,
        "'": 2,
        "show NO-SUCH-MESSAGE": 1,
    }.items():
        status, out, err = run(sshd.ssh("vusi.adams", "--", words))
        assert (status, out) == (expected, ""), words
        assert err.startswith("msglog: ")
        assert len(err.splitlines()) == 1
    until(lambda: audited(serving.store, "lerato", began))
    assert audited(serving.store, "lerato", began)[-1].detail == f"messages {' '.join(OCTOBER)} --csv"


@on_sqlite
@needs_sshd
def test_whoever_stops_reading_ends_the_command(sshd: Sshd, serving: Serving) -> None:
    command = shlex.join(sshd.ssh("thandi", "messages", "--start", "2020", "--csv"))
    done = subprocess.run(
        ["sh", "-c", f"{command} | head -1"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.startswith("enterprise,")
    until(lambda: not serving.sessions() and not helpers(serving.store))


@on_sqlite
@needs_sshd
def test_without_a_terminal_there_is_no_screen(sshd: Sshd) -> None:
    status, out, err = run(sshd.ssh("thandi", options=("-T",)))
    assert (status, out) == (2, "")
    assert err.startswith("msglog: The screen needs a terminal: use ssh -t")


@needs_sshd
def test_a_login_that_the_store_does_not_know_is_refused(sshd: Sshd, serving: Serving) -> None:
    began = int(time.time())
    status, out, err = run(sshd.ssh("nobody.knows", "totals"))
    assert (status, out) == (1, "")
    assert err == "msglog: There is no user 'nobody.knows' in this archive. Ask whoever runs it.\n"
    until(lambda: audited(serving.store, "nobody.knows", began))
    assert audited(serving.store, "nobody.knows", began)[0].action == "log-in refused"


@needs_sshd
def test_a_server_that_is_killed_leaves_the_terminal_in_order(tmp_path: Path) -> None:
    store = sample_store(tmp_path / "archive.db")
    (tmp_path / "sshd").mkdir()
    with Serving(store, tmp_path) as serving, Sshd(tmp_path / "sshd") as sshd:
        sshd.admit("thandi", attached(store, "thandi"))
        with screen(sshd, "thandi") as terminal:
            terminal.wait_for("Total sent,")
            os.kill(serving.pid, signal.SIGKILL)
            assert terminal.wait_exit() == 75
            terminal.wait_for("The server was stopped. Connect again in a while.")
            assert LEFT in terminal.bytes_written
        # What it has left behind deceives nobody: neither who attaches nor the next server.
        assert attach.socket_of(str(store.path)) in map(str, tmp_path.iterdir())
        assert run(sshd.ssh("thandi", "version"))[0] == 0
        with Serving(store, tmp_path) as again, screen(sshd, "thandi") as terminal:
            terminal.wait_for("Total sent,")
            assert len(again.sessions()) == 1
        assert attach.socket_of(str(store.path)) not in map(str, tmp_path.iterdir())


# There is no server


@pytest.fixture(scope="module")
def alone(archives: Archives) -> Iterator[Store]:
    with archives.sample() as store:
        yield store


def test_without_a_server_the_program_does_it(alone: Store) -> None:
    with Terminal(attached(alone, "lerato"), columns=120, rows=36) as terminal:
        terminal.wait_for("Total sent,")
        terminal.send("q")
        assert terminal.wait_exit() == 0
    status, out, _ = run(attached(alone, "lerato"), SSH_ORIGINAL_COMMAND="totals --json")
    assert (status, [row["enterprise"] for row in json.loads(out)]) == (0, ["Protea Retail Group"])


@on_sqlite
def test_limits_without_a_server(alone: Store) -> None:
    with Terminal(attached(alone, "lerato", "--idle", "1"), columns=120, rows=36) as terminal:
        assert terminal.wait_exit() == 75
        terminal.wait_for("Nobody pressed a key for 1 second.")
        assert LEFT in terminal.bytes_written
    with Terminal(attached(alone, "lerato", "--max-time", "1"), columns=120, rows=36) as terminal:
        assert terminal.wait_exit() == 75
        terminal.wait_for("A session ends after 1 second.")


@pytest.mark.parametrize("what", ["user", "role"])
def test_who_is_removed_must_go_without_a_server_too(alone: Store, what: str) -> None:
    add_guest(alone)
    with Terminal(attached(alone, "guest", "--look", "0.3"), columns=120, rows=36) as terminal:
        terminal.wait_for("Total sent,")
        with alone.writing() as connection:
            access.remove_user(connection, "guest")
        if what == "role":
            role = ["user", "add", "guest", "--role", "administrator", "--enterprise", "Baobab Mutual"]
            assert main(["--store", alone.location, *role]) == 0
        assert terminal.wait_exit() == 75
        terminal.wait_for("What you may see has changed" if what == "role" else "Your access was taken back")
    with alone.writing() as connection:
        if what == "role":
            access.remove_user(connection, "guest")


# Who may call


def call(path: Path | str, claims: bytes, descriptors: Sequence[int] = ()) -> bytes:
    """What the server says to a caller in the end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as line:
        line.settimeout(20)
        line.connect(str(path))
        line.send(claims)
        if descriptors:
            socket.send_fds(line, [b"."], list(descriptors))
        return line.recv(65536)


@on_sqlite
def test_the_socket_is_the_servers_own(serving: Serving) -> None:
    path = serving.socket
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_account_decides_unless_it_is_the_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = messages.pair()
    account = origin.account(os.getuid())
    with ours, theirs:
        assert side_door._who(ours, "thandi") == (account, "thandi")
        for nobody in (None, "%u"):
            assert side_door._who(ours, nobody) == (account, account)
        uid = os.getuid() or 1000
        monkeypatch.setattr(side_door, "_uid_of", lambda _: uid)
        monkeypatch.setattr(os, "geteuid", lambda: uid + 1)
        account = origin.account(uid)
        assert side_door._who(ours, account) == (account, account)
        with pytest.raises(Refusal, match=f"You are {account} here"):
            side_door._who(ours, "thandi")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be another account for a while")
def test_another_account_is_itself(tmp_path: Path) -> None:
    import grp
    import pwd

    nobody = pwd.getpwnam("nobody")
    group = grp.getgrgid(nobody.pw_gid).gr_name
    store = sample_store(tmp_path / "archive.db")
    role = ["user", "add", "nobody", "--role", "administrator", "--enterprise", "Baobab Mutual"]
    assert main(["--store", str(store.path), *role]) == 0
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "socket"
        options = ("--socket", str(path), "--socket-group", group)
        with Serving(store, tmp_path, *options):
            assert stat.S_IMODE(path.stat().st_mode) == 0o660

            def as_nobody(command: str, **claims: str) -> tuple[int, str, str]:
                words = [sys.executable, "-c", AS_NOBODY, json.dumps({"socket": str(path)} | claims)]
                return run(words, SSH_ORIGINAL_COMMAND=command)

            status, out, err = as_nobody("totals", login="thandi")
            assert (status, out) == (1, "")
            assert err == "msglog: You are nobody here, and nobody else. Leave --as out.\n"
            status, out, err = as_nobody(f"customers --json {' '.join(OCTOBER)}")
            assert (status, err) == (0, "")
            assert {row["enterprise"] for row in json.loads(out)} == {"Baobab Mutual"}


AS_NOBODY = """
import json, os, pwd, sys
from msglog_tui.ssh import attach
nobody = pwd.getpwnam("nobody")
os.setgroups([])
os.setgid(nobody.pw_gid)
os.setuid(nobody.pw_uid)
sys.exit(attach.hand_over(json.loads(sys.argv[1])))
"""


@on_sqlite
def test_rubbish_at_the_side_door_does_no_harm(serving: Serving) -> None:
    path = str(serving.socket)
    before = serving.parked()
    for rubbish in (b"\0", b"\xff" * 60_000, b"=\0==\0login", b"{}"):
        assert call(path, rubbish).split(b"\0")[0] == b"1"  # the account that runs the tests is no user
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as silent:
        silent.connect(path)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123
        three = [nothing.fileno()] * 3
        assert call(path, b"login=thandi\0terminal=yes", three).split(b"\0")[0] == b"1"
        assert call(path, b"login=thandi\0terminal=yes", three[:1]).split(b"\0")[0] != b"70"
    until(lambda: not serving.sessions() and len(serving.parked()) == 2 == len(before))


@given(st.binary(max_size=300))
def test_claims_of_anything(data: bytes) -> None:
    Claims.parse(data)


@given(
    st.dictionaries(
        st.sampled_from(["login", "host", "proof", "TERM"]), st.text().map(lambda t: t.replace("\0", ""))
    )
)
def test_claims_come_as_they_were_made(said: dict[str, str]) -> None:
    data = b"\0".join(f"{name}={value}".encode("utf-8", "replace") for name, value in said.items())
    claims = Claims.parse(data)
    assert (claims.login or "") == said.get("login", "").encode("utf-8", "replace").decode()
    assert claims.proof == said.get("proof", "").encode("utf-8", "replace").decode()
    assert ("TERM" in claims.environment) == ("TERM" in said)


# The command line, taken apart without a parser


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (["attach"], {}),
        (["--store", "a.db", "attach", "--as=thandi"], {"store": "a.db", "login": "thandi"}),
        (
            ["attach", "--name", "logs", "--socket", "s", "--idle", "5"],
            {"host": "logs", "socket": "s", "idle": "5"},
        ),
        (["attach", "attach"], None),
        (["totals", "attach"], None),
        (["attach", "--sto", "a.db"], None),
        (["attach", "--store"], None),
        (["attach", "--help"], None),
        ([], None),
    ],
)
def test_options(words: list[str], options: dict[str, str] | None) -> None:
    assert attach.options_of(words) == options
