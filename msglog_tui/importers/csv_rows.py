"""CSV: records found in lines so that one broken quote costs one line, not the rest of the file."""

from __future__ import annotations

import csv
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from msglog_tui.errors import Refusal
from msglog_tui.importers.fields import list_names_of_csv
from msglog_tui.importers.kinds import KNOWN, column_name, recognise
from msglog_tui.importers.rows import Block, Broken, Rows
from msglog_tui.importers.times import Times

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MOST_LINES = 100
"""Lines that a record may span: each stray quote may cost a look at so many lines, and that adds up."""
MOST_CHARACTERS = 131_072
"""Characters that a record of several lines may span, which is what `csv` takes in a field."""

_DELIMITERS = ",;\t"
_OPEN = 'opens a quote that is not closed: close it, and write a quote inside a field as ""'
_MISPLACED = 'has a quote in the middle of a quoted field: write it as ""'
_TOO_LONG = f"has a field of more than {MOST_CHARACTERS:,} characters: shorten it"


class Records(NamedTuple):
    """Records in some lines.

    Attributes:
        rows: The fields of each.
        starts: For each row the place of its first line.
        ends: For each row the place after its last line.
        broken: Lines that make no record.
        taken: The place up to which lines belong to these; a record that begins there wants more lines.
    """

    rows: list[list[str]]
    starts: Sequence[int]
    ends: Sequence[int]
    broken: list[Broken]
    taken: int


def split(texts: list[str], delimiter: str, *, final: bool) -> Records:
    """Split lines into records.

    Args:
        texts: Lines with their ends.
        delimiter: What is between fields.
        final: Whether no more lines follow, so that a quote still open is a broken one.
    """
    try:
        rows = list(csv.reader(texts, delimiter=delimiter, strict=True))
    except csv.Error:
        rows = []
    # A record takes a line at least, so that as many records as lines are a line each.
    if len(rows) == len(texts):
        return Records(rows, range(len(texts)), range(1, len(texts) + 1), [], len(texts))
    return _Splitter(texts, delimiter).split(final=final)


class _Splitter:
    """Finds the records where some span lines or are broken.

    `csv` is given the lines of a record only where the quote that its first line opens is known to be closed.
    Otherwise hostile lines, each of which leaves a quote open, would all be read again from each of them.
    """

    def __init__(self, texts: list[str], delimiter: str) -> None:
        self._texts = texts
        self._delimiter = delimiter
        self._start = self._next = 0
        self._characters = [0, *accumulate(map(len, texts))]
        self._asked = self._settled = -1
        self._closes = False

    def split(self, *, final: bool) -> Records:
        texts = self._texts
        rows: list[list[str]] = []
        starts: list[int] = []
        ends: list[int] = []
        broken: list[Broken] = []
        while self._start < len(texts):
            self._next = self._start
            try:
                for row in csv.reader(self._lines(), delimiter=self._delimiter, strict=True):
                    rows.append(row)
                    starts.append(self._start)
                    ends.append(self._next)
                    self._start = self._next
            except csv.Error as problem:
                is_open = "unexpected end" in str(problem)
                if is_open and not final and self._may_close_later():
                    break
                reason = _OPEN if is_open else _TOO_LONG if "limit" in str(problem) else _MISPLACED
                broken.append(Broken(self._start, self._start + 1, "", texts[self._start], reason))
                self._start += 1
        return Records(rows, starts, ends, broken, self._start)

    def _lines(self) -> Iterator[str]:
        while self._next < len(self._texts):
            # The second line of a record is asked for because the first leaves a quote open.
            if self._next == self._start + 1 and not self._is_closed():
                break
            self._next += 1
            yield self._texts[self._next - 1]

    def _is_closed(self) -> bool:
        """Whether the quote that the first line of a record opens is closed within what a record may span."""
        settled = self._where_settled(self._start + 1)
        return self._closes and self._within_reach(settled + 1)

    def _may_close_later(self) -> bool:
        """Whether lines that are not here yet may close that quote."""
        end = len(self._texts)
        return self._where_settled(self._start + 1) == end and self._within_reach(end + 1)

    def _within_reach(self, end: int) -> bool:
        characters = self._characters[min(end, len(self._texts))] - self._characters[self._start]
        return end - self._start <= MOST_LINES and characters <= MOST_CHARACTERS

    def _where_settled(self, place: int) -> int:
        """Find the first line from `place` on that does not leave an open quote open."""
        # From any line up to there the answer is the same, which keeps the work in proportion to the lines.
        if not self._asked <= place <= self._settled:
            self._asked = self._settled = place
            self._closes = False
            while self._settled < len(self._texts) and self._leaves_open(self._texts[self._settled]):
                self._settled += 1
        return self._settled

    def _leaves_open(self, text: str) -> bool:
        """Read a line as the continuation of a quoted field."""
        self._closes = False
        if '"' not in text:
            return True
        try:
            list(csv.reader(['"' + text], delimiter=self._delimiter, strict=True))
        except csv.Error as problem:
            return "unexpected end" in str(problem)
        self._closes = True
        return False


