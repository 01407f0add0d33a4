"""The store ends the same whatever came first, twice or late; and it ends as a naive recount says."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.engine import Engine

from msglog_tui.delivery import (
    FINAL,
    LEFT,
    NEVER_LEFT,
    Delivery,
    DeliveryRecord,
    DeliveryStatus,
    FailureGrouping,
    FailurePlace,
    Recipients,
)
from msglog_tui.reader import Reader
from msglog_tui.recipients import address, normal
from msglog_tui.store import delivery_blocks, delivery_check, people_index, rollup_check
from msglog_tui.store.queries.deliveries import ORDER
from msglog_tui.store.writes import Writer
from msglog_tui.types import MessageRecord, Outcome, Window
from tests.store.records import delivery, message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from msglog_tui.store.engine import Store
    from tests.store.conftest import Stores

MIDNIGHT = 1_760_054_400
"""The first instant of a UTC day: what is sent around it belongs to two."""


@pytest.fixture(autouse=True)
def short_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let lists of a few deliveries be large ones."""
    monkeypatch.setattr(delivery_blocks, "SIZE", 2)
    monkeypatch.setattr(delivery_blocks, "LARGE", 4)


ALL = Window(date(2025, 1, 1), date(2025, 1, 1), "UTC", 0, 4_000_000_000)

instants = st.integers(MIDNIGHT - 4, MIDNIGHT + 4)
records = st.builds(
    delivery,
    enterprise=st.sampled_from(["Acme", "Globex"]),
    customer=st.sampled_from(["One", "Two"]),
    source=st.sampled_from(["ses", "sendgrid"]),
    delivery_id=st.sampled_from(["d1", "d2", "d3"]),
    recipient=st.sampled_from(
        ["Bob@example.com", "bob@EXAMPLE.com", "Bob <bob@example.com>", "+27 83 123 4567"]
    ),
    channel=st.integers(0, 1),
    status=st.sampled_from(DeliveryStatus),
    at=instants,
    code=st.sampled_from(["", "5.1.1"]),
    reason=st.sampled_from(
        ["", "550 <bob@example.com> unknown 1a2b3c", "550 <x@y.com> unknown 9f8e7d", "full"]
    ),
    message_id=st.sampled_from(["", "", "", "m1", "m2"]),
    campaign=st.sampled_from(["", "Spring", "Autumn"]),
    subject=st.sampled_from(["", "Sale", "News"]),
    sent_at=st.none() | instants,
    sent_by=st.sampled_from(["", "thandi", "lerato"]),
    lists=st.sampled_from([(), ("VIP",), ("Newsletter", "VIP")]),
)
told_messages = st.builds(
    message,
    enterprise=st.sampled_from(["Acme", "Globex"]),
    customer=st.sampled_from(["One", "Three"]),
    message_id=st.sampled_from(["m1", "m2"]),
    subject=st.sampled_from(["Sale", "Told"]),
    channel=st.integers(0, 1),
    sent=st.integers(0, 9),
    bounced=st.none() | st.integers(0, 9),
    sent_at=instants,
)
imports = st.tuples(
    st.lists(records, max_size=14),
    # Of one message a store keeps what was told last: here each is told one thing.
    st.lists(told_messages, max_size=3, unique_by=lambda record: (record.enterprise, record.message_id)),
)


def fill(store: Store, told: Sequence[DeliveryRecord | MessageRecord], chance: Random) -> None:
    """Store records in batches of chance sizes."""
    left = list(told)
    with Writer(store) as writer:
        while left:
            kind = type(left[0])
            size = chance.randint(1, 5)
            batch = []
            while left and len(batch) < size and isinstance(left[0], kind):
                batch.append(left.pop(0))
            if kind is DeliveryRecord:
                assert sum(writer.deliveries(batch)) == len(batch)
            else:
                writer.messages(batch)


