"""Deliveries: what became of a message at each of its recipients.

Plain values, like those of `types`.  Instants are UTC seconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from msglog_tui.types import Channel


class DeliveryStatus(IntEnum):
    """How far a delivery has come; the numbers are what the store keeps, and the later of two equals wins."""

    QUEUED = 0
    DEFERRED = 1
    SENT = 2
    DELIVERED = 3
    BOUNCED = 4
    FAILED = 5
    REJECTED = 6
    COMPLAINED = 7

    @property
    def word(self) -> str:
        """The status as screen, files and commands write it."""
        return self.name.lower()


PENDING: Final = frozenset({DeliveryStatus.QUEUED, DeliveryStatus.DEFERRED})
"""Neither sent nor failed yet."""

LEFT: Final = frozenset(
    {DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.BOUNCED, DeliveryStatus.COMPLAINED}
)
"""Left the server: these make up the send amount; `BOUNCED` of them was refused afterwards."""

NEVER_LEFT: Final = frozenset({DeliveryStatus.FAILED, DeliveryStatus.REJECTED})
"""Never left the server: these make up the failed amount."""

WENT_WRONG: Final = NEVER_LEFT | {DeliveryStatus.BOUNCED, DeliveryStatus.COMPLAINED}
"""What a failures view shows."""

FINAL: Final = frozenset(DeliveryStatus) - PENDING - {DeliveryStatus.SENT}
"""Outcomes: one of these stands against any other status, whatever their times."""


class DeliveryRecord(NamedTuple):
    """One status of one delivery on its way into the store.

    A tuple, because the import moves millions of them.  Records of one delivery may come twice, late and in
    any order: the store ends the same.

    Attributes:
        enterprise: Name of the enterprise.
        customer: Name of the customer.
        source: The format or provider whose ids these are; keeps ids of two providers apart.
        delivery_id: The provider's id of what was sent; with source and recipient it names the delivery.
        recipient: Address or number, as the source writes it.
        channel: A `types.Channel`.
        status: A `DeliveryStatus`.
        at: When it came to that status.
        code: The provider's or the other server's code (`5.1.1`, `30004`); empty where there is none.
        reason: What they say of it, whole; empty where nothing is said.
        message_id: Id of the message in the tree where the source knows it; empty where the message is made
            of the deliveries of one `campaign` and UTC day.
        campaign: What deliveries of one message have in common: campaign, tag or subject; empty where this
            record does not tell (another one of the delivery may).
        subject: Empty where this record does not tell.
        sent_at: When the source says it was sent, `None` where it does not; the earliest instant known of a
            delivery stands for it then.
        sent_by: Login or address of the sender; empty where this record does not tell.
        lists: Names of the lists; empty where this record does not tell.
    """

    enterprise: str
    customer: str
    source: str
    delivery_id: str
    recipient: str
    channel: int
    status: int
    at: int
    code: str
    reason: str
    message_id: str
    campaign: str
    subject: str
    sent_at: int | None
    sent_by: str
    lists: tuple[str, ...]


class Step(NamedTuple):
    """A status in the history of a delivery."""

    at: int
    status: DeliveryStatus
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery: one recipient of a message, with its last status.

    Attributes:
        message: External id of the message.
        source: The format or provider whose id `delivery_id` is.
        recipient: Address or number, whole: whoever shows it masks it.
        subject: That of the message.
        sent_at: When it was sent.
        sent_by: Login or address of its sender; empty where its source does not tell.
        at: When it came to its status.
        code: Of the status; may be empty.
        reason: Of the status, whole; may be empty.
        history: Every status known, the earliest first; that which stands may not be the last (see `FINAL`).
    """

    enterprise_id: int
    customer_id: int
    message_id: int
    id: int
    enterprise: str
    customer: str
    message: str
    source: str
    delivery_id: str
    recipient: str
    channel: Channel
    subject: str
    sent_at: int
    sent_by: str
    status: DeliveryStatus
    at: int
    code: str
    reason: str
    history: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Recipients:
    """Which deliveries a list shows.

    Attributes:
        message_id: The store's number of the message whose deliveries these are.
        status: Only these; `None` for every status.
    """

    enterprise_id: int
    customer_id: int
    message_id: int
    status: DeliveryStatus | None


class ReasonTally(NamedTuple):
    """How many deliveries came to a status for this reason."""

    status: DeliveryStatus
    code: str
    reason: str
    deliveries: int


@dataclass(frozen=True, slots=True)
class DeliverySummary:
    """What became of a message.

    Attributes:
        by_status: How many deliveries have each status; statuses without any are left out.
        reasons: Why those of `WENT_WRONG` did, the commonest first, up to a limit.
        more_reasons: Whether there are more reasons than that.
        kept_from: From when on messages have their deliveries, if those of this one were removed and only
            what is said here is left; else `None`.
    """

    by_status: tuple[tuple[DeliveryStatus, int], ...]
    reasons: tuple[ReasonTally, ...]
    more_reasons: bool
    kept_from: int | None = None


class FailureGrouping(StrEnum):
    """What failures are grouped by."""

    REASON = "reason"
    CODE = "code"
    DOMAIN = "domain"


class FailurePlace(NamedTuple):
    """Where failures are looked for.

    Attributes:
        enterprise_id: Whose; `None` for every enterprise in scope.
        customer_id: Only this customer's; `None` for all.
        message_id: Only those of this message, whenever they were sent; `None` for all.
    """

    enterprise_id: int | None = None
    customer_id: int | None = None
    message_id: int | None = None


class FailureGroup(NamedTuple):
    """Failures that have something in common.

    Attributes:
        label: The reason, the code or the recipients' domain (for numbers their country code).
        deliveries: How many.
        failed: How many of them never left (`NEVER_LEFT`).
        bounced: How many of them were refused after they left; what is neither was complained of.
        customers: How many customers had any.
        since: When the first of them in the window came to its status.
        until: When the last did.
    """

    label: str
    deliveries: int
    failed: int
    bounced: int
    customers: int
    since: int
    until: int


class Found(NamedTuple):
    """A page of the deliveries to somebody.

    Attributes:
        deliveries: Newest first.
        more: Where the next page begins, `None` when this is the last.
    """

    deliveries: tuple[Delivery, ...]
    more: tuple[int, int] | None


def newest(pages: Sequence[Found], limit: int) -> Found:
    """The first page of what several shards found, each of which gave its own."""
    if len(pages) == 1:
        return pages[0]
    every = sorted(chain.from_iterable(page.deliveries for page in pages), key=lambda each: -each.id)
    shown = tuple(every[:limit])
    more = len(every) > limit or any(page.more is not None for page in pages)
    return Found(shown, (shown[-1].sent_at, shown[-1].id) if shown and more else None)


def commonest(parts: Sequence[list[FailureGroup]], limit: int) -> list[FailureGroup]:
    """The commonest groups of what several shards found, no customer of which is on two."""
    if len(parts) == 1:
        return parts[0][:limit]
    found: dict[str, FailureGroup] = {}
    for group in chain.from_iterable(parts):
        other = found.get(group.label)
        found[group.label] = group if other is None else _sum(group, other)
    return sorted(found.values(), key=lambda group: (-group.deliveries, group.label))[:limit]


def _sum(one: FailureGroup, other: FailureGroup) -> FailureGroup:
    return FailureGroup(
        one.label,
        one.deliveries + other.deliveries,
        one.failed + other.failed,
        one.bounced + other.bounced,
        one.customers + other.customers,
        min(one.since, other.since),
        max(one.until, other.until),
    )
