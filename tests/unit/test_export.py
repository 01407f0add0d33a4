"""Rows as CSV, JSON and aligned text: `msglog_tui.export`."""

from __future__ import annotations

import csv
import io
import json
import tempfile
import unicodedata
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from msglog_tui import export
from msglog_tui.importers.run import import_file
from msglog_tui.text import cells, clean, spreadsheet_safe
from msglog_tui.types import (
    Channel,
    Counts,
    Customer,
    Enterprise,
    Message,
    MessageRecord,
    Outcome,
    Traffic,
    Transaction,
    TransactionKind,
    TransactionRecord,
    TransactionStatus,
)

AT = 1_791_018_720  # 2026-10-03 09:12 in UTC
ZONE = "Africa/Johannesburg"
MESSAGE = Message(
    enterprise_id=1,
    customer_id=2,
    id=3,
    enterprise="Acme Group",
    customer="Acme Retail",
    external_id="m-1",
    subject="Spring sale is here",
    channel=Channel.EMAIL,
    sent=12_345,
    failed=123,
    bounced=0,
    sent_at=AT,
    sent_by="thandi",
    sent_by_name="Thandi (operator)",
    lists=("Newsletter", "VIP"),
)
TRANSACTION = Transaction(
    enterprise_id=1,
    customer_id=None,
    id=4,
    enterprise="Acme Group",
    customer="",
    external_id="t-1",
    kind=TransactionKind.TOP_UP,
    description="E-mail credits",
    channel=Channel.SMS,
    credits=Decimal(1500),
    amount=Decimal("12.50"),
    currency="ZAR",
    status=TransactionStatus.REQUESTED,
    requested_at=AT,
    processed_at=None,
    requested_by="thandi",
    reference="PO 7",
)
TRAFFIC = Traffic(
    Counts(sent=1_204_332, failed=17, bounced=4, messages=12, failed_unknown=2, bounced_unknown=0),
    Counts(sent=88_410, failed=0, bounced=0, messages=3, failed_unknown=3, bounced_unknown=3),
)
ENTERPRISE = Enterprise(id=1, name="Acme Group", traffic=TRAFFIC)
CUSTOMER = Customer(enterprise_id=1, id=2, enterprise="Acme Group", name="Acme Retail", traffic=TRAFFIC)
WRITERS = [export.write_csv, export.write_json, export.write_plain]


def written(write, table, rows, zone=ZONE) -> str:
    out = io.StringIO(newline="")
    assert write(table, iter(rows), zone, out) == len(rows)
    return out.getvalue()


def csv_rows(table, rows, zone=ZONE) -> list[dict[str, str]]:
    return list(
        csv.DictReader(io.StringIO(written(export.write_csv, table, rows, zone), newline=""), strict=True)
    )


def json_rows(table, rows, zone=ZONE) -> list[dict]:
    return json.loads(written(export.write_json, table, rows, zone))


# What is written


def test_messages_have_the_columns_that_the_import_reads():
    assert [name for name, _ in export.MESSAGES.flat()] == [
        *("enterprise", "customer", "message_id", "subject", "channel", "send_amount", "failed_amount"),
        *("send_date", "sent_by", "lists", "bounced_amount"),
    ]


def test_transactions_have_the_columns_that_the_import_reads():
    assert [name for name, _ in export.TRANSACTIONS.flat()] == [
        *("enterprise", "customer", "transaction_id", "kind", "description", "channel", "credits", "amount"),
        *("currency", "status", "requested_at", "processed_at", "requested_by", "reference"),
    ]


def test_messages_as_csv():
    unknown = replace(
        MESSAGE, channel=Channel.SMS, failed=None, bounced=None, lists=(), subject='Say "hi", all'
    )

    assert written(export.write_csv, export.MESSAGES, [MESSAGE, unknown]) == (
        "enterprise,customer,message_id,subject,channel,"
        "send_amount,failed_amount,send_date,sent_by,lists,bounced_amount\n"
        "Acme Group,Acme Retail,m-1,Spring sale is here,email,"
        "12345,123,2026-10-03T11:12:00+02:00,thandi,Newsletter;VIP,0\n"
        'Acme Group,Acme Retail,m-1,"Say ""hi"", all",sms,'
        "12345,,2026-10-03T11:12:00+02:00,thandi,,\n"
    )


