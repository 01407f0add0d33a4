"""Who got it, and why not: deliveries as commands."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError
from dataclasses import replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from msglog_tui.cli.command import Argument, Command, argument
from msglog_tui.cli.progress import say
from msglog_tui.cli.question import (
    DATES,
    PLACE,
    PLACE_USAGE,
    QUESTION,
    USAGE,
    asker,
    question,
    window_of,
    write,
)
from msglog_tui.delivery import DeliveryStatus, FailureGrouping, FailurePlace
from msglog_tui.errors import Refusal

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Iterator

    from msglog_tui.delivery import Delivery
    from msglog_tui.reader import Reader
    from msglog_tui.types import Message

_PAGE: Final = 500
# Deliveries of somebody that are asked for at a time.


def find(arguments: Namespace) -> int:
    """Write the deliveries to somebody."""
    from msglog_tui import export

    reader, zone = asker(arguments)
    if not arguments.who.strip(" @"):
        raise Refusal("That is nobody: name an address, a number or an @domain.")
    found = islice(_found_everywhere(reader, arguments.who), arguments.limit)
    status = write(arguments, export.DELIVERIES, _shown(arguments, reader, found, arguments.who), zone)
    _note_removed(reader, zone, None, reader.attached)
    return status


def deliveries(arguments: Namespace) -> int:
    """Write the deliveries of a message, or of all messages of a window."""
    from msglog_tui import export
    from msglog_tui.delivery import Recipients

    reader, zone = asker(arguments)
    status = None if arguments.status is None else DeliveryStatus[arguments.status.upper()]
    first: int | None = None
    if arguments.message_id is None:
        window = window_of(arguments, zone)
        first = window.first
        found: Iterable[Delivery] = reader.all_deliveries(window, status)
        older, horizon = _older(reader), reader.deliveries_kept_from()
        if older is not None and horizon is not None and window.first < horizon:
            before = replace(window, after=min(horizon, window.after))
            found = chain(found, older.all_deliveries(before, status))
        what = f"deliveries, {window.start} to {window.end}"
    else:
        what = f"deliveries of message {arguments.message_id}"
        messages = _messages(arguments, reader, zone)
        first = min(message.sent_at for _, message in messages)
        if not any(_told(*each) for each in messages):
            print(f"The source of {arguments.message_id} does not tell of its recipients.", file=sys.stderr)
        found = chain.from_iterable(
            where.deliveries_of(Recipients(message.enterprise_id, message.customer_id, message.id, status))
            for where, message in messages
        )
    written = write(arguments, export.DELIVERIES, _shown(arguments, reader, found, what), zone)
    _note_removed(reader, zone, first, reader.attached)
    return written


def failures(arguments: Namespace) -> int:
    """Write what went wrong, in groups."""
    from msglog_tui import export
    from msglog_tui.masking import hidden

    reader, window = question(arguments)
    by = FailureGrouping(arguments.by)
    groups = (
        group._replace(label=hidden(group.label))
        for group in reader.failures(window, _place(arguments, reader), by)
    )
    status = write(arguments, export.FAILURES, groups, window.zone)
    _note_removed(reader, window.zone, window.first if arguments.message is None else None)
    return status


def _note_removed(reader: Reader, zone: str, first: int | None, older: str | None = None) -> None:
    """Say from when on deliveries are kept, if what was written may reach back beyond that.

    Args:
        first: The first instant that was asked for; `None` for any.
        older: The attached archive, if older ones were read from it.
    """
    from msglog_tui import dates

    since = reader.deliveries_kept_from()
    if since is not None and (first is None or first < since):
        elsewhere = "" if older is None else f" Older ones are from {older}."
        say(f"Deliveries are kept from {dates.boundary(since, zone)} on.{elsewhere}")


def _place(arguments: Namespace, reader: Reader) -> FailurePlace:
    """Where failures are asked for: all in scope, or one message."""
    if arguments.message is None:
        return FailurePlace()
    found = reader.messages_named(arguments.message)
    if not found:
        raise Refusal(f"There is no message {arguments.message!r} that you may see. Check its id.")
    if len(found) > 1:
        raise Refusal(
            f"Several enterprises have a message {arguments.message!r}. Name one with --enterprise."
        )
    return FailurePlace(found[0].enterprise_id, found[0].customer_id, found[0].id)


def _older(reader: Reader) -> Reader | None:
    """Reads in the attached archive what this one may see here."""
    return reader.older(reader.scope.enterprise_id, reader.scope.customer_id)


def _messages(arguments: Namespace, reader: Reader, zone: str) -> list[tuple[Reader, Message]]:
    """The messages of an id, and who reads their deliveries: those removed here, in the attached archive."""
    found = [(reader, message) for message in reader.messages_named(arguments.message_id)]
    older = _older(reader)
    if older is not None and not any(_kept(*each) for each in found):
        found = [(older, message) for message in older.messages_named(arguments.message_id)] or found
    if arguments.start or arguments.end:
        window = window_of(arguments, zone)
        found = [each for each in found if window.first <= each[1].sent_at < window.after]
    if not found:
        raise Refusal(f"There is no message {arguments.message_id!r} that you may see. Check its id.")
    return found


def _told(reader: Reader, message: Message) -> bool:
    """Whether the source of a message tells what became of it at each recipient."""
    return bool(reader.delivery_summary(message.enterprise_id, message.customer_id, message.id).by_status)


def _kept(reader: Reader, message: Message) -> bool:
    """Whether the deliveries of a message were not removed."""
    summary = reader.delivery_summary(message.enterprise_id, message.customer_id, message.id)
    return summary.kept_from is None


def _found_everywhere(reader: Reader, who: str) -> Iterator[Delivery]:
    """The deliveries to somebody, newest first: of this archive, then those removed here, of the attached."""
    yield from _found(reader, who)
    older, horizon = _older(reader), reader.deliveries_kept_from()
    if older is not None and horizon is not None:
        yield from (each for each in _found(older, who) if each.sent_at < horizon)


def _found(reader: Reader, who: str) -> Iterator[Delivery]:
    after: tuple[int, int] | None = None
    while True:
        page = reader.find_people(who, after, _PAGE)
        yield from page.deliveries
        after = page.more
        if after is None:
            return


def _shown(arguments: Namespace, reader: Reader, found: Iterable[Delivery], what: str) -> Iterable[Delivery]:
    """Deliveries with their recipients masked; whole, and noted in the audit, where that is asked for.

    Raises:
        Refusal: It cannot be written to the audit.
    """
    from msglog_tui.masking import concealed

    if not arguments.reveal:
        return map(concealed, found)
    if not arguments.noted:
        reader.note("reveal", what)
    elif not reader.takes_notes:
        raise Refusal("--reveal has to be written to the audit, and this session cannot. Ask the owner.")
    return found


def _limit(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is no whole number of 1 or more")
    return int(text)


_REVEAL: Final[Argument] = argument(
    "--reveal", action="store_true", help="write recipients whole; the audit takes note"
)
_STATUSES: Final = tuple(status.word for status in DeliveryStatus)

COMMANDS = (
    Command(
        "find",
        f"WHO [--limit N] [--reveal] {PLACE_USAGE}",
        "Write every delivery to an address, a number or an @domain, the newest first.",
        find,
        (
            argument("who", metavar="WHO", help="thandi@example.com, '+27 82 123 4567' or @example.com"),
            argument("--limit", type=_limit, metavar="N", help="at most so many"),
            _REVEAL,
            *PLACE,
        ),
        "Recipients are masked without --reveal.",
        reads=True,
    ),
    Command(
        "deliveries",
        f"[MESSAGE_ID] [--status S] [--reveal] {USAGE}",
        "Write what became of a message at each of its recipients; without MESSAGE_ID, of every message.",
        deliveries,
        (
            argument("message_id", nargs="?", metavar="MESSAGE_ID", help="the platform's id of the message"),
            argument("--status", choices=_STATUSES, metavar="S", help=f"only these: {', '.join(_STATUSES)}"),
            _REVEAL,
            *QUESTION,
        ),
        "Recipients are masked without --reveal. Without dates: a message whenever it was sent, all messages "
        "of this month to date.",
        reads=True,
    ),
    Command(
        "failures",
        f"[--by reason | code | domain] [--message MESSAGE_ID] {USAGE}",
        "Write what failed, bounced or was complained of, in groups, the commonest first.",
        failures,
        (
            argument(
                "--by",
                choices=tuple(FailureGrouping),
                default=FailureGrouping.REASON.value,
                help="what they are grouped by: the reason, unless told otherwise",
            ),
            argument("--message", metavar="MESSAGE_ID", help="only those of this message"),
            *QUESTION,
        ),
        DATES,
        reads=True,
    ),
)
