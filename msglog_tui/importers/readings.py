"""What an import reads: a file in msglog's own columns, or one in a provider's format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msglog_tui.errors import Refusal
from msglog_tui.importers.canonical import Canon
from msglog_tui.importers.foreign import Circumstances, Piece
from msglog_tui.importers.kinds import DELIVERIES, MESSAGES, TRANSACTIONS
from msglog_tui.importers.recognition import is_array, reader_of
from msglog_tui.importers.rows import Block, Broken
from msglog_tui.importers.source import CutOff

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msglog_tui.importers.foreign import Format, Owners
    from msglog_tui.importers.mapping import Mapping
    from msglog_tui.importers.source import Source


class Reading(Protocol):
    """A file whose format is known."""

    @property
    def what(self) -> str:
        """What a row is, in a sentence: `message`, `row of Amazon SES events`."""

    @property
    def suffix(self) -> str:
        """How the names of files in this format end, without a dot."""

    @property
    def header(self) -> bytes:
        """The lines with which rows taken out of the file have to begin to be read again; may be empty."""

    @property
    def extra(self) -> tuple[str, ...]:
        """Columns that are not read, as the file writes them; complete when all was read."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Optional columns that the file does not have; known when all was read."""

    def pieces(self) -> Iterator[Piece]:
        """Read the file, once."""


class OwnColumns:
    """A file in msglog's own columns.

    Args:
        source: The file.
        zone: The zone of times without an offset; `None` refuses those.
        mapping: Which of its columns are ours, for a CSV file that calls them otherwise.

    Raises:
        Refusal: It is no such file.
    """

    def __init__(self, source: Source, zone: str | None, mapping: Mapping | None = None) -> None:
        self._blocks = source.parts() if is_array(source.head()) else source.blocks()
        self._first = next((block for block in self._blocks if any(map(bytes.strip, block.lines))), None)
        self._reader = reader_of(self._first, source.file, mapping)
        self._canon = Canon(self._reader.kind, self._reader.times(zone), self._reader.list_names)
        self.suffix = self._reader.suffix
        self.header = self._reader.header

    @property
    def what(self) -> str:
        """What a row is."""
        return self._reader.kind.word

    @property
    def extra(self) -> tuple[str, ...]:
        """Columns that are not read."""
        return self._reader.extra

    @property
    def missing(self) -> tuple[str, ...]:
        """Optional columns that the file does not have."""
        return self._reader.missing

    def pieces(self) -> Iterator[Piece]:
        """Read the rows after the header."""
        kind = self._reader.kind
        for rows in self._reader.rows(self._body(), [column.name for column in self._canon.columns]):
            records, faults = self._canon.records(rows.columns) if rows.starts else ([], [])
            broken = rows.broken + [
                Broken(rows.starts[fault.row], rows.ends[fault.row], *fault[1:]) for fault in faults
            ]
            yield Piece(
                block=rows.block,
                rows=len(records) + rows.passed_over,
                deliveries=records if kind is DELIVERIES else (),
                messages=records if kind is MESSAGES else (),
                transactions=records if kind is TRANSACTIONS else (),
                passed_over={"rows mapped to nothing": rows.passed_over} if rows.passed_over else {},
                broken=broken,
            )

    def _body(self) -> Iterator[Block]:
        if self._first is not None:
            body = self._reader.body
            yield Block(self._first.first + body, self._first.lines[body:])
        yield from self._blocks


class Foreign:
    """A file in a provider's format.

    Args:
        source: The file.
        provider: Its format.
        owners: Says whose a delivery is.
        zone: The zone of times without an offset; `None` refuses those.
        year: The year of times without one.

    Raises:
        Refusal: Nobody said whose its rows are.
    """

    extra: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def __init__(
        self, source: Source, provider: Format, owners: Owners | None, zone: str | None, year: int | None
    ) -> None:
        if owners is None:
            raise Refusal(
                f"{source.file} holds {provider.title}, which know no enterprises and customers: "
                "say whose they are with --enterprise and --customer, or with --owners."
            )
        head = source.head()
        self._blocks = source.blocks() if provider.whole_lines else source.parts()
        self._file = source.file
        self._provider = provider
        self._circumstances = Circumstances(owners, zone, year, source.written_at)
        self.what = f"row of {provider.title}"
        self.suffix = provider.suffix
        self.header = provider.header(head)

    def pieces(self) -> Iterator[Piece]:
        """Read the file."""
        try:
            yield from self._provider.pieces(self._blocks, self._circumstances)
        except CutOff:
            raise
        except Refusal as problem:
            # A format does not know what the file is called.
            raise Refusal(f"{self._file}: {problem}") from None
