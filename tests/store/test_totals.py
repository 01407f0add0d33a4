"""Totals are the sums of the messages, whatever was imported; pages are the sorted messages."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from msglog_tui import dates
from msglog_tui.reader import Reader
from msglog_tui.store import rollup_check
from msglog_tui.store.ladder import CUSTOMER_SPANS, ENTERPRISE_SPANS, FOUR_HOURS, MONTH, cover
from msglog_tui.store.writes import Writer
from msglog_tui.types import Channel, Counts, MessageRecord, Order, Outcome, Traffic, Window
from tests.store.records import message

if TYPE_CHECKING:
    from msglog_tui.store.engine import Store
    from tests.store.conftest import Stores

START = 1_759_000_000
SPAN = 200 * 86_400

records = st.builds(
    message,
    enterprise=st.sampled_from(["Acme", "Globex"]),
    customer=st.sampled_from(["One", "Two", "Three"]),
    message_id=st.sampled_from([f"m{number}" for number in range(12)]),
    subject=st.sampled_from(["A", "b", "Ünder", ""]),
    channel=st.integers(0, 1),
    sent=st.integers(0, 1000),
    failed=st.none() | st.integers(0, 50),
    bounced=st.none() | st.integers(0, 50),
    # Many in the same second, and many around the ends of buckets.
    sent_at=st.integers(START, START + SPAN)
    | st.integers(0, 200).map(lambda day: (START // 86_400 + day) * 86_400)
    | st.integers(0, 7).map(lambda month: (START // MONTH + month) * MONTH)
    | st.integers(0, 300).map(lambda slot: (START // FOUR_HOURS + slot) * FOUR_HOURS - 1),
)
batches = st.lists(st.lists(records, max_size=15), min_size=1, max_size=4)
TOTALS = ("enterprise_traffic", "customer_traffic", "customer_running")
instants = st.integers(START - 86_400, START + SPAN + 86_400)


def window(first: int, after: int) -> Window:
    return Window(date(2025, 1, 1), date(2025, 1, 1), "UTC", first, after)


def recount(messages: list[MessageRecord]) -> Traffic:
    traffic = Traffic()
    for record in messages:
        counts = Counts(
            sent=record.sent,
            failed=record.failed or 0,
            bounced=record.bounced or 0,
            messages=1,
            failed_unknown=int(record.failed is None),
            bounced_unknown=int(record.bounced is None),
        )
        traffic += Traffic(email=counts) if record.channel == Channel.EMAIL else Traffic(sms=counts)
    return traffic


def dump(store: Store) -> list[tuple[object, ...]]:
    with store.reading() as connection:
        return [
            tuple(row)
            for table in ("message", *TOTALS, "customer", "enterprise")
            for row in connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1, 2, 3")
        ]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(batches, st.tuples(instants, instants).map(sorted))
def test_totals_are_what_a_recount_says(
    stores: Stores, given_batches: list[list[MessageRecord]], bounds: list[int]
) -> None:
    kept: dict[tuple[str, str], MessageRecord] = {}
    with stores() as store:
        with Writer(store) as writer:
            for batch in given_batches:
                added = changed = unchanged = 0
                for record in batch:
                    key = (record.enterprise, record.message_id)
                    if key not in kept:
                        added += 1
                    elif kept[key] == record:
                        unchanged += 1
                    else:
                        changed += 1
                    kept[key] = record
                outcome = writer.messages(batch)
                assert sum(outcome) == len(batch)
                assert outcome.added == added
                if len({record.message_id for record in batch}) == len(batch):
                    assert outcome == Outcome(added, changed, unchanged)
        asked = window(*bounds)
        inside = [record for record in kept.values() if asked.first <= record.sent_at < asked.after]
        reader = Reader.of_owner(store, "x")
        for enterprise in reader.enterprises(asked, Order.DATE):
            mine = [record for record in inside if record.enterprise == enterprise.name]
            assert enterprise.traffic == recount(mine)
            for customer in reader.customers(asked, enterprise.id, None):
                theirs = [record for record in mine if record.customer == customer.name]
                assert customer.traffic == recount(theirs)
                assert reader.anchors(asked, enterprise.id, customer.id).count == len(theirs)
            customers = {row.id: row.traffic.sms.sent for row in reader.customers(asked, enterprise.id, None)}
            by_volume = [customers[id_] for id_ in reader.customer_ids(asked, enterprise.id, Order.SMS)]
            assert by_volume == sorted(customers.values(), reverse=True)
        with store.reading() as connection:
            for enterprise_id, _ in rollup_check.enterprises(connection):
                assert list(rollup_check.differences(connection, enterprise_id)) == []
        before = dump(store)
        with Writer(store) as writer:
            again = writer.messages(list(kept.values()))
        assert again == Outcome(0, 0, len(kept))
        assert dump(store) == before


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.integers(0, 3 * 86_400), max_size=30),
    st.tuples(instants, instants).map(sorted),
    st.integers(1, 7),
)
def test_pages_are_the_sorted_messages(
    stores: Stores, offsets: list[int], bounds: list[int], size: int
) -> None:
    with stores() as store:
        with Writer(store) as writer:
            writer.messages(
                [message(message_id=f"{n:03}", sent_at=START + off) for n, off in enumerate(offsets)]
            )
        reader = Reader.of_owner(store, "x")
        asked = window(*bounds)
        naive = sorted(reader.all_messages(asked), key=lambda row: (-row.sent_at, -row.id))
        assert len(naive) == sum(asked.first <= START + off < asked.after for off in offsets)
        if not offsets:
            return
        anchors = reader.anchors(asked, 1, 1)
        assert anchors.count == len(naive)
        for row in range(0, len(naive), size):
            assert reader.messages_from(asked, 1, 1, row, size, anchors) == naive[row : row + size]
        for row, found in enumerate(naive):
            assert reader.message_row(asked, 1, 1, found.id, anchors) == row


@given(instants, instants, st.sampled_from([ENTERPRISE_SPANS, CUSTOMER_SPANS]))
def test_pieces_cover_a_window_without_gap_or_overlap(first: int, after: int, spans: tuple[int, ...]) -> None:
    at = first
    for piece in cover(first, after, spans):
        assert piece.span in (0, *spans)
        width = piece.span or 1
        assert piece.first * width == at
        assert piece.after > piece.first
        at = piece.after * width
    assert at == max(first, after) or first >= after
    assert len(cover(first, after, spans)) <= 2 * len(spans) + 1


WINDOWS = [
    ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04T03:00", "2018-11-05T02:00"),
    ("Asia/Beirut", date(2023, 3, 26), "2023-03-25T22:00", "2023-03-26T21:00"),
    ("Africa/Cairo", date(2023, 4, 28), "2023-04-27T22:00", "2023-04-28T21:00"),
    ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00", "2011-12-30T10:00"),
    ("Europe/London", date(2025, 10, 26), "2025-10-25T23:00", "2025-10-27T00:00"),
    ("America/Havana", date(2025, 11, 2), "2025-11-02T04:00", "2025-11-03T05:00"),
    ("Atlantic/Azores", date(2025, 10, 26), "2025-10-26T00:00", "2025-10-27T01:00"),
    ("Australia/Lord_Howe", date(2025, 10, 5), "2025-10-04T13:30", "2025-10-05T13:00"),
]


@pytest.mark.parametrize(("zone", "day", "first", "after"), WINDOWS)
def test_a_day_counts_what_was_sent_on_it_to_the_second(
    store: Store, zone: str, day: date, first: str, after: str
) -> None:
    ends = [dates.parse_instant(f"{instant}Z", None) for instant in (first, after)]
    # A second to each side of both ends; each amount tells which ones were counted.
    sent = {ends[0] - 1: 1, ends[0]: 10, ends[1] - 1: 100, ends[1]: 1000}
    inside = sum(amount for at, amount in sent.items() if ends[0] <= at < ends[1])
    with Writer(store) as writer:
        writer.messages([message(message_id=str(at), sent_at=at, sent=sent[at]) for at in sent])
    reader = Reader.of_owner(store, "x")
    asked = dates.window(day, day, zone)
    (enterprise,) = reader.enterprises(asked, Order.DATE)
    (customer,) = reader.customers(asked, None, None)
    assert enterprise.traffic.email.sent == customer.traffic.email.sent == inside
    assert sum(row.sent for row in reader.all_messages(asked)) == inside
    whole = dates.window(day - timedelta(days=3), day + timedelta(days=3), zone)
    assert reader.enterprises(whole, Order.DATE)[0].traffic.email.sent == sum(sent.values())


def test_a_wrong_total_is_named_and_repaired(store: Store) -> None:
    with Writer(store) as writer:
        writer.messages([message(), message(message_id="m2", customer="Other", sent=7)])
    with store.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE customer_traffic SET email_sent = 99 WHERE span = 86400 AND email_sent = 7"
        )
        connection.exec_driver_sql(f"DELETE FROM enterprise_traffic WHERE span = {FOUR_HOURS}")
    with store.reading() as connection:
        found = list(rollup_check.differences(connection, 1))
    assert [(d.kept, d.counted) for d in found if d.customer == "Other"] == [(99, 7)]
    assert {(d.enterprise, d.span, d.counter, d.kept, d.counted) for d in found if not d.customer} >= {
        ("Acme", FOUR_HOURS, "email_sent", 0, 107),
        ("Acme", FOUR_HOURS, "email_messages", 0, 2),
    }
    with store.writing() as connection:
        rollup_check.rebuild(connection, 1)
    with store.reading() as connection:
        assert list(rollup_check.differences(connection, 1)) == []


def test_a_wrong_running_total_is_named_where_it_goes_wrong(store: Store) -> None:
    months = [START // MONTH + number for number in range(3)]
    with Writer(store) as writer:
        for month, sent in zip(months, (10, 200, 3000), strict=True):
            writer.messages([message(message_id=str(month), sent_at=month * MONTH, sent=sent)])
    with store.writing() as connection:
        connection.exec_driver_sql(
            f"UPDATE customer_running SET email_sent = email_sent + 5 WHERE bucket >= {months[1]}"
        )
        connection.exec_driver_sql(f"DELETE FROM customer_running WHERE bucket = {months[0]}")
    with store.reading() as connection:
        found = [d for d in rollup_check.differences(connection, 1) if d.counter == "email_sent"]
    # The first is missing, so that the next seems to hold its month as well.
    assert [(d.customer, d.span, d.start // MONTH, d.kept, d.counted) for d in found] == [
        ("Acme Retail", MONTH, months[0], 0, 10),
        ("Acme Retail", MONTH, months[1], 10 + 200 + 5, 200),
    ]
    with store.writing() as connection:
        rollup_check.rebuild(connection, 1)
    with store.reading() as connection:
        assert list(rollup_check.differences(connection, 1)) == []
