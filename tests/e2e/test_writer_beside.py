"""A writer in a process of its own: it does what a writer here does, and says so."""

from __future__ import annotations

import os
import signal
from functools import partial
from typing import TYPE_CHECKING

import pytest

from msglog_tui.cli.beside import WriterBeside
from msglog_tui.errors import Refusal, StoreError
from msglog_tui.store.engine import Store
from msglog_tui.store.writes import Writer
from msglog_tui.types import Outcome
from tests.store.records import message, transaction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Self

    from msglog_tui.delivery import DeliveryRecord
    from msglog_tui.types import MessageRecord, TransactionRecord

BATCHES = [
    [message(), message(message_id="m2", failed=None, lists=(), subject="\0 ünder 日本")],
    [message(sent=9), message(message_id="m2", failed=None, lists=(), subject="\0 ünder 日本")],
    [message(message_id="m3", customer="Other")],
]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(str(tmp_path / "archive.db"))
    made.create()
    made.close()
    return made


def rows(store: Store, table: str) -> list[tuple[object, ...]]:
    with store.reading() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1, 2, 3")]


def test_it_stores_what_a_writer_here_stores(store: Store, tmp_path: Path) -> None:
    here = Store(str(tmp_path / "here.db"))
    here.create()
    with Writer(here) as writer:
        did = [writer.messages(batch) for batch in BATCHES] + [writer.transactions([transaction()])]
    with WriterBeside(partial(Writer, store)) as beside:
        told = [beside.messages(batch) for batch in BATCHES] + [beside.transactions([transaction()])]
        told.append(beside.settle())
        assert beside.settle() == Outcome(0, 0, 0)
    assert told == [Outcome(0, 0, 0), *did]
    for table in ("message", "customer", "customer_traffic", "customer_running", '"transaction"'):
        assert rows(store, table) == rows(here, table)


def test_a_rehearsal_stores_nothing(store: Store) -> None:
    with WriterBeside(partial(Writer, store, rehearsal=True)) as beside:
        beside.messages(BATCHES[0])
        assert beside.settle() == Outcome(2, 0, 0)
    assert rows(store, "message") == []


def test_what_was_handed_over_is_stored_whatever_happens_next(store: Store) -> None:
    def interrupted() -> None:
        with WriterBeside(partial(Writer, store)) as beside:
            beside.messages(BATCHES[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(rows(store, "message")) == 2


class Full:
    """A writer whose disk is full from the second batch on."""

    def __init__(self) -> None:
        self._batches = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def messages(self, batch: Sequence[MessageRecord]) -> Outcome:
        self._batches += 1
        if self._batches > 1:
            raise StoreError("The disk is full.")
        return Outcome(len(batch), 0, 0)

    def transactions(self, batch: Sequence[TransactionRecord]) -> Outcome:
        raise NotImplementedError

    def deliveries(self, batch: Sequence[DeliveryRecord]) -> Outcome:
        raise NotImplementedError


# Far more than a pipe takes in when nobody reads it.
MANY = [message(message_id=f"{number:060}") for number in range(20_000)]


def test_what_went_wrong_is_told_with_the_next_batch_or_at_the_end() -> None:
    with WriterBeside(Full) as beside:
        beside.messages(MANY)
        assert beside.messages(MANY) == Outcome(20_000, 0, 0)
        with pytest.raises(StoreError, match=r"^The disk is full\.$"):
            beside.messages(MANY)

    def ended() -> None:
        with WriterBeside(Full) as beside:
            beside.messages(MANY)
            beside.messages(MANY)

    with pytest.raises(StoreError, match="full"):
        ended()


def test_a_refusal_does_not_hide_that_the_batch_before_it_was_not_stored() -> None:
    def cut_off() -> None:
        with WriterBeside(Full) as beside:
            beside.messages(MANY)
            beside.messages(MANY)
            raise Refusal("It is cut off: what came before is stored.")

    with pytest.raises(StoreError, match="full"):
        cut_off()


class UnpackableError(Exception):
    """Cannot be made again from what it says."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} {other}")


class Mistaken(Full):
    """A writer of ours with a mistake in it."""

    def messages(self, batch: Sequence[MessageRecord]) -> Outcome:
        raise (OSError("no room for a file of its own") if len(batch) == 1 else UnpackableError("so", "what"))


@pytest.mark.parametrize(
    ("batch", "kind", "said"), [(MANY[:1], OSError, "no room"), (MANY[:2], RuntimeError, "so what")]
)
def test_any_error_is_told_with_where_it_was_made(
    batch: list[MessageRecord], kind: type[Exception], said: str
) -> None:
    with WriterBeside(Mistaken) as beside:
        beside.messages(batch)
        with pytest.raises(kind, match=said) as told:
            beside.settle()
    assert "in messages" in "".join([str(told.value), *getattr(told.value, "__notes__", [])])


class Killed(Full):
    """A writer whom somebody ends."""

    def messages(self, batch: Sequence[MessageRecord]) -> Outcome:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


def test_a_writer_that_was_ended_is_told_of() -> None:
    with WriterBeside(Killed) as beside:
        beside.messages(MANY)
        with pytest.raises(StoreError, match="has ended"):
            beside.messages(MANY)


def test_ctrl_c_is_for_the_one_who_reads(store: Store) -> None:
    with WriterBeside(partial(Writer, store)) as beside:
        beside.messages(BATCHES[0])
        os.kill(beside._child, signal.SIGINT)
        assert beside.messages(BATCHES[2]) == Outcome(2, 0, 0)
    assert len(rows(store, "message")) == 3
