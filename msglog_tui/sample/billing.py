"""The packages and top-ups of the sample archive.

They add up: at the moment any message is sent, the customer's processed credits of that channel cover all
that its messages have cost so far, by the rule of `traffic.credits_spent`.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from msglog_tui.sample.cast import (
    CURRENCIES,
    ENTERPRISES,
    PRICES,
    CustomerProfile,
    EnterpriseProfile,
    numbered,
    staff,
)
from msglog_tui.sample.dice import Dice
from msglog_tui.sample.traffic import SPAN_DAYS, credits_spent, messages
from msglog_tui.types import Channel, TransactionKind, TransactionRecord, TransactionStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SIZES = tuple(
    step * power for power in (100, 1000, 10_000, 100_000, 1_000_000, 10_000_000) for step in (1, 2, 5)
)
"""The quantities of credits on sale: 100, 200, 500 … 50,000,000."""

_HOUR = 3600
_DAY = 24 * _HOUR
_UNITS = {Channel.EMAIL: "e-mails", Channel.SMS: "SMS credits"}


class _Cost(NamedTuple):
    """What one message cost."""

    at: int
    credits: int


class _Course(NamedTuple):
    """How a transaction went; the times are UTC seconds."""

    requested_at: int
    processed_at: int | None
    status: TransactionStatus = TransactionStatus.PROCESSED


class _Buyer(NamedTuple):
    """A customer, or an enterprise itself, about to buy."""

    enterprise: EnterpriseProfile
    customer: str
    logins: tuple[str, ...]
    dice: Dice

    def transaction(
        self, kind: TransactionKind, label: str, channel: Channel, size: int, course: _Course
    ) -> TransactionRecord:
        """A transaction of this buyer, its id and reference still to be given."""
        currency = CURRENCIES[self.enterprise.zone]
        # Each larger quantity is three percent cheaper than the one before.
        discount = Decimal(100 - 3 * _SIZES.index(size)) / 100
        amount = Decimal(size) * PRICES[currency][channel] * discount
        return TransactionRecord(
            enterprise=self.enterprise.name,
            customer=self.customer,
            transaction_id="",
            kind=kind,
            description=f"{label} {size:,} {_UNITS[channel]}",
            channel=channel,
            credits=Decimal(size),
            amount=amount.quantize(Decimal("0.01")),
            currency=currency,
            status=course.status,
            requested_at=course.requested_at,
            processed_at=course.processed_at,
            requested_by=self.dice.one_of(self.logins),
            reference="",
        )


def _size(at_least: float) -> int:
    """The smallest quantity on sale that is enough."""
    return next(size for size in _SIZES if size >= at_least)


def _firsts_of_months(start: date, end: date) -> list[date]:
    """The first of every month from the month of `start` to that of `end`."""
    months = range(start.year * 12 + start.month - 1, end.year * 12 + end.month)
    return [date(month // 12, month % 12 + 1, 1) for month in months]


def _at_five(day: date, zone: str) -> int:
    """Five in the morning, when plans are renewed: before anybody sends by hand, on the newest date too."""
    return int(datetime(day.year, day.month, day.day, 5, tzinfo=ZoneInfo(zone)).timestamp())


def _renewals(buyer: _Buyer, channel: Channel, size: int, newest: date) -> Iterator[TransactionRecord]:
    """A monthly plan's credits, requested and processed at once on the first of each month."""
    for first in _firsts_of_months(newest - timedelta(days=SPAN_DAYS), newest):
        at = _at_five(first, buyer.enterprise.zone)
        yield buyer.transaction(TransactionKind.PACKAGE, "Monthly plan", channel, size, _Course(at, at))


def _purchases(
    buyer: _Buyer, channel: Channel, costs: Sequence[_Cost], plan: Sequence[TransactionRecord]
) -> Iterator[TransactionRecord]:
    """Buy whenever the next message would cost more than what is left, some hours ahead of it."""
    monthly = sum(cost.credits for cost in costs) / (SPAN_DAYS / 30)
    left = 0
    renewals = list(plan)
    kind = TransactionKind.TOP_UP if plan else TransactionKind.PACKAGE
    for cost in costs:
        while renewals and (renewals[0].processed_at or 0) < cost.at:
            left += int(renewals.pop(0).credits)
        if cost.credits > left:
            size = _size(max(cost.credits - left, monthly if plan else monthly * 2))
            processed_at = cost.at - buyer.dice.between(1, 20 * _HOUR)
            requested_at = processed_at - buyer.dice.between(_HOUR, 3 * _DAY)
            label = "Pay-as-you-go" if kind is TransactionKind.PACKAGE else "Top-up"
            yield buyer.transaction(kind, label, channel, size, _Course(requested_at, processed_at))
            left += size
            kind = TransactionKind.TOP_UP
        left -= cost.credits


