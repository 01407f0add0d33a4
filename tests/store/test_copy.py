"""Rows that go to PostgreSQL in one stream come back as they were, whatever is in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from msglog_tui.errors import StoreError
from msglog_tui.store import dialects, models
from msglog_tui.store.engine import Store
from msglog_tui.store.postgresql import copy
from msglog_tui.store.postgresql.roles import READER
from msglog_tui.store.writes import Writer
from msglog_tui.types import Outcome
from tests.store.records import message

if TYPE_CHECKING:
    from collections.abc import Sequence

HOSTILE = st.text(
    st.one_of(
        st.sampled_from("\\\t\n\r\0\b\f\v\"',.Nxn\N{SYMBOL FOR NULL}\x85\u2028"),
        st.characters(exclude_categories=("Cs",)),
    ),
    max_size=12,
)
VALUES = st.one_of(HOSTILE, st.none(), st.integers(-(2**63), 2**63 - 1), st.binary(max_size=6))
ROWS = st.lists(st.tuples(VALUES, VALUES, HOSTILE), max_size=8)

_ESCAPED = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r"}


def read(data: bytes) -> list[list[str | None]]:
    """What `COPY … FROM` takes from its text format."""
    text = data.decode()
    assert not text or text.endswith("\n")
    fields = [line.split("\t") for line in text.split("\n")[:-1]]
    return [
        [None if field == "\\N" else re.sub(r"\\.", lambda found: _ESCAPED[found[0]], field) for field in row]
        for row in fields
    ]


def kept(value: object) -> str | None:
    """How a value stands in a field."""
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return None if value is None else str(value).replace("\0", "\N{SYMBOL FOR NULL}")


@given(ROWS, st.integers(1, 3))
def test_every_row_is_read_as_it_is(rows: Sequence[tuple[Any, ...]], at_once: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copy, "_AT_ONCE", at_once)
        data = b"".join(copy.blocks(rows))
    assert read(data) == [[kept(value) for value in row] for row in rows]


# Each example begins with an empty table.
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(HOSTILE, HOSTILE), max_size=20, unique_by=lambda row: kept(row[0])))
def test_a_store_keeps_text_as_it_is(store: Store, rows: list[tuple[str, str]]) -> None:
    table = models.delivery_reason
    with store.writing() as connection:
        connection.execute(delete(table))
        numbered = [(number, *row) for number, row in enumerate(rows)]
        dialects.of(connection).insert_rows(connection, table, ["id", "code", "template"], numbered)
        found = connection.execute(select(table).order_by(table.c.id)).all()
        no_nul = connection.dialect.name == "postgresql"
    if no_nul:
        numbered = [(number, kept(code), kept(said)) for number, code, said in numbered]
    assert [tuple(row) for row in found] == numbered


def test_rows_that_were_there_do_not_keep_new_ones_out(store: Store) -> None:
    old = [message(message_id=f"m{number}", sent=1) for number in range(0, 30, 2)]
    both = [message(message_id=f"m{number}", sent=1) for number in range(30)]
    newer = [message(message_id=f"n{number}", sent=1) for number in range(5)]
    with Writer(store) as writer:
        assert writer.messages(old) == Outcome(15, 0, 0)
        # Some are there: what went straight in is taken back, and both are sorted out.
        assert writer.messages(both) == Outcome(15, 0, 15)
        assert writer.messages(both[:7]) == Outcome(0, 0, 7)
        # All are new again, twice: staged first, then straight in.
        assert writer.messages(newer[:2]) == Outcome(2, 0, 0)
        assert writer.messages(newer[2:]) == Outcome(3, 0, 0)
        assert writer.messages([newer[0]._replace(sent=5), *newer[1:]]) == Outcome(0, 1, 4)
    with store.reading() as connection:
        sums = select(models.enterprise_traffic.c.email_sent, models.enterprise_traffic.c.email_messages)
        assert {tuple(row) for row in connection.execute(sums)} == {(39, 35)}


def test_what_a_server_refuses_of_a_copy_is_a_sentence(database: str) -> None:
    store = Store(database)
    store.init()

    def refused() -> None:
        with store.writing() as connection:
            connection.exec_driver_sql(f"SET LOCAL ROLE {READER}")
            copy.into(connection, "message", ["subject"], [("Sale",)])

    with pytest.raises(StoreError, match=r"cannot be written: permission denied .*the role you need"):
        refused()
    store.close()
