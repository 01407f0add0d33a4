"""An archive that shows nobody anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from msglog_tui.errors import StoreError
from msglog_tui.reader import Reader
from msglog_tui.ssh.practice import practised
from msglog_tui.store import access
from msglog_tui.store.unseen import Unseen
from msglog_tui.types import Order
from tests.store.test_totals import window

if TYPE_CHECKING:
    from tests.archives import Databases

ALL = window(0, 4_000_000_000)


def test_nobody_sees_a_row_whatever_they_ask_as(databases: Databases) -> None:
    with databases.sample() as store:
        unseen = Unseen(store)
        operator = Reader(unseen, access.local_operator("x"))
        assert operator.enterprises(ALL, Order.DATE) == []
        assert operator.customers(ALL, 1, None) == []
        assert list(operator.all_messages(ALL)) == []
        assert Reader.of(unseen, "thandi").identity.user is None


def test_whoever_has_practised_is_an_ordinary_store_without_a_connection(
    databases: Databases,
) -> None:
    with databases.sample() as store:
        practised_on = practised(store.location)
        count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        with store.reading() as connection:
            assert connection.exec_driver_sql(count).scalar() == 1  # this one
        operator = Reader(practised_on, access.local_operator("x"))
        assert len(operator.enterprises(ALL, Order.DATE)) == 6
        practised_on.close()


def test_a_server_that_is_not_there_is_passed_over() -> None:
    store = practised("postgresql://127.0.0.1:1/nowhere")
    with pytest.raises(StoreError, match="cannot be read"):
        Reader.of(store, "thandi")
