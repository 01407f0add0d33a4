"""CSV as spreadsheets write it, and as nobody should."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msglog_tui.errors import Refusal
from msglog_tui.importers import csv_rows
from msglog_tui.importers.csv_rows import CsvReader, split
from msglog_tui.importers.rows import Block
from tests.unit.importing import MESSAGE, csv_text, message, transaction

CELLS = st.text(st.sampled_from('ab,;\t" \r\nü'), max_size=6)


def lines_of(text: str) -> list[str]:
    return list(io.StringIO(text, newline=""))


def encoded(text: str) -> list[bytes]:
    return [line.encode() for line in lines_of(text)]


def reader(text: str) -> CsvReader:
    return CsvReader(Block(1, encoded(text)), "messages.csv")


def read(blocks: list[Block], columns=("subject",)):
    """The rows as tuples, and what is broken as (line, reason)."""
    found = CsvReader(blocks[0], "messages.csv")
    first = Block(blocks[0].first + found.body, blocks[0].lines[found.body :])
    rows, broken = [], []
    for batch in found.rows([first, *blocks[1:]], columns):
        rows += zip(
            (batch.block.first + start for start in batch.starts),
            (batch.block.first + end for end in batch.ends),
            *batch.columns,
            strict=True,
        )
        broken += [(batch.block.first + bad.start, bad.reason) for bad in batch.broken]
    return rows, broken


@given(
    st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=5),
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_what_csv_writes_is_read(rows, delimiter, line_end):
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows(rows)
    texts = lines_of(out.getvalue())
    found = split(texts, delimiter, final=True)
    assert found.rows == rows
    assert not found.broken
    assert [text for s, e in zip(found.starts, found.ends, strict=True) for text in texts[s:e]] == texts


@given(st.lists(st.text(st.sampled_from('a,"'), max_size=6).map(lambda line: line + "\n"), max_size=12))
def test_every_line_is_in_a_record_or_broken(texts):
    found = split(texts, ",", final=True)
    spans = [*zip(found.starts, found.ends, strict=True), *((bad.start, bad.end) for bad in found.broken)]
    assert [place for span in sorted(spans) for place in range(*span)] == list(range(len(texts)))
    for row, start, end in zip(found.rows, found.starts, found.ends, strict=True):
        assert [row] == list(csv.reader(texts[start:end], strict=True))
    assert found.taken == len(texts)


@given(st.lists(st.text(st.sampled_from('a,"'), max_size=6).map(lambda line: line + "\n"), max_size=12))
def test_records_are_those_of_csv_begun_anew_after_each_broken_line(texts):
    rows, broken, start = [], [], 0
    while start < len(texts):
        for end in range(start + 1, len(texts) + 1):
            try:
                rows += csv.reader(texts[start:end], strict=True)
            except csv.Error:
                continue
            start = end
            break
        else:
            broken.append(start)
            start += 1
    found = split(texts, ",", final=True)
    assert found.rows == rows
    assert [bad.start for bad in found.broken] == broken


@given(
    st.lists(st.text(st.sampled_from('a,"'), max_size=6).map(lambda line: line + "\n"), max_size=12),
    st.lists(st.integers(1, 3), min_size=12, max_size=12),
)
def test_it_does_not_matter_where_blocks_are_cut(texts, sizes):
    header = (",".join(MESSAGE) + ",x\n").encode()
    lines = [text.encode() for text in texts]
    cut, blocks = 0, [Block(1, [header])]
    for size in sizes:
        if lines[cut : cut + size]:
            blocks.append(Block(cut + 2, lines[cut : cut + size]))
        cut += size
    assert read(blocks) == read([Block(1, [header, *lines])])


def test_a_stray_quote_costs_its_line_alone():
    good = csv_text(message(message_id="m-2"), message(message_id="m-3")).splitlines(keepends=True)
    lines = [good[0], good[1], 'Acme,Bakery,m-9,"never closed,email\n', good[2]]
    rows, broken = read([Block(1, [line.encode() for line in lines])], ("message_id",))
    assert rows == [(2, 3, "m-2"), (4, 5, "m-3")]
    assert [line for line, _ in broken] == [3]
    assert "opens a quote that is not closed" in broken[0][1]


def test_a_quote_within_a_quoted_field_costs_its_line_alone():
    header, good = csv_text(MESSAGE).splitlines(keepends=True)
    rows, broken = read([Block(1, [header.encode(), b'Acme,"Ba"kery",\n', good.encode()])])
    assert [row[0] for row in rows] == [3]
    assert broken == [(2, 'has a quote in the middle of a quoted field: write it as ""')]


@pytest.mark.parametrize("ending", ["", 'closed"\n', 'closed" not\n'])
def test_lines_that_all_leave_a_quote_open_are_not_read_again_from_each(monkeypatch, ending):
    looked_at = 0

    def counting(lines, **options):
        def counted():
            nonlocal looked_at
            for line in lines:
                looked_at += 1
                yield line

        return real(counted(), **options)

    real = csv.reader
    monkeypatch.setattr(csv_rows.csv, "reader", counting)
    lines = 3 * csv_rows.MOST_LINES
    # From outside quotes and from inside, such a line ends inside.
    found = split([*(['x""","\n'] * lines), ending], ",", final=True)
    assert len(found.broken) >= 2 * csv_rows.MOST_LINES
    assert looked_at < 4 * lines


