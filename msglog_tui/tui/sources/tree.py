"""The tree of enterprises, customers and messages, as the outline asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from msglog_tui.dates import stamp
from msglog_tui.text import fold
from msglog_tui.tui.sources.matches import Matches
from msglog_tui.tui.sources.removed import Removed
from msglog_tui.tui.sources.row_keys import CustomerKey, EnterpriseKey, MessageKey
from msglog_tui.tui.widgets.outline_source import Branch, Column, Key, Row
from msglog_tui.tui.words import total
from msglog_tui.types import SORTABLE, Channel, Order, Reach, Traffic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from msglog_tui.cancel import Cancel
    from msglog_tui.reader import Reader
    from msglog_tui.types import Anchors, Customer, Enterprise, Hit, Message, Window

COLUMNS = (
    Column("Message logs", None, least=20),
    Column("Send date", 11, "right", priority=2),
    Column("E-mail", 11, "right"),
    Column("SMS", 10, "right"),
)

NO_SUBJECT = "(no subject)"


@dataclass(frozen=True, slots=True)
class _Customers:
    """The customers of an enterprise: ids in order, rows read when they come into sight."""

    enterprise_id: int
    ids: list[int]


@dataclass(frozen=True, slots=True)
class _Newest:
    """The messages of a customer, newest first, however many."""

    owner: CustomerKey
    anchors: Anchors


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Messages of a customer in an order that no index keeps."""

    owner: CustomerKey
    ids: list[int]


@dataclass(frozen=True, slots=True)
class _WithRemoved:
    """Messages of a customer, and below them what there is of those that were removed."""

    messages: Branch
    removed: Removed


