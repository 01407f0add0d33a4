"""One record over the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

if TYPE_CHECKING:
    from typing import ClassVar

    from rich.console import RenderableType
    from textual.app import ComposeResult


class RecordScreen(ModalScreen[None]):
    """All that there is to say of a transaction; any of Enter, Esc and q leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,q", "dismiss", "Back", show=False)]

    def __init__(self, record: RenderableType) -> None:
        super().__init__()
        self._record = record

    def compose(self) -> ComposeResult:
        """Show the record."""
        with VerticalScroll(classes="dialog wide"):
            yield Static(self._record, markup=False)
