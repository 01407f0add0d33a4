"""One import: from the bytes of a file to the writer, with what was refused kept aside."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from msglog_tui.dates import check_zone
from msglog_tui.importers.canonical import Canon
from msglog_tui.importers.kinds import MESSAGES
from msglog_tui.importers.recognition import reader_of
from msglog_tui.importers.rejects import Rejection, Rejects, refuse_taken
from msglog_tui.importers.rows import Batch, Block, Broken, Reader
from msglog_tui.importers.show import shown
from msglog_tui.importers.source import CutOff, Source, opened
from msglog_tui.types import MessageRecord, Outcome, TransactionRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

REJECTIONS_TOLD = 20
_BATCHES_COLLECTED = 16


class Writer(Protocol):
    """Takes records in; the store has one."""

    def messages(self, batch: Sequence[MessageRecord]) -> Outcome:
        """Write messages in one transaction."""

    def transactions(self, batch: Sequence[TransactionRecord]) -> Outcome:
        """Write transactions in one transaction."""


class Progress(NamedTuple):
    """How far an import has come.

    Attributes:
        read: Bytes read, compressed ones where the file is.
        total: Bytes in all, `None` where it is not known.
        rows: Rows read, the refused ones too.
        rejected: Rows refused.
    """

    read: int
    total: int | None
    rows: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did.  All text is safe to show.

    Attributes:
        file: What was read.
        kind: `messages` or `transactions`.
        rows: Rows read, the refused ones too.
        outcome: What the good rows did.
        rejected: How many rows were refused.
        rejections: The first of them.
        extra: Columns that were not read.
        missing: Optional columns that the file does not have.
        rejects: The file with the refused rows, `None` where there is none.
        reasons: The list of reasons beside it.
    """

    file: str
    kind: str
    rows: int
    outcome: Outcome
    rejected: int
    rejections: tuple[Rejection, ...]
    extra: tuple[str, ...]
    missing: tuple[str, ...]
    rejects: Path | None
    reasons: Path | None


def import_file(
    path: Path | None,
    writer: Writer,
    *,
    time_zone: str | None,
    rejects: Path | None,
    progress: Callable[[Progress], None],
) -> Report:
    """Read a file of messages or transactions into the store.

    Args:
        path: The file, `None` for standard input.
        writer: Where batches of about 20,000 records go.
        time_zone: The zone of times without an offset; `None` refuses those.
        rejects: Where refused rows go, `None` for a free name in the current directory.
        progress: Called after each batch.

    Raises:
        Refusal: The file is missing, no export, or breaks off; the zone is unknown; rejects cannot be
            written.  Batches before that stay in the store.
    """
    zone = None if time_zone is None else check_zone(time_zone)
    if rejects is not None:
        refuse_taken(rejects)
    with opened(path) as source:
        blocks = source.blocks()
        first = next(blocks, None)
        reader = reader_of(first, source.file)
        kept = Rejects(path, rejects, reader.suffix, reader.header, marked=source.marked)
        with kept, _collector_paused():
            run = _Run(source, reader, writer, kept, zone)
            try:
                for number, batch in enumerate(
                    reader.batches(_without_header(first, blocks, reader.body), run.columns), 1
                ):
                    run.take(batch)
                    progress(run.progress())
                    if number % _BATCHES_COLLECTED == 0:
                        gc.collect(0)
            except CutOff as problem:
                raise CutOff(f"{problem}{run.refused_so_far()}") from None
            return run.report()


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Keep the garbage collector from looking for cycles among rows, which takes a third of the time.

    There are none; but the writer may leave some, so whoever pauses it collects now and then.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _without_header(first: Block | None, others: Iterator[Block], body: int) -> Iterator[Block]:
    if first is not None:
        yield Block(first.first + body, first.lines[body:])
    yield from others


class _Run:
    """The counts of one import, batch by batch."""

    def __init__(
        self, source: Source, reader: Reader, writer: Writer, kept: Rejects, zone: str | None
    ) -> None:
        self._source = source
        self._reader = reader
        self._write = writer.messages if reader.kind is MESSAGES else writer.transactions
        self._kept = kept
        self._canon = Canon(reader.kind, zone, reader.list_names)
        self.columns = [column.name for column in self._canon.columns]
        self._rows = 0
        self._rejected = 0
        self._outcome = Outcome(0, 0, 0)
        self._told: list[Rejection] = []

    def take(self, batch: Batch) -> None:
        """Write the good rows of a batch, then keep the others aside."""
        records, faults = self._canon.records(batch.columns) if batch.starts else ([], [])
        if records:
            self._outcome = self._outcome.plus(self._write(records))
        refused = batch.broken + [
            Broken(batch.starts[fault.row], batch.ends[fault.row], *fault[1:]) for fault in faults
        ]
        self._rows += len(records) + len(refused)
        self._rejected += len(refused)
        for bad in sorted(refused, key=lambda bad: bad.start):
            self._reject(batch.block, bad)

    def _reject(self, block: Block, bad: Broken) -> None:
        rejection = Rejection(
            self._source.file, block.first + bad.start, shown(bad.field), shown(bad.value), bad.reason
        )
        self._kept.add(block.lines[bad.start : bad.end], rejection)
        if len(self._told) < REJECTIONS_TOLD:
            self._told.append(rejection)

    def progress(self) -> Progress:
        return Progress(self._source.read_so_far, self._source.total, self._rows, self._rejected)

    def refused_so_far(self) -> str:
        """What to add to a message when the import ends early."""
        if not self._rejected:
            return ""
        return (
            f" {self._rejected:,} rows before that were refused: see {shown(str(self._kept.reasons), 200)}."
        )

    def report(self) -> Report:
        return Report(
            file=self._source.file,
            kind=self._reader.kind.word,
            rows=self._rows,
            outcome=self._outcome,
            rejected=self._rejected,
            rejections=tuple(self._told),
            extra=tuple(shown(name) for name in self._reader.extra),
            missing=self._reader.missing,
            rejects=self._kept.path,
            reasons=self._kept.reasons,
        )
