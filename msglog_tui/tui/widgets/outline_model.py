"""Which rows an outline has: arithmetic between row numbers and places in the tree.

Only open nodes are kept, each with how many children it has.  So the cost of every answer follows how many
nodes are open, never how many rows there are.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msglog_tui.tui.widgets.outline_source import Branch, Key


class OpenNode:
    """A node whose children are shown.

    Attributes:
        key: Key of its row; `None` for the root.
        branch: Its children, as the source knows them.
        parent: The open node it is a child of; `None` for the root.
        ordinal: Its place among the children of `parent`.
        depth: How deep its children lie: 0 for those of the root.
        rows: How many rows lie beneath it, those of open descendants included.
    """

    __slots__ = ("_kids", "_ordinals", "_starts", "branch", "depth", "key", "ordinal", "parent", "rows")

    def __init__(self, key: Key | None, branch: Branch, parent: OpenNode | None, ordinal: int) -> None:
        self.key = key
        self.branch = branch
        self.parent = parent
        self.ordinal = ordinal
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.rows = branch.count
        self._kids: list[OpenNode] = []
        self._ordinals: list[int] = []
        # For each open child, the row of its own first child, counted from this node's first child.
        self._starts: list[int] = []

    @property
    def kids(self) -> tuple[OpenNode, ...]:
        """The open nodes among the children, in the order of their rows."""
        return tuple(self._kids)

    def kid_at(self, ordinal: int) -> OpenNode | None:
        """The open node that is this child, if it is open."""
        index = self._index_of(ordinal)
        return self._kids[index] if self._ordinals[index : index + 1] == [ordinal] else None

    def step_into(self, row: int) -> tuple[OpenNode | None, int]:
        """Go one level down towards a row beneath this node.

        Returns:
            An open child and the row beneath it; or `None` and the ordinal of the child that is the row.
        """
        index = bisect_right(self._starts, row) - 1
        if index < 0:
            return None, row
        kid = self._kids[index]
        beneath = row - self._starts[index]
        if beneath < kid.rows:
            return kid, beneath
        return None, kid.ordinal + 1 + beneath - kid.rows

    def row_of(self, ordinal: int) -> int:
        """The row of a child, counted from this node's first child."""
        index = self._index_of(ordinal)
        if index == 0:
            return ordinal
        before = self._kids[index - 1]
        return self._starts[index - 1] + before.rows + ordinal - before.ordinal - 1

    def _index_of(self, ordinal: int) -> int:
        """Where the child is among those that are open, or would be."""
        return bisect_left(self._ordinals, ordinal)

    def attach(self, kid: OpenNode) -> None:
        """Take an open child in."""
        index = self._index_of(kid.ordinal)
        start = self.row_of(kid.ordinal) + 1
        self._kids.insert(index, kid)
        self._ordinals.insert(index, kid.ordinal)
        self._starts.insert(index, start)
        self._make_room(kid, kid.rows)

    def detach(self, kid: OpenNode) -> None:
        """Let an open child go."""
        index = self._index_of(kid.ordinal)
        del self._kids[index], self._ordinals[index], self._starts[index]
        self._make_room(kid, -kid.rows)

    def _make_room(self, kid: OpenNode, by: int) -> None:
        """Take in that there are `by` rows more beneath a child, here and in the nodes around."""
        node: OpenNode | None = self
        while node is not None:
            node.shift(kid.ordinal, by)
            kid, node = node, node.parent

    def shift(self, ordinal: int, by: int) -> None:
        """Take in that there are `by` rows more beneath one child."""
        self.rows += by
        for later in range(bisect_right(self._ordinals, ordinal), len(self._starts)):
            self._starts[later] += by


class Place(NamedTuple):
    """Where a row stands in the tree; opening and closing other nodes does not change it."""

    node: OpenNode
    ordinal: int


class OutlineModel:
    """The open nodes of an outline.

    Args:
        branch: The children of the root.
    """

    def __init__(self, branch: Branch) -> None:
        self.root = OpenNode(None, branch, None, 0)
        self._opened: dict[Key, OpenNode] = {}

    @property
    def rows(self) -> int:
        """How many rows the outline has."""
        return self.root.rows

    def opened(self, key: Key) -> OpenNode | None:
        """The open node with this key, if it is open."""
        return self._opened.get(key)

    def at(self, row: int) -> Place:
        """The place of row 0 … rows - 1."""
        node = self.root
        while True:
            kid, row = node.step_into(row)
            if kid is None:
                return Place(node, row)
            node = kid

    def row_of(self, place: Place) -> int:
        """The row of a place."""
        node, ordinal = place
        row = node.row_of(ordinal)
        while node.parent is not None:
            row += 1 + node.parent.row_of(node.ordinal)
            node = node.parent
        return row

    def open(self, place: Place, key: Key, branch: Branch) -> OpenNode:
        """Open the node at a place.

        Raises:
            ValueError: The key or the place is open already.
        """
        if key in self._opened or place.node.kid_at(place.ordinal) is not None:
            raise ValueError(f"already open: {key!r}")
        node = OpenNode(key, branch, place.node, place.ordinal)
        place.node.attach(node)
        self._opened[key] = node
        return node

    def close(self, node: OpenNode) -> list[OpenNode]:
        """Close a node other than the root.

        Returns:
            The node and the open ones beneath it, none of which is part of the outline any more.
        """
        closed = list(self.walk(node))
        for gone in closed:
            del self._opened[gone.key]
        if node.parent is not None:
            node.parent.detach(node)
        return closed

    def surface(self, place: Place) -> Place:
        """The place itself, or that of the outermost row around it that was closed."""
        shown, node = place, place.node
        while node.parent is not None:
            if self._opened.get(node.key) is not node:
                shown = Place(node.parent, node.ordinal)
            node = node.parent
        return shown

    def walk(self, node: OpenNode | None = None) -> Iterator[OpenNode]:
        """Yield the open nodes in the order of their rows, from a node on downwards.

        Without a node: all of them but the root.
        """
        waiting = list(reversed(self.root.kids)) if node is None else [node]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.kids))
