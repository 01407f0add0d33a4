"""What the formats that are CSV files have in common: a row is a record, or is passed over."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

from msglog_tui.delivery import DeliveryRecord
from msglog_tui.errors import Refusal
from msglog_tui.importers.canonical import check_columns
from msglog_tui.importers.columns import Remembered
from msglog_tui.importers.csv_rows import CsvTable
from msglog_tui.importers.fields import BadField
from msglog_tui.importers.foreign import Piece
from msglog_tui.importers.rows import Block, Broken
from msglog_tui.importers.times import ForeignTimes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from msglog_tui.importers.canonical import Column, Fault
    from msglog_tui.importers.foreign import Circumstances
    from msglog_tui.importers.rows import Rows
    from msglog_tui.importers.times import Times
    from msglog_tui.types import MessageRecord

Owner: TypeAlias = "Callable[[tuple[str, ...]], tuple[str, str]]"
"""Names enterprise and customer by what is known of the sender, or raises `BadField`."""

Made: TypeAlias = "DeliveryRecord | MessageRecord | str"
"""What a row comes to: a record, or the words for what is passed over."""


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """A provider's CSV file.

    Attributes:
        name: As `--format` takes it.
        title: As people call it.
        required: The columns by which a file is recognised, as `column_name` reads them.
        columns: Makes the columns that are read, given how the times are.
        make: Makes a record of the values of a row, checked, in the order of the columns.
        sender: The column to name when a row's sender has no owner.
    """

    name: str
    title: str
    required: frozenset[str]
    columns: Callable[[Times], tuple[Column, ...]]
    make: Callable[..., Made]
    sender: str
    suffix: str = "csv"
    whole_lines: bool = True

    def recognises(self, head: Block) -> bool:
        """Tell by the header whether a file is in this format."""
        try:
            table = CsvTable(head, "", self.required)
        except (Refusal, StopIteration):
            return False
        return self.required.issubset(table.names)

    def header(self, head: Block) -> bytes:
        """The lines that name the columns."""
        try:
            return CsvTable(head, "", self.required).header
        except (Refusal, StopIteration):
            return b""  # which is refused where the rows are read

    def pieces(self, blocks: Iterable[Block], circumstances: Circumstances) -> Iterator[Piece]:
        """Read the rows.

        Raises:
            Refusal: The header is not that of the format.
        """
        blocks = iter(blocks)
        first = next((block for block in blocks if any(map(bytes.strip, block.lines))), None)
        if first is None:
            raise Refusal(f"It is empty: {self.title} begin with a line that names the columns.")
        table = CsvTable(first, "It", self.required)
        lacking = sorted(self.required.difference(table.names))
        if lacking:
            raise Refusal(f"It is no file of {self.title}: it has no column {' and no '.join(lacking)}.")
        columns = self.columns(ForeignTimes(circumstances.zone))
        places = [
            table.names.index(column.name) if column.name in table.names else None for column in columns
        ]
        owner = Remembered(circumstances.owners.of).__getitem__
        body = Block(first.first + table.body, first.lines[table.body :])
        for rows in table.rows(chain([body], blocks), places):
            yield self._piece(rows, columns, owner)

    def _piece(self, rows: Rows, columns: Sequence[Column], owner: Owner) -> Piece:
        deliveries: list[DeliveryRecord] = []
        messages: list[MessageRecord] = []
        passed_over: Counter[str] = Counter()
        broken = list(rows.broken)
        checked: list[Sequence[Any]] = []
        faults: dict[int, Fault] = {}
        if rows.starts:
            checked, faults = check_columns(columns, rows.columns)
        for row, values in enumerate(zip(*checked, strict=True)):
            start, end = rows.starts[row], rows.ends[row]
            if row in faults:
                broken.append(Broken(start, end, *faults[row][1:]))
                continue
            try:
                made = self.make(owner, *values)
            except BadField as problem:
                broken.append(Broken(start, end, self.sender, "", str(problem)))
                continue
            if isinstance(made, str):
                passed_over[made] += 1
            elif isinstance(made, DeliveryRecord):
                deliveries.append(made)
            else:
                messages.append(made)
        taken = len(deliveries) + len(messages) + passed_over.total()
        return Piece(rows.block, taken, deliveries, messages, passed_over, broken)
