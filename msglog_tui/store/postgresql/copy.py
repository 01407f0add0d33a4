"""Rows in PostgreSQL's text format, by which thousands of them go over in one stream (`COPY`)."""

from __future__ import annotations

import re
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import psycopg
    from sqlalchemy import Connection

_NUL: Final = "\N{SYMBOL FOR NULL}"
# PostgreSQL keeps no text with a NUL in it; this is what a reader would see instead anyway.

_ESCAPES: Final = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r", "\0": _NUL})
_SPECIAL: Final = re.compile(r"[\\\t\n\r\0]")

_AT_ONCE: Final = 1_000
# Rows that are put together while the server is busy with those before.


def into(connection: Connection, table: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Copy rows into the columns of a table: of text, whole numbers, bytes and `None`."""
    columns = ", ".join(f'"{name}"' for name in names)
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    with driver.cursor() as cursor, cursor.copy(f'COPY "{table}" ({columns}) FROM STDIN'.encode()) as copy:
        for block in blocks(rows):
            copy.write(block)


def blocks(rows: Sequence[tuple[Any, ...]]) -> Iterator[bytes]:
    """The rows as text that `COPY` reads, piece by piece."""
    for place in range(0, len(rows), _AT_ONCE):
        columns = map(_column, zip(*rows[place : place + _AT_ONCE], strict=True))
        lines = map("\t".join, zip(*columns, strict=True))
        yield ("\n".join(lines) + "\n").encode()


def without_nul(value: Any) -> Any:
    """A value as PostgreSQL can keep it, or look for it."""
    return value.replace("\0", _NUL) if isinstance(value, str) else value


def _column(values: tuple[Any, ...]) -> Iterable[str]:
    # Most columns have values of one kind, and hardly any a character that means something to COPY.
    kinds = set(map(type, values))
    if kinds == {int}:
        return map(str, values)
    if kinds == {str}:
        special = _SPECIAL.search("".join(values))
        return [value.translate(_ESCAPES) for value in values] if special else values
    if kinds <= {int, NoneType}:
        return [r"\N" if value is None else str(value) for value in values]
    return map(_field, values)


def _field(value: Any) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, bytes):
        return rf"\\x{value.hex()}"
    return str(value).translate(_ESCAPES)
