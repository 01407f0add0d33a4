"""What the main screen shows: its panes, the state that they show, and the news that they bring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual import on
from textual.containers import Horizontal
from textual.reactive import var
from textual.widgets import Label

from msglog_tui import dates
from msglog_tui.errors import Refusal
from msglog_tui.tui.screens.dated import DatedScreen
from msglog_tui.tui.screens.delivery import DeliveryScreen
from msglog_tui.tui.screens.record import RecordScreen
from msglog_tui.tui.sources.row_keys import path_to
from msglog_tui.tui.veil import Veil
from msglog_tui.tui.widgets.date_bar import DateBar
from msglog_tui.tui.widgets.detail import Detail
from msglog_tui.tui.widgets.filter_bar import FilterBar
from msglog_tui.tui.widgets.key_bar import KeyBar
from msglog_tui.tui.widgets.outline import Outline
from msglog_tui.tui.widgets.title_bar import TitleBar
from msglog_tui.tui.widgets.tree_pane import TreePane
from msglog_tui.types import Order, Reach

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from msglog_tui.delivery import Delivery
    from msglog_tui.reader import Reader
    from msglog_tui.tui.remote import Remote
    from msglog_tui.tui.sources.tree import TreeSource
    from msglog_tui.tui.widgets.outline_source import Key

NOT_NOTED: Final = (
    "Recipients stay masked here: what is revealed has to be written to the audit, and this session cannot. "
    "Ask whoever runs this archive."
)

SORTABLE_HINT: Final = "too many messages to sort: they stay newest first. Choose fewer dates to sort them."


class Panes(Horizontal):
    """The tree and what belongs to its cursor, side by side; on a small screen one above the other."""

    BLANK = True


class LogsView(DatedScreen):
    """Tree on the left, what belongs to its cursor on the right, dates above; `LogsScreen` adds the keys.

    The window, the order and the filter live here and nowhere else; panes are told and read for themselves.

    Args:
        reader: Who reads.
        zone: IANA name of the reader's own zone.
    """

    AUTO_FOCUS = "#tree"
    BLANK = True  # it is covered, as are the panes: Textual need not build their lines at every frame

    order: var[Order] = var(Order.DATE, init=False)
    """How the tree is sorted."""

    text: var[str] = var("", init=False)
    """The filter; empty for none."""

    def __init__(self, reader: Reader, zone: str) -> None:
        super().__init__(zone)
        self.HORIZONTAL_BREAKPOINTS = [(0, "-stacked"), (80, "-narrow"), (100, "-wide")]
        self._own_reader = reader
        self._reader = reader
        self._veil = Veil(self._note)
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
        yield Label(classes="notice", markup=False)
        with Panes(id="panes"):
            yield TreePane(id="tree-pane")
            yield Detail(id="detail")
        yield KeyBar(compact=True, show_command_palette=False)

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
        window = dates.window(start, end, self.own_zone)
        if window == self.window:  # the screen was cleared
            self._read(keep=False)
        else:
            self.window = window

    def clear(self) -> None:
        """Forget who reads and what was read.  What is laid out stays, for whoever comes."""
        self._source = self._key = None
        self._label = ""
        self._fresh = True
        self.query_one(TitleBar).identity = None
        self.query_one(TreePane).clear()
        self.query_one(Detail).clear()

    @property
    def reader(self) -> Reader:
        """Through whose eyes the archive is read now."""
        return self._reader

    @property
    def complete(self) -> bool:
        """Whether the first screen has been read: the tree, what opens in it by itself, the preview."""
        outline = self.query_one(TreePane).outline
        read = not (self._fresh or outline.loading_source or outline.pending)
        return read and self.query_one(Detail).text is not None

    @property
    def _remote(self) -> Remote | None:
        """Where the session came from, if it came over SSH."""
        return getattr(self.app, "remote", None)

    def _note(self, action: str, detail: str) -> None:
        """Write to the audit, or refuse; it may block.

        Raises:
            Refusal: Nobody can write it.
        """
        if self._remote is None:
            self._own_reader.note(action, detail)
        elif not (self._own_reader.takes_notes and self._remote.note(action, detail)):
            raise Refusal(NOT_NOTED)

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
        self.begin_reading()
        self._fresh = self._fresh or not keep
        self._source = self.query_one(TreePane).show(
            self._reader, self.window, self.order, self.text, keep=keep
        )

    def ask_again(self) -> None:
        """Read everything anew, as it is shown."""
        self._read()

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

    # News from the panes

    @on(Outline.Highlighted, "#tree")
    def _follow_cursor(self, event: Outline.Highlighted) -> None:
        if event.key is None and event.number >= 0:
            return  # not read yet: it is told again when it is
        other_kind = type(event.key) is not type(self._key)
        self._key = event.key
        self._label = "" if event.row is None else event.row.cells[0]
        if self.window is not None:
            self.query_one(Detail).show(self._reader, self.window, event.key, self._veil)
        if other_kind:  # it makes the footer anew, which takes longer than all else that a key does
            self.refresh_bindings()

    @on(Outline.Loaded, "#tree")
    def _tree_loaded(self) -> None:
        self.end_reading()
        self._say_found()
        if self._source is not None and self._source.missing:
            self.say(" ".join((*self._source.missing, "What lies there is not shown.")), wrong=True)
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

    @on(Detail.DeliveryWanted)
    def _show_delivery(self, event: Detail.DeliveryWanted) -> None:
        if self.window is not None:
            record = DeliveryScreen(event.delivery, self.window, self._veil)
            self.app.push_screen(record, self._delivery_left)

    def _delivery_left(self, delivery: Delivery | None) -> None:
        if delivery is None:
            self.query_one(Detail).deliveries.show_again()
        else:
            self._back_to_tree()

    @on(Detail.TabsChanged)
    def _tabs_changed(self) -> None:
        self.refresh_bindings()

    @on(Outline.Missing, "#tree")
    def _say_missing(self) -> None:
        self.say("That is not in the tree any more. R reads it again.", wrong=True)

    @on(Outline.Failed)
    @on(Detail.Failed)
    @on(DateBar.Wrong)
    def _say_failed(self, event: Outline.Failed | Detail.Failed | DateBar.Wrong) -> None:
        self.say_failed(event.error)

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
            for first in matches.keys[:1]:
                self.query_one(TreePane).outline.reveal(self._path(first))
        self._goes_to_find = False

    @on(FilterBar.Changed)
    def _filter_changed(self, event: FilterBar.Changed) -> None:
        self.text = event.text

    def _path(self, key: Key) -> list[Key]:
        path = path_to(key)
        return path[1:] if self._reader.scope.reach is Reach.CUSTOMER else path
