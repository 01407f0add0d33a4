"""Who comes in by a certificate, what the limits do, and what other clients see."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import asyncssh
import paramiko
import pytest

from msglog_tui.errors import Refusal
from msglog_tui.ssh import exchange, server
from msglog_tui.ssh.flood import A_SECOND, AT_ONCE, LONGEST, Floodgate, WaitingRoom, network_of
from msglog_tui.ssh.words import split
from tests.archives import on_sqlite, sample_store
from tests.e2e.serving import Serving, children, until
from tests.e2e.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from msglog_tui.store.engine import Store

    Start = Callable[..., Serving]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample_store(tmp_path_factory.mktemp("door") / "archive.db").path


@pytest.fixture
def start(copied: Store, tmp_path: Path) -> Iterator[Start]:
    """Start a server of one's own, with options."""
    if shutil.which("ssh") is None:
        pytest.skip("there is no ssh client on this machine")
    running: list[Serving] = []

    def begin(*options: str, login: str = "thandi", spares: bool = False) -> Serving:
        serving = Serving(copied, tmp_path, *options, spares=spares)
        running.append(serving.__enter__())
        serving.admit(login)
        return serving

    yield begin
    for serving in running:
        serving.stop()
        assert "Traceback" not in serving.said


def status_of(serving: Serving, login: str, *words: str, key: str | None = None) -> tuple[int, str]:
    done = subprocess.run(
        serving.ssh(login, *words, key=key), capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout + done.stderr


@on_sqlite
def test_certificates_of_a_trusted_authority(start: Start, tmp_path: Path) -> None:
    for name in ("ca", "other"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / name], check=True)
    serving = start("--trusted-ca", str(tmp_path / "ca.pub"))

    def certified(name: str, *options: str, authority: str = "ca") -> str:
        key = serving.key(name)
        words = ["ssh-keygen", "-q", "-s", tmp_path / authority, "-I", "test", *options, f"{key}.pub"]
        subprocess.run(words, check=True)
        return name

    assert status_of(serving, "thandi", "version", key=certified("good", "-n", "thandi"))[0] == 0
    assert status_of(serving, "lerato", "version", key=certified("both", "-n", "thandi,lerato"))[0] == 0
    for login, key in (
        ("lerato", "good"),
        ("eve", certified("eve", "-n", "eve")),
        ("thandi", certified("everybody")),
        ("thandi", certified("host", "-h", "-n", "thandi")),
        ("thandi", certified("late", "-n", "thandi", "-V", "20200101:20200102")),
        ("thandi", certified("elsewhere", "-n", "thandi", "-O", "source-address=10.0.0.1")),
        ("thandi", certified("foreign", "-n", "thandi", authority="other")),
    ):
        status, said = status_of(serving, login, "version", key=key)
        assert (status, "Permission denied" in said) == (255, True), key
    forced = certified("forced", "-n", "thandi", "-O", "force-command=version")
    assert status_of(serving, "thandi", "totals", key=forced) == (0, "msglog 0.1.0\n")


@on_sqlite
def test_the_host_key_is_made_once_and_is_nobody_elses(start: Start, copied: Store) -> None:
    start()
    key = copied.path.with_name("msglog_host_ed25519")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    first = key.read_bytes()
    start(login="lerato")
    assert key.read_bytes() == first
    key.chmod(0o644)
    with pytest.raises(Refusal, match="Others may read the host key"):
        server._host_key(key)


@on_sqlite
def test_limits(start: Start) -> None:
    serving = start("--idle", "5", "--max-sessions", "1", "--max-logins", "4")
    with Terminal(serving.ssh("thandi"), columns=100, rows=30) as terminal:
        terminal.wait_for("Total sent,")
        status, said = status_of(serving, "thandi", "totals")
        assert (status, "sessions of this server (1) are all taken" in said) == (75, True)
        assert terminal.wait_exit() == 75
        terminal.wait_for("Nobody pressed a key for 5 seconds.")
        assert b"\x1b[?1049l" in terminal.bytes_written
    until(lambda: not serving.sessions())
    assert status_of(serving, "thandi", "version")[0] == 0
    assert status_of(serving, "thandi", "version")[0] == 0
    status, said = status_of(serving, "thandi", "version")
    assert (status, "Too many people are logging in" in said) == (255, True)


