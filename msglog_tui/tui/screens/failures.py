"""What went wrong, and why: failures in groups."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType
from textual.widgets import Footer, Label

from msglog_tui.delivery import FailureGrouping
from msglog_tui.export import FAILURES
from msglog_tui.text import counted
from msglog_tui.tui import outcome
from msglog_tui.tui.keys import SCREEN_COMMANDS, Where, bindings, chosen
from msglog_tui.tui.saving import Exportable
from msglog_tui.tui.screens.dated import DatedScreen
from msglog_tui.tui.screens.export import export_screen
from msglog_tui.tui.screens.found import FoundScreen
from msglog_tui.tui.screens.help import Help, elsewhere
from msglog_tui.tui.sources.failures import TITLES, FailuresSource, columns, name
from msglog_tui.tui.widgets.date_bar import DateBar
from msglog_tui.tui.widgets.list_pane import ListPane
from msglog_tui.tui.widgets.outline import Outline
from msglog_tui.tui.widgets.record_view import RecordView
from msglog_tui.tui.widgets.tab_strip import TabStrip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import ClassVar

    from textual.app import ComposeResult
    from textual.events import Key

    from msglog_tui.cancel import Cancel
    from msglog_tui.delivery import Delivery, FailureGroup, Found
    from msglog_tui.reader import Reader
    from msglog_tui.tui.place import Place
    from msglog_tui.tui.remote import Remote
    from msglog_tui.tui.veil import Veil
    from msglog_tui.tui.widgets.outline_source import Column
    from msglog_tui.types import Window

_KEYS: Final = {
    "edit_date('start')": "Dates",
    "edit_date('end')": "",
    "presets": "",
    "shift(-1)": "Earlier",
    "shift(1)": "Later",
    "shift_days(-1)": "",
    "shift_days(1)": "",
    "shift_months(-1)": "",
    "shift_months(1)": "",
    "time_zone": "",
    "export": "Export",
    "reload": "",
    "back": "Back",
    "help": "Help",
    "app.redraw": "",
    "app.quit": "Quit",
}


_OF_DATES: Final = frozenset({"edit_date", "presets", "shift", "shift_days", "shift_months"})


class FailuresScreen(DatedScreen):
    """The failures of a place, by reason, code or domain; its dates move as elsewhere.

    Args:
        reader: Through whose eyes they are seen.
        place: Where they are looked for.
        window: The dates to begin with.
        zones: Names of the zones one can go between.
        veil: What of a delivery may be shown.
        remote: Where the session came from, if it came over SSH.
    """

    AUTO_FOCUS = "#failures-list"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "turn(1)", "Group", key_display="Tab"),
        Binding("shift+tab", "turn(-1)", show=False),
        Binding("1", "group(0)", show=False),
        Binding("2", "group(1)", show=False),
        Binding("3", "group(2)", show=False),
        *bindings(chosen(_KEYS)),
    ]

    def __init__(
        self,
        reader: Reader,
        place: Place,
        window: Window,
        own_zone: str,
        veil: Veil,
        remote: Remote | None,
    ) -> None:
        super().__init__(own_zone)
        self._reader = reader
        self._place = place
        self._begins_with = window
        self._by = FailureGrouping.REASON
        self._veil = veil
        self._remote = remote
        self._kept_from: int | None = None
        self._source: FailuresSource | None = None

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Label(f"Failures   {self._place.title}", classes="screen-title", markup=False)
        yield DateBar()
        yield Label(classes="notice", markup=False)
        yield TabStrip()
        yield ListPane(self._columns, id="failures")
        yield RecordView(id="group")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """Show the dates that the main screen shows."""
        strip = self.query_one(TabStrip)
        strip.tabs = [(by.value, f"By {title.lower()}") for by, title in TITLES.items()]
        self.query_one(DateBar).display = not self._of_message
        self.window = self._begins_with

    @property
    def _of_message(self) -> bool:
        """Whether these are a message's, which are all of its own, whenever they were."""
        return self._place.where.message_id is not None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Whether an action can be carried out: there are no dates to move of a single message."""
        return not (self._of_message and action in _OF_DATES)

    def on_key(self, event: Key) -> None:
        """Say why a key of the dates does nothing."""
        if self._of_message and any(
            event.key in command.keys for command in SCREEN_COMMANDS if command.where is Where.DATES
        ):
            self.say("These are all failures of the message; its dates cannot be moved.", wrong=True)

    @property
    def _columns(self) -> tuple[Column, ...]:
        return columns(self._by, several_customers=self._place.several_customers)

    @property
    def _list(self) -> ListPane:
        return self.query_one("#failures", ListPane)

    async def zone_at_cursor(self) -> str:
        """There is none: the groups are of many."""
        return ""

    def watch_window(self) -> None:
        """Read everything for other dates."""
        self.query_one(DateBar).window = self.window
        self._read()

    def _read(self) -> None:
        window = self.window
        if window is None:
            return
        self.begin_reading()
        self.query_one(TabStrip).active = self._by.value
        place, by = self._place, self._by

        def ask(cancel: Cancel) -> list[FailureGroup]:
            self._kept_from = self._reader.deliveries_kept_from(cancel)
            return self._reader.failures(window, place.where, by, cancel)

        self._source = FailuresSource(ask, by, window, several_customers=place.several_customers)
        self._list.read(
            self._source,
            self._columns,
            f"Nothing is known to have gone wrong{'' if self._of_message else ' in these dates'}\n\n"
            "Reasons are known where a source tells of each recipient",
            keep=True,
        )

    @property
    def _group(self) -> FailureGroup | None:
        """The group under the cursor."""
        return None if self._source is None else self._source.group(self._list.outline.cursor_key)

    @on(Outline.Loaded)
    def _loaded(self) -> None:
        self.end_reading()
        if self._source is not None:
            groups = self._source.groups
            wrong = sum(group.deliveries for group in groups)
            what = counted(len(groups), TITLES[self._by].lower())
            said = [f"{counted(wrong, 'delivery')} went wrong, {what}"] if groups else []
            if self.window is not None and self._reaches_back(self.window):
                said.append(outcome.kept(self._kept_from, self.window.zone, self._reader.attached))
            self._list.say(" · ".join(said))
        self._show_group()

    def _reaches_back(self, window: Window) -> bool:
        """Whether there is a time of which deliveries are not kept any more."""
        return self._kept_from is not None and (self._of_message or window.first < self._kept_from)

    @on(Outline.Highlighted)
    def _show_group(self) -> None:
        group = self._group
        self.query_one(RecordView).show(
            Text()
            if group is None
            else Text.assemble((name(self._by, group), "bold"), f"\n{_figures(group)}")
        )

    @on(Outline.Failed)
    @on(DateBar.Wrong)
    def _failed(self, event: Outline.Failed | DateBar.Wrong) -> None:
        self.say_failed(event.error)

    @on(DateBar.Chosen)
    def _dates_chosen(self, event: DateBar.Chosen) -> None:
        self.set_dates(event.start, event.end)

    @on(DateBar.Left)
    def _back_to_list(self) -> None:
        self.set_focus(self._list.outline)

    @on(TabStrip.Chosen)
    def _tab_clicked(self, event: TabStrip.Chosen) -> None:
        self._group_by(FailureGrouping(event.tab))

    @on(Outline.Activated)
    def _open(self) -> None:
        """Show the deliveries of a group."""
        group, window = self._group, self.window
        if group is None or window is None:
            return
        screen = FoundScreen(f"Failures   {name(self._by, group)}", window, self._veil, self._remote)
        place, by = self._place, self._by

        def ask(after: tuple[int, int] | None, count: int, cancel: Cancel) -> Found:
            return self._reader.failed_deliveries(window, place.where, by, group.label, after, count, cancel)

        self.app.push_screen(screen, self._list_left)
        screen.call_after_refresh(
            partial(screen.list_with, ask, "These failures are there no more", several_recipients=True)
        )

    def _list_left(self, delivery: Delivery | None) -> None:
        if delivery is not None:
            self.dismiss(delivery)

    def action_turn(self, step: int) -> None:
        """Group by the next thing, or the one before."""
        groupings = list(FailureGrouping)
        self._group_by(groupings[(groupings.index(self._by) + step) % len(groupings)])

    def action_group(self, number: int) -> None:
        """Group by the reason, the code or the domain."""
        self._group_by(list(FailureGrouping)[number])

    def _group_by(self, by: FailureGrouping) -> None:
        if by is not self._by:
            self._by = by
            self._read()

    def ask_again(self) -> None:
        """Read the groups anew."""
        self._read()

    def action_reload(self) -> None:
        """Read the archive again."""
        self._read()

    def action_export(self) -> None:
        """Write the groups to a file or the clipboard."""
        source = self._source
        if source is None or self.window is None:
            return

        def rows(cancel: Cancel) -> Iterator[FailureGroup]:
            source.children(None, cancel)
            return iter(source.groups)

        place = self._place.words
        words = None if place is None else ("failures", "--by", self._by.value, *place)
        title = f"Failures of {self._place.title} by {TITLES[self._by].lower()}"
        what = Exportable(title, "failures", FAILURES, rows, words, dated=not self._of_message)
        self.app.push_screen(export_screen([what], self.window, self._remote), self.say_exported)

    def action_help(self) -> None:
        """Show every key; those of the main screen alone say so."""
        self.app.push_screen(Help(elsewhere(_KEYS)))

    def action_back(self) -> None:
        """Stop a slow answer, or leave."""
        if self._list.outline.cancel_load():
            self.say("Stopped. R reads it again.")
        else:
            self.dismiss(None)


def _figures(group: FailureGroup) -> str:
    """What the columns say, for those that had to give way."""
    complained = group.deliveries - group.failed - group.bounced
    parts = [f"{group.failed:,} failed, never left", f"{group.bounced:,} bounced, refused after they left"]
    if complained:
        parts.append(f"{complained:,} complained of")
    return " · ".join(parts)
