"""What each field of an export may hold, and what to tell the person when it holds something else.

A check takes one value and returns what goes into the record, or raises `BadField` with the reason.  Values
are text, whatever the format: JSON numbers arrive as their own digits, and `null` as empty text.  The other
JSON values arrive as they are (`bool`, `dict`, and `tuple` for an array) and are refused unless wanted.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from msglog_tui.dates import parse_instant
from msglog_tui.delivery import DeliveryStatus
from msglog_tui.errors import InstantError
from msglog_tui.recipients import HIDDEN
from msglog_tui.types import Channel, TransactionKind, TransactionStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_Word = TypeVar("_Word")

LONGEST_NAME = 255
LONGEST_TEXT = 2_000
LONGEST_REASON = 10_000
"""What another server says of a mail may be a page; all of it is kept."""
LARGEST_COUNT = 2**53
"""Beyond it other programs, JSON readers among them, no longer count exactly."""
LARGEST_DECIMAL = 10**12

_CHANNELS = {"email": Channel.EMAIL, "e-mail": Channel.EMAIL, "sms": Channel.SMS}
_KINDS = {
    "package": TransactionKind.PACKAGE,
    "top_up": TransactionKind.TOP_UP,
    "top-up": TransactionKind.TOP_UP,
    "top up": TransactionKind.TOP_UP,
    "topup": TransactionKind.TOP_UP,
}
_STATUSES = {status.value: status for status in TransactionStatus}
_DELIVERY_STATUSES = {status.word: status for status in DeliveryStatus}
_PLAIN_DECIMAL = re.compile(r"[0-9]+(?:\.[0-9]{1,6})?")
_NUMBER = re.compile(r"\+[0-9][0-9 ().-]{3,30}")
_UNENCODABLE = re.compile("[\ud800-\udfff]")


ListNames: TypeAlias = "Callable[[object, Callable[[str], str]], tuple[str, ...]]"
"""How a format writes the lists of a message: takes the value, and the check of a name."""


class BadField(Exception):  # noqa: N818 - not an error of ours: it carries a reason to a person
    """A value that its field may not hold; the text is the reason, and says what to write instead."""


def text(value: object, longest: int = LONGEST_TEXT) -> str:
    """Strip text that may be empty.

    Raises:
        BadField: It is no text, too long, or holds what no terminal or database should get.
    """
    if not isinstance(value, str):
        raise BadField(f"is {_json_word(value)}: write text")
    stripped = bare_number(value.strip())
    if len(stripped) > longest:
        raise BadField(f"has {len(stripped):,} characters: at most {longest:,} are kept")
    if "\0" in stripped:
        raise BadField("holds a NUL character: remove it")
    if _UNENCODABLE.search(stripped):
        raise BadField("holds bytes that are no text: save the file as UTF-8")
    return stripped


def bare_number(written: str) -> str:
    """Take off the apostrophe that an export puts before a number's `+`, lest a spreadsheet add it up."""
    return written[1:] if written.startswith("'+") and _NUMBER.fullmatch(written, 1) else written


def identifier(value: object) -> str:
    """Check an id: text that may not be empty."""
    return _filled(text(value, LONGEST_NAME))


def recipient(value: object) -> str:
    """Check an address or a number, which may not be masked."""
    return unmasked(identifier(value))


def unmasked(written: str) -> str:
    """Refuse a recipient of an export that masks them."""
    if HIDDEN in written:
        raise BadField("is masked: write deliveries with --reveal, and import those")
    return written


def name_or_empty(value: object) -> str:
    """Normalise a name to NFC, so that one name is one enterprise however its accents were typed."""
    return text(unicodedata.normalize("NFC", text(value, LONGEST_NAME)), LONGEST_NAME)


def name(value: object) -> str:
    """Check a name that may not be empty."""
    return _filled(name_or_empty(value))


def count(value: object) -> int:
    """Check an amount of messages: a whole number in plain digits."""
    digits = _scalar(value, "a whole number").strip()
    if not digits:
        raise BadField("is empty: write a whole number, 0 or more")
    if not (digits.isascii() and digits.isdigit()):
        if digits[0] == "-" and digits[1:].isdigit():
            raise BadField("is negative: write a whole number, 0 or more")
        raise BadField(
            "is not a whole number: write digits alone, like 1234, without sign, commas or decimals"
        )
    digits = digits.lstrip("0") or "0"
    # Long runs of digits are refused before int() sees them: it takes quadratic time.
    if len(digits) > 16 or int(digits) > LARGEST_COUNT:
        raise BadField(f"is too large: at most {LARGEST_COUNT:,}, written without commas")
    return int(digits)


