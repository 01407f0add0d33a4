"""What is removed leaves exact totals behind, at any moment and for good."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from msglog_tui import dates
from msglog_tui.delivery import DeliveryRecord, DeliveryStatus
from msglog_tui.reader import Reader
from msglog_tui.store import delivery_removal, retention, rollup_check
from msglog_tui.store.ladder import QUARTER
from msglog_tui.store.writes import Writer
from msglog_tui.types import MessageRecord, Order, Outcome, Position, Traffic, Window
from tests.store.records import message
from tests.store.test_totals import START, batches, window

if TYPE_CHECKING:
    from msglog_tui.store.engine import Store
    from tests.store.conftest import Stores

GRID = retention.on_grid(START)

# On the grid, around the times of the messages.
bounds = st.integers(START // QUARTER - 200, START // QUARTER + 600).map(lambda quarter: quarter * QUARTER)


def remove(store: Store, before: int, *, steps: int = 1_000, limit: int = 3) -> int:
    """Remove messages in small transactions, at most so many of them; says how many messages went."""
    gone = 0
    with store.writing() as connection:
        retention.begin(connection, before)
    remove_deliveries(store, before, limit=limit, messages=True)
    with store.reading() as connection:
        enterprises = rollup_check.enterprises(connection)
    for enterprise_id, _ in enterprises:
        for _ in range(steps):
            with store.writing() as connection:
                some = retention.settle(connection, enterprise_id, before, limit)
            gone += some
            if some < limit:
                break
    with store.writing() as connection:
        retention.end(connection, before)
    return gone


def remove_deliveries(
    store: Store, before: int, *, steps: int = 1_000, limit: int = 3, messages: bool = False
) -> int:
    """Remove deliveries in so many small transactions for each enterprise; says how many went."""
    gone = 0
    with store.writing() as connection:
        retention.begin(connection, before, messages=messages)
    with store.reading() as connection:
        enterprises = rollup_check.enterprises(connection)
    for enterprise_id, _ in enterprises:
        place: Position | None = Position(0, 0)
        for _ in range(steps):
            if place is None:
                break
            with store.writing() as connection:
                some, place = delivery_removal.remove(connection, enterprise_id, before, place, limit)
            gone += some
    for part in range(5):
        with store.writing() as connection:
            delivery_removal.forget_keys(connection, before, part, 5)
    return gone


def totals(store: Store, asked: Window) -> list[tuple[str, str, Traffic]]:
    reader = Reader.of_owner(store, "x")
    found = [(row.name, "", row.traffic) for row in reader.enterprises(asked, Order.DATE)]
    return found + [(row.enterprise, row.name, row.traffic) for row in reader.customers(asked, None, None)]


def assert_sound(store: Store) -> None:
    with store.reading() as connection:
        for enterprise_id, _ in rollup_check.enterprises(connection):
            assert list(rollup_check.differences(connection, enterprise_id)) == []


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(batches, st.tuples(bounds, bounds).map(sorted), bounds, st.integers(0, 3))
def test_totals_stay_exact_whenever_it_is_stopped(
    stores: Stores, given_batches: list[list[MessageRecord]], ends: list[int], before: int, steps: int
) -> None:
    asked = window(*ends)
    with stores() as store:
        with Writer(store) as writer:
            for batch in given_batches:
                writer.messages(batch)
        expected = totals(store, asked)
        there = list(Reader.of_owner(store, "x").all_messages(window(START - 10**8, START + 10**8)))
        removed = remove(store, before, steps=steps)
        assert totals(store, asked) == expected
        assert_sound(store)
        removed += remove(store, before)
        assert totals(store, asked) == expected
        assert_sound(store)
        left = list(Reader.of_owner(store, "x").all_messages(window(START - 10**8, START + 10**8)))
        assert left == [row for row in there if row.sent_at >= before]
        assert removed == len(there) - len(left)

        with store.writing() as connection:
            for enterprise_id, _ in rollup_check.enterprises(connection):
                rollup_check.rebuild(connection, enterprise_id)
        assert totals(store, asked) == expected

        # What comes again is in the totals already.
        with Writer(store) as writer:
            for batch in given_batches:
                outcome = writer.messages(batch)
                assert outcome.late == sum(record.sent_at < before for record in batch)
        assert_sound(store)


def test_a_local_day_that_begins_within_a_utc_day_keeps_its_totals(store: Store) -> None:
    midnight = dates.first_instant(date(2025, 10, 8), "Africa/Johannesburg")
    sent = {midnight - 1: 1, midnight: 10, midnight + 86_399: 100, midnight + 86_400: 1000}
    with Writer(store) as writer:
        writer.messages([message(message_id=str(at), sent_at=at, sent=sent[at]) for at in sent])
    assert remove(store, retention.on_grid(midnight + 10 * 86_400)) == 4
    day = dates.window(date(2025, 10, 8), date(2025, 10, 8), "Africa/Johannesburg")
    assert [traffic.email.sent for _, _, traffic in totals(store, day)] == [110, 110]


def test_a_customer_has_as_many_rows_as_there_are_messages(store: Store) -> None:
    with Writer(store) as writer:
        writer.messages([message(message_id=str(n), sent_at=GRID + n * 5_000) for n in range(100)])
    before = retention.on_grid(GRID + 40 * 5_000)
    removed = remove(store, before)
    asked = window(GRID, GRID + 900_000)
    reader = Reader.of_owner(store, "x")
    anchors = reader.anchors(asked, 1, 1)
    assert anchors.count == 100 - removed
    assert anchors.detail_from == before
    assert len(reader.messages_from(asked, 1, 1, 0, 200, anchors)) == anchors.count
    assert reader.anchors(window(before, GRID + 900_000), 1, 1).detail_from is None
    assert reader.anchors(window(GRID, before - 1), 1, 1).count == 0
    overview = reader.overview(asked, 1, 1)
    assert (overview.removed, overview.detail_from) == (removed, before)
    assert overview.tallied == overview.traffic.messages - removed
    assert overview.first_at is not None
    assert overview.first_at >= before
    assert len(reader.find(asked, "spring").hits) == anchors.count


def test_repair_keeps_the_totals_of_what_was_removed(store: Store) -> None:
    with Writer(store) as writer:
        writer.messages(
            [message(), message(message_id="m2", customer="Other", sent=7, sent_at=1_760_900_000)]
        )
    asked = window(GRID - 900_000, GRID + 9_000_000)
    expected = totals(store, asked)
    assert remove(store, 1_760_000_000 + 900 - 1_760_000_000 % 900) >= 1
    with store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM enterprise_traffic")
        connection.exec_driver_sql("UPDATE customer_traffic SET email_sent = 9")
    assert totals(store, asked) != expected
    with store.writing() as connection:
        rollup_check.rebuild(connection, 1)
    assert totals(store, asked) == expected
    assert_sound(store)


def test_the_time_without_detail_only_grows(store: Store) -> None:
    with Writer(store) as writer:
        writer.messages([message()])
    before = retention.on_grid(1_760_000_000 + 900)
    remove(store, before)
    remove(store, before - 86_400)
    assert Reader.of_owner(store, "x").detail_from() == before
    with Writer(store) as writer:
        assert writer.messages([message(), message(message_id="m9", sent_at=before)]) == Outcome(
            1, 0, 0, late=1
        )


def test_deliveries_go_with_their_message(store: Store) -> None:
    with Writer(store) as writer:
        writer.messages([message(message_id="plain", sent_at=GRID)])
        writer.deliveries([delivery(f"old{n}", GRID + 60) for n in range(7)])
        writer.deliveries([delivery(f"new{n}", GRID + 900_000) for n in range(5)])
    asked = window(GRID - 900_000, GRID + 9_000_000)
    expected = totals(store, asked)
    reader = Reader.of_owner(store, "x")
    assert len(reader.find_people("old1@example.com", None, 10).deliveries) == 1
    assert remove(store, GRID + 900) == 2
    assert totals(store, asked) == expected
    assert_sound(store)
    assert {row.recipient for row in reader.all_deliveries(asked, None)} == {
        f"new{n}@example.com" for n in range(5)
    }
    assert not reader.find_people("old1@example.com", None, 10).deliveries
    assert len(reader.find_people("@example.com", None, 50).deliveries) == 5
    with Writer(store) as writer:
        assert writer.deliveries([delivery("old1", GRID + 60)]) == Outcome(0, 0, 0, late=1)
        assert writer.deliveries([delivery("new1", GRID + 900_000)]) == Outcome(0, 0, 1)


def delivery(who: str, sent_at: int) -> DeliveryRecord:
    return DeliveryRecord(
        enterprise="Acme",
        customer="Acme Retail",
        source="test",
        delivery_id=who,
        recipient=f"{who}@example.com",
        channel=0,
        status=DeliveryStatus.BOUNCED,
        at=sent_at + 5,
        code="5.1.1",
        reason="no such user",
        message_id="",
        campaign=f"Campaign of {sent_at}",
        subject="Hello",
        sent_at=sent_at,
        sent_by="thandi",
        lists=(),
    )
