"""The line above an outline: the titles of its columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from msglog_tui.tui.widgets.outline_grid import ASCII, UNICODE, Grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from msglog_tui.tui.widgets.outline_source import Column


class OutlineHeader(Widget):
    """The titles of an outline's columns, in line with them.

    It stands above an outline of the same width and leaves the same cell for the scrollbar.

    Args:
        columns: The outline's columns.
    """

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    OutlineHeader {
        height: 1;
        padding-right: 1;
        background: $panel;
        color: $foreground;
        text-style: bold;
    }
    """

    columns: reactive[Sequence[Column]] = reactive((), init=False)
    """The outline's columns."""

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        ascii_only: bool = False,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - the name Textual gives it
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._signs = ASCII if ascii_only else UNICODE
        self.set_reactive(OutlineHeader.columns, columns)

    def render_line(self, y: int) -> Strip:
        """Paint the titles."""
        width = self.size.width
        style = self.visual_style.rich_style
        if y > 0:
            return Strip.blank(width, style)
        grid = Grid.fit(self.columns, width)
        return Strip(
            [Segment(grid.line([column.title for column in self.columns], self._signs), style)], width
        )
