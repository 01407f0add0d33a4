"""An archive spread over three servers says the same as one in a file."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from sqlalchemy import select

from msglog_tui.cli import main
from msglog_tui.delivery import DeliveryRecord, DeliveryStatus, FailureGrouping, FailurePlace, Recipients
from msglog_tui.errors import Refusal
from msglog_tui.reader import Reader
from msglog_tui.store import access, copying, models, rollup_check, sharding
from msglog_tui.store.engine import Store
from msglog_tui.store.queries import search
from msglog_tui.store.writes import Writer
from msglog_tui.types import MessageRecord, Order, Outcome, Role
from tests.store.records import delivery, message, transaction
from tests.store.test_totals import window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from msglog_tui.delivery import Delivery, Found
    from msglog_tui.types import Message
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


DELIVERIES: list[DeliveryRecord] = [
    delivery(
        enterprise=f"Enterprise {number % 5}",
        customer=f"Customer {number % 3}",
        delivery_id=f"d{number // 2}",
        recipient=f"person{number % 7}@{('example.com', 'example.org')[number % 2]}",
        status=list(DeliveryStatus)[number % 8],
        at=AT + number * 40_009,
        sent_at=AT + number // 20 * 1_000_000,  # many in one second
        code=("", "5.1.1")[number % 2],
        reason=f"mailbox {number % 4 * 11_111} is full",
        message_id="" if number % 3 else f"m{number // 4}",
        sent_by="thandi",
    )
    for number in range(160)
]


def fill(writer: Writer | sharding.ShardedWriter) -> None:
    for first in range(0, len(RECORDS), 200):
        writer.messages(RECORDS[first : first + 200])
    writer.transactions([transaction(enterprise=f"Enterprise {number}") for number in range(5)])
    for first in range(0, len(DELIVERIES), 150):
        writer.deliveries(DELIVERIES[first : first + 150])


@pytest.fixture(scope="module")
def front(servers: Servers) -> Iterator[Store]:
    """The front of a sharded archive with all records."""
    coordinator, *shards = (servers.start(name) for name in ("front", "shard-0", "shard-1", "shard-2"))
    made = Store(coordinator.create("log"))
    sharding.make(made, [server.create("log") for server in shards])
    with sharding.writer_of(made) as writer:
        assert isinstance(writer, sharding.ShardedWriter)
        fill(writer)
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
        fill(writer)
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
                ids = [row.id for row in page]
                for owner in (None, enterprise.id):
                    assert [row.id for row in reader.messages_by_id(owner, ids)] == ids
                found += [deliveries_of(reader, row) for row in page[:3]]
        found += [(row.enterprise, row.external_id, row.sent) for row in reader.all_messages(asked)]
        found += [(row.enterprise, row.credits) for row in reader.all_transactions(asked, None, None, None)]
        found.append([hit.subject for hit in reader.find(asked, "sale 12").hits])
        found += [list(map(seen, reader.all_deliveries(asked, None)))]
    for asked in WINDOWS[:1]:
        for by in FailureGrouping:
            groups = reader.failures(asked, FailurePlace(), by)
            found.append(groups)
            for group in groups:
                behind = partial(reader.failed_deliveries, asked, FailurePlace(), by, group.label)
                found.append(sorted(map(seen, pages(behind))))
    for person in ("person3@example.org", "@example.com", "nobody@example.com"):
        found.append(sorted(map(seen, pages(partial(reader.find_people, person)))))
    found.append(sorted(message.subject for message in reader.messages_named("m3")))
    return found


def pages(ask: Callable[[tuple[int, int] | None, int], Found]) -> Iterator[Delivery]:
    """All deliveries that are found page by page, of which each is the newest of the rest."""
    after, last = None, 2**62
    while True:
        page = ask(after, 7)
        for each in page.deliveries:
            assert each.id < last
            last = each.id
            yield each
        after = page.more
        if after is None:
            return
        assert len(page.deliveries) == 7


def seen(of: Delivery) -> tuple[Any, ...]:
    """What is to be seen of a delivery, without numbers."""
    return (of.enterprise, of.customer, of.message, of.delivery_id, of.recipient, of.sent_at, *of.history)


def deliveries_of(reader: Reader, of: Message) -> list[Any]:
    """All that is said of the deliveries of a message."""
    recipients = Recipients(of.enterprise_id, of.customer_id, of.id, None)
    rows = reader.deliveries_from(recipients, 0, 50)
    assert [reader.delivery_row(recipients, row.id) for row in rows] == [*range(len(rows))]
    assert list(reader.deliveries_of(recipients))[:50] == rows
    return [
        reader.count_deliveries(recipients),
        reader.delivery_summary(of.enterprise_id, of.customer_id, of.id),
        sorted(map(seen, rows)),
    ]


def test_it_says_what_one_archive_says(front: Store, single: Store) -> None:
    assert told(front) == told(single)


def test_every_enterprise_lies_on_one_shard_with_its_totals(front: Store) -> None:
    held = []
    for shard in sharding.shards_of(front):
        with shard.reading() as connection:
            here = rollup_check.enterprises(connection)
            for enterprise_id, _ in here:
                assert list(rollup_check.differences(connection, enterprise_id)) == []
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


def test_of_more_than_anybody_reads_the_newest_of_all_shards_are_found(front: Store) -> None:
    everything = Reader.of_owner(front, "x").find(WINDOWS[0], "sale")
    assert not everything.more
    with patch.object(search, "MOST", 5):
        found = Reader.of_owner(front, "x").find(WINDOWS[0], "sale")
    assert found.hits == everything.hits[:5]
    assert found.more


def test_shards_are_empty_servers(front: Store, single: Store, database: str) -> None:
    with pytest.raises(Refusal, match="not empty"):
        sharding.make(front, [database])
    with pytest.raises(Refusal, match="file"):
        sharding.make(single, [database])
    assert sharding.shards_of(single) == []
    assert sharding.parts_of(single) == [single]


def test_old_deliveries_go_from_every_shard_and_stay_away(
    front: Store, single: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MSGLOG_TIME_ZONE", "UTC")
    before = told(front)
    removed = []
    for store in (front, single):
        assert main(["--store", store.location, "retain", "--before", "2025-11-01", "--deliveries"]) == 0
        removed.append(capsys.readouterr().out)
    assert removed[0] == removed[1]
    assert not removed[0].startswith("0 ")
    left = told(front)
    assert left == told(single) != before
    horizons = {Reader.of_owner(store, "x").deliveries_kept_from() for store in (front, single)}
    assert len(horizons) == 1
    assert horizons != {None}
    with sharding.writer_of(front) as writer:
        assert writer.deliveries(DELIVERIES[:20]).late > 0
    assert told(front) == left
    assert main(["--store", front.location, "check"]) == 0


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
    with copying.viewed(front) as view:
        copying.copy(view, copied, lambda _: None)
    assert told(copied) == told(single)
    copied.close()


def test_a_sharded_archive_is_copied_into_other_shards_and_goes_on(
    front: Store, servers: Servers, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "BATCH", 100)
    with sharding.changing_users(front) as connection:
        access.add_user(
            connection,
            login="thandi",
            name="Thandi",
            role=Role.OPERATOR,
            enterprise=None,
            customer=None,
            time_zone="",
        )
    server = servers.start("wider")  # the databases of one server
    wider, single, back = (Store(server.create(name)) for name in ("front", "single", "back"))
    sharding.make(wider, [server.create(f"shard_{number}") for number in range(5)])
    sharding.make(back, [server.create(f"back_{number}") for number in range(2)])
    single.init()
    before = told(front)
    for source, target in ((front, wider), (wider, single), (single, back)):
        with pytest.raises(KeyboardInterrupt):
            copy_some(source, target, 14)
        assert main(["copy", source.location, target.location]) == 0
        assert "Every total is the same" in capsys.readouterr().out
        assert main(["--store", target.location, "check"]) == 0
    assert told(back) == before
    later = [
        record._replace(enterprise=f"Enterprise {number % 7}", message_id=f"later {number}")
        for number, record in enumerate(RECORDS[::4])
    ]
    arrived = [record._replace(delivery_id=f"later {record.delivery_id}") for record in DELIVERIES[::2]]
    answers = []
    for store in (wider, back, front):
        with sharding.writer_of(store) as writer:
            writer.messages(later)
            writer.deliveries(arrived)
        answers.append(told(store))
    assert answers[0] != before
    assert all(answer == answers[0] for answer in answers)
    for store in (wider, back):
        for table in (models.message, models.delivery, models.delivery_context, models.transaction):
            with store.reading() as connection:
                ids = connection.scalars(select(table.c.id)).all()
            assert len(ids) == len(set(ids)) > 0, table
    for store in (wider, single, back):
        store.close()
    server.stop()


def copy_some(source: Store, target: Store, steps: int) -> None:
    """Copy, and give up after so many steps."""

    def count(_: copying.Step) -> None:
        nonlocal steps
        steps -= 1
        if not steps:
            raise KeyboardInterrupt

    with copying.viewed(source) as view:
        copying.copy(view, target, count)


def test_what_differs_between_shards_is_named(front: Store, tmp_path: Path) -> None:
    copied = Store(str(tmp_path / "copy.db"))
    copied.create()
    with copying.viewed(front) as view:
        copying.copy(view, copied, lambda _: None)
        with copied.writing() as connection:
            connection.execute(models.message.update().values(sent=models.message.c.sent + 1))
        with copying.viewed(copied) as other:
            assert [table.name for table in copying.TABLES if copying.differs(view, other, table)] == [
                "message"
            ]
    copied.close()
