"""The account logs over SSH."""

from __future__ import annotations

import sys
from pathlib import Path
from socket import gethostname
from typing import TYPE_CHECKING

from msglog_tui import __version__, config
from msglog_tui.cli import limits
from msglog_tui.cli.command import Command, argument
from msglog_tui.cli.question import FORMATS, window_of, writer_of
from msglog_tui.cli.session import open_store, require_owner
from msglog_tui.errors import Refusal

if TYPE_CHECKING:
    from argparse import Namespace

_PORT = 2222


def serve(arguments: Namespace) -> int:
    """Let the users of the store in by SSH, until stopped."""
    import logging

    from msglog_tui import dates
    from msglog_tui.cli import remote
    from msglog_tui.ssh.settings import Limits, Settings

    try:
        from msglog_tui.ssh import server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"asyncssh", "pqcrypto"}:
            raise
        raise Refusal("serve needs AsyncSSH. Install it with: pip install 'msglog_tui[ssh]'") from None
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")
    logging.getLogger("asyncssh").setLevel(logging.ERROR)
    store = open_store(arguments)
    require_owner(store, "serve it")
    with store.reading():  # what is wrong with the store is said before anybody comes
        pass
    host, port = _address(arguments.listen)
    asked = config.time_zone(arguments.time_zone)
    settings = Settings(
        host=host,
        port=port,
        store=store.location,
        time_zone=None if asked is None else dates.check_zone(asked),
        server_zone=dates.local_zone(),
        host_key=arguments.host_key
        or (store.file or config.data_folder() / "-").with_name("msglog_host_ed25519"),
        trusted_ca=arguments.trusted_ca,
        socket=arguments.socket,
        socket_group=None if arguments.socket_group is None else _group(arguments.socket_group),
        old_clients=arguments.old_clients,
        zygote=(sys.executable, "-X", "utf8", "-m", "msglog_tui.cli.zygote"),
        help_text=remote.help_text(__version__),
        call=f"ssh -p {port} {{login}}@{arguments.name or gethostname()}",
        version=f"msglog {__version__}\n",
        limits=Limits(
            sessions=arguments.max_sessions,
            per_user=arguments.max_per_user,
            idle=arguments.idle,
            longest=arguments.max_time,
            logins_a_minute=arguments.max_logins,
            grace=arguments.login_grace,
            look=arguments.look,
        ),
    )
    server.serve(
        settings, lambda port: print(f"Listening on {host or '*'}:{port}", file=sys.stderr, flush=True)
    )
    return 0


def audit(arguments: Namespace) -> int:
    """Write what was looked at over SSH."""
    from msglog_tui import dates, export
    from msglog_tui.store import audit as table

    store = open_store(arguments)
    require_owner(store, "read its audit")
    asked = config.time_zone(arguments.time_zone)
    window = window_of(arguments, dates.local_zone() if asked is None else dates.check_zone(asked))
    with store.reading(seconds=None) as connection:
        found = table.lines(connection, window.first, window.after)
        writer_of(arguments)(export.AUDIT, found, window.zone, sys.stdout)
    return 0


def _address(text: str) -> tuple[str, int]:
    """Take HOST:PORT apart; an address of IPv6 stands in brackets.

    Raises:
        Refusal: There is no port, or it is none.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise Refusal(
            f"{text!r} is not HOST:PORT. Write --listen 127.0.0.1:2222, or :2222 for all addresses."
        )
    return host.removeprefix("[").removesuffix("]"), int(port)


def _group(name: str) -> int:
    import grp

    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise Refusal(f"There is no group {name!r} on this machine. Check --socket-group.") from None


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


COMMANDS = (
    Command(
        "serve",
        "[--listen HOST:PORT] [--host-key FILE] [--trusted-ca FILE] [--socket FILE] [--old-clients] [LIMITS]",
        "Let the users of the store in by SSH: a screen each, or a command.",
        serve,
        (
            argument(
                "--listen",
                default=f":{_PORT}",
                metavar="HOST:PORT",
                help=f"where; :{_PORT} by default, 0 for any",
            ),
            argument("--name", metavar="HOST", help="how people call this machine; its own name by default"),
            argument("--host-key", type=Path, metavar="FILE", help="the server's key; made if there is none"),
            argument("--trusted-ca", type=Path, metavar="FILE", help="public keys of who may certify users"),
            argument("--socket", type=Path, metavar="FILE", help="where msglog attach calls: STORE.sock"),
            argument("--socket-group", metavar="GROUP", help="accounts that may call there, too: nobody"),
            argument("--old-clients", action="store_true", help="let clients older than OpenSSH 8.9 in, too"),
            argument("--max-sessions", type=_number, default=200, metavar="N", help="sessions at once: 200"),
            argument("--max-per-user", type=_number, default=10, metavar="N", help="of one user: 10"),
            argument("--max-logins", type=_number, default=120, metavar="N", help="log-ins a minute: 120"),
            argument(
                "--login-grace", type=limits.seconds, default=30.0, metavar="S", help="for a log-in: 30"
            ),
            *limits.ARGUMENTS,
        ),
        "Limits: --max-sessions, --max-per-user, --max-logins a minute, --login-grace, --idle and --max-time "
        "in seconds.",
    ),
    Command(
        "audit",
        "[--start D] [--end D] [--json | --csv]",
        "Write who came over SSH, from where, by which key, and what they looked at.",
        audit,
        (
            argument("--start", metavar="DATE", help="first day"),
            argument("--end", metavar="DATE", help="last day, inclusive"),
            *FORMATS,
        ),
        "Without dates: this month to date. Nothing can be taken out of the audit.",
    ),
)
