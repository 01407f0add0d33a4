"""The deliveries of a message, as the outline asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msglog_tui.dates import stamp
from msglog_tui.delivery import WENT_WRONG, DeliveryStatus
from msglog_tui.tui.widgets.outline_source import Branch, Column, Key, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from msglog_tui.cancel import Cancel
    from msglog_tui.delivery import Delivery, Recipients
    from msglog_tui.reader import Reader
    from msglog_tui.tui.veil import Veil
    from msglog_tui.types import Window

COLUMNS = (
    Column("Recipient", None, least=14),
    Column("Status", 10),
    Column("Code", 7, priority=1),
    Column("Reason", 24, priority=2, grows=True),
    Column("Since", 16, priority=3),
)

_REMEMBERED = 1024
# Deliveries kept whole: those on the screen and around it, for the record and the clipboard.


class DeliveryKey(NamedTuple):
    """Names a delivery in a list."""

    enterprise_id: int
    delivery_id: int


class Seen:
    """The deliveries that a list has read lately."""

    def __init__(self) -> None:
        self._seen: dict[DeliveryKey, Delivery] = {}

    def keep(self, found: Iterable[Delivery]) -> None:
        """Remember these, at the cost of the oldest."""
        for delivery in found:
            self._seen[key_of(delivery)] = delivery
        for key in list(self._seen)[:-_REMEMBERED]:
            self._seen.pop(key, None)

    def get(self, key: Key) -> Delivery | None:
        """The delivery of a row that was read."""
        return self._seen.get(key) if isinstance(key, DeliveryKey) else None


def key_of(delivery: Delivery) -> DeliveryKey:
    """The key of a delivery's row."""
    return DeliveryKey(delivery.enterprise_id, delivery.id)


def style_of(delivery: Delivery) -> str:
    """How a delivery's row is painted: what went wrong stands out, what is not done yet stands back."""
    if delivery.status in WENT_WRONG:
        return "wrong"
    return "" if delivery.status in (DeliveryStatus.DELIVERED, DeliveryStatus.SENT) else "dim"


class DeliveriesSource:
    """The deliveries of one message, all of them or those of a status."""

    def __init__(self, reader: Reader, window: Window, recipients: Recipients, veil: Veil) -> None:
        self._reader = reader
        self._window = window
        self._recipients = recipients
        self._veil = veil
        self._seen = Seen()

    def children(self, parent: Key | None, cancel: Cancel) -> Branch:
        """Count the list; its rows have no children."""
        return Branch(0 if parent is not None else self._reader.count_deliveries(self._recipients, cancel))

    def rows(self, branch: Branch, first: int, count: int, cancel: Cancel) -> Sequence[Row]:  # noqa: ARG002
        """Read some rows of the list."""
        found = self._reader.deliveries_from(self._recipients, first, count, cancel)
        self._seen.keep(found)
        return [self._row(delivery) for delivery in found]

    def locate(self, branch: Branch, key: Key, cancel: Cancel) -> int | None:  # noqa: ARG002
        """Find the row number of a delivery."""
        if not isinstance(key, DeliveryKey):
            return None
        return self._reader.delivery_row(self._recipients, key.delivery_id, cancel)

    def delivery(self, key: Key | None) -> Delivery | None:
        """The delivery of a row that was read."""
        return self._seen.get(key)

    def everything(self, cancel: Cancel) -> Iterator[Delivery]:
        """Every delivery of the list, as it may be shown."""
        yield from map(self._veil.shown, self._reader.deliveries_of(self._recipients, cancel))

    def _row(self, delivery: Delivery) -> Row:
        shown = self._veil.shown(delivery)
        return Row(
            key_of(delivery),
            (
                shown.recipient,
                shown.status.word,
                shown.code,
                shown.reason,
                stamp(shown.at, self._window.zone),
            ),
            expandable=False,
            style=style_of(delivery),
        )
