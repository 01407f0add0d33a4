"""Users and zones: what whoever owns the store sets up."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from msglog_tui.cli.command import Command, argument
from msglog_tui.cli.session import open_store
from msglog_tui.errors import Refusal

if TYPE_CHECKING:
    from argparse import Namespace


def add(arguments: Namespace) -> int:
    """Add a user, or change the one of that login."""
    from msglog_tui import dates
    from msglog_tui.store import access
    from msglog_tui.types import Role

    login = arguments.who
    if not login.isprintable() or " " in login or not login:
        raise Refusal(f"{login!r} cannot be a login. Choose one without spaces and control characters.")
    zone = dates.check_zone(arguments.time_zone) if arguments.time_zone else ""
    with open_store(arguments).writing() as connection:
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

    with open_store(arguments).writing() as connection:
        access.remove_user(connection, arguments.who)
    return 0


def list_all(arguments: Namespace) -> int:
    """Write every user."""
    from msglog_tui import export
    from msglog_tui.cli.headless import writer_of
    from msglog_tui.store import access

    store = open_store(arguments)
    if not store.writable:
        raise Refusal(f"Only who may write the store {store.path} may list its users.")
    with store.reading() as connection:
        users = access.users(connection)
    writer_of(arguments)(export.USERS, users, "UTC", sys.stdout)
    return 0


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
        (
            argument("--json", action="store_const", dest="format", const="json", help="as JSON"),
            argument("--csv", action="store_const", dest="format", const="csv", help="as CSV"),
        ),
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
