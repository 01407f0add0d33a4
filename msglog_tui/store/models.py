"""The tables.

`enterprise_id` leads every key, so that a tenant's rows lie together.  Instants are UTC seconds in a BIGINT
(an index row of 23 bytes where a textual datetime takes 45).  The two traffic tables hold the totals of whole
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

SCHEMA_VERSION = 2
"""Kept in the file (`PRAGMA user_version`); another one is refused, never guessed at."""

APPLICATION_ID = 0x6D_73_6C_67
"""Marks a SQLite file as msglog's own (`PRAGMA application_id`): the letters `mslg`."""

COUNTERS = ("sent", "failed", "bounced", "messages", "failed_unknown", "bounced_unknown")
"""The counters of one channel, in the order of `types.Counts`."""

TRAFFIC = tuple(f"{channel}_{counter}" for channel in ("email", "sms") for counter in COUNTERS)
"""The twelve columns of a bucket, in the order of `types.Traffic`."""

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


def _counter(name: str) -> Column[Any]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


enterprise = Table(
    "enterprise",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("sort_name", Text, nullable=False),
    Column("time_zone", Text, nullable=False, server_default=""),
)

customer = Table(
    "customer",
    metadata,
    Column("enterprise_id", ForeignKey("enterprise.id"), primary_key=True),
    # Numbered over the whole store: a number that slipped into a query without its enterprise
    # would still never name somebody else's customer.
    Column("id", Integer, primary_key=True, unique=True),
    Column("name", Text, nullable=False),
    Column("sort_name", Text, nullable=False),
    UniqueConstraint("enterprise_id", "name"),
    Index(None, "enterprise_id", "sort_name", "id"),
    sqlite_with_rowid=False,
)

message = Table(
    "message",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("enterprise_id", Integer, nullable=False),
    Column("customer_id", Integer, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("channel", SmallInteger, nullable=False),
    Column("sent", BigInteger, nullable=False),
    Column("failed", BigInteger),
    Column("bounced", BigInteger),
    Column("sent_at", BigInteger, nullable=False),
    Column("sent_by", Text, nullable=False),
    # A JSON array of names.  They are history: what the lists were called when the message was sent.
    Column("lists", Text, nullable=False),
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
    Column("first_id", Integer, nullable=False),
    Column("last_id", Integer, nullable=False),
)

enterprise_traffic = Table(
    "enterprise_traffic",
    metadata,
    Column("enterprise_id", ForeignKey("enterprise.id"), primary_key=True),
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
    ForeignKeyConstraint(["enterprise_id", "customer_id"], ["customer.enterprise_id", "customer.id"]),
    sqlite_with_rowid=False,
)

transaction = Table(
    "transaction",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("enterprise_id", ForeignKey("enterprise.id"), nullable=False),
    # Empty when the transaction is the enterprise's own.
    Column("customer_id", Integer),
    Column("external_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("channel", SmallInteger, nullable=False),
    Column("credits", FixedPoint, nullable=False),
    Column("amount", FixedPoint, nullable=False),
    Column("currency", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("requested_at", BigInteger, nullable=False),
    Column("processed_at", BigInteger),
    Column("requested_by", Text, nullable=False),
    Column("reference", Text, nullable=False),
    UniqueConstraint("enterprise_id", "external_id"),
    ForeignKeyConstraint(["enterprise_id", "customer_id"], ["customer.enterprise_id", "customer.id"]),
    Index("ix_transaction_enterprise", "enterprise_id", "kind", "requested_at", "id", "status"),
    Index("ix_transaction_customer", "enterprise_id", "customer_id", "kind", "requested_at", "id", "status"),
)

user = Table(
    "user",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("enterprise_id", ForeignKey("enterprise.id")),
    Column("customer_id", Integer),
    Column("time_zone", Text, nullable=False, server_default=""),
    ForeignKeyConstraint(["enterprise_id", "customer_id"], ["customer.enterprise_id", "customer.id"]),
)

user_key = Table(
    "user_key",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", ForeignKey("user.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("algorithm", Text, nullable=False),
    Column("fingerprint", Text, nullable=False, unique=True),
    # A key belongs to one user: it says by itself whose session it opens.
    Column("data", LargeBinary, nullable=False, unique=True),
    Column("comment", Text, nullable=False),
    Column("added_at", BigInteger, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("login", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
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
