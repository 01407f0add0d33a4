"""A copy is the whole archive, however often it was interrupted; what differs is told."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import column, select

from msglog_tui.delivery import DeliveryRecord, DeliveryStatus
from msglog_tui.errors import Refusal
from msglog_tui.reader import Reader
from msglog_tui.store import access, audit, copying, models, retention, rollup_check
from msglog_tui.store.engine import Store
from msglog_tui.store.writes import Writer
from msglog_tui.types import Role
from tests.store.records import message, transaction
from tests.store.test_deliveries import MIDNIGHT, dump, fill, imports, short_blocks  # noqa: F401
from tests.store.test_retention import remove, remove_deliveries, totals
from tests.store.test_totals import window

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

    from tests.postgresql import Server

AT = 1_760_000_000
_numbers = count(1)
WINDOW = window(AT - 900_000, AT + 9_000_000)


def delivery(number: int) -> DeliveryRecord:
    return DeliveryRecord(
        enterprise="Acme",
        customer="Retail",
        source="test",
        delivery_id=f"d{number}",
        recipient=f"person{number}@example.com",
        channel=0,
        status=DeliveryStatus.BOUNCED if number % 3 else DeliveryStatus.DELIVERED,
        at=AT + 800_000 + number,
        code="5.1.1",
        reason="no such user",
        message_id="made",
        campaign="",
        subject="Hello",
        sent_at=AT + 800_000,
        sent_by="thandi",
        lists=("VIP",),
    )


@pytest.fixture
def filled(store: Store) -> Store:
    """An archive with something in every table."""
    with Writer(store) as writer:
        writer.messages(
            [
                message(
                    enterprise=("Acme", "Globex")[number % 2],
                    customer=("Retail", "Ünder")[number % 3 % 2],
                    message_id=f"m{number}",
                    subject=f"Sale {number}",
                    failed=None if number % 5 else 3,
                    sent_at=AT + number * 7_000,
                )
                for number in range(200)
            ]
        )
        writer.transactions([transaction(), transaction(transaction_id="t2", customer="")])
        writer.deliveries([delivery(number) for number in range(30)])
    remove(store, retention.on_grid(AT + 300_000), limit=50)
    with store.writing() as connection:
        access.add_user(
            connection,
            login="thandi",
            name="Thandi",
            role=Role.CUSTOMER,
            enterprise="Acme",
            customer="Retail",
            time_zone="Africa/Johannesburg",
        )
        connection.execute(
            models.user_key.insert().values(
                user_id=1, algorithm="ssh-ed25519", fingerprint="f", data=b"\0\xff", comment="c", added_at=1
            )
        )
        audit.record(connection, [audit.Entry(AT, "thandi", "customer", "log in", "", "::1", "f")])
    return store


@pytest.fixture
def target(tmp_path: Path) -> Store:
    made = Store(str(tmp_path / "copy.db"))
    made.create()
    return made


def copy(source: Store, target: Store, *, steps: int = 10**9) -> None:
    """Copy, and give up after so many steps."""

    def count(_: copying.Step) -> None:
        nonlocal steps
        steps -= 1
        if steps < 0:
            raise KeyboardInterrupt

    with copying.viewed(source) as view:
        copying.copy(view, target, count)


def differing(one: Store, other: Store) -> list[str]:
    with copying.viewed(one) as here, copying.viewed(other) as there:
        return [table.name for table in copying.TABLES if copying.differs(here, there, table)]


def everything(store: Store) -> list[object]:
    reader = Reader.of_owner(store, "x")
    with store.reading() as connection:
        users = access.users(connection)
        for enterprise_id, _ in rollup_check.enterprises(connection):
            assert list(rollup_check.differences(connection, enterprise_id)) == []
    return [
        users,
        totals(store, WINDOW),
        list(reader.all_messages(WINDOW)),
        list(reader.all_transactions(WINDOW, None, None, None)),
        reader.find(WINDOW, "sale 19"),
        reader.find_people("person7@example.com", None, 10),
        reader.find_people("@example.com", None, 100),
        reader.detail_from(),
    ]


def test_every_table_is_filled_and_copied(filled: Store, target: Store) -> None:
    with filled.reading() as connection:
        rows = {table.name: copying.totals(connection, table).values() for table in copying.TABLES}
    empty = [name for name, found in rows.items() if not sum(sums[0] for sums in found)]
    assert set(empty) <= {"delivery_block"}  # of large lists only
    copy(filled, target)
    assert differing(filled, target) == []
    assert everything(target) == everything(filled)
    copy(filled, target)
    assert differing(filled, target) == []


def test_an_archive_lives_on_after_it_was_copied(filled: Store, target: Store) -> None:
    copy(filled, target)
    for store in (filled, target):
        with Writer(store) as writer:
            writer.messages([message(enterprise="New", message_id="n", sent_at=AT + 900_000)])
            writer.deliveries([delivery(number) for number in range(29, 33)])
            assert writer.messages([message(message_id="m3", sent_at=AT)]).late == 1
    assert everything(target) == everything(filled)
    assert differing(filled, target) == []


def test_a_copy_that_was_stopped_is_gone_on_with(
    filled: Store, target: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "BATCH", 7)
    times = 0
    while True:
        try:
            copy(filled, target, steps=5 + times)
        except KeyboardInterrupt:
            times += 1
            target.close()
        else:
            break
    assert times > 3
    assert differing(filled, target) == []
    assert everything(target) == everything(filled)


def test_what_differs_is_named(filled: Store, target: Store) -> None:
    copy(filled, target)
    with target.writing() as connection:
        connection.execute(models.message.update().where(models.message.c.id == 150).values(sent=9))
        connection.execute(models.user.update().values(name="Other name"))
    assert differing(filled, target) == ["message", "user"]


def test_another_archive_is_not_copied_into(filled: Store, target: Store) -> None:
    with Writer(target) as writer:
        writer.messages([message(enterprise="Somebody else")])
    with pytest.raises(Refusal, match="something else"):
        copy(filled, target)


@contextmanager
def served(postgresql: Server, pattern: str) -> Iterator[Store]:
    """An empty archive on a server, whatever the other stores of a test are."""
    name = f"between_{next(_numbers)}"
    made = Store(postgresql.create(name, pattern))
    yield made
    made.close()
    postgresql.drop(name)


def rows(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, as it is kept."""
    with store.reading(seconds=None) as connection:
        found = {}
        for table in copying.TABLES:
            query = select(*(column(each.name) for each in table.c)).select_from(table)
            found[table.name] = sorted(map(tuple, connection.execute(query)), key=str)
        return found


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    imports,
    st.randoms(),
    st.sampled_from([None, MIDNIGHT - 900, MIDNIGHT]),
    st.sampled_from([None, MIDNIGHT]),
    st.integers(1, 9),
)
def test_an_archive_is_the_same_after_going_to_a_server_and_back(
    postgresql: Server,
    pattern: str,
    tmp_path_factory: pytest.TempPathFactory,
    told: tuple[list[Any], list[Any]],
    chance: Random,
    messages_from: int | None,
    deliveries_from: int | None,
    batch: int,
) -> None:
    folder = tmp_path_factory.mktemp("copies")
    first, last = Store(str(folder / "first.db")), Store(str(folder / "last.db"))
    for store in (first, last):
        store.create()
    fill(first, [*told[0], *told[1]], chance)
    if deliveries_from is not None:
        remove_deliveries(first, deliveries_from)
    if messages_from is not None:
        remove(first, messages_from)
    somebody(first)
    with pytest.MonkeyPatch.context() as patch, served(postgresql, pattern) as between:
        patch.setattr(copying, "BATCH", batch)
        for source, target in ((first, between), (between, last)):
            with suppress(KeyboardInterrupt):
                copy(source, target, steps=chance.randint(0, 40))
            copy(source, target)
            assert differing(source, target) == []
        for name, expected in rows(first).items():
            assert rows(between)[name] == rows(last)[name] == expected, name
        assert dump(first) == dump(between) == dump(last)
        for store in (between, last):  # what comes next gets the next numbers
            fill(store, [*told[0], message(enterprise="New")], chance)
        assert dump(between)["messages"] == dump(last)["messages"]
    for store in (first, last):
        store.close()


def somebody(store: Store) -> None:
    """A user with a key, and a line of the audit."""
    with Writer(store) as writer:
        writer.messages([message(sent_at=MIDNIGHT + 900)])
        writer.transactions([transaction()])
    with store.writing() as connection:
        access.add_user(
            connection,
            login="lerato",
            name="Lerato ␛",
            role=Role.ADMINISTRATOR,
            enterprise="Acme",
            customer=None,
            time_zone="",
        )
        connection.execute(
            models.user_key.insert().values(
                user_id=1, algorithm="ssh-ed25519", fingerprint="f", data=b"\0\xff", comment="", added_at=1
            )
        )
        audit.record(connection, [audit.Entry(AT, "lerato", "administrator", "log in", "", "::1", "f")])
