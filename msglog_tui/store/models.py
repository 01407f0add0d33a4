"""The tables.

`enterprise_id` leads every key, so that a tenant's rows lie together.  Instants are UTC seconds in a BIGINT
(an index row of 23 bytes where a textual datetime takes 45).  The traffic tables hold the totals of whole
buckets of time, kept by the import in the same transaction as the messages (`rollups`).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    event,
    text,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

SCHEMA_VERSION = 4
"""Kept in the file (`PRAGMA user_version`); another one is refused, never guessed at."""

APPLICATION_ID = 0x6D_73_6C_67
"""Marks a SQLite file as msglog's own (`PRAGMA application_id`): the letters `mslg`."""

COUNTERS = ("sent", "failed", "bounced", "messages", "failed_unknown", "bounced_unknown")
"""The counters of one channel, in the order of `types.Counts`."""

TRAFFIC = tuple(f"{channel}_{counter}" for channel in ("email", "sms") for counter in COUNTERS)
"""The twelve columns of a bucket, in the order of `types.Traffic`."""

OUTCOMES = ("queued", "deferred", "sent", "delivered", "bounced", "failed", "rejected", "complained")
"""How many deliveries of a message have a status, in the order of `DeliveryStatus`."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


class FixedPoint(TypeDecorator[Decimal]):
    """A decimal with six places, kept as a whole number of millionths: exact, and summed by the database."""

    impl = BigInteger
    cache_ok = True
    _unit = Decimal(1_000_000)

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Turn a decimal into millionths."""
        return None if value is None else int(value * self._unit)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        """Turn millionths into a decimal."""
        return None if value is None else value / self._unit


# Compared and sorted by code points on every database, whatever the language of a server is.
_Text = Text(collation="C").with_variant(Text(), "sqlite")

# Numbers of rows of which there may be thousands of millions; SQLite gives numbers only to an INTEGER.
_BigId = BigInteger().with_variant(Integer, "sqlite")


def _counter(name: str) -> Column[Any]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


enterprise = Table(
    "enterprise",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", _Text, nullable=False, unique=True),
    Column("sort_name", _Text, nullable=False),
    Column("time_zone", _Text, nullable=False, server_default=""),
)

customer = Table(
    "customer",
    metadata,
    Column("enterprise_id", ForeignKey("enterprise.id"), primary_key=True),
    # Numbered over the whole store: a number that slipped into a query without its enterprise
    # would still never name somebody else's customer.
    Column("id", Integer, primary_key=True, unique=True),
    Column("name", _Text, nullable=False),
    Column("sort_name", _Text, nullable=False),
    UniqueConstraint("enterprise_id", "name"),
    Index(None, "enterprise_id", "sort_name", "id"),
    sqlite_with_rowid=False,
)

message = Table(
    "message",
    metadata,
    Column("id", _BigId, primary_key=True),
    Column("enterprise_id", Integer, nullable=False),
    Column("customer_id", Integer, nullable=False),
    Column("external_id", _Text, nullable=False),
    Column("subject", _Text, nullable=False),
    Column("channel", SmallInteger, nullable=False),
    Column("sent", BigInteger, nullable=False),
    Column("failed", BigInteger),
    Column("bounced", BigInteger),
    Column("sent_at", BigInteger, nullable=False),
    Column("sent_by", _Text, nullable=False),
    # A JSON array of names.  They are history: what the lists were called when the message was sent.
    Column("lists", _Text, nullable=False),
    UniqueConstraint("enterprise_id", "external_id"),
    ForeignKeyConstraint(["enterprise_id", "customer_id"], ["customer.enterprise_id", "customer.id"]),
    CheckConstraint("channel IN (0, 1)", name="channel"),
    CheckConstraint("sent >= 0 AND failed >= 0 AND bounced >= 0", name="amounts"),
    # Both indices also answer for the ends of a window, which no whole bucket covers, without the rows.
    Index(
        "ix_message_customer",
        "enterprise_id", "customer_id", "sent_at", "id", "channel", "sent", "failed", "bounced",
    ),
    Index(
        "ix_message_enterprise",
        "enterprise_id", "sent_at", "id", "customer_id", "channel", "sent", "failed", "bounced",
    ),
)  # fmt: skip

message_day = Table(
    "message_day",
    metadata,
    # UTC days since 1970 that have messages, and between which ids those are.
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("first_id", BigInteger, nullable=False),
    Column("last_id", BigInteger, nullable=False),
)

delivery_reason = Table(
    "delivery_reason",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", _Text, nullable=False),
    # A reason without what differs from one recipient to the next; a delivery keeps that by itself (`said`).
    Column("template", _Text, nullable=False),
    UniqueConstraint("code", "template"),
)

