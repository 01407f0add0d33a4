"""Deliveries as a whole: recounted by `check`, counted anew by `repair`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Select, case, delete, exists, func, select, true, update

from msglog_tui.delivery import DeliveryStatus
from msglog_tui.recipients import normal
from msglog_tui.store import delivery_blocks, people_index, retention
from msglog_tui.store.chunks import chunks
from msglog_tui.store.delivered_messages import counters_of
from msglog_tui.store.models import (
    OUTCOMES,
    delivery,
    delivery_block,
    delivery_context,
    delivery_key,
    delivery_tally,
    message,
    message_outcome,
)
from msglog_tui.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

_PAGE: Final = 20_000


@dataclass(frozen=True, slots=True)
class Miscount:
    """A counter of a message that is not the number of its deliveries.

    Attributes:
        message: External id of the message.
        counter: `sent`, `failed`, `bounced`, a status, `reasons` (all that went wrong), or `blocks` (all in
            large lists).
        kept: What the counter says.
        counted: What the deliveries say.
    """

    message: str
    counter: str
    kept: int | None
    counted: int


def miscounts(connection: Connection, enterprise_id: int) -> Iterator[Miscount]:
    """Count the deliveries of every message of an enterprise and yield the counters that are off."""
    counted = _counted(enterprise_id).subquery()
    tallied = (
        select(delivery_tally.c.message_id, func.sum(delivery_tally.c.deliveries).label("tallied"))
        .group_by(delivery_tally.c.message_id)
        .subquery()
    )
    in_blocks = (
        select(delivery_block.c.message_id, func.sum(delivery_block.c.deliveries).label("number"))
        .group_by(delivery_block.c.message_id)
        .subquery()
    )
    rows = connection.execute(
        select(
            message.c.external_id,
            *(message.c[name].label(f"kept_{name}") for name in ("sent", "failed", "bounced")),
            message_outcome.c.removed,
            *(message_outcome.c[name].label(f"of_{name}") for name in OUTCOMES),
            *(func.coalesce(counted.c[name], 0).label(f"counted_{name}") for name in OUTCOMES),
            func.coalesce(tallied.c.tallied, 0).label("tallied"),
            func.coalesce(in_blocks.c.number, 0).label("in_blocks"),
        )
        .join(message_outcome, message_outcome.c.message_id == message.c.id)
        .outerjoin(counted, counted.c.message_id == message.c.id)
        .outerjoin(tallied, tallied.c.message_id == message.c.id)
        .outerjoin(in_blocks, in_blocks.c.message_id == message.c.id)
        .where(message.c.enterprise_id == enterprise_id)
    )
    for row in rows.mappings():
        # Of deliveries that were removed the counts stay, and speak for them.
        source = "of" if row["removed"] else "counted"
        counts = {status: row[f"{source}_{status.word}"] for status in DeliveryStatus}
        found = [(name, row[f"kept_{name}"], number) for name, number in counters_of(counts).items()]
        found += [(status.word, row[f"of_{status.word}"], counts[status]) for status in DeliveryStatus]
        wrong = sum(counts[status] for status in DeliveryStatus if status >= DeliveryStatus.BOUNCED)
        large = sum(number for number in counts.values() if number > delivery_blocks.LARGE)
        blocks = 0 if row["removed"] else large
        found += [("reasons", row["tallied"], wrong), ("blocks", row["in_blocks"], blocks)]
        for name, kept, number in found:
            if kept != number:
                yield Miscount(clean(row["external_id"]), name, kept, number)


def recount(connection: Connection, enterprise_id: int) -> None:
    """Count the deliveries of every message of an enterprise anew; its totals have to follow (`rollups`).

    Where deliveries were removed, the counts that are kept speak for them.
    """
    of = select(message.c.id).where(message.c.enterprise_id == enterprise_id)
    rows = connection.execute(select(message_outcome).where(message_outcome.c.message_id.in_(of))).all()
    for row in rows:
        if row.removed:
            kept = {status: getattr(row, status.word) for status in DeliveryStatus}
            connection.execute(
                update(message).where(message.c.id == row.message_id).values(counters_of(kept))
            )
    ids = [row.message_id for row in rows if not row.removed]
    counts = {row.message_id: row for row in connection.execute(_counted(enterprise_id))}
    for some in chunks(ids):
        connection.execute(delete(delivery_tally).where(delivery_tally.c.message_id.in_(some)))
        tallies = (
            select(delivery.c.message_id, delivery.c.status, delivery.c.reason_id, func.count())
            .where(delivery.c.message_id.in_(some), delivery.c.status >= int(DeliveryStatus.BOUNCED))
            .group_by(delivery.c.message_id, delivery.c.status, delivery.c.reason_id)
        )
        names = [column.name for column in delivery_tally.c]
        connection.execute(delivery_tally.insert().from_select(names, tallies))
        for id_ in some:
            by_status = {status: counts[id_][1 + status] if id_ in counts else 0 for status in DeliveryStatus}
            delivery_blocks.recut(connection, id_, list(by_status.values()))
            counted = {status.word: number for status, number in by_status.items()}
            connection.execute(
                update(message_outcome).where(message_outcome.c.message_id == id_).values(counted)
            )
            connection.execute(update(message).where(message.c.id == id_).values(counters_of(by_status)))
        in_context = (
            select(delivery.c.context_id, func.count().label("deliveries"))
            .where(delivery.c.message_id.in_(some))
            .group_by(delivery.c.context_id)
        )
        contexts = {row.context_id: row.deliveries for row in connection.execute(in_context)}
        for id_ in connection.scalars(
            select(delivery_context.c.id).where(delivery_context.c.message_id.in_(some))
        ).all():
            connection.execute(
                update(delivery_context)
                .where(delivery_context.c.id == id_)
                .values(deliveries=contexts.get(id_, 0))
            )


def rebuild_index(connection: Connection) -> None:
    """Make keys and domains of all deliveries anew; keys of removed ones stay."""
    some_removed = retention.deliveries_from(connection) is not None
    there = exists().where(delivery.c.id == delivery_key.c.id)
    connection.execute(delete(delivery_key).where(there if some_removed else true()))
    people_index.clear_domains(connection)
    after = None
    while True:
        query = select(
            delivery.c.id,
            delivery.c.enterprise_id,
            delivery.c.customer_id,
            delivery.c.recipient,
            delivery.c.delivery_id,
            delivery_context.c.source,
        ).join(delivery_context, delivery_context.c.id == delivery.c.context_id)
        if after is not None:
            query = query.where(delivery.c.id > after)
        rows = connection.execute(query.order_by(delivery.c.id).limit(_PAGE)).all()
        if not rows:
            return
        keys = [
            (
                *people_index.key_of(row.enterprise_id, row.source, row.delivery_id, normal(row.recipient)),
                row.id,
            )
            for row in rows
        ]
        if some_removed:
            people_index.remove_keys(connection, [key[:2] for key in keys])
        people_index.add_keys(connection, keys)
        people_index.add_domains(connection, [tuple(row[:4]) for row in rows])
        people_index.sink(connection)
        after = rows[-1].id


def _counted(enterprise_id: int) -> Select[*tuple[Any, ...]]:
    """How many deliveries the messages of an enterprise have of each status."""
    of = (
        select(message_outcome.c.message_id)
        .join(message, message.c.id == message_outcome.c.message_id)
        .where(message.c.enterprise_id == enterprise_id)
    )
    return (
        select(
            delivery.c.message_id,
            *(
                func.sum(case((delivery.c.status == int(status), 1), else_=0)).label(status.word)
                for status in DeliveryStatus
            ),
        )
        .where(delivery.c.message_id.in_(of))
        .group_by(delivery.c.message_id)
    )
