"""What became of a message, and of one of its deliveries, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from msglog_tui.dates import boundary
from msglog_tui.delivery import WENT_WRONG, DeliveryStatus
from msglog_tui.masking import hidden
from msglog_tui.text import counted
from msglog_tui.tui.describe import Fields, instant
from msglog_tui.tui.sources.tree import NO_SUBJECT

if TYPE_CHECKING:
    from rich.console import RenderableType

    from msglog_tui.delivery import Delivery, DeliverySummary, ReasonTally, Step
    from msglog_tui.types import Window

NO_REASON = "no reason given"


def label(status: DeliveryStatus) -> str:
    """A status as the screen writes it."""
    return status.word.capitalize()


def why(code: str, reason: str) -> str:
    """Code and reason in one line; the code only once where the reason has it."""
    return reason if code in reason else f"{code} {reason}".rstrip()


def total(found: DeliverySummary) -> int:
    """How many deliveries there are."""
    return sum(count for _, count in found.by_status)


def counts(found: DeliverySummary) -> str:
    """How many deliveries have which status: `12,001 delivered · 231 bounced`."""
    return " · ".join(f"{count:,} {status.word}" for status, count in found.by_status)


def kept(since: int | None, zone: str, attached: str | None = None) -> str:
    """Since when deliveries are kept, for a line below a list; empty where none were removed.

    Args:
        attached: The older archive beside, which may have others that are not in the list.
    """
    if since is None:
        return ""
    elsewhere = "" if attached is None else f"; those of {attached} are not in this list"
    return f"deliveries are kept from {boundary(since, zone)} on{elsewhere}"


def delivery_record(delivery: Delivery, window: Window) -> tuple[str, Fields]:
    """Title and fields of a delivery: how it stands, what it belongs to, and all that is known of its way.

    Args:
        delivery: As it may be shown.
    """
    wrong = delivery.status in WENT_WRONG
    fields = [
        ("Status", label(delivery.status)),
        ("Since", instant(delivery.at, window)),
    ]
    if delivery.code:
        fields.append(("Code", delivery.code))
    if delivery.reason or wrong:
        fields.append(("Reason", delivery.reason or NO_REASON))
    fields += [
        ("Message", delivery.subject or NO_SUBJECT),
        ("Send Date", instant(delivery.sent_at, window)),
        ("Channel", delivery.channel.label),
        ("Customer", delivery.customer),
        ("Enterprise", delivery.enterprise),
        ("Message id", delivery.message),
        ("Delivery id", delivery.delivery_id),
        ("Source", delivery.source),
    ]
    fields = [(name, value) for name, value in fields if value]
    if delivery.history:
        fields.append(("", ""))
        fields += [(instant(step.at, window), _step(step)) for step in delivery.history]
    return delivery.recipient, fields


def _step(step: Step) -> str:
    said = why(step.code, step.reason)
    return f"{step.status.word}: {said}" if said else step.status.word


def summary(found: DeliverySummary, zone: str, note: str = "") -> RenderableType:
    """What became of a message, below its fields in the preview.

    Args:
        note: What else there is to say of its deliveries.
    """
    table = _grid()
    for status, count in found.by_status:
        table.add_row(Text(f"{count:,}"), Text(label(status), "bold" if status in WENT_WRONG else ""))
    parts: list[RenderableType] = [
        Text(),
        Text(f"From {counted(total(found), 'delivery')}", style="bold"),
        table,
    ]
    if found.kept_from is not None:
        note = f"not kept: {kept(found.kept_from, zone)}"
    if note:
        parts.append(Text(f"Who got it is {note}", style="dim"))
    if found.reasons:
        reasons = _grid()
        for tally in found.reasons:
            reasons.add_row(Text(f"{tally.deliveries:,}"), Text(_reason(tally)))
        if found.more_reasons:
            more = "and more" if found.kept_from is not None else "and more: f shows them all"
            reasons.add_row("", Text(more, style="dim"))
        parts += [Text(), Text("Why", style="bold"), reasons]
    return Group(*parts)


def summary_text(found: DeliverySummary) -> str:
    """The same as plain lines, for the clipboard."""
    lines = [f"{count:,} {status.word}" for status, count in found.by_status]
    lines += [f"{tally.deliveries:,} {_reason(tally)}" for tally in found.reasons]
    return "\n".join(["", f"From {counted(total(found), 'delivery')}", *lines])


def _reason(tally: ReasonTally) -> str:
    return f"{tally.status.word}: {hidden(why(tally.code, tally.reason)) or NO_REASON}"


def _grid() -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    return table