def dump(store: Store) -> dict[str, Any]:
    """All that a store holds, but for the numbers it gave."""
    counters = ", ".join(
        f"{channel}_{name}"
        for channel in ("email", "sms")
        for name in ("sent", "failed", "bounced", "messages")
    )
    questions = {
        "messages": """
            SELECT e.name, c.name, m.external_id, subject, channel, sent, failed, bounced, sent_at, sent_by,
                   lists
            FROM message m JOIN enterprise e ON e.id = m.enterprise_id JOIN customer c ON c.id = m.customer_id
        """,
        "contexts": """
            SELECT e.name, c.name, m.external_id, x.channel, source, told_message, campaign, x.subject,
                   x.sent_by, x.lists, deliveries
            FROM delivery_context x LEFT JOIN message m ON m.id = x.message_id
            JOIN customer c ON c.id = x.customer_id JOIN enterprise e ON e.id = x.enterprise_id
        """,
        "outcomes": """
            SELECT e.name, m.external_id, queued, deferred, o.sent, delivered, o.bounced, o.failed, rejected,
                   complained, given, given_sent, given_failed, given_bounced
            FROM message_outcome o LEFT JOIN message m ON m.id = o.message_id
            LEFT JOIN enterprise e ON e.id = m.enterprise_id
        """,
        "tallies": """
            SELECT e.name, m.external_id, status, code, template, deliveries
            FROM delivery_tally t LEFT JOIN message m ON m.id = t.message_id
            JOIN delivery_reason r ON r.id = t.reason_id LEFT JOIN enterprise e ON e.id = m.enterprise_id
        """,
        "keys": """
            SELECT source, delivery_id, d.recipient, d.id >> 28
            FROM delivery_key k LEFT JOIN delivery d ON d.id = k.id
            LEFT JOIN delivery_context x ON x.id = d.context_id
        """,
        "customers": "SELECT e.name, c.name FROM customer c JOIN enterprise e ON e.id = c.enterprise_id",
        "enterprise traffic": f"""
            SELECT e.name, span, bucket, {counters}
            FROM enterprise_traffic t JOIN enterprise e ON e.id = t.enterprise_id
            WHERE email_messages + sms_messages > 0
        """,
        "customer traffic": f"""
            SELECT e.name, c.name, span, bucket, {counters}
            FROM customer_traffic t JOIN enterprise e ON e.id = t.enterprise_id
            JOIN customer c ON c.id = t.customer_id
            WHERE email_messages + sms_messages > 0
        """,
    }
    with store.reading() as connection:
        state: dict[str, Any] = {
            name: Counter(map(tuple, connection.exec_driver_sql(question)))
            for name, question in questions.items()
        }
        for enterprise_id, _ in rollup_check.enterprises(connection):
            assert list(rollup_check.differences(connection, enterprise_id)) == []
    reader = Reader.of_owner(store, "x")
    state["deliveries"] = Counter(valued(each) for each in reader.all_deliveries(ALL, None))
    state["found"] = Counter(
        valued(each) for each in reader.find_people("@example.com", None, 100).deliveries
    )
    state["failures"] = [reader.failures(ALL, FailurePlace(), by) for by in FailureGrouping]
    state["summaries"] = Counter(
        (
            each.enterprise,
            each.external_id,
            reader.delivery_summary(each.enterprise_id, each.customer_id, each.id),
        )
        for each in reader.all_messages(ALL)
    )
    return state


def valued(found: Delivery) -> tuple[Any, ...]:
    """A delivery without the numbers that the store gave."""
    return (
        found.enterprise, found.customer, found.message, found.source, found.delivery_id, found.recipient,
        found.channel, found.subject, found.sent_at, found.status, found.at, found.code, found.reason,
        found.history,
    )  # fmt: skip