def test_messages_as_json():
    unknown = replace(MESSAGE, failed=None, bounced=None, lists=("a;b",), subject='日本 "é" 👍')

    text = written(export.write_json, export.MESSAGES, [MESSAGE, unknown], "UTC")

    assert [list(row.items()) for row in json.loads(text)] == [
        [
            ("enterprise", "Acme Group"),
            ("customer", "Acme Retail"),
            ("message_id", "m-1"),
            ("subject", "Spring sale is here"),
            ("channel", "email"),
            ("send_amount", 12345),
            ("failed_amount", 123),
            ("send_date", "2026-10-03T09:12:00+00:00"),
            ("sent_by", "thandi"),
            ("lists", ["Newsletter", "VIP"]),
            ("bounced_amount", 0),
        ],
        [
            ("enterprise", "Acme Group"),
            ("customer", "Acme Retail"),
            ("message_id", "m-1"),
            ("subject", '日本 "é" 👍'),
            ("channel", "email"),
            ("send_amount", 12345),
            ("failed_amount", None),
            ("send_date", "2026-10-03T09:12:00+00:00"),
            ("sent_by", "thandi"),
            ("lists", ["a;b"]),
            ("bounced_amount", None),
        ],
    ]
    assert "日本" in text
    first, *objects, last = text.splitlines()
    assert (first, last) == ("[", "]")
    assert [json.loads(line.removesuffix(",")) for line in objects] == json.loads(text)


def test_transactions_as_csv():
    processed = replace(
        TRANSACTION, kind=TransactionKind.PACKAGE, status=TransactionStatus.PROCESSED, processed_at=AT + 1
    )

    assert written(export.write_csv, export.TRANSACTIONS, [TRANSACTION, processed]) == (
        "enterprise,customer,transaction_id,kind,description,channel,credits,amount,currency,status,"
        "requested_at,processed_at,requested_by,reference\n"
        "Acme Group,,t-1,top_up,E-mail credits,sms,1500,12.5,ZAR,requested,"
        "2026-10-03T11:12:00+02:00,,thandi,PO 7\n"
        "Acme Group,,t-1,package,E-mail credits,sms,1500,12.5,ZAR,processed,"
        "2026-10-03T11:12:00+02:00,2026-10-03T11:12:01+02:00,thandi,PO 7\n"
    )


@pytest.mark.parametrize(
    ("amount", "plain"),
    [
        ("1500", "1500"),
        ("12.50", "12.5"),
        ("100.00", "100"),
        ("1E+6", "1000000"),
        ("1E-6", "0.000001"),
        ("0.000000", "0"),
        ("0", "0"),
        ("123456789012345678901234567890.123456", "123456789012345678901234567890.123456"),
        ("-12.50", "-12.5"),
    ],
)
def test_money_and_credits_lose_nothing_and_have_no_exponent(amount, plain):
    transaction = replace(TRANSACTION, amount=Decimal(amount), credits=Decimal(amount))

    for row in csv_rows(export.TRANSACTIONS, [transaction]) + json_rows(export.TRANSACTIONS, [transaction]):
        assert (row["amount"], row["credits"]) == (plain, plain)


def test_totals_of_enterprises_and_customers_as_json():
    names = ("sent", "failed", "messages", "bounced", "failed_unknown", "bounced_unknown")
    channels = {
        "email": dict(zip(names, (1_204_332, 17, 12, 4, 2, 0), strict=True)),
        "sms": dict(zip(names, (88_410, None, 3, None, 3, 3), strict=True)),
    }

    assert json_rows(export.ENTERPRISES, [ENTERPRISE]) == [{"enterprise": "Acme Group", **channels}]
    assert json_rows(export.CUSTOMERS, [CUSTOMER]) == [
        {"enterprise": "Acme Group", "customer": "Acme Retail", **channels}
    ]


def test_totals_of_enterprises_and_customers_as_csv():
    header = "_sent,{0}_failed,{0}_messages,{0}_bounced,{0}_failed_unknown,{0}_bounced_unknown"
    header = ",".join(channel + header.format(channel) for channel in ("email", "sms"))
    numbers = "1204332,17,12,4,2,0,88410,,3,,3,3"

    assert written(export.write_csv, export.ENTERPRISES, [ENTERPRISE]) == (
        f"enterprise,{header}\nAcme Group,{numbers}\n"
    )
    assert written(export.write_csv, export.CUSTOMERS, [CUSTOMER]) == (
        f"enterprise,customer,{header}\nAcme Group,Acme Retail,{numbers}\n"
    )


