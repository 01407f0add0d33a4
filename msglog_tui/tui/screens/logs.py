"""The main screen: the account logs, and what the keys do there."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

from msglog_tui.errors import Refusal
from msglog_tui.export import MESSAGES, TRANSACTIONS
from msglog_tui.tui.keys import SCREEN_COMMANDS, bindings
from msglog_tui.tui.saving import Exportable
from msglog_tui.tui.screens.export import ExportScreen
from msglog_tui.tui.screens.help import Help
from msglog_tui.tui.screens.logs_view import LogsView
from msglog_tui.tui.screens.picker import Picker
from msglog_tui.tui.screens.remote_export import RemoteExportScreen
from msglog_tui.tui.sources.row_keys import CustomerKey, EnterpriseKey, MessageKey, OlderKey
from msglog_tui.tui.widgets.detail import MESSAGE, Detail
from msglog_tui.tui.widgets.filter_bar import FilterBar
from msglog_tui.tui.widgets.tree_pane import TreePane
from msglog_tui.tui.words import in_scope
from msglog_tui.types import Order, TransactionKind

if TYPE_CHECKING:
    from typing import ClassVar

    from textual.binding import BindingType

_PACKAGE: Final = TransactionKind.PACKAGE.value


class LogsScreen(LogsView):
    """Everything that happens at a key, or from the palette, and why it cannot."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(SCREEN_COMMANDS)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Whether an action can be carried out now: footer, help and palette ask here."""
        return self.refusal(action) is None

    def refusal(self, action: str) -> str | None:
        """Why an action cannot be carried out now; `None` when it can."""
        name = action.partition("(")[0]
        match name:
            case "view_as" if not self._reader.scope.sees_transactions:
                return "you see one customer already."
            case "view_as" if not isinstance(self._key, (CustomerKey, MessageKey, OlderKey)):
                return "put the cursor on a customer."
            case "tab" if "'" in action and action.split("'")[1] not in self._tabs:
                return "put the cursor on a customer or an enterprise."
            case "statuses" if self._active_tab != TransactionKind.TOP_UP.value:
                return "it belongs to the Top-ups tab."
            case _:
                return None

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

    def action_tab(self, tab: str) -> None:
        """Bring a tab of the right pane to the front."""
        self.query_one(Detail).choose(tab)
        self.refresh_bindings()

    def action_statuses(self) -> None:
        """Show every status, or the processed alone."""
        self.query_one(Detail).toggle_statuses()

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
        self._read()

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

    def action_account(self) -> None:
        """Open the account menu."""
        choices = [("Account logs", "home"), ("Change the time zone", "time_zone"), ("Quit", "app.quit")]
        if self.refusal("view_as") is None:
            choices.insert(1, ("View as this customer", "view_as"))

        async def take(action: str | None) -> None:
            if action is not None:
                await self.run_action(action)

        self.app.push_screen(Picker(in_scope(self._reader.identity), choices), take)

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
        if outline.cancel_load() or outline.cancel_pending():
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
        if self._remote is None:
            self.app.push_screen(ExportScreen(choices, self.window), self._exported)
        else:
            self.app.push_screen(RemoteExportScreen(choices, self.window, self._remote), self._exported)

    def _exportable(self) -> list[Exportable]:
        """What the focused pane shows: the transactions of its tab, or the messages of the tree."""
        detail, source, window = self.query_one(Detail), self._source, self.window
        if self._in_detail and detail.ledger_source is not None:
            kind, words = ("packages", "package") if self._active_tab == _PACKAGE else ("top-ups", "top-up")
            command = ("transactions", "--kind", words, *detail.status_words, *self._place)
            title = f"All {kind} of this list"
            return [Exportable(title, kind, TRANSACTIONS, detail.ledger_source.everything, command)]
        if source is None or window is None:
            return []
        found = "All messages that match the filter" if self.text else "All messages of the tree"
        seen_as = self._reader.identity.seen_as
        eyes = ("--enterprise", seen_as[0], "--customer", seen_as[1]) if seen_as is not None else ()
        everything = None if self.text else ("messages", *eyes)
        choices = [Exportable(found, "messages", MESSAGES, source.everything, everything)]
        if isinstance(self._key, (EnterpriseKey, CustomerKey)) and not self.text:
            inside = self._reader.inside(self._key.enterprise_id, getattr(self._key, "customer_id", None))
            rows = partial(inside.all_messages, window)
            title = f"Messages of {self._label}"
            choices.append(Exportable(title, "messages", MESSAGES, rows, ("messages", *self._place)))
        return choices

    @property
    def _place(self) -> tuple[str, ...]:
        """The enterprise or customer under the cursor, in the words of a command."""
        return ("--customer" if isinstance(self._key, CustomerKey) else "--enterprise", self._label)

    def _exported(self, said: str | None) -> None:
        if said is not None:
            self.say(said)
