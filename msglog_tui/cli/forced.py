"""A session that sshd has started for somebody: `ForceCommand msglog --as %u --forced`.

They get what they would get of `msglog serve`: the screen, or a command that reads.  sshd gives what they
have typed after `ssh host` in SSH_ORIGINAL_COMMAND; that is words for msglog, and no shell's business.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from base64 import b64decode
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msglog_tui import __version__, config
from msglog_tui.cli import remote, screen
from msglog_tui.cli.command import argument
from msglog_tui.cli.session import open_store
from msglog_tui.cli.status import MISUSED
from msglog_tui.errors import Cancelled, Refusal

if TYPE_CHECKING:
    from argparse import Namespace

    from msglog_tui.ssh.clerk import Clerk

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


def _serve(arguments: Namespace) -> int:
    from msglog_tui.ssh import environment
    from msglog_tui.ssh.clerk import Clerk

    asked = os.environ.get(_ORIGINAL, "")
    address, call = _connection(arguments.host)
    fingerprint = _fingerprint()
    # What sshd lets a client set is no setting of ours: another store, Textual's log file.
    environment.replace(environment.of_client(os.environ, os.environ.get("TERM")))
    if arguments.login in (None, _ACCOUNT):
        arguments.login = _account()
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
    return remote.obey(
        words, login=arguments.login, store=arguments.store, time_zone=config.time_zone(arguments.time_zone)
    )


def _screen(arguments: Namespace, call: str, clerk: Clerk) -> int:
    from msglog_tui.ssh.words import NO_TERMINAL
    from msglog_tui.tui.remote import Remote

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return _misused(NO_TERMINAL)
    # Textual does not survive a terminal that goes away, nor ends then; whoever started sshd may ignore it.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    clerk.note("session begins", "")
    there = Remote(call=call, note=clerk.note, crashed=_log)
    return _apologise() if screen.show(arguments, lambda: open_store(arguments), there) else 0


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


def _connection(host: str | None) -> tuple[str, str]:
    """Where somebody comes from, and how they call this machine."""
    import shlex
    from socket import gethostname

    words = os.environ.get("SSH_CONNECTION", "").split()
    address, _, server, port = words if len(words) == 4 else ("", "", gethostname(), "22")
    way = "ssh" if port == "22" else f"ssh -p {shlex.quote(port)}"
    return address, f"{way} {shlex.quote(f'{_account()}@{host or server}')}"


def _account() -> str:
    """The account that sshd has let somebody into, whatever the environment says."""
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _fingerprint() -> str:
    """The key by which somebody came, which sshd tells with `ExposeAuthInfo yes`."""
    from msglog_tui.public_key import fingerprint

    try:
        words = Path(os.environ["SSH_USER_AUTH"]).read_text(encoding="ascii").split()
        return fingerprint(b64decode(words[2])) if words[0] == "publickey" else ""
    except (KeyError, OSError, ValueError, IndexError):
        return ""


__all__ = ["ARGUMENTS", "open_here_or_there"]
