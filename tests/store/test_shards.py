"""An archive spread over three servers says the same as one in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from msglog_tui.cli import main
from msglog_tui.errors import Refusal
from msglog_tui.reader import Reader
from msglog_tui.store import copying, rollups, sharding
from msglog_tui.store.engine import Store
from msglog_tui.store.writes import Writer
from msglog_tui.types import MessageRecord, Order, Outcome
from tests.store.records import message, transaction
from tests.store.test_totals import window

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgresql import Servers

AT = 1_760_000_000
WINDOWS = [window(AT - 10**7, AT + 10**9), window(AT + 3_333_333, AT + 20_000_000)]

RECORDS: list[MessageRecord] = [
    message(
        enterprise=f"Enterprise {number % 5}",
        customer=f"Customer {number % 3}",
        message_id=f"m{number // 2}",
        subject=f"Sale {number}",
        channel=number % 2,
        sent=number,
        failed=None if number % 5 else 3,
        sent_at=AT + number * 170_003,
    )
    for number in range(300)
]


@pytest.fixture(scope="module")
def front(servers: Servers) -> Iterator[Store]:
    """The front of a sharded archive with all records."""
    coordinator, *shards = (servers.start(name) for name in ("front", "shard-0", "shard-1", "shard-2"))
    made = Store(coordinator.create("log"))
    sharding.make(made, [server.create("log") for server in shards])
    with sharding.writer_of(made) as writer:
        assert isinstance(writer, sharding.ShardedWriter)
        for first in range(0, len(RECORDS), 200):
            writer.messages(RECORDS[first : first + 200])
        writer.transactions([transaction(enterprise=f"Enterprise {number}") for number in range(5)])
    yield made
    made.close()
    for server in (coordinator, *shards):
        server.stop()


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The same in a file."""
    made = Store(str(tmp_path_factory.mktemp("single") / "single.db"))
    made.create()
    with Writer(made) as writer:
        writer.messages(RECORDS)
        writer.transactions([transaction(enterprise=f"Enterprise {number}") for number in range(5)])
    yield made
    made.close()


def told(store: Store) -> list[Any]:
    """All that the tree, the preview and the filter say, with names for numbers."""
    reader = Reader.of_owner(store, "x")
    found: list[Any] = []
    for asked in WINDOWS:
        found += [[row.name for row in reader.enterprises(asked, order)] for order in Order]
        for enterprise in reader.enterprises(asked, Order.NAME):
            found.append((enterprise.name, enterprise.traffic))
            overview = reader.overview(asked, enterprise.id, None)
            found.append((overview.traffic, overview.first_at, overview.last_at, overview.senders))
            for customer in reader.customers(asked, enterprise.id, None):
                anchors = reader.anchors(asked, enterprise.id, customer.id)
                page = reader.messages_from(asked, enterprise.id, customer.id, 1, 20, anchors)
                found.append((customer.name, customer.traffic, anchors.count))
                found.append([(row.external_id, row.sent, row.sent_at) for row in page])
                assert [row.id for row in reader.messages_by_id([row.id for row in page])] == [
                    row.id for row in page
                ]
        found += [(row.enterprise, row.external_id, row.sent) for row in reader.all_messages(asked)]
        found += [(row.enterprise, row.credits) for row in reader.all_transactions(asked, None, None, None)]
        found.append(sorted(hit.subject for hit in reader.find(asked, "sale 12").hits))
    return found


def test_it_says_what_one_archive_says(front: Store, single: Store) -> None:
    assert told(front) == told(single)


def test_every_enterprise_lies_on_one_shard_with_its_totals(front: Store) -> None:
    held = []
    for shard in sharding.shards_of(front):
        with shard.reading() as connection:
            here = rollups.enterprises(connection)
            for enterprise_id, _ in here:
                assert list(rollups.differences(connection, enterprise_id)) == []
            held.append({name for _, name in here})
        shard.close()
    assert all(held)
    assert sum(map(len, held)) == len(set().union(*held)) == 5


def test_what_comes_again_changes_nothing_and_what_changed_is_moved(front: Store, single: Store) -> None:
    before = told(front)
    latest = list({(record.enterprise, record.message_id): record for record in RECORDS}.values())
    with sharding.writer_of(front) as writer:
        assert writer.messages(latest) == Outcome(0, 0, len(latest))
    assert told(front) == before
    changed = [record._replace(sent=record.sent + 1, sent_at=record.sent_at + 10**6) for record in latest]
    for store in (front, single):
        with sharding.writer_of(store) as writer:
            assert writer.messages(changed) == Outcome(0, len(changed), 0)
    assert told(front) == told(single) != before


def test_a_rehearsal_leaves_no_trace(front: Store) -> None:
    before = told(front)
    with sharding.writer_of(front, rehearsal=True) as writer:
        assert writer.messages([message(enterprise="New", message_id="n")]).added == 1
    assert told(front) == before


def test_an_enterprise_is_asked_where_it_lies(front: Store, single: Store) -> None:
    expected = {
        row.name: row.traffic for row in Reader.of_owner(single, "x").enterprises(WINDOWS[0], Order.NAME)
    }
    for enterprise in Reader.of_owner(front, "x").enterprises(WINDOWS[0], Order.NAME):
        near = front.near(enterprise.id)
        assert near is not front
        there = Reader.of_owner(near, "x").enterprises(WINDOWS[0], Order.NAME)
        assert {row.name: row.traffic for row in there}[enterprise.name] == expected[enterprise.name]
    assert single.near(1) is single


def test_shards_are_empty_servers(front: Store, single: Store, database: str) -> None:
    with pytest.raises(Refusal, match="not empty"):
        sharding.make(front, [database])
    with pytest.raises(Refusal, match="file"):
        sharding.make(single, [database])
    assert sharding.shards_of(single) == []
    assert sharding.parts_of(single) == [single]


def test_old_messages_go_from_every_shard(
    front: Store, single: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MSGLOG_TIME_ZONE", "UTC")
    before = told(front)
    removed = []
    for store in (front, single):
        assert main(["--store", store.location, "retain", "--before", "2025-12-01"]) == 0
        removed.append(capsys.readouterr().out)
    assert removed[0] == removed[1]
    assert not removed[0].startswith("0 ")
    assert told(front) == told(single) != before
    assert main(["--store", front.location, "check"]) == 0
    with sharding.writer_of(front) as writer:
        assert writer.messages([RECORDS[0]]).late == 1


def test_a_sharded_archive_is_copied_into_one(front: Store, single: Store, tmp_path: Path) -> None:
    copied = Store(str(tmp_path / "copy.db"))
    copied.create()
    with front.reading(seconds=None) as connection:
        copying.copy(connection, copied, lambda _: None)
    assert told(copied) == told(single)
    copied.close()
