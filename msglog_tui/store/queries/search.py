"""Finding what a filter names: enterprises, customers, and messages by subject, sender or list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    func,
    select,
)

from msglog_tui.store import dialects, text_index
from msglog_tui.store.access import within
from msglog_tui.store.dialects import Place
from msglog_tui.store.models import customer, enterprise, message
from msglog_tui.store.queries.traffic import by_customer, by_enterprise
from msglog_tui.text import clean, fold
from msglog_tui.types import Channel, Found, Hit, Reach, Scope, Window

if TYPE_CHECKING:
    from collections.abc import Sequence


MOST = 5_000
"""So many messages are found at most, the last ones; a filter that finds more wants to be longer."""


SCANNED = 20_000
"""Up to so many messages are read one by one; where there are more, the index is asked."""


_SAMPLED = 200
# Messages that are looked at to tell which letters nearly all of them have.


def find(scope: Scope, connection: Connection, window: Window, text: str) -> Found:
    """Find `text` in names, and in the messages of the window, whatever its case."""
    folded = fold(text)
    ways = dialects.of(connection)
    few = _count(scope, connection, window) <= SCANNED
    too_short = not few and len(folded) < text_index.SHORTEST
    rows: Sequence[Row[*tuple[Any, ...]]] = []
    if not too_short:
        among = _all(scope, window) if few else _candidates(scope, connection, window, folded)
        if few or not ways.index.exact:
            among = among.where(ways.says(folded))
        rows = connection.execute(among.limit(MOST + 1)).all()
    return Found(
        enterprises=frozenset(
            connection.scalars(
                select(enterprise.c.id).where(
                    within(scope, enterprise), Place(enterprise.c.sort_name, folded) > 0
                )
            )
        ),
        customers=frozenset(
            (row.enterprise_id, row.id)
            for row in connection.execute(
                select(customer.c.enterprise_id, customer.c.id).where(
                    within(scope, customer), Place(customer.c.sort_name, folded) > 0
                )
            )
        ),
        hits=tuple(
            Hit(
                enterprise_id=row.enterprise_id,
                customer_id=row.customer_id,
                id=row.id,
                subject=clean(row.subject),
                channel=Channel(row.channel),
                sent=row.sent,
                sent_at=row.sent_at,
            )
            for row in sorted(rows[:MOST], key=lambda row: (-row.sent_at, -row.id))
        ),
        more=len(rows) > MOST,
        too_short=too_short,
    )


def _count(scope: Scope, connection: Connection, window: Window) -> int:
    """How many messages are to be searched, from the totals."""
    match scope.reach:
        case Reach.CUSTOMER if scope.enterprise_id is not None and scope.customer_id is not None:
            traffic = by_customer(scope, connection, window, scope.enterprise_id, [scope.customer_id])
        case _:
            traffic = by_enterprise(scope, connection, window, scope.enterprise_id)
    return sum(sums.email.messages + sums.sms.messages for sums in traffic.values())


def _messages(scope: Scope, window: Window, *, by_id: bool) -> Select[*tuple[Any, ...]]:
    return select(
        message.c.enterprise_id,
        message.c.customer_id,
        message.c.id,
        message.c.subject,
        message.c.channel,
        message.c.sent,
        message.c.sent_at,
    ).where(
        within(scope, message, by_id=by_id),
        message.c.sent_at >= window.first,
        message.c.sent_at < window.after,
    )


def _all(scope: Scope, window: Window) -> Select[*tuple[Any, ...]]:
    """Every message, newest first."""
    return (
        _messages(scope, window, by_id=False)
        # Enterprise by enterprise: the window is then a range of each one's key, not a scan of the table.
        .where(message.c.enterprise_id.in_(select(enterprise.c.id)))
        .order_by(message.c.sent_at.desc(), message.c.id.desc())
    )


def _candidates(
    scope: Scope, connection: Connection, window: Window, folded: str
) -> Select[*tuple[Any, ...]]:
    """The messages that the index names, the last stored first."""
    sample = _sample(scope, connection, window)
    lowest, highest = text_index.ids_between(connection, window)
    among = dialects.Among(window, lowest, highest, MOST + 1)
    index, ids, matches = dialects.of(connection).index.candidates(scope, folded, sample, among)
    return (
        _messages(scope, window, by_id=True)
        .select_from(index)
        .where(matches, ids >= lowest, ids <= highest)
        .order_by(ids.desc())
    )


def _sample(scope: Scope, connection: Connection, window: Window) -> list[str]:
    """What some messages in scope say, folded: the last stored of all, or a tenant's newest."""
    query = select(message.c.subject, message.c.sent_by, message.c.lists).where(within(scope, message))
    if scope.reach is Reach.EVERYTHING:
        last = select(func.max(message.c.id)).scalar_subquery()
        query = query.where(message.c.id > last - _SAMPLED)
    else:
        query = query.where(message.c.sent_at < window.after).order_by(message.c.sent_at.desc())
    return [fold("\n".join(row)) for row in connection.execute(query.limit(_SAMPLED))]