def recount(told: Sequence[DeliveryRecord | MessageRecord]) -> tuple[Counter[Any], Counter[Any]]:
    """The messages and deliveries that there have to be, the slow and simple way."""
    known = defaultdict(list)
    given_rows = {}
    for record in told:
        if isinstance(record, MessageRecord):
            given_rows[record.enterprise, record.message_id] = record
        else:
            key = (record.enterprise, record.source, record.delivery_id, normal(record.recipient))
            known[key].append(record)

    def least(values: Any) -> Any:
        return min((value for value in values if value), default="")

    members = defaultdict(list)
    for (enterprise, source, delivery_id, _), all_told in known.items():
        sent = [each.sent_at for each in all_told if each.sent_at is not None]
        steps = sorted({(each.at, int(each.status), each.code, each.reason) for each in all_told})
        one: dict[str, Any] = {
            "source": source,
            "delivery_id": delivery_id,
            "recipient": min(address(each.recipient) for each in all_told),
            "customer": min(each.customer for each in all_told),
            "channel": min(each.channel for each in all_told),
            "campaign": least(each.campaign for each in all_told),
            "subject": least(each.subject for each in all_told),
            "sent_by": least(each.sent_by for each in all_told),
            "lists": least(json.dumps(each.lists) if each.lists else "" for each in all_told),
            "sent_at": min(sent) if sent else steps[0][0],
            "steps": steps,
            "standing": max(steps, key=lambda step: (step[1] in FINAL, step)),
        }
        named = least(each.message_id for each in all_told)
        day = datetime.fromtimestamp(one["sent_at"], UTC).date().isoformat()
        made = (source, day, one["customer"], one["channel"], one["campaign"])
        members[enterprise, named or made].append(one)

    messages: Counter[Any] = Counter()
    deliveries: Counter[Any] = Counter()
    for enterprise, name in members.keys() | given_rows.keys():
        of = members[enterprise, name]
        statuses = Counter(each["standing"][1] for each in of)
        counts: tuple[Any, ...] = tuple(
            sum(statuses[status] for status in group)
            for group in (LEFT, NEVER_LEFT, {DeliveryStatus.BOUNCED})
        )
        if told_row := given_rows.get((enterprise, name)):
            customer, subject, channel = told_row.customer, told_row.subject, told_row.channel
            rest = (told_row.sent_at, told_row.sent_by, json.dumps(told_row.lists))
            if not of:
                counts = (told_row.sent, told_row.failed, told_row.bounced)
        else:
            customer = min(each["customer"] for each in of)
            subject = least(each["subject"] for each in of) or least(each["campaign"] for each in of)
            channel = min(each["channel"] for each in of)
            rest = (
                min(each["sent_at"] for each in of),
                least(each["sent_by"] for each in of),
                least(each["lists"] for each in of) or "[]",
            )
        messages[enterprise, customer, subject, channel, *counts, *rest] += 1
        for each in of:
            deliveries[
                enterprise, customer, each["source"], each["delivery_id"], each["recipient"], channel,
                subject,
                each["sent_at"], *each["standing"], tuple(each["steps"]),
            ] += 1  # fmt: skip
    return messages, deliveries


