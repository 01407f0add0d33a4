"""The views of the screen as commands: the same queries, the same scope."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from msglog_tui.cli.command import Command, argument
from msglog_tui.cli.progress import say
from msglog_tui.cli.question import DATES, QUESTION, USAGE, question, window_of, write
from msglog_tui.cli.session import open_reader, open_store, zone_of
from msglog_tui.errors import Refusal
from msglog_tui.text import counted

if TYPE_CHECKING:
    from argparse import Namespace

    from msglog_tui.reader import Reader
    from msglog_tui.types import Message, Window


def totals(arguments: Namespace) -> int:
    """Write what each enterprise sent."""
    from msglog_tui import export
    from msglog_tui.types import Enterprise, Order, Traffic

    reader, window = question(arguments)
    rows = reader.enterprises(window, Order.NAME)
    if arguments.format is None and len(rows) > 1:
        everything = sum((row.traffic for row in rows), Traffic())
        rows.append(Enterprise(0, "Total", everything))
    return write(arguments, export.ENTERPRISES, rows, window.zone)


def customers(arguments: Namespace) -> int:
    """Write what each customer sent."""
    from msglog_tui import export

    reader, window = question(arguments)
    return write(arguments, export.CUSTOMERS, reader.customers(window, None, None), window.zone)


def messages(arguments: Namespace) -> int:
    """Write the messages of a window."""
    from msglog_tui import export

    reader, window = question(arguments)
    removed = _removed(reader, window)
    older = None if removed is None else reader.older(reader.scope.enterprise_id, reader.scope.customer_id)
    rows = reader.all_messages(window)
    if older is not None and removed is not None:
        rows = chain(rows, older.all_messages(removed))
    status = write(arguments, export.MESSAGES, rows, window.zone)
    _note_removed(reader, older, removed)
    return status


def show(arguments: Namespace) -> int:
    """Write one message."""
    from msglog_tui import dates, export

    store = open_store(arguments)
    reader = open_reader(arguments, store, seconds=None).named(arguments.enterprise, arguments.customer)
    zone = zone_of(arguments, reader)
    found = reader.messages_named(arguments.message_id)
    older = None if found else reader.older(reader.scope.enterprise_id, reader.scope.customer_id)
    if older is not None:
        found = older.messages_named(arguments.message_id)
    if arguments.start or arguments.end:
        window = window_of(arguments, zone)
        found = [message for message in found if window.first <= message.sent_at < window.after]
    if not found:
        since = reader.detail_from()
        hint = "" if since is None else f" Before {dates.boundary(since, zone)} only totals are kept."
        raise Refusal(f"There is no message {arguments.message_id!r} that you may see. Check its id.{hint}")
    if arguments.format is not None:
        return write(arguments, export.MESSAGES, found, zone)
    print("\n\n".join(_sheet(message, zone) for message in found))
    return 0


def transactions(arguments: Namespace) -> int:
    """Write packages and top-ups."""
    from msglog_tui import export
    from msglog_tui.types import TransactionKind, TransactionStatus

    store = open_store(arguments)
    reader = open_reader(arguments, store, seconds=None)
    window = window_of(arguments, zone_of(arguments, reader))
    if not reader.scope.sees_transactions:
        raise Refusal("Packages and top-ups belong to the enterprise: a customer's user does not see them.")
    place = reader.named(arguments.enterprise, arguments.customer).scope
    if place.enterprise_id is not None:
        # All of the enterprise stays in scope; its transactions are then those of the customer alone.
        reader = reader.inside(place.enterprise_id, None)
    kind = None if arguments.kind is None else TransactionKind(arguments.kind.replace("-", "_"))
    status = None if arguments.status in (None, "all") else TransactionStatus(arguments.status)
    rows = reader.all_transactions(window, kind, place.customer_id, status)
    if arguments.status is None:
        rows = (
            row
            for row in rows
            if row.kind is TransactionKind.PACKAGE or row.status is TransactionStatus.PROCESSED
        )
    return write(arguments, export.TRANSACTIONS, rows, window.zone)


def _removed(reader: Reader, window: Window) -> Window | None:
    """The part of a window of which the archive has totals only; `None` when there is none."""
    since = reader.detail_from()
    if since is None or since <= window.first:
        return None
    return replace(window, after=min(since, window.after))


def _note_removed(reader: Reader, older: Reader | None, removed: Window | None) -> None:
    """Say how many messages of the window were not written because only their totals are kept."""
    from msglog_tui import dates
    from msglog_tui.types import Order

    if removed is None:
        return
    of, there = (
        0 if one is None else sum(row.traffic.messages for row in one.enterprises(removed, Order.NAME))
        for one in (reader, older)
    )
    before = dates.boundary(removed.after, removed.zone)
    if there:
        say(f"{counted(there, 'message')} before {before}: from {older.archive if older else ''}.")
    if of > there:
        say(f"{counted(of - there, 'message')} before {before}: kept as totals only.")


def _sheet(message: Message, zone: str) -> str:
    """A message as lines of labels and values."""
    from msglog_tui import dates

    sender = f"{message.sent_by} ({message.sent_by_name})" if message.sent_by_name else message.sent_by
    fields = [
        ("Subject", message.subject),
        ("Send Amount", f"{message.sent:,}"),
        ("Failed Amount", "unknown" if message.failed is None else f"{message.failed:,}"),
        ("Send Date", dates.stamp_exact(message.sent_at, zone)),
        ("Sent By", sender or "unknown"),
        ("Lists", ", ".join(message.lists) or "none"),
        ("Channel", message.channel.label),
        ("Customer", message.customer),
        ("Enterprise", message.enterprise),
        ("Message id", message.external_id),
    ]
    if message.bounced is not None:
        fields.insert(3, ("Bounced Amount", f"{message.bounced:,}"))
    return "\n".join(f"{label:<15} {value}" for label, value in fields)


COMMANDS = (
    Command("totals", USAGE, "Write what each enterprise sent.", totals, QUESTION, DATES, reads=True),
    Command("customers", USAGE, "Write what each customer sent.", customers, QUESTION, DATES, reads=True),
    Command("messages", USAGE, "Write the messages, newest first.", messages, QUESTION, DATES, reads=True),
    Command(
        "show",
        f"MESSAGE_ID {USAGE}",
        "Write one message.",
        show,
        (argument("message_id", metavar="MESSAGE_ID", help="the platform's id of the message"), *QUESTION),
        "Without dates: whenever it was sent.",
        reads=True,
    ),
    Command(
        "transactions",
        f"[--kind K] [--status S] {USAGE}",
        "Write packages and top-ups, newest first.",
        transactions,
        (
            argument("--kind", choices=("package", "top-up"), help="only these"),
            argument(
                "--status",
                choices=("requested", "invoiced", "processed", "rejected", "cancelled", "all"),
                help="only these; without it, every package and the processed top-ups",
            ),
            *QUESTION,
        ),
        DATES,
        reads=True,
    ),
)
