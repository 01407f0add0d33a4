"""The outlines of the main screen, with their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msglog_tui.tui.keys import LIST_COMMANDS, bindings
from msglog_tui.tui.widgets.outline import Outline

if TYPE_CHECKING:
    from typing import ClassVar

    from textual.binding import BindingType


class BoundOutline(Outline):
    """An outline that answers to the keys of the table."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(LIST_COMMANDS)
