"""Fields of JSON documents by their path, checked; what is refused is said with path and value.

An absent field, `null` and what lies beneath something that is no object are the same: empty.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from msglog_tui.importers import fields
from msglog_tui.importers.columns import Remembered
from msglog_tui.importers.fields import BadField
from msglog_tui.importers.json_documents import BadDocument, decoded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from msglog_tui.importers.times import Times

T = TypeVar("T")

Record: TypeAlias = "dict[str, Any]"
"""An object of a document: an event, a message."""

_SECONDS: Final = re.compile(r"[0-9]{1,12}")
_LATEST: Final = 4_133_980_800  # 2101-01-01


class BadValue(Exception):  # noqa: N818 - carries a reason to a person
    """A field that holds what it may not.

    Attributes:
        field: Its path, such as `mail.messageId`.
        value: What stands there.
        reason: What is wrong with it.
    """

    def __init__(self, field: str, value: object, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.value = "" if value is None else value
        self.reason = reason


def at(record: object, *path: str) -> Any:
    """Get what stands at a path, `None` where nothing does."""
    for key in path:
        if not isinstance(record, dict):
            return None
        record = record.get(key)
    return record


def checked(check: Callable[[Any], T], record: object, *path: str) -> T:
    """Check what stands at a path.

    Raises:
        BadValue: The check refuses it.
    """
    value = at(record, *path)
    try:
        return check("" if value is None else value)
    except BadField as problem:
        raise BadValue(".".join(path), value, str(problem)) from None


def identifier(record: object, *path: str) -> str:
    """Get an id, an address or a number, which may not be empty."""
    return checked(fields.identifier, record, *path)


def text(record: object, *path: str) -> str:
    """Get text that may be empty."""
    return checked(fields.text, record, *path)


def code(record: object, *path: str) -> str:
    """Get a code, or another short text, that may be empty."""
    return checked(fields.identifier_or_empty, record, *path)


def joined(names: tuple[str, ...], *path: str) -> str:
    """Make one name of those that stood at a path."""
    return checked(fields.text, {path[-1]: ", ".join(names)}, path[-1])


def reason(record: object, *path: str) -> str:
    """Get what was said of a failure."""
    return checked(fields.reason, record, *path)


def word(words: Mapping[str, T], whose: str, record: object, *path: str) -> T:
    """Get what one of these words means, whatever its case.

    Args:
        words: In lower case.
        whose: The provider, for a refusal.
    """
    written = identifier(record, *path).lower()
    if written not in words:
        raise BadValue(".".join(path), at(record, *path), f"is unknown: {whose} has {', '.join(words)}")
    return words[written]


def objects(record: object, *path: str) -> list[Record]:
    """Get an array of objects; empty where nothing stands at the path."""
    return _array(record, path, dict, "an array of objects")


def texts(record: object, *path: str) -> tuple[str, ...]:
    """Get an array of names, or one alone; empty where nothing stands at the path."""
    value = at(record, *path)
    if isinstance(value, str):
        return (text(record, *path),) if value.strip() else ()
    names = _array(record, path, str, "an array of text")
    return tuple(filter(None, (checked(fields.text, {path[-1]: name}, path[-1]) for name in names)))


def identifiers(record: object, *path: str) -> list[str]:
    """Get an array of addresses or numbers; empty where nothing stands at the path."""
    names = _array(record, path, str, "an array of text")
    return [identifier({path[-1]: name}, path[-1]) for name in names]


def _array(record: object, path: tuple[str, ...], kind: type[T], wanted: str) -> list[T]:
    value = at(record, *path)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(element, kind) for element in value):
        raise BadValue(".".join(path), value if isinstance(value, str) else "", f"is not {wanted}")
    return value


def within(record: object, *path: str) -> Any:
    """Get the JSON document that is written in a text.

    Raises:
        BadValue: It is no text, or the text no JSON.
    """
    value = at(record, *path)
    if not isinstance(value, str):
        raise BadValue(".".join(path), "", "is no text with JSON in it")
    try:
        return decoded(value)
    except BadDocument as problem:
        raise BadValue(".".join(path), value, str(problem)) from None


class Instants:
    """Reads times of documents: many events have the same.

    Args:
        times: Reads one.
    """

    def __init__(self, times: Times) -> None:
        self._seen = Remembered(times.one)

    def written(self, record: object, *path: str) -> int:
        """Get a time that is written out."""
        return checked(self._one, record, *path)

    def written_or_none(self, record: object, *path: str) -> int | None:
        """Get a time that is written out and may be empty."""
        return None if at(record, *path) in (None, "") else self.written(record, *path)

    def _one(self, value: object) -> int:
        written = fields.text(value)
        if written[19:20] == "." and written[-1] == "Z" and written[20:-1].isdecimal():
            # Without fractions of a second many more are the same.
            written = f"{written[:19]}Z"
        return self._seen[written]


def seconds(record: object, *path: str) -> int:
    """Get a time in seconds since the epoch; fractions of one are left off."""
    value = at(record, *path)
    whole = value.partition(".")[0] if isinstance(value, str) else ""
    if not _SECONDS.fullmatch(whole) or not int(whole) < _LATEST:
        raise BadValue(".".join(path), value, "is no time in seconds since 1970")
    return int(whole)
