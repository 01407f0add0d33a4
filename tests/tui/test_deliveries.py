"""Who got it, and why not: deliveries, failures and people on the screen."""

from __future__ import annotations

import csv
import shutil
import threading
from datetime import date
from typing import TYPE_CHECKING

import pytest

from msglog_tui.delivery import DeliveryStatus, FailureGrouping, FailurePlace, Recipients
from msglog_tui.errors import Cancelled
from msglog_tui.reader import Reader
from msglog_tui.recipients import masked
from msglog_tui.store import audit
from msglog_tui.store.engine import Store
from msglog_tui.tui.screens.failures import FailuresScreen
from msglog_tui.tui.screens.logs import LogsScreen
from msglog_tui.tui.sources.row_keys import CustomerKey, EnterpriseKey, MessageKey
from msglog_tui.tui.widgets.detail import Detail
from msglog_tui.tui.widgets.lists import BoundOutline
from tests.tui.conftest import Desk, at_desk
from tests.tui.test_remote import command_on, far_away

if TYPE_CHECKING:
    from pathlib import Path

    from msglog_tui.cancel import Cancel
    from msglog_tui.delivery import FailureGroup
    from msglog_tui.types import Message, Window

SUBJECT = "Your policy documents"


def told(store: Store) -> Message:
    """A message of Baobab Life that has deliveries of every kind."""
    (found,) = Reader.of(store, "thandi").messages_named("BAO-03555")
    return found


async def go_to(desk: Desk, message: Message) -> None:
    """Put the cursor on a message."""
    key = MessageKey(message.enterprise_id, message.customer_id, message.id)
    desk.screen.query_one("#tree", BoundOutline).reveal([EnterpriseKey(key[0]), CustomerKey(*key[:2]), key])
    await desk.until(lambda: desk.screen._key == key)
    await desk.settled()


@pytest.fixture
def own(archive: Store, tmp_path: Path) -> Store:
    """An archive that may be written to."""
    shutil.copy(archive.path, tmp_path / "archive.db")
    return Store(str(tmp_path / "archive.db"))


def audited(store: Store) -> list[audit.Entry]:
    with store.reading() as connection:
        return list(audit.lines(connection, 0, 2**40))


async def test_a_message_has_deliveries_where_its_source_tells_of_them(archive: Store) -> None:
    async with at_desk(archive, "thandi") as desk:
        message = told(archive)
        await go_to(desk, message)
        summary = Reader.of(archive, "thandi").delivery_summary(
            message.enterprise_id, message.customer_id, message.id
        )
        total = sum(count for _, count in summary.by_status)
        assert desk.shows("│ Deliveries", f"From {total:,} deliveries", f"{summary.reasons[0].deliveries} ")
        await desk.press("2")
        counts = dict(summary.by_status)
        assert desk.shows(f"{counts[DeliveryStatus.BOUNCED]:,} bounced")
        assert desk.screen.query_one("#deliveries-list", BoundOutline).row_count == total
        await desk.press("up")
        assert not desk.shows("Deliveries")
        assert desk.shows("Send Amount")
        await desk.press("2")
        assert desk.shows("2: the source of this message does not tell of its recipients.")
        await desk.press("down")
        assert desk.shows("│ Deliveries", "Recipient")


async def test_recipients_are_masked_and_one_is_revealed_and_audited(own: Store) -> None:
    async with at_desk(own, "thandi", (160, 40)) as desk:
        message = told(own)
        first, second, *_ = Reader.of(own, "thandi").deliveries_from(
            Recipients(message.enterprise_id, message.customer_id, message.id, None), 0, 2
        )
        await go_to(desk, message)
        await desk.press("2", "tab")
        assert desk.shows(masked(first.recipient), masked(second.recipient))
        assert not desk.shows(first.recipient.partition("@")[0])
        await desk.press("u")
        assert desk.shows(first.recipient, masked(second.recipient))
        (line,) = audited(own)
        assert (line.login, line.role, line.action) == ("thandi", "operator", "reveal")
        assert first.delivery_id in line.detail
        assert "Baobab Life of Baobab Mutual" in line.detail
        assert first.recipient not in line.detail
        await desk.press("u")
        assert not desk.shows(first.recipient)
        await desk.press("down", "enter")
        assert desk.shows("Delivery id", second.delivery_id, masked(second.recipient))
        assert not desk.shows(second.recipient.partition("@")[0])
        await desk.press("u")
        assert desk.shows(second.recipient)
        await desk.press("escape")
        assert desk.shows(second.recipient)
    assert len(audited(own)) == 2


