"""What is known of one delivery, put together from records that come twice, late and in any order.

Everything here is a choice that does not ask who came first: sets of statuses, the least of what was told.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from msglog_tui.delivery import FINAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Told: TypeAlias = tuple[int, int, str, str]
"""A status as a record tells it: (at, status, code, reason)."""

_PER_SECOND: Final = 28
# Bits of an id below the second: more deliveries than a store will ever have of one.

_FINAL: Final = frozenset(map(int, FINAL))

HOLE: Final = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands in a template for what differs from one recipient to the next."""

_BETWEEN: Final = "\x1f"
# Ends a filling; none holds it, since to a pattern it is a blank.

# Each alternative is tried where a word begins, and gives nothing back: a server may say 10,000 characters to
# make others busy.
_VARIABLE: Final = re.compile(
    rf"""
    {HOLE}
    | (?<![^\s<>()\[\]"',;:@])[^\s<>()\[\]"',;:@]++@[^\s<>()\[\]"',;:@]++  # an address
    | (?<![\w.-])[\w.-]++\[[0-9a-fA-F.:]++\]                       # a host with its own address
    # A host of three names or more, but not that of a page to read, which is the same for everybody.
    | (?<![/\w.-])(?!\d++\.\d)\w[\w-]*+(?:\.\w[\w-]*+){{2,}}+(?<=[a-zA-Z]{{2}})(?!/)
    | \b\d{{1,3}}(?:\.\d{{1,3}}){{3}}\b                           # an internet address, old
    | \b[0-9a-fA-F]{{1,4}}(?:::?[0-9a-fA-F]{{1,4}}){{3,7}}\b      # and new
    | \b\d{{4}}-\d\d-\d\d(?:[T\ ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?  # a time
    # An id or a number: five signs and a digit.  The code of a line that goes on, `550-5.1.1`, is none.
    | \+?\b(?![2-5]\d\d-[2-5]\.)(?=[\w-]{{0,63}}?\d)[\w-]{{5,}}(?:\.\d+)*
    """,
    re.VERBOSE,
)


def first_id(at: int) -> int:
    """The least id that a delivery sent at an instant can have."""
    return at << _PER_SECOND


def sent_at_of(id_: int) -> int:
    """When the delivery of an id was sent."""
    return id_ >> _PER_SECOND


@lru_cache(maxsize=8192)
def split_reason(reason: str) -> tuple[str, str]:
    """Take a reason apart into a template that many share and what fills its holes."""
    fillings: list[str] = []

    def keep(found: re.Match[str]) -> str:
        fillings.append(found[0])
        return HOLE

    template = _VARIABLE.sub(keep, reason)
    return template, _BETWEEN.join(fillings)


def join_reason(template: str, said: str) -> str:
    """The reason that `split_reason` took apart."""
    if not said:
        return template
    pieces = template.split(HOLE)
    fillings = said.split(_BETWEEN)
    return "".join(piece + filling for piece, filling in zip(pieces, [*fillings, ""], strict=True))


class Context(NamedTuple):
    """What a delivery has in common with others."""

    enterprise_id: int
    customer: str
    channel: int
    source: str
    told_message: str
    campaign: str
    subject: str
    sent_by: str
    lists: str


class State:
    """A delivery as far as it is known.

    Attributes:
        sent_told: When a source said it was sent, the earliest; `None` when none did.
        steps: Every status known.
        stored: Its row in the store; `None` for a delivery that is not there yet.
    """

    __slots__ = ("context", "delivery_id", "recipient", "sent_told", "steps", "stored")

    def __init__(
        self,
        context: Context,
        delivery_id: str,
        recipient: str,
        sent_told: int | None,
        steps: set[Told],
        stored: Any = None,
    ) -> None:
        self.context = context
        self.delivery_id = delivery_id
        self.recipient = recipient
        self.sent_told = sent_told
        self.steps = steps
        self.stored = stored

    def take(self, other: State) -> bool:
        """Learn what another one knows of the same delivery; says whether anything of it is new."""
        changed = False
        if not other.steps <= self.steps:
            self.steps |= other.steps
            changed = True
        if other.sent_told is not None and (self.sent_told is None or other.sent_told < self.sent_told):
            self.sent_told = other.sent_told
            changed = True
        if other.recipient < self.recipient:
            self.recipient = other.recipient
            changed = True
        if other.context != self.context:
            mine, theirs = self.context, other.context
            both = Context(
                mine.enterprise_id,
                min(mine.customer, theirs.customer),
                min(mine.channel, theirs.channel),
                *(least(pair) for pair in zip(mine[3:], theirs[3:], strict=True)),
            )
            if both != mine:
                self.context = both
                changed = True
        return changed

    @property
    def sent_at(self) -> int:
        """When it was sent, as far as is known."""
        return min(self.steps)[0] if self.sent_told is None else self.sent_told

    @property
    def standing(self) -> Told:
        """The status that counts."""
        if len(self.steps) == 1:
            (step,) = self.steps
            return step
        return max(self.steps, key=lambda step: (step[1] in _FINAL, step))


def least(told: Iterable[str]) -> str:
    """The least of what was told; empty when nothing was."""
    return min(filter(None, told), default="")


def history_of(others: set[Told], at: int, reasons: Mapping[tuple[str, str], tuple[int, str]]) -> str:
    """Write down the statuses that do not count.

    Args:
        at: When the status that counts was come to.
        reasons: For a code and a reason the number of their template, and what fills it.
    """
    written = []
    for was_at, status, code, reason in sorted(others):
        number, said = reasons[code, reason]
        written.append([at - was_at, status, number, said] if said else [at - was_at, status, number])
    return json.dumps(written, ensure_ascii=False, separators=(",", ":"))


def reasons_in(history: str) -> list[int]:
    """The numbers of the templates that a history names."""
    return [step[2] for step in json.loads(history)] if history else []


def read_history(history: str, at: int, reasons: dict[int, tuple[str, str]]) -> list[Told]:
    """The statuses that `history_of` wrote down, the earliest first.

    Args:
        at: When the status that counts was come to.
        reasons: Code and template by number.
    """
    found = []
    for before, status, number, *said in json.loads(history) if history else ():
        code, template = reasons[number]
        found.append((at - before, status, code, join_reason(template, said[0] if said else "")))
    return found


@lru_cache(maxsize=4096)
def names_as_json(names: tuple[str, ...]) -> str:
    """Names of lists as they are kept; empty for none."""
    return json.dumps(names, ensure_ascii=False) if names else ""
