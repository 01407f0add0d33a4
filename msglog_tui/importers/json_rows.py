"""Objects whose keys are the columns: one a line (JSON Lines), or those of an array, as exports write it."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

from msglog_tui.errors import Refusal
from msglog_tui.importers.fields import list_names_of_json
from msglog_tui.importers.json_documents import documents, first_documents
from msglog_tui.importers.kinds import Kind, column_name, kind_of, recognise
from msglog_tui.importers.rows import Block, Broken, Rows
from msglog_tui.importers.times import Times

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from msglog_tui.importers.json_documents import Document
    from msglog_tui.importers.mapping import Mapping

_Layout: TypeAlias = tuple[tuple[str | None, str], ...]
# Where the columns are in an object: the key, and what stands in for it.

_LOOKED_AT = 1_000
_LAYOUTS = 1_000
_EXTRA = 100


class _BadLine(Exception):  # noqa: N818 - carries a reason to a person
    """A line that is no row."""

    def __init__(self, reason: str, field: str = "", value: object = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field
        self.value = value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _BadLine("is there more than once: keep one", column_name(twice))
    return made


def _no_constant(written: str) -> object:
    raise _BadLine(f"holds {written}, which is no JSON: write a number")


# Numbers stay in the digits they were written in, so that they meet the same checks as those of a CSV file.
_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=str, parse_float=str, parse_constant=_no_constant
)


def decoded(line: bytes) -> dict[str, object]:
    """Read one line.

    Raises:
        _BadLine: It is no JSON object, or holds a key twice.
    """
    # As in CSV, a byte that is not UTF-8 becomes a lone surrogate, and is refused in the field it is in.
    text = line.decode("utf-8", "surrogateescape").strip()
    try:
        value = _DECODER.decode(text)
    except RecursionError:
        raise _BadLine("is nested too deeply") from None
    except json.JSONDecodeError as problem:
        raise _BadLine(
            f"is no JSON ({problem.msg}, column {problem.colno}): an object a line is wanted"
        ) from None
    if not isinstance(value, dict):
        raise _BadLine("is no JSON object: an object a line is wanted")
    return value


class JsonReader:
    """A JSON Lines file whose kind is known.

    Args:
        block: The first lines of the file.
        file: What to call the file in a refusal.
        mapping: Says what stands in for keys that an object lacks.

    Raises:
        Refusal: None of the first objects has the keys of an export.
    """

    suffix = "jsonl"
    list_names = staticmethod(list_names_of_json)
    times = staticmethod(Times)
    header = b""
    body = 0

    def __init__(self, block: Block, file: str, mapping: Mapping | None = None) -> None:
        self.kind = _kind(self._first_objects(block), file, () if mapping is None else mapping.defaults)
        self._spared = {} if mapping is None else mapping.spared(self.kind)
        self._layouts: dict[tuple[str, ...], _Layout] = {}
        self._extra: dict[str, None] = {}
        self._seen: set[str] = set()

    @staticmethod
    def _first_objects(block: Block) -> Iterator[dict[str, object]]:
        """Read the objects of the first lines; some may be bad."""
        for line in block.lines[:_LOOKED_AT]:
            with suppress(_BadLine):
                yield decoded(line)

    @property
    def extra(self) -> tuple[str, ...]:
        """Keys that are not read, the first hundred."""
        return tuple(self._extra)

    @property
    def missing(self) -> tuple[str, ...]:
        """Optional columns that no line has."""
        return tuple(name for name in self.kind.optional if name not in self._seen | self._spared.keys())

    def rows(self, blocks: Iterable[Block], columns: Sequence[str]) -> Iterator[Rows]:
        """Read the lines."""
        for block in blocks:
            rows: list[list[object]] = []
            starts: list[int] = []
            broken: list[Broken] = []
            for place, line in enumerate(block.lines):
                if line.isspace():
                    continue
                try:
                    rows.append(self._row(decoded(line), columns))
                    starts.append(place)
                except _BadLine as bad:
                    value = line.decode("utf-8", "surrogateescape") if bad.value is None else bad.value
                    broken.append(Broken(place, place + 1, bad.field, value, bad.reason))
            values: list[Sequence[object]] = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
            yield Rows(block, values, starts, [place + 1 for place in starts], broken)

    def _row(self, found: dict[str, object], columns: Sequence[str]) -> list[object]:
        keys = tuple(found)
        layout = self._layouts.get(keys)
        if layout is None:
            layout = self._layout(keys, columns)
        # Most values are text already, and a call for each of them would show.
        return [
            value if type(value := found.get(key, spared)) is str else _plain(value)  # type: ignore[arg-type]
            for key, spared in layout
        ]

    def _layout(self, keys: tuple[str, ...], columns: Sequence[str]) -> _Layout:
        """Find the columns among the keys of an object; most objects of a file have the same."""
        by_name: dict[str, str] = {}
        for key in keys:
            name = column_name(key)
            if name not in self.kind.columns:
                if len(self._extra) < _EXTRA:
                    self._extra[key] = None
            elif name in by_name:
                raise _BadLine("is there more than once: keep one", name)
            else:
                by_name[name] = key
        lacking = [name for name in self.kind.required if name not in by_name.keys() | self._spared.keys()]
        if lacking:
            raise _BadLine("is missing: every row needs it", lacking[0], "")
        self._seen.update(by_name)
        layout = tuple((by_name.get(name), self._spared.get(name, "")) for name in columns)
        if len(self._layouts) < _LAYOUTS:
            self._layouts[keys] = layout
        return layout


class JsonArrayReader(JsonReader):
    """An array of such objects, or several; its blocks may end anywhere.

    A refused element becomes a line of JSON Lines, to be mended there.
    """

    @staticmethod
    def _first_objects(block: Block) -> Iterator[dict[str, object]]:
        text = b"".join(block.lines).decode("utf-8", "surrogateescape")
        return (found for found in first_documents(text)[:_LOOKED_AT] if isinstance(found, dict))

    def rows(self, blocks: Iterable[Block], columns: Sequence[str]) -> Iterator[Rows]:
        """Read the elements: together those that stand on lines one after the other."""
        for batch in documents(blocks):
            run = _Run(batch.line, len(columns))
            line, counted = batch.line, 0
            for document in batch.documents:
                line += batch.text.count("\n", counted, document.start)
                counted = document.start
                if line != run.first + len(run.lines):
                    yield run.rows()
                    run = _Run(line, len(columns))
                written = batch.text[document.start : document.end]
                try:
                    run.add(written, self._row(_element(document), columns))
                except _BadLine as bad:
                    run.refuse(written, bad)
            yield run.rows()


def _element(document: Document) -> dict[str, object]:
    if document.problem:
        raise _BadLine(document.problem)
    if not isinstance(document.value, dict):
        raise _BadLine("is no JSON object, as every element has to be")
    return document.value


class _Run:
    """Elements that stand on lines one after the other.

    Args:
        first: The line of the first one.
        width: How many columns a row has.
    """

    def __init__(self, first: int, width: int) -> None:
        self.first = first
        self.lines: list[bytes] = []
        self._width = width
        self._rows: list[list[object]] = []
        self._starts: list[int] = []
        self._broken: list[Broken] = []

    def add(self, written: str, row: list[object]) -> None:
        """Take an element that makes a row."""
        self._rows.append(row)
        self._starts.append(len(self.lines))
        self._keep(written)

    def refuse(self, written: str, bad: _BadLine) -> None:
        """Take one that makes none."""
        place = len(self.lines)
        value = written if bad.value is None else bad.value
        self._broken.append(Broken(place, place + 1, bad.field, value, bad.reason))
        self._keep(written)

    def rows(self) -> Rows:
        """What was taken."""
        values: list[Sequence[object]] = list(zip(*self._rows, strict=True)) or [()] * self._width
        ends = [place + 1 for place in self._starts]
        return Rows(Block(self.first, self.lines), values, self._starts, ends, self._broken)

    def _keep(self, written: str) -> None:
        line = written.replace("\r", " ").replace("\n", " ")
        self.lines.append(line.encode("utf-8", "surrogateescape") + b"\n")


def _plain(value: object) -> object:
    if isinstance(value, list):
        return tuple(value)
    return "" if value is None else value


def _kind(objects: Iterable[dict[str, object]], file: str, spared: Collection[str]) -> Kind:
    """Tell the kind by the first object that has all keys of one.

    Args:
        spared: Keys that need not be there.
    """
    first: dict[str, object] | None = None
    for found in objects:
        kind = kind_of([*map(column_name, found), *spared])
        if kind is not None:
            return kind
        first = first or found
    if first is None:
        raise Refusal(
            f"{file} begins like JSON, but is of no provider that --list-formats names, and there is no row "
            "in it: JSON Lines is wanted, with each object on a line of its own, or an array of objects."
        )
    return recognise([*dict.fromkeys(map(column_name, first))], file, spared)
