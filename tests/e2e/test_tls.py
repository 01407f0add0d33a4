"""An archive on a server that lets nobody in without TLS and a password, or a certificate."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from msglog_tui.cli import main
from msglog_tui.store.engine import Store
from tests.certificates import Authority
from tests.e2e.serving import Serving, children, until
from tests.e2e.terminal import Terminal
from tests.postgresql import Servers, installed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgresql import Server

pytestmark = pytest.mark.skipif(
    not installed(), reason="there is no PostgreSQL with OpenSSL (Debian's) on this machine"
)

PASSWORD = "hush/pass@word"
DOOR = """
local all postgres trust
hostssl all certified 127.0.0.1/32 cert
hostssl all all 127.0.0.1/32 scram-sha-256
"""


class Guarded:
    """The server and who may come."""

    def __init__(self, servers: Servers, folder: Path) -> None:
        authority, stranger = Authority("authority"), Authority("stranger")
        mine = authority.certify("localhost")
        files = {
            "server.crt": mine.certificate,
            "server.key": mine.key,
            "ca.crt": authority.certificate,
            "pg_hba.conf": DOOR,
        }
        self.server: Server = servers.start("guarded", files, ssl="on", ssl_ca_file="ca.crt")
        self.folder = folder
        self.authority, self.stranger = folder / "ca.crt", folder / "other.crt"
        self.authority.write_bytes(authority.certificate)
        self.stranger.write_bytes(stranger.certificate)
        self.certificate, self.key = authority.certify("certified").lay(folder, "certified")
        self.server.execute(f"CREATE ROLE owner LOGIN CREATEROLE PASSWORD '{PASSWORD}'")
        self.server.execute("CREATE DATABASE log OWNER owner TEMPLATE template0")

    def url(self, user: str = "owner", host: str = "localhost", **settings: str | Path) -> str:
        """The URL by TCP, by which everything of the server and its certificate is looked at."""
        wanted = {"sslmode": "verify-full", "sslrootcert": self.authority, **settings}
        asked = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in wanted.items())
        return f"postgresql://{user}@{host}:{self.server.port}/log?{asked}"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with Servers(installed()[-1]) as servers, pytest.MonkeyPatch.context() as patch:
        made = Guarded(servers, tmp_path_factory.mktemp("tls"))
        patch.setenv("PGPASSWORD", PASSWORD)
        store = Store(made.url())
        store.init()
        store.close()
        made.server.execute("CREATE ROLE certified LOGIN IN ROLE msglog_reader, owner")
        yield made


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known of libpq's own settings."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pgpass"))
    monkeypatch.setenv("HOME", str(tmp_path))


def ask(capsys: pytest.CaptureFixture[str], url: str, *words: str) -> tuple[int, str]:
    """A command: its status and all that it said, in which no password is."""
    status = main(["--store", url, *(words or ("totals", "--json"))])
    out, err = capsys.readouterr()
    assert "hush" not in out + err
    assert status == 0 or (err.startswith("msglog: The store postgresql://") and err.count("\n") == 1)
    return status, out + err


def test_a_certificate_of_the_server_is_looked_at(
    guarded: Guarded, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    assert ask(capsys, guarded.url()) == (0, "[]\n")
    store = Store(guarded.url())
    with store.reading() as connection:
        encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        assert connection.exec_driver_sql(encrypted).scalar() is True
    store.close()
    for url, cause in (
        (guarded.url(sslrootcert=guarded.stranger), "certificate verify failed"),
        (guarded.url(host="127.0.0.1"), 'does not match host name "127.0.0.1"'),
        (guarded.url(sslrootcert=tmp_path / "none.crt"), "none.crt"),
        (guarded.url(sslmode="disable"), "no encryption"),
    ):
        status, said = ask(capsys, url)
        assert (status, cause in said) == (1, True), said
        assert "check sslmode" in said or "let you in from here" in said


def test_a_certificate_of_ones_own_is_enough(guarded: Guarded, capsys: pytest.CaptureFixture[str]) -> None:
    own = {"sslcert": guarded.certificate, "sslkey": guarded.key}
    assert ask(capsys, guarded.url("certified", **own)) == (0, "[]\n")
    status, said = ask(capsys, guarded.url("certified"))
    assert (status, "certificate" in said) == (1, True), said


@pytest.mark.parametrize("by", ["the file of passwords", "the environment", "a service", "the URL"])
def test_passwords_come_as_libpq_takes_them(
    guarded: Guarded,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    by: str,
) -> None:
    status, said = ask(capsys, guarded.url())
    assert (status, "~/.pgpass or PGPASSWORD" in said) == (1, True), said
    monkeypatch.setenv("PGPASSWORD", "hush, wrong")
    status, said = ask(capsys, guarded.url())
    assert (status, "password authentication failed" in said) == (1, True), said
    monkeypatch.delenv("PGPASSWORD")
    url = guarded.url()
    if by == "the file of passwords":
        file = tmp_path / "pgpass"
        file.write_text(f"localhost:{guarded.server.port}:log:owner:{PASSWORD}\n")
        file.chmod(0o600)
    elif by == "the environment":
        monkeypatch.setenv("PGPASSWORD", PASSWORD)
    elif by == "a service":
        file = tmp_path / "services"
        lines = {"host": "localhost", "port": guarded.server.port, "dbname": "log", "user": "owner"}
        lines |= {"password": PASSWORD, "sslmode": "verify-full", "sslrootcert": guarded.authority}
        file.write_text("[logs]\n" + "".join(f"{name}={value}\n" for name, value in lines.items()))
        monkeypatch.setenv("PGSERVICEFILE", str(file))
        url = "postgresql://?service=logs"
    else:
        url = url.replace("owner@", f"owner:{quote(PASSWORD, safe='')}@")
    assert ask(capsys, url) == (0, "[]\n")
    assert "is an archive of this version" in ask(capsys, url, "init")[1]


@pytest.mark.parametrize("by", ["the URL", "the environment"])
def test_a_password_is_in_no_list_of_processes_nor_on_a_screen(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, by: str
) -> None:
    url = guarded.url()
    if by == "the URL":
        url = url.replace("owner@", f"owner:{quote(PASSWORD, safe='')}@")
    else:
        monkeypatch.setenv("PGPASSWORD", PASSWORD)
    store = Store(url)
    assert main(["--store", url, "user", "add", "thandi", "--role", "operator"]) == 0
    with Serving(store, tmp_path, spares=False, in_environment=True) as serving:
        serving.admit("thandi")
        with Terminal(serving.ssh("thandi"), columns=120, rows=36) as terminal:
            terminal.wait_for("Total sent,")
            (session,) = serving.sessions()
            everybody = [serving.pid, serving.zygote, session, *children(serving.zygote)]
            said = b"".join(Path(f"/proc/{pid}/cmdline").read_bytes() for pid in everybody)
            assert b"serve" in said
            assert b"hush" not in said
            terminal.send("e")
            terminal.wait_for("ssh -p")
            terminal.send("\x1b")
            terminal.wait_for(lambda lines: not any("ssh -p" in line for line in lines))
            terminal.send("q")
            assert terminal.wait_exit() == 0
            assert b"hush" not in terminal.bytes_written
        done = subprocess.run(
            serving.ssh("thandi", "totals", "--json"), capture_output=True, text=True, check=True
        )
        assert json.loads(done.stdout) == []
        until(lambda: len(noted(url)) >= 3)
        assert "hush" not in serving.said
    assert not [line for line in noted(url) if "hush" in str(line)]
    assert main(["--store", url, "user", "remove", "thandi"]) == 0
    store.close()


def noted(url: str) -> list[object]:
    """The audit."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MSGLOG")}
    words = [sys.executable, "-m", "msglog_tui", "audit", "--start", "2020", "--json"]
    done = subprocess.run(
        words, env=environment | {"MSGLOG_STORE": url}, capture_output=True, text=True, check=True
    )
    found: list[object] = json.loads(done.stdout)
    return found
