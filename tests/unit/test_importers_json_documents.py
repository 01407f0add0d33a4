"""JSON as RFC 8259 has it, in every way that documents lie in files, in pieces of any size."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msglog_tui.errors import Refusal
from msglog_tui.importers import json_documents
from msglog_tui.importers.json_documents import decoded, documents, first_documents
from msglog_tui.importers.json_values import BadValue, seconds
from msglog_tui.importers.rows import Block


def read(data: bytes, size: int = 2**16):
    """The values of the good documents, and text, line and problem of the bad."""
    good, bad = [], []
    blocks = [
        Block(1, data[place : place + size].splitlines(keepends=True)) for place in range(0, len(data), size)
    ]
    for batch in documents(blocks):
        for found in batch.documents:
            if found.problem:
                line = batch.line + batch.text.count("\n", 0, found.start)
                bad.append((batch.text[found.start : found.end], line, found.problem))
            else:
                good.append(found.value)
    return good, bad


def in_pieces(data: bytes):
    """What is read, which must not depend on how the bytes come."""
    whole = read(data)
    for size in (1, 2, 3, 7, 16, 50):
        assert read(data, size) == whole
    return whole


ONE, TWO = {"a": "1"}, {"b": ["x}{[\n"]}
A, B = b'{"a": 1}', b'{"b": ["x}{[\\n"]}'


@pytest.mark.parametrize(
    "data",
    [
        A + b"\n" + B + b"\n",
        A + b"\r\n" + B,
        A + B,
        A + b" " + B + b"\n\n",
        b"[" + A + b"," + B + b"]",
        b" [\n  " + A + b",\n  " + B + b"\n]\n",
        b"[" + A + b"][" + B + b"]",
        b"[" + A + b"]\n[]\n[ ]" + B,
        A + b"[" + B + b"]",
        json.dumps({"a": 1}, indent=2).encode() + json.dumps(TWO, indent=2).encode(),
        b"\n\n" + json.dumps([{"a": 1}, TWO], indent=2).encode(),
    ],
)
def test_documents_in_every_way_they_lie_in_files(data):
    assert in_pieces(data) == ([ONE, TWO], [])


# Made by hand, one of each class of the test suite that goes with RFC 8259.
@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('{"a": []}', {"a": []}),
        ("{}", {}),
        ('{"": 0}', {"": "0"}),
        ('{"a": -0}', {"a": "-0"}),
        ('{"a": 1E+2}', {"a": "1E+2"}),
        ('{"a": 123.456e-78}', {"a": "123.456e-78"}),
        ('{"a": 0.' + "1" * 400 + "}", {"a": "0." + "1" * 400}),
        ('{"a": ' + "9" * 6_000 + "}", {"a": "9" * 6_000}),
        ('{"a": "\\u0041\\u00e9\\ud83d\\ude00"}', {"a": "Aé😀"}),
        ('{"a": "\\"\\\\\\/\\b\\f\\n\\r\\t"}', {"a": '"\\/\b\f\n\r\t'}),
        ('{"a": "\\u0000"}', {"a": "\0"}),
        ('{"a": "\x7f\u2028\U0010ffff"}', {"a": "\x7f\u2028\U0010ffff"}),
        ('{"a": "\\ud83d"}', {"a": "\ud83d"}),
        ('{"a": [null, true, false]}', {"a": [None, True, False]}),
        ('\t{ "a"\r\n:\n1 }\n', {"a": "1"}),
        ('{"a": 1, "a": 2}', {"a": "2"}),
        ('{"a": ' + "[" * 400 + "]" * 400 + "}", None),
    ],
)
def test_what_is_json_is_read(written, value):
    good, bad = in_pieces(written.encode())
    assert not bad
    if value is not None:
        assert good == [value]


NOT_JSON = [
    '{"a": 01}',
    '{"a": +1}',
    '{"a": 1.}',
    '{"a": .5}',
    '{"a": 1e}',
    '{"a": 0x1}',
    '{"a": \uff11}',
    '{"a": NaN}',
    '{"a": Infinity}',
    '{"a": -Infinity}',
    '{"a": True}',
    '{"a": nul}',
    "{'a': 1}",
    "{a: 1}",
    '{"a" 1}',
    '{"a": 1,}',
    '{"a":: 1}',
    '{"a": 1 "b": 2}',
    '{"a": 1 // one\n}',
    '{"a": 1 /* one */}',
    '{"a": "\\x41"}',
    '{"a": "\\u00g0"}',
    '{"a": "\\u12"}',
    '{"a": "tab\there"}',
    '{"a": [1,,2]}',
    '{"a": [1,]}',
    '{"a": \u00a01}',
    '{"a": \x0c1}',
    '{1: 2}',
    '{"a": ' + "[" * 2_000 + "]" * 2_000 + "}",
]  # fmt: skip


@pytest.mark.parametrize("bad", NOT_JSON)
def test_what_is_no_json_costs_itself_in_lines_and_arrays(bad):
    data = bad.encode()
    for text in (A + b"\n" + data + b"\n" + B, A + data + B, b"[" + A + b"," + data + b"," + B + b"]"):
        good, [(refused, _, problem)] = in_pieces(text)
        assert good == [ONE, TWO]
        assert refused.strip() == bad
        assert "JSON" in problem or "too deep" in problem


@pytest.mark.parametrize("bad", ['{"a": "x', '{"a": [1, {', '{"a":', '{"a"', "{", '{"a": "x\\'])
def test_a_line_cut_in_the_middle_costs_itself(bad):
    good, [(refused, line, _)] = in_pieces(A + b"\n" + bad.encode() + b"\n" + B + b"\n" + A)
    assert good == [ONE, TWO, ONE]
    assert (refused, line) == (bad + "\n", 2)


@pytest.mark.parametrize("bad", ['{"a": "x"', '{"a": [1, {"b": 2}', '{"a": {"b": 1}'])
def test_a_document_cut_among_others_without_lines_costs_itself(bad):
    good, [(refused, _, _)] = in_pieces(A + bad.encode() + b"}" * bad.endswith("]") + A + B)
    assert refused.startswith(bad[:5])
    assert good[0] == ONE
    assert good[-1] == TWO


@pytest.mark.parametrize("garbage", ["x", "]", "}", ",", "not JSON, really", "\ufeff", "\x00", "\udcff"])
def test_garbage_before_between_and_behind(garbage):
    data = garbage.encode("utf-8", "surrogateescape")
    good, bad = in_pieces(data + A + data + b"\n" + data + B + data)
    assert good == [ONE, TWO]
    assert [refused for refused, *_ in bad] == [garbage] * 4


def test_top_level_values_that_are_no_objects_are_values():
    assert in_pieces(b'12 "x" true null -1.5e3\n7') == (["12", "x", True, None, "-1.5e3", "7"], [])


@pytest.mark.parametrize(
    ("data", "values", "told"),
    [
        (b"[" + A + b"," + B, [ONE, TWO], "ends before the array does that begins on line 1"),
        (b"[" + A + b"," + B + b",", [ONE, TWO], "ends before the array"),
        (b"[", [], "ends before the array"),
        (b"[" + A + b"]\n\n[\n" + B, [ONE, TWO], "begins on line 3"),
        (b"[" + A + B + b"]", [ONE, TWO], "has no comma before it"),
        (b"[" + A + b"," + B + b",]", [ONE, TWO], "has a comma before it and no element"),
        (b"[," + A + b"," + B + b"]", [ONE, TWO], "no JSON"),
        (b"[" + A + b",nul," + B + b"]", [ONE, TWO], "no JSON"),
        (b"\n[" + A + b"," + B + b',{"c": "x', [ONE, TWO], "Unterminated"),
    ],
)
def test_bad_arrays_give_what_is_good_in_them(data, values, told):
    good, bad = in_pieces(data)
    assert good == values
    assert any(told in problem for *_, problem in bad)


def test_bytes_that_are_no_text_stay_to_be_refused_and_written_back():
    good, _ = in_pieces(b'{"a": "caf\xe9 \xf0\x9f\x98"}')
    assert good == [{"a": "caf\udce9 \udcf0\udc9f\udc98"}]


def test_lines_are_counted_over_everything_that_was_read():
    _, bad = in_pieces(b'{"a":\n1}\n\n[{},\n{"b":\nNaN},\n{}]\nx')
    assert [line for _, line, _ in bad] == [5, 8]


JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@given(
    st.lists(st.dictionaries(st.text(max_size=5), JSON, max_size=3), max_size=5),
    st.sampled_from([None, 1]),
    st.sampled_from(["", "\n", " \r\n\t"]),
    st.integers(1, 40),
)
def test_what_python_writes_is_read_again(values, indent, between, size):
    separate = between.join(json.dumps(value, indent=indent, ensure_ascii=False) for value in values)
    array = json.dumps(values, indent=indent)
    for text in (separate, array):
        assert read(text.encode("utf-8", "surrogatepass"), size) == (values, []) or "\\ud" in text.lower()


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "{",
                "}",
                "[",
                "]",
                ",",
                ":",
                '"',
                "\\",
                "\n",
                " ",
                "1",
                '"a"',
                '{"a":1}',
                "NaN",
                "tru",
                "\udce9",
            ]
        )
    ),
    st.integers(1, 9),
)
def test_whatever_comes_is_read_or_refused_and_nothing_is_lost(signs, size):
    data = "".join(signs).encode("utf-8", "surrogateescape")
    kept = []
    for batch in documents([Block(1, [data[n : n + size]]) for n in range(0, len(data), size)]):
        place = 0
        for found in batch.documents:
            assert place <= found.start <= found.end <= len(batch.text)
            # Between documents there is nothing but blanks and what makes arrays.
            assert not batch.text[place : found.start].strip(" \t\r\n[],")
            place = found.end
            kept.append((found.value, found.problem and batch.text[found.start : found.end]))
    whole = [
        (found.value, found.problem and batch.text[found.start : found.end])
        for batch in documents([Block(1, [data])])
        for found in batch.documents
    ]
    assert kept == whole


@pytest.mark.parametrize("part", [b'"' + b"x" * 15, b"[{\x01}, ", b'{"a": [', b"x ", b'{"a": "x\\"'])
def test_an_endless_document_is_refused_before_it_is_in_memory(monkeypatch, part):
    monkeypatch.setattr(json_documents, "LARGEST_DOCUMENT", 2**18)

    def endless():
        yield Block(1, [b'{"a": 1}\n'])
        for _ in range(2**21 // (2**12 * len(part))):
            yield Block(2, [part * 2**12])
        raise AssertionError("more was taken than a document may have")

    good = (found.value for batch in documents(endless()) for found in batch.documents if not found.problem)
    assert next(good) == ONE
    with pytest.raises(Refusal, match="What begins on line 2 is larger than 0 MiB"):
        list(good)


def test_the_beginning_of_a_file_shows_what_it_is():
    assert first_documents('{"a": 1}\n{"b": {"c": [{"d": "e", "f": [') == [
        ONE,
        {"b": {"c": [{"d": "e", "f": []}]}},
    ]
    assert first_documents('[{"a": 1}, {"a') == [ONE, {}]
    assert first_documents('x\n{"a": 1}') == [ONE, None]
    assert first_documents("") == [None]
    assert first_documents('{"a": ' + "[" * 60_000)[-1] == {"a": [[[[[None]]]]]}


@pytest.mark.parametrize(
    "written", ["1790847000", "1790847000.98", '"1790847000"', "1.790847E9", "1.7908470005e+9"]
)
def test_seconds_are_read_as_programs_write_numbers(written):
    assert seconds(decoded(f'{{"at": {written}}}'), "at") == 1_790_847_000


@pytest.mark.parametrize(
    "written", ['"1790847000.x"', "1e99", "-1", "17e-1", "1790847000123", "null", "true", "{}"]
)
def test_what_are_no_seconds_is_refused(written):
    with pytest.raises(BadValue):
        seconds(decoded(f'{{"at": {written}}}'), "at")
