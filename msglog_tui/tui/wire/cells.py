"""Text as terminal cells, for characters of which every terminal says that they are as wide as we think.

A cell is a number, so that rows compare at the speed of lists:

- `UNKNOWN`, 0: nobody knows what the terminal shows there.
- positive: the style's number, whether the character is wide, and the character, in `style_of`, `is_wide`
  and `character_of`.
- negative: the second cell of the wide character whose first cell is the same number, positive.
"""

from __future__ import annotations

import re
from typing import Final

UNKNOWN: Final = 0

_STYLE_SHIFT: Final = 22
_WIDE: Final = 1 << 21
_CHARACTER: Final = _WIDE - 1

# One cell in every version of Unicode.  Left out are the soft hyphen, combining marks,
# what is written from right to left (some terminals turn it around) and what a selector could make an emoji.
NARROW: Final = (
    r" -~\u00a0-\u00ac\u00ae-\u02ff"
    r"\u0370-\u0377\u037a-\u037f\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u0482\u048a-\u052f"
    r"\u2010-\u2027\u2030-\u203b\u203d-\u2048\u204a-\u205e\u20a0-\u20bf"
    r"\u2190-\u2193\u219a-\u21a8\u21ab-\u21ff\u2200-\u22ff"
    r"\u2500-\u25a9\u25ac-\u25b5\u25b7-\u25bf\u25c1-\u25fa\u25ff"
    r"\u2713\u2715\u2717\u2718\u2800-\u28ff"
)
"""A class of characters, for a regular expression, that take one cell everywhere."""

# Two cells in every version of Unicode: ideographs, kana, Hangul syllables and full-width forms.  Emoji are
# left out, since old terminals and those that join them give them other widths.
WIDE: Final = (
    r"\u3000-\u3029\u3041-\u3096\u309b-\u30ff\u3131-\u3163\u3165-\u318e\u3400-\u4dbf\u4e00-\u9fff"
    r"\uac00-\ud7a3\uf900-\ufa6d\uff01-\uff60\uffe0-\uffe6"
)
"""A class of characters, for a regular expression, that take two cells everywhere."""

_is_narrow = re.compile(f"[{NARROW}]*").fullmatch
_is_simple = re.compile(f"[{NARROW}{WIDE}]*").fullmatch
_is_wide = re.compile(f"[{WIDE}]").match


def is_simple(text: str) -> bool:
    """Whether all terminals agree on how many cells each character of a text takes."""
    return (text.isascii() and text.isprintable()) or _is_simple(text) is not None


def cells_of(text: str, style: int) -> list[int] | None:
    """The cells of a text.

    Args:
        text: What to show.
        style: Number of its style, 0 or more.

    Returns:
        A number a cell, or `None` when terminals may disagree on where they are.
    """
    base = style << _STYLE_SHIFT
    if not text.strip(" "):
        return [base | 0x20] * len(text)
    if (text.isascii() and text.isprintable()) or _is_narrow(text):
        return [base | ord(character) for character in text]
    if not _is_simple(text):
        return None
    cells: list[int] = []
    for character in text:
        cell = base | ord(character)
        if _is_wide(character):
            cells += (cell | _WIDE, -(cell | _WIDE))
        else:
            cells.append(cell)
    return cells


def text_of(cells: list[int]) -> str:
    """What to write so that these cells show; no wide character is cut at either end."""
    return "".join([chr(cell & _CHARACTER) for cell in cells if cell > 0])


def style_of(cell: int) -> int:
    """Number of the style of a known cell."""
    return abs(cell) >> _STYLE_SHIFT


def is_blank(cell: int) -> bool:
    """Whether a cell holds a space, which could be erased rather than written."""
    return cell & (_WIDE | _CHARACTER) == 0x20 and cell > 0


def is_head(cell: int) -> bool:
    """Whether a cell is the first of a wide character."""
    return cell > 0 and cell & _WIDE != 0
