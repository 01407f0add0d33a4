"""What only a server has: sessions that can be seen and lost, migrations, and functions of its own."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from msglog_tui.cancel import Cancel
from msglog_tui.errors import Cancelled, StoreError
from msglog_tui.store import access
from msglog_tui.store.engine import Store
from msglog_tui.text import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.postgresql import Server

NAME = "served"
SLEEP = "SELECT pg_sleep(60)"


@pytest.fixture(scope="module")
def served(postgresql: Server, pattern: str) -> Iterator[Store]:
    store = Store(postgresql.create(NAME, pattern))
    yield store
    store.close()
    postgresql.drop(NAME)


def sleeping(server: Server) -> int:
    activity = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(60%'"
    (count,) = server.execute(f"{activity} AND datname = '{NAME}'")[0]
    return int(count)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def in_a_thread(store: Store, cancel: Cancel | None, raised: list[BaseException]) -> threading.Thread:
    def ask() -> None:
        try:
            with store.reading(cancel, None, access.EVERYTHING) as connection:
                connection.execute(text(SLEEP)).all()
        except (Cancelled, StoreError) as error:
            raised.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    return thread


def test_a_question_that_is_given_up_is_gone_from_the_server(served: Store, postgresql: Server) -> None:
    cancel, raised = Cancel(), list[BaseException]()
    thread = in_a_thread(served, cancel, raised)
    until(lambda: sleeping(postgresql) == 1)
    cancel.cancel()
    thread.join(20)
    assert [type(error) for error in raised] == [Cancelled]
    assert sleeping(postgresql) == 0


def test_what_is_not_wanted_before_it_begins_is_not_asked(served: Store) -> None:
    cancel = Cancel()
    cancel.cancel()
    with pytest.raises(Cancelled), served.reading(cancel) as connection:
        connection.execute(text(SLEEP))


def test_a_lost_connection_is_a_sentence_and_the_next_question_has_a_new_one(
    served: Store, postgresql: Server
) -> None:
    raised = list[BaseException]()
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{NAME}'"
    thread = in_a_thread(served, None, raised)
    until(lambda: sleeping(postgresql) == 1)
    postgresql.execute(cut)
    thread.join(20)
    (error,) = raised
    assert "try again" in str(error)
    for _ in range(2):  # with and without connections that look alive
        with served.reading() as connection:
            assert connection.scalar(text("SELECT 1")) == 1
        with served.writing() as connection:
            assert connection.scalar(text("SELECT 1")) == 1
        postgresql.execute(cut)


LETTERS = st.characters(exclude_characters="\0", exclude_categories=("Cs", "Cn"), max_codepoint=0xFFFF)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(LETTERS, max_size=12), max_size=20))
def test_a_server_folds_text_as_python_does(served: Store, texts: list[str]) -> None:
    with served.reading() as connection:
        for said in texts:
            assert connection.scalar(text("SELECT fold(:said)"), {"said": said}) == fold(said), said
