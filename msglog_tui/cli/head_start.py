"""A head start for the screen: another process reads the archive while this one makes the screen.

Importing SQLAlchemy takes as long as everything else between the command and the first screen.  So a child,
which costs nothing to begin, imports it beside us and answers what the first screen asks; when the screen is
there and nobody is waiting, this process opens the archive too, and the child is done.
"""

from __future__ import annotations

import gc
import os
import pickle
import select
import signal
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

from msglog_tui.cancel import Cancel
from msglog_tui.errors import Cancelled, Refusal
from msglog_tui.types import Order

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import BufferedRWPair

    from msglog_tui.reader import Reader
    from msglog_tui.types import Identity, Scope

_ASKED_FIRST: Final = frozenset(
    {
        "enterprises_reached",
        "customer_ids",
        "customers",
        "anchors",
        "messages_from",
        "messages_by_id",
        "overview",
    }
)
"""Questions of the first screen: plain values go there and come back."""

_GLANCE: Final = 0.05
"""Seconds between two looks at whether an answer is still wanted."""

_QUIET: Final = 0.3
"""Seconds without a question after which the first screen is taken for done."""


def begin(open_archive: Callable[[], tuple[Reader, str]]) -> tuple[Reader, str]:
    """Open an archive in a child, import the screen meanwhile, and hand out what reads through the child.

    Args:
        open_archive: Gives the reader and the zone of dates.  The child calls it, and later this process.

    Raises:
        Refusal: The child was refused.
    """
    ours, its = socket.socketpair()
    child = os.fork()
    if not child:
        ours.close()
        _serve(its, open_archive)
    its.close()
    import msglog_tui.tui.app  # noqa: F401 - this is what the time is used for

    try:
        reader = _EarlyReader(ours, child, open_archive)
    except (EOFError, OSError):  # somebody killed it
        return open_archive()
    return cast("Reader", reader), reader.zone


def _serve(end: socket.socket, open_archive: Callable[[], tuple[Reader, str]]) -> None:
    """Answer until there is nobody to ask; in the child, which never comes back from here."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C ends it without a word: its parent says one
    channel = end.makefile("rwb")
    try:
        try:
            reader, zone = open_archive()
            answer: object = (reader.identity, zone)
        except Exception as error:
            _send(channel, error)
        else:
            _send(channel, answer)
            _practise(reader, zone)
            _answer(reader, channel)
    finally:
        os._exit(0)


def _answer(reader: Reader, channel: BufferedRWPair[Any, Any]) -> None:
    while True:
        try:
            name, arguments = pickle.load(channel)  # noqa: S301 - from our own parent
            answer = getattr(reader, name)(*arguments)
        except EOFError:
            break
        except Exception as error:
            answer = error
        _send(channel, answer)


def _send(channel: BufferedRWPair[Any, Any], answer: object) -> None:
    pickle.dump(answer, channel)
    channel.flush()


def _practise(reader: Reader, zone: str) -> None:
    """Ask what the first screen is going to ask, while that is still being imported.

    A question takes the longest the first time, when its statement is put together.
    """
    from msglog_tui import dates

    with suppress(Refusal):
        window = dates.window(*dates.month_to_date(dates.today(zone)), zone)
        enterprises, _ = reader.enterprises_reached(window, Order.DATE)
        if enterprises and reader.scope.sees_transactions:
            reader.overview(window, enterprises[0].id, None)


class _EarlyReader:
    """Stands in for a `Reader` until this process has its own."""

    def __init__(
        self, end: socket.socket, child: int, open_archive: Callable[[], tuple[Reader, str]]
    ) -> None:
        self._socket = end
        self._channel = end.makefile("rwb")
        self._child = child
        self._open_archive = open_archive
        self._asking = threading.Lock()
        self._opening = threading.Lock()
        self._own: Reader | None = None
        self._quiet: threading.Timer | None = None
        self.identity: Identity
        self.zone: str
        try:
            self.identity, self.zone = self._receive()
        except BaseException:
            self._end_child()
            raise

    @property
    def scope(self) -> Scope:
        """What the reader may see."""
        return self.identity.scope

    def __getattr__(self, name: str) -> Any:
        if self._own is None and name in _ASKED_FIRST:
            return lambda *arguments: self._ask(name, arguments)
        return getattr(self._own_reader(), name)

    def _ask(self, name: str, arguments: tuple[Any, ...]) -> Any:
        plain = tuple(argument for argument in arguments if not isinstance(argument, Cancel))
        cancel = next((argument for argument in arguments if isinstance(argument, Cancel)), None)
        with self._asking, suppress(EOFError, OSError):  # somebody killed the child
            if self._own is None:
                pickle.dump((name, plain), self._channel)
                self._channel.flush()
                self._wait(cancel)
                answer = self._receive()
                self._be_ready_soon()
                return answer
        return getattr(self._own_reader(), name)(*arguments)

    def _wait(self, cancel: Cancel | None) -> None:
        """Wait for the answer; once it is not wanted any more, the query ends with the child."""
        while not select.select([self._socket], [], [], _GLANCE)[0]:
            if cancel is not None and cancel.cancelled:
                os.kill(self._child, signal.SIGKILL)
                raise Cancelled

    def _receive(self) -> Any:
        answer = pickle.load(self._channel)  # noqa: S301 - from our own child
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _end_child(self) -> None:
        with suppress(OSError), self._socket:
            self._channel.close()
        os.kill(self._child, signal.SIGKILL)  # it only reads: nothing is lost, whatever it is at
        os.waitpid(self._child, 0)

    def _be_ready_soon(self) -> None:
        if self._quiet is not None:
            self._quiet.cancel()
        self._quiet = threading.Timer(_QUIET, self._open_now)
        self._quiet.daemon = True
        self._quiet.start()

    def _open_now(self) -> None:
        with suppress(Refusal):  # the next question says it
            self._own_reader()

    def _own_reader(self) -> Reader:
        with self._opening:
            own = self._own
            if own is None:
                own, _ = self._open_archive()
                # What was imported for it stays for good: to look through it for garbage holds keys up.
                gc.freeze()
                with self._asking:
                    self._own = own
                    self._end_child()
            return own
