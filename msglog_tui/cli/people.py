"""Users and zones: what whoever owns the store sets up."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from msglog_tui.cli.command import Command, argument
from msglog_tui.cli.question import FORMATS, writer_of
from msglog_tui.cli.session import open_store, require_owner
from msglog_tui.errors import Refusal

if TYPE_CHECKING:
    from argparse import Namespace


def add(arguments: Namespace) -> int:
    """Add a user, or change the one of that login."""
    from msglog_tui import dates
    from msglog_tui.store import access
    from msglog_tui.store.sharding import changing_users
    from msglog_tui.types import Role

    login = arguments.who
    if not login.isprintable() or " " in login or not login:
        raise Refusal(f"{login!r} cannot be a login. Choose one without spaces and control characters.")
    zone = dates.check_zone(arguments.time_zone) if arguments.time_zone else ""
    with changing_users(open_store(arguments)) as connection:
        access.add_user(
            connection,
            login=login,
            name=arguments.full_name,
            role=Role(arguments.role),
            enterprise=arguments.enterprise,
            customer=arguments.customer,
            time_zone=zone,
        )
    return 0


def remove(arguments: Namespace) -> int:
    """Remove a user."""
    from msglog_tui.store import access
    from msglog_tui.store.sharding import changing_users

    with changing_users(open_store(arguments)) as connection:
        access.remove_user(connection, arguments.who)
    return 0


def list_all(arguments: Namespace) -> int:
    """Write every user."""
    from msglog_tui import export
    from msglog_tui.store import access

    store = open_store(arguments)
    require_owner(store, "list its users")
    with store.reading() as connection:
        users = access.users(connection)
    writer_of(arguments)(export.USERS, users, "UTC", sys.stdout)
    return 0


def add_key(arguments: Namespace) -> int:
    """Give a user the public keys of a file."""
    from msglog_tui import public_key
    from msglog_tui.store import keys

    given = public_key.parse_file(_text_of(arguments.file))
    with open_store(arguments).writing() as connection:
        for key in given:
            keys.add(connection, arguments.who, key, int(time.time()))
    for key in given:
        print(key.fingerprint)
    return 0


def remove_key(arguments: Namespace) -> int:
    """Take a key away from a user."""
    from msglog_tui.store import keys

    with open_store(arguments).writing() as connection:
        keys.remove(connection, arguments.who, arguments.fingerprint)
    return 0


def list_keys(arguments: Namespace) -> int:
    """Write the keys of a user, or of everybody."""
    from msglog_tui import export
    from msglog_tui.store import keys

    store = open_store(arguments)
    require_owner(store, "list its keys")
    with store.reading() as connection:
        found = keys.listed(connection, arguments.who)
    writer_of(arguments)(export.USER_KEYS, found, "UTC", sys.stdout)
    return 0


def _text_of(file: str) -> str:
    """What stands in a file, or on standard input for `-`."""
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Refusal(f"{file} is not text. Give the file that ends in .pub.") from None
    except OSError as error:
        raise Refusal(f"{file} cannot be read: {error.strerror}. Check the name.") from error


def set_time_zone(arguments: Namespace) -> int:
    """Set the zone in which an enterprise reads dates."""
    from msglog_tui import dates
    from msglog_tui.store import access

    zone = dates.check_zone(arguments.zone) if arguments.zone else ""
    with open_store(arguments).writing() as connection:
        access.set_time_zone(connection, arguments.enterprise, zone)
    return 0


_LOGIN = argument("who", metavar="LOGIN", help="login of the user")

COMMANDS = (
    Command(
        "user add",
        'LOGIN --role ROLE [--enterprise E] [--customer C] [--name "…"]',
        "Add a user, or change the one of that login.",
        add,
        (
            _LOGIN,
            argument("--role", required=True, choices=("operator", "administrator", "customer"), help="role"),
            argument("--enterprise", metavar="E", help="the user's enterprise"),
            argument("--customer", metavar="C", help="the user's customer"),
            argument("--name", dest="full_name", default="", metavar="NAME", help="how the person is called"),
        ),
        "--time-zone sets the zone in which the user reads dates.",
    ),
    Command("user remove", "LOGIN", "Remove a user.", remove, (_LOGIN,)),
    Command(
        "user list",
        "[--json | --csv]",
        "List the users of the store.",
        list_all,
        FORMATS,
    ),
    Command(
        "user key add",
        "LOGIN FILE",
        "Give a user the public keys of a file: they log in with them over SSH.",
        add_key,
        (_LOGIN, argument("file", metavar="FILE", help="such as id_ed25519.pub; - for standard input")),
        "A key belongs to one user.",
    ),
    Command(
        "user key list",
        "[LOGIN] [--json | --csv]",
        "List the keys of a user, or of everybody.",
        list_keys,
        (argument("who", metavar="LOGIN", nargs="?", help="login of the user"), *FORMATS),
    ),
    Command(
        "user key remove",
        "LOGIN FINGERPRINT",
        "Take a key away from a user; sessions opened with it end within a minute.",
        remove_key,
        (_LOGIN, argument("fingerprint", metavar="FINGERPRINT", help="as `msglog user key list` writes it")),
    ),
    Command(
        "time-zone",
        "ENTERPRISE ZONE",
        'Set the zone in which an enterprise reads dates; "" for none.',
        set_time_zone,
        (
            argument("enterprise", metavar="ENTERPRISE", help="name of the enterprise"),
            argument("zone", metavar="ZONE", help="IANA name such as Africa/Johannesburg"),
        ),
    ),
)
