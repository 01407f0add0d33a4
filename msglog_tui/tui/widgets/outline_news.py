"""What an outline tells whoever stands around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from msglog_tui.tui.widgets.outline_view import OutlineView

if TYPE_CHECKING:
    from msglog_tui.errors import Refusal
    from msglog_tui.tui.widgets.outline_source import Key, Row


class OutlineNews(OutlineView):
    """An outline with names for what happens in it; `OutlineData` reads the rows."""

    @dataclass
    class News(Message, namespace="outline"):
        """What an outline has to say.

        Attributes:
            outline: The outline that says it.
        """

        outline: OutlineNews

        @property
        def control(self) -> OutlineNews:
            """The outline, so that `@on` can tell several apart."""
            return self.outline

    @dataclass
    class Highlighted(News, namespace="outline"):
        """The cursor rests on another row, or the row under it was read at last, or read anew.

        Attributes:
            key: Key of the row; `None` while it is not read yet, and when there are no rows.
            row: What it shows; `None` when `key` is.
            number: Its number among all rows, from 0; -1 when there are none.
        """

        key: Key | None
        row: Row | None
        number: int

        def can_replace(self, message: Message) -> bool:
            """Only the newest counts while somebody holds an arrow key down."""
            return isinstance(message, OutlineNews.Highlighted) and message.outline is self.outline

    @dataclass
    class Opened(News, namespace="outline"):
        """A row was opened."""

        key: Key

    @dataclass
    class Closed(News, namespace="outline"):
        """A row was closed."""

        key: Key

    @dataclass
    class Failed(News, namespace="outline"):
        """The source refused; the error says why, in words for the user."""

        error: Refusal

    @dataclass
    class Loaded(News, namespace="outline"):
        """New content is there, complete as far as the screen shows it."""