# To make a failing example smaller would take minutes of storing.
@settings(phases=[Phase.generate], max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(imports, st.randoms(use_true_random=False))
def test_any_order_any_batches_any_repetition_end_the_same(
    stores: Stores, given_records: tuple[list[DeliveryRecord], list[MessageRecord]], chance: Random
) -> None:
    told: list[Any] = [*given_records[0], *given_records[1]]
    with stores() as store:
        fill(store, told, chance)
        first = dump(store)
        messages, deliveries = recount(told)
        assert Counter((*row[:2], *row[3:]) for row in first["messages"].elements()) == messages
        assert (
            Counter(
                (
                    *row[:2], *row[3:9], row[10], int(row[9]), *row[11:13],
                    tuple((step.at, int(step.status), *step[2:]) for step in row[13]),
                )
                for row in first["deliveries"].elements()
            )
            == deliveries
        )  # fmt: skip
        # All that is told once more is nothing new.
        with Writer(store) as writer:
            assert writer.deliveries(given_records[0]) == Outcome(0, 0, len(given_records[0]))
            assert writer.messages(given_records[1]) == Outcome(0, 0, len(given_records[1]))
        assert dump(store) == first
        # What is counted anew, from what is there, is what was kept.
        with store.writing() as connection:
            for enterprise_id, _ in rollup_check.enterprises(connection):
                assert list(delivery_check.miscounts(connection, enterprise_id)) == []
                delivery_check.recount(connection, enterprise_id)
                rollup_check.rebuild(connection, enterprise_id)
            delivery_check.rebuild_index(connection)
        assert dump(store) == first
    again = [*told, *chance.sample(told, len(told) // 2)]
    chance.shuffle(again)
    with stores() as store:
        fill(store, again, chance)
        assert dump(store) == first


def sold(store: Store, recipients: int = 40) -> int:
    """Store a message to many, of whom every fifth bounced; returns its number."""
    with Writer(store) as writer:
        writer.deliveries(
            [
                delivery(
                    delivery_id=f"d{number}",
                    recipient=f"r{number}@domain{number % 3}.example",
                    at=MIDNIGHT + number // 7,
                    status=DeliveryStatus.DELIVERED if number % 5 else DeliveryStatus.BOUNCED,
                    code="" if number % 5 else "5.1.1",
                    reason="" if number % 5 else f"550 5.1.1 <r{number}@x.example> unknown {number:08x}",
                )
                for number in range(recipients)
            ]
        )
    (found,) = Reader.of_owner(store, "x").all_messages(ALL)
    return found.id


def test_a_wrong_counter_is_named_and_repaired(store: Store) -> None:
    sold(store)
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE message_outcome SET bounced = bounced + 1")
        connection.exec_driver_sql("UPDATE message SET sent = 1")
        connection.exec_driver_sql("UPDATE delivery_tally SET deliveries = 2")
        connection.exec_driver_sql("DELETE FROM delivery_key")
    with store.reading() as connection:
        found = {(each.counter, each.kept, each.counted) for each in delivery_check.miscounts(connection, 1)}
    assert found == {("sent", 1, 40), ("bounced", 9, 8), ("reasons", 2, 8)}
    with store.writing() as connection:
        delivery_check.recount(connection, 1)
        rollup_check.rebuild(connection, 1)
        delivery_check.rebuild_index(connection)
    with store.reading() as connection:
        assert list(delivery_check.miscounts(connection, 1)) == []
        assert list(rollup_check.differences(connection, 1)) == []
    assert len(Reader.of_owner(store, "x").find_people("r7@domain1.example", None, 9).deliveries) == 1


def test_reasons_are_counted_without_what_differs(store: Store) -> None:
    id_ = sold(store)
    reader = Reader.of_owner(store, "x")
    (tally,) = reader.delivery_summary(1, 1, id_).reasons
    assert tally == (DeliveryStatus.BOUNCED, "5.1.1", "550 5.1.1 <…> unknown …", 8)
    (group,) = reader.failures(ALL, FailurePlace(), FailureGrouping.REASON)
    assert (group.label, group.deliveries, group.bounced, group.customers) == (tally.reason, 8, 8, 1)
    assert (group.since, group.until) == (MIDNIGHT, MIDNIGHT + 5)
    domains = reader.failures(ALL, FailurePlace(), FailureGrouping.DOMAIN)
    assert [(each.label, each.deliveries) for each in domains] == [
        ("domain0.example", 3),
        ("domain2.example", 3),
        ("domain1.example", 2),
    ]


@pytest.mark.parametrize("status", [None, DeliveryStatus.BOUNCED, DeliveryStatus.FAILED])
def test_pages_are_pieces_of_the_list(store: Store, status: DeliveryStatus | None) -> None:
    of = Recipients(1, 1, sold(store), status)
    reader = Reader.of_owner(store, "x")
    whole = list(reader.deliveries_of(of))
    assert len(whole) == reader.count_deliveries(of) == {None: 40, 4: 8, 5: 0}[status]
    assert whole == sorted(whole, key=lambda each: (ORDER.index(each.status), -each.id))
    for first in range(0, 45, 7):
        assert reader.deliveries_from(of, first, 7) == whole[first : first + 7]
    for row, each in enumerate(whole):
        assert reader.delivery_row(of, each.id) == row


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9), st.booleans()), min_size=1, max_size=60))
def test_any_row_is_found_however_the_list_grew(stores: Stores, steps: list[tuple[int, int, bool]]) -> None:
    with stores() as store, Writer(store) as writer:
        for place in range(0, len(steps), 9):
            writer.deliveries(
                [
                    delivery(
                        delivery_id=f"d{number}",
                        sent_at=MIDNIGHT + second,
                        status=DeliveryStatus.BOUNCED if bounced else DeliveryStatus.SENT,
                    )
                    for number, second, bounced in steps[place : place + 9]
                ]
            )
        reader = Reader.of_owner(store, "x")
        (message,) = reader.all_messages(ALL)
        of = Recipients(1, 1, message.id, None)
        whole = list(reader.deliveries_of(of))
        assert len(whole) == len({number for number, _, _ in steps})
        for first in range(len(whole)):
            assert reader.deliveries_from(of, first, 3) == whole[first : first + 3]
            assert reader.delivery_row(of, whole[first].id) == first
        with store.reading() as connection:
            assert list(delivery_check.miscounts(connection, 1)) == []


