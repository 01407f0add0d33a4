"""What a filter finds is the same whether messages are read one by one or the index is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msglog_tui import dates, spans
from msglog_tui.reader import Reader
from msglog_tui.store import text_index
from msglog_tui.store.queries import search
from msglog_tui.store.writes import Writer
from tests.store.records import message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msglog_tui.store.engine import Store
    from msglog_tui.types import Found, Window
    from tests.store.conftest import Stores

DAY = 86_400
FIRST = 1_760_000_000

SUBJECTS = [
    "Spring sale is here",
    "SPRING SALE IS HERE",
    "Straße gesperrt",
    "STRASSE GESPERRT",
    "École fermée",
    "ﬁnal notice",
    'He said "50% off_"',
    "back\\slash and \u0000 nul",
    "春のセール",
    "a\U000f0001b",
    "x",
    "",
]
LISTS = [(), ("Newsletter", "VIP"), ('the "best" ones',), ("back\\slash",), ("Über 50",)]


def window(first: str = "2025-10-01", last: str = "2025-12-31") -> Window:
    return dates.window(
        spans.parse_span(first, dates.today("UTC"))[0], spans.parse_span(last, dates.today("UTC"))[0], "UTC"
    )


@pytest.fixture(scope="module")
def store(stores: Stores) -> Iterator[Store]:
    with stores() as made:
        _fill(made)
        yield made


def _fill(made: Store) -> None:
    with Writer(made) as writer:
        writer.messages(
            [
                message(
                    enterprise=f"E{number % 2}",
                    customer=f"C{number % 3}",
                    message_id=f"m{number}",
                    subject=subject,
                    sent_by=f"sender.{number % 5}",
                    lists=LISTS[number % len(LISTS)],
                    sent_at=FIRST + number * DAY,
                )
                for number, subject in enumerate(SUBJECTS * 3)
            ]
        )


def both(reader: Reader, text: str, dates_: Window) -> tuple[Found, Found]:
    one_by_one = reader.find(dates_, text)
    with patch.object(search, "SCANNED", -1):
        by_index = reader.find(dates_, text)
    return one_by_one, by_index


pieces = st.sampled_from(
    [*SUBJECTS, "sender.3", "Newsletter", 'the "best" ones', "back\\slash", "Über 50", '["']
)


@settings(max_examples=25, deadline=None)
@given(text=pieces, start=st.integers(0, 12), length=st.integers(3, 12), upper=st.booleans())
def test_the_index_finds_what_reading_finds(
    store: Store, text: str, start: int, length: int, upper: bool
) -> None:
    wanted = text[start : start + length]
    wanted = wanted.upper() if upper else wanted
    owner = Reader.of_owner(store, "x")
    for reader in (owner, owner.inside(1, None), owner.inside(1, 1)):
        for dates_ in (window(), window("2025-10-12", "2025-10-20")):
            one_by_one, by_index = both(reader, wanted, dates_)
            if by_index.too_short:
                assert len(wanted) < text_index.SHORTEST or len(wanted.casefold()) < text_index.SHORTEST
            else:
                assert by_index == one_by_one


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("spring SALE", 6),
        ("strasse", 6),
        ("école", 3),
        ("FINAL", 3),
        ("50% off_", 3),
        ("50% offx", 0),
        ("のセール", 3),
        ("nul", 3),
        ('the "best', 7),
        ("back\\slash", 10),
        ("SENDER.4", 7),
        ("\ue001\U000f0000\U000f0001", 0),
    ],
)
def test_what_is_found(store: Store, text: str, count: int) -> None:
    for found in both(Reader.of_owner(store, "x"), text, window()):
        assert len(found.hits) == count


def test_few_letters_search_names_only_where_there_is_much_to_read(store: Store) -> None:
    one_by_one, by_index = both(Reader.of_owner(store, "x"), "E1", window())
    assert not one_by_one.too_short
    assert by_index.too_short
    assert by_index.enterprises == one_by_one.enterprises != frozenset()
    assert by_index.hits == ()


def test_a_changed_message_is_found_by_what_it_says_now(stores: Stores) -> None:
    with stores() as store:
        _change(store)


def _change(store: Store) -> None:
    for subject, at in (("before that", FIRST), ("after this", FIRST + 40 * DAY)):
        with Writer(store) as writer:
            writer.messages([message(message_id="same", subject=subject, sent_at=at)])
    reader = Reader.of_owner(store, "x")
    with patch.object(search, "SCANNED", -1):
        assert reader.find(window(), "before").hits == ()
        assert len(reader.find(window("2025-11-15"), "after").hits) == 1
    with store.writing() as connection:
        text_index.rebuild(connection)
    with patch.object(search, "SCANNED", -1):
        assert len(reader.find(window(), "after").hits) == 1


def test_more_than_the_most_is_said(store: Store) -> None:
    with patch.object(search, "MOST", 5):
        for found in both(Reader.of_owner(store, "x"), "sender", window()):
            assert found.more
            assert len(found.hits) == 5
