"""The left pane: the tree with its header and its line of totals."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from textual import on
from textual.containers import Vertical

from msglog_tui.text import counted
from msglog_tui.tui.sources.tree import COLUMNS, TreeSource, cells
from msglog_tui.tui.widgets.lists import BoundOutline
from msglog_tui.tui.widgets.outline import Outline
from msglog_tui.tui.widgets.outline_header import OutlineHeader
from msglog_tui.types import Order

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from msglog_tui.reader import Reader
    from msglog_tui.types import Window

_SORTED_BY: Final = {Order.NAME: 0, Order.DATE: 1, Order.EMAIL: 2, Order.SMS: 3}
"""The column that each order sorts by."""


class TotalLine(OutlineHeader):
    """What all that is in scope adds up to, in line with the columns above."""


class TreePane(Vertical):
    """The tree of enterprises, customers and messages."""

    BLANK = True

    def compose(self) -> ComposeResult:
        """Lay the pane out."""
        yield OutlineHeader(COLUMNS, id="tree-header")
        yield BoundOutline(COLUMNS, id="tree")
        yield TotalLine(COLUMNS, id="tree-total")

    @property
    def outline(self) -> Outline:
        """The tree itself."""
        return self.query_one("#tree", Outline)

    def show(self, reader: Reader, window: Window, order: Order, text: str, *, keep: bool) -> TreeSource:
        """Read the tree for other dates, order, filter or eyes.

        Args:
            keep: Keep what is open and where the cursor is.
        """
        source = TreeSource(reader, window, order, text)
        header = self.query_one("#tree-header", OutlineHeader)
        mark = "↑" if order is Order.NAME else "↓"
        header.columns = [
            replace(column, title=f"{column.title} {mark}") if place == _SORTED_BY[order] else column
            for place, column in enumerate(COLUMNS)
        ]
        self.outline.empty_text = (
            f"Nothing matches {text!r} in these dates\n\nEsc clears the filter"
            if text
            else "No enterprise is in scope\n\nmsglog import FILE brings messages in"
        )
        self.outline.set_source(source, keep=keep)
        self._source = source
        return source

    def clear(self) -> None:
        """Show nothing until a tree is read."""
        self.outline.clear()
        self.query_one(TotalLine).columns = [replace(column, title="") for column in COLUMNS]

    @on(Outline.Loaded)
    def _show_total(self) -> None:
        total = self._source.total
        what = "Part of all sent" if self._source.missing else "Total sent"
        texts = cells(f"{what}, {counted(total.messages, 'message')}", total)
        self.query_one(TotalLine).columns = [
            replace(column, title=text) for column, text in zip(COLUMNS, texts, strict=True)
        ]
