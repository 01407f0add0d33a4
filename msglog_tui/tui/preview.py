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


class Preview(NamedTuple):
    """What there is to say of a row.

    Attributes:
        text: As plain lines.
        picture: As it is shown.
        message: The message, if the row is one.
        summary: What became of it, if it has deliveries.
    """

    text: str
    picture: RenderableType
    message: Message | None = None
    summary: DeliverySummary | None = None


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
    return Preview(
        text + "\n" + outcome.summary_text(summary),
        Group(picture, outcome.summary(summary, window.zone)),
        message,
        summary,
    )


def _older(reader: Reader, window: Window, key: OlderKey, cancel: Cancel) -> Preview:
    """A message of an attached archive."""
    older = reader.older(key.enterprise_id, key.customer_id, cancel)
    found = [] if older is None else older.messages_by_id(None, [key.message_id], cancel)
    if older is None or not found:
        raise Refusal("That message is not in the attached archive any more. Press R to read it again.")
    title, fields = describe.message_record(found[0], window)
    record = title, [*fields, ("Archive", older.archive)]
    return Preview(describe.record_text(*record), describe.record(*record))
