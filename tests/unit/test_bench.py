"""The benchmarks' table says what was measured; the measuring itself is no test."""

from __future__ import annotations

import pytest

from tests.bench.table import Of, Row, Target, as_markdown, as_text, number

MOVE = Row("move", "B", (146, 150, 142), (126, 126, 126), "least", Target(1.2, Of.RATIO))
IDLE = Row("idle", "B", (1,), target=Target(0, Of.MEDIAN))


def test_p95_is_a_value_that_was_measured() -> None:
    row = Row("keys", "ms", range(1, 201))
    assert (row.median, row.p95) == (100.5, 190)


@pytest.mark.parametrize(
    ("row", "met"),
    [
        (MOVE, True),
        (IDLE, False),
        (Row("keys", "ms", (1, 2, 99), target=Target(15, Of.P95)), False),
        (Row("keys", "ms", (1, 2, 99), target=Target(15, Of.MEDIAN)), True),
        (Row("keys", "ms", (1,)), None),
        (Row("nothing to divide by", "B", (1,), (0,), target=Target(2, Of.RATIO)), False),
    ],
)
def test_target(row: Row, met: bool | None) -> None:
    assert row.met is met


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (7, "7"), (0.126, "0.13"), (12.34, "12.3"), (12345.6, "12,346")]
)
def test_number(value: float, text: str) -> None:
    assert number(value) == text


def test_text_is_in_line() -> None:
    assert as_text([MOVE, IDLE]).splitlines() == [
        "What  median  p95     baseline         ratio  target",
        "move     146  150  B       126  least   1.16  ratio ≤ 1.20  met",
        "idle       1       B                          median ≤ 0    missed",
    ]


def test_markdown() -> None:
    assert as_markdown([MOVE]).splitlines() == [
        "| What | median | p95 |  | baseline |  | ratio | target |  |",
        "| :- | -: | -: | :- | -: | :- | -: | :- | :- |",
        "| move | 146 | 150 | B | 126 | least | 1.16 | ratio ≤ 1.20 | met |",
    ]
