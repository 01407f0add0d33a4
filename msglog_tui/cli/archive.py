"""Bringing messages in, and seeing to it that the totals are right."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msglog_tui import config
from msglog_tui.cli import import_options
from msglog_tui.cli.command import Command, argument
from msglog_tui.cli.progress import be_modest, say, step
from msglog_tui.cli.session import open_store
from msglog_tui.errors import Refusal
from msglog_tui.text import counted

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from msglog_tui.importers import Progress, Report
    from msglog_tui.store.engine import Store
    from msglog_tui.store.rollup_check import Difference
    from msglog_tui.store.sharding import ShardedWriter
    from msglog_tui.store.writes import Writer

_REDRAW = 0.1
# Seconds between two drawings of a progress line.

_DIFFERENCES_TOLD = 50


def import_files(arguments: Namespace) -> int:
    """Read files into the store."""
    from msglog_tui.cli.beside import WriterBeside
    from msglog_tui.importers import import_file

    if arguments.rejects is not None and len(arguments.files) > 1:
        raise Refusal("--rejects names one file: import one file at a time with it.")
    told = import_options.said(arguments)
    be_modest()
    status = 0
    with _store_to_fill(arguments) as store:
        for name in arguments.files:
            path = None if name == "-" else Path(name)
            line = _ProgressLine(name, quiet=arguments.quiet)
            try:
                store.close()  # the writer opens it in a process of its own
                with WriterBeside(partial(_writer, store, rehearsal=arguments.dry_run)) as writer:
                    report = import_file(
                        path,
                        writer,
                        time_zone=config.time_zone(arguments.time_zone),
                        rejects=arguments.rejects,
                        progress=line.draw,
                        **told._asdict(),
                    )
                    report = replace(report, outcome=report.outcome.plus(writer.settle()))
            except Refusal as refusal:
                line.clear()
                print(f"msglog: {refusal}", file=sys.stderr)
                status = 1
            else:
                line.clear()
                _tell(report, dry_run=arguments.dry_run, quiet=arguments.quiet)
                status = 1 if report.rejected else status
            finally:
                line.clear()
    return status


@contextmanager
def _writer(store: Store, *, rehearsal: bool) -> Iterator[Writer | ShardedWriter]:
    from msglog_tui.store.sharding import writer_of

    try:
        with writer_of(store, rehearsal=rehearsal) as writer:
            yield writer
    finally:
        store.close()  # with it, what was written comes to lie in the one file


def init(arguments: Namespace) -> int:
    """Make the store, or leave it as it is."""
    store = open_store(arguments)
    was_there = store.there()
    store.init()
    store.close()
    say(f"{store.name} {'is an archive of this version' if was_there else 'is an archive now'}.")
    return 0


def upgrade(arguments: Namespace) -> int:
    """Bring the store, and the shards behind it, up to date with this version of msglog."""
    from msglog_tui.store.sharding import shards_of

    store = open_store(arguments)
    if not store.there():
        raise Refusal(f"There is no archive in {store.name}. `msglog init` makes one there.")
    store.init()
    for shard in shards_of(store):
        shard.init()
        shard.close()
    store.close()
    say(f"{store.name} is an archive of this version.")
    return 0


def check(arguments: Namespace) -> int:
    """Recompute every total from the messages, their counters from deliveries, and name what differs."""
    from msglog_tui.store.sharding import parts_of

    found = 0
    front = open_store(arguments)
    for store in parts_of(front):
        found = _check(store, found)
        store.close()
    front.close()
    step("")
    if not found:
        print("Every total is the sum of its messages.")
        return 0
    print(f"{counted(found, 'difference')} from the messages. `msglog repair` makes all totals anew.")
    return 1


def _check(store: Store, found: int) -> int:
    """Name what differs in an archive; says how many differences there are, those found before included."""
    from msglog_tui.store import delivery_check, rollup_check

    for damage in store.integrity():
        print(f"The file is damaged: {damage}")
        found += 1
    with store.reading(seconds=None) as connection:
        for enterprise_id, name in rollup_check.enterprises(connection):
            step(f"checking {name}")
            for difference in rollup_check.differences(connection, enterprise_id):
                found += 1
                if found <= _DIFFERENCES_TOLD:
                    print(_in_words(difference))
            for miscount in delivery_check.miscounts(connection, enterprise_id):
                found += 1
                if found <= _DIFFERENCES_TOLD:
                    kept = "unknown" if miscount.kept is None else f"{miscount.kept:,}"
                    print(
                        f"{name}: message {miscount.message}: {miscount.counter} is {kept}, "
                        f"its deliveries say {miscount.counted:,}."
                    )
    return found


def repair(arguments: Namespace) -> int:
    """Make every total, and the indices of filter and people, anew from messages and deliveries."""
    from msglog_tui.store.sharding import parts_of

    repaired = 0
    front = open_store(arguments)
    for store in parts_of(front):
        repaired += _repair(store)
        store.close()
    front.close()
    step("")
    print(f"The totals of {counted(repaired, 'enterprise')} were made anew.")
    return 0


def _repair(store: Store) -> int:
    """Make all totals of an archive anew; says of how many enterprises."""
    from msglog_tui.store import delivery_check, rollup_check, text_index

    with store.reading(seconds=None) as connection:
        enterprises = rollup_check.enterprises(connection)
    for enterprise_id, name in enterprises:
        step(f"repairing {name}")
        with store.writing() as connection:
            delivery_check.recount(connection, enterprise_id)
            rollup_check.rebuild(connection, enterprise_id)
    step("repairing the index of the filter")
    with store.writing() as connection:
        text_index.rebuild(connection)
    step("repairing the index of people")
    with store.writing() as connection:
        delivery_check.rebuild_index(connection)
    return len(enterprises)


@contextmanager
def _store_to_fill(arguments: Namespace) -> Iterator[Store]:
    """The store that is meant, made if it is missing; a rehearsal makes none that stays."""
    from tempfile import TemporaryDirectory

    from msglog_tui.store.engine import Store

    store = open_store(arguments)
    if arguments.dry_run and not store.there():
        with TemporaryDirectory() as folder:
            store = Store(str(Path(folder) / "rehearsal.db"))
            store.create()
            yield store
            store.close()
        return
    store.create()
    yield store
    store.close()


def _tell(report: Report, *, dry_run: bool, quiet: bool) -> None:
    if quiet and not report.rejected:
        return
    would = "would be " if dry_run else ""
    outcome = report.outcome
    say(
        f"{report.file}: {counted(report.rows, report.kind)}: {outcome.added:,} {would}added, "
        f"{outcome.changed:,} {would}changed, {outcome.unchanged:,} unchanged, {report.rejected:,} rejected"
    )
    if report.passed_over:
        say("  passed over: " + ", ".join(f"{times:,} {what}" for what, times in report.passed_over))
    if outcome.late:
        say(f"  {outcome.late:,} left out: of the time when they were sent, only totals are kept")
    if report.extra:
        say(f"  columns that msglog does not know were left out: {', '.join(report.extra)}")
    for rejection in report.rejections:
        field = f"{rejection.field}: " if rejection.field else ""
        value = f" ({rejection.value})" if rejection.value else ""
        say(f"  {rejection.file}:{rejection.line}: {field}{rejection.reason}{value}")
    if report.rejected > len(report.rejections):
        say(f"  and {report.rejected - len(report.rejections):,} more")
    if report.rejects is not None:
        say(
            f"  the rejected rows are in {report.rejects}, the reasons in {report.reasons}: "
            "mend the rows and import that file"
        )


def _in_words(difference: Difference) -> str:
    from msglog_tui.dates import stamp_exact

    owner = difference.enterprise + (f", {difference.customer}" if difference.customer else "")
    spans = {4 * 3_600: "four hours", 86_400: "day"}
    span = spans.get(difference.span, f"{difference.span // 86_400} days")
    return (
        f"{owner}: {difference.counter} of the {span} from {stamp_exact(difference.start, 'UTC')} "
        f"is kept as {difference.kept:,}, its messages say {difference.counted:,}"
    )


class _ProgressLine:
    """One line on a terminal, drawn over and over; nothing elsewhere."""

    def __init__(self, name: str, *, quiet: bool) -> None:
        self._name = name
        self._shows = sys.stderr.isatty() and not quiet
        self._began = time.monotonic()
        self._drawn = 0.0

    def draw(self, progress: Progress) -> None:
        now = time.monotonic()
        if not self._shows or now - self._drawn < _REDRAW:
            return
        self._drawn = now
        share = f"{100 * progress.read / progress.total:.0f}%, " if progress.total else ""
        rate = progress.rows / max(now - self._began, 0.001)
        rejected = f", {progress.rejected:,} rejected" if progress.rejected else ""
        step(f"{self._name}: {share}{progress.rows:,} rows, {rate:,.0f} a second{rejected}")

    def clear(self) -> None:
        if self._shows and self._drawn:
            step("")
            self._drawn = 0.0


COMMANDS = (
    Command(
        "import",
        "FILE… [--format NAME] [--enterprise E] [--customer C] [--owners FILE] [--year Y] "
        "[--map COLUMN=THEIRS]… [--date-format F] [--profile NAME] [--save-profile NAME] "
        "[--dry-run] [--rejects FILE] [--quiet]",
        "Read messages, transactions or deliveries into the store, which is made if there is none.",
        import_files,
        (
            argument(
                "files", nargs="+", metavar="FILE", help="CSV, JSON or a log, gzipped or not; - for stdin"
            ),
            *import_options.ARGUMENTS,
            argument("--dry-run", action="store_true", help="say what would happen and store nothing"),
            argument("--rejects", type=Path, metavar="FILE", help="where refused rows go"),
            argument("--quiet", action="store_true", help="say nothing but what was refused"),
        ),
        "--time-zone names the zone of times without an offset from UTC; without it they are refused. "
        "A dry run writes the rejects file, too: it is what it is for.",
    ),
    Command(
        "init",
        "",
        "Make the store: a file, or the tables, roles and grants of a database on a server.",
        init,
    ),
    Command("upgrade", "", "Bring the store up to date with this version of msglog.", upgrade),
    Command("check", "", "Recompute every total from messages and deliveries and name what differs.", check),
    Command("repair", "", "Make every total, and the indices of what is said and of people, anew.", repair),
)
