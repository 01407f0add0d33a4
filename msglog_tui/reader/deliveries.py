"""Questions about recipients: what became of messages at each of them, why, and who somebody is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msglog_tui import delivery
from msglog_tui.reader.asking import Asker
from msglog_tui.store.queries import deliveries, failures, people

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msglog_tui.cancel import Cancel
    from msglog_tui.delivery import (
        Delivery,
        DeliveryStatus,
        DeliverySummary,
        FailureGroup,
        FailureGrouping,
        FailurePlace,
        Recipients,
    )
    from msglog_tui.types import Window


class DeliveryReader(Asker):
    """Reads deliveries as somebody."""

    def delivery_summary(
        self, enterprise_id: int, customer_id: int, message_id: int, cancel: Cancel | None = None
    ) -> DeliverySummary:
        """What became of a message at its recipients; empty where no deliveries are known."""
        return self._ask_near(
            enterprise_id, cancel, deliveries.summary, enterprise_id, customer_id, message_id
        )

    def count_deliveries(self, recipients: Recipients, cancel: Cancel | None = None) -> int:
        """How many deliveries a list has."""
        return self._ask_near(recipients.enterprise_id, cancel, deliveries.count, recipients)

    def deliveries_from(
        self, recipients: Recipients, row: int, count: int, cancel: Cancel | None = None
    ) -> list[Delivery]:
        """Deliveries of a message from a row number on: what went wrong first, each status newest first."""
        return self._ask_near(recipients.enterprise_id, cancel, deliveries.page, recipients, row, count)

    def delivery_row(
        self, recipients: Recipients, delivery_id: int, cancel: Cancel | None = None
    ) -> int | None:
        """Row number of a delivery in its list; `None` when it is not in it."""
        return self._ask_near(recipients.enterprise_id, cancel, deliveries.row_of, recipients, delivery_id)

    def deliveries_of(self, recipients: Recipients, cancel: Cancel | None = None) -> Iterator[Delivery]:
        """Every delivery of a list, in its order; no deadline."""
        store = self._store.near(recipients.enterprise_id)
        with store.reading(cancel, None, self.scope) as connection:
            yield from deliveries.of_message(self.scope, connection, recipients)

    def all_deliveries(
        self, window: Window, status: DeliveryStatus | None, cancel: Cancel | None = None
    ) -> Iterator[Delivery]:
        """Every delivery of the messages in scope and window, enterprise by enterprise; no deadline."""
        return self._stream(cancel, deliveries.stream, window, status)

    def failures(
        self, window: Window, place: FailurePlace, by: FailureGrouping, cancel: Cancel | None = None
    ) -> list[FailureGroup]:
        """What went wrong of what was sent in the window, or of a message, the commonest group first."""
        if place.enterprise_id is not None:
            return self._ask_near(place.enterprise_id, cancel, failures.failures, window, place, by)
        whole = self._store.is_spread
        found = self._ask_everywhere(cancel, failures.failures, window, place, by, whole=whole)
        return delivery.commonest(found, failures.MOST)

    def failed_deliveries(
        self,
        window: Window,
        place: FailurePlace,
        by: FailureGrouping,
        label: str,
        after: tuple[int, int] | None,
        limit: int,
        cancel: Cancel | None = None,
    ) -> delivery.Found:
        """The deliveries of one of these groups, the newest first.

        Args:
            label: That of the group.
            after: What `Found.more` of the page before said; `None` for the first page.
        """
        asked = (window, place, by, label, after, limit)
        if place.enterprise_id is not None:
            return self._ask_near(place.enterprise_id, cancel, failures.behind, *asked)
        return delivery.newest(self._ask_everywhere(cancel, failures.behind, *asked), limit)

    def find_people(
        self, text: str, after: tuple[int, int] | None, limit: int, cancel: Cancel | None = None
    ) -> delivery.Found:
        """The deliveries in scope to an address, a number or a whole `@domain`, the newest first.

        Args:
            after: What `Found.more` of the page before said; `None` for the first page.
        """
        return delivery.newest(self._ask_everywhere(cancel, people.find, text, after, limit), limit)
