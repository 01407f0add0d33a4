"""The plain values that travel between the layers.

Everything here is immutable, knows no database and no screen, and holds text that is already safe to show
when it came out of the store.  Instants are UTC seconds since the epoch (`int`); dates are local dates in a
named zone (`Window`).
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, fields
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal


class Channel(IntEnum):
    """The way a message is sent; the numbers are what the store keeps."""

    EMAIL = 0
    SMS = 1

    @property
    def word(self) -> str:
        """The channel as files and commands write it: `email` or `sms`."""
        return self.name.lower()

    @property
    def label(self) -> str:
        """The channel as the screen writes it: `E-mail` or `SMS`."""
        return "E-mail" if self is Channel.EMAIL else "SMS"


class Role(StrEnum):
    """What a user is to the platform."""

    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"
    CUSTOMER = "customer"


class Reach(StrEnum):
    """How far a scope reaches."""

    NOTHING = "nothing"
    CUSTOMER = "customer"
    ENTERPRISE = "enterprise"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows may be seen: the first argument of every query.

    It has no defaults on purpose: whoever makes one has to say everything.  `store.access` is the only place
    that does.

    Attributes:
        reach: How far the scope goes.
        enterprise_id: The only enterprise in scope; `None` for `EVERYTHING` and `NOTHING`.
        customer_id: The only customer in scope, within `enterprise_id`; `None` unless reach is `CUSTOMER`.
    """

    reach: Reach
    enterprise_id: int | None
    customer_id: int | None

    @property
    def sees_transactions(self) -> bool:
        """Whether packages and top-ups are in scope: never through a customer's eyes."""
        return self.reach in (Reach.ENTERPRISE, Reach.EVERYTHING)


@dataclass(frozen=True, slots=True)
class User:
    """A person who may log in.

    Attributes:
        login: What the person types; unique in the store.
        name: How the person is called; may be empty.
        enterprise: Name of the user's enterprise, empty for an operator.
        customer: Name of the user's customer, empty unless the role is `CUSTOMER`.
        time_zone: IANA name of the zone in which the person reads dates; empty for the machine's own.
    """

    login: str
    name: str
    role: Role
    enterprise: str
    customer: str
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is reading, and what that person may see.  Built by `store.access` alone.

    Attributes:
        user: The person; `None` for somebody the store does not know, whose scope reaches nothing.
        scope: What may be seen now.
        seen_as: Names of enterprise and customer while looking through that customer's eyes, else `None`.
    """

    user: User | None
    scope: Scope
    seen_as: tuple[str, str] | None


SORTABLE = 20_000
"""Up to how many messages a customer's are sorted by anything but their date."""


class Order(StrEnum):
    """How the tree is sorted.

    `DATE` keeps names in alphabetical order and puts the newest message first; the others sort every level.
    """

    DATE = "date"
    NAME = "name"
    EMAIL = "e-mail"
    SMS = "SMS"


@dataclass(frozen=True, slots=True)
class Window:
    """A span of local dates, both inclusive, and the instants it stands for.

    Built by `dates.window`, which knows about midnights that do not exist or exist twice.

    Attributes:
        start: First local date.
        end: Last local date, inclusive, as people mean it.
        zone: IANA name of the zone in which the dates are local.
        first: First instant of `start`, UTC seconds since the epoch.
        after: First instant after `end`, UTC seconds; the window is `[first, after)`.
    """

    start: date
    end: date
    zone: str
    first: int
    after: int

    @property
    def days(self) -> int:
        """How many calendar dates the window names."""
        return (self.end - self.start).days + 1


@dataclass(frozen=True, slots=True)
class Counts:
    """What was sent over one channel.

    Attributes:
        sent: Send amount: successfully sent, left the server.
        failed: Failed amount: unsuccessful, never sent; the sum over the messages that tell.
        bounced: Left the server, then refused; the sum over the messages that tell.
        messages: How many messages these are.
        failed_unknown: How many of them do not tell their failed amount.
        bounced_unknown: How many of them do not tell their bounced amount.
    """

    sent: int = 0
    failed: int = 0
    bounced: int = 0
    messages: int = 0
    failed_unknown: int = 0
    bounced_unknown: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def __sub__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, f.name) - getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True, slots=True)