@pytest.mark.parametrize(
    ("counts", "failed", "bounced"),
    [
        (Counts(), 0, 0),
        (Counts(messages=2, failed=5, bounced=6), 5, 6),
        (Counts(messages=2, failed=5, failed_unknown=1, bounced=6, bounced_unknown=1), 5, 6),
        (Counts(messages=2, failed=0, failed_unknown=1), 0, 0),
        (Counts(messages=2, failed_unknown=2), None, 0),
        (Counts(messages=2, bounced_unknown=2), 0, None),
    ],
)
def test_a_total_is_unknown_only_when_no_message_tells(counts, failed, bounced):
    row = json_rows(export.ENTERPRISES, [replace(ENTERPRISE, traffic=Traffic(sms=counts))])[0]

    assert (row["sms"]["failed"], row["sms"]["bounced"]) == (failed, bounced)
    assert row["sms"]["failed_unknown"] == counts.failed_unknown


def test_nothing_is_written_as_nothing():
    assert written(export.write_json, export.MESSAGES, []) == "[]\n"
    assert written(export.write_csv, export.ENTERPRISES, []).splitlines() == [
        ",".join(name for name, _ in export.ENTERPRISES.flat())
    ]
    assert written(export.write_plain, export.CUSTOMERS, []).split() == [
        name for name, _ in export.CUSTOMERS.flat()
    ]


# Aligned text


def test_aligned_totals():
    japanese = replace(ENTERPRISE, name="日本 e\u0301 👍🏽", traffic=Traffic(Counts(sent=1), Counts(sent=2)))
    first_columns = [
        line[:40].rstrip()
        for line in written(export.write_plain, export.ENTERPRISES, [ENTERPRISE, japanese]).splitlines()
    ]

    assert first_columns == [
        "enterprise  email_sent  email_failed  em",
        "Acme Group   1,204,332            17",
        # Wide characters make up for marks: ten cells, and as many characters but two.
        "日本 e\u0301 👍🏽            1             0",
    ]


def test_aligned_messages():
    unknown = replace(MESSAGE, failed=None, sent=5, lists=(), bounced=None)

    assert written(export.write_plain, export.MESSAGES, [MESSAGE, unknown]) == (
        "enterprise  customer     message_id  subject              channel  send_amount  failed_amount"
        "  send_date         sent_by  lists            bounced_amount\n"
        "Acme Group  Acme Retail  m-1         Spring sale is here  email         12,345            123"
        "  2026-10-03 11:12  thandi   Newsletter, VIP               0\n"
        "Acme Group  Acme Retail  m-1         Spring sale is here  email              5        unknown"
        "  2026-10-03 11:12  thandi                           unknown\n"
    )


def test_aligned_transactions():
    rows = [replace(TRANSACTION, amount=Decimal("1234567.50"), status=TransactionStatus.REJECTED)]

    assert written(export.write_plain, export.TRANSACTIONS, rows) == (
        "enterprise  customer  transaction_id  kind    description     channel  credits       amount"
        "  currency  status    requested_at      processed_at  requested_by  reference\n"
        "Acme Group            t-1             top_up  E-mail credits  sms        1,500  1,234,567.5"
        "  ZAR       rejected  2026-10-03 11:12                thandi        PO 7\n"
    )


CLEAN_TEXT = st.text(max_size=30).map(clean)


@settings(deadline=None)
@given(st.lists(st.tuples(CLEAN_TEXT, st.integers(0, 10**15)), min_size=1, max_size=20))
def test_every_aligned_line_takes_as_many_cells(rows):
    enterprises = [
        replace(ENTERPRISE, name=name, traffic=Traffic(Counts(sent=sent), Counts(bounced_unknown=sent)))
        for name, sent in rows
    ]

    lines = written(export.write_plain, export.ENTERPRISES, enterprises).removesuffix("\n").split("\n")

    assert len(lines) == len(rows) + 1
    assert len(set(map(cells, lines))) == 1


def test_a_wide_row_late_in_a_long_list_widens_its_column_from_there():
    rows = (
        [replace(ENTERPRISE, name="A")] * 1_000 + [replace(ENTERPRISE, name="B" * 50)] + [ENTERPRISE] * 2_000
    )

    header, *lines = written(export.write_plain, export.ENTERPRISES, rows).splitlines()

    assert len(lines) == 3_001
    assert {len(header)} == {len(line) for line in lines[:1_000]}
    assert {len(header) + 40} == {len(line) for line in lines[1_000:]}


