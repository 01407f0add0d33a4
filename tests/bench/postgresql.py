"""PostgreSQL beside SQLite: what the screen asks, of the same archive in both.

The server's data stay in the folder of the archives: it is filled once, by what `msglog copy` does, and
left to its own autovacuum.  Both are asked the same, in turn, and have to answer the same; the server once
more as the owner of its tables, for whom the policies do not count.
"""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch
from urllib.parse import urlsplit

import psycopg

from msglog_tui import dates
from msglog_tui.cancel import Cancel
from msglog_tui.errors import Cancelled
from msglog_tui.reader import Reader
from msglog_tui.store import copying
from msglog_tui.store.access import EVERYTHING
from msglog_tui.store.engine import Store
from msglog_tui.store.postgresql import roles
from msglog_tui.types import Order
from tests.bench.launch import TODAY
from tests.bench.questions import SEARCHES, ZONE, questions_of
from tests.bench.table import Of, Row, Target
from tests.postgresql import Account, Server, programs, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy import Connection

    from msglog_tui.types import Window

TIMES: Final = 15
SEARCHED: Final = 5

_SIDE_BY_SIDE, _LOCKED = Target(2, Of.RATIO), Target(1.3, Of.RATIO)
_SETTINGS: Final = {
    "shared_buffers": "1GB",
    "effective_cache_size": "8GB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "4GB",
    "random_page_cost": "1.1",
    "autovacuum": "on",
}
# A server for this alone; it does not wait for the disk, which questions do not either.


class _Standing(Server):
    """A server whose folder stays."""

    def stop(self) -> None:
        """End it."""
        self._end()


class _Unlocked(Store):
    """A store whose questions are asked as its owner, with no policies."""

    def reading(self, *given: Any, **named: Any) -> AbstractContextManager[Connection]:
        """A connection that is held to no scope, and otherwise like a reader's."""
        with patch.object(roles, "hold_to", return_value=()):
            return super().reading(*given, **named)


@contextmanager
def served(folder: Path, running: str | None) -> Iterator[str]:
    """The URL of a server.

    Args:
        folder: Where its data lie, made if they are not there.
        running: The URL of another one, which runs already.
    """
    if running is not None:
        yield running
        return
    account, place = Account(folder, programs()), folder / "postgresql"
    if not place.exists():
        account.make_cluster(account.folder(place) / "data")
    with _Standing(account, place, _SETTINGS) as server:
        yield server.url("postgres")


def rows(archive: Path, server: str, days: Sequence[int]) -> list[Row]:
    """Ask a file and a server in turn, for windows of so many days."""
    file = Store(str(archive))
    other, found = filled(file, archive.stem, server)
    unlocked = _Unlocked(other.location)
    readers = [Reader.of_owner(store, "bench") for store in (file, other, unlocked)]
    for length in days:
        window = dates.window(TODAY - timedelta(days=length - 1), TODAY, ZONE)
        asked = [questions_of(reader, window) | _narrowed(reader, window) for reader in readers]
        for name in asked[0]:
            its, ours, owners = _in_turn([each[name] for each in asked], TIMES)
            what = f"{name}, {length:,} d"
            found.append(Row(what, "ms", ours, its, "SQLite", _SIDE_BY_SIDE))
            found.append(Row(what, "ms", ours, owners, "without policies", _LOCKED))
        searches = [_searches(reader, window) for reader in readers[:2]]
        for name in searches[0]:
            its, ours = _in_turn([each[name] for each in searches], SEARCHED)
            found.append(Row(f"{name}, {length:,} d", "ms", ours, its, "SQLite", _SIDE_BY_SIDE))
    found.append(Row("stop reading everything", "ms", _stopped(other), target=Target(500, Of.P95)))
    for store in (file, other, unlocked):
        store.close()
    return found


def filled(file: Store, name: str, server: str) -> tuple[Store, list[Row]]:
    """An archive on the server, a copy of the file, and how long it took if it was made now."""
    database = f"messages_{name}"
    with psycopg.connect(server, autocommit=True) as connection:
        there = connection.execute("SELECT FROM pg_database WHERE datname = %s", (database,)).fetchone()
        if there is None:
            connection.execute(f"CREATE DATABASE {database} TEMPLATE template0".encode())
    store = Store(urlsplit(server)._replace(path=f"/{database}").geturl())
    if store.there():
        return store, []
    print(f"copying {name} messages …", file=sys.stderr, flush=True)
    store.init()
    began = time.perf_counter()
    with copying.viewed(file) as source:
        copying.copy(source, store, lambda _: None)
    return store, [Row(f"copy {int(name):,} messages", "s", [time.perf_counter() - began])]


def _narrowed(reader: Reader, window: Window) -> dict[str, Callable[[], object]]:
    """What people ask who see one enterprise, or one customer."""
    administrator, customer = reader.inside(1, None), reader.inside(1, 1)
    ids = administrator.customer_ids(window, 1, Order.DATE)[:50]
    anchors = customer.anchors(window, 1, 1)
    return {
        "totals, as its administrator": partial(administrator.enterprises, window, Order.DATE),
        "50 customers, as their administrator": partial(administrator.customers, window, 1, ids),
        "first page, as its customer": partial(customer.messages_from, window, 1, 1, 0, 50, anchors),
    }


def _searches(reader: Reader, window: Window) -> dict[str, Callable[[], object]]:
    scopes = {
        "everything": reader,
        "the largest enterprise": reader.inside(1, None),
        "the smallest enterprise": reader.inside(20, None),
        "the largest customer": reader.inside(1, 1),
    }
    return {
        f"find {name} in {where}": partial(narrowed.find, window, text)
        for name, text in SEARCHES.items()
        for where, narrowed in scopes.items()
    }


def _in_turn(questions: Sequence[Callable[[], object]], times: int) -> list[list[float]]:
    """Milliseconds of each question, whose answers have to be the same; the first times only warm up.

    The quickest third counts: where others keep two cores busy, a word between two processes waits for them,
    and the rest tells how long.
    """
    taken: list[list[float]] = [[] for _ in questions]
    for _ in range(times + 3):
        answers = []
        for each, question in zip(taken, questions, strict=True):
            start = time.perf_counter()
            answers.append(question())
            each.append((time.perf_counter() - start) * 1e3)
        assert all(answer == answers[0] for answer in answers), "they do not answer the same"
    return [sorted(each[3:])[: max(times // 3, 3)] for each in taken]


def _stopped(store: Store) -> list[float]:
    """Milliseconds from giving up on a query that reads all messages until the server has dropped it."""
    with psycopg.connect(store.location, autocommit=True) as watching:
        active = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT sum(%' AND state = 'active'"

        def runs() -> bool:
            (number,) = watching.execute(active.encode()).fetchone() or (0,)
            return bool(number)

        took = []
        for _ in range(5):
            cancel = Cancel()
            asking = threading.Thread(target=_read_through, args=(store, cancel))
            asking.start()
            until(runs)
            start = time.perf_counter()
            cancel.cancel()
            until(lambda: not runs())
            took.append((time.perf_counter() - start) * 1e3)
            asking.join()
    return took


def _read_through(store: Store, cancel: Cancel) -> None:
    try:
        with store.reading(cancel, None, EVERYTHING) as connection:
            connection.exec_driver_sql("SELECT sum(length(fold(subject || lists))) FROM message")
    except Cancelled:
        return
    raise AssertionError("it was not cancelled")
