"""Opening the screen, on an archive or on the sample."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from msglog_tui.cli import head_start
from msglog_tui.cli.command import Command
from msglog_tui.cli.session import open_reader, open_store, zone_of
from msglog_tui.errors import Refusal

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from msglog_tui.reader import Reader
    from msglog_tui.store.engine import Store
    from msglog_tui.tui.remote import Remote


def open_screen(arguments: Namespace) -> int:
    """Show the account logs of the store."""
    _require_terminal()
    return show(arguments, lambda: open_store(arguments))


def demo(arguments: Namespace) -> int:
    """Show the account logs of the sample archive, made for today: in the file named, if one is."""
    _require_terminal()
    arguments.login = arguments.login or "thandi"
    return show(arguments, lambda: _sample(arguments))


def _sample(arguments: Namespace) -> Store:
    from msglog_tui import config, dates
    from msglog_tui.demo import prepare, prepare_in

    asked = config.time_zone(arguments.time_zone)
    zone = dates.check_zone(asked) if asked is not None else dates.local_zone()
    today = dates.today(zone)
    if arguments.store is not None:
        return prepare_in(arguments.store, today, _say)
    return prepare(today, _say)


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def show(arguments: Namespace, open_archive: Callable[[], Store], remote: Remote | None = None) -> int:
    """Show the account logs of an archive.

    Args:
        arguments: Who reads, and in which zone.
        open_archive: Opens the archive.
        remote: Where the session came from, if it came over SSH.
    """
    from msglog_tui.tui import run

    def open_both() -> tuple[Reader, str]:
        from msglog_tui.store.engine import DEADLINE

        reader = open_reader(arguments, open_archive(), seconds=DEADLINE)
        return reader, zone_of(arguments, reader)

    return run(*head_start.begin(open_both), remote)


def _require_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Refusal(
            "The screen needs a terminal. Without one, use totals, customers, messages, show or transactions."
        )


COMMANDS = (
    Command(
        "demo",
        "",
        "Open the screen on a sample archive whose newest message is from today.",
        demo,
        reads=True,
    ),
)
