"""A session that sshd has started for somebody: `ForceCommand msglog --as %u --forced`.

They get what they would get of `msglog serve`: the screen, or a command that reads.  sshd gives what they
have typed after `ssh host` in SSH_ORIGINAL_COMMAND; that is words for msglog, and no shell's business.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from argparse import SUPPRESS
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msglog_tui import __version__, config, endings
from msglog_tui.cli import limits, remote, screen
from msglog_tui.cli.command import Command, argument
from msglog_tui.cli.session import open_store
from msglog_tui.cli.status import MISUSED
from msglog_tui.errors import Cancelled, Refusal
from msglog_tui.ssh import origin

if TYPE_CHECKING:
    from argparse import Namespace

    from msglog_tui.ssh.clerk import Clerk
    from msglog_tui.types import Scope

_ORIGINAL: Final = "SSH_ORIGINAL_COMMAND"
_CRASHED: Final = 70

_ACCOUNT: Final = "%u"
# How one would have sshd name the account; unlike elsewhere, it leaves that in a ForceCommand as it is.

ARGUMENTS: Final = (
    argument(
        "--forced",
        action="store_true",
        help="started by sshd for somebody: obey SSH_ORIGINAL_COMMAND, write nothing here",
    ),
    argument("--name", dest="host", metavar="HOST", help="with --forced: how people call this machine"),
)
"""What only the program without a command takes."""


def open_here_or_there(arguments: Namespace) -> int:
    """Show the account logs to whoever sits here, or serve somebody whom sshd has sent.

    SSH_CONNECTION does not tell them apart: a shell that came over SSH has it, too.
    """
    if arguments.forced or _ORIGINAL in os.environ:
        return _serve(arguments)
    return screen.open_screen(arguments)


def attach(arguments: Namespace) -> int:
    """Have the running server serve somebody whom sshd has sent; serve them here when there is none."""
    from msglog_tui.ssh.attach import hand_over

    options = {
        "store": config.store_location(arguments.store),
        "socket": arguments.socket,
        "login": arguments.login,
        "time_zone": arguments.time_zone,
        "host": arguments.host,
    }
    status = hand_over({name: value for name, value in options.items() if value is not None})
    return _serve(arguments) if status is None else status


def _serve(arguments: Namespace) -> int:
    from msglog_tui.ssh import environment
    from msglog_tui.ssh.clerk import Clerk

    asked = os.environ.get(_ORIGINAL, "")
    account = origin.account(os.getuid())
    address, call = origin.address_and_call(os.environ.get("SSH_CONNECTION", ""), account, arguments.host)
    fingerprint = origin.fingerprint_of(_proof())
    # What sshd lets a client set is no setting of ours: another store, Textual's log file.
    environment.replace(environment.of_client(os.environ, os.environ.get("TERM")))
    if arguments.login in (None, _ACCOUNT):
        arguments.login = account
    arguments.store = config.store_location(arguments.store)
    clerk = Clerk(arguments.store, arguments.login, address, fingerprint)
    try:
        if asked:
            return _command(arguments, asked, clerk)
        return _screen(arguments, call, clerk)
    except (Refusal, Cancelled, BrokenPipeError):
        raise
    except Exception:
        _log(traceback.format_exc())
        return _apologise()


def _command(arguments: Namespace, text: str, clerk: Clerk) -> int:
    from msglog_tui.ssh.words import split

    try:
        words = split(text)
    except Refusal as error:
        return _misused(error)
    if words in (["help"], ["version"]):
        print(remote.help_text(__version__) if words == ["help"] else f"msglog {__version__}\n", end="")
        return 0
    clerk.note("command", text)
    _end_in(arguments.max_time)
    return remote.obey(
        words, login=arguments.login, store=arguments.store, time_zone=config.time_zone(arguments.time_zone)
    )


def _screen(arguments: Namespace, call: str, clerk: Clerk) -> int:
    from msglog_tui.ssh.words import NO_TERMINAL
    from msglog_tui.tui.remote import Remote
    from msglog_tui.tui.watch import Limits

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return _misused(NO_TERMINAL)
    # Textual does not survive a terminal that goes away, nor ends then; whoever started sshd may ignore it.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    clerk.note("session begins", "")
    ends = Limits(arguments.idle, arguments.max_time, partial(_objection, arguments), arguments.look)
    there = Remote(call=call, note=clerk.note, crashed=_log, limits=ends)
    status = screen.show(arguments, lambda: open_store(arguments), there)
    return status if status in (0, endings.LIMITED) else _apologise()


def _objection(arguments: Namespace, began_with: Scope) -> str:
    """Why somebody may not be here any more: the store's word, now."""
    from msglog_tui.reader import Reader

    store = open_store(arguments)
    try:
        now = Reader.of(store, arguments.login).identity
    finally:
        store.close()
    if now.user is None:
        return endings.TAKEN_BACK
    return "" if now.scope == began_with else endings.CHANGED


def _end_in(seconds: float) -> None:
    """End a command that takes too long, whatever it is at."""

    def over(*_: object) -> None:
        print(f"msglog: {endings.too_long('command', seconds)}", file=sys.stderr, flush=True)
        os._exit(endings.LIMITED)

    signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _misused(sentence: object) -> int:
    print(f"msglog: {sentence}", file=sys.stderr)
    return MISUSED


def _apologise() -> int:
    print(
        "msglog: The session ended by an error of msglog's own; the system's log has it. Connect again.",
        file=sys.stderr,
    )
    return _CRASHED


def _log(text: str) -> None:
    """Keep an error of ours for whoever runs the machine."""
    import syslog

    for line in text.splitlines():
        syslog.syslog(syslog.LOG_ERR, f"msglog: {line}")


def _proof() -> str:
    try:
        return Path(os.environ[origin.PROOF]).read_text(encoding="ascii")
    except (KeyError, OSError, ValueError):
        return ""


COMMANDS: Final = (
    Command(
        "attach",
        "[--socket FILE] [--name HOST] [--idle S] [--max-time S]",
        "Started by sshd for somebody: have the running server serve them, else do it here.",
        attach,
        (
            argument("--socket", metavar="FILE", help="where the server listens: STORE.sock"),
            argument(
                "--name", dest="host", metavar="HOST", default=SUPPRESS, help="how people call this machine"
            ),
            *limits.ARGUMENTS,
        ),
        "A server has limits of its own.",
        reads=True,
    ),
)

__all__ = ["ARGUMENTS", "COMMANDS", "attach", "open_here_or_there"]