class Traffic:
    """What was sent over both channels."""

    email: Counts = Counts()
    sms: Counts = Counts()

    def __add__(self, other: Traffic) -> Traffic:
        return Traffic(self.email + other.email, self.sms + other.sms)

    def __sub__(self, other: Traffic) -> Traffic:
        return Traffic(self.email - other.email, self.sms - other.sms)

    @property
    def sent(self) -> int:
        """The send amount of both channels together."""
        return self.email.sent + self.sms.sent

    @property
    def messages(self) -> int:
        """How many messages, over both channels."""
        return self.email.messages + self.sms.messages


@dataclass(frozen=True, slots=True)
class Enterprise:
    """An enterprise as a row of the tree, with its traffic in the window."""

    id: int
    name: str
    traffic: Traffic


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as a row of the tree, with its traffic in the window."""

    enterprise_id: int
    id: int
    enterprise: str
    name: str
    traffic: Traffic


@dataclass(frozen=True, slots=True)
class Message:
    """A message: one mailing, as it was sent to one or more lists.

    Attributes:
        id: The store's own number; orders messages sent in the same second.
        external_id: The message id that the platform gave.
        sent: Send amount.
        failed: Failed amount, or `None` where the source does not tell.
        bounced: Bounced amount, or `None` where the source does not tell.
        sent_at: UTC seconds since the epoch.
        sent_by: Login of the user who sent it; may be empty.
        sent_by_name: That user's name and role where the store knows the user, else empty.
        lists: Names of the lists, as they were when the message was sent.
    """

    enterprise_id: int
    customer_id: int
    id: int
    enterprise: str
    customer: str
    external_id: str
    subject: str
    channel: Channel
    sent: int
    failed: int | None
    bounced: int | None
    sent_at: int
    sent_by: str
    sent_by_name: str
    lists: tuple[str, ...]


class Position(NamedTuple):
    """A place in a customer's messages, newest first: what comes after it is older."""

    sent_at: int
    id: int


@dataclass(frozen=True, slots=True)
class Anchors:
    """Where the days of a customer's messages begin, newest first, so that any row is a short step away.

    Taken from the customer's day buckets: a million messages over five years are 1,800 anchors, and no scan.

    Attributes:
        count: How many messages there are in the window.
        rows: Row number of the first message of each day, ascending.
        positions: The place just before that row.
        detail_from: Before this instant, UTC seconds, the window has totals only; `None` when it does not
            reach back so far.
    """

    count: int
    rows: tuple[int, ...]
    positions: tuple[Position, ...]
    detail_from: int | None = None

    def nearest(self, row: int) -> tuple[Position, int]:
        """The last anchor at or before a row, and how many rows lie between."""
        index = bisect_right(self.rows, row) - 1
        return self.positions[index], row - self.rows[index]