class TreeSource:
    """The tree for one window, one order and one filter.

    Args:
        reader: Whose eyes it is seen through.
        text: The filter; empty for none.
    """

    def __init__(self, reader: Reader, window: Window, order: Order, text: str) -> None:
        self._reader = reader
        self._window = window
        self._order = order
        self._text = text
        self._finding = Lock()
        self.matches: Matches | None = None
        """What the filter found, once the top level has been read; `None` without a filter."""
        self.total = Traffic()
        """The traffic of all that is shown, once the top level has been read."""
        self.missing: tuple[str, ...] = ()
        """A sentence for each shard of which nothing is shown, once the top level has been read."""
        self.kept_by_date: set[CustomerKey] = set()
        """Customers with too many messages to sort by anything but their date."""

    # The outline's questions

    def children(self, parent: Key | None, cancel: Cancel) -> Branch:
        """Look the children of a row up."""
        match parent:
            case None:
                rows = self._top(cancel)
                return Branch(len(rows), rows)
            case EnterpriseKey(enterprise_id):
                ids = self._customer_ids(enterprise_id, cancel)
                return Branch(len(ids), _Customers(enterprise_id, ids))
            case CustomerKey():
                return self._messages(parent, cancel)
            case _:
                return Branch(0)

    def rows(self, branch: Branch, first: int, count: int, cancel: Cancel) -> Sequence[Row]:
        """Read some rows of a branch."""
        match branch.payload:
            case tuple() as rows:
                return rows[first : first + count]
            case _Customers(enterprise_id, ids):
                wanted = ids[first : first + count]
                customers = self._reader.customers(self._window, enterprise_id, wanted, cancel)
                matches = self._matches(cancel)
                return [self._customer_row(customer, matches) for customer in customers]
            case _Newest(owner, anchors):
                return [
                    self._message_row(message)
                    for message in self._reader.messages_from(
                        self._window, *owner, first, count, anchors, cancel
                    )
                ]
            case _Sorted((enterprise_id, _), ids):
                found = self._reader.messages_by_id(enterprise_id, ids[first : first + count], cancel)
                return [self._message_row(message) for message in found]
            case _WithRemoved(messages, removed):
                above = max(min(count, messages.count - first), 0)
                shown = [*self.rows(messages, first, above, cancel)] if above else []
                if count > above:
                    below = max(first - messages.count, 0)
                    shown += removed.rows(below, count - above, self._message_row, cells, cancel)
                return shown
            case _:
                return []

    def locate(self, branch: Branch, key: Key, cancel: Cancel) -> int | None:
        """Find the ordinal of a key in a branch."""
        match branch.payload, key:
            case tuple() as rows, _:
                return next((place for place, row in enumerate(rows) if row.key == key), None)
            case _Customers(enterprise_id, ids), CustomerKey(owner, id_) if owner == enterprise_id:
                return _place(ids, id_)
            case _Newest(owner, anchors), MessageKey(message_id=id_) as message if message[:2] == owner:
                return self._reader.message_row(self._window, *owner, id_, anchors, cancel)
            case _Sorted(owner, ids), MessageKey(message_id=id_) as message if message[:2] == owner:
                return _place(ids, id_)
            case _WithRemoved(messages, removed), _:
                below = removed.locate(key, cancel)
                return self.locate(messages, key, cancel) if below is None else messages.count + below
            case _:
                return None

    def everything(self, cancel: Cancel) -> Iterator[Message]:
        """Every message that the tree shows, opened or not."""
        matches = self._matches(cancel)
        if matches is None:
            yield from self._reader.all_messages(self._window, cancel)
            return
        for enterprise_id in sorted(matches.enterprises):
            yield from self._reader.inside(enterprise_id, None).all_messages(self._window, cancel)
        for enterprise_id, customer_id in sorted(matches.customers):
            if enterprise_id not in matches.enterprises:
                yield from self._reader.inside(enterprise_id, customer_id).all_messages(self._window, cancel)
        ids = [hit.id for hit in matches.hits if not matches.whole(hit.enterprise_id, hit.customer_id)]
        for first in range(0, len(ids), 500):
            yield from self._reader.messages_by_id(None, ids[first : first + 500], cancel)

    # Level by level

    def _top(self, cancel: Cancel) -> tuple[Row, ...]:
        matches = self._matches(cancel)
        rows = []
        sums = Traffic()
        if self._reader.scope.reach is Reach.CUSTOMER:
            for customer in self._reader.customers(self._window, None, None, cancel):
                if matches is None or matches.has_customer(customer.enterprise_id, customer.id):
                    rows.append(self._customer_row(customer, matches))
                    sums += self._customer_traffic(customer, matches)
        else:
            enterprises, missing = self._reader.enterprises_reached(self._window, self._order, cancel)
            self.missing = missing or (() if matches is None else matches.missing)
            for enterprise in enterprises:
                if matches is None or matches.has_enterprise(enterprise.id):
                    traffic = self._enterprise_traffic(enterprise, matches, cancel)
                    texts = cells(enterprise.name, traffic)
                    rows.append(Row(EnterpriseKey(enterprise.id), texts, expandable=True, style="enterprise"))
                    sums += traffic
        self.total = sums
        return tuple(rows)

    def _customer_ids(self, enterprise_id: int, cancel: Cancel) -> list[int]:
        ids = self._reader.customer_ids(self._window, enterprise_id, self._order, cancel)
        matches = self._matches(cancel)
        return [id_ for id_ in ids if matches is None or matches.has_customer(enterprise_id, id_)]

    def _messages(self, owner: CustomerKey, cancel: Cancel) -> Branch:
        matches = self._matches(cancel)
        if matches is not None and not matches.whole(*owner):
            ids = [hit.id for hit in sorted(matches.hits_of(*owner), key=self._by_order)]
            return Branch(len(ids), _Sorted(owner, ids))
        anchors = self._reader.anchors(self._window, *owner, cancel)
        messages = self._with_detail(owner, anchors, cancel)
        if anchors.detail_from is None:
            return messages
        removed = Removed.of(self._reader, self._window, owner, anchors.detail_from, cancel)
        if not removed.count:
            return messages
        return Branch(messages.count + removed.count, _WithRemoved(messages, removed))

    def _with_detail(self, owner: CustomerKey, anchors: Anchors, cancel: Cancel) -> Branch:
        if self._order is Order.DATE:
            return Branch(anchors.count, _Newest(owner, anchors))
        if anchors.count > SORTABLE:
            self.kept_by_date.add(owner)
            return Branch(anchors.count, _Newest(owner, anchors))
        ids = self._reader.sorted_messages(self._window, *owner, self._order, cancel)
        return Branch(len(ids), _Sorted(owner, ids))

    def _by_order(self, hit: Hit) -> tuple[str, int]:
        match self._order:
            case Order.NAME:
                return fold(hit.subject), 0
            case Order.EMAIL:
                return "", -hit.sent if hit.channel is Channel.EMAIL else 0
            case Order.SMS:
                return "", -hit.sent if hit.channel is Channel.SMS else 0
            case _:
                return "", 0

    # What a filter leaves

    def _matches(self, cancel: Cancel) -> Matches | None:
        if not self._text:
            return None
        with self._finding:
            if self.matches is None:
                self.matches = Matches(self._reader.find(self._window, self._text, cancel))
        return self.matches

    def _enterprise_traffic(self, enterprise: Enterprise, matches: Matches | None, cancel: Cancel) -> Traffic:
        if matches is None or enterprise.id in matches.enterprises:
            return enterprise.traffic
        whole = matches.whole_customers(enterprise.id)
        customers = self._reader.customers(self._window, enterprise.id, whole, cancel) if whole else []
        return sum((customer.traffic for customer in customers), matches.traffic(enterprise.id, None))

    def _customer_traffic(self, customer: Customer, matches: Matches | None) -> Traffic:
        if matches is None or matches.whole(customer.enterprise_id, customer.id):
            return customer.traffic
        return matches.traffic(customer.enterprise_id, customer.id)

    def _customer_row(self, customer: Customer, matches: Matches | None) -> Row:
        key = CustomerKey(customer.enterprise_id, customer.id)
        return Row(
            key,
            cells(customer.name, self._customer_traffic(customer, matches)),
            expandable=True,
            style="customer",
        )

    def _message_row(self, message: Message) -> Row:
        sent = f"{message.sent:,}"
        email, sms = (sent, "") if message.channel is Channel.EMAIL else ("", sent)
        return Row(
            MessageKey(message.enterprise_id, message.customer_id, message.id),
            (message.subject or NO_SUBJECT, stamp(message.sent_at, self._window.zone)[:10], email, sms),
            expandable=False,
            style="message",
        )


def cells(name: str, traffic: Traffic) -> tuple[str, str, str, str]:
    """The cells of a row of totals."""
    email, sms = (column.width or 0 for column in COLUMNS[2:])
    return name, "", total(traffic.email.sent, email), total(traffic.sms.sent, sms)


def _place(ids: list[int], id_: int) -> int | None:
    try:
        return ids.index(id_)
    except ValueError:
        return None
