"""What the preview says of a row of the tree."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Group

from msglog_tui.errors import Refusal
from msglog_tui.tui import describe, outcome
from msglog_tui.tui.sources.row_keys import CustomerKey, EnterpriseKey, MessageKey, OlderKey, RemovedKey

if TYPE_CHECKING:
    from rich.console import RenderableType

    from msglog_tui.cancel import Cancel
    from msglog_tui.delivery import DeliverySummary
    from msglog_tui.reader import Reader
    from msglog_tui.tui.widgets.outline_source import Key
    from msglog_tui.types import Message, Window


class Recipients(NamedTuple):
    """Whose deliveries can be listed.

    Attributes:
        reader: Reads them, in this archive or in the one that is attached.
        message: The message, as it is there.
        summary: What became of it there.
    """

    reader: Reader
    message: Message
    summary: DeliverySummary


class Preview(NamedTuple):
    """What there is to say of a row.

    Attributes:
        text: As plain lines.
        picture: As it is shown.
        message: The message, if the row is one of this archive.
        recipients: Its deliveries, if it has any.
    """

    text: str
    picture: RenderableType
    message: Message | None = None
    recipients: Recipients | None = None


def look_up(reader: Reader, window: Window, key: Key, cancel: Cancel) -> Preview:
    """Read what belongs to a row.

    Raises:
        Refusal: It cannot be read, or is there no more.
        Cancelled: `cancel` was called.
    """
    match key:
        case MessageKey():
            return _message(reader, window, key, cancel)
        case OlderKey():
            return _older(reader, window, key, cancel)
        case CustomerKey(enterprise_id, customer_id):
            overview = reader.overview(window, enterprise_id, customer_id, cancel)
        case RemovedKey(enterprise_id, customer_id, detail_from):
            window = replace(window, after=min(detail_from, window.after))
            overview = reader.overview(window, enterprise_id, customer_id, cancel)
        case EnterpriseKey(enterprise_id):
            overview = reader.overview(window, enterprise_id, None, cancel)
        case _:
            return Preview("", "")
    return Preview(describe.overview_text(overview, window), describe.overview(overview, window))


def _message(reader: Reader, window: Window, key: MessageKey, cancel: Cancel) -> Preview:
    found = reader.messages_by_id(key.enterprise_id, [key.message_id], cancel)
    if not found:
        raise Refusal("That message is not in the archive any more. Press R to read it again.")
    message = found[0]
    record = describe.message_record(message, window)
    text, picture = describe.record_text(*record), describe.record(*record)
    summary = reader.delivery_summary(*key, cancel)
    if not summary.by_status:
        return Preview(text, picture, message)
    recipients = Recipients(reader, message, summary)
    note = ""
    if summary.kept_from is not None:
        older = reader.older(message.enterprise_id, message.customer_id, cancel)
        there = None if older is None else _recipients(older, message.external_id, cancel)
        if older is not None and there is not None:
            recipients = there
            summary = replace(summary, kept_from=None)
            note = f"read from {older.archive}"
    text += "\n" + outcome.summary_text(summary)
    picture = Group(picture, outcome.summary(summary, window.zone, note))
    return Preview(text, picture, message, recipients)


def _recipients(older: Reader, external_id: str, cancel: Cancel) -> Recipients | None:
    """The deliveries of a message that the attached archive still has; `None` where it has none."""
    for message in older.messages_named(external_id, cancel):
        summary = older.delivery_summary(message.enterprise_id, message.customer_id, message.id, cancel)
        if summary.by_status and summary.kept_from is None:
            return Recipients(older, message, summary)
    return None


def _older(reader: Reader, window: Window, key: OlderKey, cancel: Cancel) -> Preview:
    """A message of an attached archive."""
    older = reader.older(key.enterprise_id, key.customer_id, cancel)
    found = [] if older is None else older.messages_by_id(None, [key.message_id], cancel)
    if older is None or not found:
        raise Refusal("That message is not in the attached archive any more. Press R to read it again.")
    message = found[0]
    title, fields = describe.message_record(message, window)
    record = title, [*fields, ("Archive", older.archive)]
    text, picture = describe.record_text(*record), describe.record(*record)
    summary = older.delivery_summary(message.enterprise_id, message.customer_id, message.id, cancel)
    if not summary.by_status:
        return Preview(text, picture)
    return Preview(
        text + "\n" + outcome.summary_text(summary),
        Group(picture, outcome.summary(summary, window.zone)),
        recipients=Recipients(older, message, summary),
    )