class Hit(NamedTuple):
    """A message that the filter found."""

    enterprise_id: int
    customer_id: int
    id: int
    subject: str
    channel: Channel
    sent: int
    sent_at: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a filter finds.

    Attributes:
        enterprises: Ids of the enterprises whose name holds the text.
        customers: (enterprise id, customer id) of the customers whose name does.
        hits: The newest messages in the window whose subject, sender or list does, up to the search's limit.
        more: Whether there are more messages than that.
        too_short: Whether only names were searched: there are too many messages to look for so few letters.
        missing: A sentence for each shard that was not searched, since it cannot be read.
    """

    enterprises: frozenset[int]
    customers: frozenset[tuple[int, int]]
    hits: tuple[Hit, ...]
    more: bool
    too_short: bool
    missing: tuple[str, ...] = ()

    def together(self, other: Found) -> Found:
        """What was found here and elsewhere."""
        return Found(
            self.enterprises | other.enterprises,
            self.customers | other.customers,
            tuple(sorted(self.hits + other.hits, key=lambda hit: (-hit.sent_at, -hit.id))),
            self.more or other.more,
            self.too_short or other.too_short,
            self.missing + other.missing,
        )


class TransactionKind(StrEnum):
    """What a transaction is for."""

    PACKAGE = "package"
    TOP_UP = "top_up"


class TransactionStatus(StrEnum):
    """How far a transaction has come."""

    REQUESTED = "requested"
    INVOICED = "invoiced"
    PROCESSED = "processed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Transaction:
    """A package bought or a top-up asked for.

    Attributes:
        customer: Name of the customer; empty when it is the enterprise's own.
        credits: Credits bought; a credit is not a message.
        amount: Money, in `currency`.
        requested_at: UTC seconds; the date by which a window selects transactions.
        processed_at: UTC seconds, or `None` while it is not processed.
    """

    enterprise_id: int
    customer_id: int | None
    id: int
    enterprise: str
    customer: str
    external_id: str
    kind: TransactionKind
    description: str
    channel: Channel
    credits: Decimal
    amount: Decimal
    currency: str
    status: TransactionStatus
    requested_at: int
    processed_at: int | None
    requested_by: str
    reference: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """Which transactions a list shows.

    Attributes:
        kind: Packages or top-ups.
        enterprise_id: Whose.
        customer_id: Only this customer's; `None` for the enterprise with all its customers.
        status: Only these; `None` for every status.
    """

    kind: TransactionKind
    enterprise_id: int
    customer_id: int | None
    status: TransactionStatus | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of the messages looked at carry this sender or this list."""

    name: str
    messages: int


@dataclass(frozen=True, slots=True)
class Overview:
    """All that the preview says of a customer, an enterprise, or everything in scope.

    Attributes:
        name: The customer's or enterprise's name; empty for everything in scope.
        enterprise: Name of the enterprise around a customer; empty otherwise.
        customers: How many customers; 1 for a customer.
        first_at: Send date of the first message in the window, `None` when there is none.
        last_at: Send date of the last.
        senders: Who sends, busiest first.
        lists: Which lists get most messages, busiest first.
        tallied: How many of the newest messages `senders` and `lists` were counted over; less than
            `traffic.messages` when there are too many to look at each.
        package: The package last processed, if transactions are in scope and there is one.
        removed: How many of the messages are kept as totals only, and so in neither dates nor tallies.
        detail_from: Those were sent before this instant, UTC seconds; `None` when there are none.
    """

    name: str
    enterprise: str
    customers: int
    traffic: Traffic
    first_at: int | None
    last_at: int | None
    senders: tuple[Tally, ...]
    lists: tuple[Tally, ...]
    tallied: int
    package: Transaction | None
    removed: int = 0
    detail_from: int | None = None


class MessageRecord(NamedTuple):
    """One message on its way into the store, names not yet turned into ids.

    A tuple, because the import moves millions of them.
    """

    enterprise: str
    customer: str
    message_id: str
    subject: str
    channel: int
    sent: int
    failed: int | None
    bounced: int | None
    sent_at: int
    sent_by: str
    lists: tuple[str, ...]


class TransactionRecord(NamedTuple):
    """One transaction on its way into the store."""

    enterprise: str
    customer: str
    transaction_id: str
    kind: TransactionKind
    description: str
    channel: int
    credits: Decimal
    amount: Decimal
    currency: str
    status: TransactionStatus
    requested_at: int
    processed_at: int | None
    requested_by: str
    reference: str


class Outcome(NamedTuple):
    """What a batch did to the store, in rows.

    Attributes:
        late: Left out, since they were sent at a time of which the archive keeps totals only.
    """

    added: int
    changed: int
    unchanged: int
    late: int = 0

    def plus(self, other: Outcome) -> Outcome:
        """Add two batches up."""
        return Outcome(
            self.added + other.added,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.late + other.late,
        )
