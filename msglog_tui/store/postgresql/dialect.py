"""How PostgreSQL says what databases say differently."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from psycopg.errors import UniqueViolation
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Table,
    Text,
    and_,
    any_,
    bindparam,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, Insert, array, insert

from msglog_tui.store.dialects import Place
from msglog_tui.store.models import message
from msglog_tui.store.postgresql import copy
from msglog_tui.store.postgresql.schema import BLANK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.sql.functions import Function

    from msglog_tui.store.dialects import Among, Dialect, DomainIndex, TextIndex
    from msglog_tui.types import Scope

DELIVERY_NUMBERS: Final = "delivery_number"
"""A sequence that only shards have: where they begin to number deliveries within a second, in what steps."""

_LOOK_UP: Final = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL jit = off"
# A batch is a few rows, of which the planner knows nothing: it would read all messages to join them.

_TOTAL: Final = "CREATE AGGREGATE pg_temp.total (bigint) (SFUNC = int8pl, STYPE = bigint, INITCOND = '0')"
# The server's own sum of such numbers is a numeric, which takes as long to make as a row to find.

_HIGHEST: Final = 2**63 - 1

_SAID: Final[ColumnElement[str]] = literal_column("message.said", Text)


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
        sample: Sequence[str],  # noqa: ARG002 - the server looks for itself
        among: Among,
    ) -> tuple[FromClause, ColumnElement[int], ColumnElement[bool]]:
        found = (
            func.message_candidates(
                array(_as_said(folded)),
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
        self,
        scope: Scope,  # noqa: ARG002 - the connection is held to it
        connection: Connection,
        domain: str,
        before: int | None,
        limit: int,
    ) -> Sequence[int]:
        found = (
            func.deliveries_to_domain(domain, _HIGHEST if before is None else before, limit)
            .table_valued(Column("id", BigInteger))
            .render_derived(name="newest")
        )
        return connection.scalars(select(found.c.id).order_by(found.c.id.desc())).all()


class _PostgreSQL:
    index: TextIndex = _Trigrams()
    domains: DomainIndex = _Domains()
    adds_twice = False
    lateral = True

    def expect_batch(self, connection: Connection) -> None:
        connection.exec_driver_sql(_LOOK_UP)
        if connection.exec_driver_sql("SELECT to_regprocedure('pg_temp.total(bigint)')").scalar() is None:
            connection.exec_driver_sql(_TOTAL)

    def total(self, numbers: ColumnElement[int]) -> Function[int]:
        return func.pg_temp.total(numbers, type_=BigInteger())

    def empty(self, connection: Connection, *tables: Table) -> None:
        # They mostly are. Deleted rows would stay in the way of a long transaction, such as a rehearsal.
        sizes = " + ".join(f"pg_relation_size('{table.name}')" for table in tables)
        if connection.exec_driver_sql(f"SELECT {sizes}").scalar():
            connection.exec_driver_sql(f"TRUNCATE {', '.join(table.name for table in tables)}")

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
        if not new_only:
            copy.into(connection, table.name, names, rows)
            return len(rows)
        columns = ", ".join(f'"{name}"' for name in names)
        asked = f"asked_{table.name}"
        connection.exec_driver_sql(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {asked} ON COMMIT DELETE ROWS "  # noqa: S608
            f'AS SELECT {columns} FROM "{table.name}" WITH NO DATA'
        )
        connection.exec_driver_sql(f"TRUNCATE {asked}")
        copy.into(connection, asked, names, rows)
        return connection.exec_driver_sql(
            f'INSERT INTO "{table.name}" ({columns}) '  # noqa: S608
            f"SELECT {columns} FROM {asked} ON CONFLICT DO NOTHING"
        ).rowcount

    def insert_new(
        self, connection: Connection, table: Table, staged: Table, rows: Sequence[tuple[Any, ...]]
    ) -> int:
        names = [column.name for column in staged.c]
        # Mostly all rows of a batch are new, or after one that was not, some of the next are not either. Rows
        # that go straight in cost half of those that are staged; those that came before the first that is
        # there already cost both, and are taken back, once for a stretch of such batches.
        met = f"met in {table.name}"
        if not connection.info.get(met):
            try:
                with connection.begin_nested():
                    copy.into(connection, table.name, names, rows)
            except UniqueViolation:
                connection.info[met] = True
            else:
                return len(rows)
        copy.into(connection, staged.name, names, rows)
        there = and_(*(table.c[name] == staged.c[name] for name in ("enterprise_id", "external_id")))
        new = select(staged).where(~exists().where(there))
        put = table.insert().from_select(names, new).execution_options(preserve_rowcount=True)
        added = connection.execute(put).rowcount
        connection.info[met] = added < len(rows)
        return added

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

    def among(self, column: Column[int], numbers: Sequence[int]) -> ColumnElement[bool]:
        # As one parameter: the driver takes a statement with hundreds of them to pieces each time.
        return column == any_(literal(list(numbers), ARRAY(column.type)))

    def among_told(self, number: ColumnElement[int], name: str) -> ColumnElement[bool]:
        # One array, so that it is the same statement for any number of them.
        return number == any_(bindparam(name, type_=ARRAY(number.type)))

    def says(self, folded: str) -> ColumnElement[bool]:
        return or_(*(Place(_SAID, text) > 0 for text in _as_said(folded)))


POSTGRESQL: Dialect = _PostgreSQL()


def _as_said(folded: str) -> list[str]:
    """A text as the column `said` may have it: names of lists lie in a JSON array, with quotes escaped."""
    escaped = json.dumps(folded, ensure_ascii=False)[1:-1]
    return [text.replace(" ", BLANK) for text in dict.fromkeys((folded, escaped))]
