"""The rows an outline has at hand: pages of them, the least recently used given up first."""

from __future__ import annotations

from collections import OrderedDict
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from msglog_tui.tui.widgets.outline_model import OpenNode, OutlineModel, Place
    from msglog_tui.tui.widgets.outline_source import Row

PAGE_ROWS = 128
"""How many rows are asked for at a time."""

KEPT_ROWS = 16_384
"""How many rows are kept, some 8 MiB: far more than any screen shows at once."""


class PageId(NamedTuple):
    """A page: `PAGE_ROWS` children of a node, the last page perhaps fewer."""

    node: OpenNode
    number: int

    @property
    def first(self) -> int:
        """Ordinal of its first row."""
        return self.number * PAGE_ROWS

    @property
    def length(self) -> int:
        """How many rows it has."""
        return min(PAGE_ROWS, self.node.branch.count - self.first)


class Gap(Enum):
    """Why a row is not at hand."""

    WAITING = "not read yet"
    FAILED = "could not be read, or is gone since its siblings were counted"


def page_of(place: Place) -> PageId:
    """The page on which a place lies."""
    return PageId(place.node, place.ordinal // PAGE_ROWS)


def pages_between(model: OutlineModel, first: int, after: int) -> list[PageId]:
    """The pages that hold the rows from `first` to just before `after`, as far as there are such rows."""
    rows = range(max(0, first), min(after, model.rows))
    return list(dict.fromkeys(page_of(model.at(row)) for row in rows))


class PageCache:
    """Pages by what they are a page of."""

    def __init__(self) -> None:
        self._pages: OrderedDict[PageId, Sequence[Row]] = OrderedDict()
        self._failed: set[PageId] = set()
        self._rows = 0

    def row(self, place: Place) -> Row | Gap:
        """The row at a place, or why there is none."""
        page = page_of(place)
        rows = self._pages.get(page)
        if rows is None:
            return Gap.FAILED if page in self._failed else Gap.WAITING
        self._pages.move_to_end(page)
        index = place.ordinal - page.first
        return rows[index] if index < len(rows) else Gap.FAILED

    def settled(self, page: PageId) -> bool:
        """Whether nothing is to be gained from asking for a page."""
        return page in self._pages or page in self._failed

    def put(self, page: PageId, rows: Sequence[Row]) -> None:
        """Keep a page that was not kept yet, at the cost of the least recently used ones."""
        self._pages[page] = rows
        self._rows += len(rows)
        while self._rows > KEPT_ROWS:
            _, given_up = self._pages.popitem(last=False)
            self._rows -= len(given_up)

    def fail(self, page: PageId) -> None:
        """Remember that a page could not be read."""
        self._failed.add(page)

    def drop(self, nodes: Collection[OpenNode]) -> None:
        """Forget all pages of these nodes."""
        gone = set(nodes)
        for page in [page for page in self._pages if page.node in gone]:
            self._rows -= len(self._pages.pop(page))
        self._failed = {page for page in self._failed if page.node not in gone}
