"""What an outline asks of its source: every function here blocks and runs in a worker thread.

They share nothing with the widget: what they need is handed to them, what they find is handed back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from msglog_tui.errors import Cancelled
from msglog_tui.tui.widgets.outline_model import OutlineModel, Place
from msglog_tui.tui.widgets.outline_pages import PAGE_ROWS, PageId, pages_between

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from msglog_tui.cancel import Cancel
    from msglog_tui.tui.widgets.outline_source import Branch, Key, Row, Source


@dataclass(frozen=True, slots=True)
class Step:
    """One level of the way from the root down to the cursor.

    Attributes:
        key: Key of the row on the way; `None` when it was never read.
        ordinal: Its place among its siblings.
        neighbours: Keys of the siblings around it, nearest first, as far as they are known.  They make no
            difference to where the cursor is.
    """

    key: Key | None
    ordinal: int
    neighbours: tuple[Key, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Memory:
    """What should survive a change of source.

    Attributes:
        opened: Key and parent's key of each open node, parents before their children.
        cursor: The way from the root to the cursor; empty without a cursor.
        line: The line of the screen on which the cursor stands.
    """

    opened: tuple[tuple[Key, Key | None], ...] = ()
    cursor: tuple[Step, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Content:
    """A whole new content, complete as far as the screen shows it.

    Attributes:
        cursor: Where the cursor goes; `None` when there are no rows.
        top: The row on the first line of the screen.
    """

    model: OutlineModel
    pages: list[tuple[PageId, Sequence[Row]]]
    cursor: Place | None
    top: int


class BranchStart(NamedTuple):
    """The children of a node.

    Attributes:
        rows: The first page of them.
    """

    branch: Branch
    rows: Sequence[Row]


class RootStart(NamedTuple):
    """A child of the root with its children."""

    ordinal: int
    key: Key
    start: BranchStart


class Found(NamedTuple):
    """One row of a path, found in the source.

    Attributes:
        branch: Its children; `None` for the last of the path, which need not be opened.
    """

    key: Key
    ordinal: int
    branch: Branch | None


def load(source: Source, memory: Memory, height: int, cancel: Cancel) -> Content:
    """Build the content anew from a source.

    Open nodes that are gone are dropped.  A cursor whose row is gone goes to the nearest sibling that is
    left, else to the parent, else to the row in the same place.

    Args:
        height: How many rows the screen shows.

    Raises:
        Refusal: The source could not be read.
        Cancelled: Nobody wants the answer any more.
    """
    model = OutlineModel(source.children(None, cancel))
    for key, parent_key in memory.opened:
        _check(cancel)
        parent = model.root if parent_key is None else model.opened(parent_key)
        if parent is None:
            continue
        ordinal = source.locate(parent.branch, key, cancel)
        if ordinal is None:
            continue
        branch = source.children(key, cancel)
        if branch.count > 0:
            model.open(Place(parent, ordinal), key, branch)
    cursor = _find_cursor(source, model, memory.cursor, cancel)
    top = 0
    if cursor is not None:
        top = max(0, min(model.row_of(cursor) - memory.line, model.rows - height))
    pages = []
    for page in pages_between(model, top, top + max(1, height)):
        _check(cancel)
        pages.append((page, source.rows(page.node.branch, page.first, page.length, cancel)))
    return Content(model, pages, cursor, top)


def _find_cursor(source: Source, model: OutlineModel, way: Sequence[Step], cancel: Cancel) -> Place | None:
    if model.rows == 0:
        return None
    node, place = model.root, None
    for step in way:
        count = node.branch.count
        if step.key is None:
            return Place(node, min(step.ordinal, count - 1))
        ordinal = source.locate(node.branch, step.key, cancel)
        if ordinal is None:
            for key in step.neighbours:
                _check(cancel)
                ordinal = source.locate(node.branch, key, cancel)
                if ordinal is not None:
                    return Place(node, ordinal)
            return place or Place(node, min(step.ordinal, count - 1))
        place = Place(node, ordinal)
        opened = model.opened(step.key)
        if opened is None:
            break
        node = opened
    return place or Place(model.root, 0)


def open_branch(source: Source, key: Key, cancel: Cancel) -> BranchStart:
    """Read what is needed to open one node."""
    branch = source.children(key, cancel)
    rows = source.rows(branch, 0, min(branch.count, PAGE_ROWS), cancel) if branch.count else ()
    return BranchStart(branch, rows)


def open_roots(source: Source, root: Branch, already: Collection[Key], cancel: Cancel) -> list[RootStart]:
    """Read what is needed to open each child of the root that is not open already."""
    opened = []
    for ordinal, row in enumerate(source.rows(root, 0, root.count, cancel)):
        if row.expandable and row.key not in already:
            _check(cancel)
            opened.append(RootStart(ordinal, row.key, open_branch(source, row.key, cancel)))
    return opened


def find_path(
    source: Source, path: Sequence[Key], known: Mapping[Key | None, Branch], cancel: Cancel
) -> list[Found]:
    """Follow a path of keys down from the root, as far as it goes.

    Args:
        known: The branches that are open, by key; `None` is the root.

    Returns:
        What was found of the path; as long as the path when all of it is there.
    """
    found: list[Found] = []
    branch = known[None]
    for depth, key in enumerate(path):
        _check(cancel)
        ordinal = source.locate(branch, key, cancel)
        if ordinal is None:
            break
        last = depth == len(path) - 1
        beneath = None if last else known.get(key) or source.children(key, cancel)
        found.append(Found(key, ordinal, beneath))
        branch = beneath or branch
    return found


def _check(cancel: Cancel) -> None:
    """Stop between two questions: a source need not look at a token that a quick answer never needs."""
    if cancel.cancelled:
        raise Cancelled