def test_somebody_is_found_by_pages_newest_first(store: Store) -> None:
    sold(store)
    reader = Reader.of_owner(store, "x")
    found: list[Delivery] = []
    after: tuple[int, int] | None = None
    while True:
        page = reader.find_people("@Domain1.EXAMPLE", after, 4)
        found += page.deliveries
        after = page.more
        if after is None:
            break
    wanted = [f"r{number}@domain1.example" for number in range(39, 0, -1) if number % 3 == 1]
    assert [each.recipient for each in found] == wanted
    assert reader.find_people("R7@domain1.example", None, 4).more is None


def test_keys_are_found_on_every_level(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_index, "_ROOM", (6, 20))
    told = [
        delivery(delivery_id=f"d{number}", recipient=f"r{number}@x.example", at=MIDNIGHT + number)
        for number in range(42)
    ]
    with Writer(store) as writer:
        for place in range(0, 42, 4):
            assert writer.deliveries(told[place : place + 4]).added == len(told[place : place + 4])
        assert writer.deliveries(told) == Outcome(0, 0, 42)
    with store.reading() as connection:
        levels = (
            connection.exec_driver_sql("SELECT DISTINCT level FROM delivery_key ORDER BY 1").scalars().all()
        )
    assert levels == [0, 1, 2]
    reader = Reader.of_owner(store, "x")
    assert all(len(reader.find_people(each.recipient, None, 9).deliveries) == 1 for each in told)


def test_no_table_is_read_through(sqlite_store: Store) -> None:
    store = sqlite_store
    id_ = sold(store)
    told = [
        delivery(delivery_id=f"d{number}", recipient=f"r{number}@domain{number % 3}.example", at=MIDNIGHT + 9)
        for number in range(4)
    ]
    steps: list[tuple[str, str]] = []

    def note(connection: Any, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if re.match("(INSERT|UPDATE|DELETE|SELECT)", statement) and not isinstance(parameters, list):
            rows = connection.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps.extend((row[3], statement) for row in rows)

    reader = Reader.of_owner(store, "x")
    event.listen(Engine, "before_cursor_execute", note)
    try:
        with Writer(store) as writer:
            writer.deliveries(told)
            writer.messages([message(message_id=each.external_id) for each in reader.all_messages(ALL)])
        for scope in (reader, reader.inside(1, None), reader.inside(1, 1)):
            scope.find_people("r1@domain1.example", None, 3)
            scope.find_people("@domain1.example", None, 3)
            scope.delivery_summary(1, 1, id_)
            scope.deliveries_from(Recipients(1, 1, id_, None), 9, 3)
            for by in FailureGrouping:
                scope.failures(ALL, FailurePlace(), by)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    large = "delivery|delivery_key|delivery_context|delivery_block|delivery_tally|message|message_outcome"
    assert any("asked_delivery" in statement for _, statement in steps)
    for step, statement in steps:
        # Whether there is any outcome at all is asked of the table's first row.
        if "LIMIT" not in statement:
            assert not re.match(rf"SCAN ({large})\b", step), (step, statement)
        if "asked_delivery" in statement and step.startswith("SEARCH delivery_key"):
            assert "(level=? AND recipient=? AND digest=?)" in step, statement


def test_a_domain_that_is_cleaned_to_be_shown_is_found_by_its_label(store: Store) -> None:
    hostile = ["ann@exa\u202emple.com", "ann@exa\x1bmple.com", "ann@exa\u2026mple.com"]
    with Writer(store) as writer:
        writer.deliveries(
            [
                delivery(
                    recipient=recipient, delivery_id=recipient, status=DeliveryStatus.BOUNCED, at=MIDNIGHT
                )
                for recipient in [*hostile, "ann@example.com"]
            ]
        )
    reader = Reader.of_owner(store, "thandi")
    groups = reader.failures(ALL, FailurePlace(), FailureGrouping.DOMAIN)
    assert len(groups) == 4
    for group in groups:
        found = reader.failed_deliveries(ALL, FailurePlace(), FailureGrouping.DOMAIN, group.label, None, 10)
        assert len(found.deliveries) == 1, group.label
