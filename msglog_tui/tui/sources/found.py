"""Deliveries that were found one page after another, as the outline asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msglog_tui.dates import stamp
from msglog_tui.tui.outcome import why
from msglog_tui.tui.sources.deliveries import DeliveryKey, key_of, style_of
from msglog_tui.tui.sources.tree import NO_SUBJECT
from msglog_tui.tui.widgets.outline_source import Branch, Column, Key, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from msglog_tui.cancel import Cancel
    from msglog_tui.delivery import Delivery, Found
    from msglog_tui.tui.veil import Veil
    from msglog_tui.types import Window

    Ask: TypeAlias = Callable[[tuple[int, int] | None, int, Cancel], Found]

PAGE = 200
"""How many are asked for at a time."""


def columns(*, several_recipients: bool) -> tuple[Column, ...]:
    """The columns of such a list.

    Args:
        several_recipients: Whether the rows are of more than one person, who are told apart before all else.
    """
    return (
        Column("Sent", 16),
        Column("Status", 10),
        Column("Recipient", 20, priority=0 if several_recipients else 3),
        Column("Subject", None, least=18),
        Column("Reason", 22, priority=1, grows=True),
        Column("Customer", 18, priority=2),
        Column("Enterprise", 16, priority=4),
    )


class FoundSource:
    """Deliveries, newest first, of which nobody knows how many there are until all have been read.

    Args:
        ask: Reads the page that begins behind a place; the first for `None`.
        window: For the zone of instants.
        veil: What may be shown.
    """

    def __init__(self, ask: Ask, window: Window, veil: Veil) -> None:
        self._ask = ask
        self._window = window
        self._veil = veil
        self._found: list[Delivery] = []
        self._places: dict[Key, int] = {}
        self._next: tuple[int, int] | None = None
        self._begun = False

    @property
    def read(self) -> int:
        """How many have been read."""
        return len(self._found)

    @property
    def has_more(self) -> bool:
        """Whether there are more."""
        return self._next is not None

    def read_on(self, cancel: Cancel) -> None:
        """Read the next page."""
        page = self._ask(self._next, PAGE, cancel)
        for delivery in page.deliveries:
            self._places.setdefault(key_of(delivery), len(self._found))
            self._found.append(delivery)
        self._next = page.more
        self._begun = True

    def children(self, parent: Key | None, cancel: Cancel) -> Branch:
        """Count what has been read; the first page is."""
        if parent is not None:
            return Branch(0)
        if not self._begun:
            self.read_on(cancel)
        return Branch(len(self._found))

    def rows(self, branch: Branch, first: int, count: int, cancel: Cancel) -> Sequence[Row]:  # noqa: ARG002
        """Some rows of what has been read."""
        return [self._row(delivery) for delivery in self._found[first : first + count]]

    def locate(self, branch: Branch, key: Key, cancel: Cancel) -> int | None:  # noqa: ARG002
        """Find the row number of a delivery."""
        return self._places.get(key)

    def delivery(self, key: Key | None) -> Delivery | None:
        """The delivery of a row."""
        return (
            self._found[self._places[key]] if isinstance(key, DeliveryKey) and key in self._places else None
        )

    def everything(self, cancel: Cancel) -> Iterator[Delivery]:
        """Every delivery, those that have not been read yet, too, as they may be shown."""
        after = None
        while True:
            page = self._ask(after, PAGE, cancel)
            yield from map(self._veil.shown, page.deliveries)
            after = page.more
            if after is None:
                return

    def _row(self, delivery: Delivery) -> Row:
        shown = self._veil.shown(delivery)
        return Row(
            key_of(delivery),
            (
                stamp(shown.sent_at, self._window.zone),
                shown.status.word,
                shown.recipient,
                shown.subject or NO_SUBJECT,
                why(shown.code, shown.reason),
                shown.customer,
                shown.enterprise,
            ),
            expandable=False,
            style=style_of(delivery),
        )
