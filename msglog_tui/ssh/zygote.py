"""The process from which all sessions are forked: everything imported, nothing known.

It has no thread, no connection, no key, and of the archive nothing but the URL of its server, if it lies on
one.  Whoever comes out of a fork is a spare (`spare`).
"""

from __future__ import annotations

import ctypes
import fcntl
import gc
import os
import select
import shutil
import signal
import socket
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import TYPE_CHECKING, Final

from msglog_tui.ssh import messages, spare
from msglog_tui.ssh.spare import Stores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from msglog_tui.ssh.messages import Message
    from msglog_tui.ssh.spare import Obey

_LIBC = ctypes.CDLL(None)

_FOLDER: Final = "msglog-zygote-"

_BEGINNING: Final = 60.0
# Seconds after which a folder that nobody has locked is not one that is only just being made.


class Zygote:
    """Forks spares as the server asks, tells it of their ends, and passes its signals on.

    Only the parent of a process can send it a signal without a doubt whom it reaches: as long as it has not
    asked for the end of its child, no other process can have the same number.

    Args:
        control: The line to the server; the zygote ends with it.
        stores: What spares rehearse and what they read with.
        obey: Carries out a command line in a spare.
    """

    def __init__(self, control: socket.socket, stores: Stores, obey: Obey) -> None:
        self._control = control
        self._stores = stores
        self._obey = obey
        self._pids: dict[int, int] = {}
        self._woken, self._wake = os.pipe()

    def run(self) -> None:
        """Serve until the server is gone."""
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(self._wake)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the server, which then closes the line
        while True:
            ready, _, _ = select.select([self._control.fileno(), self._woken], [], [])
            if self._woken in ready:
                os.read(self._woken, 512)
                self._bury()
            if self._control.fileno() in ready:
                message, _ = messages.receive(self._control)
                if message is None:
                    return
                self._do(message)

    def _do(self, message: Message) -> None:
        number = message["spare"]
        if "signal" in message:
            if (pid := self._pids.get(number)) is not None:
                os.kill(pid, message["signal"])
        else:
            self._fork(number, spare.park if message["screen"] else spare.live)

    def _fork(self, number: int, be: Callable[[socket.socket, Stores, Obey], int]) -> None:
        ours, theirs = messages.pair()
        pid = os.fork()
        if pid == 0:
            ours.close()
            self._become_spare(theirs, be)
        self._pids[number] = pid
        messages.send(self._control, {"spare": number, "pid": pid}, [ours.fileno()])
        ours.close()
        theirs.close()

    def _become_spare(self, line: socket.socket, be: Callable[[socket.socket, Stores, Obey], int]) -> None:
        """Be the child of the fork; never returns."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            _end_with_parent()
            self._control.close()
            os.close(self._woken)
            os.close(self._wake)
            status = be(line, self._stores, self._obey)
        finally:
            # Nothing that was prepared for the end of the parent may be done at the end of the child.
            os._exit(status)

    def _bury(self) -> None:
        for number, pid in list(self._pids.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                del self._pids[number]
                code = os.waitstatus_to_exitcode(status)
                messages.send(self._control, {"spare": number, "status": code})


def _end_with_parent() -> None:
    """Have Linux send SIGHUP when the zygote is gone, which ends itself when the server is."""
    if sys.platform == "linux":
        _LIBC.prctl(1, int(signal.SIGHUP))


@contextmanager
def kept(folder: str) -> Iterator[None]:
    """Hold the lock by which systemd, and zygotes to come, know that a temporary folder is in use."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def remove_left_behind(parent: Path) -> None:
    """Remove folders of zygotes that were killed, with all that came out of them.

    Args:
        parent: The folder of temporary files.
    """
    for folder in parent.glob(f"{_FOLDER}*"):
        with suppress(OSError):  # it is gone, somebody else's, or in use
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                status = os.fstat(descriptor)
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if status.st_uid == os.getuid() and time.time() - status.st_mtime > _BEGINNING:
                    shutil.rmtree(folder)
            finally:
                os.close(descriptor)


def main(obey: Obey) -> None:
    """Be the zygote of the server that started this process and left a line to it as standard input.

    Args:
        obey: Carries out a command line in a spare.
    """
    control = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nothing, descriptor)
    os.close(nothing)
    remove_left_behind(Path(gettempdir()))
    with TemporaryDirectory(prefix=_FOLDER) as folder, kept(folder):
        rehearsed = spare.warm_up(folder)
        order, _ = messages.receive(control)
        if order is None:
            return
        from msglog_tui.ssh.practice import practised  # with SQLAlchemy, of which nobody else needs to know

        stores = Stores(rehearsed, practised(order["archive"]) if order["archive"] else rehearsed)
        gc.collect()
        gc.freeze()
        try:
            Zygote(control, stores, obey).run()
        except OSError as error:  # the server went away in the middle of a word
            print(f"msglog: the zygote ends: {error}", file=sys.stderr)
