"""JSON documents, however they lie in a file, in memory that does not grow with it.

A document may be a line (JSON Lines), stand over several lines, or follow the one before without anything
between them, as Amazon's Firehose writes them.  The elements of an array at the top of a file are documents
of their own.  What is no JSON as RFC 8259 has it costs itself: the next document is looked for behind its
last bracket, or where a line, or a bracket after a closed one, begins another.

Of a key that is there twice the later value counts.  Numbers stay in the digits they were written in; a byte
that is not UTF-8 becomes a lone surrogate, which the check of its field refuses.
"""

from __future__ import annotations

import codecs
import json
import re
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

from msglog_tui.importers.source import CutOff

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from msglog_tui.importers.rows import Block

LARGEST_DOCUMENT: Final = 16 * 2**20
"""In characters: pages of an API have some thousand records, and mails may lie in them whole."""

_READ_AT_ONCE: Final = 2**18
"""Characters of a text after which the rest becomes a text of its own."""

_LONGEST_TOKEN: Final = 16
"""How far before the end of the text a word, a number or an escape may begin that is not whole yet."""

_LONGEST_CUT: Final = len("1e+")
"""How much of a number may be read wrongly, because the text ends within it."""

_BLANK: Final = re.compile(r"[ \t\r\n]*")
_NO_DOCUMENT: Final = re.compile(r"[^\n{]+")
_ELEMENT: Final = re.compile(r"[^\n,\]]+")
# Brackets, strings so that brackets in them do not count, and beginnings of lines that begin a document.
_STRUCTURE: Final = re.compile(r'[{}\[\]]|"[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*+"?|\n(?=[{\[])')
_DEEPEST_BEGINNING: Final = 6


class BadDocument(Exception):  # noqa: N818 - carries a reason to a person
    """What stands there is no JSON; the text says why."""


def _no_constant(written: str) -> object:
    raise BadDocument(f"holds {written}, which is no JSON: write a number")


_DECODER: Final = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_no_constant)


class Document(NamedTuple):
    """A document of a text.

    Attributes:
        value: What it says.
        start: Where it begins in the text.
        end: Where it ends.
        problem: What is wrong with it, empty if nothing is; it has no value then.
    """

    value: object
    start: int
    end: int
    problem: str


class Batch(NamedTuple):
    """A text and the documents in it.

    Attributes:
        text: The text.
        line: Number of its first line.
        documents: In their order, to be taken before the next batch.  One by one, for a document that is let
            go at once leaves its place in the processor's cache to the next.
    """

    text: str
    line: int
    documents: Iterator[Document]


def documents(blocks: Iterable[Block]) -> Iterator[Batch]:
    """Read documents from blocks that may end anywhere.

    Raises:
        CutOff: A document is too large to be one.
    """
    reader = _Reader()
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    for block in blocks:
        reader.add(decoder.decode(b"".join(block.lines)))
        yield from reader.read(last=False)
    reader.add(decoder.decode(b"", final=True))
    yield from reader.read(last=True)


def first_documents(text: str) -> list[object]:
    """Read the beginning of a file; what the text ends in the middle of may lack the rest."""
    reader = _Reader()
    reader.add(text)
    found = [document for batch in reader.read(last=False) for document in batch.documents]
    beginning = reader.unfinished()
    # It may be the whole of a file, whose end tells more.
    found += [document for batch in reader.read(last=True) for document in batch.documents]
    return [*(document.value for document in found if not document.problem), beginning]


def elements_in(text: str, start: int, key: str) -> list[tuple[int, int]]:
    """Find where the elements of the array stand that an object, which is good, has under a key.

    Args:
        start: Where the object begins.
    """
    spans: list[tuple[int, int]] = []
    place = _after_blank(text, start + 1)
    while text[place] != "}":
        if text[place] == ",":
            place = _after_blank(text, place + 1)
        name, colon = _DECODER.raw_decode(text, place)
        place = _after_blank(text, _after_blank(text, colon) + 1)
        if name == key and text[place] == "[":
            spans, end = _elements(text, place)
        else:
            _, end = _DECODER.raw_decode(text, place)
        place = _after_blank(text, end)
    return spans