# Streaming


@pytest.mark.parametrize("write", [export.write_csv, export.write_json])
def test_each_row_is_written_before_the_next_is_asked_for(write):
    out = io.StringIO()
    seen = []

    def rows():
        for number in range(4):
            seen.append(out.getvalue().count("m-"))
            yield replace(MESSAGE, external_id=f"m-{number}")

    assert write(export.MESSAGES, rows(), ZONE, out) == 4
    assert seen == [0, 1, 2, 3]


def test_aligned_text_keeps_a_thousand_rows_at_most():
    out = io.StringIO()
    kept = []

    def rows():
        for number in range(3_500):
            kept.append(number - out.getvalue().count("m-") if number % 100 == 0 else 0)
            yield replace(MESSAGE, external_id=f"m-{number}")

    assert export.write_plain(export.MESSAGES, rows(), ZONE, out) == 3_500
    assert max(kept) <= 1_000


def test_an_array_that_breaks_off_is_not_taken_for_all_there_is():
    out = io.StringIO()

    def rows():
        yield MESSAGE
        raise ConnectionError

    with pytest.raises(ConnectionError):
        export.write_json(export.MESSAGES, rows(), ZONE, out)
    with pytest.raises(json.JSONDecodeError):
        json.loads(out.getvalue())


# Hostile text


HOSTILE = [
    "\x1b]52;c;aGk=\x07",
    "\x9b2J",
    "a\r\nb\n\tc\u2028d",
    "nul\0",
    "\u202egnp.exe",
    "\ud800",
    '"; DROP TABLE message; --',
    '","=1',
    "[/now][red]x",
    "\uff1d1+1",
    "a;b;;c",
]


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("text", HOSTILE)
def test_cleaned_text_makes_one_line_that_a_terminal_can_be_given(write, text):
    hostile = clean(text)
    message = replace(MESSAGE, subject=hostile, customer=hostile, lists=(hostile, hostile), sent_by=hostile)

    out = written(write, export.MESSAGES, [message, MESSAGE])

    out.encode()
    assert len(out.splitlines()) == (4 if write is export.write_json else 3)
    assert all(char == "\n" or char.isprintable() for char in out)


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1+1", "@SUM(A1)", " =1", '"=1', "\uff1d1"])
def test_formulas_are_text_in_csv_and_themselves_elsewhere(formula):
    message = replace(MESSAGE, subject=formula, sent_by=formula, lists=(formula, "VIP"))

    row = csv_rows(export.MESSAGES, [message])[0]
    assert (row["subject"], row["sent_by"], row["lists"]) == (f"'{formula}", f"'{formula}", f"'{formula};VIP")
    assert json_rows(export.MESSAGES, [message])[0]["subject"] == formula
    assert f"  {formula}  " in written(export.write_plain, export.MESSAGES, [message])


def test_negative_numbers_are_no_formulas():
    assert csv_rows(export.TRANSACTIONS, [replace(TRANSACTION, amount=Decimal(-5))])[0]["amount"] == "-5"


@pytest.mark.parametrize(
    ("lists", "cell"),
    [
        ((), ""),
        (("VIP",), "VIP"),
        (("a", "b"), "a;b"),
        (("a;b", "c"), "a;;b;c"),
        (("a;", "b"), "a;;;b"),
        (("a", ";b"), "a; ;;b"),
        ((";a", ";;"), ";;a; ;;;;"),
    ],
)
def test_lists_in_csv(lists, cell):
    assert csv_rows(export.MESSAGES, [replace(MESSAGE, lists=lists)])[0]["lists"] == cell


# An export is an import


class Collector:
    """Takes what an import would write to the store."""

    def __init__(self) -> None:
        self.records: list = []

    def messages(self, records) -> Outcome:
        self.records += records
        return Outcome(len(records), 0, 0)

    transactions = messages


def imported(text: str, suffix: str) -> list:
    collector = Collector()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"export.{suffix}")
        path.write_text(text, encoding="utf-8", newline="")
        report = import_file(
            path, collector, time_zone=None, rejects=Path(folder, "rejects"), progress=lambda _: None
        )
        assert (report.rejected, report.extra, report.missing) == (0, (), ()), report.rejections
    return collector.records


def as_lines(array: str) -> str:
    """The objects of an exported array as JSON Lines, by taking away what stands around them."""
    return "".join(line.removesuffix(",") + "\n" for line in array.splitlines()[1:-1])


