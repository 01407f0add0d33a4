"""What providers say in JSON, from files into a store: the same archive in whatever order it comes."""

from __future__ import annotations

import json
import random
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

from msglog_tui.dates import window
from msglog_tui.delivery import DeliveryStatus
from msglog_tui.importers import import_file
from msglog_tui.reader import Reader
from msglog_tui.store.engine import Store
from msglog_tui.store.writes import Writer
from tests.unit.provider_json import MAIL, OWNER, SES_EVENTS, event

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL = window(date(2026, 1, 1), date(2026, 12, 31), "UTC")


@contextmanager
def archive() -> Iterator[Store]:
    with TemporaryDirectory() as folder:
        store = Store(str(Path(folder) / "events.db"))
        store.create()
        yield store
        store.close()


def take(store: Store, text: str) -> None:
    with TemporaryDirectory() as folder, Writer(store) as writer:
        path = Path(folder, "events.json")
        path.write_text(text)
        report = import_file(
            path, writer, time_zone=None, rejects=None, progress=lambda _: None, owners=OWNER
        )
        assert report.rejected == 0


def found(store: Store) -> tuple[list[Any], list[Any]]:
    reader = Reader.of_owner(store, "x")
    messages = [
        (each.subject, each.channel, each.sent, each.failed, each.bounced, each.sent_at, each.sent_by)
        for each in reader.all_messages(ALL)
    ]
    deliveries = [
        (each.delivery_id, each.recipient, each.status, each.at, each.code, each.reason, each.history)
        for each in reader.all_deliveries(ALL, None)
    ]
    return sorted(messages), sorted(deliveries)


def ses(name: str, message_id: str) -> dict[str, Any]:
    return SES_EVENTS[name] | {"mail": MAIL | {"messageId": message_id}}


SES = [
    *(ses("Send", f"ses-{number}") for number in range(4)),
    ses("DeliveryDelay", "ses-0"),
    ses("Delivery", "ses-0"),
    ses("Bounce", "ses-1"),
    ses("Delivery", "ses-2"),
    ses("Complaint", "ses-2"),
    ses("Reject", "ses-3"),
    ses("Open", "ses-0"),
]
SENDGRID = [
    *(event("processed", sg_message_id=f"sg{number}.recvd-a-0.0") for number in range(4)),
    event("deferred", sg_message_id="sg0.recvd-b-1.0", response="451 later", timestamp=1790847001),
    event("delivered", sg_message_id="sg0.recvd-b-1.0", timestamp=1790847002),
    event("bounce", sg_message_id=None, **{"smtp-id": "<sg1.x.y@ismtpd-7>"}, timestamp=1790890000),
    event("dropped", sg_message_id="sg2.recvd-b-1.0"),
    event("open", sg_message_id="sg0.recvd-b-1.0"),
]


@pytest.mark.parametrize(
    ("events", "amounts", "statuses"),
    [
        (
            SES,
            {("Fresh bread", 6, 2, 2)},
            {"delivered": 1, "sent": 2, "bounced": 2, "complained": 1, "rejected": 2},
        ),
        (SENDGRID, {("october, bread", 2, 1, 1)}, {"delivered": 1, "bounced": 1, "rejected": 1, "queued": 1}),
    ],
    ids=["ses", "sendgrid"],
)
def test_events_come_to_the_same_in_any_order_twice_and_in_several_files(events, amounts, statuses):
    with archive() as store:
        take(store, "\n".join(map(json.dumps, events)))
        first = found(store)
        take(store, json.dumps(events))
        assert found(store) == first
    messages, deliveries = first
    assert {(subject, *rest[1:4]) for subject, *rest in messages} == amounts
    told = [DeliveryStatus(each[2]).word for each in deliveries]
    assert {word: told.count(word) for word in told} == statuses
    chance = random.Random(5)
    for _ in range(5):
        shuffled = [*events, *chance.sample(events, len(events) // 2)]
        chance.shuffle(shuffled)
        cut = chance.randrange(1, len(shuffled))
        with archive() as store:
            take(store, json.dumps(shuffled[:cut], indent=1))
            take(store, "".join(map(json.dumps, shuffled[cut:])))
            assert found(store) == first
