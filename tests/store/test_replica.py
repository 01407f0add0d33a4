"""A primary and a streaming replica behind one URL: who reads where, and what is left when one goes."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from msglog_tui.errors import StoreError
from msglog_tui.reader import Reader
from msglog_tui.store import audit, copying
from msglog_tui.store.engine import Store
from msglog_tui.store.writes import Writer
from msglog_tui.tui.app import MsglogApp
from msglog_tui.types import Outcome
from tests.archives import NEWEST, ZONE, sample_store
from tests.postgresql import Servers, caught_up, until
from tests.store.records import message
from tests.store.test_totals import window
from tests.tui.conftest import Desk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

ALL = window(0, 4_000_000_000)


class Pair:
    """A primary with the sample archive, its replica, and the URL of both."""

    def __init__(self, servers: Servers, name: str, sample: Store) -> None:
        self.primary = servers.start(f"{name}-primary")
        archive = Store(self.primary.create("log"))
        archive.init()
        with copying.viewed(sample) as view:
            copying.copy(view, archive, lambda _: None)
        archive.close()
        self.replica = servers.replicate(self.primary, f"{name}-replica")
        hosts = ",".join(f"127.0.0.1:{server.port}" for server in (self.primary, self.replica))
        self.store = Store(f"postgresql://postgres@{hosts}/log")

    def catch_up(self) -> None:
        until(lambda: caught_up(self.primary, self.replica))


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return sample_store(tmp_path_factory.mktemp("replicated") / "archive.db")


@pytest.fixture
def pair(request: pytest.FixtureRequest, servers: Servers, sample: Store) -> Iterator[Pair]:
    made = Pair(servers, request.node.name[:20], sample)
    yield made
    made.store.close()
    made.primary.stop()
    made.replica.stop()


def port(store: Store, *, writing: bool = False) -> int:
    with store.writing() if writing else store.reading() as connection:
        return int(connection.exec_driver_sql("SELECT inet_server_port()").scalar_one())


def messages(store: Store) -> int:
    return sum(1 for _ in Reader.of_owner(store, "x").all_messages(ALL))


def test_readers_spare_the_primary_and_writers_find_it(pair: Pair) -> None:
    assert port(pair.store) == pair.replica.port
    assert port(pair.store, writing=True) == pair.primary.port
    before = messages(pair.store)
    with Writer(pair.store) as writer:
        assert writer.messages([message(message_id="new")]) == Outcome(1, 0, 0)
    pair.catch_up()
    assert messages(pair.store) == before + 1


def test_whoever_says_where_to_read_reads_there(pair: Pair) -> None:
    store = Store(f"{pair.store.location}?target_session_attrs=primary")
    assert port(store) == pair.primary.port
    store.close()


def test_a_promoted_replica_is_read_and_written_as_before(pair: Pair) -> None:
    before = messages(pair.store)
    with Writer(pair.store) as writer:
        writer.messages([message(message_id="new")])
    pair.catch_up()
    pair.primary.crash()
    assert messages(pair.store) == before + 1
    with pytest.raises(StoreError), Writer(pair.store) as writer:
        writer.messages([message(message_id="lost")])
    pair.replica.promote()
    with Writer(pair.store) as writer:
        writer.messages([message(message_id="newer")])
    assert messages(pair.store) == before + 2
    assert port(pair.store) == port(pair.store, writing=True) == pair.replica.port


@asynccontextmanager
async def at_desk(pair: Pair, monkeypatch: pytest.MonkeyPatch, login: str) -> AsyncIterator[Desk]:
    monkeypatch.setattr("msglog_tui.dates.today", lambda *_: NEWEST)
    app = MsglogApp(Reader.of(pair.store, login), ZONE)
    async with app.run_test(size=(120, 36)) as pilot:
        desk = Desk(app, pilot)
        await desk.until(lambda: desk.shows("Total sent,"))
        await desk.settled()
        yield desk


async def test_an_open_screen_outlives_the_server_it_reads(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_desk(pair, monkeypatch, "vusi.adams") as desk:
        shown = desk.lines
        pair.replica.crash()
        await desk.press("R")
        await desk.until(lambda: desk.lines == shown)
        assert port(pair.store) == pair.primary.port


async def test_an_open_screen_goes_on_when_a_replica_takes_over(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_desk(pair, monkeypatch, "thandi") as desk:
        await desk.press("w")
        await desk.type("@kwela.example")
        await desk.press("enter")
        await desk.until(lambda: desk.shows("200 deliveries, newest first"))
        pair.catch_up()
        pair.primary.crash()
        pair.replica.crash()  # nobody is there for a moment
        await desk.press("w")
        await desk.type("zanele.davies3@example.com")
        await desk.press("enter")
        await desk.until(lambda: desk.shows("asks again by itself"))
        pair.replica.restart()
        await desk.until(lambda: desk.shows("5 deliveries, newest first"))
        assert not desk.shows("asks again by itself")
        await desk.press("u")  # which has to be written, and there is only a replica
        assert desk.shows("name the primary in the URL")
        pair.replica.promote()
        await desk.press("u")
        await desk.until(lambda: desk.shows("zanele.davies3@example.com   The audit"))
        with pair.store.reading() as connection:
            (line,) = audit.lines(connection, 0, 2**40)
        assert (line.login, line.action) == ("thandi", "reveal")
