"""A part of what may be seen: everything, an enterprise, a customer or a message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msglog_tui.delivery import FailurePlace


@dataclass(frozen=True, slots=True)
class Place:
    """Where failures are looked for.

    Attributes:
        where: Which part it is.
        title: What it is called.
        words: How a command is told of it; `None` while that is not known.
        several_customers: Whether it may be more than one customer.
    """

    where: FailurePlace
    title: str
    words: tuple[str, ...] | None
    several_customers: bool