def count_or_unknown(value: object) -> int | None:
    """Check an amount that the source may not tell: empty is unknown, which is not 0."""
    if isinstance(value, str) and not value.strip():
        return None
    return count(value)


def channel(value: object) -> int:
    """Recognise a channel by its word, as the number that the store keeps."""
    return int(_one_of(value, _CHANNELS, "email or sms"))


def channel_or_empty(value: object) -> int | None:
    """Recognise a channel that may be left to the look of the recipient."""
    return None if isinstance(value, str) and not value.strip() else channel(value)


def delivery_status(value: object) -> int:
    """Recognise what became of a delivery by its word, as the number that the store keeps."""
    return int(_one_of(value, _DELIVERY_STATUSES, "one of " + ", ".join(_DELIVERY_STATUSES)))


def reason(value: object) -> str:
    """Check what was said of a failure, which may be longer than other text."""
    return text(value, LONGEST_REASON)


def identifier_or_empty(value: object) -> str:
    """Check an id that may be left out."""
    return text(value, LONGEST_NAME)


def transaction_kind(value: object) -> TransactionKind:
    """Recognise package and top_up."""
    return _one_of(value, _KINDS, "package or top_up")


def status(value: object) -> TransactionStatus:
    """Recognise one of the five statuses."""
    return _one_of(value, _STATUSES, "one of " + ", ".join(_STATUSES))


def decimal(value: object) -> Decimal:
    """Check money or credits: 0 or more in plain notation, at most six decimals."""
    number = _scalar(value, "a number").strip()
    if not number:
        raise BadField("is empty: write a number, like 1234.50")
    if not _PLAIN_DECIMAL.fullmatch(number):
        if number[0] == "-" and _PLAIN_DECIMAL.fullmatch(number[1:]):
            raise BadField("is negative: write a number, 0 or more")
        raise BadField("is not a plain number: write it like 1234.50, with a point and at most six decimals")
    whole = number.partition(".")[0].lstrip("0")
    if len(whole) > 12:
        raise BadField(f"is too large: less than {LARGEST_DECIMAL:,} is wanted, written without commas")
    return Decimal(number)


def currency(value: object) -> str:
    """Check a currency: three letters, as ISO 4217 writes them."""
    letters = text(value)
    if not (len(letters) == 3 and letters.isascii() and letters.isalpha()):
        raise BadField("is not a currency: write its three letters, like EUR")
    return letters.upper()


def list_names_of_csv(value: object, one: Callable[[str], str]) -> tuple[str, ...]:
    """Split names at each `;`; a doubled one is a `;` of the name's own; `one` checks each."""
    joined = _scalar(value, "names separated by ;")
    if ";;" not in joined:
        return tuple(filter(None, map(one, joined.split(";"))))
    # Pairs are taken from the left, so that ";;;" is a literal one and then a separator.
    found = [""]
    for piece in re.findall(r";;|;|[^;]+", joined):
        if piece == ";":
            found.append("")
        else:
            found[-1] += ";" if piece == ";;" else piece
    return tuple(filter(None, map(one, found)))


def list_names_of_json(value: object, one: Callable[[str], str]) -> tuple[str, ...]:
    """Take the names of a JSON array; `null` and an absent key are empty text by now, and mean none."""
    if value == "":
        return ()
    if not isinstance(value, tuple):
        raise BadField('is not an array: write the names like ["Newsletter", "Members"]')
    for item in value:
        if not isinstance(item, str):
            raise BadField(
                f'holds {_json_word(item)}: write an array of text, like ["Newsletter", "Members"]'
            )
    return tuple(filter(None, map(one, value)))


def instant(zone: str | None) -> Callable[[object], int]:
    """Make the check of a time: ISO 8601, read in `zone` where it has no offset of its own."""

    def check(value: object) -> int:
        written = _scalar(value, "a time, like 2026-10-01T09:30:00Z").strip()
        if not written:
            raise BadField("is empty: write a time, like 2026-10-01T09:30:00Z")
        try:
            return parse_instant(written, zone)
        except InstantError as problem:
            raise BadField(problem.reason) from None

    return check


def _filled(checked: str) -> str:
    if not checked:
        raise BadField("is empty: every row needs one")
    return checked


def _scalar(value: object, wanted: str) -> str:
    if not isinstance(value, str):
        raise BadField(f"is {_json_word(value)}: write {wanted}")
    return value


def _one_of(value: object, words: Mapping[str, _Word], wanted: str) -> _Word:
    word = _scalar(value, wanted).strip().lower()
    if not word:
        raise BadField(f"is empty: write {wanted}")
    if word not in words:
        raise BadField(f"is unknown: write {wanted}")
    return words[word]


def _json_word(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    return "an object" if isinstance(value, dict) else "an array"
