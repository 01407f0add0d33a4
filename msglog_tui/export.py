"""Rows as CSV, JSON and aligned text, written as they come.

The columns of every export are named here and nowhere else.  Those of messages, transactions and deliveries
are ones that the import reads, so that an export can be imported again.  Three things to know about that:

* In CSV, text that a spreadsheet would run as a formula is written with an apostrophe in front, which an
  import then takes for part of the text: `=1+1` comes back as `'=1+1`.  JSON leaves text as it is.
* Credits and money are JSON strings, for many programs read JSON numbers as binary fractions.  Zeros that end
  a fraction are left off, in CSV too: they say nothing of the value.
* What is unknown is empty in CSV and `null` in JSON, never 0.

Text is taken to be clean (`text.clean`), which it is when it comes out of the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar

from msglog_tui.dates import stamp, stamp_exact
from msglog_tui.text import cells, spreadsheet_safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TextIO

    from msglog_tui.delivery import Delivery, FailureGroup
    from msglog_tui.public_key import UserKey
    from msglog_tui.store.audit import Entry
    from msglog_tui.types import Counts, Customer, Enterprise, Message, Transaction, User

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Instant:
    """A value that is an instant: UTC seconds, or `None` for one that has not come yet."""

    at: int | None


Value: TypeAlias = "str | int | Decimal | Instant | tuple[str, ...] | None"
"""What a column holds; `None` is an amount that nobody knows."""

Column: TypeAlias = "tuple[str, Callable[[_Row], Value]]"
"""A column's name, and how to get its value from a row."""


@dataclass(frozen=True, slots=True)
class Table(Generic[_Row]):
    """What is written of one kind of row.

    Attributes:
        columns: The columns, in order.
        channels: Names of channels and how to get what was sent over them: an object each in JSON, and in the
            other forms a column for each of its numbers (`email_sent`).
    """

    columns: tuple[Column[_Row], ...]
    channels: tuple[tuple[str, Callable[[_Row], Counts]], ...] = ()

    def flat(self) -> tuple[Column[_Row], ...]:
        """The columns, with those of the channels after them."""
        return self.columns + tuple(
            (f"{channel}_{name}", _composed(counts_of, get))
            for channel, counts_of in self.channels
            for name, get in COUNTS
        )


def _composed(counts_of: Callable[[_Row], Counts], get: Callable[[Counts], Value]) -> Callable[[_Row], Value]:
    return lambda row: get(counts_of(row))


def _known(total: int, unknown: int, messages: int) -> int | None:
    """The sum over the messages that tell, unless there are messages and none of them tells."""
    return None if unknown == messages > 0 else total


COUNTS: Final[tuple[Column[Counts], ...]] = (
    ("sent", lambda counts: counts.sent),
    ("failed", lambda counts: _known(counts.failed, counts.failed_unknown, counts.messages)),
    ("messages", lambda counts: counts.messages),
    ("bounced", lambda counts: _known(counts.bounced, counts.bounced_unknown, counts.messages)),
    ("failed_unknown", lambda counts: counts.failed_unknown),
    ("bounced_unknown", lambda counts: counts.bounced_unknown),
)
"""What is written of the messages of one channel.

`failed` and `bounced` are sums over the messages that tell; the `_unknown` ones say how many do not.
"""

MESSAGES: Final[Table[Message]] = Table(
    (
        ("enterprise", lambda message: message.enterprise),
        ("customer", lambda message: message.customer),
        ("message_id", lambda message: message.external_id),
        ("subject", lambda message: message.subject),
        ("channel", lambda message: message.channel.word),
        ("send_amount", lambda message: message.sent),
        ("failed_amount", lambda message: message.failed),
        ("send_date", lambda message: Instant(message.sent_at)),
        ("sent_by", lambda message: message.sent_by),
        ("lists", lambda message: message.lists),
        ("bounced_amount", lambda message: message.bounced),
    )
)
"""The canonical columns of messages."""