@on_sqlite
def test_a_session_has_an_end(start: Start) -> None:
    serving = start("--max-time", "1")
    with Terminal(serving.ssh("thandi"), columns=100, rows=30) as terminal:
        assert terminal.wait_exit() == 75
        terminal.wait_for("A session ends after 1 second")


@on_sqlite
def test_abandoned_handshakes_are_closed_and_a_flood_of_them_shuts_nobody_out(start: Start) -> None:
    serving = start("--login-grace", "3")
    with ExitStack() as stack:
        silent = stack.enter_context(socket.create_connection(("127.0.0.1", serving.port)))
        for rubbish in (b"GET / HTTP/1.0\r\n\r\n", b"SSH-2.0-x\r\n" + bytes(range(256)) * 200, b"\0" * 5000):
            with socket.create_connection(("127.0.0.1", serving.port)) as connection:
                connection.sendall(rubbish)
        silent.settimeout(20)
        while silent.recv(4096):  # its greeting, then the end
            pass
        for number in range(250):
            flood = stack.enter_context(socket.create_connection(("127.0.0.1", serving.port)))
            flood.sendall(rubbish if number % 2 else b"SSH-2.0-x\r\n")
        # All of them are before us, from one address; we come from another.
        elsewhere = ("-o", "BindAddress=127.0.0.2")
        done = subprocess.run(serving.ssh("thandi", "version", options=elsewhere), timeout=60, check=False)
        assert done.returncode == 0


def test_a_flood_pushes_itself_out() -> None:
    room: WaitingRoom[int] = WaitingRoom(3)
    assert [room.enter(number, "flood") for number in (1, 2, 3)] == [None, None, None]
    assert room.enter(4, "flood") == 1
    assert [room.enter(number, "here") for number in (5, 6)] == [2, 3]  # two of three are here now
    assert room.enter(7, "there") == 5
    room.leave(4)
    room.leave(1)  # which is gone
    assert room.enter(8, "there") is None


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:192.0.2.1", "::ffff:c000:201"),
        ("?", "?"),
    ],
)
def test_an_ipv6_network_counts_as_one_address(address: str, network: str) -> None:
    assert network_of(address) == network


def test_stopping_the_server_leaves_nothing(start: Start) -> None:
    serving = start(spares=True)
    with Terminal(serving.ssh("thandi"), columns=100, rows=30) as terminal:
        terminal.wait_for("Total sent,")
        until(lambda: len(serving.parked()) == 2)  # another one has taken the place of the one who came
        everybody = [serving.zygote, *serving.parked(), *serving.sessions()]
        assert len(everybody) == 4
        assert serving.stop() == 0
        assert terminal.wait_exit() == 75
        terminal.wait_for("The server is stopped")
    assert "spare" not in serving.said
    assert not [pid for pid in everybody if Path(f"/proc/{pid}").exists()]


@on_sqlite
def test_killing_the_server_leaves_nothing(start: Start) -> None:
    serving = start(spares=True)
    with Terminal(serving.ssh("thandi"), columns=100, rows=30) as terminal:
        terminal.wait_for("Total sent,")
        until(lambda: len(serving.parked()) == 2)  # another one has taken the place of the one who came
        everybody = [serving.zygote, *serving.parked(), *serving.sessions()]
        os.kill(serving.pid, 9)
        until(lambda: not [pid for pid in everybody if Path(f"/proc/{pid}").exists()])


def test_a_zygote_that_dies_is_replaced(start: Start) -> None:
    serving = start()
    old = serving.zygote
    os.kill(old, 9)
    until(lambda: len(serving.parked()) == 2 and old not in children(serving.pid))
    assert status_of(serving, "thandi", "totals")[0] == 0


