"""Who got it, and why not: the keys of the main screen that ask after deliveries."""

from __future__ import annotations

import asyncio
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from textual import work

from msglog_tui import dates
from msglog_tui.delivery import FailurePlace
from msglog_tui.errors import Refusal
from msglog_tui.tui.place import Place
from msglog_tui.tui.screens.logs_view import LogsView
from msglog_tui.tui.sources.row_keys import CustomerKey, EnterpriseKey, MessageKey
from msglog_tui.tui.sources.tree import NO_SUBJECT
from msglog_tui.tui.veil import REVEALED
from msglog_tui.tui.widgets.detail import Detail
from msglog_tui.tui.widgets.filter_bar import FilterBar
from msglog_tui.tui.widgets.tree_pane import TreePane
from msglog_tui.tui.words import in_scope
from msglog_tui.types import Reach

if TYPE_CHECKING:
    from msglog_tui.delivery import Delivery
    from msglog_tui.tui.screens.failures import FailuresScreen
    from msglog_tui.types import Message


class LogsWho(LogsView):
    """Failures, finding a person, revealing one."""

    @property
    def _place(self) -> tuple[str, ...]:
        """The enterprise or customer under the cursor, in the words of a command."""
        return ("--customer" if isinstance(self._key, CustomerKey) else "--enterprise", self._label)

    @property
    def _eyes(self) -> tuple[str, ...]:
        """Through whose eyes one looks, in the words of a command; nothing for one's own."""
        seen_as = self._reader.identity.seen_as
        return () if seen_as is None else ("--enterprise", seen_as[0], "--customer", seen_as[1])

    def _named(self, message: Message) -> tuple[str, ...]:
        """A message in the words of a command: its id is the enterprise's, and others may have it, too."""
        several = self._reader.scope.reach is Reach.EVERYTHING
        return (message.external_id, *(("--enterprise", message.enterprise) if several else self._eyes))

    def action_failures(self) -> None:
        """Open what went wrong with the row under the cursor."""
        words: tuple[str, ...] | None
        title, words, several = self._label, self._place, self._reader.scope.reach is not Reach.CUSTOMER
        match self._key:
            case EnterpriseKey(enterprise_id):
                where = FailurePlace(enterprise_id)
            case CustomerKey(enterprise_id, customer_id):
                where, several = FailurePlace(enterprise_id, customer_id), False
            case MessageKey() as key:
                message = self.query_one(Detail).message
                where, several = FailurePlace(*key), False
                title = title or NO_SUBJECT
                words = None if message is None else ("--message", *self._named(message))
            case _:
                self.action_all_failures()
                return
        self._open_failures(Place(where, title, words, several))

    def action_all_failures(self) -> None:
        """Open what went wrong in all that is in scope."""
        several = self._reader.scope.reach is not Reach.CUSTOMER
        self._open_failures(Place(FailurePlace(), in_scope(self._reader.identity), self._eyes, several))

    def _open_failures(self, place: Place) -> None:
        from msglog_tui.tui.screens.failures import FailuresScreen  # not of the first screen

        if self.window is not None:
            screen = FailuresScreen(self._reader, place, self.window, self.own_zone, self._veil, self._remote)
            self.app.push_screen(screen, partial(self._failures_left, screen))

    def _failures_left(self, screen: FailuresScreen, delivery: Delivery | None) -> None:
        """Keep the dates to which somebody has gone there."""
        self.window = screen.window
        self._delivery_chosen(delivery)

    def action_find(self) -> None:
        """Ask for a person."""
        self._find("")

    def action_find_domain(self) -> None:
        """Ask for everybody at a domain."""
        self._find("@")

    def _find(self, begun: str) -> None:
        from msglog_tui.tui.screens.person import PersonScreen  # not of the first screen

        if self.window is not None:
            where = in_scope(self._reader.identity)
            self.app.push_screen(
                PersonScreen(self._reader, where, self._eyes, self.window, self._veil, self._remote, begun),
                self._delivery_chosen,
            )

    def _delivery_chosen(self, delivery: Delivery | None) -> None:
        if delivery is not None:
            self._seek_message(delivery)

    @work(exclusive=True, group="seek")
    async def _seek_message(self, delivery: Delivery) -> None:
        """Put the cursor on the message of a delivery."""
        try:
            found = await asyncio.to_thread(
                self._reader.messages_by_id, delivery.enterprise_id, [delivery.message_id]
            )
        except Refusal as error:
            self.say(str(error), wrong=True)
            return
        if found:
            self._go_to(found[0])
        else:
            self.say("That message is not in the archive any more. R reads it again.", wrong=True)

    def _go_to(self, message: Message) -> None:
        said = ""
        if self.text:
            self.query_one(FilterBar).clear()
            self.text = ""
            said = "The filter was cleared. "
        window = self.window
        if window is not None and not window.first <= message.sent_at < window.after:
            day = date.fromisoformat(dates.stamp(message.sent_at, window.zone)[:10])
            start, end = dates.whole_month(day.year, day.month)
            self.set_dates(start, end)
            said += f"The dates moved to {start} to {end}, when it was sent."
        outline = self.query_one(TreePane).outline
        outline.reveal(self._path(MessageKey(message.enterprise_id, message.customer_id, message.id)))
        self.set_focus(outline)
        self.say(said)

    @work
    async def action_reveal(self) -> None:
        """Show the recipient under the cursor whole, or hide it again."""
        detail = self.query_one(Detail)
        delivery = detail.delivery
        if delivery is None:
            self.say("There is no delivery under the cursor.", wrong=True)
            return
        try:
            shown = await asyncio.to_thread(self._veil.turn, delivery)
        except Refusal as error:
            self.say(str(error), wrong=True)
        else:
            self.say(REVEALED.format(delivery.recipient) if shown else "")
            detail.deliveries.show_again()

    def action_message(self) -> None:
        """Go from the deliveries to their message."""
        self._back_to_tree()
