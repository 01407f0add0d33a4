"""A spare: a process that waits for a session, and becomes it."""

from __future__ import annotations

import fcntl
import gc
import os
import random
import signal
import sys
import termios
import traceback
from typing import TYPE_CHECKING, Final, Protocol

from msglog_tui.errors import Refusal
from msglog_tui.ssh import messages

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from msglog_tui.ssh.messages import Message

REFUSED: Final = 1
CRASHED: Final = 70
"""Exit status of a session that ended by a bug of ours; the server has its traceback."""

_KEPT: Final = ("PATH", "HOME", "TZ", "TMPDIR")
# Of the server's environment; nothing else of it is a session's business.


class Obey(Protocol):
    """Carries out a command line for somebody, on standard output and standard error."""

    def __call__(self, words: Sequence[str], *, login: str, store: str, time_zone: str | None) -> int:
        """Return the exit status."""


def warm_up() -> None:
    """Show an empty archive to nobody, once: what a first screen imports, parses and compiles is then there.

    Nothing of it stays open, and no thread is left.
    """
    import asyncio
    from tempfile import TemporaryDirectory

    import msglog_tui.export  # noqa: F401 - for the commands
    from msglog_tui.reader import Reader
    from msglog_tui.store.engine import Store
    from msglog_tui.tui.app import MsglogApp
    from msglog_tui.tui.wire.driver import QuietDriver  # noqa: F401 - a screen without terminal needs none

    async def show(store: Store) -> None:
        app = MsglogApp(Reader.of_owner(store, "nobody"), "UTC")
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause()

    with TemporaryDirectory() as folder:
        store = Store(f"{folder}/empty.db")
        store.create()
        asyncio.run(show(store))
        store.close()


def live(line: socket.socket, obey: Obey) -> int:
    """Wait for a session and be it.

    Args:
        line: To the server; a spare whose server goes away ends.
        obey: Carries out a command line.

    Returns:
        The exit status.
    """
    message, descriptors = messages.receive(line)
    if message is None:
        return 0
    random.seed()  # all spares are copies of one process
    _take_environment(message["environment"])
    try:
        if message["kind"] == "screen":
            _take_terminal(descriptors[0])
            return _show(message)
        _take_outputs(*descriptors)
        return _run(message, obey)
    except Refusal as error:
        print(f"msglog: {error}", file=sys.stderr)
        return REFUSED
    except BaseException:
        _tell(line, {"crash": traceback.format_exc()})
        return CRASHED


def _take_environment(given: dict[str, str]) -> None:
    kept = {name: value for name in _KEPT if (value := os.environ.get(name)) is not None}
    os.environ.clear()
    os.environ.update(kept | given)


def _take_terminal(terminal: int) -> None:
    """Lead a session of the terminal's own, so that its end is ours: the kernel sends SIGHUP."""
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    for descriptor in (0, 1, 2):
        os.dup2(terminal, descriptor)
    os.close(terminal)


def _take_outputs(out: int, err: int) -> None:
    """Write to pipes; standard input stays empty.  Whoever stops reading ends us."""
    os.setsid()
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.close(out)
    os.close(err)


def _show(message: Message) -> int:
    from msglog_tui.reader import Reader
    from msglog_tui.store.engine import Store
    from msglog_tui.tui import run

    gc.enable()
    reader = Reader.of(Store(message["store"]), message["login"])
    if reader.identity.user is None:
        raise Refusal("You are no longer a user of this archive. Ask whoever runs it.")
    zone = message["time_zone"] or reader.identity.user.time_zone or message["server_zone"]
    return run(reader, zone)


def _run(message: Message, obey: Obey) -> int:
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    status: int = obey(
        message["words"], login=message["login"], store=message["store"], time_zone=message["time_zone"]
    )
    sys.stdout.flush()
    return status


def _tell(line: socket.socket, message: Message) -> None:
    try:
        messages.send(line, message)
    except OSError:  # the server is gone, and with it whoever would have read it
        return
