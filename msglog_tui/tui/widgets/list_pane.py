"""A list in a pane: what there is to say of all of it, the header, the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.widgets import Label

from msglog_tui.tui.widgets.lists import BoundOutline
from msglog_tui.tui.widgets.outline_header import OutlineHeader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from msglog_tui.tui.widgets.outline import Outline
    from msglog_tui.tui.widgets.outline_source import Column, Source


class ListPane(Vertical):
    """A list with its header; the list's id is that of the pane with `-list` behind it.

    Args:
        columns: What the list shows.
    """

    BLANK = True  # it is covered

    DEFAULT_CSS = """
    ListPane {
        .list-line { display: none; width: 1fr; height: auto; padding: 0 1; color: $text-muted; }
    }
    """

    def __init__(self, columns: Sequence[Column], *, id: str) -> None:  # noqa: A002 - as Textual names it
        super().__init__(id=id)
        self._columns = columns

    def compose(self) -> ComposeResult:
        """Lay the pane out."""
        yield Label(classes="list-line", markup=False)
        yield OutlineHeader(self._columns)
        yield BoundOutline(self._columns, flat=True, id=f"{self.id}-list")

    @property
    def outline(self) -> Outline:
        """The list itself."""
        return self.query_one(BoundOutline)

    def say(self, text: str) -> None:
        """Say something of the whole list, above it; nothing for an empty text."""
        line = self.query_one(".list-line", Label)
        line.update(text)
        line.display = bool(text)

    def read(self, source: Source, columns: Sequence[Column], empty_text: str, *, keep: bool = False) -> None:
        """Show what a source has.

        Args:
            empty_text: Shown when it has nothing.
            keep: Keep the cursor where it is.
        """
        self.outline.columns = self.query_one(OutlineHeader).columns = columns
        self.outline.empty_text = empty_text
        self.outline.set_source(source, keep=keep)
