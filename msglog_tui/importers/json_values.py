"""Fields of JSON documents, checked; what is refused is said with its name and value.

An absent field and `null` are the same: empty.  Most values are plain text, which is told at once; only what
is not goes through the checks that all formats have in common.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from msglog_tui.importers import fields
from msglog_tui.importers.fields import LONGEST_NAME, BadField
from msglog_tui.importers.json_documents import BadDocument, decoded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from msglog_tui.importers.times import Times

T = TypeVar("T")

Record: TypeAlias = "dict[str, Any]"
"""An object of a document: an event, a message, a part of them."""

_WITH_SECONDS: Final = re.compile(r"[0-9-]{10}T[0-9:]{5}:[0-5][0-9](?:\.[0-9]{1,9})?Z")
# Java writes those of today with an exponent: 1.7906e9.
_SECONDS: Final = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,20})?(?:[eE]\+?[0-9]{1,2})?")
_LATEST: Final = 4_133_980_800  # 2101-01-01
_REMEMBERED: Final = 100_000


class BadValue(Exception):  # noqa: N818 - carries a reason to a person
    """A field that holds what it may not.

    Attributes:
        field: Its name, such as `messageId`.
        value: What stands there.
        reason: What is wrong with it.
    """

    def __init__(self, field: str, value: object, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.value = "" if value is None else value
        self.reason = reason


def inside(record: Record, key: str) -> Record:
    """Get a part of a record; one without fields where there is no object."""
    found = record.get(key)
    return found if isinstance(found, dict) else {}


def _plain(value: object) -> bool:
    """Whether this is text that passes every check as it is, by tests that cost next to nothing."""
    return (
        type(value) is str
        and value.isascii()
        and value.isprintable()
        and 0 < len(value) <= LONGEST_NAME
        and value[0] != " " != value[-1]
    )


def _checked(check: Callable[[object], T], value: object, key: str) -> T:
    try:
        return check("" if value is None else value)
    except BadField as problem:
        raise BadValue(key, value, str(problem)) from None


def identifier(record: Record, key: str) -> str:
    """Get an id, an address or a number, which may not be empty.

    Raises:
        BadValue: It holds something else; so do all the functions here.
    """
    value: Any = record.get(key)
    return value if _plain(value) else _checked(fields.identifier, value, key)


def text(record: Record, key: str) -> str:
    """Get text that may be empty."""
    value: Any = record.get(key)
    return value if _plain(value) else _checked(fields.text, value, key)


def code(record: Record, key: str) -> str:
    """Get a code, or another short text, that may be empty."""
    value: Any = record.get(key)
    return value if _plain(value) else _checked(fields.identifier_or_empty, value, key)


def reason(record: Record, key: str) -> str:
    """Get what was said of a failure."""
    value: Any = record.get(key)
    return value if _plain(value) else _checked(fields.reason, value, key)


def word(words: Mapping[str, T], whose: str, record: Record, key: str) -> T:
    """Get what one of these words means, whatever its case.

    Args:
        words: In lower case.
        whose: The provider, for a refusal.
    """
    written = identifier(record, key).lower()
    if written not in words:
        raise BadValue(key, written, f"is unknown: {whose} has {', '.join(words)}")
    return words[written]


def objects(record: Record, key: str) -> list[Record]:
    """Get an array of objects; an empty one where there is none."""
    return _array(record, key, dict, "an array of objects")


def identifiers(record: Record, key: str) -> list[str]:
    """Get an array of addresses or numbers; an empty one where there is none."""
    return [
        value if _plain(value) else _checked(fields.identifier, value, key)
        for value in _array(record, key, str, "an array of text")
    ]


def texts(record: Record, key: str) -> tuple[str, ...]:
    """Get an array of names, or one alone; none where there is no field."""
    value = record.get(key)
    names = [value] if isinstance(value, str) else _array(record, key, str, "an array of text")
    return tuple(filter(None, (_checked(fields.text, name, key) for name in names)))


def joined(names: tuple[str, ...], key: str) -> str:
    """Make one name of those of a field."""
    return names[0] if len(names) == 1 else _checked(fields.text, ", ".join(names), key)


def _array(record: Record, key: str, kind: type[T], wanted: str) -> list[T]:
    value = record.get(key)
    if value is None:
        return []
    if isinstance(value, list):
        for element in value:
            if not isinstance(element, kind):
                break
        else:
            return value
    raise BadValue(key, value if isinstance(value, str) else "", f"is not {wanted}")


def within(record: Record, key: str) -> object:
    """Get the JSON document that is written in a text."""
    value = record.get(key)
    if not isinstance(value, str):
        raise BadValue(key, "", "is no text with JSON in it")
    try:
        return decoded(value)
    except BadDocument as problem:
        raise BadValue(key, value, str(problem)) from None


class Instants:
    """Reads times of documents: many events are of the same minute.

    Args:
        times: Reads one.
    """

    def __init__(self, times: Times) -> None:
        self._times = times
        self._minutes: dict[str, int] = {}

    def written(self, record: Record, key: str) -> int:
        """Get a time that is written out."""
        value = record.get(key)
        if not (isinstance(value, str) and _WITH_SECONDS.fullmatch(value)):
            return _checked(self._times.one, value, key)
        second = int(value[17:19])
        minute = self._minutes.get(value[:16])
        if minute is None:
            if len(self._minutes) >= _REMEMBERED:
                self._minutes.clear()
            minute = self._minutes[value[:16]] = _checked(self._times.one, value, key) - second
        return minute + second

    def written_or_none(self, record: Record, key: str) -> int | None:
        """Get a time that is written out and may be empty."""
        return None if record.get(key) in (None, "") else self.written(record, key)


def seconds(record: Record, key: str) -> int:
    """Get a time in seconds since the epoch; fractions of one are left off."""
    value = record.get(key)
    if isinstance(value, str) and _SECONDS.fullmatch(value) and (whole := int(Decimal(value))) < _LATEST:
        return whole
    raise BadValue(key, value, "is no time in seconds since 1970")
