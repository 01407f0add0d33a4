"""Styles as terminals are told them, and the shortest way from one to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from rich.segment import Segment
from textual.strip import Strip

if TYPE_CHECKING:
    from rich.console import Console
    from rich.style import Style

PLAIN: Final = 0
"""Number of the terminal's own style."""

_RESET: Final = "\x1b[m"

# What switches an attribute off, for those that every terminal switches off alone.
_OFF: Final = {1: 22, 2: 22, 3: 23, 4: 24, 5: 25, 7: 27, 9: 29}

_INVISIBLE_ON_BLANKS: Final = frozenset({1, 2, 3})

_STYLES_KEPT: Final = 4096


class Look(NamedTuple):
    """A style: attributes by their SGR numbers, colours as SGR parameters, empty for the terminal's own."""

    attributes: tuple[int, ...]
    foreground: str
    background: str


class Styles:
    """Numbers for styles, and what to write to change the style.

    Args:
        console: Says how Textual writes a style: truecolor, 256 colours or fewer.
        colours_erase: Whether the terminal erases to the background colour in force.
    """

    def __init__(self, console: Console, *, colours_erase: bool) -> None:
        self._console = console
        self._colours_erase = colours_erase
        self._numbers: dict[Style | None, int | None] = {None: PLAIN}
        self._numbers_of_looks = {Look((), "", ""): PLAIN}
        self._looks = [Look((), "", "")]
        self._erasable = [True]
        self._changes: dict[tuple[int, int], str] = {}

    def number(self, style: Style | None) -> int | None:
        """The number of a style; the same for all that look the same.  `None` for hyperlinks."""
        try:
            return self._numbers[style]
        except KeyError:
            pass
        if len(self._numbers) >= _STYLES_KEPT:  # what a style carries besides its look may differ for ever
            self._numbers = {None: PLAIN}
        number = self._numbers[style] = self._find(style)
        return number

    def _find(self, style: Style | None) -> int | None:
        before, _, _ = Strip([Segment("\0", style)]).render(self._console).partition("\0")
        if not before:
            return PLAIN
        if not (before.startswith("\x1b[") and before.endswith("m")):
            return None
        look = _parse(before[2:-1])
        number = self._numbers_of_looks.get(look)
        if number is None:
            number = self._numbers_of_looks[look] = len(self._looks)
            self._looks.append(look)
            self._erasable.append(
                _INVISIBLE_ON_BLANKS.issuperset(look.attributes)
                and (self._colours_erase or not look.background)
            )
        return number

    def rank(self, number: int) -> tuple[str, str, tuple[int, ...]]:
        """Sorts styles so that neighbours have most in common."""
        look = self._looks[number]
        return look.background, look.foreground, look.attributes

    def can_erase(self, number: int) -> bool:
        """Whether erased cells look like spaces written in this style."""
        return self._erasable[number]

    def change(self, old: int, new: int) -> str:
        """What to write to go from one style to another: the shortest there is, nothing when they are one."""
        known = self._changes.get((old, new))
        if known is None:
            known = self._changes[old, new] = _change(self._looks[old], self._looks[new])
        return known


def _parse(parameters: str) -> Look:
    """Take apart the parameters of a SGR sequence."""
    attributes, foreground, background = [], "", ""
    numbers = iter(parameters.split(";"))
    for number in numbers:
        value = int(number)
        if value in (38, 48):
            kind = next(numbers)
            count = 3 if kind == "2" else 1
            colour = ";".join([number, kind, *(next(numbers) for _ in range(count))])
        else:
            colour = number
        if value == 38 or 30 <= value <= 37 or 90 <= value <= 97:
            foreground = colour
        elif value == 48 or 40 <= value <= 47 or 100 <= value <= 107:
            background = colour
        elif value not in (39, 49):
            attributes.append(value)
    return Look(tuple(attributes), foreground, background)


def _change(old: Look, new: Look) -> str:
    if old == new:
        return ""
    everything = [*map(str, new.attributes), new.foreground, new.background]
    anew = "".join(f";{part}" for part in everything if part)
    from_nothing = f"\x1b[0{anew}m" if anew else _RESET
    if not _OFF.keys() >= {*old.attributes, *new.attributes}:
        return from_nothing
    off = {_OFF[attribute] for attribute in old.attributes if attribute not in new.attributes}
    on = [
        attribute
        for attribute in new.attributes
        if attribute not in old.attributes or _OFF[attribute] in off  # bold and faint go off together
    ]
    parts = [str(number) for number in [*sorted(off), *on]]
    if old.foreground != new.foreground:
        parts.append(new.foreground or "39")
    if old.background != new.background:
        parts.append(new.background or "49")
    return min(f"\x1b[{';'.join(parts)}m", from_nothing, key=len)
