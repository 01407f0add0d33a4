"""How fast old messages and deliveries are removed on both databases, and what others notice meanwhile.

`python -m tests.bench.retention FOLDER [MESSAGES DELIVERIES]` removes the older half of each.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from msglog_tui.dates import boundary
from msglog_tui.reader import Reader
from msglog_tui.store import copying, models, retention
from msglog_tui.store.engine import Store
from msglog_tui.store.writes import Writer
from msglog_tui.types import MessageRecord
from tests.bench import archive, deliveries
from tests.bench.questions import ZONE
from tests.postgresql import Servers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Table

    from tests.postgresql import Server

_SETTINGS = ("fsync = on", "full_page_writes = on", "autovacuum = on", "shared_buffers = '512MB'")


def copied(source: Store, target: Store) -> Store:
    """A copy to remove from."""
    target.init()
    with source.reading(seconds=None) as connection:
        copying.copy(connection, target, lambda _: None)
    return target


def number(store: Store, table: Table) -> int:
    """How many rows a table has."""
    with store.reading(seconds=None) as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def size(store: Store, server: Server | None) -> int:
    """Bytes that an archive takes."""
    if server is None:
        return store.path.stat().st_size
    name = store.location.partition("?")[0].rpartition("/")[2]
    return int(server.execute(f"SELECT pg_database_size('{name}')")[0][0])


def middle(store: Store) -> int:
    """An instant with about as much before as after."""
    with store.reading(seconds=None) as connection:
        first, last = connection.execute(
            select(func.min(models.message.c.sent_at), func.max(models.message.c.sent_at))
        ).one()
    return retention.on_grid((first + last) // 2)


def retain(store: Store, table: Table, words: Sequence[str], server: Server | None) -> None:
    """Remove, with an import and a reader beside, and say how it went."""
    before, bytes_before = number(store, table), size(store, server)
    day = boundary(middle(store), ZONE)[:10]
    command = [sys.executable, "-m", "msglog_tui", "--store", store.location, "--time-zone", ZONE, "retain"]
    reader = Reader.of_owner(store, "x")
    written, read = [], []
    began = time.monotonic()
    with subprocess.Popen([*command, "--before", day, *words], stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            for waits, what in ((written, lambda: write(store, len(written))), (read, reader.detail_from)):
                at = time.monotonic()
                what()
                waits.append(time.monotonic() - at)
            time.sleep(0.2)
        took = time.monotonic() - began
        assert process.stdout is not None
        print(process.stdout.read().strip())
    gone = before - number(store, table) + (len(written) * 100 if table is models.message else 0)
    print(
        f"  {gone:,} of {before:,} {table.name} rows in {took:.0f} s: {gone / took:,.0f} a second; "
        f"100 messages stored beside in {_said(written)}, a question answered in {_said(read)}; "
        f"{bytes_before / 2**20:,.0f} MiB before, {size(store, server) / 2**20:,.0f} MiB after"
    )


def write(store: Store, turn: int) -> None:
    """Import a little."""
    with Writer(store) as writer:
        writer.messages(
            [
                MessageRecord("New", "One", f"{turn}-{n}", "Sale", 0, 9, 0, None, 1_800_000_000, "x", ())
                for n in range(100)
            ]
        )


def _said(waits: list[float]) -> str:
    return f"{statistics.median(waits) * 1000:.0f} ms (at most {max(waits) * 1000:.0f})"


def main(folder: Path, messages: int, of_deliveries: int) -> None:
    """Remove from both."""
    sources = {
        models.message: (folder / f"{messages}.db", archive.make, messages, ()),
        models.delivery: (
            folder / f"deliveries-{of_deliveries}.db",
            deliveries.make,
            of_deliveries,
            ("--deliveries",),
        ),
    }
    with Servers() as servers:
        server = servers.start("retention")
        for setting in _SETTINGS:
            server.execute(f"ALTER SYSTEM SET {setting}")
        server.crash()
        server.restart()
        for table, (path, make, rows, words) in sources.items():
            make(path, rows)
            source = Store(str(path))
            there = folder / "copy.db"
            there.unlink(missing_ok=True)
            for target, of in (
                (Store(str(there)), None),
                (Store(server.create(f"{table.name}_copy")), server),
            ):
                print(f"{table.name}, {'SQLite' if of is None else 'PostgreSQL'}:", flush=True)
                retain(copied(source, target), table, words, of)
                target.close()
            source.close()


if __name__ == "__main__":
    _, where, *sizes = sys.argv
    main(Path(where), *map(int, sizes or ("200000", "1000000")))
