"""The command line."""

from __future__ import annotations

import sys
from argparse import SUPPRESS, ArgumentParser, RawDescriptionHelpFormatter
from typing import TYPE_CHECKING, Final

from msglog_tui import __version__
from msglog_tui.cli import (
    archive,
    copying,
    deliveries,
    forced,
    headless,
    limits,
    people,
    retain,
    screen,
    serve,
    shard,
)
from msglog_tui.cli.status import carried_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from msglog_tui.cli.command import Command

COMMANDS: Final[tuple[Command, ...]] = (
    *screen.COMMANDS,
    *archive.COMMANDS,
    *retain.COMMANDS,
    *copying.COMMANDS,
    *shard.COMMANDS,
    *headless.COMMANDS,
    *deliveries.COMMANDS,
    *people.COMMANDS,
    *serve.COMMANDS,
    *forced.COMMANDS,
)
"""Every command, in the order of the help and the README."""

_FAMILIES: Final = {
    "user": "Add, remove and list the users of the store.",
    "user key": "Add, remove and list the public keys of users.",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Carry a command line out.

    Args:
        argv: The words after `msglog`; those of the process by default.

    Returns:
        0; 1 when something was refused; 2 when the command line or a date cannot be understood; 130 after
        Ctrl+C.
    """
    # A name that the terminal's encoding lacks is written escaped, rather than end the program.
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    words = list(sys.argv[1:] if argv is None else argv)
    parser = _parser()

    def command() -> int:
        arguments = parser.parse_args(["--help"] if words == ["help"] else words)
        if (arguments.forced or arguments.host) and arguments.run not in (
            forced.open_here_or_there,
            forced.attach,
        ):
            parser.error("--forced and --name before a command have no meaning: whoever comes names one")
        if not arguments.reads:
            for option, value in (("--as", arguments.login), ("--attach", arguments.attach)):
                if value is not None:
                    parser.error(f"{option} is for what reads the store, which this is not: leave it out")
        return int(arguments.run(arguments))

    return carried_out(command)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="msglog",
        description="The account logs of a bulk e-mail and SMS platform. Without a command: the screen.",
        epilog="`msglog COMMAND --help` says more of a command; `msglog demo` shows a sample archive.",
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"msglog {__version__}")
    parser.set_defaults(run=forced.open_here_or_there, store=None, login=None, time_zone=None, attach=None)
    parser.set_defaults(noted=False, reads=True)
    parser.set_defaults(idle=limits.IDLE, max_time=limits.LONGEST, look=limits.LOOK)
    for own in forced.ARGUMENTS:
        parser.add_argument(*own.flags, **own.options)
    _add_everywhere(parser)
    groups = {"": parser.add_subparsers(title="commands", metavar="COMMAND")}
    for command in COMMANDS:
        family, _, last = command.name.rpartition(" ")
        if family not in groups:
            around, _, word = family.rpartition(" ")
            members = groups[around].add_parser(word, help=_FAMILIES[family])
            groups[family] = members.add_subparsers(required=True, metavar="COMMAND")
        added = groups[family].add_parser(
            last, help=command.help, description=command.help, epilog=command.more or None
        )
        _add_everywhere(added)
        for argument in command.arguments:
            added.add_argument(*argument.flags, **argument.options)
        added.set_defaults(run=command.run, reads=command.reads)
        if any(argument.options.get("dest") == "format" for argument in command.arguments):
            added.set_defaults(format=None)
    return parser


def _add_everywhere(parser: ArgumentParser) -> None:
    """The options that may stand before a command and after it."""
    parser.add_argument(
        "--store",
        default=SUPPRESS,
        metavar="URL",
        help="the archive: a path, or a URL of SQLite or PostgreSQL",
    )
    parser.add_argument(
        "--attach",
        default=SUPPRESS,
        metavar="FILE",
        help="an older archive, for what was removed from this one",
    )
    parser.add_argument("--as", dest="login", default=SUPPRESS, metavar="LOGIN", help="read as this user")
    parser.add_argument("--time-zone", default=SUPPRESS, metavar="ZONE", help="zone of the dates")


__all__ = ["COMMANDS", "main"]