def _elements(text: str, start: int) -> tuple[list[tuple[int, int]], int]:
    """Find where the elements of an array stand, and where it ends."""
    spans: list[tuple[int, int]] = []
    place = _after_blank(text, start + 1)
    while text[place] != "]":
        if text[place] == ",":
            place = _after_blank(text, place + 1)
        _, end = _DECODER.raw_decode(text, place)
        spans.append((place, end))
        place = _after_blank(text, end)
    return spans, place + 1


def decoded(text: str) -> object:
    """Read a text that is one document.

    Raises:
        BadDocument: It is none.
    """
    try:
        return _DECODER.decode(text)
    except (json.JSONDecodeError, RecursionError) as problem:
        raise BadDocument(_in_words(problem, 0)) from None


class _Expected(Enum):
    """What may stand where the text was read up to."""

    DOCUMENT = auto()
    FIRST_ELEMENT = auto()
    ELEMENT = auto()
    COMMA = auto()


class _Reader:
    """Takes text as it comes and gives the documents that are whole."""

    def __init__(self) -> None:
        self._text = ""
        self._line = 1
        self._place = 0
        self._goes_on = False
        self._added: list[str] = []
        self._added_size = 0
        self._expected = _Expected.DOCUMENT
        self._array_place = -1
        self._array_line = 0
        self._fault = ""

    def add(self, text: str) -> None:
        self._added.append(text)
        self._added_size += len(text)

    def read(self, *, last: bool) -> Iterator[Batch]:
        """Give the documents that are whole by now.

        Args:
            last: Whether there is no more text, so that what is not whole is bad.
        """
        # A document that is not whole yet is looked at again only when the text has doubled: else one that
        # comes in many pieces would take quadratic time.
        if self._added_size < len(self._text) and not last:
            return
        text = self._text + "".join(self._added)
        self._added, self._added_size = [], 0
        self._goes_on = True
        while self._goes_on:
            yield Batch(text, self._line, self._read(text, last=last))
            self._note_array(text)
            self._line += text.count("\n", 0, self._place)
            text = text[self._place :]
        self._text = text
        if len(text) > LARGEST_DOCUMENT:
            raise CutOff(
                f"What begins on line {self._line:,} is larger than {LARGEST_DOCUMENT // 2**20} MiB, as no "
                "document is: those before it are in. Remove or mend it and import again."
            )

    def unfinished(self) -> object:
        """Read the document that is not whole yet as far as it goes."""
        return _beginning(self._text, 0, _DEEPEST_BEGINNING)[0] if self._text else None

    def _read(self, text: str, *, last: bool) -> Iterator[Document]:
        """Read documents, and keep the place up to which the text was read and whether there is more in it.

        A long text is read a part at a time: what is said of a bad document takes time that grows with its
        place in the text.
        """
        place = _after_blank(text, 0)
        self._goes_on = False
        while place < len(text):
            if place > _READ_AT_ONCE:
                self._place, self._goes_on = place, True
                return
            end = self._pass_array(text, place)
            if self._fault:
                yield Document(None, place, place, self._fault)
                self._fault = ""
            if end is None:
                found = _document(text, place, in_array=self._expected is not _Expected.DOCUMENT, last=last)
                if found is None:
                    break
                yield found
                end = found.end
                if self._expected is not _Expected.DOCUMENT:
                    self._expected = _Expected.COMMA
            place = _after_blank(text, end)
        self._place = place
        if last and self._expected is not _Expected.DOCUMENT:
            self._note_array(text)
            yield Document(
                None,
                place,
                place,
                f"ends before the array does that begins on line {self._array_line:,}: the file may be "
                "cut off; what is there of it was read",
            )

    def _note_array(self, text: str) -> None:
        """Keep the line of the array that is read; once a text, for to count lines takes time."""
        if self._array_place >= 0:
            self._array_line = self._line + text.count("\n", 0, self._array_place)
            self._array_place = -1

    def _pass_array(self, text: str, place: int) -> int | None:
        """Pass over what makes an array of documents; `None` where a document has to be."""
        sign, expected = text[place], self._expected
        if expected is _Expected.DOCUMENT:
            if sign != "[":
                return None
            self._expected = _Expected.FIRST_ELEMENT
            self._array_place = place
        elif sign == "]":
            if expected is _Expected.ELEMENT:
                self._fault = "has a comma before it and no element: remove it"
            self._expected = _Expected.DOCUMENT
        elif expected is not _Expected.COMMA:
            return None
        else:
            self._expected = _Expected.ELEMENT
            if sign != ",":
                self._fault = "has no comma before it: write one"
                return place
        return place + 1


