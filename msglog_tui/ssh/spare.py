"""A spare: a process that waits for a session, and becomes it."""

from __future__ import annotations

import fcntl
import gc
import os
import random
import signal
import socket
import sys
import termios
import time
import traceback
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from msglog_tui.endings import LIMITED, TAKEN_BACK
from msglog_tui.errors import Refusal
from msglog_tui.ssh import environment, messages
from msglog_tui.ssh.words import NO_TERMINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from msglog_tui.reader import Reader
    from msglog_tui.ssh.messages import Message
    from msglog_tui.store.engine import Store
    from msglog_tui.tui.remote import Remote

REFUSED: Final = 1
CRASHED: Final = 70
"""Exit status of a session that ended by a bug of ours; the server has its traceback."""

_PATIENCE: Final = 5.0
# Seconds in which `msglog attach` must send what it has said that it has.

_LOOKED_AT: Final = ("right", "2", "1", "down", "right", "down", "2", "1", "f", "escape", "w", "escape")
# The keys of a first look: transactions, a customer, a message, its deliveries, what went wrong, a person.


class Obey(Protocol):
    """Carries out a command line for somebody, on standard output and standard error."""

    def __call__(self, words: Sequence[str], *, login: str, store: str, time_zone: str | None) -> int:
        """Return the exit status."""


class Stores(NamedTuple):
    """The stores of a spare.

    Attributes:
        rehearsal: Of an archive that means nothing.
        archive: To be moved to the archive of a session, with statements put together; may be the same.
    """

    rehearsal: Store
    archive: Store


def warm_up(folder: str) -> Store:
    """Show a tiny archive to nobody, once: what a session imports, parses and compiles is then there.

    Nothing of it stays open, and no thread is left.

    Args:
        folder: Where the archive is made, for spares to rehearse with.

    Returns:
        The store of that archive.
    """
    import asyncio

    import msglog_tui.export  # noqa: F401 - for the commands
    from msglog_tui.reader import Reader
    from msglog_tui.store.engine import Store
    from msglog_tui.tui.app import MsglogApp
    from msglog_tui.tui.wire.driver import QuietDriver  # noqa: F401 - a screen without terminal needs none

    async def show(store: Store) -> None:
        app = MsglogApp(Reader.of_owner(store, "nobody"), "UTC")
        async with app.run_test(size=(120, 40)) as pilot:
            for key in _LOOKED_AT:
                await pilot.press(key)
                await app.workers.wait_for_complete()
                await pilot.pause()

    store = Store(f"{folder}/tiny.db")
    store.create()
    _fill(store)
    asyncio.run(show(store))
    store.close()
    return store


def _fill(store: Store) -> None:
    from msglog_tui.delivery import DeliveryRecord, DeliveryStatus
    from msglog_tui.store.writes import Writer
    from msglog_tui.types import MessageRecord

    now, wrong = int(time.time()), DeliveryStatus.BOUNCED
    with Writer(store) as writer:
        writer.messages([MessageRecord("-", "-", "-", "-", 0, 1, 0, None, now, "-", ("-",))])
        writer.deliveries(
            [
                DeliveryRecord(
                    *(
                        "-",
                        "-",
                        "-",
                        "-",
                        "-@example.com",
                        0,
                        wrong,
                        now,
                        "-",
                        "-",
                        "-",
                        "-",
                        "-",
                        now,
                        "-",
                        (),
                    )
                )
            ]
        )


def live(line: socket.socket, stores: Stores, obey: Obey) -> int:
    """Wait for a session and be it.

    Args:
        line: To the server; a spare whose server goes away ends.
        stores: Of which one is moved to the archive of the session.
        obey: Carries out a command line.

    Returns:
        The exit status.
    """

    def session() -> int:
        order = _wait(line)
        if order["kind"] == "command":
            return _run(order, obey)
        from msglog_tui.tui import run

        gc.enable()
        return _checked(run(*_reader(order, line, stores.archive)))

    return _ended(line, session)


