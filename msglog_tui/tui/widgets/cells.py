"""Text in terminal cells: cut and padded to an exact width."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from rich.cells import cell_len

if TYPE_CHECKING:
    from msglog_tui.tui.widgets.outline_source import Align

_JOINER = "\u200d"
_EMOJI_SELECTOR = "\ufe0f"
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_JOINERS = re.compile(_JOINER)


def fit(text: str, width: int, align: Align = "left", ellipsis: str = "…") -> str:
    """Cut or pad a text so that it takes exactly `width` cells.

    Args:
        text: One line without control characters.
        width: In cells, 0 or more.
        align: Which side the text keeps to.
        ellipsis: One cell that shows that something was cut off.

    Returns:
        The text; where a wide character had to go, a space stands in.
    """
    if width <= 0:
        return ""
    if not text.isascii():
        text = _settle(text)
    if cell_len(text) > width:
        text = _cut(text, width - 1) + ellipsis
    padding = " " * (width - cell_len(text))
    return padding + text if align == "right" else text + padding


def _settle(text: str) -> str:
    """Take out the joiners that join nothing.

    Cells are measured as if a joiner swallowed what follows.  Terminals do that between emoji only, so a
    stray one would push the rest of the line out of its columns, and one at the end would eat our padding.
    """
    text = text.lstrip(_JOINER + _EMOJI_SELECTOR)
    if _JOINER not in text:
        return text

    def joins(match: re.Match[str]) -> str:
        before, after = text[match.start() - 1], text[match.end() : match.end() + 1]
        keeps = (before in _SKIN_TONES or before == _EMOJI_SELECTOR or _is_emoji(before)) and _is_emoji(after)
        return _JOINER if keeps else ""

    return _JOINERS.sub(joins, text)


def _is_emoji(character: str) -> bool:
    """Whether a character takes part in joined emoji: the pictographs, and no letters however wide."""
    return (
        character != ""
        and unicodedata.category(character) in ("So", "Sm")
        and cell_len(character + _EMOJI_SELECTOR) == 2
    )


def _cut(text: str, width: int) -> str:
    """The longest start of a text that takes at most `width` cells and parts no character from its marks."""
    fits, too_long = 0, len(text) + 1
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if cell_len(text[:middle]) <= width:
            fits = middle
        else:
            too_long = middle
    while 0 < fits < len(text) and (
        text[fits - 1] == _JOINER or text[fits] in (_JOINER, _EMOJI_SELECTOR) or cell_len(text[fits]) == 0
    ):
        fits -= 1
    return text[:fits]
