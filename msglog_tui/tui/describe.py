"""A message, a transaction and an overview in words: for the preview and for the clipboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size
from rich.console import Group
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from msglog_tui.dates import boundary, offset, stamp
from msglog_tui.text import counted
from msglog_tui.tui.sources.tree import NO_SUBJECT
from msglog_tui.tui.words import UNKNOWN, amount, bounced_apart, failed, failed_apart, number, plain_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from msglog_tui.types import Message, Overview, Tally, Transaction, Window

_GAP: Final = 2
# Columns between labels and values.

Fields = list[tuple[str, str]]
"""Labels and values, in the order in which they are read."""


def message_fields(message: Message, window: Window) -> Fields:
    """What there is to say of a message below its subject."""
    sender = message.sent_by or UNKNOWN
    if message.sent_by_name:
        sender += f" ({message.sent_by_name})"
    fields = [
        ("Send Amount", number(message.sent)),
        ("Failed Amount", number(message.failed)),
        ("Send Date", instant(message.sent_at, window)),
        ("Sent By", sender),
        ("Lists", ", ".join(message.lists) or "none"),
        ("Channel", message.channel.label),
        ("Customer", message.customer),
        ("Enterprise", message.enterprise),
        ("Message id", message.external_id),
    ]
    if message.bounced is not None:
        fields.insert(2, ("Bounced Amount", number(message.bounced)))
    return fields


def transaction_fields(transaction: Transaction, window: Window) -> Fields:
    """What there is to say of a transaction below its description."""
    processed = transaction.processed_at
    return [
        ("Requested on", instant(transaction.requested_at, window)),
        ("Requested by", transaction.requested_by or UNKNOWN),
        ("Status", transaction.status),
        ("Processed on", "not processed" if processed is None else instant(processed, window)),
        ("Channel", transaction.channel.label),
        ("Credits", plain_number(transaction.credits)),
        ("Amount", amount(transaction)),
        ("Reference", transaction.reference or "none"),
        ("Customer", transaction.customer or "the enterprise itself"),
        ("Enterprise", transaction.enterprise),
        ("Transaction id", transaction.external_id),
    ]


def record(title: str, fields: Fields) -> Group:
    """A bold title with labelled values below, for the preview."""
    return Group(Text(title, style="bold"), Text(), _Grid(fields))


def record_text(title: str, fields: Fields) -> str:
    """The same as plain lines, for the clipboard."""
    width = max(len(label) for label, _ in fields)
    return "\n".join([title, *(f"{label:<{width}}  {value}" for label, value in fields)])


def message_record(message: Message, window: Window) -> tuple[str, Fields]:
    """Title and fields of a message."""
    return message.subject or NO_SUBJECT, message_fields(message, window)


def transaction_record(transaction: Transaction, window: Window) -> tuple[str, Fields]:
    """Title and fields of a transaction."""
    return transaction.description or transaction.external_id, transaction_fields(transaction, window)


def overview(found: Overview, window: Window) -> RenderableType:
    """The overview of a customer or an enterprise, for the preview."""
    around = f"Customer of {found.enterprise}" if found.enterprise else counted(found.customers, "customer")
    parts: list[RenderableType] = [
        Text(found.name, style="bold"),
        Text(f"{around}, {window.start:%Y-%m-%d} to {window.end:%Y-%m-%d}", style="dim"),
        Text(),
        _traffic(found),
        Text(),
        _Grid(_dates_and_package(found, window)),
    ]
    # Counted over the newest messages only where there are too many: the heading says so.
    part = (
        ""
        if found.tallied == found.traffic.messages - found.removed
        else f", newest {counted(found.tallied, 'message')}"
    )
    for title, tallies in (("Sent by", found.senders), ("Lists", found.lists)):
        if tallies:
            parts += [Text(), Text(title + part, style="bold"), _tallies(tallies)]
    return Group(*parts)


def overview_text(found: Overview, window: Window) -> str:
    """The overview as plain lines, for the clipboard."""
    email, sms = found.traffic.email, found.traffic.sms
    fields = [
        ("Window", f"{window.start:%Y-%m-%d} to {window.end:%Y-%m-%d} {window.zone}"),
        ("E-mail", f"{email.sent:,} sent, {failed(email)} failed, {counted(email.messages, 'message')}"),
        ("SMS", f"{sms.sent:,} sent, {failed(sms)} failed, {counted(sms.messages, 'message')}"),
        *_dates_and_package(found, window),
    ]
    return record_text(found.name, fields)


def _dates_and_package(found: Overview, window: Window) -> Fields:
    fields = []
    earlier = "none in these dates"
    if found.detail_from is not None:
        earlier = f"before {boundary(found.detail_from, window.zone)}"
        fields.append(("Totals only", f"{counted(found.removed, 'message')} {earlier}"))
    fields += [
        ("First send", earlier if found.removed else _when(found.first_at, window)),
        ("Last send", earlier if found.last_at is None else instant(found.last_at, window)),
    ]
    if found.package is not None:
        bought = stamp(found.package.requested_at, window.zone)[:10]
        fields.append(("Package", f"{found.package.description}, {bought}"))
    return fields


def _traffic(found: Overview) -> RenderableType:
    """What was sent, the channels side by side; below each other where that is too wide."""
    email, sms = found.traffic.email, found.traffic.sms
    rows = [
        ("Sent", f"{email.sent:,}", f"{sms.sent:,}"),
        *_apart("Failed", failed_apart(email), failed_apart(sms)),
    ]
    if email.bounced_unknown + sms.bounced_unknown < found.traffic.messages:
        rows += _apart("Bounced", bounced_apart(email), bounced_apart(sms))
    rows.append(("Messages", f"{email.messages:,}", f"{sms.messages:,}"))
    widths = [max(map(len, column)) for column in zip(*rows, ("", "E-mail", "SMS"), strict=True)]
    table = Table.grid(padding=(0, 1))
    table.add_column(style="dim")
    for width in widths[1:]:
        table.add_column(justify="right", min_width=width)
    table.add_row("", Text("E-mail", style="bold"), Text("SMS", style="bold"))
    for row in rows:
        table.add_row(*map(Text, row))
    fields: list[tuple[str, str]] = []
    for place, channel in enumerate(("E-mail", "SMS")):
        fields.append((channel, ""))
        fields += [(f" {label}", numbers[place]) for label, *numbers in rows if numbers[place]]
    return _Either(table, sum(widths) + len(widths) - 1, _Grid(fields))


def _apart(label: str, email: tuple[str, str], sms: tuple[str, str]) -> list[tuple[str, str, str]]:
    """An amount of both channels; of how many messages it is unknown beside stands on a line below."""
    rows = [(label, email[0], sms[0])]
    if email[1] or sms[1]:
        rows.append(("+unknown", email[1], sms[1]))
    return rows


def _tallies(tallies: Sequence[Tally]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right")
    table.add_column(overflow="ellipsis", no_wrap=True)
    for tally in tallies:
        table.add_row(Text(f"{tally.messages:,}", style="dim"), Text(tally.name or UNKNOWN))
    return table


class _Either:
    """One picture, or another where there is no room for it: a number is never cut.

    Args:
        wide: The first.
        width: Its columns.
        narrow: The other.
    """

    def __init__(self, wide: RenderableType, width: int, narrow: RenderableType) -> None:
        self._wide = wide
        self._width = width
        self._narrow = narrow

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self._wide if self._width <= options.max_width else self._narrow


class _Grid:
    """Labels and values in two columns; a long value goes on below.

    Rich's own table measures every cell several times, which takes as long as all else that a step of the
    cursor does.
    """

    def __init__(self, fields: Fields) -> None:
        self._fields = fields

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        labels = max(cell_len(label) for label, _ in self._fields)
        width = max(1, options.max_width - labels - _GAP)
        dim = console.get_style("dim")
        for label, value in self._fields:
            short = value.isprintable() and cell_len(value) <= width
            lines = [value] if short else [line.plain for line in Text(value).wrap(console, width)]
            for below, line in enumerate(lines):
                yield Segment(set_cell_size("" if below else label, labels + _GAP), dim)
                yield Segment(line)
                yield Segment.line()


def _when(at: int | None, window: Window) -> str:
    return "none in these dates" if at is None else instant(at, window)


def instant(at: int, window: Window) -> str:
    """A local time; with its offset only where it is not the one above the tree: the clocks changed."""
    here = offset(window.zone, at)
    local = stamp(at, window.zone)
    return local if here == offset(window.zone, window.first) else f"{local} {here}"
