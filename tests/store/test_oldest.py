"""The oldest PostgreSQL that is supported, where this machine has it beside the one of the other tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from msglog_tui.reader import Reader
from msglog_tui.store import rollup_check
from msglog_tui.types import Order
from tests.archives import Databases, sample_store
from tests.postgresql import Servers, installed, programs
from tests.store.test_totals import window

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from msglog_tui.store.engine import Store

OLDEST = 15
ALL = window(0, 4_000_000_000)


@pytest.fixture(scope="module")
def archive() -> Iterator[Store]:
    found = [folder for folder in installed() if folder.parent.name == str(OLDEST)]
    if not found or found[0] == programs():
        pytest.skip(f"this machine has no PostgreSQL {OLDEST} beside the one of the other tests")
    with Servers(found[0]) as servers, Databases(servers.start("oldest")).sample() as store:
        yield store


def test_it_is_the_oldest(archive: Store) -> None:
    with archive.reading() as connection:
        number = connection.exec_driver_sql("SHOW server_version_num").scalar_one()
    assert int(number) // 10_000 == OLDEST


@pytest.mark.parametrize("login", ["thandi", "lerato", "vusi.adams"])
def test_everybody_sees_what_they_see_in_a_file(archive: Store, tmp_path: Path, login: str) -> None:
    file = sample_store(tmp_path / "archive.db")
    there, here = (Reader.of(store, login) for store in (archive, file))
    assert there.identity == here.identity
    enterprises = here.enterprises(ALL, Order.DATE)
    assert there.enterprises(ALL, Order.DATE) == enterprises
    assert there.find(ALL, "voucher") == here.find(ALL, "voucher")
    assert there.find_people("@example.com", None, 50) == here.find_people("@example.com", None, 50)
    messages = [message.external_id for message in here.all_messages(ALL)]
    assert [message.external_id for message in there.all_messages(ALL)] == messages
    assert len(messages) > 100
    file.close()


def test_totals_are_the_sums_of_messages(archive: Store) -> None:
    with archive.reading(seconds=None) as connection:
        for enterprise_id, _ in rollup_check.enterprises(connection):
            assert list(rollup_check.differences(connection, enterprise_id)) == []
