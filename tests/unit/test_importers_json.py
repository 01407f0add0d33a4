"""JSON Lines: strict where a mistake would change a number, lenient about what is not read."""

from __future__ import annotations

import json

import pytest

from msglog_tui.errors import Refusal
from msglog_tui.importers.json_rows import JsonReader
from msglog_tui.importers.rows import Block
from tests.unit.importing import SENT_AT, Kept, json_text, message, transaction

GOOD = {
    **message(),
    "send_amount": 120,
    "failed_amount": 3,
    "bounced_amount": None,
    "lists": ["Members", "a;b"],
}


def taken(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "messages.jsonl"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    kept = Kept()
    return kept.records, kept.take(path), kept


def refused(tmp_path, monkeypatch, line):
    """Import a good line and this one; the bad one's rejection."""
    _, report, kept = taken(tmp_path, monkeypatch, json_text(GOOD) + line + "\n")
    assert len(kept.records) == 1
    [rejection] = report.rejections
    assert rejection.line == 2
    assert (tmp_path / "messages.rejects.jsonl").read_bytes() == line.encode(
        "utf-8", "surrogateescape"
    ) + b"\n"
    return rejection


def test_a_message(tmp_path, monkeypatch):
    _, report, kept = taken(tmp_path, monkeypatch, json_text(GOOD))
    [record] = kept.records
    assert (record.sent, record.failed, record.bounced) == (120, 3, None)
    assert record.lists == ("Members", "a;b")
    assert record.sent_at == SENT_AT
    assert (report.kind, report.rows, report.rejected, report.missing) == ("message", 1, 0, ())


def test_absent_null_and_empty_are_unknown_alike(tmp_path, monkeypatch):
    rows = [dict(GOOD), {**GOOD, "failed_amount": None}, {**GOOD, "failed_amount": ""}]
    del rows[0]["failed_amount"], rows[0]["sent_by"], rows[0]["lists"]
    _, report, kept = taken(tmp_path, monkeypatch, json_text(*rows))
    assert [record.failed for record in kept.records] == [None] * 3
    assert (kept.records[0].sent_by, kept.records[0].lists) == ("", ())
    assert report.rejected == 0


def test_a_transaction_with_numbers_as_numbers(tmp_path, monkeypatch):
    line = json_text({**transaction(), "transaction_id": 17, "credits": 1000}).replace('"49.90"', "49.90")
    _, report, kept = taken(tmp_path, monkeypatch, line)
    [record] = kept.records
    assert report.kind == "transaction"
    assert (record.transaction_id, str(record.credits), str(record.amount)) == ("17", "1000", "49.90")


@pytest.mark.parametrize(
    ("field", "written", "told"),
    [
        ("send_amount", "12.0", "not a whole number"),
        ("send_amount", "1e3", "not a whole number"),
        ("send_amount", "-1", "negative"),
        ("send_amount", "true", "is true"),
        ("send_amount", "null", "empty"),
        ("send_amount", "[1]", "an array"),
        ("send_amount", "9" * 5_000, "too large"),
        ("subject", '{"text": "x"}', "an object"),
        ("subject", '"\\u0000"', "NUL"),
        ("subject", '"\\ud83d"', "UTF-8"),
        ("subject", '"caf\udce9"', "UTF-8"),
        ("enterprise", "null", "empty"),
        ("lists", '"Members"', "not an array"),
        ("lists", "[[]]", "an array"),
    ],
)
def test_values_of_the_wrong_sort_are_refused_by_field(tmp_path, monkeypatch, field, written, told):
    line = json.dumps({**GOOD, field: "HERE"}).replace('"HERE"', written)
    rejection = refused(tmp_path, monkeypatch, line)
    assert rejection.field == field
    assert told in rejection.reason


@pytest.mark.parametrize(
    ("line", "field", "told"),
    [
        ("{", "", "no JSON"),
        ("[1]", "", "no JSON object"),
        ("17", "", "no JSON object"),
        ('{"a": 1} {"b": 2}', "", "no JSON"),
        ("{} x", "", "no JSON"),
        ('{"a": NaN}', "", "NaN"),
        ('{"a": -Infinity}', "", "-Infinity"),
        ('{"a": ' + "[" * 100_000, "", "nested too deeply"),
        ('{"a": 1, "a": 1}', "a", "more than once"),
        ("{}", "enterprise", "missing"),
        ("not JSON", "", "no JSON"),
    ],
)
def test_lines_that_are_no_row(tmp_path, monkeypatch, line, field, told):
    rejection = refused(tmp_path, monkeypatch, line)
    assert rejection.field == field
    assert told in rejection.reason
    assert len(rejection.value) <= 40


def test_a_column_twice_under_two_names(tmp_path, monkeypatch):
    rejection = refused(tmp_path, monkeypatch, json.dumps({**GOOD, "Send Amount": 5}))
    assert (rejection.field, rejection.reason) == ("send_amount", "is there more than once: keep one")


def test_keys_that_are_not_read_are_told_once_and_not_without_end(tmp_path, monkeypatch):
    rows = [{**GOOD, "open rate": {"x": [1]}, f"k{number}": 1} for number in range(300)]
    _, report, kept = taken(tmp_path, monkeypatch, json_text(*rows))
    assert len(kept.records) == 300
    assert report.extra[:3] == ("open rate", "k0", "k1")
    assert len(report.extra) == 100


def test_keys_in_another_order_or_case_and_blank_lines(tmp_path, monkeypatch):
    other = {key.upper().replace("_", " "): value for key, value in reversed(GOOD.items())}
    _, report, kept = taken(tmp_path, monkeypatch, "\n" + json_text(GOOD) + " \r\n" + json_text(other))
    assert kept.records[0] == kept.records[1]
    assert report.rows == 2


def test_the_kind_is_told_by_the_first_whole_object(tmp_path, monkeypatch):
    _, report, kept = taken(tmp_path, monkeypatch, '{"broken\n{"enterprise": 1}\n' + json_text(GOOD))
    assert (len(kept.records), report.rejected) == (1, 2)


@pytest.mark.parametrize("indent", [None, 0, 1, "\t"])
def test_an_array_is_read_however_it_is_laid_out(tmp_path, monkeypatch, indent):
    """Refused elements are told by their lines, and become lines that can be mended and imported."""
    rows = [{**GOOD, "message_id": f"m{number}"} for number in range(900)]
    rows[700] |= {"channel": "fax", "subject": "two\nlines"}
    text = json.dumps(rows, indent=indent)
    _, report, kept = taken(tmp_path, monkeypatch, text)
    assert [record.message_id for record in kept.records] == [
        f"m{number}" for number in range(900) if number != 700
    ]
    [rejection] = report.rejections
    assert rejection.field == "channel"
    before = text[: text.index('"m700"')].rpartition("{")[0]
    assert rejection.line == before.count("\n") + 1
    rejects = tmp_path / "messages.rejects.jsonl"
    assert json.loads(rejects.read_text()) == rows[700]
    rejects.write_text(rejects.read_text().replace("fax", "sms"))
    mended = Kept()
    mended.take(rejects)
    assert [record.message_id for record in mended.records] == ["m700"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[{good},\n{good}", "ends before the array does"),
        ("[{good}\n{good}]", "has no comma before it"),
        ("[{good},{good},\n]", "has a comma before it and no element"),
        ("[{good},\n17,{good}]", "no JSON object"),
        ('[{good},\n{"enterprise": NaN},{good}]', "NaN"),
        ("[{good},\n{},{good}]", "is missing"),
    ],
)
def test_what_is_wrong_with_an_array_costs_itself(tmp_path, monkeypatch, text, told):
    _, report, kept = taken(tmp_path, monkeypatch, text.replace("{good}", json.dumps(GOOD)))
    assert len(kept.records) == 2
    [rejection] = report.rejections
    assert told in rejection.reason
    assert rejection.line == 2


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (b'{\n"enterprise": "Acme"\n}\n', "each object on a line of its own"),
        (b'{"enterprise": "Acme"}\n', "for messages it lacks customer, message_id"),
    ],
)
def test_json_of_another_sort_is_refused_whole(lines, told):
    with pytest.raises(Refusal, match=told):
        JsonReader(Block(1, lines.splitlines(keepends=True)), "x.jsonl")
