"""Whose the messages of a source are that knows no enterprises and customers.

Either everything in a file is one customer's, or a file of owners says it by what the source tells of who
sent something: a sub-account, a tag, a domain, an account.  A source names what it knows, the narrowest
first; the first of its keys that the file of owners has decides, and `*` decides what is left.  Keys are the
same whatever their case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msglog_tui.errors import Refusal
from msglog_tui.importers import fields
from msglog_tui.importers.csv_rows import CsvTable
from msglog_tui.importers.fields import BadField
from msglog_tui.importers.rows import Block
from msglog_tui.importers.show import shown
from msglog_tui.importers.source import opened
from msglog_tui.text import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from msglog_tui.importers.foreign import Owners
    from msglog_tui.importers.rows import Rows

ANYBODY: Final = "*"
"""The key of everything that no other key decides."""

_COLUMNS: Final = ("key", "enterprise", "customer")


class OneOwner:
    """Everything is one customer's.

    Args:
        enterprise: Name of the enterprise.
        customer: Name of the customer; without one it is called as the enterprise.
    """

    def __init__(self, enterprise: str, customer: str | None) -> None:
        self.owner = (
            _name(enterprise, "--enterprise"),
            _name(enterprise if customer is None else customer, "--customer"),
        )

    def of(self, keys: Iterable[str]) -> tuple[str, str]:  # noqa: ARG002 - whatever they are
        """Name the enterprise and customer."""
        return self.owner


class OwnersFile:
    """Owners by key, from a CSV file with the columns key, enterprise, customer.

    Args:
        path: The file.

    Raises:
        Refusal: It cannot be read, lacks columns, or a line of it names no owner or a key once more.
    """

    def __init__(self, path: Path) -> None:
        self._file = shown(str(path), 200)
        self._owners: dict[str, tuple[str, str]] = {}
        for line, (key, enterprise, customer) in _lines(path, self._file):
            try:
                folded = fold(fields.identifier(key))
                owner = fields.name(enterprise), fields.name_or_empty(customer) or fields.name(enterprise)
            except BadField as problem:
                raise Refusal(f"{self._file}, line {line}: a field {problem}.") from None
            if self._owners.setdefault(folded, owner) != owner:
                raise Refusal(
                    f"{self._file}, line {line}: the key “{shown(key)}” has another owner above: keep one."
                )
        if not self._owners:
            raise Refusal(f"{self._file} names no owners: write a line a key below the names of the columns.")

    def of(self, keys: Iterable[str]) -> tuple[str, str]:
        """Name the enterprise and customer of the first key that the file has."""
        named = [key for key in keys if key]
        for key in (*named, ANYBODY):
            owner = self._owners.get(fold(key))
            if owner is not None:
                return owner
        if not named:
            raise BadField(f"tells no sender: add a line with the key * to {self._file} for these")
        raise BadField(
            f"“{shown(named[0])}” has no owner: add a line with this key, or with *, to {self._file}"
        )


def owners_of(enterprise: str | None, customer: str | None, path: Path | None) -> Owners | None:
    """Make the owners that the command line asks for, `None` where it says nothing of them.

    Raises:
        Refusal: It says it twice, or names a customer without an enterprise, or the file names no owners.
    """
    if path is not None:
        if enterprise is not None or customer is not None:
            raise Refusal("--owners says whose everything is: leave out --enterprise and --customer.")
        return OwnersFile(path)
    if enterprise is None:
        if customer is not None:
            raise Refusal("--customer is a customer of an enterprise: name that with --enterprise.")
        return None
    return OneOwner(enterprise, customer)


def _name(written: str, option: str) -> str:
    try:
        return fields.name(written)
    except BadField as problem:
        raise Refusal(f"{option} {problem}.") from None


def _lines(path: Path, file: str) -> Iterator[tuple[int, tuple[str, str, str]]]:
    with opened(path) as source:
        blocks = source.blocks()
        first = next((block for block in blocks if any(map(bytes.strip, block.lines))), None)
        if first is None:
            raise Refusal(f"{file} is empty: owners are a CSV file with the columns {', '.join(_COLUMNS)}.")
        table = CsvTable(first, file, frozenset(_COLUMNS))
        lacking = [name for name in _COLUMNS if name not in table.names]
        if lacking:
            raise Refusal(
                f"{file} lacks the column {', '.join(lacking)}: owners are a CSV file with the columns "
                f"{', '.join(_COLUMNS)}."
            )
        body = Block(first.first + table.body, first.lines[table.body :])
        for rows in table.rows((body, *blocks), [table.names.index(name) for name in _COLUMNS]):
            yield from _numbered(rows, file)


def _numbered(rows: Rows, file: str) -> Iterator[tuple[int, tuple[str, str, str]]]:
    if rows.broken:
        bad = rows.broken[0]
        raise Refusal(f"{file}, line {rows.block.first + bad.start}: {bad.reason}.")
    for start, values in zip(rows.starts, zip(*rows.columns, strict=True), strict=False):
        yield rows.block.first + start, values
