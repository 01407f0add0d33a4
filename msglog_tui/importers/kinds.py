"""The kinds of export, and how the columns of a file tell which one it is."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msglog_tui.errors import Refusal
from msglog_tui.importers.show import shown
from msglog_tui.text import plural

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of export.

    Attributes:
        word: What a row is called: `message`, `transaction` or `delivery`.
        required: Columns that make a file one of this kind.
        optional: Columns that may be missing.
    """

    word: str
    required: tuple[str, ...]
    optional: tuple[str, ...]

    @property
    def words(self) -> str:
        """What its rows are called."""
        return plural(self.word)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read."""
        return self.required + self.optional


MESSAGES = Kind(
    "message",
    ("enterprise", "customer", "message_id", "subject", "channel", "send_amount", "send_date"),
    ("failed_amount", "bounced_amount", "sent_by", "lists"),
)
TRANSACTIONS = Kind(
    "transaction",
    (
        "enterprise",
        "transaction_id",
        "kind",
        "channel",
        "credits",
        "amount",
        "currency",
        "status",
        "requested_at",
    ),
    ("customer", "description", "processed_at", "requested_by", "reference"),
)
DELIVERIES = Kind(
    "delivery",
    ("enterprise", "customer", "message_id", "recipient", "status", "at"),
    (
        "source",
        "delivery_id",
        "channel",
        "code",
        "reason",
        "campaign",
        "subject",
        "send_date",
        "sent_by",
        "lists",
    ),
)
KINDS = (MESSAGES, TRANSACTIONS, DELIVERIES)
KNOWN = frozenset(name for kind in KINDS for name in kind.columns)


def column_name(written: str) -> str:
    """Read a header name as people write it: `Send Amount` and `send-amount` are `send_amount`."""
    return re.sub(r"[\s_-]+", "_", written.strip().lower())


def kind_of(names: Iterable[str]) -> Kind | None:
    """Tell the kind that these column names make up, `None` when they make up none or several."""
    present = set(names)
    complete = [kind for kind in KINDS if present.issuperset(kind.required)]
    return complete[0] if len(complete) == 1 else None


def recognise(names: Sequence[str], file: str, spared: Collection[str] = ()) -> Kind:
    """Tell what a file holds by its column names.

    Args:
        names: As `column_name` reads them.
        file: What to call the file in a refusal.
        spared: Columns that the file may lack.

    Raises:
        Refusal: No kind is complete, several are, or a column that is read is there twice.
    """
    kind = kind_of([*names, *spared])
    if kind is None:
        raise Refusal(_unrecognised(names, file, frozenset(spared)))
    times = Counter(names)
    twice = [name for name in kind.columns if times[name] > 1]
    if twice:
        raise Refusal(
            f"{file} has the column {' and '.join(twice)} more than once: keep one and import again."
        )
    return kind


def _unrecognised(names: Sequence[str], file: str, spared: frozenset[str]) -> str:
    if not any(set(names).intersection(kind.required) for kind in KINDS):
        found = shown(", ".join(filter(None, names)), 80)
        wanted = "; or ".join(f"{kind.words}, with the columns {', '.join(kind.required)}" for kind in KINDS)
        return f"{file} is no export that msglog knows: its columns are “{found}”. Wanted are {wanted}."
    present = spared.union(names)
    complete = [kind.words for kind in KINDS if present.issuperset(kind.required)]
    if complete:
        return f"{file} has the columns of {' and of '.join(complete)}: split it into a file for each."
    lacking = "; ".join(
        f"for {kind.words} it lacks {', '.join(name for name in kind.required if name not in present)}"
        for kind in sorted(KINDS, key=lambda kind: len(set(kind.required) - present))
    )
    return f"{file} has some of the columns, not all: {lacking}. Add what is missing and import again."
