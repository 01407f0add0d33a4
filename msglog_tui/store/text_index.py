"""The index of what messages say: which of ten million hold these letters, in a tenth of a second.

It names candidates; whether they hold the text, and whether they are in scope, is asked of the messages.
Messages are mostly stored in the order of time: of each day the first and last id are kept, and a search
looks only between those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement, case, func, select

from msglog_tui.store import dialects
from msglog_tui.store.ladder import DAY
from msglog_tui.store.models import message, message_day

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from msglog_tui.types import Window

SHORTEST: Final = 3
"""Letters that a text needs for the index to know it."""


def add(connection: Connection, after: int) -> None:
    """Take in the messages whose ids are above `after`."""
    dialects.of(connection).index.add(connection, after)
    _note_days(connection, message.c.id > after)


def remove(connection: Connection, staged: Table) -> None:
    """Take out the messages that have the keys of `staged`, while they still say what they said."""
    dialects.of(connection).index.remove(connection, staged)


def take_back(connection: Connection, staged: Table) -> None:
    """Take in again, as they are now, the messages that have the keys of `staged`."""
    dialects.of(connection).index.take_back(connection, staged)
    _note_days(
        connection,
        message.c.id.in_(
            select(message.c.id).select_from(
                staged.outerjoin(
                    message,
                    (message.c.enterprise_id == staged.c.enterprise_id)
                    & (message.c.external_id == staged.c.external_id),
                )
            )
        ),
    )


def rebuild(connection: Connection) -> None:
    """Make the index anew from the messages."""
    dialects.of(connection).index.rebuild(connection)
    connection.execute(message_day.delete())
    _note_days(connection, message.c.id > 0)


def ids_between(connection: Connection, window: Window) -> tuple[int, int]:
    """The lowest and the highest id that a message of the window can have."""
    lowest, highest = connection.execute(
        select(func.min(message_day.c.first_id), func.max(message_day.c.last_id)).where(
            message_day.c.day >= window.first // DAY, message_day.c.day <= window.after // DAY
        )
    ).one()
    return lowest or 0, highest or 0


def _note_days(connection: Connection, which: ColumnElement[bool]) -> None:
    day = message.c.sent_at // DAY
    statement = (
        dialects.of(connection)
        .insert(message_day)
        .from_select(
            ["day", "first_id", "last_id"],
            select(day, func.min(message.c.id), func.max(message.c.id)).where(which).group_by(day),
        )
    )
    first, last, new = message_day.c.first_id, message_day.c.last_id, statement.excluded
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["day"],
            set_={
                "first_id": case((new.first_id < first, new.first_id), else_=first),
                "last_id": case((new.last_id > last, new.last_id), else_=last),
            },
        )
    )
