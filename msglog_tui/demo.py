"""The sample archive of `msglog demo`: made for today, kept until tomorrow."""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from msglog_tui import config, sample
from msglog_tui.errors import StoreError
from msglog_tui.store import access
from msglog_tui.store.engine import Store
from msglog_tui.store.models import SCHEMA_VERSION
from msglog_tui.store.writes import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date
    from pathlib import Path
    from typing import TypeVar

    Record = TypeVar("Record")

_BATCH = 20_000


def prepare(today: date, say: Callable[[str], None]) -> Store:
    """The sample archive whose newest message is from `today`.

    Raises:
        StoreError: The cache folder cannot be written.
    """
    folder = config.cache_folder()
    path = folder / f"demo-{today}-{SCHEMA_VERSION}.db"
    if not path.exists():
        for old in folder.glob("demo-*"):
            with suppress(OSError):
                old.unlink()
        _make(path, today, say)
    return Store(str(path))


def prepare_in(location: str, today: date, say: Callable[[str], None]) -> Store:
    """A sample archive of one's own, in a file that is not there yet.

    Raises:
        StoreError: Something is there already, or it cannot be made.
    """
    store = Store(location)
    if store.there():
        raise StoreError(f"{store.name} is there already: leave out `demo` to open it, or name a new file.")
    _make(store.path, today, say)
    return store


def _make(path: Path, today: date, say: Callable[[str], None]) -> None:
    """Fill a file.

    It grows under a name of its own and takes its place when it is complete, so that two demos at once, or
    one that was stopped, do no harm.
    """
    say(f"Making the sample archive in {path} ...")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        growing = path.with_suffix(f".{os.getpid()}")
        store = Store(str(growing))
        store.create()
        fill(store, today)
        store.close()
        growing.replace(path)
    except OSError as error:
        raise StoreError(f"The sample archive cannot be made in {path.parent}: {error.strerror}.") from error


def fill(store: Store, today: date) -> None:
    """Put the sample into an empty store: messages, some deliveries, transactions, users and zones."""
    with Writer(store) as writer:
        for messages in _batches(sample.messages(today)):
            writer.messages(messages)
        for deliveries in _batches(sample.deliveries(today)):
            writer.deliveries(deliveries)
        for transactions in _batches(sample.transactions(today)):
            writer.transactions(transactions)
    with store.writing() as connection:
        for user in sample.users():
            access.add_user(
                connection,
                login=user.login,
                name=user.name,
                role=user.role,
                enterprise=user.enterprise or None,
                customer=user.customer or None,
                time_zone=user.time_zone,
            )
        for enterprise, zone in sample.zones().items():
            access.set_time_zone(connection, enterprise, zone)


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    rest = iter(records)
    while batch := list(islice(rest, _BATCH)):
        yield batch
