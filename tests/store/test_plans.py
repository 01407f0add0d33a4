"""How the database goes about what the screen asks: by short ranges of a key, never through a table."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from msglog_tui import dates
from msglog_tui.reader import Reader
from msglog_tui.store.ladder import MONTH
from msglog_tui.store.writes import Writer
from msglog_tui.types import Ledger, Order, TransactionKind
from tests.archives import sample_store
from tests.store.records import message

if TYPE_CHECKING:
    from collections.abc import Callable

    from msglog_tui.store.engine import Store

# Nearly two years in a zone whose days are no UTC days: every kind of piece occurs.
WINDOW = dates.window(date(2025, 2, 10), date(2026, 10, 20), "Asia/Kolkata")
LARGE = "message|customer_traffic|customer_running|enterprise_traffic|transaction"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return sample_store(tmp_path_factory.mktemp("plans") / "archive.db")


def anchored(reader: Reader) -> object:
    anchors = reader.anchors(WINDOW, 1, 1)
    return reader.messages_from(WINDOW, 1, 1, anchors.count // 2, 50, anchors)


LEDGER = Ledger(TransactionKind.TOP_UP, 1, None, None)
QUESTIONS: dict[str, Callable[[Reader], object]] = {
    "totals": lambda reader: reader.enterprises(WINDOW, Order.DATE),
    "customers in sight": lambda reader: reader.customers(WINDOW, 1, [1, 2, 3]),
    "customers by volume": lambda reader: reader.customer_ids(WINDOW, 1, Order.EMAIL),
    "a page of messages": anchored,
    "messages by id": lambda reader: reader.messages_by_id(None, [1, 2, 3]),
    "overview of a customer": lambda reader: reader.overview(WINDOW, 1, 1),
    "overview of an enterprise": lambda reader: reader.overview(WINDOW, 1, None),
    "transactions": lambda reader: reader.transactions_from(WINDOW, LEDGER, 0, 50),
    "a filter": lambda reader: reader.find(WINDOW, "sale"),
}


NOT_FOR_CUSTOMERS = {"overview of an enterprise", "transactions"}


@pytest.mark.parametrize(
    ("scope", "question"),
    [
        (scope, question)
        for scope in ("everything", "an enterprise", "a customer")
        for question in QUESTIONS
        if scope != "a customer" or question not in NOT_FOR_CUSTOMERS
    ],
)
def test_nothing_is_read_through(filled: Store, scope: str, question: str) -> None:
    reader = Reader.of_owner(filled, "x")
    assert reader.customer_ids(WINDOW, 1, Order.NAME)[0] == 1
    if scope != "everything":
        reader = reader.inside(1, 1 if scope == "a customer" else None)
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        QUESTIONS[question](reader)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    # `0 = 1` is how a scope says that nothing of a table is in it: then nothing of it is read.
    selects = [each for each in asked if each[0].startswith("SELECT") and "0 = 1" not in each[0]]
    assert selects
    with filled.reading() as connection:
        for statement, parameters in selects:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            for step in (row[3] for row in rows):
                assert not re.match(rf"SCAN ({LARGE})\b", step), (step, statement)
                if re.match(r"SEARCH (customer|enterprise)_traffic", step):
                    assert "span=? AND bucket>? AND bucket<?" in step, statement
                if re.match(r"SEARCH (customer_running|before)", step):
                    assert "bucket" in step, statement
                if step.startswith("SEARCH message "):
                    assert re.search(r"sent_at|rowid", step), (step, statement)


def test_an_import_reads_what_it_brings_and_what_that_changes(sqlite_store: Store) -> None:
    store = sqlite_store
    batch = [message(message_id=str(number), sent_at=number * MONTH) for number in range(5)]
    with Writer(store) as writer:
        writer.messages(batch)
        asked = []

        def note(connection: Any, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
            if re.match("(INSERT|UPDATE|DELETE|SELECT)", statement) and not isinstance(parameters, list):
                rows = connection.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
                asked.extend((row[3], statement) for row in rows)

        event.listen(Engine, "before_cursor_execute", note)
        try:
            writer.messages([record._replace(sent=9, message_id=str(n)) for n, record in enumerate(batch, 3)])
        finally:
            event.remove(Engine, "before_cursor_execute", note)
    assert any(re.match("UPDATE", statement) for _, statement in asked)
    for step, statement in asked:
        assert not re.match(rf"SCAN ({LARGE})\b", step), (step, statement)
