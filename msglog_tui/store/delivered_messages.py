"""Messages that have deliveries: their counters are theirs, and so is all that nobody else tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Row, Select, Table, and_, bindparam, delete, func, select, update

from msglog_tui.delivery import LEFT, NEVER_LEFT, DeliveryStatus
from msglog_tui.store import people_index
from msglog_tui.store.chunks import chunks
from msglog_tui.store.delivery_state import sent_at_of
from msglog_tui.store.models import OUTCOMES, customer, delivery, delivery_context, message, message_outcome
from msglog_tui.store.writes import put_messages, remove_messages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MESSAGE: Final = [column.name for column in message.c if column.name != "id"]


def counters_of(counts: Mapping[Any, int]) -> dict[str, int]:
    """The counters of a message with so many deliveries of each status."""
    return {
        "sent": sum(counts[status] for status in LEFT),
        "failed": sum(counts[status] for status in NEVER_LEFT),
        "bounced": counts[DeliveryStatus.BOUNCED],
    }


def renew(connection: Connection, ids: Sequence[int]) -> dict[int, Sequence[int]]:
    """Make messages anew from their deliveries: counters always, the rest where nobody imported them.

    A message without deliveries gets back what it was imported with, or is removed.

    Returns:
        How many deliveries of each status they have.
    """
    numbers: dict[int, Sequence[int]] = {}
    rows: list[tuple[Any, ...]] = []
    empty: list[int] = []
    unnamed: list[int] = []
    homes: list[tuple[int, int]] = []
    for row in (row for some in chunks(ids) for row in connection.execute(_whole(some))):
        kept = {name: getattr(row, name) for name in _MESSAGE}
        counts = {status: getattr(row, f"of_{OUTCOMES[status]}") for status in DeliveryStatus}
        numbers[row.id] = tuple(counts.values())
        if any(counts.values()):
            kept |= counters_of(counts) if row.given else counters_of(counts) | _told(connection, row)
            if kept["customer_id"] != row.customer_id:
                homes.append((row.id, kept["customer_id"]))
        else:
            empty.append(row.id)
            if not row.given:
                unnamed.append(row.id)
                continue
            kept |= {"sent": row.given_sent, "failed": row.given_failed, "bounced": row.given_bounced}
        rows.append(tuple(kept.values()))
    put_messages(connection, rows)
    for message_id, customer_id in homes:
        rehome(connection, message_id, customer_id)
    for some in chunks(empty):
        connection.execute(delete(message_outcome).where(message_outcome.c.message_id.in_(some)))
    remove_messages(connection, unnamed)
    return numbers


def _told(connection: Connection, row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    """What its deliveries tell of a message of which nobody else does."""
    return {
        "customer_id": _home(connection, row),
        "subject": row.least_subject or row.least_campaign or "",
        "channel": row.least_channel,
        "sent_at": sent_at_of(min(id_ for id_ in row[-len(OUTCOMES) :] if id_ is not None)),
        "sent_by": row.least_sent_by or "",
        "lists": row.least_lists or "[]",
    }


def rehome(connection: Connection, message_id: int, customer_id: int) -> None:
    """Let the deliveries of a message belong to the customer that the message belongs to."""
    rows = connection.execute(
        select(delivery.c.id, delivery.c.enterprise_id, delivery.c.customer_id, delivery.c.recipient).where(
            delivery.c.message_id == message_id, delivery.c.customer_id != customer_id
        )
    ).all()
    if rows:
        words = [tuple(row) for row in rows]
        people_index.remove_domains(connection, words)
        connection.execute(
            update(delivery).where(delivery.c.message_id == message_id).values(customer_id=customer_id)
        )
        people_index.add_domains(connection, [(word[0], word[1], customer_id, word[3]) for word in words])


def _whole(ids: Sequence[int]) -> Select[*tuple[Any, ...]]:
    """Messages with all that is needed to make them anew; the last columns are their first ids by status."""
    of_message = delivery_context.c.message_id == message.c.id

    def least_told(name: str) -> Any:
        told = delivery_context.c[name]
        return select(func.min(told)).where(of_message, told > "").scalar_subquery().label(f"least_{name}")

    def end(function: Any, name: str) -> Any:
        return select(function(delivery_context.c[name])).where(of_message).scalar_subquery()

    return (
        select(
            message,
            *(message_outcome.c[name].label(f"of_{name}") for name in OUTCOMES),
            *(message_outcome.c[name] for name in ("given", "given_sent", "given_failed", "given_bounced")),
            *map(least_told, ("subject", "campaign", "sent_by", "lists")),
            end(func.min, "channel").label("least_channel"),
            end(func.min, "customer_id").label("first_customer"),
            end(func.max, "customer_id").label("last_customer"),
            *(
                select(func.min(delivery.c.id))
                .where(delivery.c.message_id == message.c.id, delivery.c.status == int(status))
                .scalar_subquery()
                .label(f"first_{status.word}")
                for status in DeliveryStatus
            ),
        )
        .join(message_outcome, message_outcome.c.message_id == message.c.id)
        .where(message.c.id.in_(ids))
    )


def _home(connection: Connection, row: Row[*tuple[Any, ...]]) -> int:
    """The customer of a message that nobody imported: the first by name of those that were told."""
    if row.first_customer == row.last_customer:
        return int(row.first_customer)
    told = select(delivery_context.c.customer_id).where(delivery_context.c.message_id == row.id)
    first = (
        select(customer.c.id)
        .where(customer.c.enterprise_id == row.enterprise_id, customer.c.id.in_(told))
        .order_by(customer.c.name)
        .limit(1)
    )
    return int(connection.execute(first).scalar_one())


def meet(connection: Connection, staged: Table) -> list[tuple[int, int]]:
    """Let message rows that are about to be stored keep the counters of their deliveries.

    What the rows tell of themselves is noted.

    Args:
        staged: The rows, by enterprise and external id; their counters are replaced.

    Returns:
        The messages whose deliveries have to follow them to another customer, and that customer.
    """
    if connection.execute(select(message_outcome.c.message_id).limit(1)).first() is None:
        return []
    # Outer joins, said so that they stay such, have only one order: a database might begin with all messages.
    there = and_(
        message.c.enterprise_id == staged.c.enterprise_id, message.c.external_id == staged.c.external_id
    )
    counted = message_outcome.c.message_id == message.c.id
    rows = connection.execute(
        select(
            staged,
            message.c.id,
            message.c.customer_id.label("home"),
            *(message_outcome.c[name].label(f"of_{name}") for name in OUTCOMES),
        )
        .select_from(staged.outerjoin(message, there).outerjoin(message_outcome, counted))
        .where(func.coalesce(message_outcome.c.message_id, 0) != 0)
    ).all()
    if not rows:
        return []
    connection.execute(
        update(message_outcome)
        .where(message_outcome.c.message_id == bindparam("of"))
        .values(
            given=1,
            given_sent=bindparam("told_sent"),
            given_failed=bindparam("told_failed"),
            given_bounced=bindparam("told_bounced"),
        ),
        [
            {"of": row.id, "told_sent": row.sent, "told_failed": row.failed, "told_bounced": row.bounced}
            for row in rows
        ],
    )
    connection.execute(
        update(staged).where(
            staged.c.enterprise_id == bindparam("of"), staged.c.external_id == bindparam("named")
        ),
        [
            {"of": row.enterprise_id, "named": row.external_id}
            | counters_of({status: getattr(row, f"of_{OUTCOMES[status]}") for status in DeliveryStatus})
            for row in rows
        ],
    )
    return [(row.id, row.customer_id) for row in rows if row.customer_id != row.home]
