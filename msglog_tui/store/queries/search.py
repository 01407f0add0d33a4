"""Finding what a filter names: enterprises, customers, and messages by subject, sender or list."""

from __future__ import annotations

import json

from sqlalchemy import ColumnElement, Connection, func, or_, select

from msglog_tui.store.access import within
from msglog_tui.store.models import customer, enterprise, message
from msglog_tui.text import clean, fold
from msglog_tui.types import Channel, Found, Hit, Scope, Window

MOST = 5_000
"""So many messages are found at most, the newest ones; a filter that finds more wants to be longer."""


def find(scope: Scope, connection: Connection, window: Window, text: str) -> Found:
    """Find `text` in names, and in the messages of the window, whatever its case."""
    folded = fold(text)
    rows = connection.execute(
        select(
            message.c.enterprise_id,
            message.c.customer_id,
            message.c.id,
            message.c.subject,
            message.c.channel,
            message.c.sent,
        )
        # From the enterprises outward: the window is then a range of each one's key, not a scan of the table.
        .select_from(enterprise.join(message, message.c.enterprise_id == enterprise.c.id))
        .where(
            within(scope, message),
            message.c.sent_at >= window.first,
            message.c.sent_at < window.after,
            or_(
                _holds(message.c.subject, folded),
                _holds(message.c.sent_by, folded),
                # Names lie in a JSON array, where quotes and backslashes are escaped.
                _holds(message.c.lists, json.dumps(folded, ensure_ascii=False)[1:-1]),
            ),
        )
        .order_by(message.c.sent_at.desc(), message.c.id.desc())
        .limit(MOST + 1)
    ).all()
    return Found(
        enterprises=frozenset(
            connection.scalars(
                select(enterprise.c.id).where(
                    within(scope, enterprise), func.instr(enterprise.c.sort_name, folded) > 0
                )
            )
        ),
        customers=frozenset(
            (row.enterprise_id, row.id)
            for row in connection.execute(
                select(customer.c.enterprise_id, customer.c.id).where(
                    within(scope, customer), func.instr(customer.c.sort_name, folded) > 0
                )
            )
        ),
        hits=tuple(
            Hit(row[0], row[1], row[2], clean(row[3]), Channel(row[4]), row[5]) for row in rows[:MOST]
        ),
        more=len(rows) > MOST,
    )


def _holds(column: ColumnElement[str], folded: str) -> ColumnElement[bool]:
    """Whether a text holds another, whatever their case."""
    if folded.isascii():
        # The database's own LIKE knows the case of ASCII letters, at a tenth of the cost of calling Python.
        return column.contains(folded, autoescape=True)
    return func.instr(func.fold(column), folded) > 0
