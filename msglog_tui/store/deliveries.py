"""Storing batches of deliveries, so that the store ends the same whatever came first, twice or late.

A batch is folded into what the store knows of its deliveries (`delivery_state`).  Each delivery belongs to a
message: the one its records name, or the one of all deliveries of a campaign on a UTC day.  A delivery of
which more is told later may move to another message; a message that its last delivery leaves is removed,
unless it was imported itself.

Where a message has deliveries, its counters are theirs.  They are kept by adding and taking away, never by
counting a million recipients again, and go into the totals as those of any other message do.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from sqlalchemy import Connection, Row, Select, Table, and_, bindparam, delete, func, literal_column, select

from msglog_tui.delivery import LEFT, NEVER_LEFT, WENT_WRONG, DeliveryStatus
from msglog_tui.store import dialects, people_index
from msglog_tui.store.delivery_rows import reasons_of
from msglog_tui.store.delivery_state import (
    Context,
    State,
    Told,
    first_id,
    history_of,
    join_reason,
    least,
    read_history,
    sent_at_of,
    split_reason,
)
from msglog_tui.store.models import (
    OUTCOMES,
    customer,
    delivery,
    delivery_context,
    delivery_reason,
    delivery_tally,
    message,
    message_outcome,
)
from msglog_tui.store.writes import put_messages, remove_messages
from msglog_tui.types import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from msglog_tui.delivery import DeliveryRecord

T = TypeVar("T")

Key: TypeAlias = tuple[int, int]
"""A delivery's key: see `people_index`."""

MessageKey: TypeAlias = tuple[int, str]
"""Enterprise and external id of a message."""

_CHUNK = 500
# Values in one IN list: below every database's limit on parameters.

_DAY = 86_400
_WRONG = frozenset(map(int, WENT_WRONG))
_COLUMNS = [column.name for column in delivery.c]


class _Placed(NamedTuple):
    """A delivery as it shall be in the store."""

    key: Key
    state: State
    context: Context
    message: MessageKey


def store(
    connection: Connection,
    batch: Sequence[DeliveryRecord],
    owners: Mapping[tuple[str, str], tuple[int, int | None]],
) -> Outcome:
    """Store statuses of deliveries, with all that follows for messages and totals.

    Args:
        owners: Ids of the enterprises and customers that the batch names.
    """
    if not batch:
        return Outcome(0, 0, 0)
    told: dict[Key, list[State]] = defaultdict(list)
    for record in batch:
        enterprise_id, _ = owners[record.enterprise, record.customer]
        key = people_index.key_of(enterprise_id, record.source, record.delivery_id, record.recipient)
        told[key].append(State.of(record, enterprise_id))
    there = people_index.known(connection, told)
    stored = _stored(connection, there)

    added = changed = 0
    touched: list[tuple[Key, State]] = []
    for key, pieces in told.items():
        state = stored.get(key)
        if state is None:
            state = pieces.pop(0)
            added += 1
            new = True
        else:
            new = False
        news = sum(map(state.take, pieces))
        changed += news
        if new or news:
            touched.append((key, state))
    if touched:
        _Work(connection, owners).place(touched, {key: level for key, (level, _) in there.items()})
    return Outcome(added, changed, len(batch) - added - changed)


