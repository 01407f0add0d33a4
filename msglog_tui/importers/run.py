"""One import: from the bytes of a file to the writer, with what was refused kept aside."""

from __future__ import annotations

import gc
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from msglog_tui.dates import check_zone
from msglog_tui.importers.formats import recognised
from msglog_tui.importers.readings import Foreign, OwnColumns, Reading
from msglog_tui.importers.rejects import Rejection, Rejects, refuse_taken
from msglog_tui.importers.show import shown
from msglog_tui.importers.source import CutOff, Source, opened
from msglog_tui.text import counted
from msglog_tui.types import MessageRecord, Outcome, TransactionRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from msglog_tui.delivery import DeliveryRecord
    from msglog_tui.importers.foreign import Format, Owners, Piece
    from msglog_tui.importers.mapping import Mapping
    from msglog_tui.importers.rows import Block, Broken

REJECTIONS_TOLD = 20
_BATCH = 20_000


class Writer(Protocol):
    """Takes records in; the store has one."""

    def messages(self, batch: Sequence[MessageRecord]) -> Outcome:
        """Write messages in one transaction."""

    def transactions(self, batch: Sequence[TransactionRecord]) -> Outcome:
        """Write transactions in one transaction."""

    def deliveries(self, batch: Sequence[DeliveryRecord]) -> Outcome:
        """Write statuses of deliveries, and the messages made of them, in one transaction."""


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
        kind: What a row is: `message`, `transaction`, `row of Amazon SES events`.
        rows: Rows read, the refused ones too.
        outcome: What the good rows did; where they are statuses of deliveries, in deliveries.
        passed_over: What was left out on purpose, and how often, the commonest first.
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
    passed_over: tuple[tuple[str, int], ...]
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
    provider: Format | None = None,
    owners: Owners | None = None,
    year: int | None = None,
    mapping: Mapping | None = None,
) -> Report:
    """Read a file into the store: messages, transactions, or what a provider says of its deliveries.

    Args:
        path: The file, `None` for standard input.
        writer: Where batches of about 20,000 records go.
        time_zone: The zone of times without an offset; `None` refuses those.
        rejects: Where refused rows go, `None` for a free name in the current directory.
        progress: Called after each batch.
        provider: The format of the file; `None` tells it by the content.
        owners: Says whose the rows of a provider's format are, which knows no enterprises and customers.
        year: The year in which a file begins whose times have none; `None` takes it from the file's date.
        mapping: How to read a CSV file in nobody's format.

    Raises:
        Refusal: The file is missing, no export, or breaks off; the zone is unknown; rejects cannot be
            written.  Batches before that stay in the store.
    """
    zone = None if time_zone is None else check_zone(time_zone)
    if rejects is not None:
        refuse_taken(rejects)
    with opened(path) as source:
        if provider is None and not (mapping and mapping.maps):
            provider = recognised(source.head())
        reading: Reading = (
            OwnColumns(source, zone, mapping)
            if provider is None
            else Foreign(source, provider, owners, zone, year)
        )
        kept = Rejects(path, rejects, reading.suffix, reading.header, marked=source.marked)
        with kept, _collector_paused():
            run = _Run(source, writer, kept, progress)
            try:
                for piece in reading.pieces():
                    run.take(piece)
            except CutOff as problem:
                run.write()
                raise CutOff(f"{problem}{run.refused_so_far()}") from None
            run.write()
            return run.report(reading)


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


class _Run:
    """One import: gathers records into batches for the writer, and counts."""

    def __init__(
        self, source: Source, writer: Writer, kept: Rejects, progress: Callable[[Progress], None]
    ) -> None:
        self._source = source
        self._progress = progress
        self._kept = kept
        self._messages: list[MessageRecord] = []
        self._transactions: list[TransactionRecord] = []
        self._deliveries: list[DeliveryRecord] = []
        self._writer = writer
        self._rows = 0
        self._reported = 0
        self._rejected = 0
        self._passed_over: Counter[str] = Counter()
        self._outcome = Outcome(0, 0, 0)
        self._told: list[Rejection] = []

    def take(self, piece: Piece) -> None:
        """Keep bad rows aside, and write the good ones when they make a batch."""
        self._messages += piece.messages
        self._transactions += piece.transactions
        self._deliveries += piece.deliveries
        self._rows += piece.rows + len(piece.broken)
        self._rejected += len(piece.broken)
        self._passed_over.update(piece.passed_over)
        for bad in sorted(piece.broken, key=lambda bad: bad.start):
            self._reject(piece.block, bad)
        if self._rows - self._reported >= _BATCH or len(self._deliveries) >= _BATCH:
            self.write()

    def write(self) -> None:
        """Write the records that are ready, and tell how far the import has come."""
        if self._messages:
            self._outcome = self._outcome.plus(self._writer.messages(self._messages))
        if self._transactions:
            self._outcome = self._outcome.plus(self._writer.transactions(self._transactions))
        if self._deliveries:
            self._outcome = self._outcome.plus(self._writer.deliveries(self._deliveries))
        self._messages, self._transactions, self._deliveries = [], [], []
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
            f" {counted(self._rejected, 'row')} before that {'was' if self._rejected == 1 else 'were'} "
            f"refused: see {shown(str(self._kept.reasons), 200)}."
        )

    def report(self, reading: Reading) -> Report:
        return Report(
            file=self._source.file,
            kind=reading.what,
            rows=self._rows,
            outcome=self._outcome,
            passed_over=tuple(self._passed_over.most_common()),
            rejected=self._rejected,
            rejections=tuple(self._told),
            extra=tuple(shown(name) for name in reading.extra),
            missing=reading.missing,
            rejects=self._kept.path,
            reasons=self._kept.reasons,
        )