class CsvTable:
    """A CSV file of whatever columns, whose header has been read.

    Args:
        block: The first lines of the file, one of them not blank.
        file: What to call the file in a refusal.
        known: Names of columns by which the delimiter is told, as `column_name` reads them.

    Attributes:
        header: The lines of the header.
        body: The place in the first block where the rows begin.
        written: The names of the columns as they are written.
        names: The same as `column_name` reads them.

    Raises:
        Refusal: The header has broken quoting.
    """

    def __init__(self, block: Block, file: str, known: frozenset[str]) -> None:
        start = next(place for place, line in enumerate(block.lines) if line.strip())
        self._delimiter, self.written, lines = _header(block.lines[start : start + MOST_LINES], file, known)
        self.body = start + lines
        self.header = b"".join(block.lines[start : self.body])
        self.names = [column_name(name) for name in self.written]

    def rows(self, blocks: Iterable[Block], places: Sequence[int | None]) -> Iterator[Rows]:
        """Read the records; one that a block cuts in two comes with the next.

        Args:
            blocks: The lines after the header.
            places: The columns wanted, by their place in `names`; `None` for one of empty text.
        """
        held = Block(1, [])
        for block in blocks:
            whole = Block(block.first - len(held.lines), held.lines + block.lines)
            rows, taken = self._rows(whole, places, final=False)
            held = Block(whole.first + taken, whole.lines[taken:])
            yield rows
        if held.lines:
            yield self._rows(held, places, final=True)[0]

    def _rows(self, block: Block, places: Sequence[int | None], *, final: bool) -> tuple[Rows, int]:
        texts = _decoded(block.lines)
        rows, starts, ends, broken, taken = split(texts, self._delimiter, final=final)
        width = len(self.names)
        even = set(map(len, rows)) <= {width}
        fields: list[Sequence[str]] = list(zip(*rows, strict=True)) if even else []
        if not even or (fields and not all(map(str.strip, fields[0]))):
            wrong = [
                Broken(start, end, "", texts[start], _miscounted(len(row), width))
                for row, start, end in zip(rows, starts, ends, strict=True)
                if len(row) != width and not _blank(row)
            ]
            broken = sorted(broken + wrong, key=lambda bad: bad.start)
            good = [place for place, row in enumerate(rows) if len(row) == width and not _blank(row)]
            starts = [starts[place] for place in good]
            ends = [ends[place] for place in good]
            fields = list(zip(*(rows[place] for place in good), strict=True))
        nothing = ("",) * len(starts)
        values = [fields[place] if place is not None and fields else nothing for place in places]
        return Rows(block, values, starts, ends, broken), taken


class CsvReader:
    """A CSV file in the columns of an export.

    Args:
        block: The first lines of the file.
        file: What to call the file in a refusal.

    Raises:
        Refusal: The columns are not those of an export.
    """

    suffix = "csv"
    list_names = staticmethod(list_names_of_csv)
    times = staticmethod(Times)

    def __init__(self, block: Block, file: str) -> None:
        self._table = table = CsvTable(block, file, KNOWN)
        self.body = table.body
        self.header = table.header
        self.kind = recognise(table.names, file)
        self.extra = tuple(
            written.strip() or f"(column {place}, without a name)"
            for place, (written, name) in enumerate(zip(table.written, table.names, strict=True), 1)
            if name not in self.kind.columns
        )
        self.missing = tuple(name for name in self.kind.optional if name not in table.names)

    def rows(self, blocks: Iterable[Block], columns: Sequence[str]) -> Iterator[Rows]:
        """Read the records after the header, with these columns in this order."""
        names = self._table.names
        return self._table.rows(blocks, [names.index(name) if name in names else None for name in columns])


def _decoded(lines: list[bytes]) -> list[str]:
    try:
        return list(map(bytes.decode, lines))
    except UnicodeDecodeError:
        # Each byte that is not UTF-8 becomes a lone surrogate, which no field may hold: its row is refused.
        return [line.decode("utf-8", "surrogateescape") for line in lines]


def _blank(row: list[str]) -> bool:
    """Tell the empty rows that spreadsheets put between and after rows."""
    return not any(map(str.strip, row))


def _miscounted(found: int, width: int) -> str:
    return f"has {found} fields where the header has {width}: a delimiter or a quote is missing or too many"


def _header(lines: list[bytes], file: str, known: frozenset[str]) -> tuple[str, list[str], int]:
    """Find the delimiter that makes most sense of the first record.

    Returns:
        The delimiter, the names as written, and how many lines they take.
    """
    try:
        texts = [line.decode() for line in lines]
    except UnicodeDecodeError:
        # Only the header has to be sound for the file to be read.
        texts = _decoded(lines)
    best: tuple[int, str, list[str], int] | None = None
    for delimiter in _DELIMITERS:
        found = split(texts, delimiter, final=True)
        if found.rows and found.starts[0] == 0:
            recognised = len(known.intersection(map(column_name, found.rows[0])))
            if best is None or recognised > best[0]:
                best = (recognised, delimiter, found.rows[0], found.ends[0])
    if best is None:
        raise Refusal(
            f"{file} has broken quoting in its first line, which should name the columns: "
            "close each quote in it and import again."
        )
    return best[1:]
