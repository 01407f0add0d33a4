"""Failures in groups, as the outline asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from msglog_tui.dates import stamp
from msglog_tui.delivery import FailureGrouping
from msglog_tui.masking import hidden
from msglog_tui.tui.widgets.outline_source import Branch, Column, Key, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from msglog_tui.cancel import Cancel
    from msglog_tui.delivery import FailureGroup
    from msglog_tui.types import Window

TITLES: Final = {
    FailureGrouping.REASON: "Reason",
    FailureGrouping.CODE: "Code",
    FailureGrouping.DOMAIN: "Domain",
}
_NOTHING: Final = {
    FailureGrouping.REASON: "no reason given",
    FailureGrouping.CODE: "no code",
    FailureGrouping.DOMAIN: "neither domain nor country",
}


def columns(by: FailureGrouping, *, several_customers: bool) -> tuple[Column, ...]:
    """The columns of a list of groups."""
    customers = (Column("Customers", 9, "right", priority=1),) if several_customers else ()
    return (
        Column(TITLES[by], None, least=22),
        Column("Deliveries", 10, "right"),
        Column("Failed", 9, "right", priority=3),
        Column("Bounced", 9, "right", priority=2),
        *customers,
        Column("Since", 16, priority=5),
        Column("Until", 16, priority=4),
    )


def name(by: FailureGrouping, group: FailureGroup) -> str:
    """What a group is called."""
    return hidden(group.label) or _NOTHING[by]


class GroupKey(NamedTuple):
    """Names a group in the list."""

    by: FailureGrouping
    label: str


class FailuresSource:
    """The groups, biggest first.

    Args:
        ask: Reads them.
        several_customers: Whether it says how many customers each has.
    """

    def __init__(
        self,
        ask: Callable[[Cancel], Sequence[FailureGroup]],
        by: FailureGrouping,
        window: Window,
        *,
        several_customers: bool,
    ) -> None:
        self._ask = ask
        self._by = by
        self._window = window
        self._several_customers = several_customers
        self.groups: Sequence[FailureGroup] = ()
        """What was read."""

    def children(self, parent: Key | None, cancel: Cancel) -> Branch:
        """Read the groups; they have no children."""
        if parent is None:
            self.groups = self._ask(cancel)
        return Branch(len(self.groups) if parent is None else 0)

    def rows(self, branch: Branch, first: int, count: int, cancel: Cancel) -> Sequence[Row]:  # noqa: ARG002
        """Some of the groups."""
        return [self._row(group) for group in self.groups[first : first + count]]

    def locate(self, branch: Branch, key: Key, cancel: Cancel) -> int | None:  # noqa: ARG002
        """Find the row number of a group."""
        return next((row for row, group in enumerate(self.groups) if self._key(group) == key), None)

    def group(self, key: Key | None) -> FailureGroup | None:
        """The group of a row."""
        return next((group for group in self.groups if self._key(group) == key), None)

    def _key(self, group: FailureGroup) -> GroupKey:
        return GroupKey(self._by, group.label)

    def _row(self, group: FailureGroup) -> Row:
        customers = (f"{group.customers:,}",) if self._several_customers else ()
        return Row(
            self._key(group),
            (
                name(self._by, group),
                f"{group.deliveries:,}",
                f"{group.failed:,}",
                f"{group.bounced:,}",
                *customers,
                stamp(group.since, self._window.zone),
                stamp(group.until, self._window.zone),
            ),
            expandable=False,
        )
