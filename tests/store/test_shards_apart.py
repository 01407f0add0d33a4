"""A sharded archive whose shards are down or fail over, and whose readers may see little."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Table, func, select

from msglog_tui.cli import main
from msglog_tui.errors import Refusal, StoreError
from msglog_tui.reader import Reader
from msglog_tui.store import access, models, sharding
from msglog_tui.store.engine import Store
from msglog_tui.store.postgresql.database import told
from msglog_tui.store.postgresql.roles import POLICIES, READER
from msglog_tui.store.postgresql.shards import BESIDE, TABLES, Shard, reached_from
from msglog_tui.tui.app import MsglogApp
from msglog_tui.types import Order, Role, Scope
from tests.archives import NEWEST, ZONE
from tests.postgresql import caught_up, until
from tests.store.records import delivery, message, transaction
from tests.store.test_totals import window
from tests.tui.conftest import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgresql import Server, Servers

AT = 1_760_000_000
ALL = window(AT - 10**6, AT + 10**6)
LOGIN = "desk"
NAMES = [f"Enterprise {number}" for number in range(6)]


class Sharded:
    """A front and two shards, each with some of six enterprises, and users."""

    def __init__(self, servers: Servers, name: str) -> None:
        self.front = servers.start(f"{name}-f")
        self.shards = [servers.start(f"{name}-{number}") for number in range(2)]
        self.store = Store(self.front.create("log"))
        sharding.make(self.store, [shard.create("log") for shard in self.shards])
        with sharding.writer_of(self.store) as writer:
            owners = [{"enterprise": name, "customer": name.replace("E", "C")} for name in NAMES]
            writer.messages([message(**owner, sent_at=AT, sent_by="thandi") for owner in owners])
            writer.transactions([transaction(**owner, requested_at=AT) for owner in owners])
            writer.deliveries(
                [delivery(**owner, status=5, at=AT, reason="full", sent_by="thandi") for owner in owners]
            )
        with sharding.changing_users(self.store) as connection:
            for login, role, enterprise in (
                ("thandi", Role.OPERATOR, None),
                ("admin", Role.ADMINISTRATOR, NAMES[0]),
            ):
                access.add_user(
                    connection,
                    login=login,
                    name=login.title(),
                    role=role,
                    enterprise=enterprise,
                    customer=None,
                    time_zone="",
                )

    @property
    def servers(self) -> list[Server]:
        return [self.front, *self.shards]

    def names_on(self, number: int) -> list[str]:
        """The enterprises of a shard."""
        part = sharding.shards_of(self.store)[number]
        names = [row.name for row in Reader.of_owner(part, "x").enterprises(ALL, Order.NAME)]
        part.close()
        return names

    def stop(self) -> None:
        self.store.close()
        for server in self.servers:
            server.stop()


@pytest.fixture(scope="module")
def sharded(servers: Servers) -> Iterator[Sharded]:
    """One that is not harmed."""
    made = Sharded(servers, "apart")
    for server in made.servers:
        server.execute(f"CREATE ROLE {LOGIN} LOGIN IN ROLE {READER}")
    yield made
    made.stop()


@pytest.fixture
def harmed(servers: Servers) -> Iterator[Sharded]:
    """One that may be harmed."""
    made = Sharded(servers, "harmed")
    yield made
    made.stop()


def test_the_front_keeps_no_url_and_no_password(sharded: Sharded) -> None:
    with sharded.store.reading() as connection:
        assert connection.exec_driver_sql("SELECT to_regclass('shard')").scalar() is None
        options = connection.exec_driver_sql("SELECT srvoptions::text FROM pg_foreign_server").scalars().all()
        assert len(options) == 2
        assert not any("user" in option or "password" in option for option in options)
    desk = Store(sharded.front.url("log", LOGIN))
    with desk.reading() as connection:
        mappings = connection.exec_driver_sql("SELECT umoptions FROM pg_user_mappings").scalars().all()
    assert mappings == [None, None]
    desk.close()


def test_a_shard_is_reached_from_a_front_that_is_named_by_its_driver() -> None:
    url = reached_from(
        "postgresql+psycopg://desk:pass%20word@front/log", Shard("s1", {"host": "s1", "dbname": "x"})
    )
    assert told(url) == {"user": "desk", "password": "pass word", "host": "s1", "dbname": "x"}


def test_senders_have_their_names_on_shards(sharded: Sharded) -> None:
    sent = [row for row in Reader.of_owner(sharded.store, "x").all_messages(ALL) if row.external_id == "m1"]
    assert len(sent) == len(NAMES)
    assert {row.sent_by_name for row in sent} == {"Thandi, operator"}


@pytest.mark.parametrize("table", models.metadata.sorted_tables, ids=str)
def test_a_bare_reader_sees_no_row_without_a_scope(sharded: Sharded, table: Table) -> None:
    for server in sharded.servers:
        store = Store(server.url("log", LOGIN))
        if table not in POLICIES or (table in BESIDE and server is sharded.front):
            with pytest.raises(StoreError, match="permission denied"):
                rows(store, table)
        else:
            assert rows(store, table) == 0
        store.close()


def rows(store: Store, table: Table) -> int:
    with store.reading() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize("scope", [None, access.EVERYTHING])
def test_no_foreign_table_of_the_front_is_a_way_around(sharded: Sharded, scope: Scope | None) -> None:
    desk = Store(sharded.front.url("log", LOGIN))
    with sharded.store.reading() as connection:
        tables = list(
            connection.exec_driver_sql("SELECT ftrelid::regclass::text FROM pg_foreign_table").scalars()
        )
    assert len(tables) == 2 * (len(TABLES) + len(BESIDE))
    for table in tables:
        with pytest.raises(StoreError, match="permission denied"), desk.reading(scope=scope) as connection:
            connection.exec_driver_sql(f"SELECT count(*) FROM {table}")
    desk.close()


def test_the_front_shows_a_scope_its_rows_in_plain_sql(sharded: Sharded) -> None:
    reader = Reader.of(sharded.store, "admin")
    desk = Store(sharded.front.url("log", LOGIN))
    for table in TABLES:
        with desk.reading(scope=reader.scope) as connection:
            owners = set(connection.scalars(select(table.c.enterprise_id)))
        assert owners == ({reader.scope.enterprise_id} if table is not models.removed_traffic else set())
    desk.close()


def test_who_comes_as_a_reader_reads_the_shards_as_such(sharded: Sharded) -> None:
    desk = Store(sharded.front.url("log", LOGIN))
    (own,) = Reader.of(desk, "admin").enterprises(ALL, Order.NAME)
    assert own.name == NAMES[0]
    assert [row.name for row in Reader.of(desk, "thandi").enterprises(ALL, Order.NAME)] == NAMES
    assert len(Reader.of(desk, "thandi").find_people("lindiwe@example.com", None, 10).deliveries) == 6
    assert len(Reader.of(desk, "admin").find_people("lindiwe@example.com", None, 10).deliveries) == 1
    for part in desk.parts:
        with part.reading() as connection:
            assert connection.exec_driver_sql("SELECT current_user").scalar() == LOGIN
    desk.close()


def test_a_shard_takes_nothing_but_from_its_front(sharded: Sharded) -> None:
    shard = Store(sharded.shards[0].url("log"))
    with pytest.raises(Refusal, match="front"):
        sharding.writer_of(shard)
    shard.close()


def test_a_front_is_not_upgraded_in_place(
    harmed: Sharded, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--store", harmed.store.location, "upgrade"]) == 0
    newer = models.SCHEMA_VERSION + 1
    monkeypatch.setattr("msglog_tui.store.postgresql.database.SCHEMA_VERSION", newer)
    capsys.readouterr()
    assert main(["--store", harmed.store.location, "upgrade"]) == 1
    assert "Copy it into one archive" in capsys.readouterr().err


def test_users_and_the_audit_are_the_front_s_own(harmed: Sharded, capsys: pytest.CaptureFixture[str]) -> None:
    store = ["--store", harmed.store.location]
    assert main([*store, "user", "add", "vusi", "--role", "operator", "--name", "Vusi"]) == 0
    assert main([*store, "user", "list"]) == 0
    assert "vusi" in capsys.readouterr().out
    assert main([*store, "user", "remove", "thandi"]) == 0
    for part in sharding.shards_of(harmed.store):
        with part.reading() as connection:
            assert {"vusi"} <= set(connection.scalars(select(models.user.c.login))) <= {"admin", "vusi"}
        part.close()
    Reader.of(harmed.store, "vusi").note("reveal", "somebody")
    assert main([*store, "audit"]) == 0
    assert "somebody" in capsys.readouterr().out
    for words in (["check"], ["repair"], ["check"]):
        assert main([*store, *words]) == 0
    harmed.shards[0].crash()
    capsys.readouterr()
    assert main([*store, "user", "remove", "vusi"]) == 1
    assert "shard_0" in capsys.readouterr().err
    assert main([*store, "user", "list"]) == 0
    assert "vusi" in capsys.readouterr().out  # nothing was changed by halves


def test_who_cannot_come_in_at_a_shard_cannot_make_it_one(servers: Servers) -> None:
    front, shard = servers.start("keys-front"), servers.start("keys-shard")
    for server in (front, shard):
        server.execute("CREATE ROLE owner SUPERUSER LOGIN")
    shard.execute("CREATE ROLE other SUPERUSER LOGIN")
    front.create("log")
    shard.create("log")
    shard.execute("ALTER ROLE owner NOLOGIN")
    store = Store(front.url("log", "owner"))
    try:
        with pytest.raises(Refusal, match=r"shard_0.*same role"):
            sharding.make(store, [shard.url("log", "other")])
        assert sharding.shards_of(store) == []
    finally:
        store.close()
        front.stop()
        shard.stop()


async def test_a_shard_that_is_down_is_a_sentence(
    harmed: Sharded, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = harmed.names_on(1)
    assert 0 < len(names) < len(NAMES)
    harmed.shards[0].crash()
    reader = Reader.of_owner(harmed.store, "x")
    found, missing = reader.enterprises_reached(ALL, Order.NAME)
    assert [row.name for row in found] == names
    assert len(missing) == 1
    assert "shard_0" in missing[0]
    assert reader.find(ALL, "enterprise").missing == missing
    for enterprise in found:
        assert reader.overview(ALL, enterprise.id, None).traffic == enterprise.traffic
        assert [row.name for row in reader.customers(ALL, enterprise.id, None)]
    with pytest.raises(StoreError, match="shard_0"):
        reader.enterprises(ALL, Order.NAME)
    with pytest.raises(StoreError, match="shard_0"):
        reader.find_people("lindiwe@example.com", None, 10)
    for words in (["totals", "--start", "2025-10-01"], ["check"], ["retain", "--before", "2025-01-01"]):
        capsys.readouterr()
        assert main(["--store", harmed.store.location, *words]) == 1, words
        said = capsys.readouterr().err
        assert said.startswith("msglog: ")
        assert "shard_0" in said

    monkeypatch.setattr("msglog_tui.dates.today", lambda *_: NEWEST)
    app = MsglogApp(reader, ZONE)
    async with app.run_test(size=(120, 36)) as pilot:
        desk = Desk(app, pilot)
        await desk.until(lambda: desk.shows("What lies there is not shown."))
        assert desk.shows("shard_0")
        assert desk.shows("Part of all sent")
        assert all(desk.shows(name) for name in names)


def test_a_shard_may_fail_over_while_the_front_is_open(servers: Servers) -> None:
    front, primary, other = (servers.start(f"over-{name}") for name in ("front", "primary", "other"))
    store = Store(front.create("log"))
    primary.create("log")
    replica = servers.replicate(primary, "over-replica")
    both = ",".join(f"127.0.0.1:{server.port}" for server in (primary, replica))
    sharding.make(store, [f"postgresql://postgres@{both}/log", other.create("log")])
    try:
        with sharding.writer_of(store) as writer:
            writer.messages([message(enterprise=name, sent_at=AT) for name in NAMES])
        until(lambda: caught_up(primary, replica))
        reader = Reader.of_owner(store, "x")
        before = reader.enterprises(ALL, Order.NAME)
        primary.crash()
        assert reader.enterprises(ALL, Order.NAME) == before
        replica.promote()
        with sharding.writer_of(store) as writer:
            writer.messages([message(enterprise=name, message_id="later", sent_at=AT) for name in NAMES])
        assert [row.traffic.messages for row in reader.enterprises(ALL, Order.NAME)] == [2] * len(NAMES)
        with store.reading() as connection:  # in SQL, through the servers of postgres_fdw
            assert connection.scalar(select(func.count()).select_from(models.message)) == 2 * len(NAMES)
    finally:
        store.close()
        for server in (front, primary, other, replica):
            server.stop()
