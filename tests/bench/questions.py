"""What the screen asks the reader, on a small and a large archive: cost must not grow with the table."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy import event
from sqlalchemy.engine import Engine

from msglog_tui import dates
from msglog_tui.reader import Reader
from msglog_tui.store.engine import Store
from msglog_tui.types import Order, Window
from tests.bench.launch import TODAY
from tests.bench.table import Of, Row, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import Any

    Question = Callable[[], object]

TIMES: Final = 15
DAYS: Final = (1, 30, 365, 1700)
ZONE: Final = "Asia/Kolkata"
"""A zone whose days are no UTC days: tips of every window are read raw."""

_RATIO: Final = Target(1.5, Of.RATIO)
_SQL_TARGETS: Final = {
    "totals of all enterprises": 5,
    "50 customers on the screen": 5,
    "5,000 customers by volume": 60,
    "first page of messages": 1,
    "jump to the middle": 10,
}

SEARCHES: Final = {
    "a rare text": "#77",
    "a common word": "sale",
    "a sender": "user12",
    "two words": "water water",
    "nothing, of common words": "flash promo sale welcome",
    "nothing": "xqz",
}
"""Filters, by what they find."""


class _InSql:
    """What the database alone takes for the statements that were executed last.

    They are run once more on a connection of its own, to the last row: a row is found when it is fetched, and
    between two fetches the program is at work.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._asked: list[tuple[str, Any]] = []
        event.listen(Engine, "before_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        self._asked.append((statement, parameters))

    def forget(self) -> None:
        """Begin anew."""
        self._asked.clear()

    def milliseconds(self) -> float:
        """Run what was executed since, in one read transaction."""
        asked = [each for each in self._asked if each[0].startswith("SELECT")]
        with self._store.reading() as connection:
            driver: Any = connection.connection.driver_connection
            start = time.perf_counter()
            for statement, parameters in asked:
                driver.execute(statement, parameters).fetchall()
            return (time.perf_counter() - start) * 1e3


def rows(small: Path, large: Path, days: Sequence[int] = DAYS) -> list[Row]:
    """Ask both in turn, so that a change of the machine's speed meets both; for windows of so many days."""
    stores = [Store(str(path)) for path in (small, large)]
    readers = [Reader.of_owner(store, "bench") for store in stores]
    in_sql = [_InSql(store) for store in stores]
    found: list[Row] = []
    for length in days:
        window = dates.window(TODAY - timedelta(days=length - 1), TODAY, ZONE)
        asked = [questions_of(reader, window) for reader in readers]
        for name in asked[0]:
            taken, sql = _in_turn([each[name] for each in asked], in_sql)
            what = f"{name}, {length:,} d"
            found.append(Row(what, "ms", taken[1], taken[0], "small archive", _RATIO))
            if name in _SQL_TARGETS and length == DAYS[-1]:
                most = Target(_SQL_TARGETS[name], Of.MEDIAN)
                found.append(Row(f"{what}, in SQL", "ms", sql[1], sql[0], "small archive", most))
    return found


def search_rows(archive: Path) -> list[Row]:
    """Search in every kind of scope, for what is there and what is not; the whole five years."""
    store = Store(str(archive))
    reader = Reader.of_owner(store, "bench")
    in_sql = [_InSql(store)]
    window = dates.window(TODAY - timedelta(days=DAYS[-1] - 1), TODAY, ZONE)
    scopes = {
        "everything": reader,
        "the largest enterprise": reader.inside(1, None),
        "the smallest enterprise": reader.inside(20, None),
        "the largest customer": reader.inside(1, 1),
    }
    found = []
    for name, text in SEARCHES.items():
        for where, narrowed in scopes.items():
            taken, _ = _in_turn([partial(narrowed.find, window, text)], in_sql, times=5)
            found.append(Row(f"find {name} in {where}", "ms", taken[0], target=Target(150, Of.MEDIAN)))
    return found


def questions_of(reader: Reader, window: Window) -> dict[str, Question]:
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


def _in_turn(
    questions: list[Question], in_sql: list[_InSql], times: int = TIMES
) -> tuple[list[list[float]], list[list[float]]]:
    """Milliseconds of each question, in all and in the database; the first time only warms the caches."""
    taken: list[list[float]] = [[] for _ in questions]
    sql: list[list[float]] = [[] for _ in questions]
    for _ in range(times + 1):
        for number, question in enumerate(questions):
            in_sql[number].forget()
            start = time.perf_counter()
            question()
            taken[number].append((time.perf_counter() - start) * 1e3)
            sql[number].append(in_sql[number].milliseconds())
    return [each[1:] for each in taken], [each[1:] for each in sql]
