"""A running `msglog serve`, and clients for it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from msglog_tui import public_key
from msglog_tui.ssh.attach import socket_of
from msglog_tui.store import keys

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from msglog_tui.store.engine import Store


def until(condition: Callable[[], object], timeout: float = 30, why: str = "") -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, why or f"it did not come to pass in {timeout} s"
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()
            if int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(stat.parent.name))
    return sorted(found)


class Serving:
    """`msglog serve` on a free port of this machine, with its words in a file.

    Args:
        store: The archive.
        folder: Where keys and the log go.
        options: Further options of `msglog serve`.
        old_clients: Whether clients can connect that know X25519 alone.
        spares: Whether to wait until there are spares; without, who comes first waits for more.
        in_environment: Whether the store is told by the environment, which no list of processes shows.
    """

    def __init__(
        self,
        store: Store,
        folder: Path,
        *options: str,
        old_clients: bool = True,
        spares: bool = True,
        in_environment: bool = False,
    ) -> None:
        self.store = store
        self.folder = folder
        self.log = folder / "serve.log"
        self._spares = spares
        self._in_environment = in_environment
        self._options = (*(["--old-clients"] if old_clients else []), *options)

    def __enter__(self) -> Self:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MSGLOG")}
        command = [sys.executable, "-m", "msglog_tui"]
        if self._in_environment:
            inherited["MSGLOG_STORE"] = self.store.location
        else:
            command += ["--store", self.store.location]
        command += ["serve", "--listen", "127.0.0.1:0", *self._options]
        if self.store.file is None:  # beside which they would lie
            command += ["--host-key", str(self.folder / "host_key"), "--socket", str(self.socket)]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=inherited
            )
        try:
            until(lambda: "Listening on" in self.said or self._process.poll() is not None, 60)
            self.port = int(re.search(r"Listening on \S+:(\d+)", self.said)[1])  # type: ignore[index]
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise
        if self._spares:
            until(lambda: len(self.parked()) == 2, 60, "no spares")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> int:
        """End the server as systemd does, and say its exit status."""
        if self._process.poll() is None:
            self._process.terminate()
        return self._process.wait(60)

    @property
    def socket(self) -> Path:
        """Where `msglog attach` calls."""
        return Path(socket_of(str(self.store.file or self.folder / "archive")))

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self._process.pid

    @property
    def said(self) -> str:
        """What the server has written so far."""
        return self.log.read_text(errors="replace")

    @property
    def zygote(self) -> int:
        """Process id of the zygote."""
        (found,) = children(self.pid)
        return found

    def parked(self) -> list[int]:
        """Process ids of the spares that wait; a session leads a session of its own."""
        return [pid for pid in self._forked() if not _leads(pid)]

    def sessions(self) -> list[int]:
        """Process ids of the sessions."""
        return [pid for pid in self._forked() if _leads(pid)]

    def _forked(self) -> list[int]:
        return [pid for zygote in children(self.pid) for pid in children(zygote)]

    def key(self, name: str) -> Path:
        """The private key of somebody, made when it is first asked for."""
        file = self.folder / f"{name}.key"
        if not file.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)], check=True)
        return file

    def admit(self, login: str) -> str:
        """Give a user of the store a key, and say its fingerprint."""
        key = public_key.parse(self.key(login).with_suffix(".key.pub").read_text())
        with self.store.writing() as connection:
            keys.add(connection, login, key, 0)
        return key.fingerprint

    def ssh(
        self,
        login: str,
        *words: str,
        key: str | None = None,
        options: tuple[str, ...] = (),
        port: int | None = None,
    ) -> list[str]:
        """The command line of the `ssh` client."""
        settings = {
            "StrictHostKeyChecking": "no",
            "UserKnownHostsFile": "/dev/null",
            "GlobalKnownHostsFile": "/dev/null",
            "LogLevel": "ERROR",
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "PasswordAuthentication": "yes",
            "SendEnv": "COLORTERM NO_COLOR LANG MSGLOG_STORE",
        }
        command = ["ssh", "-F", "none", "-p", str(port or self.port), "-i", str(self.key(key or login))]
        for name, value in settings.items():
            command += ["-o", f"{name}={value}"]
        return [*command, *options, f"{login}@127.0.0.1", *words]


def _leads(pid: int) -> bool:
    with suppress(ProcessLookupError):
        return os.getsid(pid) == pid
    return False