def park(line: socket.socket, stores: Stores, _: Obey) -> int:
    """Lay a screen out for nobody, wait for a session and show it there.

    Arguments and result are those of `live`.
    """
    from msglog_tui import dates
    from msglog_tui.reader import Reader
    from msglog_tui.tui.parked import ParkedApp

    def arrive() -> tuple[Reader, str, Remote]:
        return _reader(_wait(line), line, stores.archive)

    def session() -> int:
        os.environ.update(TERM="xterm-256color", LANG="C.UTF-8")
        rehearsal = Reader.of_owner(stores.rehearsal, "nobody")
        app = ParkedApp(rehearsal, dates.local_zone(), line.fileno(), stores.rehearsal.close, arrive)
        return _checked(app.show())

    return _ended(line, session)


def _wait(line: socket.socket) -> Message:
    """Wait for an order, and take the terminal or the outputs that come with it.

    Raises:
        SystemExit: The server is gone.
        Refusal: What came is no terminal.
    """
    order, descriptors = messages.receive(line)
    if order is None:
        raise SystemExit(0)
    random.seed()  # all spares are copies of one process
    # Rubbish is memory that no other session shares: look for it often, and forget how much there was to look
    # through before all that was frozen, which would put the next look off.
    gc.set_threshold(700, 5, 2)
    gc.collect()
    environment.replace(order["environment"], ours=True)
    os.setsid()
    if "attached" in order:
        _take_all(line, descriptors[0], order["kind"])
    elif order["kind"] == "screen":
        _take_terminal(descriptors[0])
    else:
        _take(dict(zip((1, 2), descriptors, strict=True)))  # nothing can be read
    return order


def _ended(line: socket.socket, session: Callable[[], int]) -> int:
    """The exit status of a session; the person at the terminal gets a sentence and never a traceback."""
    try:
        return session()
    except Refusal as error:
        print(f"msglog: {error}", file=sys.__stderr__)
        return REFUSED
    except SystemExit:
        return 0
    except BaseException:
        _tell(line, {"crash": traceback.format_exc()})
        return CRASHED


def _take_terminal(terminal: int) -> None:
    """Lead the terminal's own session, so that its end is ours: the kernel sends SIGHUP."""
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    _take(dict.fromkeys((0, 1, 2), terminal))


def _take_all(line: socket.socket, theirs: int, kind: str) -> None:
    """Take what `msglog attach` sends by its own line; the terminal stays the one of its session.

    So nobody but `msglog attach` is told by the kernel of the terminal's end.  The server is, by that.
    """
    with socket.socket(fileno=theirs) as attached:
        attached.settimeout(_PATIENCE)
        _, sent = messages.receive_raw(attached)
    if len(sent) != 3:
        raise SystemExit(0)
    _take(dict(zip((0, 1, 2), sent, strict=True)))
    messages.send(line, {"arrived": True})
    if kind == "screen" and not (os.isatty(0) and os.isatty(1)):
        raise Refusal(NO_TERMINAL)


def _take(descriptors: dict[int, int]) -> None:
    """Have these as standard input, output and error."""
    for number, descriptor in descriptors.items():
        os.dup2(descriptor, number)
    for descriptor in set(descriptors.values()):
        os.close(descriptor)


def _checked(status: int) -> int:
    """The exit status of the screen, which ends by itself, in time, or by an error of ours."""
    return status if status in (0, LIMITED) else CRASHED


def _reader(order: Message, line: socket.socket, store: Store) -> tuple[Reader, str, Remote]:
    """Who reads the archive, in which zone, from where."""
    from msglog_tui.reader import Reader
    from msglog_tui.tui.remote import Remote
    from msglog_tui.tui.watch import Limits

    store.move(order["store"])
    reader = Reader.of(store, order["login"])
    if reader.identity.user is None:
        raise Refusal(TAKEN_BACK)
    remote = Remote(
        call=order["call"],
        note=lambda action, detail: _tell(line, {"action": action, "detail": detail}),
        crashed=lambda text: _tell(line, {"crash": text}),
        limits=Limits(order["idle"]) if "idle" in order else None,
    )
    return reader, order["time_zone"] or reader.identity.user.time_zone or order["server_zone"], remote


def _run(order: Message, obey: Obey) -> int:
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    status: int = obey(
        order["words"], login=order["login"], store=order["store"], time_zone=order["time_zone"]
    )
    sys.stdout.flush()
    return status


def _tell(line: socket.socket, message: Message) -> bool:
    """Tell the server; false when it is gone, and with it whoever would have read it."""
    try:
        messages.send(line, message)
    except OSError:
        return False
    return True
