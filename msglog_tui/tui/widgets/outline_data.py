"""How an outline gets its rows: read in worker threads, shown when they are there, given up when unwanted."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from msglog_tui.cancel import Cancel
from msglog_tui.errors import Cancelled, Refusal
from msglog_tui.tui.widgets.outline_load import Memory, Step, load, open_branch
from msglog_tui.tui.widgets.outline_model import OutlineModel, Place
from msglog_tui.tui.widgets.outline_news import OutlineNews
from msglog_tui.tui.widgets.outline_pages import PageCache, PageId, page_of, pages_between
from msglog_tui.tui.widgets.outline_source import Branch, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Unpack

    from textual.timer import Timer
    from textual.worker import Worker

    from msglog_tui.tui.widgets.outline_load import BranchStart, Content
    from msglog_tui.tui.widgets.outline_model import OpenNode
    from msglog_tui.tui.widgets.outline_source import Column, Key, Source
    from msglog_tui.tui.widgets.outline_view import OutlineOptions

Answer = TypeVar("Answer")

PATIENCE = 0.2
"""Seconds before a wait shows on the screen."""

_NEIGHBOURS = 8
"""How many siblings to either side may take over from a cursor whose row is gone."""

_ATTEMPTS = 3
"""How often new content is made to follow a user who goes on moving while it is read."""


@dataclass(frozen=True, slots=True)
class _Opening:
    """A row that opens once its children are there."""

    place: Place
    worker: Worker[None]


class OutlineData(OutlineNews):
    """An outline that reads its rows from a source; `Outline` adds what the keys do."""

    def __init__(self, columns: Sequence[Column], **options: Unpack[OutlineOptions]) -> None:
        super().__init__(columns, **options)
        self._source: Source | None = None
        self._load_job: Worker[None] | None = None
        self._loads_afresh = False
        self._page_jobs: dict[PageId, Worker[None]] = {}
        self._openings: dict[Key, _Opening] = {}
        self._impatience: Timer | None = None
        self._travel = 1
        self._cursor_data: Row | None = None
        self._told: tuple[Row | None, int] | None = None

    @property
    def cursor_key(self) -> Key | None:
        """Key of the row under the cursor; `None` while it is not read yet, and when there are no rows."""
        return None if self._cursor_data is None else self._cursor_data.key

    async def _ask(self, question: Callable[[Cancel], Answer]) -> Answer:
        """Ask the source something in a thread; to cancel the worker that asks is to cancel the query."""
        cancel = Cancel()
        try:
            return await asyncio.to_thread(question, cancel)
        except asyncio.CancelledError:
            cancel.cancel()
            raise

    # Whole contents

    def set_source(self, source: Source, *, keep: bool = True) -> None:
        """Show what another source has, once its first screen is there; until then what is shown stays.

        A newer source takes the place of one that is still being read.  `Loaded` says when it is there.

        Args:
            source: Where the rows come from, from now on.
            keep: Find the open rows and the one under the cursor again by their keys; otherwise start afresh
                at the top.
        """
        if self._load_job is not None:
            self._load_job.cancel()
            keep = keep and not self._loads_afresh
        self._loads_afresh = not keep
        self._load_job = self.run_worker(partial(self._load, source, keep=keep), group="outline")

    def clear(self) -> None:
        """Show nothing until a source is there, as at first, and tell nobody."""
        if self._load_job is not None:
            self._load_job.cancel()
            self._load_ended(stale=False)
        self._drop_jobs()
        self._source = self._cursor = self._cursor_data = self._told = None
        self._model = OutlineModel(Branch(0))
        self._pages = PageCache()
        self._filled = False
        self._size_to_rows()
        self.refresh()

    async def _load(self, source: Source, *, keep: bool) -> None:
        impatience = self.set_timer(PATIENCE, self._show_busy)
        try:
            for _ in range(_ATTEMPTS):
                memory = self._remember() if keep else Memory()
                content = await self._ask(partial(load, source, memory, self.size.height))
                if not keep or memory == self._remember():
                    break
        except Cancelled:
            self._load_ended(stale=self.stale)
        except Refusal as error:
            self._load_ended(stale=True)
            self.post_message(self.Failed(self, error))
        else:
            self._load_ended(stale=False)
            self._show(source, content)
        finally:
            impatience.stop()

    @property
    def loading_source(self) -> bool:
        """Whether new content is being read."""
        return self._load_job is not None

    def cancel_load(self) -> bool:
        """Give up on new content; what is shown stays, dimmed, for it is not what was asked for.

        Returns:
            Whether any was being read.
        """
        if self._load_job is None:
            return False
        self._load_job.cancel()
        self._load_ended(stale=True)
        return True

    def _show_busy(self) -> None:
        # A timer that was stopped in its last moment still comes, here and below: nobody waits any more then.
        if self._load_job is not None:
            self.busy = self.stale = True
            self.refresh()

    def _load_ended(self, *, stale: bool) -> None:
        self._load_job = None
        self.busy = False
        self.stale = stale
        self.refresh()

    def _remember(self) -> Memory:
        """What should be found again in new content; a row that is about to open counts as open."""
        opened = [(node.key, None if node.parent is None else node.parent.key) for node in self._model.walk()]
        opened += [(key, opening.place.node.key) for key, opening in self._openings.items()]
        if self._cursor is None:
            return Memory(tuple(opened))
        place, key = self._cursor, self.cursor_key
        way = [Step(key, place.ordinal, self._neighbours(place))]
        while place.node.parent is not None:
            key, place = place.node.key, Place(place.node.parent, place.node.ordinal)
            way.insert(0, Step(key, place.ordinal, self._neighbours(place)))
        return Memory(tuple(opened), tuple(way), self._model.row_of(self._cursor) - self._top)

    def _neighbours(self, place: Place) -> tuple[Key, ...]:
        keys = []
        for distance in range(1, _NEIGHBOURS + 1):
            for ordinal in (place.ordinal + distance, place.ordinal - distance):
                if 0 <= ordinal < place.node.branch.count:
                    row = self._pages.row(Place(place.node, ordinal))
                    if isinstance(row, Row):
                        keys.append(row.key)
        return tuple(keys)

    def _show(self, source: Source, content: Content) -> None:
        """Put new content in the place of the old, in one go."""
        self._drop_jobs()
        self._source = source
        self._model = content.model
        self._pages = PageCache()
        for page, rows in content.pages:
            self._pages.put(page, rows)
        self._filled = True
        self._cursor, self._told = content.cursor, None
        self._size_to_rows()
        self._scroll_to_row(content.top)
        self._look_at_cursor()
        self._demand()
        self.refresh()
        self.post_message(self.Loaded(self))

    def _drop_jobs(self) -> None:
        """Give up on the rows and the children that are being read."""
        for job in self._page_jobs.values():
            job.cancel()
        self._page_jobs.clear()
        self._drop_openings()

    # Pages

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for the rows that came into sight."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._travel = 1 if new_value > old_value else -1
            self._demand()

    def on_resize(self) -> None:
        """Ask for the rows that came into sight; Textual calls `OutlineView.on_resize` as well."""
        self._demand()

    def _demand(self) -> None:
        """Ask for the pages in sight and those a screen further on; give up on all others."""
        if self._source is None:
            return
        seen = self._visible
        wanted = pages_between(self._model, seen.start, seen.stop)
        if self._cursor is not None and self._cursor_data is None:
            wanted.append(page_of(self._cursor))
        if self._travel > 0:
            wanted += pages_between(self._model, seen.stop, seen.stop + len(seen))
        else:
            wanted += pages_between(self._model, seen.start - len(seen), seen.start)
        for page in self._page_jobs.keys() - wanted:
            self._page_jobs.pop(page).cancel()
        for page in wanted:
            if page not in self._page_jobs and not self._pages.settled(page):
                job = partial(self._read_page, self._source, page)
                self._page_jobs[page] = self.run_worker(job, group="outline")
        self._mind_the_wait()

    async def _read_page(self, source: Source, page: PageId) -> None:
        try:
            rows = await self._ask(partial(source.rows, page.node.branch, page.first, page.length))
        except Cancelled:
            del self._page_jobs[page]
            return
        except Refusal as error:
            self._pages.fail(page)
            self.post_message(self.Failed(self, error))
        else:
            self._pages.put(page, rows)
        del self._page_jobs[page]
        self._mind_the_wait()
        self._repaint_rows(*(row for row in self._visible if page_of(self._model.at(row)) == page))
        if self._cursor is not None and page_of(self._cursor) == page:
            self._look_at_cursor()

    def _mind_the_wait(self) -> None:
        """Show placeholders once rows in sight have been missing for a while."""
        waits = not self._page_jobs.keys().isdisjoint(
            pages_between(self._model, self._visible.start, self._visible.stop)
        )
        if not waits:
            self._wait_shows = False
            if self._impatience is not None:
                self._impatience.stop()
                self._impatience = None
        elif self._impatience is None:
            self._impatience = self.set_timer(PATIENCE, self._show_wait)

    def _show_wait(self) -> None:
        if self._impatience is not None:
            self._wait_shows = True
            self._repaint_gaps()

    # Opening and closing

    @property
    def pending(self) -> bool:
        """Whether a row is about to open."""
        return bool(self._openings)

    def cancel_pending(self) -> bool:
        """Give up on all rows that are about to open.

        Returns:
            Whether there were any.
        """
        pending = self.pending
        self._drop_openings()
        return pending

    def _drop_openings(self) -> None:
        for key in list(self._openings):
            self._give_up(key)

    def _give_up(self, key: Key) -> None:
        opening = self._openings.pop(key)
        opening.worker.cancel()
        self._hide_opening(key, opening.place)

    def _open(self, place: Place, key: Key) -> None:
        """Open a row as soon as its children are there."""
        if self._source is not None and key not in self._openings:
            job = partial(self._read_branch, self._source, place, key)
            self._openings[key] = _Opening(place, self.run_worker(job, group="outline"))

    async def _read_branch(self, source: Source, place: Place, key: Key) -> None:
        impatience = self.set_timer(PATIENCE, partial(self._show_opening, key, place))
        try:
            start = await self._ask(partial(open_branch, source, key))
        except Cancelled:
            del self._openings[key]
        except Refusal as error:
            del self._openings[key]
            self.post_message(self.Failed(self, error))
        else:
            del self._openings[key]
            self._slow_opens.discard(key)
            if self._model.opened(key) is None:
                with self._holding_still():
                    self._unfold(place, key, start)
        finally:
            impatience.stop()
        self._hide_opening(key, place)

    def _show_opening(self, key: Key, place: Place) -> None:
        if key in self._openings:
            self._slow_opens.add(key)
            self._repaint_rows(self._model.row_of(place))

    def _hide_opening(self, key: Key, place: Place) -> None:
        if key in self._slow_opens:
            self._slow_opens.discard(key)
            self._repaint_rows(self._model.row_of(place))

    def _unfold(self, place: Place, key: Key, start: BranchStart) -> OpenNode:
        """Open a row whose children are there."""
        node = self._model.open(place, key, start.branch)
        if start.rows:
            self._pages.put(PageId(node, 0), start.rows)
        self.post_message(self.Opened(self, key))
        return node

    def _fold(self, nodes: Iterable[OpenNode]) -> None:
        """Close rows; a cursor within one of them goes to it."""
        with self._holding_still():
            for node in nodes:
                gone = set(self._model.close(node))
                self._pages.drop(gone)
                for page in [page for page in self._page_jobs if page.node in gone]:
                    self._page_jobs.pop(page).cancel()
                for key in [key for key, opening in self._openings.items() if opening.place.node in gone]:
                    self._give_up(key)
                self.post_message(self.Closed(self, node.key))

    @contextmanager
    def _holding_still(self) -> Iterator[None]:
        """Keep the cursor on its line of the screen while rows come and go around it.

        When it is out of sight, the first line keeps still instead.  A cursor whose row is closed away goes
        to the row that was closed.
        """
        seen, row = self._visible, self.cursor_row
        line = row - seen.start if row is not None and row in seen else 0
        still = self._model.at(seen.start + line) if seen else None
        yield
        self._size_to_rows()
        if still is not None:
            row = self._model.row_of(self._model.surface(still))
            self._scroll_to_row(max(0, min(row - line, self._model.rows - self.size.height)))
        if self._cursor is not None and self._cursor != (cursor := self._model.surface(self._cursor)):
            self._move_to(cursor)
        self._demand()
        self.refresh()

    # The cursor

    def _move_to(self, place: Place, *, line: int | None = None) -> None:
        """Put the cursor on a row, and the row on the screen: on that line, as far as that is possible."""
        old, row = self.cursor_row, self._model.row_of(place)
        self._cursor = place
        self._repaint_rows(row if old is None else old, row)
        if line is not None:
            self._scroll_to_row(max(0, min(row - line, self._model.rows - self.size.height)))
        self._scroll_into_view(row)
        self._look_at_cursor()

    def _look_at_cursor(self) -> None:
        """Take in what is under the cursor, and tell when it is something else than what was told last."""
        found = None if self._cursor is None else self._pages.row(self._cursor)
        row = self._cursor_data = found if isinstance(found, Row) else None
        number = self.cursor_row
        told = (row, -1 if number is None else number)
        known_already = self._told is not None and row is not None and row == self._told[0]
        if told != self._told and not known_already:
            self.post_message(self.Highlighted(self, self.cursor_key, *told))
        self._told = told
