"""How SQLite says what databases say differently."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    Table,
    and_,
    bindparam,
    cast,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.sqlite import Insert, insert

from msglog_tui.store.models import message
from msglog_tui.store.sqlite import domain_index, text_index

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.sql.functions import Function

    from msglog_tui.store.dialects import Dialect, DomainIndex, TextIndex


class _SQLite:
    index: TextIndex = text_index.INDEX
    domains: DomainIndex = domain_index.INDEX
    adds_twice = True
    lateral = False

    def expect_batch(self, connection: Connection) -> None:
        pass

    def total(self, numbers: ColumnElement[int]) -> Function[int]:
        return func.sum(numbers)

    def empty(self, connection: Connection, *tables: Table) -> None:
        for table in tables:
            connection.execute(delete(table))

    def insert(self, table: Table) -> Insert:
        return insert(table)

    def insert_rows(
        self,
        connection: Connection,
        table: Table,
        names: Sequence[str],
        rows: Sequence[tuple[Any, ...]],
        *,
        new_only: bool = False,
    ) -> int:
        if not rows:
            return 0
        done = connection.exec_driver_sql(
            f'INSERT INTO "{table.name}" ({", ".join(names)}) '  # noqa: S608
            f"VALUES ({', '.join('?' * len(names))}) {'ON CONFLICT DO NOTHING' if new_only else ''}",
            list(rows),
        )
        return done.rowcount

    def insert_new(
        self, connection: Connection, table: Table, staged: Table, rows: Sequence[tuple[Any, ...]]
    ) -> int:
        names = [column.name for column in staged.c]
        added = self.insert_rows(connection, table, names, rows, new_only=True)
        if added < len(rows):
            self.insert_rows(connection, staged, names, rows)
        return added

    def numbers(self, connection: Connection, table: Table, count: int) -> Sequence[int]:
        first = (connection.scalar(select(func.max(table.c.id))) or 0) + 1
        return range(first, first + count)

    def delivery_numbers(self, connection: Connection) -> tuple[int, int]:  # noqa: ARG002 - there are no shards
        return 0, 1

    def execute_many(self, connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        connection.exec_driver_sql(statement, list(rows))

    def among(self, column: Column[int], numbers: Sequence[int]) -> ColumnElement[bool]:
        return column.in_(numbers)

    def among_told(self, number: ColumnElement[int], name: str) -> ColumnElement[bool]:
        return number.in_(bindparam(name, expanding=True))

    def says(self, folded: str) -> ColumnElement[bool]:
        return or_(
            _holds(message.c.subject, folded),
            _holds(message.c.sent_by, folded),
            # Names lie in a JSON array, where quotes and backslashes are escaped.
            _holds(message.c.lists, json.dumps(folded, ensure_ascii=False)[1:-1]),
        )


SQLITE: Dialect = _SQLite()


def _holds(text: ColumnElement[str], folded: str) -> ColumnElement[bool]:
    """Whether a text holds a folded one, whatever its case."""
    by_folding = func.instr(func.fold(text), folded) > 0
    if not folded.isascii():
        return by_folding
    # The database's own LIKE knows the case of ASCII letters, at a tenth of the cost of calling Python.
    # The call is left for text of more bytes than characters, which may become ASCII: a sharp s is two s.
    not_ascii = func.length(text) != func.length(cast(text, LargeBinary))
    return or_(text.contains(folded, autoescape=True), and_(not_ascii, by_folding))
