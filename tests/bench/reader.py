"""What the screen asks, timed on two archives in one run: cost must not grow with the table.

`python -m tests.bench.reader FOLDER SMALL LARGE` makes archives of so many messages in the folder, where they
are not there yet, and prints the median of each question on both, and the ratio.
"""

from __future__ import annotations

import statistics
import sys
import time
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msglog_tui import dates
from msglog_tui.reader import Reader
from msglog_tui.store.engine import Store
from msglog_tui.types import Order, Window
from tests.bench.archive import make

if TYPE_CHECKING:
    from collections.abc import Callable

RUNS = 15
DAYS = (1, 30, 365, 1700)
END = date(2025, 11, 20)
ZONE = "Asia/Kolkata"
"""A zone whose days are no UTC days: tips of every window are read raw."""


def questions(reader: Reader, window: Window) -> dict[str, Callable[[], object]]:
    """What opening the screen, an enterprise, its largest customer and a preview ask."""
    ids = reader.customer_ids(window, 1, Order.DATE)
    anchors = reader.anchors(window, 1, 1)
    middle = anchors.count // 2
    return {
        "totals of all enterprises": partial(reader.enterprises, window, Order.DATE),
        "5,000 customers by name": partial(reader.customer_ids, window, 1, Order.DATE),
        "5,000 customers by volume": partial(reader.customer_ids, window, 1, Order.EMAIL),
        "50 customers on the screen": partial(reader.customers, window, 1, ids[:50]),
        "open the largest customer": partial(reader.anchors, window, 1, 1),
        "first page of messages": partial(reader.messages_from, window, 1, 1, 0, 50, anchors),
        "jump to the middle": partial(reader.messages_from, window, 1, 1, middle, 50, anchors),
        "overview of a customer": partial(reader.overview, window, 1, 1),
        "overview of an enterprise": partial(reader.overview, window, 1, None),
    }


def main() -> None:
    """Measure and print."""
    folder, *sizes = Path(sys.argv[1]), *map(int, sys.argv[2:4])
    readers = []
    for size in sizes:
        path = folder / f"{size}.db"
        make(path, size)
        readers.append(Reader.of_owner(Store(str(path)), "bench"))
    print(f"{'days':>5}  {'question':<28} {sizes[0]:>12,} {sizes[1]:>12,}  ratio   (ms, medians of {RUNS})")
    for days in DAYS:
        window = dates.window(END - timedelta(days=days - 1), END, ZONE)
        asked = [questions(reader, window) for reader in readers]
        for name in asked[0]:
            small, large = _in_turn(asked[0][name], asked[1][name])
            print(f"{days:>5}  {name:<28} {small:>12.2f} {large:>12.2f}  {large / small:5.2f}")


def _in_turn(small: Callable[[], object], large: Callable[[], object]) -> tuple[float, float]:
    """Medians in milliseconds; asked in turn, so that a change of the machine's speed meets both."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(RUNS + 1):
        for times, question in zip(taken, (small, large), strict=True):
            start = time.perf_counter()
            question()
            times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(taken[0][1:]), statistics.median(taken[1][1:])


if __name__ == "__main__":
    main()
