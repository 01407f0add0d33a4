"""Any CSV file, read by a mapping: which of its columns is which of ours, and what every row has in common.

A mapping is written in pieces, on the command line and in a profile alike:

* `send_amount=Delivered`: our column is what theirs is called;
* `channel=:email`: every row has this;
* `status[BOUNCE]=bounced`: where their column says one thing, ours says another; with nothing after the sign,
  such rows are passed over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from msglog_tui.errors import Refusal
from msglog_tui.importers.csv_rows import CsvTable
from msglog_tui.importers.fields import list_names_of_csv
from msglog_tui.importers.kinds import KNOWN, column_name, recognise
from msglog_tui.importers.show import shown
from msglog_tui.importers.times import ForeignTimes, Times

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from msglog_tui.importers.kinds import Kind
    from msglog_tui.importers.rows import Block, Rows

_PIECE: Final = re.compile(r"\s*([^=\[\]]+?)\s*(?:\[(.*)\])?\s*=(.*)", re.DOTALL)
_SHOWN: Final = 120


@dataclass(slots=True)
class Mapping:
    """How the columns of a file become ours.

    Attributes:
        columns: Our column, and what theirs is called.
        constants: Our column, and what it says in every row.
        values: Our column, and what it says for something that theirs says; empty text passes the row over.
        defaults: Our column, and what it says in every row of a file that says nothing of it.
        date_format: How dates are written, in the words of `strptime`; `None` for a clear shape.
    """

    columns: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    date_format: str | None = None
    defaults: dict[str, str] = field(default_factory=dict)

    @property
    def maps(self) -> bool:
        """Whether it says anything of columns, and not just what stands in for those that are missing."""
        return bool(self.columns or self.constants or self.values or self.date_format)

    def spared(self, kind: Kind) -> dict[str, str]:
        """What stands in for columns that a file of a kind may lack."""
        spared = dict(self.defaults)
        if "customer" in kind.optional and spared.get("customer") == spared.get("enterprise"):
            # The customer is called as the enterprise only where there has to be one.
            spared.pop("customer", None)
        return spared

    def take(self, piece: str) -> None:
        """Add a piece as it is written on the command line; it stands against what was said before.

        Raises:
            Refusal: It is none.
        """
        found = _PIECE.fullmatch(piece)
        if found is None:
            raise Refusal(f"--map “{shown(piece)}” is no mapping: write it like “send_amount=Delivered”.")
        name, theirs, value = checked_name(found[1]), found[2], found[3].strip()
        if theirs is not None:
            self.values.setdefault(name, {})[theirs.strip()] = value
        elif not value:
            raise Refusal(f"--map “{shown(piece)}” names no column of the file: write one after the sign.")
        elif value.startswith(":"):
            self.columns.pop(name, None)
            self.constants[name] = value[1:].strip()
        else:
            self.constants.pop(name, None)
            self.columns[name] = value


def checked_name(written: str) -> str:
    """The name of one of our columns, however it is written.

    Raises:
        Refusal: There is no such column.
    """
    name = column_name(written)
    if name not in KNOWN:
        raise Refusal(f"There is no column {shown(name)} to map to: there are {', '.join(sorted(KNOWN))}.")
    return name


class MappedReader:
    """A CSV file that is read by a mapping.

    Columns that are called as ours need not be mapped.

    Args:
        block: The first lines of the file.
        file: What to call the file in a refusal.
        mapping: How to read it.

    Raises:
        Refusal: The file lacks a column that the mapping names, or what is mapped makes up no kind.
    """

    suffix = "csv"
    list_names = staticmethod(list_names_of_csv)

    def __init__(self, block: Block, file: str, mapping: Mapping) -> None:
        self._mapping = mapping
        wanted = {name: column_name(header) for name, header in mapping.columns.items()}
        self._table = table = CsvTable(block, file, KNOWN.union(wanted.values()))
        for name, header in wanted.items():
            if table.names.count(header) != 1:
                raise Refusal(_not_once(table, header, name, mapping.columns[name], file))
        own = {name: name for name in table.names if name in KNOWN and name not in mapping.constants}
        self._places = {name: table.names.index(header) for name, header in (own | wanted).items()}
        told = {**self._places, **mapping.constants}
        unknown = [name for name in table.names if name not in KNOWN]
        names = [*told, *_repeated(table.names, own, wanted), *unknown]
        self.kind = recognise(names, file, mapping.defaults)
        spared = {name: word for name, word in mapping.spared(self.kind).items() if name not in told}
        self._constants = spared | mapping.constants
        self.body = table.body
        self.header = table.header
        read = {self._places[name] for name in self.kind.columns if name in self._places}
        self.extra = tuple(
            written.strip() or f"(column {place + 1}, without a name)"
            for place, written in enumerate(table.written)
            if place not in read
        )
        self.missing = tuple(
            name for name in self.kind.optional if name not in self._places and name not in self._constants
        )

    def times(self, zone: str | None) -> Times:
        """Make the reader of the times in this file."""
        return ForeignTimes(zone, self._mapping.date_format) if self._mapping.maps else Times(zone)

    def rows(self, blocks: Iterable[Block], columns: Sequence[str]) -> Iterator[Rows]:
        """Read the records after the header, with these columns in this order."""
        for rows in self._table.rows(blocks, [self._places.get(name) for name in columns]):
            yield self._mapped(rows, columns)

    def _mapped(self, rows: Rows, columns: Sequence[str]) -> Rows:
        count = len(rows.starts)
        values = list(rows.columns)
        passed_over: set[int] = set()
        for place, name in enumerate(columns):
            if name in self._constants:
                values[place] = [self._constants[name]] * count
            if name in self._mapping.values and name in self._places:
                ours = self._mapping.values[name]
                theirs = [str(value).strip() for value in values[place]]
                passed_over.update(row for row, value in enumerate(theirs) if ours.get(value) == "")
                values[place] = [ours.get(value, value) for value in theirs]
        if not passed_over:
            return rows._replace(columns=values)
        kept = [row for row in range(count) if row not in passed_over]
        return rows._replace(
            columns=[[column[row] for row in kept] for column in values],
            starts=[rows.starts[row] for row in kept],
            ends=[rows.ends[row] for row in kept],
            passed_over=len(passed_over),
        )


def _repeated(names: Sequence[str], own: Iterable[str], wanted: Iterable[str]) -> list[str]:
    """Our columns that the file has more than once under our own name, and that no mapping tells apart."""
    return [name for name in own if name not in set(wanted) and names.count(name) > 1]


def _not_once(table: CsvTable, header: str, name: str, written: str, file: str) -> str:
    if header in table.names:
        return f"{file} has the column “{shown(written)}” more than once: keep one and import again."
    return (
        f"{file} has no column “{shown(written)}”, which is mapped to {name}: "
        f"its columns are “{shown(', '.join(filter(None, table.written)), _SHOWN)}”."
    )