def _document(text: str, place: int, *, in_array: bool, last: bool) -> Document | None:
    """Read a document, `None` where the text may end before it does."""
    try:
        value, end = _DECODER.raw_decode(text, place)
    except (json.JSONDecodeError, RecursionError, BadDocument) as problem:
        if not last and _may_be_unfinished(problem, len(text)):
            return None
        bad_end = _end_of_bad(text, place, in_array=in_array)
        if bad_end is None:
            if not last:
                return None
            bad_end = len(text)
        return Document(None, place, bad_end, _in_words(problem, place))
    if not last and end > len(text) - _LONGEST_CUT and not isinstance(value, dict | list):
        return None  # a number may go on
    return Document(value, place, end, "")


def _may_be_unfinished(problem: Exception, size: int) -> bool:
    return isinstance(problem, json.JSONDecodeError) and (
        problem.pos >= size - _LONGEST_TOKEN or problem.msg.startswith("Unterminated string")
    )


def _end_of_bad(text: str, place: int, *, in_array: bool) -> int | None:
    """Find where something ends that is no JSON; `None` where the text ends before."""
    if text[place] not in "{[":
        found = (_ELEMENT if in_array else _NO_DOCUMENT).match(text, place)
        end = found.end() if found else place + 1
        return end if end < len(text) else None
    depth, closed = 0, -1
    for token in _STRUCTURE.finditer(text, place):
        start = token.start()
        sign = text[start]
        if sign == "\n":
            return start + 1
        if sign in "{[":
            if start == closed and not in_array:
                return start
            depth += 1
        elif sign in "}]":
            depth -= 1
            closed = start + 1
            if depth == 0:
                return closed
    return None


def _in_words(problem: Exception, place: int) -> str:
    if isinstance(problem, json.JSONDecodeError):
        return f"is no JSON ({problem.msg}, character {problem.pos - place + 1:,})"
    return "is nested too deeply" if isinstance(problem, RecursionError) else str(problem)


def _after_blank(text: str, place: int) -> int:
    return _BLANK.match(text, place).end()  # type: ignore[union-attr] # it matches nothing, too


def _beginning(text: str, place: int, deepest: int) -> tuple[object, int | None]:
    """Read a value whose end may be missing, as far as it goes.

    Args:
        deepest: How many levels of values without an end are looked into.

    Returns:
        The value, and its end, `None` where that is missing.
    """
    try:
        return _DECODER.raw_decode(text, place)
    except (json.JSONDecodeError, RecursionError, BadDocument):
        pass
    if deepest == 0 or text[place : place + 1] not in ("{", "["):
        return None, None
    named = text[place] == "{"
    members: dict[str, object] = {}
    elements: list[object] = []
    end: int | None = place
    while end is not None and text[end : end + 1] in ("{", "[", ","):
        name = ""
        start = _after_blank(text, end + 1)
        if start == len(text):
            break
        if named:
            try:
                name, start = _DECODER.raw_decode(text, start)
            except (json.JSONDecodeError, RecursionError, BadDocument):
                break
            start = _after_blank(text, _after_blank(text, start) + 1)
        value, end = _beginning(text, start, deepest - 1)
        members[str(name)] = value
        elements.append(value)
        end = None if end is None else _after_blank(text, end)
    return (members if named else elements), None
