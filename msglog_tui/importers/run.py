"""One import: from the bytes of a file to the writer, with what was refused kept aside."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from msglog_tui.dates import check_zone
from msglog_tui.importers.canonical import Canon
from msglog_tui.importers.kinds import MESSAGES
from msglog_tui.importers.recognition import reader_of
from msglog_tui.importers.rejects import Rejection, Rejects, refuse_taken
from msglog_tui.importers.rows import Block, Broken, Reader, Rows
from msglog_tui.importers.show import shown
from msglog_tui.importers.source import CutOff, Source, opened
from msglog_tui.types import MessageRecord, Outcome, TransactionRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

REJECTIONS_TOLD = 20
_BATCH = 20_000


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
        first = next((block for block in blocks if any(map(bytes.strip, block.lines))), None)
        reader = reader_of(first, source.file)
        kept = Rejects(path, rejects, reader.suffix, reader.header, marked=source.marked)
        with kept, _collector_paused():
            run = _Run(source, reader, writer, kept, zone, progress)
            try:
                for rows in reader.rows(_without_header(first, blocks, reader.body), run.columns):
                    run.take(rows)
            except CutOff as problem:
                run.write()
                raise CutOff(f"{problem}{run.refused_so_far()}") from None
            run.write()
            return run.report()


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Keep the garbage collector from looking for cycles among rows, which takes a third of the time.

    There are none.  The writer may leave some: whoever pauses the collector collects after each batch.
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
    """One import: gathers records into batches for the writer, and counts."""

    def __init__(
        self,
        source: Source,
        reader: Reader,
        writer: Writer,
        kept: Rejects,
        zone: str | None,
        progress: Callable[[Progress], None],
    ) -> None:
        self._source = source
        self._reader = reader
        self._progress = progress
        self._writer = writer.messages if reader.kind is MESSAGES else writer.transactions
        self._kept = kept
        self._canon = Canon(reader.kind, zone, reader.list_names)
        self.columns = [column.name for column in self._canon.columns]
        self._ready: list[Any] = []
        self._rows = 0
        self._reported = 0
        self._rejected = 0
        self._outcome = Outcome(0, 0, 0)
        self._told: list[Rejection] = []

    def take(self, rows: Rows) -> None:
        """Keep bad rows aside, and write the good ones when they make a batch."""
        records, faults = self._canon.records(rows.columns) if rows.starts else ([], [])
        self._ready += records
        refused = rows.broken + [
            Broken(rows.starts[fault.row], rows.ends[fault.row], *fault[1:]) for fault in faults
        ]
        self._rows += len(records) + len(refused)
        self._rejected += len(refused)
        for bad in sorted(refused, key=lambda bad: bad.start):
            self._reject(rows.block, bad)
        if self._rows - self._reported >= _BATCH:
            self.write()

    def write(self) -> None:
        """Write the records that are ready, and tell how far the import has come."""
        if self._ready:
            self._outcome = self._outcome.plus(self._writer(self._ready))
        self._ready = []
        self._reported = self._rows
        self._progress(Progress(self._source.read_so_far, self._source.total, self._rows, self._rejected))
        # What the writer left behind; nearly all else is freed by now, so there is little to look at.
        gc.collect(0)

    def _reject(self, block: Block, bad: Broken) -> None:
        rejection = Rejection(
            self._source.file, block.first + bad.start, shown(bad.field), shown(bad.value), bad.reason
        )
        self._kept.add(block.lines[bad.start : bad.end], rejection)
        if len(self._told) < REJECTIONS_TOLD:
            self._told.append(rejection)

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
