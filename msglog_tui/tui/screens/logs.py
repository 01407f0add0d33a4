"""The main screen: the account logs."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

from textual import on
from textual.containers import Horizontal
from textual.reactive import var
from textual.widgets import Footer, Label

from msglog_tui import dates
from msglog_tui.errors import Refusal
from msglog_tui.export import MESSAGES, TRANSACTIONS
from msglog_tui.tui.keys import SCREEN_COMMANDS, bindings
from msglog_tui.tui.saving import Exportable
from msglog_tui.tui.screens.dated import DatedScreen
from msglog_tui.tui.screens.export import ExportScreen
from msglog_tui.tui.screens.help import Help
from msglog_tui.tui.screens.picker import Picker
from msglog_tui.tui.screens.record import RecordScreen
from msglog_tui.tui.screens.remote_export import RemoteExportScreen
from msglog_tui.tui.sources.row_keys import CustomerKey, EnterpriseKey, MessageKey, path_to
from msglog_tui.tui.widgets.date_bar import DateBar
from msglog_tui.tui.widgets.detail import MESSAGE, Detail
from msglog_tui.tui.widgets.filter_bar import FilterBar
from msglog_tui.tui.widgets.outline import Outline
from msglog_tui.tui.widgets.title_bar import TitleBar
from msglog_tui.tui.widgets.tree_pane import TreePane
from msglog_tui.tui.words import in_scope
from msglog_tui.types import Order, Reach, TransactionKind

if TYPE_CHECKING:
    from typing import ClassVar

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from msglog_tui.reader import Reader
    from msglog_tui.tui.remote import Remote
    from msglog_tui.tui.sources.tree import TreeSource
    from msglog_tui.tui.widgets.outline_source import Key

_PACKAGE: Final = TransactionKind.PACKAGE.value
SORTABLE_HINT: Final = "too many messages to sort: they stay newest first. Choose fewer dates to sort them."


class LogsScreen(DatedScreen):
    """Tree on the left, what belongs to its cursor on the right, dates above.

    The window, the order and the filter live here and nowhere else; panes are told and read for themselves.

    Args:
        reader: Who reads.
        zone: IANA name of the reader's own zone.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(SCREEN_COMMANDS)
    AUTO_FOCUS = "#tree"

    order: var[Order] = var(Order.DATE, init=False)
    """How the tree is sorted."""

    text: var[str] = var("", init=False)
    """The filter; empty for none."""

    def __init__(self, reader: Reader, zone: str) -> None:
        super().__init__(zone)
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
        self._own_reader = reader
        self._reader = reader
        self._source: TreeSource | None = None
        self._key: Key | None = None
        self._label = ""
        self._fresh = True
        self._goes_to_find = False

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield TitleBar()
        yield DateBar()
        yield Label(id="banner", markup=False)
        yield FilterBar()
        yield Label(id="notice", markup=False)
        with Horizontal(id="panes"):
            yield TreePane(id="tree-pane")
            yield Detail(id="detail")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """Show this month to date, when there is somebody to show it to."""
        if self._reader.identity.user is not None:
            self.begin(self._reader, self.own_zone)

    def begin(self, reader: Reader, zone: str) -> None:
        """Show somebody this month to date."""
        self._own_reader = self._reader = reader
        self.own_zone = zone
        self.query_one(TitleBar).identity = self._reader.identity
        start, end = dates.month_to_date(dates.today(self.own_zone))
        self.window = dates.window(start, end, self.own_zone)

    @property
    def reader(self) -> Reader:
        """Through whose eyes the archive is read now."""
        return self._reader

    @property
    def complete(self) -> bool:
        """Whether tree and preview have been read."""
        return not self.query_one(TreePane).outline.loading_source and self.query_one(Detail).text is not None

    # State, and what follows from it

    def watch_window(self) -> None:
        """Read everything for other dates."""
        self.query_one(DateBar).window = self.window
        self._read()

    def watch_order(self) -> None:
        """Read the tree in another order."""
        self._read()

    def watch_text(self) -> None:
        """Read what matches the filter."""
        self._read()

    def _read(self, *, keep: bool = True) -> None:
        if self.window is None:
            return
        self.say("")
        self._fresh = self._fresh or not keep
        self._source = self.query_one(TreePane).show(
            self._reader, self.window, self.order, self.text, keep=keep
        )

    def _switch(self, reader: Reader) -> None:
        """Look through other eyes."""
        self._reader = reader
        self.query_one(TitleBar).identity = reader.identity
        banner = self.query_one("#banner", Label)
        seen_as = reader.identity.seen_as
        banner.display = seen_as is not None
        if seen_as is not None:
            if self._remote is not None:
                self._remote.note("view as", f"{seen_as[1]} of {seen_as[0]}")
            banner.update(f"Viewing as {seen_as[1]}. Esc comes back.")
        self._key = None
        self._read(keep=False)
        self.refresh_bindings()

    def say(self, text: str, *, wrong: bool = False) -> None:
        """Write a line below the dates: what went wrong and what to do, or what was done."""
        notice = self.query_one("#notice", Label)
        notice.update(text)
        notice.display = bool(text)
        notice.set_class(wrong, "-wrong")

    # News from the panes

    @on(Outline.Highlighted, "#tree")
    def _follow_cursor(self, event: Outline.Highlighted) -> None:
        if event.key is None and event.number >= 0:
            return  # not read yet: it is told again when it is
        other_kind = type(event.key) is not type(self._key)
        self._key = event.key
        self._label = "" if event.row is None else event.row.cells[0]
        if self.window is not None:
            self.query_one(Detail).show(self._reader, self.window, event.key)
        if other_kind:  # it makes the footer anew, which takes longer than all else that a key does
            self.refresh_bindings()

    @on(Outline.Loaded, "#tree")
    def _tree_loaded(self) -> None:
        self._say_found()
        self._go_to_find()
        fresh, self._fresh = self._fresh, False
        if fresh and self._reader.scope.reach is not Reach.EVERYTHING:
            self.query_one(TreePane).outline.action_expand()

    @on(Outline.Opened, "#tree")
    def _row_opened(self, event: Outline.Opened) -> None:
        if self._source is not None and event.key in self._source.kept_by_date:
            self.say(f"This customer has {SORTABLE_HINT}")

    def _say_found(self) -> None:
        matches = self._source.matches if self._source is not None else None
        self.query_one(FilterBar).say(matches.words if matches is not None else "")

    @on(Detail.RecordWanted)
    def _show_record(self, event: Detail.RecordWanted) -> None:
        self.app.push_screen(RecordScreen(event.record))

    @on(Outline.Failed)
    @on(Detail.Failed)
    @on(DateBar.Wrong)
    def _say_failed(self, event: Outline.Failed | Detail.Failed | DateBar.Wrong) -> None:
        self.say(str(event.error), wrong=True)

    @on(DateBar.Chosen)
    def _dates_chosen(self, event: DateBar.Chosen) -> None:
        self.set_dates(event.start, event.end)

    @on(DateBar.Left)
    def _back_to_tree(self) -> None:
        self.set_focus(self.query_one(TreePane).outline)

    @on(FilterBar.Left)
    def _filter_left(self) -> None:
        self._back_to_tree()
        self._goes_to_find = bool(self.text)
        if not self.query_one(TreePane).outline.loading_source:
            self._go_to_find()

    def _go_to_find(self) -> None:
        """Put the cursor on the first thing that the filter found."""
        matches = self._source.matches if self._source is not None else None
        if self._goes_to_find and matches is not None:
            first = matches.first
            if first is not None:
                self.query_one(TreePane).outline.reveal(self._path(first))
        self._goes_to_find = False

    @on(FilterBar.Changed)
    def _filter_changed(self, event: FilterBar.Changed) -> None:
        self.text = event.text

    # What the keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Whether an action can be carried out now: footer, help and palette ask here."""
        return self.refusal(action) is None

    def refusal(self, action: str) -> str | None:
        """Why an action cannot be carried out now; `None` when it can."""
        name = action.partition("(")[0]
        match name:
            case "view_as" if not self._reader.scope.sees_transactions:
                return "you see one customer already."
            case "view_as" if not isinstance(self._key, (CustomerKey, MessageKey)):
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
        if not isinstance(self._key, (EnterpriseKey, CustomerKey, MessageKey)):
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
        if isinstance(self._key, (CustomerKey, MessageKey)):
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

    def _path(self, key: Key) -> list[Key]:
        path = path_to(key)
        return path[1:] if self._reader.scope.reach is Reach.CUSTOMER else path

    @property
    def _remote(self) -> Remote | None:
        """Where the session came from, if it came over SSH."""
        return getattr(self.app, "remote", None)

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
