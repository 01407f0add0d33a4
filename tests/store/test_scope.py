"""No query under any scope gives a row of somebody else's."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import msglog_tui
from msglog_tui import dates
from msglog_tui.delivery import DeliveryStatus, FailureGrouping, FailurePlace, Recipients
from msglog_tui.errors import Refusal
from msglog_tui.store import access, queries
from msglog_tui.store.queries import (
    deliveries,
    failures,
    messages,
    overview,
    people,
    search,
    traffic,
    transactions,
    tree,
)
from msglog_tui.store.writes import Writer
from msglog_tui.types import (
    Channel,
    Ledger,
    Order,
    Position,
    Reach,
    Role,
    Scope,
    TransactionKind,
)
from tests.store.records import delivery, message, transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from msglog_tui.store.engine import Store

WINDOW = dates.window(date(2025, 10, 1), date(2025, 10, 31), "UTC")
AT = 1_760_000_000

# Two enterprises of two customers each that look alike: same customer names, ids of messages and
# transactions, lists.  Only the marks tell whose a row is.
ENTERPRISES = ("red", "blue")
CUSTOMERS = ("north", "south")


def mark(enterprise: str, customer: str) -> str:
    return f"{enterprise}-{customer}-mark"


@pytest.fixture
def filled(store: Store) -> Store:
    with Writer(store) as writer:
        for enterprise in ENTERPRISES:
            writer.messages(
                [
                    message(
                        enterprise=enterprise,
                        customer=customer,
                        message_id=f"{customer}-{number}",
                        subject=f"Sale {mark(enterprise, customer)}",
                        channel=number % 2,
                        sent_at=AT + number,
                        sent_by=f"sender {mark(enterprise, customer)}",
                        lists=(f"list {mark(enterprise, customer)}",),
                    )
                    for customer in CUSTOMERS
                    for number in range(4)
                ]
            )
            writer.deliveries(
                [
                    delivery(
                        enterprise=enterprise,
                        customer=customer,
                        delivery_id=f"{status.word}-{customer}",
                        recipient="lindiwe@example.com",
                        status=status,
                        reason=f"refused {mark(enterprise, customer)}",
                        subject=f"Deliveries {mark(enterprise, customer)}",
                    )
                    for customer in CUSTOMERS
                    for status in DeliveryStatus
                ]
            )
            writer.transactions(
                [
                    transaction(
                        enterprise=enterprise,
                        customer=customer,
                        transaction_id=f"{customer}-{kind.value}",
                        kind=kind,
                        description=f"credits {mark(enterprise, customer)}",
                        requested_at=AT,
                    )
                    for customer in CUSTOMERS
                    for kind in TransactionKind
                ]
            )
    return store


def ids(connection: Connection) -> dict[tuple[str, str], tuple[int, int]]:
    """Enterprise and customer ids by their names."""
    rows = connection.exec_driver_sql(
        "SELECT e.name, c.name, e.id, c.id FROM customer c JOIN enterprise e ON e.id = c.enterprise_id"
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


def ledgers(owner: tuple[int, int]) -> list[Ledger]:
    return [
        Ledger(kind, owner[0], customer, None) for kind in TransactionKind for customer in (None, owner[1])
    ]


def lists(owner: tuple[int, int], ids_: list[int]) -> list[Recipients]:
    return [Recipients(*owner, id_, status) for id_ in ids_ for status in (None, DeliveryStatus.BOUNCED)]


def places(owner: tuple[int, int], ids_: list[int]) -> list[FailurePlace]:
    whole = [FailurePlace(), FailurePlace(owner[0]), FailurePlace(*owner)]
    return whole + [FailurePlace(*owner, id_) for id_ in ids_[-4:]]


# How each query is asked about a customer; the scope may be somebody else's.
CASES: dict[Callable[..., Any], Callable[[Scope, Connection, tuple[int, int], list[int]], Any]] = {
    traffic.by_enterprise: lambda s, c, o, _m: [
        sorted(traffic.by_enterprise(s, c, WINDOW, wanted)) for wanted in (None, o[0])
    ],
    traffic.sent_by_customer: lambda s, c, o, _m: sorted(
        traffic.sent_by_customer(s, c, WINDOW, o[0], Channel.EMAIL)
    ),
    traffic.by_customer: lambda s, c, o, _m: [
        sorted(traffic.by_customer(s, c, WINDOW, o[0], wanted)) for wanted in (None, [o[1]])
    ],
    tree.enterprises: lambda s, c, _o, _m: [tree.enterprises(s, c, WINDOW, order) for order in Order],
    tree.enterprise_ids: lambda s, c, _o, _m: tree.enterprise_ids(s, c),
    tree.customer_ids: lambda s, c, o, _m: [tree.customer_ids(s, c, WINDOW, o[0], order) for order in Order],
    tree.customers: lambda s, c, o, _m: [
        tree.customers(s, c, WINDOW, None, None),
        tree.customers(s, c, WINDOW, o[0], [o[1]]),
    ],
    tree.customers_named: lambda s, c, _o, _m: tree.customers_named(s, c, "o", 100),
    tree.time_zone: lambda s, c, o, _m: tree.time_zone(s, c, o[0]),
    messages.anchors: lambda s, c, o, _m: messages.anchors(s, c, WINDOW, *o).count,
    messages.page: lambda s, c, o, _m: messages.page(s, c, WINDOW, *o, Position(WINDOW.after, 0), 0, 100),
    messages.sorted_ids: lambda s, c, o, _m: [
        messages.by_ids(s, c, messages.sorted_ids(s, c, WINDOW, *o, order)) for order in Order
    ],
    messages.by_ids: lambda s, c, _o, m: messages.by_ids(s, c, m),
    messages.row_of: lambda s, c, o, m: [
        messages.row_of(s, c, WINDOW, *o, id_, messages.anchors(s, c, WINDOW, *o)) for id_ in m
    ],
    messages.named: lambda s, c, _o, _m: messages.named(s, c, "north-1"),
    messages.stream: lambda s, c, _o, _m: list(messages.stream(s, c, WINDOW)),
    overview.overview: lambda s, c, o, _m: [
        overview.overview(s, c, WINDOW, o[0], customer) for customer in (None, o[1])
    ],
    deliveries.summary: lambda s, c, o, m: [deliveries.summary(s, c, *o, id_) for id_ in m],
    deliveries.count: lambda s, c, o, m: [deliveries.count(s, c, of) for of in lists(o, m)],
    deliveries.page: lambda s, c, o, m: [deliveries.page(s, c, of, 0, 100) for of in lists(o, m)],
    deliveries.row_of: lambda s, c, o, m: [
        deliveries.row_of(s, c, of, id_)
        for of in lists(o, m)[::2]
        for id_ in c.exec_driver_sql("SELECT max(id) FROM delivery GROUP BY message_id").scalars()
    ],
    deliveries.of_message: lambda s, c, o, m: [list(deliveries.of_message(s, c, of)) for of in lists(o, m)],
    deliveries.stream: lambda s, c, _o, _m: list(deliveries.stream(s, c, WINDOW, None)),
    failures.failures: lambda s, c, o, m: [
        failures.failures(s, c, WINDOW, place, by) for place in places(o, m) for by in FailureGrouping
    ],
    failures.behind: lambda s, c, o, m: [
        failures.behind(s, c, WINDOW, place, by, label, None, 100)
        for place in places(o, m)
        for by, label in (
            *((FailureGrouping.REASON, f"refused {mark(e, n)}") for e in ENTERPRISES for n in CUSTOMERS),
            (FailureGrouping.CODE, ""),
            (FailureGrouping.DOMAIN, "example.com"),
        )
    ],
    people.find: lambda s, c, _o, _m: [
        people.find(s, c, text, None, 100) for text in ("Lindiwe@EXAMPLE.com", "@example.com")
    ],
    search.find: lambda s, c, _o, _m: search.find(s, c, WINDOW, "mark"),
    transactions.count: lambda s, c, o, _m: [transactions.count(s, c, WINDOW, le) for le in ledgers(o)],
    transactions.page: lambda s, c, o, _m: [transactions.page(s, c, WINDOW, le, 0, 100) for le in ledgers(o)],
    transactions.row_of: lambda s, c, o, _m: [
        transactions.row_of(s, c, WINDOW, le, id_) for le in ledgers(o) for id_ in range(1, 9)
    ],
    transactions.current_package: lambda s, c, o, _m: [
        transactions.current_package(s, c, WINDOW, o[0], customer) for customer in (None, o[1])
    ],
    transactions.stream: lambda s, c, o, _m: [
        list(transactions.stream(s, c, WINDOW, None, customer, None)) for customer in (None, o[1])
    ],
}


def all_queries() -> set[Callable[..., Any]]:
    found = set()
    for module in pkgutil.iter_modules(queries.__path__):
        loaded = importlib.import_module(f"{queries.__name__}.{module.name}")
        found |= {
            function
            for name, function in inspect.getmembers(loaded, inspect.isfunction)
            if not name.startswith("_") and function.__module__ == loaded.__name__
        }
    return found


def test_every_query_has_a_case_and_takes_the_scope_first() -> None:
    assert set(CASES) == all_queries()
    for query in CASES:
        assert list(inspect.signature(query).parameters)[:2] == ["scope", "connection"], query


def scopes(known: dict[tuple[str, str], tuple[int, int]]) -> list[tuple[Scope, set[str]]]:
    """Every scope there is, with the marks it may see."""
    everything = {mark(*names) for names in known}
    found = [
        (Scope(reach=Reach.NOTHING, enterprise_id=None, customer_id=None), set()),
        (access.local_operator("x").scope, everything),
    ]
    for names, (enterprise_id, customer_id) in known.items():
        operator = access.local_operator("x").scope
        found.append((access.customer_scope(operator, enterprise_id, customer_id), {mark(*names)}))
        found.append(
            (
                access.enterprise_scope(operator, enterprise_id),
                {mark(names[0], customer) for customer in CUSTOMERS},
            )
        )
    return found


@pytest.mark.parametrize(
    "query", CASES, ids=lambda query: f"{query.__module__.rpartition('.')[2]}.{query.__name__}"
)
def test_no_query_gives_a_foreign_row(filled: Store, query: Callable[..., Any]) -> None:
    seen_at_all = ""
    with filled.reading() as connection:
        known = ids(connection)
        message_ids = [row[0] for row in connection.exec_driver_sql("SELECT id FROM message")]
        owners = {customer: names for names, (_, customer) in known.items()}
        for scope, may_see in scopes(known):
            for owner in known.values():
                try:
                    answer = CASES[query](scope, connection, owner, message_ids)
                except Refusal:
                    continue
                text = repr(answer)
                seen_at_all += text
                foreign = {mark(*names) for names in known} - may_see
                assert not [found for found in foreign if found in text], (scope, owner)
                if scope.reach is Reach.NOTHING:
                    # Not even a number: nothing in scope is as good as an empty archive.
                    assert not any(character in text for character in "123456789"), text
                if query is traffic.by_enterprise:
                    names_of = {enterprise_id: names[0] for names, (enterprise_id, _) in known.items()}
                    found = {id_ for ids_ in answer for id_ in ids_}
                    whole = {mark(names_of[id_], customer) for id_ in found for customer in CUSTOMERS}
                    assert whole <= may_see
                if query is tree.enterprise_ids:
                    names_of = {enterprise_id: names[0] for names, (enterprise_id, _) in known.items()}
                    assert {
                        mark(names_of[id_], customer) for id_ in answer for customer in CUSTOMERS
                    } <= may_see
                if query is traffic.by_customer:
                    assert {mark(*owners[id_]) for row in answer for id_ in row} <= may_see
                if query is traffic.sent_by_customer:
                    assert {mark(*owners[id_]) for id_ in answer} <= may_see
                if query is tree.customer_ids:
                    assert {mark(*owners[id_]) for row in answer for id_ in row} <= may_see
    assert seen_at_all


def test_a_customers_scope_sees_no_transactions(filled: Store) -> None:
    with filled.reading() as connection:
        for owner in ids(connection).values():
            scope = access.customer_scope(access.local_operator("x").scope, *owner)
            assert not scope.sees_transactions
            assert [transactions.count(scope, connection, WINDOW, le) for le in ledgers(owner)] == [0] * 4
            assert list(transactions.stream(scope, connection, WINDOW, None, None, None)) == []


def test_a_foreign_name_is_refused_in_the_words_of_one_that_does_not_exist(filled: Store) -> None:
    with filled.reading() as connection:
        red, _ = ids(connection)["red", "north"]
        scope = access.enterprise_scope(access.local_operator("x").scope, red)
        said = []
        for enterprise in ("blue", "nobody"):
            with pytest.raises(Refusal) as refusal:
                access.named(connection, scope, enterprise, None)
            said.append(str(refusal.value).replace(enterprise, "X"))
            with pytest.raises(Refusal) as refusal:
                access.named(connection, scope, enterprise, "north")
            said.append(str(refusal.value).replace(enterprise, "X"))
        assert said[:2] == said[2:]


numbers = st.integers(1, 3)
steps = st.lists(st.tuples(numbers, st.none() | numbers), max_size=6)


@given(steps)
def test_narrowing_never_widens(path: list[tuple[int, int | None]]) -> None:
    def sees(scope: Scope, enterprise: int, customer: int) -> bool:
        match scope.reach:
            case Reach.EVERYTHING:
                return True
            case Reach.ENTERPRISE:
                return scope.enterprise_id == enterprise
            case Reach.CUSTOMER:
                return (scope.enterprise_id, scope.customer_id) == (enterprise, customer)
            case _:
                return False

    scope = access.local_operator("x").scope
    for enterprise_id, customer_id in path:
        if customer_id is None:
            narrower = access.enterprise_scope(scope, enterprise_id)
        else:
            narrower = access.customer_scope(scope, enterprise_id, customer_id)
        for enterprise in range(1, 4):
            for customer in range(1, 4):
                asked = enterprise == enterprise_id and customer_id in (None, customer)
                assert sees(narrower, enterprise, customer) == (sees(scope, enterprise, customer) and asked)
        assert scope.sees_transactions or not narrower.sees_transactions
        scope = narrower


def test_scopes_are_made_in_one_place() -> None:
    root = Path(msglog_tui.__file__).parent
    makers = {
        file.relative_to(root).as_posix()
        for file in root.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Scope"
    }
    assert makers == {"store/access.py"}


def test_users_get_the_scope_of_their_role_and_strangers_nothing(filled: Store) -> None:
    with filled.writing() as connection:
        for login, role, enterprise, customer in (
            ("olga", Role.OPERATOR, None, None),
            ("adam", Role.ADMINISTRATOR, "red", None),
            ("cleo", Role.CUSTOMER, "red", "south"),
        ):
            access.add_user(
                connection,
                login=login,
                name="",
                role=role,
                enterprise=enterprise,
                customer=customer,
                time_zone="",
            )
    with filled.reading() as connection:
        red, south = ids(connection)["red", "south"]
        found = {login: access.identify(connection, login) for login in ("olga", "adam", "cleo", "eve")}
    assert found["olga"].scope.reach is Reach.EVERYTHING
    assert found["adam"].scope == Scope(reach=Reach.ENTERPRISE, enterprise_id=red, customer_id=None)
    assert found["cleo"].scope == Scope(reach=Reach.CUSTOMER, enterprise_id=red, customer_id=south)
    assert found["eve"].scope.reach is Reach.NOTHING
    assert found["eve"].user is None


@pytest.mark.parametrize(
    ("role", "enterprise", "customer"),
    [
        (Role.OPERATOR, "red", None),
        (Role.ADMINISTRATOR, None, None),
        (Role.ADMINISTRATOR, "red", "north"),
        (Role.CUSTOMER, "red", None),
        (Role.CUSTOMER, "red", "nobody"),
    ],
)
def test_a_user_whose_role_and_place_do_not_agree_is_refused(
    filled: Store, role: Role, enterprise: str | None, customer: str | None
) -> None:
    with pytest.raises(Refusal), filled.writing() as connection:
        access.add_user(
            connection,
            login="x",
            name="",
            role=role,
            enterprise=enterprise,
            customer=customer,
            time_zone="",
        )
    with filled.reading() as connection:
        assert access.users(connection) == []


def test_a_senders_name_is_not_taken_from_another_enterprise(filled: Store) -> None:
    with Writer(filled) as writer:
        writer.messages([message(enterprise="red", customer="north", message_id="x", sent_by="kim")])
    with filled.writing() as connection:
        access.add_user(
            connection,
            login="kim",
            name="Kim of blue",
            role=Role.ADMINISTRATOR,
            enterprise="blue",
            customer=None,
            time_zone="",
        )
    with filled.reading() as connection:
        (found,) = messages.named(access.local_operator("x").scope, connection, "x")
    assert (found.sent_by, found.sent_by_name) == ("kim", "")