@on_sqlite
async def test_with_asyncssh(serving: Serving) -> None:
    async with asyncssh.connect(
        "127.0.0.1",
        serving.port,
        username="lerato",
        client_keys=[str(serving.key("lerato"))],
        known_hosts=None,
        config=None,
    ) as connection:
        done = await connection.run("version")
        assert (done.exit_status, done.stdout) == (0, "msglog 0.1.0\n")
        async with connection.create_process(term_type="xterm-256color", term_size=(100, 30)) as process:
            shown = ""
            while "Total sent," not in shown:
                shown += await asyncio.wait_for(process.stdout.read(65536), 30)
            process.change_terminal_size(90, 20)
            process.stdin.write("q")
            assert (await asyncio.wait_for(process.wait(), 30)).exit_status == 0
        for refused in (connection.start_sftp_client, connection.open_connection):
            with pytest.raises(asyncssh.Error):
                await (refused() if refused == connection.start_sftp_client else refused("127.0.0.1", 22))
        with pytest.raises(asyncssh.ChannelListenError):
            await connection.forward_remote_port("127.0.0.1", 0, "127.0.0.1", 9)


@on_sqlite
def test_with_paramiko(serving: Serving) -> None:
    with paramiko.SSHClient() as client:
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        client.connect(
            "127.0.0.1",
            serving.port,
            "lerato",
            key_filename=str(serving.key("lerato")),
            allow_agent=False,
            look_for_keys=False,
        )
        _, out, _ = client.exec_command("totals --json", timeout=60)
        assert out.read().startswith(b"[")
        assert out.channel.recv_exit_status() == 0
        with pytest.raises(paramiko.SSHException):
            client.open_sftp()


@on_sqlite
def test_no_password_is_asked_for(serving: Serving) -> None:
    transport = paramiko.Transport(("127.0.0.1", serving.port))
    try:
        transport.start_client(timeout=30)
        with pytest.raises(paramiko.BadAuthenticationType) as refused:
            transport.auth_none("thandi")
        assert refused.value.allowed_types == ["publickey"]
    finally:
        transport.close()