def test_a_record_of_many_lines_and_one_of_too_many():
    def record(lines: int) -> list[str]:
        return ['"' + "\n", *["more\n"] * (lines - 2), 'end"\n']

    found = split([*record(csv_rows.MOST_LINES), "next\n"], ",", final=True)
    assert [len(row) for row in found.rows] == [1, 1]
    assert not found.broken
    found = split(record(csv_rows.MOST_LINES + 1), ",", final=True)
    assert found.broken[0].start == 0
    assert found.rows[0] == ["more"]


def test_a_record_of_several_lines_with_too_many_characters():
    half = csv_rows.MOST_CHARACTERS // 2
    for length, broken in ((half - 8, []), (half, [0])):
        texts = ['"' + "x" * length + "\n", 'end","' + "x" * length + '"\n']
        assert [bad.start for bad in split(texts, ",", final=True).broken] == broken
        # Where more lines may come, the same is known already.
        assert [bad.start for bad in split(texts, ",", final=False).broken] == broken


def test_a_field_over_the_limit_costs_its_line_alone():
    header, good = csv_text(MESSAGE).splitlines(keepends=True)
    huge = good.replace("Fresh bread", "x" * 140_000)
    rows, broken = read([Block(1, [header.encode(), huge.encode(), good.encode()])])
    assert rows == [(3, 4, "Fresh bread")]
    assert broken == [(2, "has a field of more than 131,072 characters: shorten it")]


def test_too_few_and_too_many_fields_are_counted():
    header, good = csv_text(MESSAGE).splitlines(keepends=True)
    lines = [header, "a,b\n", good, good.replace("\n", ",more\n")]
    rows, broken = read([Block(1, [line.encode() for line in lines])])
    assert rows == [(3, 4, "Fresh bread")]
    assert [(line, reason.partition(":")[0]) for line, reason in broken] == [
        (2, "has 2 fields where the header has 11"),
        (4, "has 12 fields where the header has 11"),
    ]


def test_empty_lines_and_rows_are_passed_over():
    header, good = csv_text(MESSAGE).splitlines(keepends=True)
    empty = ["\n", "  \n", "," * 10 + "\n", " ," * 10 + " \n", ",,,\n"]
    rows, broken = read([Block(1, [line.encode() for line in ["\n", header, *empty, good, "\r\n"]])])
    assert rows == [(8, 9, "Fresh bread")]
    assert not broken


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(delimiter):
    text = csv_text(message(subject="a,b;c\td"), delimiter=delimiter)
    rows, broken = read([Block(1, encoded(text))])
    assert rows == [(2, 3, "a,b;c\td")]
    assert not broken


def test_a_header_full_of_another_delimiter_does_not_mislead():
    text = csv_text({"note;with;many;semicolons": "", **MESSAGE, "a\nname; of ;lines": ""})
    found = reader(text)
    assert found.extra == ("note;with;many;semicolons", "a\nname; of ;lines")
    assert found.body == 2


def test_columns_in_any_order_and_as_people_name_them():
    names = {"send_amount": " Send Amount", "send_date": "SEND-DATE", "message_id": "Message  ID"}
    row = {names.get(name, name): value for name, value in reversed(MESSAGE.items()) if name != "sent_by"}
    text = csv_text({**row, "Open rate": "12 %", "": ""})
    found = reader(text)
    assert found.kind.word == "message"
    assert found.extra == ("Open rate", "(column 12, without a name)")
    assert found.missing == ("sent_by",)
    rows, _ = read([Block(1, encoded(text))], ("message_id", "send_amount", "sent_by"))
    assert rows == [(2, 3, "m-1", "120", "")]


def test_transactions_are_told_by_their_columns():
    assert reader(csv_text(transaction())).kind.word == "transaction"


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("enterprise,customer,subject", "for messages it lacks message_id, channel, send_amount, send_date"),
        ("a,b", "no export that msglog knows: its columns are “a, b”"),
        (",".join([*MESSAGE, "Send Amount"]), "send_amount more than once"),
        (",".join({**MESSAGE, **transaction()}), "of messages and of transactions"),
        ('"enterprise,customer', "broken quoting in its first line"),
    ],
)
def test_files_without_the_columns_are_refused_whole(header, told):
    with pytest.raises(Refusal) as caught:
        reader(header + "\n")
    assert told in str(caught.value)
    assert str(caught.value).startswith("messages.csv ")


def test_a_header_twice_a_column_that_is_not_read_is_fine():
    assert reader(",".join([*MESSAGE, "note", "note"]) + "\n").extra == ("note", "note")
