"""The rows below a customer's messages for those that were removed: from an attached archive, or a total."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from msglog_tui.dates import stamp
from msglog_tui.text import counted
from msglog_tui.tui.sources.row_keys import CustomerKey, OlderKey, RemovedKey
from msglog_tui.tui.widgets.outline_source import Key, Row
from msglog_tui.types import Anchors, Traffic

if TYPE_CHECKING:
    from collections.abc import Callable

    from msglog_tui.cancel import Cancel
    from msglog_tui.reader import Reader
    from msglog_tui.types import Message, Window


@dataclass(frozen=True, slots=True)
class Removed:
    """What was removed of a customer's messages in a window.

    Attributes:
        owner: The customer here.
        window: The part of the window of which this archive has totals only.
        attached: Reads the customer of that name in the attached archive, if there is one.
        anchors: Of its messages there.
        rest: The messages of which there are totals only.
        detail_from: The end of `window`, or a later instant.
    """

    owner: CustomerKey
    window: Window
    attached: Reader | None
    anchors: Anchors
    rest: Traffic
    detail_from: int

    @classmethod
    def of(
        cls, reader: Reader, window: Window, owner: CustomerKey, detail_from: int, cancel: Cancel
    ) -> Removed:
        """Look up what was removed of a customer's messages."""
        before = replace(window, after=min(detail_from, window.after))
        rest = _traffic(reader, before, owner, cancel)
        attached = reader.older(*owner, cancel)
        anchors = Anchors(0, (0,), ())
        if attached is not None:
            there = _customer(attached)
            anchors = attached.anchors(before, *there, cancel)
            with_detail = replace(before, first=max(before.first, anchors.detail_from or before.first))
            rest -= _traffic(attached, with_detail, there, cancel)
        return cls(owner, before, attached, anchors, rest, detail_from)

    @property
    def count(self) -> int:
        """How many rows these are."""
        return self.anchors.count + (self.rest.messages > 0)

    def rows(
        self,
        first: int,
        count: int,
        message_row: Callable[[Message], Row],
        total_row: Callable[[str, Traffic], tuple[str, ...]],
        cancel: Cancel,
    ) -> list[Row]:
        """Some of them.

        Args:
            message_row: Makes the row of a message.
            total_row: Makes the cells of a label and a total.
        """
        rows: list[Row] = []
        there = min(count, self.anchors.count - first)
        if there > 0 and self.attached is not None:
            messages = self.attached.messages_from(
                self.window, *_customer(self.attached), first, there, self.anchors, cancel
            )
            rows = [replace(message_row(each), key=OlderKey(*self.owner, each.id)) for each in messages]
        if first + count > self.anchors.count and self.rest.messages > 0:
            label, _, *totals = total_row(f"Totals only: {counted(self.rest.messages, 'message')}", self.rest)
            before = f"<{stamp(self.detail_from, self.window.zone)[:10]}"
            rows.append(Row(self._key, (label, before, *totals), expandable=False, style="dim"))
        return rows

    def locate(self, key: Key, cancel: Cancel) -> int | None:
        """The place of a row among them."""
        if key == self._key:
            return self.anchors.count if self.rest.messages > 0 else None
        if self.attached is None or not isinstance(key, OlderKey) or key[:2] != self.owner:
            return None
        there = _customer(self.attached)
        return self.attached.message_row(self.window, *there, key.message_id, self.anchors, cancel)

    @property
    def _key(self) -> RemovedKey:
        return RemovedKey(*self.owner, self.detail_from)


def _customer(attached: Reader) -> CustomerKey:
    """The one customer that the attached archive is read for, by its own numbers."""
    scope = attached.scope
    assert scope.enterprise_id is not None  # noqa: S101 - `Reader.older` was asked for a customer
    assert scope.customer_id is not None  # noqa: S101
    return CustomerKey(scope.enterprise_id, scope.customer_id)


def _traffic(reader: Reader, window: Window, owner: CustomerKey, cancel: Cancel) -> Traffic:
    customers = reader.customers(window, owner.enterprise_id, [owner.customer_id], cancel)
    return sum((customer.traffic for customer in customers), Traffic())