async def test_keys_go_on_while_the_audit_takes_its_time(
    archive: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, noted = threading.Event(), []

    def note(_: Reader, action: str, detail: str) -> None:
        assert written.wait(30)
        noted.append((action, detail))

    monkeypatch.setattr(Reader, "note", note)
    async with at_desk(archive, "thandi", (160, 40)) as desk:
        await go_to(desk, told(archive))
        await desk.press("2", "tab")
        rows = desk.screen.query_one(Detail).deliveries.outline
        await desk.pilot.press("u", "down")
        await desk.until(lambda: rows.cursor_row == 1)
        await desk.pilot.press("up", "u")  # reveals it and hides it again, when the audit can be written
        written.set()
        await desk.settled()
        delivery = desk.screen.query_one(Detail).delivery
        assert delivery is not None
        assert rows.cursor_row == 0
        assert len(noted) == 1
        assert desk.shows(masked(delivery.recipient))
        assert not desk.shows(delivery.recipient)


async def test_what_cannot_be_audited_is_not_revealed(
    archive: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Store, "writable", property(lambda _: False))
    async with at_desk(archive, "thandi", (160, 40)) as desk:
        await go_to(desk, told(archive))
        await desk.press("2", "tab")
        delivery = desk.screen.query_one(Detail).delivery
        assert delivery is not None
        await desk.press("u")
        assert desk.shows("Recipients stay masked", masked(delivery.recipient))
        assert not desk.shows(delivery.recipient.partition("@")[0])


@pytest.mark.parametrize("taken", [True, False])
async def test_over_ssh_the_server_takes_note_or_nothing_is_revealed(archive: Store, taken: bool) -> None:
    noted: list[tuple[str, str]] = []
    message = told(archive)
    (first,) = Reader.of(archive, "thandi").deliveries_from(
        Recipients(message.enterprise_id, message.customer_id, message.id, None), 0, 1
    )
    async with far_away(archive, "thandi", noted, taken=taken) as desk:
        await go_to(desk, message)
        await desk.press("2", "tab", "u", "enter")
        assert desk.shows(first.recipient) == taken
    assert [action for action, _ in noted] == ["reveal"]


async def test_one_status_alone(archive: Store) -> None:
    async with at_desk(archive, "thandi", (160, 40)) as desk:
        message = told(archive)
        await go_to(desk, message)
        await desk.press("2", "tab", "x")
        assert desk.shows("Every status", "Complained")
        await desk.press("down", "enter")
        assert desk.screen.query_one("#deliveries-list", BoundOutline).row_count == message.bounced
        assert desk.shows(f"{message.bounced} bounced of")
        await desk.press("x", "enter")
        assert desk.screen.query_one("#deliveries-list", BoundOutline).row_count > message.sent


async def test_what_is_copied_and_exported_is_masked(
    archive: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with at_desk(archive, "thandi", (160, 40)) as desk:
        copied: list[str] = []
        desk.app.copy_to_clipboard = copied.append  # type: ignore[method-assign]
        message = told(archive)
        await go_to(desk, message)
        await desk.press("2", "tab", "y", "x", "down", "enter", "e", "enter")
        await desk.until(lambda: desk.shows("Written to "))
        (file,) = tmp_path.iterdir()
        rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines(keepends=True)))
        bounced = Recipients(message.enterprise_id, message.customer_id, message.id, DeliveryStatus.BOUNCED)
        whole = list(Reader.of(archive, "thandi").deliveries_of(bounced))
        assert [row["recipient"] for row in rows] == [masked(delivery.recipient) for delivery in whole]
        for text in (copied[0], file.read_text(encoding="utf-8")):
            assert not any(delivery.recipient in text for delivery in whole)