def _unfinished(buyer: _Buyer, number: int, newest_at: int) -> Iterator[TransactionRecord]:
    """Requests that brought no credits: some still under way, some that never will."""
    dice = buyer.dice
    statuses: list[tuple[TransactionStatus, int]] = []
    if number % 5 == 0:
        statuses.append((TransactionStatus.REQUESTED, dice.between(_HOUR, 3 * _DAY)))
    if number % 5 == 2:
        statuses.append((TransactionStatus.INVOICED, dice.between(_DAY, 12 * _DAY)))
    if number % 7 == 3:
        statuses.append((TransactionStatus.REJECTED, dice.between(_DAY, 400 * _DAY)))
    if number % 7 == 4:
        statuses.append((TransactionStatus.CANCELLED, dice.between(_DAY, 90 * _DAY)))
    for status, ago in statuses:
        channel = dice.one_of((Channel.EMAIL, Channel.SMS))
        size = dice.one_of(_SIZES[2:9])
        course = _Course(newest_at - ago, None, status)
        yield buyer.transaction(TransactionKind.TOP_UP, "Top-up", channel, size, course)


def _customer_transactions(
    buyer: _Buyer, number: int, customer: CustomerProfile, costs: dict[Channel, list[_Cost]], newest: date
) -> Iterator[TransactionRecord]:
    newest_at = _at_five(newest, buyer.enterprise.zone)
    for channel, spent in costs.items():
        plan: list[TransactionRecord] = []
        if customer.monthly_plan:
            monthly = sum(cost.credits for cost in spent) / (SPAN_DAYS / 30)
            plan = list(_renewals(buyer, channel, _size(monthly / 3), newest))
            yield from plan
        yield from _purchases(buyer, channel, spent, plan)
    if not costs:
        at = newest_at - 40 * _DAY
        course = _Course(at - _DAY, at)
        yield buyer.transaction(TransactionKind.PACKAGE, "Pay-as-you-go", Channel.EMAIL, 100, course)
    yield from _unfinished(buyer, number, newest_at)


def _enterprise_transactions(buyer: _Buyer, newest: date) -> Iterator[TransactionRecord]:
    """What an enterprise buys for itself, for no customer: a pool each quarter, and a wish not granted."""
    size = _size(1000 * len(buyer.enterprise.customers))
    for first in _firsts_of_months(newest - timedelta(days=SPAN_DAYS), newest):
        if first.month % 3 == 1:
            at = _at_five(first, buyer.enterprise.zone)
            label = f"Shared pool, quarter {first.month // 3 + 1} of {first.year},"
            channel = buyer.dice.one_of((Channel.EMAIL, Channel.SMS))
            course = _Course(at, at + 2 * _HOUR)
            yield buyer.transaction(TransactionKind.PACKAGE, label, channel, size, course)
    asked_at = _at_five(newest, buyer.enterprise.zone) - buyer.dice.between(5, 25) * _DAY
    course = _Course(asked_at, None, TransactionStatus.REJECTED)
    yield buyer.transaction(TransactionKind.TOP_UP, "Shared pool, further", Channel.SMS, size, course)


def _reference(transaction: TransactionRecord, number: int) -> str:
    """An invoice once there is one, else the customer's order, if it gave one."""
    if transaction.status in (TransactionStatus.PROCESSED, TransactionStatus.INVOICED):
        year = datetime.fromtimestamp(transaction.requested_at, UTC).year
        return f"INV-{year}-{number:05}"
    return f"PO {4500 + number}" if number % 2 else ""


def transactions(newest: date) -> Iterator[TransactionRecord]:
    """The transactions of the sample archive, by the time they were requested.

    Args:
        newest: The same date as for `traffic.messages`, which these transactions pay for.
    """
    costs: dict[tuple[str, str], dict[Channel, list[_Cost]]] = defaultdict(lambda: defaultdict(list))
    for message in messages(newest):
        by_channel = costs[message.enterprise, message.customer]
        by_channel[Channel(message.channel)].append(_Cost(message.sent_at, credits_spent(message)))

    found: list[TransactionRecord] = []
    for number, enterprise, customer in numbered():
        logins = tuple(login for login, _ in staff(enterprise.zone, number))
        buyer = _Buyer(enterprise, customer.name, logins, Dice(1000 + number))
        own_costs = costs.get((enterprise.name, customer.name), {})
        found += _customer_transactions(buyer, number, customer, own_costs, newest)
    for number, enterprise in enumerate(ENTERPRISES):
        buyer = _Buyer(enterprise, "", (enterprise.administrator[0],), Dice(2000 + number))
        found += _enterprise_transactions(buyer, newest)

    found.sort(key=lambda transaction: transaction.requested_at)
    prefixes = {enterprise.name: enterprise.prefix for enterprise in ENTERPRISES}
    last_ids = dict.fromkeys(prefixes, 0)
    for transaction in found:
        number = last_ids[transaction.enterprise] = last_ids[transaction.enterprise] + 1
        yield transaction._replace(
            transaction_id=f"{prefixes[transaction.enterprise]}-T{number:04}",
            reference=_reference(transaction, number),
        )