# What the import keeps as it is: stripped, names in NFC and not empty.
KEPT_TEXT = CLEAN_TEXT.map(str.strip)
KEPT_NAME = CLEAN_TEXT.map(lambda text: unicodedata.normalize("NFC", text).strip()).filter(bool)
KEPT_LISTS = st.lists(
    st.text(";a= '", min_size=1, max_size=4).map(str.strip).filter(bool) | KEPT_NAME, max_size=4
)
ZONES = st.sampled_from(
    ["UTC", ZONE, "Asia/Kathmandu", "America/St_Johns", "Europe/London", "Africa/Monrovia"]
)
INSTANTS = st.integers(0, 4_000_000_000)
AMOUNTS = st.integers(0, 2**53)
DECIMALS = st.decimals(0, 10**11, places=6) | st.integers(0, 10**11).map(Decimal)
MESSAGE_ROWS = st.builds(
    replace,
    st.just(MESSAGE),
    enterprise=KEPT_NAME,
    customer=KEPT_NAME,
    external_id=KEPT_NAME,
    subject=KEPT_TEXT,
    channel=st.sampled_from(Channel),
    sent=AMOUNTS,
    failed=st.none() | AMOUNTS,
    bounced=st.none() | AMOUNTS,
    sent_at=INSTANTS,
    sent_by=KEPT_TEXT,
    lists=KEPT_LISTS.map(tuple),
)
TRANSACTION_ROWS = st.builds(
    replace,
    st.just(TRANSACTION),
    enterprise=KEPT_NAME,
    customer=st.just("") | KEPT_NAME,
    external_id=KEPT_NAME,
    kind=st.sampled_from(TransactionKind),
    description=KEPT_TEXT,
    channel=st.sampled_from(Channel),
    credits=DECIMALS,
    amount=DECIMALS,
    status=st.sampled_from(TransactionStatus),
    requested_at=INSTANTS,
    processed_at=INSTANTS,
    requested_by=KEPT_TEXT,
    reference=KEPT_TEXT,
)


def message_record(message: Message, text=str) -> MessageRecord:
    """The record that is written; `text` is what becomes of text on the way."""
    return MessageRecord(
        text(message.enterprise),
        text(message.customer),
        text(message.external_id),
        text(message.subject),
        message.channel,
        message.sent,
        message.failed,
        message.bounced,
        message.sent_at,
        text(message.sent_by),
        (*map(text, message.lists[:1]), *message.lists[1:]),
    )


def transaction_record(transaction: Transaction, text=str) -> TransactionRecord:
    return TransactionRecord(
        text(transaction.enterprise),
        text(transaction.customer),
        text(transaction.external_id),
        transaction.kind,
        text(transaction.description),
        transaction.channel,
        transaction.credits,
        transaction.amount,
        transaction.currency,
        transaction.status,
        transaction.requested_at,
        transaction.processed_at,
        text(transaction.requested_by),
        text(transaction.reference),
    )


@settings(deadline=None)
@given(st.lists(MESSAGE_ROWS, min_size=1, max_size=3), ZONES)
@example([replace(MESSAGE, lists=("a", ";b", "c;", ";", "d"))], "UTC")
@example([replace(MESSAGE, subject="=1+1", lists=("=a", "=b"))], "UTC")
def test_exported_messages_can_be_imported(messages, zone):
    as_csv = imported(written(export.write_csv, export.MESSAGES, messages, zone), "csv")
    array = written(export.write_json, export.MESSAGES, messages, zone)
    as_json = imported(as_lines(array), "jsonl")
    assert imported(array, "json") == as_json

    assert as_csv == [message_record(message, spreadsheet_safe) for message in messages]
    assert as_json == [message_record(message) for message in messages]


@settings(deadline=None)
@given(st.lists(TRANSACTION_ROWS, min_size=1, max_size=3), ZONES)
@example([TRANSACTION], "UTC")
def test_exported_transactions_can_be_imported(transactions, zone):
    as_csv = imported(written(export.write_csv, export.TRANSACTIONS, transactions, zone), "csv")
    array = written(export.write_json, export.TRANSACTIONS, transactions, zone)
    as_json = imported(as_lines(array), "jsonl")
    assert imported(array, "json") == as_json

    assert as_csv == [transaction_record(transaction, spreadsheet_safe) for transaction in transactions]
    assert as_json == [transaction_record(transaction) for transaction in transactions]
