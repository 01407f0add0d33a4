"""Addresses and numbers: how two ways of writing one are told to be the same, and how one is masked.

Whoever asks for a person types an address or a number their own way.  Two forms are made of what a source
writes: `address`, which is kept and shown, and `normal`, by which recipients are compared.
"""

from __future__ import annotations

import re
from typing import Final
from unicodedata import decimal

from msglog_tui.text import fold

_IN_BRACKETS: Final = re.compile(r".*<([^<>]*)>\s*", re.DOTALL)
_SCHEME: Final = re.compile(r"(?:mailto|tel|sms|smsto|whatsapp):", re.IGNORECASE)
_UNUSUAL: Final = re.compile(r"[\0- <>:\x7f]")
_PLAIN_DOMAIN: Final = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.ASCII)
_WIDE_AT: Final = "\N{FULLWIDTH COMMERCIAL AT}"
_NUMBER: Final = re.compile(r"(\+|00)?[\d\s().\-/\u2010-\u2015]*", re.DOTALL)
_TRUNK: Final = re.compile(r"\(\s*0\s*\)")

_SHORTEST_INTERNATIONAL: Final = 11
_LONGEST_NUMBER: Final = 18
# Digits.  A number is 15 at most by its standard; a few countries' own go beyond.

ONE_DIGIT_COUNTRIES: Final = ("1", "7")
_SECOND_DIGITS: Final = {
    2: "07", 3: "0123469", 4: "013456789", 5: "12345678", 6: "0123456", 8: "1246", 9: "0123458"
}  # fmt: skip
TWO_DIGIT_COUNTRIES: Final = tuple(
    f"{first}{second}" for first, seconds in _SECOND_DIGITS.items() for second in seconds
)
"""Codes of countries; the others have three digits."""

_DOMAINS_KEPT: Final = 65_536
_plain_domains: dict[str, str] = {}
# Domains that were met as they should be written, but for their case, and their form.

HIDDEN: Final = "\N{BULLET}"
"""What stands for the characters that are not shown."""


def address(text: str) -> str:
    """An address or number as it is kept: without a name or scheme around it, its domain in lower case.

    Domains in other scripts are written as mail servers see them (`xn--…`).  What is before the `@` stays as
    it is.  Numbers become digits, with a `+` in front where they are international: `00` says so, and so does
    a length of eleven digits or more without a `0` in front.  Short codes and national numbers stay as they
    are.  What is neither address nor number is text with single blanks.
    """
    return forms(text)[0]


def normal(text: str) -> str:
    """The form in which recipients are compared: `address` without case.

    The standard lets a mail server tell `Bob@` from `bob@`; hardly one does, and nobody who asks for a person
    means to.  Two of one normal form are one recipient.
    """
    return forms(text)[1]


def forms(text: str) -> tuple[str, str]:
    """Both forms at once: `address` and `normal`."""
    local, at, domain = text.rpartition("@")
    # The usual address is asked as little as can be: an import asks it of millions.
    if at and local.isascii() and not _UNUSUAL.search(local) and domain in _plain_domains:
        kept = local + at + _plain_domains[domain]
        return kept, kept.lower()
    return _forms(text)


def group_of(recipient: str) -> str:
    """The domain of an address, the country code of a number (`+27`); empty for anything else."""
    if "@" in recipient:
        return recipient.rpartition("@")[2]
    return "+" + _country(recipient) if recipient[:1] == "+" else ""


def masked(recipient: str) -> str:
    """An address or number as a screen shows it at first: `t•••@example.com`, `+27•••••123`."""
    if "@" in recipient:
        local, _, domain = recipient.rpartition("@")
        return f"{local[:1]}{HIDDEN * 3}@{domain}"
    if recipient[:1] == "+":
        return f"+{_country(recipient)}{HIDDEN * 5}{recipient[-3:]}"
    return HIDDEN * 3 + recipient[-2:] if recipient.isdecimal() else recipient[:1] + HIDDEN * 3


def _forms(text: str) -> tuple[str, str]:
    asked = text
    if inside := _IN_BRACKETS.fullmatch(text):
        text = inside[1]
    text = " ".join(text.replace(_WIDE_AT, "@").split())
    while scheme := _SCHEME.match(text):
        text = text[scheme.end() :].lstrip()
    if "@" in text:
        local, at, written = text.rpartition("@")
        domain = _domain(written)
        if asked == text and _PLAIN_DOMAIN.fullmatch(written):
            if len(_plain_domains) >= _DOMAINS_KEPT:
                _plain_domains.clear()
            _plain_domains[written] = domain
        kept = local.rstrip() + at + domain
        if kept != text:
            return _forms(kept)
        folded = fold(kept)
        return kept, folded if folded == kept else _forms(folded)[1]
    if number := _number(text):
        return number, number
    folded = " ".join(fold(text).split())
    # Folded, signs may be others: of wide letters, say, an address.
    return (folded, folded) if folded == text else _forms(folded)


def _domain(text: str) -> str:
    domain = fold(text).strip().rstrip(". ")
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii").lower().strip().rstrip(". ")
    except UnicodeError:  # no such name can exist; it is still what the source wrote
        return domain


def _number(text: str) -> str:
    """The digits of a number; empty where text is none."""
    if not _NUMBER.fullmatch(text):
        return ""
    international = text[0] == "+" or text[:2] == "00" if text else False
    if international:
        text = _TRUNK.sub("", text)
    digits = "".join(str(decimal(sign)) for sign in text if sign.isdecimal())
    if international and text[0] != "+":
        digits = digits[2:]
    if not digits or len(digits) > _LONGEST_NUMBER:
        return ""
    if international or (len(digits) >= _SHORTEST_INTERNATIONAL and digits[0] != "0"):
        return "+" + digits
    return digits


def _country(number: str) -> str:
    """The country code of a number that begins with `+`."""
    digits = number[1:]
    if digits[:1] in ONE_DIGIT_COUNTRIES:
        return digits[0]
    return digits[:2] if digits[:2] in TWO_DIGIT_COUNTRIES else digits[:3]
