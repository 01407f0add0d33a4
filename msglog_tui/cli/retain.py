"""Removing old messages; their totals stay."""

from __future__ import annotations

from getpass import getuser
from typing import TYPE_CHECKING, Final

from msglog_tui.cli.command import Command, argument
from msglog_tui.cli.progress import be_modest, step
from msglog_tui.cli.session import open_store, require_owner, zone_of
from msglog_tui.errors import Refusal

if TYPE_CHECKING:
    from argparse import Namespace

    from msglog_tui.store.engine import Store

_BATCH: Final = 10_000
_BATCH_WITH_DELIVERIES: Final = 100
# Messages removed in one transaction: a second or two, for which an import may have to wait.  A message may
# have thousands of deliveries.


def retain(arguments: Namespace) -> int:
    """Remove the messages before a date."""
    from msglog_tui import dates, spans
    from msglog_tui.reader import Reader
    from msglog_tui.store import retention
    from msglog_tui.store.sharding import shards_of

    store = open_store(arguments)
    require_owner(store, "remove messages from it")
    zone = zone_of(arguments, Reader.of_owner(store, getuser()))
    today = dates.today(zone)
    day, _ = spans.parse_span(arguments.before, today)
    if day > today:
        raise Refusal(f"{day} is still to come: --before takes a date up to today.")
    with store.reading(seconds=None) as connection:
        before = max(
            retention.on_grid(dates.first_instant(day, zone)), retention.detail_from(connection) or 0
        )
    if not arguments.dry_run:
        be_modest()
        with store.writing() as connection:
            retention.begin(connection, before)
    removed = 0
    for part in shards_of(store) or [store]:
        removed += _retain(part, before, rehearsal=arguments.dry_run)
        part.close()
    store.close()
    step("")
    since = f"{dates.boundary(before, zone)} ({zone})"
    if arguments.dry_run:
        print(f"{removed:,} messages before {since} would be removed. Their totals would stay.")
    else:
        print(f"{removed:,} messages before {since} were removed. Their totals stay.")
    return 0


def _retain(store: Store, before: int, *, rehearsal: bool) -> int:
    """Remove messages from one archive, or count those that would go; says how many."""
    from msglog_tui.store import retention, rollup_check

    with store.reading(seconds=None) as connection:
        enterprises = rollup_check.enterprises(connection)
        batch = _BATCH_WITH_DELIVERIES if retention.has_deliveries(connection) else _BATCH
        leaving = {id_: retention.count(connection, id_, before) for id_, _ in enterprises}
    total = sum(leaving.values())
    if rehearsal:
        return total
    with store.writing() as connection:
        retention.begin(connection, before)
    removed = 0
    for enterprise_id, name in enterprises:
        more = bool(leaving[enterprise_id])
        while more:
            step(f"removing messages of {name}: {100 * removed / total:.0f}%")
            with store.writing() as connection:
                gone = retention.settle(connection, enterprise_id, before, batch)
            removed += gone
            more = gone == batch
    with store.writing() as connection:
        retention.end(connection, before)
    return removed


COMMANDS = (
    Command(
        "retain",
        "--before DATE [--dry-run]",
        "Remove the messages, and their deliveries, that were sent before a date.",
        retain,
        (
            argument("--before", metavar="DATE", required=True, help="the first day to keep"),
            argument("--dry-run", action="store_true", help="say what would go and remove nothing"),
        ),
        "Their totals stay, exact for any dates, and are shown as totals only. "
        "When it was stopped, the same command finishes it.",
    ),
)
