"""Did this person get it, and why not?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Footer, Input, Label

from msglog_tui.tui.screens.found import FoundScreen
from msglog_tui.tui.sources.found import columns
from msglog_tui.tui.widgets.list_pane import ListPane

if TYPE_CHECKING:
    from typing import ClassVar

    from textual.app import ComposeResult

    from msglog_tui.cancel import Cancel
    from msglog_tui.delivery import Found
    from msglog_tui.reader import Reader
    from msglog_tui.tui.remote import Remote
    from msglog_tui.tui.veil import Veil
    from msglog_tui.types import Window

_ASK = "Type an address, a number or an @domain, then Enter"


class PersonInput(Input):
    """Whom to look for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "screen.leave", "Back", show=False),
        Binding("down", "screen.to_list", "To the list", show=False),
    ]


class PersonScreen(FoundScreen):
    """Finds every delivery to somebody, whenever it was.

    Args:
        reader: Through whose eyes it is looked for.
        where: What is in scope, in words.
        eyes: Through whose eyes it is looked for, in the words of a command.
        begun: What has been typed already.
    """

    AUTO_FOCUS = "PersonInput"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w,slash", "edit", "Another", key_display="w"),
        Binding("at", "edit('@')", show=False),
    ]

    def __init__(
        self,
        reader: Reader,
        where: str,
        eyes: tuple[str, ...],
        window: Window,
        veil: Veil,
        remote: Remote | None,
        begun: str,
    ) -> None:
        super().__init__(f"Who got it   {where}, all dates", window, veil, remote)
        self._begun = begun
        self._reader = reader
        self.attached = reader.attached
        self._eyes = eyes
        self._wanted = ""

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Label(self._title, classes="screen-title", markup=False)
        with Horizontal(id="person"):
            yield Label("To", markup=False)
            yield PersonInput(
                self._begun,
                placeholder="thandi@example.com   +27 82 123 4567   @example.com",
                select_on_focus=False,
                compact=True,
            )
        yield Label(classes="notice", markup=False)
        yield ListPane(columns(several_recipients=False), id="found")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """Keep the input quiet."""
        self.query_one(PersonInput).cursor_blink = False
        self.say(_ASK)

    @on(Input.Submitted)
    def _look(self, event: Input.Submitted) -> None:
        event.stop()
        self._wanted = event.value.strip()
        if not self._wanted.strip("@ "):
            self.say(_ASK)
            return
        if self._remote is not None:
            self._remote.note("find", self._wanted)
        wanted = self._wanted

        def ask(after: tuple[int, int] | None, count: int, cancel: Cancel) -> Found:
            self.kept_from = self._reader.deliveries_kept_from(cancel)
            return self._reader.find_people(wanted, after, count, cancel)

        self.list_with(
            ask,
            f"Nothing to {wanted} is known here\n\n"
            "Check how it is written; @ and a domain finds everybody there\n"
            "Only sources that tell of each recipient can answer this",
            several_recipients=wanted.startswith("@"),
        )
        self.action_to_list()

    @property
    def words(self) -> tuple[str, ...] | None:
        """The command that finds the same."""
        return ("find", self._wanted, *self._eyes)

    def action_to_list(self) -> None:
        """Go to what was found."""
        self.set_focus(self._list.outline)

    def action_edit(self, begun: str = "") -> None:
        """Look for somebody else; what was typed last gives way to what is typed next."""
        person = self.query_one(PersonInput)
        if begun:
            person.value = begun
            person.cursor_position = len(begun)
        else:
            person.action_select_all()
        self.set_focus(person)

    def action_leave(self) -> None:
        """Leave the input: for what was found, or for good."""
        if self._source is None:
            self.action_back()
        else:
            self.action_to_list()
