"""The index of the domains of addresses on SQLite: words of FTS5.

Each domain is a word by itself, within an enterprise and within a customer.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import Column, MetaData, Table, Text, select

from msglog_tui.store.people_index import hashed
from msglog_tui.types import Reach, Scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from msglog_tui.store.dialects import DomainIndex

_CREATE = (
    "CREATE VIRTUAL TABLE delivery_domain USING fts5("
    "words, content='', columnsize=0, detail=none, tokenize='ascii')"
)

_index = Table("delivery_domain", MetaData(), Column("rowid"), Column("delivery_domain", Text))
# The index as queries see it: `delivery_domain MATCH …` gives the ids of candidates in `rowid`.


def create(connection: Connection) -> None:
    """Make the index of a new archive."""
    connection.exec_driver_sql(_CREATE)


class _Words:
    """The index, as `dialects.DomainIndex` has it."""

    def clear(self, connection: Connection) -> None:
        connection.exec_driver_sql("DROP TABLE delivery_domain")
        create(connection)

    def add(self, connection: Connection, rows: Sequence[tuple[int, int, int, str]]) -> None:
        if words := _worded(rows):
            connection.exec_driver_sql("INSERT INTO delivery_domain (rowid, words) VALUES (?, ?)", words)

    def remove(self, connection: Connection, rows: Sequence[tuple[int, int, int, str]]) -> None:
        if words := _worded(rows):
            connection.exec_driver_sql(
                "INSERT INTO delivery_domain (delivery_domain, rowid, words) VALUES ('delete', ?, ?)", words
            )

    def newest(
        self, scope: Scope, connection: Connection, domain: str, before: int | None, limit: int
    ) -> Sequence[int]:
        word = _word(domain)
        if scope.reach is Reach.CUSTOMER and scope.customer_id is not None:
            word = f"{word}c{scope.customer_id}"
        elif scope.reach is Reach.ENTERPRISE and scope.enterprise_id is not None:
            word = f"{word}e{scope.enterprise_id}"
        ids = _index.c.rowid
        query = select(ids).where(_index.c.delivery_domain.op("MATCH")(word))
        older = query if before is None else query.where(ids < before)
        return connection.scalars(older.order_by(ids.desc()).limit(limit)).all()


INDEX: DomainIndex = _Words()


def _worded(rows: Sequence[tuple[int, int, int, str]]) -> list[tuple[int, str]]:
    # FTS5 takes rows best in the order of their ids.
    worded: list[tuple[int, str]] = []
    for id_, enterprise_id, customer_id, recipient in sorted(rows):
        _, at, domain = recipient.rpartition("@")
        if at:
            word = _word(domain)
            worded.append((id_, f"{word} {word}e{enterprise_id} {word}c{customer_id}"))
    return worded


@lru_cache(maxsize=65536)
def _word(domain: str) -> str:
    return f"{hashed(domain):x}x"
