"""A copy is the whole archive, however often it was interrupted; what differs is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from msglog_tui.delivery import DeliveryRecord, DeliveryStatus
from msglog_tui.errors import Refusal
from msglog_tui.reader import Reader
from msglog_tui.store import access, audit, copying, models, retention, rollup_check
from msglog_tui.store.engine import Store
from msglog_tui.store.writes import Writer
from msglog_tui.types import Role
from tests.store.records import message, transaction
from tests.store.test_retention import remove, totals
from tests.store.test_totals import window

if TYPE_CHECKING:
    from pathlib import Path

AT = 1_760_000_000
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
