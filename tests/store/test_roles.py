"""The second lock on PostgreSQL: what the bare role of readers gets to see, whatever is asked."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from msglog_tui import dates
from msglog_tui.errors import StoreError
from msglog_tui.reader import Reader
from msglog_tui.store import access, models
from msglog_tui.store.engine import Store
from msglog_tui.store.postgresql.roles import POLICIES, READER
from msglog_tui.store.writes import Writer
from msglog_tui.types import Order, Reach, Role, Scope
from tests.store.records import delivery, message, transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table

    from tests.postgresql import Server, Servers

AT = 1_760_000_000
WINDOW = dates.window(date(2025, 10, 1), date(2025, 10, 31), "UTC")
LOGIN = "desk"
SECRET = [table for table in models.metadata.sorted_tables if table not in POLICIES]


@pytest.fixture(scope="module")
def owned(postgresql: Server, pattern: str) -> Iterator[Store]:
    """An archive with something of two enterprises in every table that has an owner."""
    store = Store(postgresql.create("roles", pattern))
    with Writer(store) as writer:
        for enterprise in ("red", "blue"):
            for customer in ("north", "south"):
                owner = {"enterprise": enterprise, "customer": customer}
                writer.messages([message(**owner, message_id=customer, sent_at=AT, subject="Sale")])
                writer.deliveries([delivery(**owner, delivery_id=customer)])
                writer.transactions([transaction(**owner, transaction_id=customer)])
    with store.writing() as connection:
        for enterprise in ("red", "blue"):
            access.add_user(
                connection,
                login=enterprise,
                name="",
                role=Role.ADMINISTRATOR,
                enterprise=enterprise,
                customer=None,
                time_zone="",
            )
    postgresql.execute(f"DROP ROLE IF EXISTS {LOGIN}")
    postgresql.execute(f"CREATE ROLE {LOGIN} LOGIN IN ROLE {READER}")
    yield store
    store.close()
    postgresql.drop("roles")
    postgresql.execute(f"DROP ROLE {LOGIN}")


@pytest.fixture
def desk(owned: Store, postgresql: Server) -> Iterator[Store]:
    """The archive, opened by somebody who may do what readers may."""
    store = Store(postgresql.url("roles", LOGIN))
    yield store
    store.close()


def rows(store: Store, table: Table, scope: Scope | None) -> int:
    with store.reading(scope=scope) as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize("table", POLICIES, ids=str)
def test_without_a_scope_there_are_no_rows(desk: Store, table: Table) -> None:
    assert rows(desk, table, None) == rows(desk, table, access.NOTHING) == 0


@pytest.mark.parametrize("table", SECRET, ids=str)
def test_who_has_which_key_and_looked_at_what_is_not_for_readers(desk: Store, table: Table) -> None:
    for scope in (None, access.EVERYTHING):
        with pytest.raises(StoreError, match="permission denied"):
            rows(desk, table, scope)


@pytest.mark.parametrize("reach", [Reach.ENTERPRISE, Reach.CUSTOMER, Reach.EVERYTHING])
def test_a_scope_shows_its_own_rows(owned: Store, desk: Store, reach: Reach) -> None:
    with owned.reading() as connection:
        of, id_ = connection.execute(
            select(models.customer.c.enterprise_id, models.customer.c.id)
        ).first() or (0, 0)
    scope = Scope(
        reach=reach,
        enterprise_id=None if reach is Reach.EVERYTHING else of,
        customer_id=id_ if reach is Reach.CUSTOMER else None,
    )
    for table in access.OWNED:
        with owned.reading() as connection:
            whole = connection.scalar(select(func.count()).select_from(table)) or 0
            clause = access.around(scope) if table is models.enterprise else access.within(scope, table)
            expected = connection.scalar(select(func.count()).select_from(table).where(clause)) or 0
        for store in (owned, desk):
            assert rows(store, table, scope) == expected, table
        assert table is models.removed_traffic or whole > expected or reach is Reach.EVERYTHING, table
    share = {Reach.EVERYTHING: 8, Reach.ENTERPRISE: 4, Reach.CUSTOMER: 2}[reach]
    assert rows(desk, models.message, scope) == share
    assert rows(desk, models.message_outcome, scope) == share // 2


def test_a_reader_that_forgets_its_scope_finds_nothing(desk: Store) -> None:
    candidates = "SELECT count(*) FROM message_candidates(ARRAY['sale'], 0, 1000, 0, 2000000000, 100)"
    with desk.reading() as connection:
        assert connection.exec_driver_sql(candidates).scalar() == 0
    with desk.reading(scope=access.EVERYTHING) as connection:
        assert connection.exec_driver_sql(candidates).scalar() == 8


def test_readers_only_read(desk: Store) -> None:
    assert not desk.writable
    with pytest.raises(StoreError, match="permission denied"), desk.writing() as connection:
        connection.execute(models.enterprise.insert().values(name="x", sort_name="x"))
    with (
        pytest.raises((StoreError, DBAPIError), match="only"),
        desk.reading() as connection,
    ):
        connection.exec_driver_sql("CREATE TEMPORARY TABLE x (y int)")


def test_who_comes_as_a_reader_sees_what_they_may(owned: Store, desk: Store) -> None:
    assert owned.writable
    (enterprise,) = Reader.of(desk, "red").enterprises(WINDOW, Order.NAME)
    assert enterprise.name == "red"
    assert Reader.of(desk, "eve").enterprises(WINDOW, Order.NAME) == []


def test_every_table_is_locked(owned: Store) -> None:
    with owned.reading() as connection:
        locked = set(
            connection.exec_driver_sql("SELECT relname FROM pg_class WHERE relrowsecurity").scalars()
        )
    assert locked == set(models.metadata.tables)
    assert set(access.OWNED) <= set(POLICIES)


def test_who_may_only_create_roles_can_make_an_archive_and_read_it(servers: Servers) -> None:
    server = servers.start("unprivileged")  # on which nobody has made the role of readers yet
    try:
        server.execute("CREATE ROLE msglog LOGIN CREATEROLE")
        server.execute("CREATE DATABASE log OWNER msglog TEMPLATE template0")
        store = Store(server.url("log", "msglog"))
        store.init()
        with Writer(store) as writer:
            writer.messages([message(message_id="1", sent_at=AT)])
        (total,) = Reader.of_owner(store, "whoever").enterprises(WINDOW, Order.NAME)
        assert total.traffic.messages == 1
        store.close()
    finally:
        server.stop()
