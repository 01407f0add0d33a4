"""An outline of any number of rows that asks for those it shows: a tree, or a list, with columns.

What it costs follows the lines on the screen and the rows that are open, never the rows there are: a customer
with a million messages opens as fast as one with ten.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from msglog_tui.errors import Cancelled, Refusal
from msglog_tui.tui.widgets.outline_data import OutlineData
from msglog_tui.tui.widgets.outline_grid import TOGGLE_CELLS
from msglog_tui.tui.widgets.outline_load import BranchStart, find_path, open_roots
from msglog_tui.tui.widgets.outline_model import Place
from msglog_tui.tui.widgets.outline_source import Row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from textual.events import Click
    from textual.worker import Worker

    from msglog_tui.tui.widgets.outline_load import Content, Found, RootStart
    from msglog_tui.tui.widgets.outline_model import OpenNode
    from msglog_tui.tui.widgets.outline_source import Branch, Column, Key, Source
    from msglog_tui.tui.widgets.outline_view import OutlineOptions


EXPAND_ALL_LIMIT = 50
"""All that is under the root is opened at once only when there are no more rows there than this."""


class Outline(OutlineData):
    """A tree or a list of any size; `OutlineView` says what the arguments are.

    It binds no keys: the app binds its own to the actions.  No action waits for the source.
    """

    @dataclass
    class Activated(OutlineData.News, namespace="outline"):
        """Enter or a double click on a row that cannot be opened."""

        key: Key

    @dataclass
    class Missing(OutlineData.News, namespace="outline"):
        """A row that was to be revealed is not there; the cursor went as near as it could."""

        key: Key

    def __init__(self, columns: Sequence[Column], **options: Unpack[OutlineOptions]) -> None:
        super().__init__(columns, **options)
        self._path: tuple[Key, ...] = ()
        self._walk_job: Worker[None] | None = None

    @property
    def pending(self) -> bool:
        """Whether something is about to open."""
        return super().pending or self._walk_job is not None

    @property
    def unseen(self) -> bool:
        """Whether nothing is shown yet, since the first content is still being read."""
        return not self._filled and self.loading_source

    @property
    def in_motion(self) -> bool:
        """Whether the cursor or the rows below it are about to be others."""
        return self.cursor_key in self._openings or bool(self._path) or self._walk_job is not None

    @property
    def shows_wait(self) -> bool:
        """Whether it is to be seen that the row under the cursor takes its time to open."""
        return self.cursor_key in self._slow_opens

    def cancel_pending(self) -> bool:
        """Give up on all that is about to open.

        Returns:
            Whether there was anything.
        """
        walked = self._walk_job is not None
        self._path = ()
        self._stop_walk()
        return super().cancel_pending() or walked

    # What takes several questions

    def reveal(self, path: Sequence[Key]) -> None:
        """Open the rows down to one and put the cursor on it, as soon as they are read.

        While new content is being read, the row is looked for in that.  `Missing` says when it is not there.

        Args:
            path: Keys from a child of the root down to the row.
        """
        self._path = tuple(path)
        if self._load_job is None:
            self._follow_path()

    def _show(self, source: Source, content: Content) -> None:
        self._stop_walk()
        super()._show(source, content)
        self._follow_path()

    def _stop_walk(self) -> None:
        if self._walk_job is not None:
            self._walk_job.cancel()
            self._walk_job = None

    def _follow_path(self) -> None:
        if self._source is not None and self._path:
            opened = {key: self._model.opened(key) for key in self._path}
            known: dict[Key | None, Branch] = {key: node.branch for key, node in opened.items() if node}
            known[None] = self._model.root.branch
            self._stop_walk()
            job = partial(self._find_path, self._source, self._path, known)
            self._walk_job = self.run_worker(job, group="outline")

    async def _find_path(
        self, source: Source, path: tuple[Key, ...], known: dict[Key | None, Branch]
    ) -> None:
        found: list[Found] = []
        try:
            found = await self._ask(partial(find_path, source, path, known))
        except Refusal as error:
            self.post_message(self.Failed(self, error))
        except Cancelled:
            pass
        else:
            if len(found) < len(path):
                self.post_message(self.Missing(self, path[-1]))
        self._path, self._walk_job = (), None
        if found:
            self._go_down(found)

    def _go_down(self, way: Sequence[Found]) -> None:
        """Open the rows on the way and put the cursor on the last of them."""
        node = self._model.root
        with self._holding_still():
            for key, ordinal, branch in way:
                place = Place(node, ordinal)
                if branch is not None:
                    node = self._model.opened(key) or self._unfold(place, key, BranchStart(branch, ()))
        seen = self._model.row_of(place) in self._visible
        self._move_to(place, line=None if seen else self.size.height // 3)

    @property
    def may_expand_all(self) -> bool:
        """Whether there are few enough rows under the root to open them all."""
        return self._model.root.branch.count <= EXPAND_ALL_LIMIT

    def action_expand_all(self) -> None:
        """Open every row under the root, unless there are too many."""
        if self._source is not None and self._walk_job is None and self.may_expand_all:
            root = self._model.root
            already = frozenset(node.key for node in root.kids)
            job = partial(self._open_roots, self._source, root, already)
            self._walk_job = self.run_worker(job, group="outline")

    async def _open_roots(self, source: Source, root: OpenNode, already: frozenset[Key]) -> None:
        starts: list[RootStart] = []
        try:
            starts = await self._ask(partial(open_roots, source, root.branch, already))
        except Refusal as error:
            self.post_message(self.Failed(self, error))
        except Cancelled:
            pass
        self._walk_job = None
        with self._holding_still():
            for ordinal, key, start in starts:
                if self._model.opened(key) is None:
                    self._unfold(Place(root, ordinal), key, start)

    # Moving

    def _go_to_row(self, row: int, *, line: int | None = None) -> None:
        if self._model.rows:
            self._move_to(self._model.at(max(0, min(row, self._model.rows - 1))), line=line)

    def _leap(self, rows: int) -> None:
        """Move by so many rows; what is on the screen moves along."""
        row = self.cursor_row
        if row is not None:
            self._go_to_row(row + rows, line=row - self._top if row in self._visible else None)

    def action_move(self, step: int) -> None:
        """Move the cursor by so many rows."""
        row = self.cursor_row
        if row is not None:
            self._go_to_row(row + step)

    def action_page(self, direction: int) -> None:
        """Move by a screen, all but one line of it: 1 is down, -1 is up."""
        self._leap(direction * max(1, self.size.height - 1))

    def action_half_page(self, direction: int) -> None:
        """Move by half a screen: 1 is down, -1 is up."""
        self._leap(direction * max(1, self.size.height // 2))

    def action_first(self) -> None:
        """Go to the first row."""
        self._go_to_row(0)

    def action_last(self) -> None:
        """Go to the last row."""
        self._go_to_row(self._model.rows - 1)

    def action_sibling(self, step: int) -> None:
        """Go to the next row with the same parent, or the previous one, passing over what is open."""
        if self._cursor is not None:
            node, ordinal = self._cursor
            self._move_to(Place(node, max(0, min(ordinal + step, node.branch.count - 1))))

    def action_parent(self) -> None:
        """Go to the parent."""
        if self._cursor is not None and self._cursor.node.parent is not None:
            self._move_to(Place(self._cursor.node.parent, self._cursor.node.ordinal))

    # Opening and closing

    def action_toggle_row(self) -> None:
        """Open or close the row; one that is about to open stays closed."""
        if self._cursor is None or self._cursor_data is None or not self._cursor_data.expandable:
            return
        key, node = self._cursor_data.key, self._cursor.node.kid_at(self._cursor.ordinal)
        if node is not None:
            self._fold([node])
        elif key in self._openings:
            self._give_up(key)
        else:
            self._open(self._cursor, key)

    def action_enter(self) -> None:
        """Open or close the row, or activate one that cannot be opened."""
        if self._cursor_data is None or self._cursor_data.expandable:
            self.action_toggle_row()
        else:
            self.post_message(self.Activated(self, self._cursor_data.key))

    def action_expand(self) -> None:
        """Open the row; if it is open, go to its first child."""
        if self._cursor is None or self._cursor_data is None or not self._cursor_data.expandable:
            return
        node = self._cursor.node.kid_at(self._cursor.ordinal)
        if node is None:
            self._open(self._cursor, self._cursor_data.key)
        elif node.branch.count:
            self._move_to(Place(node, 0))

    def action_collapse(self) -> None:
        """Close the row, or give up opening it; if it is closed, go to its parent."""
        if self._cursor is None:
            return
        node, key = self._cursor.node.kid_at(self._cursor.ordinal), self.cursor_key
        if node is not None:
            self._fold([node])
        elif key in self._openings:
            self._give_up(key)
        else:
            self.action_parent()

    def action_collapse_all(self) -> None:
        """Close every row."""
        self.cancel_pending()
        self._fold(self._model.root.kids)

    def on_click(self, event: Click) -> None:
        """Put the cursor on a row; open or close it by its toggle or by a double click."""
        offset = event.get_content_offset(self)
        if offset is None or event.button != 1 or offset.y >= len(self._visible):
            return
        event.stop()
        place = self._model.at(self._top + offset.y)
        row = self._pages.row(place)
        if not isinstance(row, Row):
            return
        self._move_to(place)
        toggle = self._grid.label.x + self._grid.indent(place.node.depth)
        if row.expandable and toggle <= offset.x < toggle + TOGGLE_CELLS:
            self.action_toggle_row()
        elif event.chain == 2:
            self.action_enter()
