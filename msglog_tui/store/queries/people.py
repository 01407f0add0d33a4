"""Finding one person: every delivery to an address, a number or a domain, the newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msglog_tui.delivery import Found
from msglog_tui.recipients import address, normal
from msglog_tui.store import people_index
from msglog_tui.store.delivery_rows import deliveries, whole
from msglog_tui.store.models import delivery

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from msglog_tui.delivery import Delivery
    from msglog_tui.types import Scope


def find(scope: Scope, connection: Connection, text: str, after: tuple[int, int] | None, limit: int) -> Found:
    """Find the deliveries to somebody.

    Args:
        text: An address, a number, or `@domain`.
        after: Where the page begins: what `Found.more` said; `None` for the first page.
        limit: How many deliveries a page has.
    """
    before = None if after is None else after[1]
    local, at, domain = text.strip().rpartition("@")
    if at and not local:
        wanted = address(f"x@{domain}")[1:]
        candidates = people_index.of_domain(scope, connection, wanted[1:], before, limit + 1)
    else:
        wanted = normal(text)
        candidates = people_index.of_recipient(connection, wanted, before, limit + 1)
    found: list[Delivery] = []
    for ids in candidates:
        rows = connection.execute(
            whole(scope).where(delivery.c.id.in_(ids)).order_by(delivery.c.id.desc())
        ).all()
        # The index names candidates; whom a delivery went to is asked of the delivery.
        right = [
            row
            for row in rows
            if (row.recipient.endswith(wanted) if wanted[:1] == "@" else normal(row.recipient) == wanted)
        ]
        found += deliveries(connection, right[: limit + 1 - len(found)])
        if len(found) > limit:
            last = found[limit - 1]
            return Found(tuple(found[:limit]), (last.sent_at, last.id))
    return Found(tuple(found), None)
