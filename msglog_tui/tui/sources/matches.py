"""What a filter leaves of the tree."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from msglog_tui.text import counted
from msglog_tui.tui.sources.row_keys import CustomerKey, MessageKey
from msglog_tui.types import Channel, Counts, Traffic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from msglog_tui.types import Found, Hit


class Matches:
    """What was found, by where it stands in the tree.

    An enterprise or customer whose own name matches is shown whole; the others with the messages that match.
    """

    def __init__(self, found: Found) -> None:
        self.enterprises = found.enterprises
        self.customers = found.customers
        self.hits = found.hits
        self.missing = found.missing
        self._more = found.more
        self._too_short = found.too_short
        self._hits: dict[tuple[int, int], list[Hit]] = defaultdict(list)
        for hit in found.hits:
            if not self.whole(hit.enterprise_id, hit.customer_id):
                self._hits[hit.enterprise_id, hit.customer_id].append(hit)
        self._partial = {owner for owner, _ in (*found.customers, *self._hits)} - found.enterprises

    @property
    def words(self) -> str:
        """What was found, in words, and how to find what was not."""
        if self._more:
            return f"the last {counted(len(self.hits), 'message')}; type more to find the rest"
        found = (
            ("enterprise", len(self.enterprises)),
            ("customer", len(self.customers)),
            ("message", len(self.hits)),
        )
        said = [counted(count, what) for what, count in found if count]
        words = ", ".join(said) or "nothing"
        return f"{words}; type a third letter to search messages" if self._too_short else words

    @property
    def keys(self) -> list[CustomerKey | MessageKey]:
        """What was found, in the order in which one looks at it: the newest message first, then customers."""
        found: list[CustomerKey | MessageKey] = [
            MessageKey(hit.enterprise_id, hit.customer_id, hit.id)
            for hit in self.hits
            if not self.whole(hit.enterprise_id, hit.customer_id)
        ]
        return found + [CustomerKey(*owner) for owner in sorted(self.customers)]

    def whole(self, enterprise_id: int, customer_id: int) -> bool:
        """Whether a customer is shown with all its messages."""
        return enterprise_id in self.enterprises or (enterprise_id, customer_id) in self.customers

    def has_enterprise(self, enterprise_id: int) -> bool:
        """Whether anything of an enterprise is shown."""
        return enterprise_id in self.enterprises or enterprise_id in self._partial

    def has_customer(self, enterprise_id: int, customer_id: int) -> bool:
        """Whether anything of a customer is shown."""
        return self.whole(enterprise_id, customer_id) or (enterprise_id, customer_id) in self._hits

    def hits_of(self, enterprise_id: int, customer_id: int) -> list[Hit]:
        """The messages found of a customer that is not shown whole."""
        return self._hits.get((enterprise_id, customer_id), [])

    def whole_customers(self, enterprise_id: int) -> list[int]:
        """The customers of an enterprise whose own name matches."""
        return [customer for owner, customer in self.customers if owner == enterprise_id]

    def traffic(self, enterprise_id: int, customer_id: int | None) -> Traffic:
        """What the messages found add up to, of a customer or, for `None`, of all an enterprise's."""
        return _sum(
            hit
            for owner, hits in self._hits.items()
            if owner == (enterprise_id, customer_id) or (customer_id is None and owner[0] == enterprise_id)
            for hit in hits
        )


def _sum(hits: Iterable[Hit]) -> Traffic:
    sent, messages = {Channel.EMAIL: 0, Channel.SMS: 0}, {Channel.EMAIL: 0, Channel.SMS: 0}
    for hit in hits:
        sent[hit.channel] += hit.sent
        messages[hit.channel] += 1
    return Traffic(
        *(Counts(sent=sent[channel], messages=messages[channel]) for channel in (Channel.EMAIL, Channel.SMS))
    )