TRANSACTIONS: Final[Table[Transaction]] = Table(
    (
        ("enterprise", lambda transaction: transaction.enterprise),
        ("customer", lambda transaction: transaction.customer),
        ("transaction_id", lambda transaction: transaction.external_id),
        ("kind", lambda transaction: transaction.kind.value),
        ("description", lambda transaction: transaction.description),
        ("channel", lambda transaction: transaction.channel.word),
        ("credits", lambda transaction: transaction.credits),
        ("amount", lambda transaction: transaction.amount),
        ("currency", lambda transaction: transaction.currency),
        ("status", lambda transaction: transaction.status.value),
        ("requested_at", lambda transaction: Instant(transaction.requested_at)),
        ("processed_at", lambda transaction: Instant(transaction.processed_at)),
        ("requested_by", lambda transaction: transaction.requested_by),
        ("reference", lambda transaction: transaction.reference),
    )
)
"""The canonical columns of packages and top-ups."""

DELIVERIES: Final[Table[Delivery]] = Table(
    (
        ("enterprise", lambda delivery: delivery.enterprise),
        ("customer", lambda delivery: delivery.customer),
        ("message_id", lambda delivery: delivery.message),
        ("recipient", lambda delivery: delivery.recipient),
        ("status", lambda delivery: delivery.status.word),
        ("at", lambda delivery: Instant(delivery.at)),
        ("code", lambda delivery: delivery.code),
        ("reason", lambda delivery: delivery.reason),
        ("channel", lambda delivery: delivery.channel.word),
        ("subject", lambda delivery: delivery.subject),
        ("send_date", lambda delivery: Instant(delivery.sent_at)),
        ("sent_by", lambda delivery: delivery.sent_by),
        ("source", lambda delivery: delivery.source),
        ("delivery_id", lambda delivery: delivery.delivery_id),
    )
)
"""The canonical columns of deliveries, with the status that stands; recipients as they are given."""

FAILURES: Final[Table[FailureGroup]] = Table(
    (
        ("group", lambda group: group.label),
        ("deliveries", lambda group: group.deliveries),
        ("failed", lambda group: group.failed),
        ("bounced", lambda group: group.bounced),
        ("customers", lambda group: group.customers),
        ("since", lambda group: Instant(group.since)),
        ("until", lambda group: Instant(group.until)),
    )
)
"""What went wrong, in groups."""

ENTERPRISES: Final[Table[Enterprise]] = Table(
    (("enterprise", lambda enterprise: enterprise.name),),
    (
        ("email", lambda enterprise: enterprise.traffic.email),
        ("sms", lambda enterprise: enterprise.traffic.sms),
    ),
)
"""The totals of enterprises."""

CUSTOMERS: Final[Table[Customer]] = Table(
    (
        ("enterprise", lambda customer: customer.enterprise),
        ("customer", lambda customer: customer.name),
    ),
    (("email", lambda customer: customer.traffic.email), ("sms", lambda customer: customer.traffic.sms)),
)
"""The totals of customers."""


USERS: Final[Table[User]] = Table(
    (
        ("login", lambda user: user.login),
        ("name", lambda user: user.name),
        ("role", lambda user: user.role.value),
        ("enterprise", lambda user: user.enterprise),
        ("customer", lambda user: user.customer),
        ("time_zone", lambda user: user.time_zone),
    )
)
"""The users of a store."""

USER_KEYS: Final[Table[UserKey]] = Table(
    (
        ("login", lambda key: key.login),
        ("algorithm", lambda key: key.algorithm),
        ("fingerprint", lambda key: key.fingerprint),
        ("comment", lambda key: key.comment),
        ("added_at", lambda key: Instant(key.added_at)),
    )
)
"""The public keys of users."""

AUDIT: Final[Table[Entry]] = Table(
    (
        ("at", lambda entry: Instant(entry.at)),
        ("login", lambda entry: entry.login),
        ("role", lambda entry: entry.role),
        ("action", lambda entry: entry.action),
        ("detail", lambda entry: entry.detail),
        ("address", lambda entry: entry.address),
        ("fingerprint", lambda entry: entry.fingerprint),
    )
)
"""What was looked at over SSH."""


def write_csv(table: Table[_Row], rows: Iterable[_Row], zone: str, out: TextIO) -> int:
    r"""Write rows as CSV: a line that names the columns, then a line a row, each ended by `\n`.

    Args:
        table: What the rows are, and so which columns.
        rows: Taken one at a time, each written before the next is asked for.
        zone: IANA name of the zone in which instants are written, in ISO 8601 with their offset.
        out: A text file in UTF-8, opened with `newline=""`.

    Returns:
        How many rows were written.
    """
    import csv  # only who exports needs it

    columns = table.flat()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(name for name, _ in columns)
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - it is returned
        writer.writerow([_csv_cell(get(row), zone) for _, get in columns])
    return count