delivery_context = Table(
    "delivery_context",
    metadata,
    # What deliveries have in common: the message they belong to, and what their records told of it.
    Column("id", _BigId, primary_key=True),
    Column("enterprise_id", Integer, nullable=False),
    Column("message_id", ForeignKey("message.id"), nullable=False),
    # Of all the columns that follow, by which a context is recognised.
    Column("digest", BigInteger, nullable=False, unique=True),
    Column("customer_id", Integer, nullable=False),
    Column("channel", SmallInteger, nullable=False),
    Column("source", _Text, nullable=False),
    Column("told_message", _Text, nullable=False),
    Column("campaign", _Text, nullable=False),
    Column("subject", _Text, nullable=False),
    Column("sent_by", _Text, nullable=False),
    Column("lists", _Text, nullable=False),
    # How many deliveries; a context without any is removed.
    Column("deliveries", BigInteger, nullable=False),
    ForeignKeyConstraint(["enterprise_id", "customer_id"], ["customer.enterprise_id", "customer.id"]),
    # Each attribute of a message is the least of those told, found at the end of an index.
    *(
        Index(f"ix_delivery_context_{name}", "message_id", name)
        for name in ("subject", "campaign", "sent_by", "lists", "channel", "customer_id")
    ),
)

delivery = Table(
    "delivery",
    metadata,
    # When it was sent and a running number within that second (`delivery_id.at`): by id is by time.
    Column("id", _BigId, primary_key=True, autoincrement=False),
    Column("enterprise_id", Integer, nullable=False),
    # Always those of the message.
    Column("customer_id", Integer, nullable=False),
    Column("message_id", BigInteger, nullable=False),
    Column("context_id", _BigId, nullable=False),
    # The provider's.
    Column("delivery_id", _Text, nullable=False),
    Column("recipient", _Text, nullable=False),
    # Whether a record told when it was sent; else that is the earliest instant of its statuses.
    Column("sent_told", SmallInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("reason_id", Integer, nullable=False),
    Column("said", _Text, nullable=False),
    # The other statuses, a JSON array of [seconds before `at`, status, reason_id, said]; empty without any.
    Column("history", _Text, nullable=False),
    Index("ix_delivery_message", "message_id", "status", "id"),
    # Of those that went wrong alone: what a failures view reads.
    Index(
        "ix_delivery_wrong",
        "enterprise_id", "id", "customer_id", "status", "at", "reason_id", "recipient",
        sqlite_where=text("status >= 4"),
        postgresql_where=text("status >= 4"),
    ),
)  # fmt: skip

delivery_key = Table(
    "delivery_key",
    metadata,
    # By whom and by what a delivery is known: 48 bits each of the recipient's normal form and of the rest of
    # its name.  New keys are put on level 0, which is small enough to be written often, and sink (`keys`).
    Column("level", SmallInteger, primary_key=True),
    Column("recipient", BigInteger, primary_key=True),
    Column("digest", BigInteger, primary_key=True),
    Column("id", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

message_outcome = Table(
    "message_outcome",
    metadata,
    # How many deliveries of a message have each status; a message without deliveries has no row.
    Column("message_id", _BigId, primary_key=True, autoincrement=False),
    *map(_counter, OUTCOMES),
    # Whether the message itself was imported as well: then it stays as it was told, but for its counters,
    # which it gets back when its deliveries leave it.
    Column("given", SmallInteger, nullable=False),
    Column("given_sent", BigInteger),
    Column("given_failed", BigInteger),
    Column("given_bounced", BigInteger),
    # Whether the deliveries were removed (`retention`): the counts stay, and none is taken in any more.
    Column("removed", SmallInteger, nullable=False, server_default=text("0")),
)

delivery_block = Table(
    "delivery_block",
    metadata,
    # Pieces of the large lists of deliveries of a message and a status: see `delivery_blocks`.
    Column("message_id", BigInteger, primary_key=True),
    Column("status", SmallInteger, primary_key=True),
    Column("first_id", BigInteger, primary_key=True),
    Column("deliveries", Integer, nullable=False),
    sqlite_with_rowid=False,
)

delivery_tally = Table(
    "delivery_tally",
    metadata,
    # How many deliveries of a message went wrong for a reason.
    Column("message_id", BigInteger, primary_key=True),
    Column("status", SmallInteger, primary_key=True),
    Column("reason_id", Integer, primary_key=True),
    Column("deliveries", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

enterprise_traffic = Table(
    "enterprise_traffic",
    metadata,
    # The totals refer to nothing: to look that up costs a tenth of an import. `check` sees to it.
    Column("enterprise_id", Integer, primary_key=True),
    Column("span", Integer, primary_key=True),
    Column("bucket", BigInteger, primary_key=True),
    *map(_counter, TRAFFIC),
    sqlite_with_rowid=False,
)

customer_traffic = Table(
    "customer_traffic",
    metadata,
    Column("enterprise_id", Integer, primary_key=True),
    Column("customer_id", Integer, primary_key=True),
    Column("span", Integer, primary_key=True),
    Column("bucket", BigInteger, primary_key=True),
    *map(_counter, TRAFFIC),
    sqlite_with_rowid=False,
)

customer_running = Table(
    "customer_running",
    metadata,
    Column("enterprise_id", Integer, primary_key=True),
    Column("customer_id", Integer, primary_key=True),
    # The row of a bucket of 32 days counts all that the customer ever sent up to its end.  Where nothing was
    # sent in a bucket there is no row, and the one before it holds.
    Column("bucket", BigInteger, primary_key=True),
    *map(_counter, TRAFFIC),
    sqlite_with_rowid=False,
)

removed_traffic = Table(
    "removed_traffic",
    metadata,
    # The totals of the messages that `retention` has removed, by the quarter of an hour; of no others.
    Column("enterprise_id", Integer, primary_key=True),
    Column("bucket", BigInteger, primary_key=True),
    Column("customer_id", Integer, primary_key=True),
    *map(_counter, TRAFFIC),
    ForeignKeyConstraint(["enterprise_id", "customer_id"], ["customer.enterprise_id", "customer.id"]),
    sqlite_with_rowid=False,
)

transaction = Table(
    "transaction",
    metadata,
    Column("id", _BigId, primary_key=True),
    Column("enterprise_id", ForeignKey("enterprise.id"), nullable=False),
    # Empty when the transaction is the enterprise's own.
    Column("customer_id", Integer),
    Column("external_id", _Text, nullable=False),
    Column("kind", _Text, nullable=False),
    Column("description", _Text, nullable=False),
    Column("channel", SmallInteger, nullable=False),
    Column("credits", FixedPoint, nullable=False),
    Column("amount", FixedPoint, nullable=False),
    Column("currency", _Text, nullable=False),
    Column("status", _Text, nullable=False),
    Column("requested_at", BigInteger, nullable=False),
    Column("processed_at", BigInteger),
    Column("requested_by", _Text, nullable=False),
    Column("reference", _Text, nullable=False),
    UniqueConstraint("enterprise_id", "external_id"),
    ForeignKeyConstraint(["enterprise_id", "customer_id"], ["customer.enterprise_id", "customer.id"]),
    Index("ix_transaction_enterprise", "enterprise_id", "kind", "requested_at", "id", "status"),
    Index("ix_transaction_customer", "enterprise_id", "customer_id", "kind", "requested_at", "id", "status"),
)

retention = Table(
    "retention",
    metadata,
    # One row, once something was removed: before `detail_from` the archive has totals only, and before
    # `deliveries_from` messages without their deliveries.  NULL where nothing of the kind was removed.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("detail_from", BigInteger),
    Column("deliveries_from", BigInteger),
    CheckConstraint("id = 1", name="single"),
)

user = Table(
    "user",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login", _Text, nullable=False, unique=True),
    Column("name", _Text, nullable=False),
    Column("role", _Text, nullable=False),
    Column("enterprise_id", ForeignKey("enterprise.id")),
    Column("customer_id", Integer),
    Column("time_zone", _Text, nullable=False, server_default=""),
    ForeignKeyConstraint(["enterprise_id", "customer_id"], ["customer.enterprise_id", "customer.id"]),
)

user_key = Table(
    "user_key",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", ForeignKey("user.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("algorithm", _Text, nullable=False),
    Column("fingerprint", _Text, nullable=False, unique=True),
    # A key belongs to one user: it says by itself whose session it opens.
    Column("data", LargeBinary, nullable=False, unique=True),
    Column("comment", _Text, nullable=False),
    Column("added_at", BigInteger, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", _BigId, primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("login", _Text, nullable=False),
    Column("role", _Text, nullable=False),
    Column("action", _Text, nullable=False),
    Column("detail", _Text, nullable=False),
    Column("address", _Text, nullable=False),
    Column("fingerprint", _Text, nullable=False),
)

# What was looked at stays on record: the database itself refuses to change or remove a line.
for _verb in ("UPDATE", "DELETE"):
    event.listen(
        audit,
        "after_create",
        DDL(  # type: ignore[no-untyped-call]
            f"CREATE TRIGGER audit_no_{_verb.lower()} BEFORE {_verb} ON audit "
            "BEGIN SELECT RAISE(ABORT, 'the audit can only grow'); END"
        ).execute_if(dialect="sqlite"),
    )
