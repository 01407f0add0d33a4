"""The fast way through a column and the careful way through each value come to the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from msglog_tui.delivery import DeliveryRecord, DeliveryStatus
from msglog_tui.importers import canonical, columns, fields
from msglog_tui.importers.canonical import Canon
from msglog_tui.importers.columns import DOUBT, Instants, Remembered
from msglog_tui.importers.fields import BadField
from msglog_tui.importers.kinds import DELIVERIES, KINDS, MESSAGES, TRANSACTIONS
from msglog_tui.importers.times import Times
from tests.unit.importing import DELIVERY, MESSAGE, SENT_AT, TRANSACTION

JUNK = st.one_of(
    st.sampled_from(
        [
            "",
            " ",
            "0",
            "5",
            " 7",
            "007",
            "-1",
            "+1",
            "1_0",
            "1.0",
            "\uff11",
            "²",
            "9" * 17,
            str(2**53 + 1),
            "9" * 5_000,
        ]
    ),
    st.sampled_from(
        ["a" * 255, "a" * 256, "b" * 2_001, "a\0", "\ud800", "e\u0301", "email", "x;y;;z", "EUR", "top up"]
    ),
    st.sampled_from(
        [
            "processed",
            "requested",
            "'+27821234567",
            "'+27 (0)82 1",
            "t\N{BULLET}@a",
            "'+1@a",
            "1.50",
            "1e5",
            "2026-10-01",
            "2026-10-01T10:00",
            "2026-02-30T10:00:00Z",
        ]
    ),
    st.sampled_from([True, False, (), ("a", "b"), ("a", True), ("a", ["b"]), {}, {"a": "b"}]),
    st.text(max_size=5),
)


def one_by_one(check, values):
    try:
        return [check(value) for value in values]
    except BadField:
        return None


def at_once(whole, values):
    try:
        return list(whole(values))
    except DOUBT:
        return None


PAIRS = [
    (columns.identifiers, fields.identifier),
    (columns.texts, fields.text),
    (columns.identifiers_or_empty, fields.identifier_or_empty),
    (columns.reasons, fields.reason),
    (columns.recipients, fields.recipient),
    (columns.counts, fields.count),
    (columns.counts_or_unknown, fields.count_or_unknown),
]


@given(st.lists(JUNK, min_size=1, max_size=4))
@example([str(2**53 + 1)])
@example(["1", "9" * 5_000])
@example(["a", "b\0"])
@example(["\ud800"])
@example(["a" * 256])
@example(["b" * 2_001])
def test_whole_columns_are_what_their_values_are(values):
    for whole, check in PAIRS:
        fast = at_once(whole, values)
        assert fast is None or fast == one_by_one(check, values)


@pytest.mark.parametrize(
    ("whole", "good"),
    [
        (columns.identifiers, ["a", " b "]),
        (columns.texts, ["", "b"]),
        (columns.counts, ["0", "12"]),
        (columns.counts_or_unknown, ["", "12"]),
        (columns.counts_or_unknown, ["", ""]),
        (Instants(None).column, ["2026-10-01T09:30:00Z", "2026-10-01T09:30:00.5+02:00"]),
        (Instants("Asia/Tokyo").column, ["2026-10-01T09:30:00", "2026-10-01 09:30"]),
    ],
)
def test_good_columns_raise_no_doubt(whole, good):
    assert len(whole(good)) == 2


ZONES = (
    "America/Sao_Paulo",
    "Africa/Cairo",
    "Europe/London",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/Caracas",
)
MOMENTS = st.datetimes(datetime(1969, 12, 30), datetime(2101, 1, 2))  # noqa: DTZ001 - zones are what is tried


@st.composite
def written_times(draw):
    moment = draw(MOMENTS)
    clock = draw(
        st.sampled_from(
            ["T%H:%M:%S", " %H:%M:%S", "T%H:%M", "T%H:%M:%S.%f", "T%H%M%S", "", "T24:00:00", "t%H:%M:%S"]
        )
    )
    offset = draw(
        st.sampled_from(
            ["", "", "Z", "z", "+00:00", "-00:00", "+05:45", "-11:30", "+0200", "+23:59", "+24:00", "+02:60"]
        )
    )
    return moment.strftime(f"%Y-%m-%d{clock}") + offset


@given(st.lists(written_times(), min_size=1, max_size=4), st.sampled_from((None, *ZONES)))
@example(["2026-11-01T00:30:00", "2026-11-01T23:59:59"], "America/Sao_Paulo")
def test_times_from_parts_are_the_times_read_whole(values, zone):
    for column in (values, *([value] for value in values)):
        assert at_once(Instants(zone).column, column) == one_by_one(fields.instant(zone), column)


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/Sao_Paulo", "2018-11-04"),
        ("Africa/Cairo", "2023-04-28"),
        ("Europe/London", "2025-10-26"),
        ("Pacific/Apia", "2011-12-30"),
        ("Australia/Lord_Howe", "2026-04-05"),
    ],
)
def test_times_on_the_days_when_clocks_change(zone, day):
    midnight = datetime.fromisoformat(day)
    instants = Instants(zone)
    for minute in range(0, 26 * 60, 15):
        written = [(midnight + timedelta(minutes=minute)).isoformat()]
        assert at_once(instants.column, written) == one_by_one(fields.instant(zone), written)


def test_remembered_answers_do_not_pile_up(monkeypatch):
    monkeypatch.setattr(columns, "_REMEMBERED", 10 * (10 + columns._OVERHEAD))
    remembered = Remembered(fields.text)
    assert remembered.column([f"{number:010}" for number in range(1_000)]) == [
        f"{n:010}" for n in range(1_000)
    ]
    assert 0 < len(remembered) <= 10


def canon(kind, zone=None):
    return Canon(kind, Times(zone), fields.list_names_of_csv)


def values_of(kind, rows):
    return list(zip(*([row[column.name] for column in canon(kind).columns] for row in rows), strict=True))


@st.composite
def rows_of(draw, kind):
    good = {MESSAGES: MESSAGE, TRANSACTIONS: TRANSACTION, DELIVERIES: DELIVERY}[kind]
    rows = []
    for _ in range(draw(st.integers(1, 5))):
        spoilt = draw(st.dictionaries(st.sampled_from(sorted(good)), JUNK, max_size=2))
        rows.append(good | spoilt)
    return rows


@given(st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(st.just(kind), rows_of(kind))))
def test_a_batch_is_what_its_rows_are(kind_and_rows):
    kind, rows = kind_and_rows
    records, faults = canon(kind).records(values_of(kind, rows))
    alone = [canon(kind).records(values_of(kind, [row])) for row in rows]
    assert records == [record for found, _ in alone for record in found]
    assert faults == [fault._replace(row=row) for row, (_, found) in enumerate(alone) for fault in found]


def test_a_message_from_its_columns():
    [record], faults = canon(MESSAGES).records(values_of(MESSAGES, [MESSAGE]))
    assert not faults
    assert type(record) is canonical.MessageRecord
    assert record._asdict() == {
        "enterprise": "Acme",
        "customer": "Bakery",
        "message_id": "m-1",
        "subject": "Fresh bread",
        "channel": 0,
        "sent": 120,
        "failed": 3,
        "bounced": None,
        "sent_at": SENT_AT,
        "sent_by": "ann",
        "lists": ("Members", "Friends"),
    }
    assert datetime.fromtimestamp(record.sent_at, UTC).isoformat() == "2026-10-01T09:30:00+00:00"


def test_a_transaction_from_its_columns():
    [record], faults = canon(TRANSACTIONS).records(values_of(TRANSACTIONS, [TRANSACTION]))
    assert not faults
    assert type(record) is canonical.TransactionRecord
    assert (record.customer, record.kind, record.channel, record.status) == ("", "top_up", 1, "processed")
    assert (str(record.credits), str(record.amount), record.currency) == ("1000", "49.90", "EUR")
    assert (record.requested_at, record.processed_at) == (SENT_AT, SENT_AT + 14 * 3_600 + 1_800)
    assert (record.requested_by, record.reference, record.description) == ("ann", "R-7", "Credits")


def test_a_delivery_from_its_columns():
    [record], faults = canon(DELIVERIES).records(values_of(DELIVERIES, [DELIVERY]))
    assert not faults
    assert type(record) is DeliveryRecord
    assert record == DeliveryRecord(
        enterprise="Acme",
        customer="Bakery",
        source="msglog",
        delivery_id="d-1",
        recipient="thandi@example.com",
        channel=0,
        status=DeliveryStatus.BOUNCED,
        at=SENT_AT + 7,
        code="5.1.1",
        reason="550 no such user",
        message_id="m-1",
        campaign="",
        subject="Fresh bread",
        sent_at=SENT_AT,
        sent_by="ann",
        lists=("Members", "Friends"),
    )


def deliveries(*rows):
    return canon(DELIVERIES).records(values_of(DELIVERIES, [DELIVERY | row for row in rows]))


def test_what_a_delivery_leaves_out_is_told_by_the_rest_of_its_row():
    records, faults = deliveries(
        {"recipient": "'+27821234567"},
        {"channel": "email", "recipient": "postmaster"},
        {"delivery_id": ""},
        {"delivery_id": "", "message_id": "", "campaign": "Autumn"},
        {"delivery_id": "", "message_id": "", "send_date": "", "at": "2026-10-02T00:00:00Z"},
        {"message_id": "", "subject": ""},
    )
    assert not faults
    assert [record.channel for record in records] == [1, 0, 0, 0, 0, 0]
    # As an export writes it, lest a spreadsheet run it as a formula.
    assert records[0].recipient == "+27821234567"
    assert [(record.delivery_id, record.message_id, record.campaign) for record in records] == [
        ("d-1", "m-1", ""),
        ("d-1", "m-1", ""),
        ("m-1", "m-1", ""),
        ("Autumn, 2026-10-01", "", "Autumn"),
        ("Fresh bread, 2026-10-02", "", "Fresh bread"),
        ("d-1", "", ""),
    ]


def test_a_masked_recipient_is_refused():
    records, [fault] = deliveries({"recipient": "t\N{BULLET}\N{BULLET}\N{BULLET}@example.com"}, {})
    assert len(records) == 1
    assert (fault.row, fault.field) == (0, "recipient")
    assert "--reveal" in fault.reason


def test_a_delivery_has_to_say_which_message_it_is_of():
    records, [fault] = deliveries({"message_id": "", "delivery_id": "", "subject": ""}, {})
    assert len(records) == 1
    assert (fault.row, fault.field) == (0, "message_id")


def test_processed_needs_its_time_and_the_others_do_not():
    rows = [TRANSACTION | {"processed_at": "", "status": status} for status in ("processed", "invoiced")]
    records, [fault] = canon(TRANSACTIONS).records(values_of(TRANSACTIONS, rows))
    assert [record.processed_at for record in records] == [None]
    assert (fault.row, fault.field) == (0, "processed_at")


def test_a_row_is_refused_for_its_first_bad_column():
    rows = [MESSAGE, MESSAGE | {"send_amount": "x", "enterprise": ""}, MESSAGE | {"lists": "a\0"}]
    records, faults = canon(MESSAGES).records(values_of(MESSAGES, rows))
    assert len(records) == 1
    assert [(fault.row, fault.field, fault.value) for fault in faults] == [
        (1, "enterprise", ""),
        (2, "lists", "a\0"),
    ]
