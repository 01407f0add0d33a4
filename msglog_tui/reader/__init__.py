"""What the screen and the commands see of an archive: one person's reader of one store.

A `Reader` ties a scope to a store.  Every method asks one question in one consistent view, may be called from
any thread, can be stopped by the `Cancel` it was given, and gives up after a deadline.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import reduce
from getpass import getuser
from itertools import chain
from typing import TYPE_CHECKING

from msglog_tui.errors import NoSuchName, Refusal
from msglog_tui.reader.deliveries import DeliveryReader
from msglog_tui.store import access, audit, retention
from msglog_tui.store.engine import DEADLINE, Store
from msglog_tui.store.queries import messages, overview, search, transactions, tree
from msglog_tui.text import fold
from msglog_tui.types import Found, Order, Reach

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from msglog_tui.cancel import Cancel
    from msglog_tui.types import (
        Anchors,
        Customer,
        Enterprise,
        Identity,
        Ledger,
        Message,
        Overview,
        Transaction,
        TransactionKind,
        TransactionStatus,
        Window,
    )


class Reader(DeliveryReader):
    """Reads a store as somebody; its arguments are those of `Asker`."""

    @classmethod
    def of(cls, store: Store, login: str, *, seconds: float | None = DEADLINE) -> Reader:
        """The reader of a user of the store; one who is unknown there sees nothing."""
        # Who somebody is, is asked before they have a scope.
        with store.reading(scope=access.EVERYTHING) as connection:
            return cls(store, access.identify(connection, login), seconds=seconds)

    @classmethod
    def of_owner(cls, store: Store, login: str, *, seconds: float | None = DEADLINE) -> Reader:
        """The reader of whoever owns the file of the store: an operator."""
        return cls(store, access.local_operator(login), seconds=seconds)

    def as_customer(self, enterprise_id: int, customer_id: int) -> Reader:
        """The same person looking through the eyes of one customer.

        Raises:
            Refusal: The customer is not in scope.
        """
        with self._store.reading(scope=self.scope) as connection:
            identity = access.through_customer(connection, self.identity, enterprise_id, customer_id)
        return self._as(identity)

    def inside(self, enterprise_id: int, customer_id: int | None) -> Reader:
        """The same person looking at one enterprise, or one customer, of what they may see."""
        return self._as(access.narrowed(self.identity, enterprise_id, customer_id))

    def named(self, enterprise: str | None, customer: str | None) -> Reader:
        """The same person looking at one enterprise or customer only, by name; at everything without names.

        Raises:
            Refusal: There is none of that name in scope.
        """
        with self._store.reading(scope=self.scope) as connection:
            scope = access.named(connection, self.scope, enterprise, customer)
        if scope.enterprise_id is None:
            return self
        return self.inside(scope.enterprise_id, scope.customer_id)

    def _as(self, identity: Identity) -> Reader:
        return Reader(self._store, identity, seconds=self._seconds, attached=self._attached)

    # What was removed

    def beside(self, attached: Store | None) -> Reader:
        """The same person, with an older archive beside."""
        return Reader(self._store, self.identity, seconds=self._seconds, attached=attached)

    @property
    def archive(self) -> str:
        """What the archive is called."""
        return self._store.name

    @property
    def attached(self) -> str | None:
        """What the older archive beside is called, if there is one."""
        return None if self._attached is None else self._attached.name

    def older(
        self, enterprise_id: int | None, customer_id: int | None, cancel: Cancel | None = None
    ) -> Reader | None:
        """Reads in the older archive what is called like an enterprise or customer of what one may see here.

        Args:
            enterprise_id: In this archive; `None` for everything in scope.

        Returns:
            `None` when no archive is attached, or it has none of that name.
        """
        if self._attached is None:
            return None
        narrowed = self if enterprise_id is None else self.inside(enterprise_id, customer_id)
        if narrowed.scope.reach is Reach.NOTHING:
            return None
        there = Reader.of_owner(self._attached, "", seconds=self._seconds)
        try:
            with self._store.reading(cancel, self._seconds, self.scope) as connection:
                names = access.names_of(connection, narrowed.scope)
            return there.named(*names)
        except NoSuchName:
            return None

    def detail_from(self, cancel: Cancel | None = None) -> int | None:
        """From which instant on there are messages, before it only totals; `None` when all are there."""
        with self._store.reading(cancel, self._seconds, self.scope) as connection:
            return retention.detail_from(connection)

    def deliveries_kept_from(self, cancel: Cancel | None = None) -> int | None:
        """From which instant on messages have their deliveries; `None` when none were removed."""
        with self._store.reading(cancel, self._seconds, self.scope) as connection:
            return retention.deliveries_from(connection)

    # The audit

    @property
    def takes_notes(self) -> bool:
        """Whether this process can write to the audit what is looked at."""
        return self._store.writable

    def note(self, action: str, detail: str) -> None:
        """Write to the audit what somebody at this machine looks at.

        Raises:
            Refusal: This process may not write the store, or somebody else is writing it.
        """
        if not self.takes_notes:
            raise Refusal(
                f"Recipients stay masked: what is revealed has to be written to the audit, and only who may "
                f"write the store {self._store.name} can. Ask its owner."
            )
        user = self.identity.user
        entry = audit.Entry(
            at=int(time.time()),
            login="" if user is None else user.login,
            role="" if user is None else user.role.value,
            action=action,
            detail=detail,
            address=f"this machine, {getuser()}",
            fingerprint="",
        )
        with self._store.writing() as connection:
            audit.record(connection, [entry])

    # The tree

    def enterprises(self, window: Window, order: Order, cancel: Cancel | None = None) -> list[Enterprise]:
        """Every enterprise in scope with its traffic."""
        return _together(self._ask_everywhere(cancel, tree.enterprises, window, order), order)

    def enterprises_reached(
        self, window: Window, order: Order, cancel: Cancel | None = None
    ) -> tuple[list[Enterprise], tuple[str, ...]]:
        """The enterprises that can be read now, and a sentence for each shard that cannot.

        Raises:
            StoreError: None can be read.
        """
        found, missing = self._ask_reached(cancel, tree.enterprises, window, order)
        return _together(found, order), missing

    def customer_ids(
        self, window: Window, enterprise_id: int, order: Order, cancel: Cancel | None = None
    ) -> list[int]:
        """Ids of an enterprise's customers in the order of the tree."""
        return self._ask_near(enterprise_id, cancel, tree.customer_ids, window, enterprise_id, order)

    def customers(
        self,
        window: Window,
        enterprise_id: int | None,
        ids: Sequence[int] | None,
        cancel: Cancel | None = None,
    ) -> list[Customer]:
        """Customers with their traffic: those of `ids`, or all."""
        return self._ask_near(enterprise_id, cancel, tree.customers, window, enterprise_id, ids)

    def customers_named(
        self, text: str, limit: int, cancel: Cancel | None = None
    ) -> list[tuple[int, int, str, str]]:
        """Customers whose name holds a text: (enterprise id, customer id, enterprise, customer)."""
        return self._ask(cancel, tree.customers_named, text, limit)

    def time_zone(self, enterprise_id: int, cancel: Cancel | None = None) -> str:
        """The zone of an enterprise, empty when it has not told."""
        return self._ask(cancel, tree.time_zone, enterprise_id)

    def find(self, window: Window, text: str, cancel: Cancel | None = None) -> Found:
        """What a filter finds, of what can be read now."""
        found, missing = self._ask_reached(cancel, search.find, window, text)
        together = reduce(Found.together, found)
        more = together.more or len(together.hits) > search.MOST
        return replace(together, hits=together.hits[: search.MOST], more=more, missing=missing)

    # Messages

    def anchors(
        self, window: Window, enterprise_id: int, customer_id: int, cancel: Cancel | None = None
    ) -> Anchors:
        """How many messages a customer has in the window, and where each day begins."""
        return self._ask_near(enterprise_id, cancel, messages.anchors, window, enterprise_id, customer_id)

    def messages_from(
        self,
        window: Window,
        enterprise_id: int,
        customer_id: int,
        row: int,
        count: int,
        anchors: Anchors,
        cancel: Cancel | None = None,
    ) -> list[Message]:
        """Messages of a customer, newest first, from a row number on."""
        after, skip = anchors.nearest(row)
        return self._ask_near(
            enterprise_id, cancel, messages.page, window, enterprise_id, customer_id, after, skip, count
        )

    def message_row(
        self,
        window: Window,
        enterprise_id: int,
        customer_id: int,
        message_id: int,
        anchors: Anchors,
        cancel: Cancel | None = None,
    ) -> int | None:
        """Row number of a message among a customer's, newest first."""
        return self._ask_near(
            enterprise_id, cancel, messages.row_of, window, enterprise_id, customer_id, message_id, anchors
        )

    def sorted_messages(
        self,
        window: Window,
        enterprise_id: int,
        customer_id: int,
        order: Order,
        cancel: Cancel | None = None,
    ) -> list[int]:
        """Ids of a customer's messages sorted by subject or amount; meant for up to `SORTABLE` of them."""
        return self._ask_near(
            enterprise_id, cancel, messages.sorted_ids, window, enterprise_id, customer_id, order
        )

    def messages_by_id(
        self, enterprise_id: int | None, ids: Sequence[int], cancel: Cancel | None = None
    ) -> list[Message]:
        """The messages of these ids, in that order.

        Args:
            enterprise_id: Whose they are; `None` when they may be of several.
        """
        if enterprise_id is not None:
            return self._ask_near(enterprise_id, cancel, messages.by_ids, ids)
        place = {id_: number for number, id_ in enumerate(ids)}
        found = chain.from_iterable(self._ask_everywhere(cancel, messages.by_ids, ids))
        return sorted(found, key=lambda message: place[message.id])

    def messages_named(self, external_id: str, cancel: Cancel | None = None) -> list[Message]:
        """The messages that carry a message id."""
        return [*chain.from_iterable(self._ask_everywhere(cancel, messages.named, external_id))]

    def all_messages(self, window: Window, cancel: Cancel | None = None) -> Iterator[Message]:
        """Every message in scope and window, one enterprise after the other, newest first; no deadline."""
        return self._stream(cancel, messages.stream, window)

    # The right pane

    def overview(
        self, window: Window, enterprise_id: int, customer_id: int | None, cancel: Cancel | None = None
    ) -> Overview:
        """What the preview says of a customer, or of an enterprise."""
        return self._ask_near(enterprise_id, cancel, overview.overview, window, enterprise_id, customer_id)

    def count_transactions(self, window: Window, ledger: Ledger, cancel: Cancel | None = None) -> int:
        """How many transactions a list has."""
        return self._ask_near(ledger.enterprise_id, cancel, transactions.count, window, ledger)

    def transactions_from(
        self, window: Window, ledger: Ledger, row: int, count: int, cancel: Cancel | None = None
    ) -> list[Transaction]:
        """Transactions of a list, newest first, from a row number on."""
        return self._ask_near(ledger.enterprise_id, cancel, transactions.page, window, ledger, row, count)

    def transaction_row(
        self, window: Window, ledger: Ledger, transaction_id: int, cancel: Cancel | None = None
    ) -> int | None:
        """Row number of a transaction in a list."""
        return self._ask_near(
            ledger.enterprise_id, cancel, transactions.row_of, window, ledger, transaction_id
        )

    def all_transactions(
        self,
        window: Window,
        kind: TransactionKind | None,
        customer_id: int | None,
        status: TransactionStatus | None,
        cancel: Cancel | None = None,
    ) -> Iterator[Transaction]:
        """Every transaction in scope and window, enterprise by enterprise, newest first; no deadline."""
        return self._stream(cancel, transactions.stream, window, kind, customer_id, status)


def _together(parts: Sequence[list[Enterprise]], order: Order) -> list[Enterprise]:
    """The enterprises of several shards, in the order of the tree."""
    if len(parts) == 1:
        return parts[0]
    found = sorted(chain.from_iterable(parts), key=lambda row: (fold(row.name), row.id))
    match order:
        case Order.EMAIL:
            return sorted(found, key=lambda row: -row.traffic.email.sent)
        case Order.SMS:
            return sorted(found, key=lambda row: -row.traffic.sms.sent)
        case _:
            return found
