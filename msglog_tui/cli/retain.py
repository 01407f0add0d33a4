"""Removing old messages, or their deliveries alone; what they add up to stays."""

from __future__ import annotations

import time
from contextlib import contextmanager
from getpass import getuser
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msglog_tui.cli.command import Command, argument
from msglog_tui.cli.progress import be_modest, step
from msglog_tui.cli.session import open_store, require_owner, zone_of
from msglog_tui.errors import Refusal

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from msglog_tui.store.engine import Store

_BATCH: Final = 10_000
# Messages, or deliveries, removed in one transaction: about a second, for which an import may have to wait.

_PAUSE: Final = 0.12
# Seconds between two transactions, in which whoever waits to write gets to.  SQLite looks every 0.1.


class _Removed(NamedTuple):
    """How many were removed, or would be."""

    messages: int
    deliveries: int


def retain(arguments: Namespace) -> int:
    """Remove the messages before a date, or their deliveries."""
    from msglog_tui import dates, spans
    from msglog_tui.reader import Reader
    from msglog_tui.store import retention
    from msglog_tui.store.sharding import parts_of

    store = open_store(arguments)
    require_owner(store, "remove messages from it")
    zone = zone_of(arguments, Reader.of_owner(store, getuser()))
    today = dates.today(zone)
    day, _ = spans.parse_span(arguments.before, today)
    if day > today:
        raise Refusal(f"{day} is still to come: --before takes a date up to today.")
    messages = not arguments.deliveries
    with store.reading(seconds=None) as connection:
        horizon = retention.detail_from if messages else retention.deliveries_from
        before = max(retention.on_grid(dates.first_instant(day, zone)), horizon(connection) or 0)
    parts = parts_of(store)
    for part in parts:
        with part.reading():  # one that is down is told before anything is removed
            pass
    if not arguments.dry_run:
        be_modest()
        with store.writing() as connection:
            retention.begin(connection, before, messages=messages)
    removed = [
        _count(part, before) if arguments.dry_run else _remove(part, before, messages=messages)
        for part in parts
    ]
    store.close()
    step("")
    done = "would be removed" if arguments.dry_run else "were removed"
    stay = "would stay" if arguments.dry_run else "stay"
    since = f"{dates.boundary(before, zone)} ({zone})"
    of_messages, of_deliveries = (sum(numbers) for numbers in zip(*removed, strict=True))
    if messages:
        print(f"{of_messages:,} messages before {since} {done}. Their totals {stay}.")
    else:
        print(
            f"{of_deliveries:,} deliveries of messages before {since} {done}. "
            f"The messages {stay}, with their counts."
        )
    return 0


def _count(store: Store, before: int) -> _Removed:
    """Count what would be removed from one archive."""
    from msglog_tui.store import delivery_removal, retention, rollup_check

    with store.reading(seconds=None) as connection:
        ids = [id_ for id_, _ in rollup_check.enterprises(connection)]
        messages = sum(retention.count(connection, id_, before) for id_ in ids)
        return _Removed(messages, sum(delivery_removal.count(connection, id_, before) for id_ in ids))


def _remove(store: Store, before: int, *, messages: bool) -> _Removed:
    """Remove deliveries, and their messages if they go too, from one archive."""
    from msglog_tui.store import delivery_removal, retention, rollup_check

    with store.reading(seconds=None) as connection:
        enterprises = rollup_check.enterprises(connection)
        has_deliveries = delivery_removal.there_are_any(connection)
    with store.writing() as connection:
        retention.begin(connection, before, messages=messages)
    deliveries = 0
    if has_deliveries:
        deliveries = sum(_remove_deliveries(store, id_, name, before) for id_, name in enterprises)
        _forget_keys(store, before, 1 + deliveries // _BATCH)
    removed = 0
    if messages:
        removed = sum(_remove_messages(store, id_, name, before) for id_, name in enterprises)
        with _writing(store) as connection:
            retention.end(connection, before)
    store.close()
    return _Removed(removed, deliveries)


def _remove_deliveries(store: Store, enterprise_id: int, name: str, before: int) -> int:
    from msglog_tui.store import delivery_removal
    from msglog_tui.types import Position

    with store.reading(seconds=None) as connection:
        total = delivery_removal.count(connection, enterprise_id, before)
    removed = 0
    place: Position | None = Position(-(1 << 62), 0)
    while place is not None:
        step(f"removing deliveries of {name}: {_share(removed, total)}")
        with _writing(store) as connection:
            gone, place = delivery_removal.remove(connection, enterprise_id, before, place, _BATCH)
        removed += gone
    return removed


def _forget_keys(store: Store, before: int, parts: int) -> None:
    from msglog_tui.store import delivery_removal

    for part in range(parts):
        step(f"forgetting who got what: {_share(part, parts)}")
        with _writing(store) as connection:
            delivery_removal.forget_keys(connection, before, part, parts)


def _remove_messages(store: Store, enterprise_id: int, name: str, before: int) -> int:
    from msglog_tui.store import retention

    with store.reading(seconds=None) as connection:
        total = retention.count(connection, enterprise_id, before)
    removed = 0
    while removed < total:
        step(f"removing messages of {name}: {_share(removed, total)}")
        with _writing(store) as connection:
            gone = retention.settle(connection, enterprise_id, before, _BATCH)
        removed += gone
        if not gone:
            break
    return removed


@contextmanager
def _writing(store: Store) -> Iterator[Any]:
    """A transaction, and a pause after it."""
    with store.writing() as connection:
        yield connection
    time.sleep(_PAUSE)


def _share(done: int, total: int) -> str:
    return f"{100 * done / max(total, done, 1):.0f}%"


COMMANDS = (
    Command(
        "retain",
        "--before DATE [--deliveries] [--dry-run]",
        "Remove the messages, and their deliveries, that were sent before a date.",
        retain,
        (
            argument("--before", metavar="DATE", required=True, help="the first day to keep"),
            argument(
                "--deliveries",
                action="store_true",
                help="remove the deliveries alone; the messages stay with their counts",
            ),
            argument("--dry-run", action="store_true", help="say what would go and remove nothing"),
        ),
        "Their totals stay, exact for any dates, and are shown as totals only. With --deliveries the "
        "messages stay, too, and what came of how many. When it was stopped, the same command finishes it.",
    ),
)
