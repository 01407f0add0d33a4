"""Storing batches of deliveries, so that the store ends the same whatever came first, twice or late.

A batch is folded into what the store knows of its deliveries (`delivery_state`).  Each delivery belongs to a
message (`delivery_places`).  One of which more is told later may move to another message; a message that its
last delivery leaves is removed, unless it was imported itself (`delivered_messages`).

`delivery_batch` writes the rows, `delivery_counts` keeps the counters.
"""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, and_, select

from msglog_tui.recipients import forms, normal
from msglog_tui.store import dialects, people_index, retention
from msglog_tui.store.chunks import chunks
from msglog_tui.store.delivery_batch import Batch
from msglog_tui.store.delivery_places import DAY, made_id
from msglog_tui.store.delivery_rows import reasons_of
from msglog_tui.store.delivery_state import (
    Context,
    State,
    Told,
    join_reason,
    read_history,
    sent_at_of,
)
from msglog_tui.store.models import customer, delivery, delivery_context
from msglog_tui.types import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from msglog_tui.delivery import DeliveryRecord
    from msglog_tui.store.delivery_batch import Key


def store(
    connection: Connection,
    batch: Sequence[DeliveryRecord],
    owners: Mapping[tuple[str, str], tuple[int, int | None]],
) -> Outcome:
    """Store statuses of deliveries, with all that follows for messages and totals.

    Where deliveries were removed (`delivery_removal`), what is told of them is left out: it comes late.

    Args:
        owners: Ids of the enterprises and customers that the batch names.
    """
    if not batch:
        return Outcome(0, 0, 0)
    dialects.of(connection).expect_batch(connection)
    told, kept = _by_key(batch, owners)
    some_removed = retention.deliveries_from(connection) is not None
    there = people_index.known(connection, told)
    stored = _stored(connection, there, some_removed=some_removed)
    work = Batch(connection, owners, kept)
    changed: Counter[Key] = Counter()
    late = there.keys() - stored.keys()
    for key, records in told.items():
        if key in late:
            continue
        state = stored.get(key)
        if state is None and len(records) == 1:
            # So nearly all are while an archive fills.
            work.add_record(key, records[0])
            continue
        pieces = [work.state_of(record) for record in records]
        news = state is None
        if state is None:
            state = pieces.pop(0)
        for piece in pieces:
            before = _seen(state)
            if state.take(piece):
                news = True
                changed[key] += _seen(state) != before
        if news:
            work.add_state(key, state)
    if some_removed:
        late |= work.leave_out_removed()
    work.store()
    added = sum(key not in stored and key not in late for key in told)
    altered = sum(number for key, number in changed.items() if key not in late)
    too_late = sum(len(told[key]) for key in late)
    return Outcome(added, altered, len(batch) - added - altered - too_late, too_late)


def _seen(state: State) -> tuple[Any, ...]:
    """What is to be seen of a delivery.

    An export tells what was found out before: the id of the message that was made, when it was sent.  To be
    told that makes the store know more, and shows nobody anything new.
    """
    context, sent_at = state.context, state.sent_at
    message = context.told_message or made_id(context, sent_at // DAY)
    title = context.subject or context.campaign
    return (
        message,
        title,
        context.customer,
        context.channel,
        context.sent_by,
        context.lists,
        sent_at,
        state.recipient,
        len(state.steps),
    )


def _by_key(
    batch: Sequence[DeliveryRecord], owners: Mapping[tuple[str, str], tuple[int, int | None]]
) -> tuple[dict[Key, list[DeliveryRecord]], dict[str, str]]:
    """The records of each delivery, and recipients as they are kept.

    What is asked of every one of millions is written out here.
    """
    told: dict[Key, list[DeliveryRecord]] = {}
    kept: dict[str, str] = {}
    hashes: dict[str, int] = {}
    enterprises: dict[str, int] = {}
    number = int.from_bytes
    for record in batch:
        recipient = record[4]
        of = hashes.get(recipient)
        if of is None:
            kept[recipient], form = forms(recipient)
            of = hashes[recipient] = people_index.hashed(form)
        enterprise_id = enterprises.get(record[0])
        if enterprise_id is None:
            enterprise_id = enterprises[record[0]] = owners[record[0], record[1]][0]
        name = f"{enterprise_id}\0{record[2]}\0{record[3]}"
        digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=people_index.HASH_SIZE).digest()
        key = (of, number(digest, "big"))
        if key in told:
            told[key].append(record)
        else:
            told[key] = [record]
    return told, kept


def _stored(connection: Connection, there: Mapping[Key, int], *, some_removed: bool) -> dict[Key, State]:
    """What the store knows of deliveries.

    Args:
        some_removed: Whether a key may be that of a delivery that was removed.
    """
    states: dict[Key, State] = {}
    key_of = {id_: key for key, id_ in there.items()}
    rows: list[Row[*tuple[Any, ...]]] = []
    for ids in chunks(list(key_of)):
        found = connection.execute(
            select(
                delivery,
                delivery_context.c.channel,
                delivery_context.c.source,
                delivery_context.c.told_message,
                delivery_context.c.campaign,
                delivery_context.c.subject,
                delivery_context.c.sent_by,
                delivery_context.c.lists,
                customer.c.name.label("customer"),
            )
            .join(delivery_context, delivery_context.c.id == delivery.c.context_id)
            .join(
                customer,
                and_(
                    customer.c.enterprise_id == delivery_context.c.enterprise_id,
                    customer.c.id == delivery_context.c.customer_id,
                ),
            )
            .where(dialects.of(connection).among(delivery.c.id, ids))
        )
        rows += found.all()  # one by one they would take three times as long
    reasons = reasons_of(connection, rows)
    for row in rows:
        code, template = reasons[row.reason_id]
        context = Context(
            row.enterprise_id,
            row.customer,
            row.channel,
            row.source,
            row.told_message,
            row.campaign,
            row.subject,
            row.sent_by,
            row.lists,
        )
        steps: set[Told] = {(row.at, row.status, code, join_reason(template, row.said))}
        steps.update(read_history(row.history, row.at, reasons))
        told = sent_at_of(row.id) if row.sent_told else None
        key = key_of[row.id]
        if some_removed:
            # Its number may be another delivery's by now.
            form = normal(row.recipient)
            key = people_index.key_of(row.enterprise_id, row.source, row.delivery_id, form)
        if there.get(key) == row.id:
            states[key] = State(context, row.delivery_id, row.recipient, told, steps, row)
    return states
