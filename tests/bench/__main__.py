"""The benchmarks: `python -m tests.bench FOLDER` prints their table.

Archives are made in the folder where they are not there yet.  The short form, 100 thousand messages against
a million, takes five minutes; `--full` asks 50 million, and searches 10 million, in about an hour.  `--only`
takes parts by their names; `--markdown` prints the README's table: one for all parts, of what has a target,
with questions about the longest window alone.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import (
    deliveries,
    gestures,
    imports,
    keys,
    postgresql,
    postgresql_import,
    questions,
    start,
    wire,
)
from tests.bench.archive import make
from tests.bench.table import as_markdown, as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.bench.table import Row

SMALL = 100_000
MILLION = 1_000_000
TEN_MILLIONS = 10 * MILLION
LARGE = 50 * MILLION
SMALL_DELIVERED = 300_000
LARGE_DELIVERED = 30 * MILLION


def main() -> None:
    """Measure and print."""
    parser = ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the archives lie")
    parser.add_argument("--full", action="store_true", help="50 million messages rather than one")
    parser.add_argument("--only", nargs="+", metavar="PART", help="start questions search imports …")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--server", metavar="URL", help="a PostgreSQL that runs; else one in the folder")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    archive = partial(_archive, options.folder)
    large = LARGE if options.full else MILLION
    pressed = 200 if options.full else 60
    days = questions.DAYS[-1:] if options.markdown else questions.DAYS
    parts: dict[str, Callable[[], list[Row]]] = {
        "start": lambda: start.rows(archive(SMALL)),
        "wire": lambda: wire.rows(archive(SMALL)),
        "gestures": lambda: gestures.rows(archive(SMALL), archive(large)),
        "keys": lambda: keys.rows(archive(SMALL), archive(large), keys=pressed, held=5 * pressed),
        "questions": lambda: questions.rows(archive(SMALL), archive(large), days),
        "search": lambda: questions.search_rows(archive(TEN_MILLIONS if options.full else MILLION)),
        "deliveries": lambda: deliveries.rows(
            _delivered(options.folder, SMALL_DELIVERED),
            _delivered(options.folder, LARGE_DELIVERED if options.full else MILLION),
        ),
        "imports": lambda: imports.rows(archive(MILLION)),
        "postgresql": lambda: _on_postgresql(
            archive(TEN_MILLIONS if options.full else MILLION), options.server, days
        ),
        "postgresql-imports": lambda: postgresql_import.rows(archive(MILLION)),
    }
    found: list[Row] = []
    for name, measure in parts.items():
        if options.only is None or name in options.only:
            print(f"\n{name}\n", file=sys.stderr if options.markdown else sys.stdout, flush=True)
            rows = measure()
            found += rows
            if not options.markdown:
                print(as_text(rows), flush=True)
    if options.markdown:
        print(as_markdown(row for row in found if row.target is not None))


def _archive(folder: Path, messages: int) -> Path:
    path = folder / f"{messages}.db"
    if not path.exists():
        print(f"making an archive of {messages:,} messages …", file=sys.stderr, flush=True)
    make(path, messages)
    return path


def _on_postgresql(path: Path, server: str | None, days: Sequence[int]) -> list[Row]:
    with postgresql.served(path.parent, server) as url:
        return postgresql.rows(path, url, days)


def _delivered(folder: Path, number: int) -> Path:
    path = folder / f"{number}-deliveries.db"
    if not path.exists():
        print(f"making an archive of {number:,} deliveries …", file=sys.stderr, flush=True)
    deliveries.make(path, number)
    return path


if __name__ == "__main__":
    main()