async def test_failures_are_grouped_and_lead_to_their_messages(archive: Store) -> None:
    async with at_desk(archive, "thandi", (160, 40)) as desk:
        reader = Reader.of(archive, "thandi")
        assert desk.screen.window is not None

        def groups(by: FailureGrouping, place: FailurePlace) -> list[FailureGroup]:
            assert desk.screen.window is not None
            return reader.failures(desk.screen.window, place, by)

        await desk.press("F")
        everything = groups(FailureGrouping.REASON, FailurePlace())
        assert desk.shows("Failures   All enterprises", everything[0].label, "Customers")
        assert desk.shows(f"{sum(group.deliveries for group in everything):,} deliveries went wrong")
        await desk.press("tab", "tab")
        domains = groups(FailureGrouping.DOMAIN, FailurePlace())
        assert desk.shows(*(group.label for group in domains))
        await desk.press("shift+tab")
        assert desk.shows("5.1.1")
        await desk.press("escape", "f")
        mine = groups(FailureGrouping.REASON, FailurePlace(1))
        assert desk.shows(
            "Failures   Baobab Mutual", f"{sum(group.deliveries for group in mine):,} deliveries"
        )
        await desk.press("enter")
        assert desk.shows(f"{mine[0].deliveries:,} deliveries, newest first", "•••@")
        await desk.press("m")
        assert desk.app.screen is desk.screen
        key = desk.screen._key
        assert isinstance(key, MessageKey)
        (message,) = reader.messages_by_id(key.enterprise_id, [key.message_id])
        assert desk.shows(f"{message.sent:,}")


async def test_dates_moved_among_failures_stay_moved(archive: Store) -> None:
    async with at_desk(archive, "thandi") as desk:
        await desk.press("f", "left_square_bracket")
        assert isinstance(desk.app.screen, FailuresScreen)
        await desk.press("escape")
        assert desk.screen.window is not None
        assert desk.screen.window.start == date(2026, 9, 1)


async def test_failures_of_a_message_are_all_of_its_own(archive: Store) -> None:
    async with at_desk(archive, "thandi") as desk:
        message = told(archive)
        await go_to(desk, message)
        await desk.press("f")
        assert message.failed is not None
        assert message.bounced is not None
        groups = Reader.of(archive, "thandi").failures(
            desk.screen.window,  # type: ignore[arg-type]
            FailurePlace(message.enterprise_id, message.customer_id, message.id),
            FailureGrouping.REASON,
        )
        assert sum(group.failed for group in groups) == message.failed
        assert sum(group.bounced for group in groups) == message.bounced
        assert desk.shows(
            f"Failures   {SUBJECT}", f"{sum(g.deliveries for g in groups):,} deliveries went wrong"
        )
        assert not desk.shows("Customers", "Start")
        await desk.press("left_square_bracket")
        assert desk.shows("its dates cannot be moved")


async def test_a_customers_user_sees_failures_of_their_own(archive: Store) -> None:
    async with at_desk(archive, "vusi.adams", (160, 40)) as desk:
        await desk.press("F", "enter")
        assert desk.shows("Baobab Life")
        assert not desk.shows("Little Meerkats Toys")


async def test_a_person_is_found_and_their_message_gone_to(archive: Store) -> None:
    async with at_desk(archive, "thandi", (140, 40)) as desk:
        reader = Reader.of(archive, "thandi")
        found = reader.find_people("thandi.mokoena@example.com", None, 100).deliveries
        assert len({delivery.enterprise_id for delivery in found}) > 1
        await desk.press("d")
        await desk.type("2026-10-31")
        await desk.press("enter", "w")
        await desk.type("Thandi.Mokoena@EXAMPLE.com")
        await desk.press("enter")
        assert desk.shows(*(delivery.customer[:16] for delivery in found))
        assert desk.shows(f"{len(found)} deliveries, newest first")
        await desk.press("down", "enter")
        assert desk.shows("Delivery id", found[1].delivery_id)
        await desk.press("m")
        assert desk.app.screen is desk.screen
        assert desk.shows("The dates moved to 2026-10-01 to 2026-10-31")
        await desk.until(lambda: desk.screen._label == (found[1].subject or "(no subject)"))
        assert desk.screen._key == MessageKey(
            found[1].enterprise_id, found[1].customer_id, found[1].message_id
        )