class _Work:
    """What has to be done for the deliveries of one batch."""

    def __init__(
        self, connection: Connection, owners: Mapping[tuple[str, str], tuple[int, int | None]]
    ) -> None:
        self._connection = connection
        self._owners = {
            (enterprise_id, name): customer_id for (_, name), (enterprise_id, customer_id) in owners.items()
        }
        self._reasons: dict[tuple[str, str], int] = {}
        self._outcomes: dict[int, Counter[int]] = defaultdict(Counter)
        self._tallies: Counter[tuple[int, int, int]] = Counter()
        self._contexts: Counter[int] = Counter()

    def place(self, touched: list[tuple[Key, State]], levels: Mapping[Key, int]) -> None:
        """Put new and changed deliveries where they belong."""
        connection = self._connection
        ways = dialects.of(connection)
        placed = [_place(key, state) for key, state in touched]
        self._note_reasons(placed)
        messages, made = self._messages(placed)
        contexts = self._contexts_of(placed, messages)
        ids = self._ids([each.state for each in placed])

        rows, gone, moved, keys = [], [], [], []
        domains_in, domains_out = [], []
        for each, id_ in zip(placed, ids, strict=True):
            state, old = each.state, each.state.stored
            message_id, customer_id = messages[each.message]
            context_id = contexts[each.context, each.message]
            row = self._row(id_, each, customer_id, message_id, context_id)
            rows.append(row)
            self._count(row, 1)
            word = (id_, each.context.enterprise_id, customer_id, state.recipient)
            if old is None:
                keys.append((*each.key, id_))
                domains_in.append(word)
                continue
            gone.append((old.id,))
            self._count(tuple(old[: len(_COLUMNS)]), -1)
            if old.id != id_:
                moved.append((id_, levels[each.key], *each.key))
            was = (old.id, old.enterprise_id, old.customer_id, old.recipient)
            if was != word:
                domains_out.append(was)
                domains_in.append(word)

        if gone:
            ways.execute_many(connection, "DELETE FROM delivery WHERE id = ?", gone)
        ways.insert_rows(connection, delivery, _COLUMNS, sorted(rows))
        if keys:
            people_index.add_keys(connection, keys)
        if moved:
            people_index.move_keys(connection, moved)
        if domains_out:
            people_index.remove_domains(connection, domains_out)
        if domains_in:
            people_index.add_domains(connection, domains_in)
        people_index.sink(connection)
        self._settle(made)

    def _row(
        self, id_: int, each: _Placed, customer_id: int, message_id: int, context_id: int
    ) -> tuple[Any, ...]:
        state = each.state
        at, status, code, reason = standing = state.standing
        number, said = self._number_of(code, reason)
        return (
            id_,
            each.context.enterprise_id,
            customer_id,
            message_id,
            context_id,
            state.delivery_id,
            state.recipient,
            int(state.sent_told is not None),
            status,
            at,
            number,
            said,
            history_of(state.steps, standing, self._number_of),
        )

    def _count(self, row: tuple[Any, ...], sign: int) -> None:
        """Note that a row comes (1) or goes (-1)."""
        message_id, context_id, status, reason_id = row[3], row[4], row[8], row[10]
        self._outcomes[message_id][status] += sign
        self._contexts[context_id] += sign
        if status in _WRONG:
            self._tallies[message_id, status, reason_id] += sign

    # Reasons

    def _number_of(self, code: str, reason: str) -> tuple[int, str]:
        template, said = split_reason(reason)
        return self._reasons[code, template], said

    def _note_reasons(self, placed: list[_Placed]) -> None:
        """Number every code and template of the batch."""
        table = delivery_reason
        wanted = {
            (code, split_reason(reason)[0]) for each in placed for _, _, code, reason in each.state.steps
        }
        for code in {code for code, _ in wanted}:
            for templates in _chunks([template for of, template in wanted if of == code]):
                rows = self._connection.execute(
                    select(table.c.template, table.c.id).where(
                        table.c.code == code, table.c.template.in_(templates)
                    )
                )
                self._reasons |= {(code, template): id_ for template, id_ in rows}
        new = sorted(wanted - self._reasons.keys())
        if new:
            first = (self._connection.scalar(select(func.max(table.c.id))) or 0) + 1
            numbered = [(number, *reason) for number, reason in enumerate(new, first)]
            dialects.of(self._connection).insert_rows(
                self._connection, table, ["id", "code", "template"], numbered
            )
            self._reasons |= {(code, template): id_ for id_, code, template in numbered}

    # Messages and contexts

    def _messages(self, placed: list[_Placed]) -> tuple[dict[MessageKey, tuple[int, int]], set[int]]:
        """The messages that the deliveries belong to, new ones made: ids of message and customer.

        Returns:
            Those, and the ids of the new ones.
        """
        wanted = {each.message for each in placed}
        found, without = self._find_messages(wanted)
        if without:
            self._give(without)
        new = wanted - found.keys()
        if new:
            members: dict[MessageKey, list[_Placed]] = defaultdict(list)
            for each in placed:
                if each.message in new:
                    members[each.message].append(each)
            put_messages(self._connection, [self._new_message(key, of) for key, of in members.items()])
            made, _ = self._find_messages(new)
            found |= made
            dialects.of(self._connection).insert_rows(
                self._connection,
                message_outcome,
                ["message_id", "given"],
                [(id_, 0) for id_, _ in made.values()],
            )
            return found, {id_ for id_, _ in made.values()}
        return found, set()

    def _find_messages(self, wanted: set[MessageKey]) -> tuple[dict[MessageKey, tuple[int, int]], list[int]]:
        """Ids of message and customer, and the ids of messages that have had no deliveries so far."""
        found: dict[MessageKey, tuple[int, int]] = {}
        without: list[int] = []
        for enterprise_id in {of for of, _ in wanted}:
            for names in _chunks([name for of, name in wanted if of == enterprise_id]):
                rows = self._connection.execute(
                    select(
                        message.c.external_id,
                        message.c.id,
                        message.c.customer_id,
                        message_outcome.c.message_id,
                    )
                    .outerjoin(message_outcome, message_outcome.c.message_id == message.c.id)
                    .where(message.c.enterprise_id == enterprise_id, message.c.external_id.in_(names))
                )
                for name, id_, customer_id, outcome in rows:
                    found[enterprise_id, name] = (id_, customer_id)
                    if outcome is None:
                        without.append(id_)
        return found, without

    def _give(self, ids: list[int]) -> None:
        """Note what messages told of themselves, before they count by their deliveries."""
        for some in _chunks(ids):
            given = select(
                message.c.id, literal_column("1"), message.c.sent, message.c.failed, message.c.bounced
            )
            self._connection.execute(
                message_outcome.insert().from_select(
                    ["message_id", "given", "given_sent", "given_failed", "given_bounced"],
                    given.where(message.c.id.in_(some)),
                )
            )

    def _new_message(self, key: MessageKey, members: list[_Placed]) -> tuple[Any, ...]:
        """The row of a message, all of whose deliveries are at hand."""
        states = [each.state for each in members]
        statuses = Counter(state.standing[1] for state in states)
        contexts = [each.context for each in members]
        return (
            key[0],
            self._customer(key[0], min(each.customer for each in contexts)),
            key[1],
            least(each.subject for each in contexts) or least(each.campaign for each in contexts),
            min(each.channel for each in contexts),
            *_counters(statuses).values(),
            min(state.sent_at for state in states),
            least(each.sent_by for each in contexts),
            least(each.lists for each in contexts) or "[]",
        )

    def _customer(self, enterprise_id: int, name: str) -> int:
        """The number of a customer that a record of this batch, or of an earlier one, has named."""
        known = self._owners.get((enterprise_id, name))
        if known is None:
            known = self._connection.scalar(
                select(customer.c.id).where(
                    customer.c.enterprise_id == enterprise_id, customer.c.name == name
                )
            )
            self._owners[enterprise_id, name] = known
        assert known is not None  # noqa: S101 - deliveries in the store have customers in the store
        return known

    def _contexts_of(
        self, placed: list[_Placed], messages: Mapping[MessageKey, tuple[int, int]]
    ) -> dict[tuple[Context, MessageKey], int]:
        """The numbers of contexts, new ones made."""
        digests = {
            (each.context, each.message): people_index.hashed(repr((each.context, each.message)), 8) >> 1
            for each in {(each.context, each.message): each for each in placed}.values()
        }
        table = delivery_context
        known: dict[int, int] = {}
        for some in _chunks(list(digests.values())):
            rows = self._connection.execute(
                select(table.c.digest, table.c.id).where(table.c.digest.in_(some))
            )
            known |= {row.digest: row.id for row in rows}
        new = sorted((digest, which) for which, digest in digests.items() if digest not in known)
        if new:
            first = (self._connection.scalar(select(func.max(table.c.id))) or 0) + 1
            rows_ = []
            for number, (digest, (context, key)) in enumerate(new, first):
                known[digest] = number
                message_id, _ = messages[key]
                owner = self._customer(context.enterprise_id, context.customer)
                rows_.append((number, context.enterprise_id, message_id, digest, owner, *context[2:], 0))
            dialects.of(self._connection).insert_rows(
                self._connection, table, [column.name for column in table.c], rows_
            )
        return {which: known[digest] for which, digest in digests.items()}

    # Ids

    def _ids(self, states: list[State]) -> list[int]:
        """An id for each delivery: the one it has where that still tells when it was sent, or the next."""
        seconds: dict[int, int] = {}
        wanted = sorted(
            {
                state.sent_at
                for state in states
                if state.stored is None or sent_at_of(state.stored.id) != state.sent_at
            }
        )
        if wanted:
            newest = self._connection.scalar(select(func.max(delivery.c.id)))
            last = None if newest is None else sent_at_of(newest)
            highest = (
                select(func.max(delivery.c.id))
                .where(delivery.c.id >= bindparam("first"), delivery.c.id < bindparam("after"))
                .compile(dialect=self._connection.dialect)
            )
            for second in wanted:
                seconds[second] = first_id(second)
                if last is not None and second <= last:
                    there = self._connection.exec_driver_sql(
                        str(highest), (first_id(second), first_id(second + 1))
                    ).scalar()
                    if there is not None:
                        seconds[second] = there + 1
        ids = []
        for state in states:
            second = state.sent_at
            if state.stored is not None and sent_at_of(state.stored.id) == second:
                ids.append(state.stored.id)
            else:
                ids.append(seconds[second])
                seconds[second] += 1
        return ids

    # What follows

    def _settle(self, made: set[int]) -> None:
        """Bring counters, contexts and messages up to date."""
        connection = self._connection
        ways = dialects.of(connection)
        outcomes = [
            (*(changes[status] for status in DeliveryStatus), message_id)
            for message_id, changes in self._outcomes.items()
            if any(changes.values())
        ]
        if outcomes:
            sums = ", ".join(f"{name} = {name} + ?" for name in OUTCOMES)
            ways.execute_many(
                connection,
                f"UPDATE message_outcome SET {sums} WHERE message_id = ?",  # noqa: S608
                outcomes,
            )
        contexts = [(by, id_) for id_, by in self._contexts.items() if by]
        if contexts:
            ways.execute_many(
                connection, "UPDATE delivery_context SET deliveries = deliveries + ? WHERE id = ?", contexts
            )
        tallies = [(*key, by) for key, by in self._tallies.items() if by]
        if tallies:
            ways.execute_many(
                connection,
                "INSERT INTO delivery_tally (message_id, status, reason_id, deliveries) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (message_id, status, reason_id) "
                "DO UPDATE SET deliveries = delivery_tally.deliveries + excluded.deliveries",
                tallies,
            )
            if any(by < 0 for *_, by in tallies):
                for some in _chunks(list({key[0] for key in self._tallies})):
                    connection.execute(
                        delete(delivery_tally).where(
                            delivery_tally.c.message_id.in_(some), delivery_tally.c.deliveries == 0
                        )
                    )
        if any(by < 0 for by, _ in contexts):
            for some in _chunks([id_ for by, id_ in contexts if by < 0]):
                connection.execute(
                    delete(delivery_context).where(
                        delivery_context.c.id.in_(some), delivery_context.c.deliveries == 0
                    )
                )
        touched = [message_id for message_id in self._outcomes if message_id not in made]
        renew(connection, touched)