def _csv_cell(value: Value, zone: str) -> str | int | None:
    if isinstance(value, str):
        return spreadsheet_safe(value)
    if isinstance(value, Instant):
        return _exact(value, zone)
    if isinstance(value, tuple):
        return spreadsheet_safe(_joined(value))
    if isinstance(value, Decimal):
        return _without_idle_zeros(f"{value:f}")
    return value


def _joined(names: Sequence[str]) -> str:
    """Names between `;`, with a literal one doubled.

    Pairs are read from the left, so that a name's first `;` would pair with the one before the name: a blank,
    which the import strips, keeps them apart.
    """
    doubled = [name.replace(";", ";;") for name in names]
    return ";".join(doubled[:1] + [f" {name}" if name.startswith(";") else name for name in doubled[1:]])


def _exact(instant: Instant, zone: str) -> str | None:
    return None if instant.at is None else stamp_exact(instant.at, zone)


def _without_idle_zeros(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


def write_json(table: Table[_Row], rows: Iterable[_Row], zone: str, out: TextIO) -> int:
    """Write rows as a JSON array that has each object on a line of its own.

    Arguments and result are those of `write_csv`.  The array is closed only when all rows have been written:
    a file that breaks off is no JSON, rather than fewer rows.
    """
    import json  # only who exports needs it

    encode = json.JSONEncoder(ensure_ascii=False).encode
    count = 0
    out.write("[")
    for count, row in enumerate(rows, 1):
        written: dict[str, Any] = {name: _json_value(get(row), zone) for name, get in table.columns}
        for channel, counts_of in table.channels:
            counts = counts_of(row)
            written[channel] = {name: get(counts) for name, get in COUNTS}
        out.write(f"{',' if count > 1 else ''}\n{encode(written)}")
    out.write("\n]\n" if count else "]\n")
    return count


def _json_value(value: Value, zone: str) -> object:
    if isinstance(value, Instant):
        return _exact(value, zone)
    if isinstance(value, Decimal):
        return _without_idle_zeros(f"{value:f}")
    return value


_ALIGNED_AT_ONCE: Final = 1_000


def write_plain(table: Table[_Row], rows: Iterable[_Row], zone: str, out: TextIO) -> int:
    """Write rows for people: columns aligned by the cells they take on a terminal, numbers to the right.

    Arguments and result are those of `write_csv`; instants are written to the minute.  Rows are measured a
    thousand at a time: a column that a later thousand wants wider grows there, so that any number of rows can
    be written without keeping them all.
    """
    columns = table.flat()
    names = [name for name, _ in columns]
    widths = list(map(len, names))
    to_the_right: list[bool] = [False] * len(columns)
    rows = iter(rows)
    count = 0
    while batch := list(islice(rows, _ALIGNED_AT_ONCE)):
        values = [[get(row) for _, get in columns] for row in batch]
        lines = [[_plain_cell(value, zone) for value in line] for line in values]
        widths = [
            max(width, *map(cells, column))
            for width, column in zip(widths, zip(*lines, strict=True), strict=True)
        ]
        if count == 0:
            to_the_right = [value is None or isinstance(value, (int, Decimal)) for value in values[0]]
            lines.insert(0, names)
        out.writelines(_aligned(line, widths, to_the_right) for line in lines)
        count += len(batch)
    if count == 0:
        out.write(_aligned(names, widths, to_the_right))
    return count


def _plain_cell(value: Value, zone: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Instant):
        return "" if value.at is None else stamp(value.at, zone)
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, Decimal):
        return _without_idle_zeros(f"{value:,f}")
    return "unknown" if value is None else f"{value:,}"


def _aligned(line: Sequence[str], widths: Sequence[int], to_the_right: Sequence[bool]) -> str:
    padded = []
    for cell, width, right in zip(line, widths, to_the_right, strict=True):
        blanks = " " * (width - cells(cell))
        padded.append(blanks + cell if right else cell + blanks)
    return "  ".join(padded).rstrip(" ") + "\n"
