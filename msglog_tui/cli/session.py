"""What every command begins with: which store, who reads, in which zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msglog_tui import config
from msglog_tui.errors import Refusal

if TYPE_CHECKING:
    from argparse import Namespace

    from msglog_tui.reader import Reader
    from msglog_tui.store.engine import Store


def open_store(arguments: Namespace) -> Store:
    """The store that is meant."""
    from msglog_tui.store.engine import Store

    return Store(config.store_location(arguments.store))


def require_owner(store: Store, wish: str) -> None:
    """Let only those on who may write the file of the store.

    Args:
        wish: What they want, for the sentence that refuses it.

    Raises:
        Refusal: They may not write it.
    """
    if not store.writable:
        with store.reading():  # that there is none is said first
            pass
        raise Refusal(f"Only who may write the store {store.name} may {wish}.")


def open_reader(arguments: Namespace, store: Store, *, seconds: float | None) -> Reader:
    """Read the store as whom `--as` names; else as its operator where one can write it, else as oneself.

    Args:
        seconds: How long an answer may take; `None` for as long as it wants.

    Raises:
        Refusal: The store does not know the login.
    """
    from getpass import getuser

    from msglog_tui.reader import Reader

    login = arguments.login
    attached = _attached(arguments)
    if login is None and store.writable:
        return Reader.of_owner(store, getuser(), seconds=seconds).beside(attached)
    if login is None:
        login = getuser()
    reader = Reader.of(store, login, seconds=seconds).beside(attached)
    if reader.identity.user is None:
        raise Refusal(
            f"There is no user {login!r} in the store {store.name}. "
            "Whoever owns it adds one by `msglog user add`."
        )
    return reader


def _attached(arguments: Namespace) -> Store | None:
    """The older archive that is to be read beside."""
    from msglog_tui.store.engine import Store

    if arguments.attach is None:
        return None
    attached = Store(arguments.attach)
    with attached.reading():  # refused now rather than when somebody gets to it
        return attached


def zone_of(arguments: Namespace, reader: Reader) -> str:
    """The zone in which dates are read: asked for, else the user's own, else the machine's.

    Raises:
        DateError: There is no such zone.
    """
    from msglog_tui import dates

    asked = config.time_zone(arguments.time_zone)
    if asked is not None:
        return dates.check_zone(asked)
    user = reader.identity.user
    return (user.time_zone if user is not None else "") or dates.local_zone()
