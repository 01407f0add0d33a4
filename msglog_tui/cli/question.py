"""What the commands that read have in common: who asks about what, and how the answer is written."""

from __future__ import annotations

import sys
from argparse import Action
from typing import TYPE_CHECKING, Any, Final

from msglog_tui.cli.command import Argument, argument
from msglog_tui.cli.session import open_reader, open_store, zone_of

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterable
    from typing import TextIO

    from msglog_tui.export import Table
    from msglog_tui.reader import Reader
    from msglog_tui.types import Window

    Write = Callable[[Table[Any], Iterable[Any], str, TextIO], int]


class _Format(Action):
    """Takes a format, and no second one."""

    def __call__(
        self,
        parser: ArgumentParser,
        namespace: Namespace,
        values: object,  # noqa: ARG002 - there are none
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        if getattr(namespace, self.dest, None) not in {None, self.const}:
            parser.error("--json and --csv exclude each other")
        setattr(namespace, self.dest, self.const)


FORMATS: Final[tuple[Argument, ...]] = (
    argument("--json", action=_Format, nargs=0, dest="format", const="json", help="write JSON"),
    argument("--csv", action=_Format, nargs=0, dest="format", const="csv", help="write CSV"),
)
PLACE: Final[tuple[Argument, ...]] = (
    argument("--enterprise", metavar="E", help="only this enterprise"),
    argument("--customer", metavar="C", help="only this customer"),
    *FORMATS,
)
QUESTION: Final[tuple[Argument, ...]] = (
    argument("--start", metavar="DATE", help="first day: 2026-10-01, '1 oct', -7d, 'last month', ..."),
    argument("--end", metavar="DATE", help="last day, inclusive"),
    *PLACE,
)
PLACE_USAGE: Final = "[--enterprise E] [--customer C] [--json | --csv]"
USAGE: Final = f"[--start D] [--end D] {PLACE_USAGE}"
DATES: Final = (
    "Without dates: this month to date. --start alone runs to today, --end alone from the first of its month."
)


def question(arguments: Namespace) -> tuple[Reader, Window]:
    """Who asks about which part of the archive, and which dates."""
    reader, zone = asker(arguments)
    return reader, window_of(arguments, zone)


def asker(arguments: Namespace) -> tuple[Reader, str]:
    """Who asks about which part of the archive, and in which zone they read dates."""
    reader = open_reader(arguments, open_store(arguments), seconds=None)
    zone = zone_of(arguments, reader)
    return reader.named(arguments.enterprise, arguments.customer), zone


def window_of(arguments: Namespace, zone: str) -> Window:
    """The dates asked for; this month to date without any.

    Raises:
        DateError: They cannot be understood.
    """
    from msglog_tui import dates, spans

    today = dates.today(zone)
    start, end = dates.month_to_date(today)
    if arguments.end is not None:
        end = spans.parse_span(arguments.end, today)[1]
        start = end.replace(day=1)
    if arguments.start is not None:
        start = spans.parse_span(arguments.start, today)[0]
    return dates.window(start, end, zone)


def writer_of(arguments: Namespace) -> Write:
    """How rows are written: aligned for people, unless a format is asked for."""
    from msglog_tui import export

    return {"json": export.write_json, "csv": export.write_csv, None: export.write_plain}[arguments.format]


def write(arguments: Namespace, table: Table[Any], rows: Iterable[Any], zone: str) -> int:
    """Write the answer; returns the exit status."""
    writer_of(arguments)(table, rows, zone, sys.stdout)
    return 0
