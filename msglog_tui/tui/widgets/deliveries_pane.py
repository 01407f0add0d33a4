"""The recipients of a message, and what became of it at each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msglog_tui.delivery import DeliveryStatus, Recipients
from msglog_tui.tui import outcome
from msglog_tui.tui.sources.deliveries import COLUMNS, DeliveriesSource
from msglog_tui.tui.widgets.list_pane import ListPane

if TYPE_CHECKING:
    from msglog_tui.delivery import Delivery, DeliverySummary
    from msglog_tui.reader import Reader
    from msglog_tui.tui.describe import Fields
    from msglog_tui.tui.veil import Veil
    from msglog_tui.types import Message, Window


class Chosen(NamedTuple):
    """A choice of deliveries: those of a status, or all for `None`."""

    status: DeliveryStatus | None


class DeliveriesPane(ListPane):
    """Deliveries of one message.  It is told what to show and reads it itself."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - as Textual names it
        super().__init__(COLUMNS, id=id)
        self.status: DeliveryStatus | None = None
        """The only status shown, on messages to come, too; `None` for every one."""
        self.source: DeliveriesSource | None = None
        """What is shown, once anything is."""
        self.message: Message | None = None
        """Whose deliveries these are."""
        self._summary: DeliverySummary | None = None
        self._read_with: tuple[object, ...] | None = None
        self._window: Window | None = None

    def show(
        self, reader: Reader, window: Window, message: Message, summary: DeliverySummary, veil: Veil
    ) -> None:
        """Show the deliveries of a message."""
        self.message, self._summary, self._window = message, summary, window
        recipients = Recipients(message.enterprise_id, message.customer_id, message.id, self.status)
        if self._read_with == (reader, window, recipients, veil, summary):
            return
        self._read_with = (reader, window, recipients, veil, summary)
        self.source = DeliveriesSource(reader, window, recipients, veil)
        if summary.kept_from is not None:
            self.say(outcome.counts(summary))
            since = outcome.kept(summary.kept_from, window.zone)
            self.read(self.source, COLUMNS, f"Who got it is not kept\n\n{since}")
        elif self.status is None:
            self.say(outcome.counts(summary))
            self.read(self.source, COLUMNS, "No deliveries")
        else:
            shown = dict(summary.by_status).get(self.status, 0)
            self.say(f"{shown:,} {self.status.word} of {outcome.total(summary):,}   x changes")
            self.read(self.source, COLUMNS, f"None is {self.status.word}\n\nx chooses another status")

    def clear(self) -> None:
        """Show nothing, of nobody."""
        self.source = self.message = self._summary = self._read_with = self._window = None
        self.outline.clear()

    def show_again(self) -> None:
        """Read the rows in sight anew: a recipient was revealed or hidden."""
        if self.source is not None:
            self.outline.set_source(self.source)

    @property
    def choices(self) -> list[tuple[str, Chosen]]:
        """The statuses that can be chosen, and what each is called."""
        if self._summary is None:
            return []
        width = len(f"{outcome.total(self._summary):,}")
        rows: list[tuple[str, int, DeliveryStatus | None]] = [
            ("Every status", outcome.total(self._summary), None),
            *((outcome.label(status), count, status) for status, count in self._summary.by_status),
        ]
        return [(f"{name:<14}{count:>{width},}", Chosen(status)) for name, count, status in rows]

    @property
    def delivery(self) -> Delivery | None:
        """The delivery under the cursor."""
        return None if self.source is None else self.source.delivery(self.outline.cursor_key)

    def record(self, veil: Veil) -> tuple[str, Fields] | None:
        """Title and fields of the delivery under the cursor."""
        delivery = self.delivery
        if delivery is None or self._window is None:
            return None
        return outcome.delivery_record(veil.shown(delivery), self._window)
