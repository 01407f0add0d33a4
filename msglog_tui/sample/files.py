"""The sample archive as files in the canonical format."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from msglog_tui.sample.billing import transactions
from msglog_tui.sample.cast import zones
from msglog_tui.sample.traffic import messages
from msglog_tui.types import Channel, MessageRecord, TransactionRecord

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from pathlib import Path

COMPRESSED_ENTERPRISE = "Pennine Care Partnership"
"""The enterprise whose messages come as compressed JSON Lines; those of all others come as CSV."""


def _local_time(at: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at, zone).isoformat()


def _message_row(message: MessageRecord, zone: ZoneInfo) -> dict[str, Any]:
    """A message by canonical column; an unknown amount is `None`."""
    return {
        "enterprise": message.enterprise,
        "customer": message.customer,
        "message_id": message.message_id,
        "subject": message.subject,
        "channel": Channel(message.channel).word,
        "send_amount": message.sent,
        "failed_amount": message.failed,
        "bounced_amount": message.bounced,
        "send_date": _local_time(message.sent_at, zone),
        "sent_by": message.sent_by,
        "lists": message.lists,
    }


def _transaction_row(transaction: TransactionRecord, zone: ZoneInfo) -> dict[str, Any]:
    """A transaction by canonical column."""
    processed_at = transaction.processed_at
    return transaction._asdict() | {
        "channel": Channel(transaction.channel).word,
        "requested_at": _local_time(transaction.requested_at, zone),
        "processed_at": None if processed_at is None else _local_time(processed_at, zone),
    }


def _write_csv(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    import csv  # here, because only who writes files needs to pay for it

    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for number, row in enumerate(rows):
            if number == 0:
                writer.writerow(row)
            if "lists" in row:
                row["lists"] = ";".join(name.replace(";", ";;") for name in row["lists"])
            writer.writerow(row.values())


def _write_json_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    import gzip
    import json

    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    # No name and no time of writing inside, so that the same archive makes the same file.
    with path.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as file:
        file.write(text.encode())


def write(folder: Path, newest: date) -> None:
    """Write the whole sample archive: `messages.csv`, `messages.jsonl.gz` and `transactions.csv`.

    The two files of messages are parts of one archive: the compressed one holds those of
    `COMPRESSED_ENTERPRISE`.  Times carry the offset that the enterprise's clocks showed.

    Args:
        folder: An existing folder; files of these names in it are replaced.
        newest: The local date of the newest messages.
    """
    zone_by_enterprise = {name: ZoneInfo(zone) for name, zone in zones().items()}
    rows = [_message_row(message, zone_by_enterprise[message.enterprise]) for message in messages(newest)]
    _write_csv(folder / "messages.csv", (row for row in rows if row["enterprise"] != COMPRESSED_ENTERPRISE))
    _write_json_lines(
        folder / "messages.jsonl.gz", (row for row in rows if row["enterprise"] == COMPRESSED_ENTERPRISE)
    )
    _write_csv(
        folder / "transactions.csv",
        (_transaction_row(each, zone_by_enterprise[each.enterprise]) for each in transactions(newest)),
    )
