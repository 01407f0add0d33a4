"""A real OpenSSH server on a free port of this machine, run by whoever runs the tests."""

from __future__ import annotations

import getpass
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.e2e.serving import until

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

PROGRAM = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin:/usr/bin")
MSGLOG = (sys.executable, "-m", "msglog_tui")


class Sshd:
    """sshd, with its own keys, settings and words in a folder.

    Args:
        folder: Where all that goes.
        settings: Further lines of its settings.
    """

    def __init__(self, folder: Path, *settings: str) -> None:
        self.folder = folder
        self._settings = settings
        self._authorized = folder / "authorized_keys"
        self._authorized.touch()
        self.account = getpass.getuser()

    def __enter__(self) -> Self:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        lines = [
            f"Port {self.port}",
            "ListenAddress 127.0.0.1",
            f"HostKey {self.key('host')}",
            f"AuthorizedKeysFile {self._authorized}",
            "PidFile none",
            "UsePAM no",
            "StrictModes no",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "PermitRootLogin prohibit-password",
            "MaxStartups 100",
            "PrintMotd no",
            "PrintLastLog no",
            "Subsystem sftp internal-sftp",
            "AcceptEnv *",
            "ExposeAuthInfo yes",
            *self._settings,
        ]
        config = self.folder / "sshd_config"
        config.write_text("\n".join(lines) + "\n")
        if not Path("/run/sshd").exists():  # where a server of root keeps a child without rights
            Path("/run/sshd").mkdir(mode=0o755)
        log = self.folder / "sshd.log"
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                [str(PROGRAM), "-D", "-e", "-f", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        try:
            until(lambda: "listening on" in log.read_text() or self._process.poll() is not None, 60)
            assert self._process.poll() is None, log.read_text()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(60)

    def key(self, name: str) -> Path:
        """The private key of somebody, made when it is first asked for."""
        file = self.folder / f"{name}.key"
        if not file.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)], check=True)
        return file

    def admit(self, name: str, command: Sequence[str] | None = None) -> None:
        """Let somebody in, to a command and nothing else if there is one."""
        public = self.key(name).with_suffix(".key.pub").read_text()
        forced = "" if command is None else f'command="{shlex.join(command)}",restrict,pty '
        with self._authorized.open("a") as keys:
            keys.write(forced + public)

    def options(self, name: str) -> list[str]:
        """The options of `ssh`, `scp` and `sftp` with which somebody comes, but for the port."""
        settings = {
            "StrictHostKeyChecking": "no",
            "UserKnownHostsFile": "/dev/null",
            "GlobalKnownHostsFile": "/dev/null",
            "LogLevel": "ERROR",
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "SendEnv": "COLORTERM NO_COLOR LANG MSGLOG_STORE TEXTUAL_LOG",
        }
        options = ["-F", "none", "-i", str(self.key(name))]
        for setting, value in settings.items():
            options += ["-o", f"{setting}={value}"]
        return options

    def ssh(self, name: str, *words: str, options: Sequence[str] = ()) -> list[str]:
        """The command line of the `ssh` client."""
        return [
            "ssh",
            *self.options(name),
            "-p",
            str(self.port),
            *options,
            f"{self.account}@127.0.0.1",
            *words,
        ]