def renew(connection: Connection, ids: Sequence[int]) -> None:
    """Make messages anew from their deliveries: counters always, the rest where nobody imported them.

    A message without deliveries gets back what it was imported with, or is removed.
    """
    rows: list[tuple[Any, ...]] = []
    empty: list[int] = []
    unnamed: list[int] = []
    homes: list[tuple[int, int]] = []
    for row in (row for some in _chunks(ids) for row in connection.execute(_whole(some))):
        kept = {name: getattr(row, name) for name in _MESSAGE}
        counts = {status: getattr(row, f"of_{OUTCOMES[status]}") for status in DeliveryStatus}
        if any(counts.values()):
            kept |= _counters(counts) if row.given else _counters(counts) | _told(connection, row)
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
    for some in _chunks(empty):
        connection.execute(delete(message_outcome).where(message_outcome.c.message_id.in_(some)))
    remove_messages(connection, unnamed)


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
        dialects.of(connection).execute_many(
            connection,
            "UPDATE delivery SET customer_id = ? WHERE id = ?",
            [(customer_id, row.id) for row in rows],
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
    rows = connection.execute(
        select(
            staged,
            message.c.id,
            message.c.customer_id.label("home"),
            *(message_outcome.c[name].label(f"of_{name}") for name in OUTCOMES),
        )
        .join(
            message,
            and_(
                message.c.enterprise_id == staged.c.enterprise_id,
                message.c.external_id == staged.c.external_id,
            ),
        )
        .join(message_outcome, message_outcome.c.message_id == message.c.id)
    ).all()
    if not rows:
        return []
    ways = dialects.of(connection)
    ways.execute_many(
        connection,
        "UPDATE message_outcome SET given = 1, given_sent = ?, given_failed = ?, given_bounced = ? "
        "WHERE message_id = ?",
        [(row.sent, row.failed, row.bounced, row.id) for row in rows],
    )
    counted = []
    for row in rows:
        counters = _counters({status: getattr(row, f"of_{OUTCOMES[status]}") for status in DeliveryStatus})
        counted.append((*counters.values(), row.enterprise_id, row.external_id))
    ways.execute_many(
        connection,
        f"UPDATE {staged.name} SET sent = ?, failed = ?, bounced = ? "  # noqa: S608
        "WHERE enterprise_id = ? AND external_id = ?",
        counted,
    )
    return [(row.id, row.customer_id) for row in rows if row.customer_id != row.home]


def _stored(connection: Connection, there: Mapping[Key, tuple[int, int]]) -> dict[Key, State]:
    """What the store knows of deliveries."""
    states: dict[Key, State] = {}
    key_of = {id_: key for key, (_, id_) in there.items()}
    rows: list[Row[*tuple[Any, ...]]] = []
    for ids in _chunks(list(key_of)):
        rows += connection.execute(
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
            .where(delivery.c.id.in_(ids))
        )
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
        states[key_of[row.id]] = State(context, row.delivery_id, row.recipient, told, steps, row)
    return states


def _counters(counts: Mapping[Any, int]) -> dict[str, int]:
    """The counters of a message with so many deliveries of each status."""
    return {
        "sent": sum(counts[status] for status in LEFT),
        "failed": sum(counts[status] for status in NEVER_LEFT),
        "bounced": counts[DeliveryStatus.BOUNCED],
    }


_MESSAGE = [column.name for column in message.c if column.name != "id"]


def _chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for place in range(0, len(values), _CHUNK):
        yield values[place : place + _CHUNK]


def _place(key: Key, state: State) -> _Placed:
    context = state.context
    if context.told_message:
        name = context.told_message
    else:
        digest = people_index.hashed(repr((context.customer, context.channel, context.campaign)), 8)
        day = datetime.fromtimestamp(state.sent_at, UTC).date().isoformat()
        name = f"{context.source}:{day}:{digest:016x}"
    return _Placed(key, state, context, (context.enterprise_id, name))