async def test_nobody_found_is_said_and_esc_leads_back(archive: Store) -> None:
    async with at_desk(archive, "thandi") as desk:
        await desk.press("w")
        await desk.type("nobody@example.com")
        await desk.press("enter")
        assert desk.shows("Nothing to nobody@example.com is known here")
        await desk.press("escape")
        assert desk.app.screen is desk.screen


async def test_a_customers_user_finds_nobody_elsewhere(archive: Store) -> None:
    async with at_desk(archive, "vusi.adams", (140, 40)) as desk:
        await desk.press("w")
        await desk.type("@example.com")
        await desk.press("enter")
        assert desk.shows("Baobab Life", "older ones follow")
        await desk.press("end")
        assert not desk.shows("Little Meerkats Toys")


async def test_an_at_begins_a_domain(archive: Store) -> None:
    async with at_desk(archive, "thandi", (140, 40)) as desk:
        for domain in ("nowhere.example", "elsewhere.example"):
            await desk.press("at")
            await desk.type(domain)
            await desk.press("enter")
            assert desk.shows(f"Nothing to @{domain} is known here")
        await desk.press("w")
        await desk.type("nobody")
        await desk.press("enter")
        assert desk.shows("Nothing to nobody is known here")


async def test_a_long_list_goes_on_as_one_goes_down(archive: Store) -> None:
    async with at_desk(archive, "thandi", (140, 40)) as desk:
        await desk.press("w")
        await desk.type("@example.com")
        await desk.press("enter")
        outline = desk.app.screen.query_one("#found-list", BoundOutline)
        assert outline.row_count == 200
        await desk.press("end")
        await desk.until(lambda: outline.row_count == 400)
        assert outline.cursor_row == 199


async def test_whom_somebody_looked_for_is_noted_over_ssh(archive: Store) -> None:
    noted: list[tuple[str, str]] = []
    async with far_away(archive, "thandi", noted) as desk:
        await desk.press("w")
        await desk.type("thandi.mokoena@example.com")
        await desk.press("enter", "e")
        assert command_on(desk)[:2] == ["find", "thandi.mokoena@example.com"]
    assert noted == [("find", "thandi.mokoena@example.com")]


async def test_commands_bring_the_same_of_a_message_and_through_other_eyes(
    archive: Store,
) -> None:
    message = told(archive)
    whose = ["--enterprise", "Baobab Mutual", "--customer", "Baobab Life"]
    async with far_away(archive, "thandi", []) as desk:
        await go_to(desk, message)
        await desk.press("f", "e")
        named = ["--message", message.external_id, "--enterprise", "Baobab Mutual"]
        assert command_on(desk)[:7] == ["failures", "--by", "reason", *named]
        await desk.press("escape", "escape", "v", "w")
        await desk.type("@example.com")
        await desk.press("enter", "e")
        assert command_on(desk)[:6] == ["find", "@example.com", *whose]


class Slow(Reader):
    """Tells of failures only when it is given up."""

    given_up = threading.Event()

    def failures(
        self, window: Window, place: FailurePlace, by: FailureGrouping, cancel: Cancel | None = None
    ) -> list[FailureGroup]:
        assert cancel is not None
        while not cancel.cancelled:
            self.given_up.wait(0.01)
        self.given_up.set()
        raise Cancelled


async def test_slow_failures_can_be_stopped(archive: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.tui.conftest.Reader", Slow)
    async with at_desk(archive, "thandi") as desk:
        await desk.pilot.press("f")
        await desk.until(lambda: desk.shows("Failures   Baobab Mutual", "…"))
        await desk.pilot.press("escape")
        await desk.until(lambda: desk.shows("Stopped. R reads it again."))
        await desk.until(Slow.given_up.is_set)
        await desk.press("escape")
        assert isinstance(desk.app.screen, LogsScreen)
