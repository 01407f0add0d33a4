"""Deliveries that are removed leave their messages exact, and do not come back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from msglog_tui.delivery import DeliveryStatus, FailureGrouping, FailurePlace, Recipients
from msglog_tui.reader import Reader
from msglog_tui.store import delivery_check, delivery_removal, models, retention, rollup_check
from msglog_tui.store.writes import Writer
from msglog_tui.types import Outcome
from tests.store.records import delivery, message
from tests.store.test_deliveries import ALL, MIDNIGHT, dump, fill, imports, short_blocks  # noqa: F401
from tests.store.test_retention import remove, remove_deliveries

if TYPE_CHECKING:
    from random import Random

    from msglog_tui.store.engine import Store
    from tests.store.conftest import Stores

DAY = 86_400
STAYS = ("messages", "outcomes", "tallies", "customers", "enterprise traffic", "customer traffic")


def whole(store: Store) -> dict[str, Any]:
    """What removing deliveries must not change."""
    found = dump(store)
    return {name: found[name] for name in STAYS}


def assert_right(store: Store) -> None:
    with store.reading() as connection:
        for enterprise_id, _ in rollup_check.enterprises(connection):
            assert list(delivery_check.miscounts(connection, enterprise_id)) == []
            assert list(rollup_check.differences(connection, enterprise_id)) == []


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(imports, st.randoms(), st.integers(0, 3), st.integers(1, 4))
def test_what_was_removed_is_never_counted_again(
    stores: Stores, told: tuple[list[Any], list[Any]], chance: Random, steps: int, limit: int
) -> None:
    deliveries, messages = told
    everything = [*deliveries, *messages]
    with stores() as store:
        fill(store, everything, chance)
        expected = whole(store)
        reader = Reader.of_owner(store, "x")
        old = {row.id for row in reader.all_messages(ALL) if row.sent_at < MIDNIGHT}
        kept = [row for row in reader.all_deliveries(ALL, None) if row.message_id not in old]

        remove_deliveries(store, MIDNIGHT, steps=steps, limit=limit)  # as far as it got when it was stopped
        assert whole(store) == expected
        assert_right(store)
        remove_deliveries(store, MIDNIGHT, limit=limit)
        assert whole(store) == expected
        assert list(reader.all_deliveries(ALL, None)) == kept
        with store.reading() as connection:
            assert connection.scalar(select(func.count()).select_from(models.delivery)) == len(kept)
            contexts = connection.scalars(select(models.delivery_context.c.message_id)).all()
        assert not old & set(contexts)

        chance.shuffle(everything)
        fill(store, everything, chance)
        assert whole(store) == expected
        assert list(reader.all_deliveries(ALL, None)) == kept
        assert_right(store)

        with store.writing() as connection:
            for enterprise_id, _ in rollup_check.enterprises(connection):
                delivery_check.recount(connection, enterprise_id)
                rollup_check.rebuild(connection, enterprise_id)
            delivery_check.rebuild_index(connection)
        assert whole(store) == expected
        fill(store, everything, chance)
        assert whole(store) == expected
        assert list(reader.all_deliveries(ALL, None)) == kept


@pytest.fixture
def removed(store: Store) -> Store:
    """An archive with a message of eight recipients, which were removed, and one with three."""
    with Writer(store) as writer:
        writer.deliveries(
            [
                *(told(f"old{number}", MIDNIGHT - 50, status=number % 2 * 3 + 1) for number in range(8)),
                *(told(f"new{number}", MIDNIGHT + 50, status=DeliveryStatus.BOUNCED) for number in range(3)),
            ]
        )
    assert remove_deliveries(store, MIDNIGHT) == 8
    return store


def told(who: str, at: int, *, status: int = 3, sent: bool = True) -> Any:
    return delivery(
        recipient=f"{who}@example.com",
        delivery_id=who,
        at=at + 5,
        sent_at=at if sent else None,
        status=DeliveryStatus(status),
        reason="no such user",
    )


def test_only_the_counts_of_a_message_are_left(removed: Store) -> None:
    reader = Reader.of_owner(removed, "x")
    assert reader.deliveries_kept_from() == MIDNIGHT
    assert reader.detail_from() is None
    new, old = reader.all_messages(ALL)
    summary = reader.delivery_summary(old.enterprise_id, old.customer_id, old.id)
    assert sum(count for _, count in summary.by_status) == 8
    assert [tally.deliveries for tally in summary.reasons] == [4]
    assert summary.kept_from == MIDNIGHT
    of = Recipients(old.enterprise_id, old.customer_id, old.id, None)
    assert reader.count_deliveries(of) == 0
    assert reader.deliveries_from(of, 0, 10) == []
    assert reader.delivery_summary(new.enterprise_id, new.customer_id, new.id).kept_from is None
    (group,) = reader.failures(ALL, FailurePlace(), FailureGrouping.REASON)
    assert group.deliveries == 3
    assert len(reader.find_people("@example.com", None, 99).deliveries) == 3
    assert reader.find_people("old1@example.com", None, 99).deliveries == ()


def test_late_records_are_left_out(removed: Store) -> None:
    expected = dump(removed)
    with Writer(removed) as writer:
        # Sent before; sent before though it does not tell; of a message that is closed, though sent later.
        assert writer.deliveries([told("old1", MIDNIGHT - 50)]) == Outcome(0, 0, 0, late=1)
        assert writer.deliveries(
            [told("old1", MIDNIGHT + DAY, sent=False), told("old2", MIDNIGHT + DAY, sent=False)]
        ) == Outcome(0, 0, 0, late=2)
        (*_, old) = Reader.of_owner(removed, "x").all_messages(ALL)
        late = told("new1", MIDNIGHT + 60)._replace(message_id=old.external_id, delivery_id="other")
        assert writer.deliveries([late, told("new1", MIDNIGHT + 50, status=4)]) == Outcome(0, 0, 1, late=1)
    assert dump(removed) == expected


def test_a_number_that_is_used_again_is_not_taken_for_the_old_delivery(store: Store) -> None:
    """A message of before with a delivery of after, whose number is given again."""
    with Writer(store) as writer:
        writer.messages([message(message_id="early", sent_at=MIDNIGHT - 50)])
        writer.deliveries([told("gone", MIDNIGHT + 50)._replace(message_id="early")])
        assert remove_deliveries(store, MIDNIGHT) == 1
        assert writer.deliveries([told("here", MIDNIGHT + 50)]) == Outcome(1, 0, 0)
        expected = dump(store)
        assert writer.deliveries(
            [told("gone", MIDNIGHT + 51, sent=False, status=4), told("here", MIDNIGHT + 50)]
        ) == Outcome(0, 0, 1, late=1)
    assert dump(store) == expected


def test_keys_are_forgotten_in_the_end(removed: Store) -> None:
    keys = select(func.count()).select_from(models.delivery_key)
    with removed.reading() as connection:
        assert connection.scalar(keys) == 11
    later = MIDNIGHT + delivery_removal.REMEMBERED
    with Writer(removed) as writer:
        writer.deliveries([told("last", later + 50)])
    assert remove_deliveries(removed, later) == 3
    with removed.reading() as connection:
        assert connection.scalar(keys) == 4  # the three of now, and the last
    assert remove_deliveries(removed, later + DAY) == 1
    assert [row.removed for row in outcomes(removed)] == [1, 1, 1]


def outcomes(store: Store) -> Any:
    with store.reading() as connection:
        return connection.execute(select(models.message_outcome)).all()


def test_messages_go_later(removed: Store) -> None:
    with Writer(removed) as writer:
        writer.messages([message(sent_at=MIDNIGHT - 100)])
    expected = whole(removed)["enterprise traffic"]
    assert remove(removed, MIDNIGHT) == 2
    assert whole(removed)["enterprise traffic"] == expected
    assert [row.removed for row in outcomes(removed)] == [0]
    reader = Reader.of_owner(removed, "x")
    assert reader.detail_from() == reader.deliveries_kept_from() == MIDNIGHT
    with Writer(removed) as writer:
        assert writer.deliveries([told("old1", MIDNIGHT + 5, sent=False)]) == Outcome(0, 0, 0, late=1)
    assert_right(removed)


def test_check_and_repair_go_by_the_counts_that_are_kept(removed: Store) -> None:
    expected = whole(removed)
    old = models.message.c.sent_at < MIDNIGHT
    with removed.writing() as connection:
        connection.execute(update(models.message).where(old).values(bounced=77))
        connection.execute(delete(models.delivery_block))
    with removed.reading() as connection:
        (found,) = delivery_check.miscounts(connection, 1)
    assert (found.counter, found.kept, found.counted) == ("bounced", 77, 4)
    with removed.writing() as connection:
        delivery_check.recount(connection, 1)
        rollup_check.rebuild(connection, 1)
    assert whole(removed) == expected
    assert_right(removed)


def test_the_time_of_deliveries_never_goes_back(removed: Store) -> None:
    remove_deliveries(removed, MIDNIGHT - DAY)
    assert Reader.of_owner(removed, "x").deliveries_kept_from() == MIDNIGHT
    remove(removed, retention.on_grid(MIDNIGHT - DAY))
    reader = Reader.of_owner(removed, "x")
    assert (reader.detail_from(), reader.deliveries_kept_from()) == (MIDNIGHT - DAY, MIDNIGHT)
