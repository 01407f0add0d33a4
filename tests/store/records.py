"""Records for the tests of the store."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msglog_tui.delivery import DeliveryRecord, DeliveryStatus
from msglog_tui.types import MessageRecord, TransactionKind, TransactionRecord, TransactionStatus


def message(**given: Any) -> MessageRecord:
    """A message record, plain but for what is given."""
    plain: dict[str, Any] = {
        "enterprise": "Acme",
        "customer": "Acme Retail",
        "message_id": "m1",
        "subject": "Spring sale",
        "channel": 0,
        "sent": 100,
        "failed": 3,
        "bounced": None,
        "sent_at": 1_760_000_000,
        "sent_by": "thandi",
        "lists": ("Newsletter",),
    }
    return MessageRecord(**(plain | given))


def transaction(**given: Any) -> TransactionRecord:
    """A transaction record, plain but for what is given."""
    plain: dict[str, Any] = {
        "enterprise": "Acme",
        "customer": "Acme Retail",
        "transaction_id": "t1",
        "kind": TransactionKind.TOP_UP,
        "description": "1,000 SMS credits",
        "channel": 1,
        "credits": Decimal(1000),
        "amount": Decimal("250.5"),
        "currency": "ZAR",
        "status": TransactionStatus.PROCESSED,
        "requested_at": 1_760_000_000,
        "processed_at": 1_760_003_600,
        "requested_by": "lerato",
        "reference": "INV-1",
    }
    return TransactionRecord(**(plain | given))


def delivery(**given: Any) -> DeliveryRecord:
    """A status of a delivery, plain but for what is given."""
    plain: dict[str, Any] = {
        "enterprise": "Acme",
        "customer": "Acme Retail",
        "source": "ses",
        "delivery_id": "d1",
        "recipient": "lindiwe@example.com",
        "channel": 0,
        "status": DeliveryStatus.DELIVERED,
        "at": 1_760_000_000,
        "code": "",
        "reason": "",
        "message_id": "",
        "campaign": "Spring sale",
        "subject": "",
        "sent_at": None,
        "sent_by": "",
        "lists": (),
    }
    return DeliveryRecord(**(plain | given))
