"""Text from outside, made fit for a terminal, a spreadsheet and a comparison.

Subjects and names are written by anybody.  A terminal obeys control characters, a reader is misled by bidi
overrides, a spreadsheet runs a cell that begins with `=`.  `clean` is applied once, where text leaves the
store; the others where their danger is.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from unicodedata import category, east_asian_width, normalize

_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
_BREAKS: Final = re.compile("[\t-\r\u2028\u2029]+")
_HARMFUL: Final = re.compile("[\0-\x1f\x7f-\x9f\u00ad\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_REPLACEMENTS: Final[dict[int, str | None]] = {
    **{control: chr(0x2400 + control) for control in range(0x20)},
    0x7F: "\N{SYMBOL FOR DELETE}",
    **dict.fromkeys(range(0x80, 0xA0), _REPLACEMENT),
    **dict.fromkeys(range(0x202A, 0x202F), _REPLACEMENT),
    **dict.fromkeys(range(0x2066, 0x206A), _REPLACEMENT),
    0x00AD: None,
    0xFEFF: None,
    **dict.fromkeys(range(0xD800, 0xE000), _REPLACEMENT),
}


def plural(what: str) -> str:
    """More than one of something: `messages`, `deliveries`, `rows of SendGrid events`."""
    noun, of, rest = what.partition(" ")
    return re.sub("(?<![aeiou])y$", "ie", noun) + "s" + of + rest


def counted(number: int, what: str) -> str:
    """So many of something: `1 message`, `1,234 deliveries`."""
    return f"{number:,} {what if number == 1 else plural(what)}"


def clean(text: str) -> str:
    """Make text safe to show on one line of a terminal, changing as little as possible.

    A run of tabs and line breaks becomes one space.  Other control characters become pictures of themselves
    (ESC is `␛`); C1 controls, bidi embeddings, overrides and isolates, and lone surrogates become the
    replacement character.  Soft hyphens and byte order marks, which show nothing, are dropped.  What scripts
    and emoji need stays: joiners, variation selectors, direction marks, combining marks.

    Cleaning clean text changes nothing.
    """
    # Most text is all printable, which is the cheapest thing to ask; most of the rest has a joiner or a
    # no-break space in it.
    if text.isprintable() or not _HARMFUL.search(text):
        return text
    return _BREAKS.sub(" ", text).translate(_REPLACEMENTS)


# What spreadsheets skip, or lose on the way, before they look for a formula.  The apostrophe is not in it: a
# cell that begins with one is text already, so that what was made safe once stays as it is.
_SKIPPED: Final = (
    '[\\s\0-\x1f\u00ad\ufeff"\u201c\u201d\u201e\u201f\u00ab\u00bb\u2018\u2019\u200b-\u200f\u2060\uff02`]*'
)
_RUN_BY_SPREADSHEETS: Final = re.compile(
    f"[\t\n\r]|{_SKIPPED}[=+@\\-\uff1d\uff0b\uff20\uff0d\ufe66\ufe62\ufe6b\ufe63]"
)


def spreadsheet_safe(text: str) -> str:
    """Text for a CSV cell, with an apostrophe in front if a spreadsheet would run it as a formula.

    That is text that begins with `=`, `+`, `-`, `@` or their wide forms, behind blanks and quotes too, or
    with a tab or a line break.  To whoever reads the file as data the apostrophe is part of the text, an
    import included.  Making safe text safe changes nothing.
    """
    if text[:1].isalnum() or not _RUN_BY_SPREADSHEETS.match(text):
        return text
    return "'" + text


def fold(text: str) -> str:
    """Text as it is compared where neither case nor compatible forms matter: for filters and for sorting."""
    if text.isascii():
        return text.lower()
    # Folding the case may undo the normal form.
    return normalize("NFKC", normalize("NFKC", text).casefold())


def cells(text: str) -> int:
    """How many cells of a terminal clean text takes: 2 for wide characters, none for marks and joiners.

    An emoji joined from several takes as much as one, as does one with a skin tone.
    """
    if text.isascii():
        return len(text)
    width = 0
    narrow = picture = joined = False
    for sign in text:
        if sign == _AS_EMOJI:
            # It asks for the character before as a picture, which is wide.
            width += narrow
            narrow, picture = False, True
        elif picture and (sign in _SKIN_TONES or (joined and _is_picture(sign))):
            pass  # drawn into the picture before
        elif taken := _width(sign):
            width += taken
            narrow, picture = taken == 1 and category(sign) in _MAY_BE_EMOJI, _is_picture(sign)
        joined = sign == _JOINER
    return width


_JOINER: Final = "\N{ZERO WIDTH JOINER}"
_AS_EMOJI: Final = "\N{VARIATION SELECTOR-16}"
_SKIN_TONES: Final = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_MAY_BE_EMOJI: Final = frozenset({"So", "Sm", "Po", "Nd"})
_TAKE_NO_CELL: Final = frozenset({"Mn", "Me", "Cf"})


def _is_picture(sign: str) -> bool:
    return category(sign) == "So"


@lru_cache(maxsize=4096)
def _width(sign: str) -> int:
    if category(sign) in _TAKE_NO_CELL or "\u1160" <= sign <= "\u11ff":
        # The latter are vowels and finals of Hangul, drawn into the syllable's first letter.
        return 0
    return 2 if east_asian_width(sign) in "WF" else 1
