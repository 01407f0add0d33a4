"""How PostgreSQL goes about what the screen asks: as SQLite, by short ranges of keys, analysed or not."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from msglog_tui.delivery import FailureGrouping, FailurePlace, Recipients
from msglog_tui.reader import Reader
from msglog_tui.store.models import delivery
from tests.store import test_plans
from tests.store.test_plans import NOT_FOR_CUSTOMERS, WINDOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from msglog_tui.store.engine import Store
    from tests.archives import Databases

KEYS = {
    # Of each large table, what has to be among the conditions that its index is asked by.
    "message": r"sent_at >|\bid = ",
    "delivery": r"message_id = |\bid [<>=] ",
    "enterprise_traffic": r"span = .*bucket >= .*bucket < ",
    "customer_traffic": r"span = .*bucket >= .*bucket < ",
    "customer_running": r"customer_id = .*bucket < ",
    "transaction": r"requested_at|\bid = ",
}


class Known(NamedTuple):
    """Somebody that a message of customer 1 went to."""

    message_id: int
    recipient: str


QUESTIONS: dict[str, Callable[[Reader, Known], object]] = {
    **{
        name: lambda reader, _, question=question: question(reader)
        for name, question in test_plans.QUESTIONS.items()
        if name != "a filter"
    },
    "a filter": lambda reader, _: reader.find(WINDOW, "sale"),
    "somebody": lambda reader, known: reader.find_people(known.recipient, None, 50),
    "a domain": lambda reader, _: reader.find_people("@example.com", None, 50),
    "failures": lambda reader, _: reader.failures(
        WINDOW, FailurePlace(None, None, None), FailureGrouping.REASON
    ),
    "failures of a message": lambda reader, known: reader.failures(
        WINDOW, FailurePlace(1, 1, known.message_id), FailureGrouping.REASON
    ),
    "recipients": lambda reader, known: reader.deliveries_from(
        Recipients(1, 1, known.message_id, None), 0, 50
    ),
}


@pytest.fixture(scope="module", params=["never analysed", "analysed"])
def filled(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Store]:
    """The sample archive on a server."""
    with databases.sample() as store:
        if request.param == "analysed":
            with psycopg.connect(store.location, autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")
        yield store


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
    seen = read(filled, scope, question)
    for table, how in seen:
        assert not faults(table, how), (table, how)
    assert seen or question == "a domain"  # its index is asked by a function


@pytest.mark.parametrize(
    ("call", "index"),
    [
        # A text that all messages have is soon found among the last ones, one that few have in the index.
        ("message_candidates(ARRAY['\"]'], 1, 1000000, 0, 4000000000, 50)", r"pk_message|ix_message_\w+"),
        ("message_candidates(ARRAY['xqz'], 1, 1000000, 0, 4000000000, 50)", "ix_message_text"),
        ("deliveries_to_domain('example.com', 1::bigint << 62, 50)", "ix_delivery_domain"),
    ],
)
@pytest.mark.parametrize("reach", ["everything", "enterprise", "customer"])
def test_functions_ask_an_index(filled: Store, reach: str, call: str, index: str) -> None:
    seen: list[dict[str, Any]] = []

    def note(message: psycopg.errors.Diagnostic) -> None:
        _, plan, text = (message.message_primary or "").partition("plan:\n")
        if plan:
            seen.extend(_nodes(json.loads(text)["Plan"]))

    with psycopg.connect(filled.location, autocommit=True) as connection:
        connection.execute(
            "LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_format = json;"
            "SET auto_explain.log_nested_statements = on; SET client_min_messages = log;"
            f"SET msglog.reach = '{reach}'; SET msglog.enterprise = 1; SET msglog.customer = 1"
        )
        connection.add_notice_handler(note)
        connection.execute(f"SELECT * FROM {call}".encode())
    indices = [node["Index Name"] for node in seen if "Index Name" in node]
    used = [name for name in indices if name != "pk_enterprise"]
    assert used
    assert re.fullmatch(index, used[-1]), used
    assert not [node for node in seen if node["Node Type"] == "Seq Scan"], seen


def test_a_missing_index_is_seen(databases: Databases) -> None:
    with databases.sample() as store:
        with psycopg.connect(store.location, autocommit=True) as connection:
            connection.execute("DROP INDEX ix_message_customer, ix_message_enterprise")
        assert any(faults(*each) for each in read(store, "a customer", "a page of messages"))
        assert not any(faults(*each) for each in read(store, "a customer", "messages by id"))


def faults(table: str, node: dict[str, Any]) -> str:
    """What is wrong with how a large table is read; nothing when it is by its key."""
    if node["Node Type"] not in {"Index Scan", "Index Only Scan"}:
        return str(node["Node Type"])
    asked = node.get("Index Cond", "")
    return "" if re.search(KEYS[table], asked) else f"{node['Index Name']}: {asked}"


def read(store: Store, scope: str, question: str) -> list[tuple[str, dict[str, Any]]]:
    """Which large tables a question reads, and how: (name, node of the plan)."""
    with store.reading() as connection:
        known = Known(
            *connection.execute(
                select(delivery.c.message_id, delivery.c.recipient)
                .where(delivery.c.enterprise_id == 1, delivery.c.customer_id == 1)
                .limit(1)
            ).one()
        )
    reader = Reader.of_owner(store, "x")
    if scope != "everything":
        reader = reader.inside(1, 1 if scope == "a customer" else None)
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        QUESTIONS[question](reader, known)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    with store.reading(scope=reader.scope) as connection:
        driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
        plans = [_plan(driver, *each) for each in asked]
    return [
        (node["Relation Name"], node)
        for plan in plans
        for node in _nodes(plan)
        if node.get("Relation Name") in KEYS
    ]


def _plan(driver: psycopg.Connection[Any], statement: str, parameters: Any) -> dict[str, Any]:
    """The plan that serves every value: as questions are asked a second time."""
    names: list[str] = []

    def place(found: re.Match[str]) -> str:
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    numbered = re.sub(r"%\(([^)]+)\)s", place, statement).replace("%%", "%")
    driver.execute(f"PREPARE asked AS {numbered}".encode())
    values = sql.SQL(", ").join(sql.Literal(parameters[name]) for name in names)
    call = sql.SQL("({})").format(values) if names else sql.SQL("")
    found = driver.execute(sql.SQL("EXPLAIN (FORMAT JSON) EXECUTE asked") + call).fetchone()
    driver.execute("DEALLOCATE asked")
    assert found is not None
    plan: dict[str, Any] = found[0][0]["Plan"]
    return plan


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)