@pytest.fixture(scope="module")
def strict(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server as it is by default, to which old clients cannot connect."""
    from msglog_tui.store.engine import Store

    with Serving(
        Store(str(archive)), tmp_path_factory.mktemp("strict"), old_clients=False, spares=False
    ) as running:
        running.admit("thandi")
        yield running


def test_nobody_is_certified_without_an_authority(strict: Serving) -> None:
    key = strict.key("one")
    subprocess.run(["ssh-keygen", "-q", "-s", key, "-I", "test", "-n", "thandi", f"{key}.pub"], check=True)
    assert status_of(strict, "thandi", "version", key="one")[0] == 255


def test_the_auditor_finds_nothing(strict: Serving) -> None:
    program = shutil.which("ssh-audit", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("ssh-audit is not installed")
    done = subprocess.run(
        [program, "-n", "-l", "warn", "-p", str(strict.port), "127.0.0.1"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "[warn]" not in done.stdout
    assert "[fail]" not in done.stdout


@pytest.mark.parametrize("algorithm", exchange.offered())
async def test_every_key_exchange_works(strict: Serving, algorithm: str) -> None:
    async with asyncssh.connect(
        "127.0.0.1",
        strict.port,
        username="thandi",
        client_keys=[str(strict.key("thandi"))],
        known_hosts=None,
        config=None,
        kex_algs=[algorithm],
    ) as connection:
        assert (await connection.run("version")).stdout == "msglog 0.1.0\n"


@pytest.mark.parametrize("algorithm", [*exchange.offered(), "curve25519-sha256"])
def test_the_ssh_of_today_and_of_some_years_ago_comes_in(strict: Serving, algorithm: str) -> None:
    known = subprocess.run(["ssh", "-Q", "kex"], capture_output=True, text=True, check=True).stdout.split()
    if algorithm not in known:
        pytest.skip(f"the ssh of this machine does not know {algorithm}")
    options = ("-o", f"KexAlgorithms={algorithm}")
    done = subprocess.run(
        strict.ssh("thandi", "version", options=options),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if algorithm in exchange.OLD:
        assert (done.returncode, done.stdout) == (255, "")
    else:
        assert (done.returncode, done.stdout) == (0, "msglog 0.1.0\n")


def test_what_is_no_key_is_refused_by_the_exchange() -> None:
    theirs, ours = exchange._Sntrup(b""), exchange._Sntrup(b"")
    secret, ciphertext = ours.encaps(theirs.get_public())
    assert theirs.decaps(ciphertext) == secret
    assert len(secret) == exchange._Sntrup.secret_bytes
    for length in (0, 1157, 1159):
        with pytest.raises(ValueError, match="length"):
            ours.encaps(bytes(length))
    with pytest.raises(ValueError, match="length"):
        theirs.decaps(ciphertext[:-1])


def test_a_flood_waits_behind_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    gate = Floodgate()
    waits = [gate.delay("10.0.0.1") for _ in range(100)]
    assert waits[: int(AT_ONCE)] == pytest.approx([0.0] * int(AT_ONCE))
    assert waits[-1] == pytest.approx((100 - AT_ONCE) / A_SECOND)
    assert gate.delay("10.0.0.2") == 0.0
    assert [gate.delay("10.0.0.1") for _ in range(1000)][-1] == LONGEST
    now += LONGEST + 1
    assert gate.delay("10.0.0.1") == 0.0


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("totals --json", ["totals", "--json"]),
        ("msglog totals", ["totals"]),
        (
            "messages --customer 'Baobab Life' $HOME `id` *",
            ["messages", "--customer", "Baobab Life", "$HOME", "`id`", "*"],
        ),
    ],
)
def test_words_of_a_command(command: str, words: list[str]) -> None:
    assert split(command) == words


@pytest.mark.parametrize("command", ["", "  ", "msglog", "show 'x", '"', "show " + "x" * 4000])
def test_no_words_of_a_command(command: str) -> None:
    with pytest.raises(Refusal):
        split(command)


def test_the_audit_says_who_looked_at_what(start: Start, capfd: pytest.CaptureFixture[str]) -> None:
    from msglog_tui.cli import main

    serving = start()
    fingerprint = serving.admit("lerato")
    assert status_of(serving, "lerato", "totals --start today")[0] == 0
    assert status_of(serving, "lerato", "version", key="stranger")[0] == 255
    with Terminal(serving.ssh("lerato"), columns=120, rows=30) as terminal:
        terminal.wait_for("Total sent,")
        terminal.send("jv")
        terminal.wait_for("Viewing as")
        terminal.send("e")
        terminal.wait_for("ssh -p")
        terminal.send("\r")
        terminal.wait_for("Sent to the terminal")
        terminal.send("q")
        assert terminal.wait_exit() == 0
    until(lambda: not serving.sessions())
    assert serving.stop() == 0
    store = ["--store", serving.store.location]
    assert main([*store, "audit", "--start", "yesterday", "--json"]) == 0
    rows = [
        (row["login"], row["role"], row["action"], row["detail"])
        for row in json.loads(capfd.readouterr().out)
        if row["address"] == "127.0.0.1" and (row["fingerprint"] == fingerprint) == bool(row["role"])
    ]
    assert rows[:3] == [
        ("lerato", "administrator", "command", "totals --start today"),
        ("lerato", "", "log-in refused", "its key is not the user's"),
        ("lerato", "administrator", "session begins", ""),
    ]
    assert [row[2] for row in rows[3:]] == ["view as", "export", "session ends"]
    assert main([*store, "audit", "--end", "2026-01-31", "--csv"]) == 0
    assert len(capfd.readouterr().out.splitlines()) == 1
