"""How PostgreSQL says what databases say differently."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, cast

from psycopg import DataError
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Table,
    UniqueConstraint,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import Insert, array, insert

from msglog_tui.store.access import around, within
from msglog_tui.store.dialects import Place
from msglog_tui.store.models import delivery, enterprise, message
from msglog_tui.store.postgresql.schema import DOMAIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from msglog_tui.store.dialects import Among, Dialect, DomainIndex, TextIndex
    from msglog_tui.types import Scope

DELIVERY_NUMBERS: Final = "delivery_number"
"""A sequence that only shards have: where they begin to number deliveries within a second, in what steps."""

_NUL = "\N{SYMBOL FOR NULL}"
# PostgreSQL keeps no text with a NUL in it; this is what a reader would see instead anyway.


class _Trigrams:
    """The index of texts is the database's own business: it follows the messages."""

    exact = True

    def add(self, connection: Connection, after: int) -> None:
        pass

    def remove(self, connection: Connection, staged: Table) -> None:
        pass

    def take_back(self, connection: Connection, staged: Table) -> None:
        pass

    def rebuild(self, connection: Connection) -> None:
        connection.exec_driver_sql("REINDEX INDEX ix_message_text")

    def candidates(
        self,
        scope: Scope,  # noqa: ARG002 - the connection is held to it
        folded: str,
        sample: Sequence[str],  # noqa: ARG002 - the planner knows what is common
        among: Among,
    ) -> tuple[FromClause, ColumnElement[int], ColumnElement[bool]]:
        # Names of lists lie in a JSON array, where quotes and backslashes are escaped.
        escaped = json.dumps(folded, ensure_ascii=False)[1:-1]
        found = (
            func.message_candidates(
                array([_pattern(text) for text in dict.fromkeys((folded, escaped))]),
                among.lowest,
                among.highest,
                among.window.first,
                among.window.after,
                among.most,
            )
            .table_valued(Column("id", BigInteger))
            .render_derived(name="candidate")
        )
        return found.join(message, message.c.id == found.c.id), found.c.id, true()


class _Domains:
    """The index of domains follows the deliveries by itself, too."""

    def clear(self, connection: Connection) -> None:
        pass

    def add(self, connection: Connection, rows: Sequence[tuple[int, int, int, str]]) -> None:
        pass

    def remove(self, connection: Connection, rows: Sequence[tuple[int, int, int, str]]) -> None:
        pass

    def newest(
        self, scope: Scope, connection: Connection, domain: str, before: int | None, limit: int
    ) -> Sequence[int]:
        # The newest of each enterprise are a short range of the index, and the newest of all are among them.
        of_enterprise = (
            select(delivery.c.id)
            .where(
                within(scope, delivery),
                delivery.c.enterprise_id == enterprise.c.id,
                literal_column(DOMAIN) == domain,
                true() if before is None else delivery.c.id < before,
            )
            .order_by(delivery.c.id.desc())
            .limit(limit)
            .lateral()
        )
        whose = around(scope)
        query = select(of_enterprise.c.id).select_from(enterprise.join(of_enterprise, true())).where(whose)
        return connection.scalars(query.order_by(of_enterprise.c.id.desc()).limit(limit)).all()


class _PostgreSQL:
    index: TextIndex = _Trigrams()
    domains: DomainIndex = _Domains()
    adds_twice = False

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
        if new_only:
            rows = _unknown(connection, table, names, rows)
        if rows:
            _copy(connection, table.name, names, rows)
        return len(rows)

    def numbers(self, connection: Connection, table: Table, count: int) -> Sequence[int]:
        sequence = func.pg_get_serial_sequence(f'"{table.name}"', "id")
        return connection.scalars(
            select(func.nextval(sequence)).select_from(func.generate_series(1, count))
        ).all()

    def delivery_numbers(self, connection: Connection) -> tuple[int, int]:
        found = connection.exec_driver_sql(
            "SELECT seqstart, seqincrement FROM pg_sequence WHERE seqrelid = to_regclass(%s)",
            (DELIVERY_NUMBERS,),
        ).one_or_none()
        return (0, 1) if found is None else (found[0], found[1])

    def execute_many(self, connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        connection.exec_driver_sql(statement.replace("?", "%s"), list(rows))

    def holds(self, text: ColumnElement[str], folded: str) -> ColumnElement[bool]:
        return Place(func.fold(text), folded) > 0


POSTGRESQL: Dialect = _PostgreSQL()


def _pattern(folded: str) -> str:
    """What LIKE takes for text that holds this one."""
    return "%" + re.sub(r"([\\%_])", r"\\\1", folded) + "%"


def without_nul(value: Any) -> Any:
    """A value as PostgreSQL can keep it, or look for it."""
    return value.replace("\0", _NUL) if isinstance(value, str) else value


def _unknown(
    connection: Connection, table: Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> Sequence[tuple[Any, ...]]:
    """The rows whose key is not there yet.

    Whoever writes is alone, so what is not there now may be copied straight in: at half the cost of an INSERT
    that looks out for conflicts, and without using numbers up.
    """
    key = _key_of(table, names)
    places = [names.index(name) for name in key]
    keys = [tuple(row[place] for place in places) for row in rows]
    columns = ", ".join(f'"{name}"' for name in key)
    asked = f"asked_{table.name}"
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {asked} ON COMMIT DELETE ROWS "  # noqa: S608
        f'AS SELECT {columns} FROM "{table.name}" WITH NO DATA'
    )
    connection.exec_driver_sql(f"TRUNCATE {asked}")
    _copy(connection, asked, key, keys)
    there = connection.exec_driver_sql(
        f'SELECT {columns} FROM {asked} JOIN "{table.name}" USING ({columns})'  # noqa: S608
    )
    known = {tuple(row) for row in there}
    return [row for row, mine in zip(rows, keys, strict=True) if mine not in known] if known else rows


def _key_of(table: Table, names: Sequence[str]) -> list[str]:
    """The columns by which rows are recognised: those of the primary key, else those that are unique."""
    keys = [[column.name for column in table.primary_key]]
    keys += [
        [column.name for column in constraint.columns]
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint)
    ]
    return next(key for key in keys if set(key) <= set(names))


def _copy(connection: Connection, table: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    columns = ", ".join(f'"{name}"' for name in names)
    with _cursor(connection).copy(f'COPY "{table}" ({columns}) FROM STDIN'.encode()) as copy:
        for row in rows:
            try:
                copy.write_row(row)
            except DataError:
                copy.write_row([without_nul(value) for value in row])


def _cursor(connection: Connection) -> psycopg.Cursor[Any]:
    return cast("psycopg.Cursor[Any]", connection.connection.cursor())
