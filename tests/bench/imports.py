"""Importing a file, against the sqlite3 shell's `.import` of the same rows into the same indexed table."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from msglog_tui.importers import kinds
from msglog_tui.store.engine import Store
from tests.bench.table import Of, Row, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROWS: Final = 200_000
TIMES: Final = 3

_SELECT: Final = """
SELECT e.name AS enterprise, k.name AS customer, m.*
FROM message m JOIN enterprise e ON e.id = m.enterprise_id
JOIN customer k ON k.enterprise_id = m.enterprise_id AND k.id = m.customer_id
ORDER BY m.id DESC LIMIT ? OFFSET ?
"""


def rows(archive: Path) -> list[Row]:
    """Measure with the newest messages of an archive, in turn; nothing where there is no sqlite3 shell."""
    if shutil.which("sqlite3") is None:
        return []
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_files(archive, folder, ROWS)
        ours, shells = [], []
        for _ in range(TIMES):
            shells.append(_timed(folder, _by_shell))
            ours.append(_timed(folder, _by_us))
        peaks = [_peak(folder, quarters) for quarters in (1, 4)]
    flat = Target(1.1, Of.RATIO)
    return [
        Row(f"import {ROWS:,} rows", "s", ours, shells, "sqlite3 .import", Target(1 / 0.75, Of.RATIO)),
        Row("import, most memory", "MiB", peaks[1:], peaks[:1], "a quarter of the file", flat),
    ]


def write_files(archive: Path, folder: Path, number: int, newer: int = 0) -> None:
    """Write messages as msglog reads them, `rows.csv`, and as the columns of the table, `raw.csv`.

    Args:
        number: How many messages, the newest of the archive.
        newer: How many still newer ones are left out.
    """
    connection = sqlite3.connect(archive)
    connection.row_factory = sqlite3.Row
    with (
        (folder / "rows.csv").open("w", newline="") as canonical,
        (folder / "raw.csv").open("w", newline="") as raw,
    ):
        for_us, for_shell = csv.writer(canonical), csv.writer(raw)
        for_us.writerow(kinds.MESSAGES.columns)
        for row in reversed(connection.execute(_SELECT, (number, newer)).fetchall()):
            sent_at = datetime.fromtimestamp(row["sent_at"], UTC).isoformat()
            values = {
                **dict(row),
                "message_id": row["external_id"],
                "channel": ("email", "sms")[row["channel"]],
                "send_amount": row["sent"],
                "failed_amount": row["failed"],
                "bounced_amount": row["bounced"],
                "send_date": sent_at,
                "lists": ";".join(json.loads(row["lists"])),
            }
            for_us.writerow([values[column] for column in kinds.MESSAGES.columns])
            for_shell.writerow([*row][2:])
    connection.close()


def _timed(folder: Path, run: Callable[[Path, Path], None]) -> float:
    store = folder / "store.db"
    for leftover in folder.glob("store.db*"):
        leftover.unlink()
    start = time.perf_counter()
    run(folder, store)
    return time.perf_counter() - start


def _by_us(folder: Path, store: Path) -> None:
    _run(
        [
            sys.executable,
            "-m",
            "msglog_tui",
            "--store",
            str(store),
            "import",
            "--quiet",
            str(folder / "rows.csv"),
        ]
    )


def _by_shell(folder: Path, store: Path) -> None:
    made = Store(str(store))
    made.create()
    made.close()
    _run(
        [
            "sqlite3",
            str(store),
            "PRAGMA foreign_keys=0; PRAGMA synchronous=normal; PRAGMA cache_size=-262144",
            ".mode csv",
            f".import {folder / 'raw.csv'} message",
        ]
    )


def _peak(folder: Path, quarters: int) -> float:
    """The most memory that importing a part of the file takes, in MiB, of both processes.

    The database's cache of pages is of a fixed size, 256 MiB; here it is so small that a quarter of the file
    fills it.
    """
    store = folder / "peak.db"
    for leftover in folder.glob("peak.db*"):
        leftover.unlink()
    part = folder / "part.csv"
    with (folder / "rows.csv").open() as whole:
        lines = whole.readlines()
    part.write_text("".join(lines[: 1 + (len(lines) - 1) * quarters // 4]))
    # What `getrusage` tells of ourselves includes the memory of the process that was forked, before it became
    # another; what it tells of children is right. Pages that both have are counted twice.
    script = (
        "import resource; from msglog_tui.cli import main; from msglog_tui.store.sqlite import database; "
        "database._WRITER_PRAGMAS = database._WRITER_PRAGMAS.replace('=-262144', '=-8192'); "
        f"main(['--store', {str(store)!r}, 'import', '--quiet', {str(part)!r}]); "
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')),"
        " resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    return sum(map(int, _run([sys.executable, "-c", script]).split())) / 1024


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout
