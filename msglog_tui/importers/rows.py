"""What the readers of the formats give: rows of values, and where in the file each came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from msglog_tui.importers.fields import ListNames
    from msglog_tui.importers.kinds import Kind
    from msglog_tui.importers.times import Times


class Block(NamedTuple):
    """Some lines of a file, in the bytes of the file (of UTF-8, where the file is UTF-16).

    Attributes:
        first: Number of the first line, from 1.
        lines: Each with its line end, except perhaps the last of the file.
    """

    first: int
    lines: list[bytes]


class Broken(NamedTuple):
    """Lines that make no row.

    Attributes:
        start: Place of the first line in its block, from 0.
        end: Place after the last line.
        field: The column at fault, empty where it is the whole line.
        value: What stands there.
        reason: What is wrong with it and what to do.
    """

    start: int
    end: int
    field: str
    value: object
    reason: str


class Rows(NamedTuple):
    """The rows of a block.

    Attributes:
        block: The lines that the rows came from.
        columns: The values of each column of the record, one a row; see `canonical.Canon.columns`.
        starts: For each row the place of its first line in the block.
        ends: For each row the place after its last line.
        broken: Lines that make no row, in their order.
        passed_over: How many rows were left out on purpose.
    """

    block: Block
    columns: Sequence[Sequence[object]]
    starts: Sequence[int]
    ends: Sequence[int]
    broken: list[Broken]
    passed_over: int = 0


class Reader(Protocol):
    """A format: from blocks of lines to rows of values."""

    @property
    def kind(self) -> Kind:
        """What the rows are."""

    @property
    def suffix(self) -> str:
        """How the names of files in this format end, without a dot."""

    @property
    def header(self) -> bytes:
        """The lines with which rows taken out of the file have to begin to be read again; may be empty."""

    @property
    def body(self) -> int:
        """The place in the first block where the rows begin."""

    @property
    def extra(self) -> tuple[str, ...]:
        """Columns that are not read, as the file writes them; complete when all rows were taken."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Optional columns that the file does not have; known when all rows were taken."""

    @property
    def list_names(self) -> ListNames:
        """Reads the names of lists as this format writes them."""

    def times(self, zone: str | None) -> Times:
        """Make the reader of the times in this file, those without an offset being in this zone."""

    def rows(self, blocks: Iterable[Block], columns: Sequence[str]) -> Iterator[Rows]:
        """Read the rows after the header, with these columns in this order."""
