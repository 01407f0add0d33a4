"""What the tests of the importers share: a writer that keeps, and files of one or a few rows."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from msglog_tui.importers import import_file
from msglog_tui.types import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from msglog_tui.delivery import DeliveryRecord
    from msglog_tui.importers import Progress, Report
    from msglog_tui.types import MessageRecord, TransactionRecord

MESSAGE = {
    "enterprise": "Acme",
    "customer": "Bakery",
    "message_id": "m-1",
    "subject": "Fresh bread",
    "channel": "email",
    "send_amount": "120",
    "failed_amount": "3",
    "send_date": "2026-10-01T09:30:00Z",
    "sent_by": "ann",
    "lists": "Members;Friends",
    "bounced_amount": "",
}
TRANSACTION = {
    "enterprise": "Acme",
    "customer": "",
    "transaction_id": "t-1",
    "kind": "top_up",
    "description": "Credits",
    "channel": "sms",
    "credits": "1000",
    "amount": "49.90",
    "currency": "EUR",
    "status": "processed",
    "requested_at": "2026-10-01T09:30:00Z",
    "processed_at": "2026-10-02T00:00:00Z",
    "requested_by": "ann",
    "reference": "R-7",
}
DELIVERY = {
    "enterprise": "Acme",
    "customer": "Bakery",
    "source": "",
    "delivery_id": "d-1",
    "recipient": "thandi@example.com",
    "channel": "",
    "status": "bounced",
    "at": "2026-10-01T09:30:07Z",
    "code": "5.1.1",
    "reason": "550 no such user",
    "message_id": "m-1",
    "campaign": "",
    "subject": "Fresh bread",
    "send_date": "2026-10-01T09:30:00Z",
    "sent_by": "ann",
    "lists": "Members;Friends",
}
SENT_AT = 1_790_847_000


@dataclass
class Kept:
    """A writer that keeps what it is given, by batch."""

    batches: list[list[MessageRecord | TransactionRecord | DeliveryRecord]] = field(default_factory=list)
    progress: list[Progress] = field(default_factory=list)

    def messages(self, batch: Sequence[MessageRecord]) -> Outcome:
        self.batches.append(list(batch))
        return Outcome(len(batch), 0, 0)

    def transactions(self, batch: Sequence[TransactionRecord]) -> Outcome:
        return self.messages(batch)  # type: ignore[arg-type]

    def deliveries(self, batch: Sequence[DeliveryRecord]) -> Outcome:
        return self.messages(batch)  # type: ignore[arg-type]

    @property
    def records(self) -> list[Any]:
        return [record for batch in self.batches for record in batch]

    def take(
        self, path: Path | None, *, zone: str | None = None, rejects: Path | None = None, **more: Any
    ) -> Report:
        return import_file(path, self, time_zone=zone, rejects=rejects, progress=self.progress.append, **more)


def csv_text(*rows: dict[str, str], delimiter: str = ",", line_end: str = "\n") -> str:
    """A CSV file of rows that all have the columns of the first."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter, lineterminator=line_end)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def json_text(*rows: dict[str, object]) -> str:
    """A JSON Lines file."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def message(**changes: str) -> dict[str, str]:
    """A good message but for the changes."""
    return MESSAGE | changes


def delivery(**changes: str) -> dict[str, str]:
    """A good delivery but for the changes."""
    return DELIVERY | changes


def transaction(**changes: str) -> dict[str, str]:
    """A good transaction but for the changes."""
    return TRANSACTION | changes
