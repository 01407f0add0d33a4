"""A writer in a process of its own: while it stores a batch, the next one is read and checked.

Reading a file and storing it take turns in one process, though neither needs the other's results.  So batches
go to a child, one at a time: the pipe holds back whoever is faster, and memory stays that of two batches.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import socket
from contextlib import suppress
from itertools import repeat
from traceback import format_exc
from typing import TYPE_CHECKING, Any, Self

from msglog_tui.errors import Refusal, StoreError
from msglog_tui.types import MessageRecord, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from io import BufferedRWPair

    from msglog_tui.delivery import DeliveryRecord
    from msglog_tui.importers.run import Writer
    from msglog_tui.types import TransactionRecord

_NOTHING = Outcome(0, 0, 0)


class WriterBeside:
    """Hands batches to a writer in another process.

    What a batch did, and what went wrong with it, is told when the next one is handed over, or at the end
    (`settle`).  Use it as a context manager; when the block is left, all that was handed over is stored.

    Args:
        open_writer: Makes the writer.  It is called in the other process: no connection to a database may be
            open in this one.
    """

    def __init__(self, open_writer: Callable[[], AbstractContextManager[Writer]]) -> None:
        self._open_writer = open_writer
        self._awaited = 0

    def __enter__(self) -> Self:
        self._end, its = socket.socketpair()
        self._child = os.fork()
        if not self._child:
            self._end.close()
            _serve(its, self._open_writer)
        its.close()
        self._channel = self._end.makefile("rwb")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            # A refusal may say that what came before is stored: then that must be so.
            if kind is None or issubclass(kind, Refusal):
                self.settle()
        finally:
            with suppress(OSError):  # it may have ended before it took all that was written to it
                self._channel.close()
            self._end.close()
            os.waitpid(self._child, 0)

    def messages(self, batch: Sequence[MessageRecord]) -> Outcome:
        """Have messages stored in one transaction; returns what the batch before did."""
        # By columns, which are packed and unpacked several times as fast as records.
        return self._hand_over("messages", list(zip(*batch, strict=True)))

    def transactions(self, batch: Sequence[TransactionRecord]) -> Outcome:
        """Have transactions stored in one transaction; returns what the batch before did."""
        return self._hand_over("transactions", batch)

    def deliveries(self, batch: Sequence[DeliveryRecord]) -> Outcome:
        """Have deliveries stored in one transaction; returns what the batch before did."""
        return self._hand_over("deliveries", batch)

    def settle(self) -> Outcome:
        """Wait for the last batch; returns what it did."""
        return self._receive() if self._awaited else _NOTHING

    def _hand_over(self, what: str, batch: object) -> Outcome:
        with suppress(BrokenPipeError, ConnectionResetError):  # what ended it has been told already
            pickle.dump((what, batch), self._channel, pickle.HIGHEST_PROTOCOL)
            self._channel.flush()
        done = self.settle()
        self._awaited = 1
        return done

    def _receive(self) -> Outcome:
        self._awaited = 0
        try:
            answer: Outcome | Exception = pickle.load(self._channel)  # noqa: S301 - from our own child
        except (EOFError, OSError):
            raise StoreError("The process that was writing the store has ended. Import again.") from None
        if isinstance(answer, Exception):
            raise answer
        return answer


def _serve(end: socket.socket, open_writer: Callable[[], AbstractContextManager[Writer]]) -> None:
    """Store what comes until nothing more does; in the child, which never comes back from here."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent; without one, there is no more
    # There are no cycles among rows; those that the database's tools leave are collected after each batch.
    gc.freeze()
    gc.disable()
    channel = end.makefile("rwb")
    try:
        with open_writer() as writer:
            while (handed := _next(channel)) is not None:
                answer = _store(writer, *handed)
                gc.collect(0)
                _tell(channel, answer)
    except Exception as error:
        if not isinstance(error, Refusal):  # it is a mistake of ours: where it was made is not told otherwise
            error.add_note(format_exc())
        _tell(channel, error)
    finally:
        os._exit(0)


def _next(channel: BufferedRWPair[Any, Any]) -> tuple[str, Any] | None:
    """What is handed over; `None` when nothing more is, or only a part of it."""
    try:
        handed: tuple[str, Any] = pickle.load(channel)  # noqa: S301 - from our own parent
    except (EOFError, OSError, pickle.UnpicklingError):
        return None
    return handed


def _tell(channel: BufferedRWPair[Any, Any], answer: Outcome | Exception) -> None:
    try:
        told = pickle.dumps(answer)
        pickle.loads(told)  # noqa: S301 - our own; some errors can be packed and not unpacked
    except Exception:
        told = pickle.dumps(RuntimeError("\n".join([repr(answer), *getattr(answer, "__notes__", [])])))
    with suppress(OSError):  # the parent may have ended
        channel.write(told)
        channel.flush()


def _store(writer: Writer, what: str, batch: Any) -> Outcome:
    if what == "messages":
        batch = list(map(tuple.__new__, repeat(MessageRecord), zip(*batch, strict=True)))
    outcome: Outcome = getattr(writer, what)(batch)
    return outcome
