"""The commands as somebody far away may use them: they read as themselves, and write nowhere."""

from __future__ import annotations

import sys
from argparse import SUPPRESS, ArgumentParser
from typing import TYPE_CHECKING, Final, NoReturn

from msglog_tui.cli import deliveries, headless
from msglog_tui.cli.status import MISUSED, carried_out
from msglog_tui.text import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMMANDS: Final = (*headless.COMMANDS, *deliveries.COMMANDS)

NAMES: Final = tuple(command.name for command in _COMMANDS)
"""What may be asked for, besides `help` and `version`."""


class _Parser(ArgumentParser):
    """Says in one sentence what is wrong."""

    def error(self, message: str) -> NoReturn:
        print(f"msglog: {clean(message)}. `help` says what there is.", file=sys.stderr)
        self.exit(MISUSED)


def obey(words: Sequence[str], *, login: str, store: str, time_zone: str | None) -> int:
    """Carry a command line out for somebody who came over SSH.

    Only commands that read are known here, and no option by which one could be somebody else or read
    another store.

    Args:
        words: What they typed after `ssh host`.
        login: Who they are.
        store: The archive.
        time_zone: Zone in which everybody reads dates; `None` for each their own.

    Returns:
        The exit status.
    """
    if words[0] not in NAMES and not words[0].startswith("-"):
        name = clean(words[0])[:40]
        print(
            f"msglog: {name} cannot be used over SSH. Use {', '.join(NAMES)}, help or version.",
            file=sys.stderr,
        )
        return MISUSED
    parser = _Parser(prog="msglog", allow_abbrev=False, add_help=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    for command in _COMMANDS:
        added = commands.add_parser(command.name, description=command.help, allow_abbrev=False)
        for argument in command.arguments:
            added.add_argument(*argument.flags, **argument.options)
        added.add_argument("--time-zone", default=SUPPRESS, metavar="ZONE", help="zone of the dates")
        added.set_defaults(run=command.run, format=None)
    # Whoever took the words has had them written to the audit.
    parser.set_defaults(store=store, login=login, time_zone=time_zone, attach=None, noted=True)
    try:
        arguments = parser.parse_args(list(words))
    except SystemExit as end:  # argparse has said why
        return int(end.code or 0)
    return carried_out(lambda: arguments.run(arguments))


def help_text(version: str) -> str:
    """What `ssh host help` says."""
    rows = [f"  {command.name} {command.usage}\n      {command.help}" for command in _COMMANDS]
    return "\n".join(
        [
            f"msglog {version}: the account logs over SSH.",
            "",
            "Without a command, the screen opens. These commands write text, --json or --csv:",
            "",
            *rows,
            "  help\n      Write this.",
            "  version\n      Write the version.",
            "",
            "DATE is 2026-10-01, '1 oct', -7d, 'last month', ...; without dates: this month to date.",
            "",
        ]
    )
