"""How an outline looks: lines painted from the rows at hand, and nothing else.

`Outline` adds where the rows come from and what the keys do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypedDict

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.reactive import reactive, var
from textual.scroll_view import ScrollView
from textual.strip import Strip

from msglog_tui.tui.widgets.cells import fit
from msglog_tui.tui.widgets.outline_grid import ASCII, TOGGLE_CELLS, UNICODE, Grid
from msglog_tui.tui.widgets.outline_model import OutlineModel
from msglog_tui.tui.widgets.outline_pages import Gap, PageCache
from msglog_tui.tui.widgets.outline_source import Branch, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from msglog_tui.tui.widgets.outline_model import Place
    from msglog_tui.tui.widgets.outline_source import Column, Key

_DIM = Style(dim=True)

_STRIPS = 512
"""Painted lines kept: a few screens, cursor lines included."""


class OutlineOptions(TypedDict, total=False):
    """The arguments of an outline but for its columns; see `OutlineView`."""

    empty_text: str
    failed_text: str
    ascii_only: bool
    flat: bool
    name: str | None
    id: str | None
    classes: str | None
    disabled: bool


class OutlineView(ScrollView, can_focus=True, inherit_bindings=False):
    """The lines of an outline.

    Args:
        columns: What to show; exactly one has no width, takes what is left and carries the toggles.
        empty_text: Shown in the middle when there are no rows; may have several lines.
        failed_text: Shown in place of rows that could not be read.
        ascii_only: Draw toggles and marks in ASCII, for terminals without UTF-8.
        flat: Whether it is a list, whose rows cannot be opened: no room is kept for toggles.
    """

    ALLOW_SELECT = False
    ALLOW_MAXIMIZE = False

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "outline--cursor",
        "outline--customer",
        "outline--dim",
        "outline--enterprise",
        "outline--failed",
        "outline--message",
        "outline--notice",
        "outline--number",
        "outline--toggle",
        "outline--waiting",
        "outline--wrong",
    }
    """
    | Class | Paints |
    | :- | :- |
    | `outline--cursor` | the whole line under the cursor |
    | `outline--enterprise`, `--customer`, `--message`, `--dim`, `--wrong` | rows of that style |
    | `outline--number` | every column but the label |
    | `outline--toggle` | the sign that opens and closes a row |
    | `outline--waiting`, `outline--failed` | rows that are not read yet, or could not be |
    | `outline--notice` | the text in the middle of an outline without rows |
    """

    DEFAULT_CSS = """
    OutlineView {
        background: $surface;
        color: $foreground;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
        scrollbar-background: $surface;
        scrollbar-background-hover: $surface;
        scrollbar-background-active: $surface;
        scrollbar-color: $foreground 30%;
        scrollbar-color-hover: $foreground 50%;
        scrollbar-color-active: $primary;

        & > .outline--enterprise { text-style: bold; }
        & > .outline--message { color: $foreground 85%; }
        & > .outline--dim { color: $foreground 55%; }
        & > .outline--toggle { color: $primary; text-style: not bold; }
        & > .outline--waiting { color: $foreground 50%; }
        & > .outline--failed { color: $text-error; }
        & > .outline--wrong { color: $text-error; }
        & > .outline--notice { color: $foreground 60%; }
        & > .outline--cursor { background: $block-cursor-blurred-background; }
        &:focus > .outline--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: $block-cursor-text-style;
        }

        &:nocolor > .outline--cursor, &.-monochrome > .outline--cursor {
            background: $surface;
            color: $foreground;
            text-style: underline;
        }
        &:nocolor:focus > .outline--cursor, &.-monochrome:focus > .outline--cursor {
            background: $surface;
            color: $foreground;
            text-style: reverse;
        }
    }
    """

    columns: reactive[Sequence[Column]] = reactive((), init=False)
    """What is shown; the app may exchange titles, to mark the order of sorting, and widths."""

    empty_text: reactive[str] = reactive("", init=False)
    """Shown in the middle when there are no rows."""

    busy: var[bool] = var(default=False, init=False)
    """Whether new content has been awaited for so long that it should show."""

    stale: var[bool] = var(default=False, init=False)
    """Whether the rows are no longer what was asked for: they are dimmed until the new ones are there."""

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        empty_text: str = "",
        failed_text: str = "could not be read - R reloads",
        ascii_only: bool = False,
        flat: bool = False,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - the name Textual gives it
        classes: str | None = None,
        disabled: bool = False,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes, disabled=disabled)
        self._toggle_cells = 0 if flat else TOGGLE_CELLS
        self._signs = ASCII if ascii_only else UNICODE
        self._failed_text = failed_text
        self._grid = Grid.fit(columns, 0)
        self.set_reactive(OutlineView.columns, columns)
        self.set_reactive(OutlineView.empty_text, empty_text)
        self._model = OutlineModel(Branch(0))
        self._pages = PageCache()
        self._cursor: Place | None = None
        self._slow_opens: set[Key] = set()
        self._wait_shows = False
        self._filled = False
        self._palette: dict[tuple[str, ...], Style] = {}
        self._strips: LRUCache[tuple[Row, int, str, bool], Strip] = LRUCache(_STRIPS)

    def on_mount(self) -> None:
        """Find out whether the terminal has colours at all."""
        self.set_class(self.app.console.color_system is None, "-monochrome")

    # Geometry

    @property
    def row_count(self) -> int:
        """How many rows there are, those out of sight included."""
        return self._model.rows

    @property
    def cursor_row(self) -> int | None:
        """The row of the cursor, from 0; `None` when there are no rows."""
        return None if self._cursor is None else self._model.row_of(self._cursor)

    @property
    def _top(self) -> int:
        return self.scroll_offset.y

    @property
    def _visible(self) -> range:
        """The rows on the screen."""
        return range(self._top, min(self._top + self.size.height, self._model.rows))

    def _scroll_to_row(self, top: int) -> None:
        """Put a row on the first line, as far as there are rows to fill the screen."""
        if top != self._top:
            self.scroll_to(y=top, animate=False, force=True)

    def _scroll_into_view(self, row: int) -> None:
        height = max(1, self.size.height)
        self._scroll_to_row(max(row - height + 1, min(row, self._top)))

    def _size_to_rows(self) -> None:
        """Tell Textual how far there is to scroll, and stay within it."""
        self.virtual_size = Size(1, self._model.rows)
        self._scroll_to_row(min(self._top, max(0, self._model.rows - self.size.height)))

    def on_resize(self) -> None:
        """Lay the columns out anew and keep the cursor in sight."""
        self._lay_out()
        row = self.cursor_row
        if row is not None:
            self._scroll_into_view(row)

    def _lay_out(self) -> None:
        # Lines lie beneath the scrollbar too; the columns keep clear of it, whether it shows or not.
        self._grid = Grid.fit(self.columns, self.scrollable_content_region.width)
        self._strips.clear()

    def watch_columns(self) -> None:
        """Show other columns."""
        self._lay_out()

    # Repainting

    def _repaint_rows(self, *rows: int) -> None:
        """Repaint the lines of these rows, those on the screen."""
        visible = self._visible
        regions = [Region(0, row - self._top, self.size.width, 1) for row in rows if row in visible]
        if regions:
            self.refresh(*regions)

    def _repaint_gaps(self) -> None:
        """Repaint the lines whose rows are not at hand."""
        self._repaint_rows(
            *(row for row in self._visible if isinstance(self._pages.row(self._model.at(row)), Gap))
        )

    def _repaint(self) -> None:
        self._strips.clear()
        self.refresh()

    def notify_style_update(self) -> None:
        """Forget every style: the theme, a class or the focus changed."""
        super().notify_style_update()
        self._palette.clear()
        self._strips.clear()

    def watch_stale(self, stale: bool) -> None:  # noqa: FBT001 - Textual calls it with the value
        """Dim what is no longer asked for."""
        self.set_class(stale, "-stale")
        self._palette.clear()
        self._repaint()

    def _style(self, *parts: str) -> Style:
        """The style of a part of the outline; parts named later win."""
        style = self._palette.get(parts)
        if style is None:
            names = [f"outline--{part}" for part in parts]
            known = [name for name in names if name in self.COMPONENT_CLASSES]
            style = self.get_visual_style(*known).rich_style
            for name in known:  # Textual 8 leaves reverse out, all that marks the cursor without colours
                style += self.get_component_styles(name).text_style
            if self.stale:
                style += _DIM
            self._palette[parts] = style
        return style

    def render_lines(self, crop: Region) -> list[Strip]:
        """Paint some lines of the screen.

        Textual would put a frame and a padding around each, and build every line anew when one scrolls.  An
        outline has neither, so the lines painted before do, and whoever sends them knows them again.
        """
        if self.styles.gutter:
            return super().render_lines(crop)
        _, background = self.background_colors
        filters = self.get_line_filters()
        strips = []
        for y in crop.line_range:
            strip = self.render_line(y)
            for line_filter in filters:
                strip = strip.apply_filter(line_filter, background)
            strips.append(strip)
        if crop.column_span == (0, self.size.width):
            return strips
        return [strip.crop(*crop.column_span) for strip in strips]

    def render_line(self, y: int) -> Strip:
        """Paint one line of the screen."""
        if self._grid.width != self.scrollable_content_region.width:
            self._lay_out()  # the region may change after the event that tells of a new size
        if self._model.rows == 0:
            return self._notice_line(y)
        row = y + self._top
        if row >= self._model.rows:
            return Strip.blank(self.size.width, self._style())
        place = self._model.at(row)
        found = self._pages.row(place)
        on_cursor = place == self._cursor
        if isinstance(found, Gap):
            return self._gap_line(found, place.node.depth, on_cursor=on_cursor)
        return self._row_line(found, place, on_cursor=on_cursor)

    def _sign(self, row: Row, place: Place) -> str:
        if not row.expandable:
            return ""
        if place.node.kid_at(place.ordinal) is not None:
            return self._signs.opened
        return self._signs.busy if row.key in self._slow_opens else self._signs.closed

    def _row_line(self, row: Row, place: Place, *, on_cursor: bool) -> Strip:
        depth, sign = place.node.depth, self._sign(row, place)
        known = (row, depth, sign, on_cursor)
        strip = self._strips.get(known)
        if strip is None:
            strip = self._strips[known] = self._paint(row.cells, depth, sign, row.style, on_cursor=on_cursor)
        return strip

    def _gap_line(self, gap: Gap, depth: int, *, on_cursor: bool) -> Strip:
        if gap is Gap.FAILED:
            text, style = self._failed_text, "failed"
        else:
            text, style = self._signs.waiting if self._wait_shows else "", "waiting"
        cells = tuple(text if column.width is None else "" for column in self.columns)
        return self._paint(cells, depth, "", style, on_cursor=on_cursor)

    def _paint(self, cells: Sequence[str], depth: int, sign: str, style: str, *, on_cursor: bool) -> Strip:
        """Paint a line: exactly as wide as the outline, whatever the texts are."""
        over = ("cursor",) if on_cursor else ()
        plain = self._style(style, *over)
        segments = []
        x = 0
        for slot in self._grid.slots:
            lead = " " * (slot.x - x)
            if slot.is_label:
                indent = self._grid.indent(depth)
                toggle = min(self._toggle_cells, slot.width - indent)
                segments.append(Segment(lead + " " * indent, plain))
                # Blanks in the toggle's colour would look the same, and name it over the line.
                sign_style = self._style(style, "toggle", *over) if sign else plain
                segments.append(Segment(fit(sign, toggle), sign_style))
                text = fit(cells[slot.index], slot.width - indent - toggle, slot.align, self._signs.cut)
                segments.append(Segment(text, plain))
            else:
                text = fit(cells[slot.index], slot.width, slot.align, self._signs.cut)
                segments.append(Segment(lead + text, self._style(style, "number", *over)))
            x = slot.x + slot.width
        width = self.size.width
        segments.append(Segment(" " * (width - x), plain))
        return Strip([segment for segment in segments if segment.text], width)

    @property
    def _notice(self) -> str:
        """What stands in the middle while there are no rows; nothing before anything was read."""
        if self.busy:
            return self._signs.waiting
        if self.stale:
            return self._failed_text
        return self.empty_text if self._filled else ""

    def _notice_line(self, y: int) -> Strip:
        lines = self._notice.splitlines()
        width = self.size.width
        index = y - max(0, (self.size.height - len(lines)) // 2)
        if not 0 <= index < len(lines):
            return Strip.blank(width, self._style())
        text = fit(lines[index], min(width, cell_len(lines[index])), ellipsis=self._signs.cut)
        left = (width - cell_len(text)) // 2
        return Strip([Segment(fit(" " * left + text, width), self._style("notice"))], width)
