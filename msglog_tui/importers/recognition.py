"""Which format an input is in, told by its content: file names lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msglog_tui.errors import Refusal
from msglog_tui.importers.csv_rows import CsvReader
from msglog_tui.importers.json_rows import JsonArrayReader, JsonReader
from msglog_tui.importers.mapping import MappedReader

if TYPE_CHECKING:
    from msglog_tui.importers.mapping import Mapping
    from msglog_tui.importers.rows import Block, Reader

_LONGEST_FIRST_LINE = 131_072
_FOREIGN = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive: save the sheet as CSV UTF-8, or unpack it"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook: save the sheet as CSV UTF-8"),
    (b"%PDF", "a PDF: export the rows as CSV"),
    (b"SQLite format 3", "a SQLite database: export the rows as CSV"),
    (b"\x1f\x8b", "compressed twice: unpack it once"),
    (b"BZh", "compressed by bzip2: unpack it, or use gzip"),
    (b"\xfd7zXZ", "compressed by xz: unpack it, or use gzip"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd: unpack it, or use gzip"),
    (b"<", "HTML or XML, perhaps a page that asks to log in: export the rows as CSV"),
)


def is_array(block: Block) -> bool:
    """Whether an input begins as a JSON array does: its elements may stand on any lines."""
    return b"".join(block.lines).lstrip()[:1] == b"["


def reader_of(block: Block | None, file: str, mapping: Mapping | None = None) -> Reader:
    """Choose the reader by the first lines of an input.

    Args:
        block: The first lines, `None` where there are none.
        file: What to call the input in a refusal.
        mapping: How to read a CSV file that has other columns.

    Raises:
        Refusal: It is no export.
    """
    first = next((line for line in block.lines if line.strip()), None) if block else None
    if block is None or first is None:
        raise Refusal(f"{file} is empty: an export has a line that names the columns, and then the rows.")
    start = first.lstrip()
    for beginning, what in _FOREIGN:
        if start.startswith(beginning):
            raise Refusal(f"{file} is {what}, and import that.")
    if b"\0" in first:
        raise Refusal(
            f"{file} is binary, or text in UTF-16 or UTF-32 without a byte order mark: "
            "save it as CSV in UTF-8 and import that."
        )
    if start.startswith((b"{", b"[")):
        if mapping is not None and mapping.maps:
            raise Refusal(f"{file} is JSON: a mapping is for CSV files, leave --map and --profile out.")
        return (JsonArrayReader if start.startswith(b"[") else JsonReader)(block, file, mapping)
    if len(first) > _LONGEST_FIRST_LINE:
        raise Refusal(f"{file} is no export: its first line, which should name the columns, is too long.")
    return CsvReader(block, file) if mapping is None else MappedReader(block, file, mapping)
