"""Text that changes with every row of the tree, shown without laying the screen out anew."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

if TYPE_CHECKING:
    from rich.console import RenderableType


class RecordView(ScrollView, can_focus=True):
    """Shows something of Rich's, and scrolls it.

    A `Static` would have its height measured, and everything around it laid out, at each step of the cursor.
    """

    DEFAULT_CSS = "RecordView { overflow-x: hidden; }"

    def __init__(self, *, id: str) -> None:  # noqa: A002 - as Textual names it
        super().__init__(id=id)
        self._picture: RenderableType = Text()
        self._lines: list[Strip] = []
        self._laid_out_for = Size()
        self._style = Style.null()

    def show(self, picture: RenderableType) -> None:
        """Show something else, from its top."""
        self._picture = picture
        self._lay_out()
        if self.scroll_offset.y:
            self.scroll_home(animate=False)

    def on_resize(self) -> None:
        """Wrap the text anew where there is another width for it."""
        if self.content_size != self._laid_out_for:
            self._lay_out()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Paint some lines of what is in sight."""
        self._style = self.rich_style  # worked out from everything around, which no line changes
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """A line of what is in sight."""
        line = y + self.scroll_offset.y
        strip = self._lines[line] if line < len(self._lines) else Strip.blank(0)
        return strip.extend_cell_length(self.virtual_size.width).apply_style(self._style)

    def _lay_out(self) -> None:
        before, space_before = self._lines, self._laid_out_for
        self._laid_out_for = space = self.content_size
        if not space:  # not on the screen yet
            return
        width = space.width
        self._lines = self._wrapped(width)
        if len(self._lines) > space.height:
            width -= self.styles.scrollbar_size_vertical
            self._lines = self._wrapped(width)
        if space == space_before and width == self.virtual_size.width and not self.scroll_offset.y:
            self._repaint_changed(before)
        else:
            self.refresh()
        self.virtual_size = Size(width, len(self._lines))

    def _repaint_changed(self, before: list[Strip]) -> None:
        """Repaint the lines that are others than before: mostly the labels of a record stay."""
        lines = zip_longest(before, self._lines)
        width = self.content_size.width
        changed = [Region(0, y, width, 1) for y, (old, new) in enumerate(lines) if old != new]
        if changed:
            self.refresh(*changed)

    def _wrapped(self, width: int) -> list[Strip]:
        options = self.app.console.options.update(width=width, height=None)
        return [Strip(line) for line in self.app.console.render_lines(self._picture, options, pad=False)]
