"""The main screen: the account logs, and what the keys do there."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from textual import work

from msglog_tui import export
from msglog_tui.errors import Refusal
from msglog_tui.tui.keys import SCREEN_COMMANDS, bindings
from msglog_tui.tui.saving import Exportable
from msglog_tui.tui.screens.export import export_screen
from msglog_tui.tui.screens.help import Help
from msglog_tui.tui.screens.logs_who import LogsWho
from msglog_tui.tui.screens.picker import Picker
from msglog_tui.tui.sources.row_keys import CustomerKey, EnterpriseKey, MessageKey, OlderKey, RemovedKey
from msglog_tui.tui.widgets.detail import DELIVERIES, MESSAGE, Detail
from msglog_tui.tui.widgets.filter_bar import FilterBar
from msglog_tui.tui.widgets.tree_pane import TreePane
from msglog_tui.tui.words import in_scope
from msglog_tui.types import Order, TransactionKind

if TYPE_CHECKING:
    from typing import ClassVar

    from textual.binding import BindingType
    from textual.events import Key as KeyPress

    from msglog_tui.tui.widgets.deliveries_pane import Chosen

_PACKAGE: Final = TransactionKind.PACKAGE.value

_TABS_OF: Final = {
    "statuses": (DELIVERIES, TransactionKind.TOP_UP.value),
    "reveal": (DELIVERIES,),
    "message": (DELIVERIES,),
}
"""The tabs to which an action belongs."""

_EYES: Final = "eyes"
"""The group of the worker that asks for other eyes."""

_OF_A_DELIVERY: Final = "it is for a delivery: 2 on a message shows them, w finds those to a person."
_BELONGS: Final = {
    "statuses": "it belongs to Top-ups, and to the deliveries of a message.",
    "reveal": _OF_A_DELIVERY,
    "message": _OF_A_DELIVERY,
}
"""What is said of it elsewhere."""


class LogsScreen(LogsWho):
    """Everything that happens at a key, or from the palette, and why it cannot."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(SCREEN_COMMANDS)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action can be carried out now: footer, help and palette ask here."""
        called = f"{action}({', '.join(map(repr, parameters))})" if parameters else action
        return self.refusal(called) is None

    def refusal(self, action: str) -> str | None:
        """Why an action cannot be carried out now; `None` when it can."""
        name = action.partition("(")[0]
        match name:
            case "view_as":
                return self._why_no_eyes()
            case "match" if not self.text:
                return "there is no filter; / types one."
            case "tab" if int(action[-2]) > len(self._tabs):
                return self._why_no_tab(int(action[-2]))
            case "failures" if isinstance(self._key, (OlderKey, RemovedKey)):
                return "put the cursor on an enterprise, a customer or a message that is in this archive."
            case "statuses" | "reveal" | "message" if self._active_tab not in _TABS_OF[name]:
                return _BELONGS[name]
            case _:
                return None

    def _why_no_eyes(self) -> str | None:
        if not isinstance(self._key, (CustomerKey, MessageKey, OlderKey)):
            return "put the cursor on a customer."
        return None if self._reader.scope.sees_transactions else "you see one customer already."

    def _why_no_tab(self, number: int) -> str:
        of_message = isinstance(self._key, (MessageKey, OlderKey))
        if not self._reader.scope.sees_transactions and not of_message:
            return "packages and top-ups belong to the enterprise."
        if of_message and number == 2:
            return "the source of this message does not tell of its recipients."
        return "put the cursor on a customer or an enterprise."

    def on_key(self, event: KeyPress) -> None:
        """Say why a key does nothing just now."""
        for command in SCREEN_COMMANDS:
            if event.key in command.keys and (why := self.refusal(command.action)) is not None:
                self.say(f"{command.shown}: {why}", wrong=True)

    @property
    def _tabs(self) -> list[str]:
        return self.query_one(Detail).tabs if self.is_mounted else [MESSAGE]

    @property
    def _active_tab(self) -> str:
        return self.query_one(Detail).active if self.is_mounted else MESSAGE

    async def zone_at_cursor(self) -> str:
        """The zone of the enterprise under the cursor."""
        if not isinstance(self._key, (EnterpriseKey, CustomerKey, MessageKey, OlderKey)):
            return ""
        try:
            return await asyncio.to_thread(self._reader.time_zone, self._key.enterprise_id)
        except Refusal as error:
            self.say(str(error), wrong=True)
            return ""

    def action_sort(self) -> None:
        """Sort by the next order."""
        orders = list(Order)
        self.order = orders[(orders.index(self.order) + 1) % len(orders)]
        self.say(f"Sorted by {self.order}")

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterBar).edit()

    def action_match(self, step: int) -> None:
        """Go to the next thing that the filter found, or the one before."""
        matches = self._source.matches if self._source is not None else None
        if matches is None or not matches.keys:
            return
        keys = matches.keys
        here = keys.index(self._key) if self._key in keys else -1 if step > 0 else 0
        self.query_one(TreePane).outline.reveal(self._path(keys[(here + step) % len(keys)]))

    def action_tab(self, number: int) -> None:
        """Bring a tab of the right pane to the front."""
        self.query_one(Detail).choose(self._tabs[number - 1])
        self.refresh_bindings()

    def action_statuses(self) -> None:
        """Show every status, or the processed alone; of deliveries, ask which."""
        detail = self.query_one(Detail)
        if self._active_tab == DELIVERIES:
            self.app.push_screen(Picker("Status", detail.deliveries.choices), self._status_chosen)
        else:
            detail.toggle_statuses()

    def _status_chosen(self, chosen: Chosen | None) -> None:
        if chosen is not None:
            self.query_one(Detail).choose_status(chosen.status)

    def action_zoom(self) -> None:
        """Give the focused pane the whole screen, or take it back."""
        if self.has_class("-zoom-tree") or self.has_class("-zoom-detail"):
            self.remove_class("-zoom-tree", "-zoom-detail")
        else:
            self.add_class("-zoom-detail" if self._in_detail else "-zoom-tree")

    @property
    def _in_detail(self) -> bool:
        return self.query_one(Detail).has_focus_within

    def action_copy(self) -> None:
        """Send the record to the terminal's clipboard."""
        text = self.query_one(Detail).text
        if text:
            self.app.copy_to_clipboard(text)
            self.say("The record was sent to the terminal's clipboard; not every terminal takes it.")
        else:
            self.say("There is no record under the cursor to copy.", wrong=True)

    def action_reload(self) -> None:
        """Read the archive again."""
        self.ask_again()

    def action_help(self) -> None:
        """Show every key, and why some cannot be used now."""
        refused = {
            command.action: why
            for command in SCREEN_COMMANDS
            if (why := self.refusal(command.action)) is not None
        }
        self.app.push_screen(Help(refused))

    def action_command_palette(self) -> None:
        """Open the palette."""
        self.app.action_command_palette()

    @work(exclusive=True, group=_EYES)
    async def action_view_as(self) -> None:
        """Look through the eyes of the customer under the cursor."""
        if isinstance(self._key, (CustomerKey, MessageKey, OlderKey)):
            try:
                reader = await asyncio.to_thread(
                    self._own_reader.as_customer, self._key.enterprise_id, self._key.customer_id
                )
            except Refusal as error:
                self.say(str(error), wrong=True)
            else:
                self._switch(reader)

    async def action_account(self) -> None:
        """Open the account menu.  At the machine itself it says which archive this is."""
        title = in_scope(self._reader.identity)
        if self._remote is None:
            with suppress(Refusal):  # the archive could not be opened here yet
                title += "\n" + await asyncio.to_thread(lambda: self._reader.archive)
        choices = [("Account logs", "home"), ("Change the time zone", "time_zone"), ("Quit", "app.quit")]
        if self.refusal("view_as") is None:
            choices.insert(1, ("View as this customer", "view_as"))

        async def take(action: str | None) -> None:
            if action is not None:
                await self.run_action(action)

        self.app.push_screen(Picker(title, choices), take)

    def action_home(self) -> None:
        """Come back to one's own account logs."""
        self.remove_class("-zoom-tree", "-zoom-detail")
        self.query_one(FilterBar).clear()
        self.text = ""
        if self._reader is not self._own_reader:
            self._switch(self._own_reader)
        self._back_to_tree()

    def action_back(self) -> None:
        """Step back from the nearest thing that can be left."""
        outline = self.query_one(TreePane).outline
        if outline.cancel_load() or outline.cancel_pending() or self.workers.cancel_group(self, _EYES):
            self.say("Stopped. R reads it again.")
        elif self.has_class("-zoom-tree") or self.has_class("-zoom-detail"):
            self.action_zoom()
        elif not outline.has_focus:
            self.set_focus(outline)
        elif self.text:
            self.query_one(FilterBar).clear()
            self.text = ""
        elif self._reader is not self._own_reader:
            left = self._reader.scope
            self._switch(self._own_reader)
            if left.enterprise_id is not None and left.customer_id is not None:
                outline.reveal(self._path(CustomerKey(left.enterprise_id, left.customer_id)))
        else:
            self.say("")

    def jump(self, enterprise_id: int, customer_id: int) -> None:
        """Put the cursor on a customer, wherever it is."""
        if self.text:
            self.query_one(FilterBar).clear()
            self.text = ""
        outline = self.query_one(TreePane).outline
        outline.reveal(self._path(CustomerKey(enterprise_id, customer_id)))
        self.set_focus(outline)

    def action_export(self) -> None:
        """Write what the pane shows to a file; to a clipboard where the file would be far away."""
        choices = self._exportable()
        if not choices or self.window is None:
            return
        self.app.push_screen(export_screen(choices, self.window, self._remote), self.say_exported)

    def _exportable(self) -> list[Exportable]:
        """What the focused pane shows: the list of its tab, or the messages of the tree."""
        detail, source, window = self.query_one(Detail), self._source, self.window
        if self._in_detail and (listed := self._listed(detail)) is not None:
            return [listed]
        if source is None or window is None:
            return []
        found = "All messages that match the filter" if self.text else "All messages of the tree"
        everything = None if self.text else ("messages", *self._eyes)
        choices = [Exportable(found, "messages", export.MESSAGES, source.everything, everything)]
        if isinstance(self._key, (EnterpriseKey, CustomerKey)) and not self.text:
            inside = self._reader.inside(self._key.enterprise_id, getattr(self._key, "customer_id", None))
            rows = partial(inside.all_messages, window)
            title = f"Messages of {self._label}"
            choices.append(Exportable(title, "messages", export.MESSAGES, rows, ("messages", *self._place)))
        return choices

    def _listed(self, detail: Detail) -> Exportable | None:
        """The list that the right pane shows, if it shows one."""
        deliveries, ledger = detail.deliveries, detail.ledger
        if self._active_tab == DELIVERIES and deliveries.source and deliveries.message:
            command = ("deliveries", *self._named(deliveries.message), *detail.status_words)
            title = "Deliveries of this list, recipients masked"
            rows = deliveries.source.everything
            return Exportable(title, "deliveries", export.DELIVERIES, rows, command, dated=False)
        if ledger is not None and ledger.source is not None:
            kind, words = ("packages", "package") if self._active_tab == _PACKAGE else ("top-ups", "top-up")
            command = ("transactions", "--kind", words, *detail.status_words, *self._place)
            return Exportable(
                f"All {kind} of this list", kind, export.TRANSACTIONS, ledger.source.everything, command
            )
        return None
