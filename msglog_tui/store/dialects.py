"""What one database says differently from another, asked of the one that is connected.

Queries and writes are the same statements on both.  Where they cannot be, they ask here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from sqlalchemy import Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Column, ColumnElement, Connection, FromClause, Table
    from sqlalchemy.dialects import postgresql, sqlite
    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.sql.functions import Function

    from msglog_tui.types import Scope, Window


class Place(FunctionElement[int]):
    """Where a text first holds another, from 1; 0 where it does not: `Place(text, part)`."""

    type = Integer()
    inherit_cache = True


@compiles(Place, "postgresql")
def _place_in_postgresql(element: Place, compiler: SQLCompiler, **given: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **given)})"


@compiles(Place, "sqlite")
def _place_in_sqlite(element: Place, compiler: SQLCompiler, **given: Any) -> str:
    return f"instr({compiler.process(element.clauses, **given)})"


class Among(NamedTuple):
    """Which messages a text is looked for in.

    Attributes:
        window: When they were sent.
        lowest: The lowest id that they can have.
        highest: The highest.
        most: How many are wanted, the last ones.
    """

    window: Window
    lowest: int
    highest: int
    most: int


class TextIndex(Protocol):
    """The index of what messages say, as `text_index` uses it."""

    exact: bool
    """Whether every candidate holds the text; else the messages are asked."""

    def add(self, connection: Connection, after: int) -> None:
        """Take in the messages whose ids are above `after`."""

    def remove(self, connection: Connection, staged: Table) -> None:
        """Take out the messages that have the keys of `staged`, while they still say what they said."""

    def take_back(self, connection: Connection, staged: Table) -> None:
        """Take in again, as they are now, the messages that have the keys of `staged`."""

    def rebuild(self, connection: Connection) -> None:
        """Make the index anew from the messages."""

    def candidates(
        self, scope: Scope, folded: str, sample: Sequence[str], among: Among
    ) -> tuple[FromClause, ColumnElement[int], ColumnElement[bool]]:
        """Where to find the messages that may hold a text: what to read, their ids in it, and its condition.

        Args:
            folded: Of at least `text_index.SHORTEST` letters.
            sample: What some messages in scope say, folded: letters that most of them have tell nothing.
            among: Which messages are asked for; the query asks so, too.
        """


class DomainIndex(Protocol):
    """The index of the domains of addresses, as `people_index` uses it."""

    def clear(self, connection: Connection) -> None:
        """Forget every domain."""

    def add(self, connection: Connection, rows: Sequence[tuple[int, int, int, str]]) -> None:
        """Take in deliveries: (id, enterprise id, customer id, recipient)."""

    def remove(self, connection: Connection, rows: Sequence[tuple[int, int, int, str]]) -> None:
        """Take out deliveries as they were: (id, enterprise id, customer id, recipient)."""

    def newest(
        self, scope: Scope, connection: Connection, domain: str, before: int | None, limit: int
    ) -> Sequence[int]:
        """Ids of the deliveries to a domain in a scope, the newest first; others may be among them.

        Args:
            before: Only ids below this one.
        """


class Dialect(Protocol):
    """How a database says it."""

    index: TextIndex
    domains: DomainIndex

    adds_twice: bool
    """Whether one INSERT … ON CONFLICT may meet a row more than once."""

    lateral: bool
    """Whether a join may ask a question for every row of what stands before it."""

    def __hash__(self) -> int: ...

    def expect_batch(self, connection: Connection) -> None:
        """Get ready for statements that join a few staged rows with tables of millions.

        What the database is told holds until the transaction ends.
        """

    def total(self, numbers: ColumnElement[int]) -> Function[int]:
        """The sum of whole numbers as a whole number, of any but none."""

    def empty(self, connection: Connection, *tables: Table) -> None:
        """Let temporary tables have no rows, whatever the transaction has put into them."""

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT that knows ON CONFLICT."""

    def insert_rows(
        self,
        connection: Connection,
        table: Table,
        names: Sequence[str],
        rows: Sequence[tuple[Any, ...]],
        *,
        new_only: bool = False,
    ) -> int:
        """Put many rows into a table; says how many went in.

        Args:
            names: The columns in which the rows come.
            new_only: Whether to leave out the rows whose key is there already.
        """

    def insert_new(
        self, connection: Connection, table: Table, staged: Table, rows: Sequence[tuple[Any, ...]]
    ) -> int:
        """Put those rows into a table whose key is not there yet; says how many.

        Args:
            staged: An empty temporary table with the columns of the rows.  Unless all of them went in, all of
                them are there afterwards.
        """

    def numbers(self, connection: Connection, table: Table, count: int) -> Sequence[int]:
        """So many numbers for new rows of a table that is numbered, rising."""

    def delivery_numbers(self, connection: Connection) -> tuple[int, int]:
        """The first running number of a delivery within its second, and the step to the next.

        On a shard they are such that no other shard gives the same.
        """

    def execute_many(self, connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Run a statement for every row, whose values stand in it as `?`."""

    def among(self, column: Column[int], numbers: Sequence[int]) -> ColumnElement[bool]:
        """Whether a column is one of some numbers: of as many as `chunks.chunks` has in a piece."""

    def among_told(self, number: ColumnElement[int], name: str) -> ColumnElement[bool]:
        """Whether a number is one of those that are told as a parameter of this name."""

    def says(self, folded: str) -> ColumnElement[bool]:
        """Whether a message has a folded text in its subject, its sender or a list, whatever their case."""


def of(connection: Connection) -> Dialect:
    """The ways of the database that is connected."""
    if connection.dialect.name == "sqlite":
        from msglog_tui.store.sqlite.dialect import SQLITE

        return SQLITE
    from msglog_tui.store.postgresql.dialect import POSTGRESQL

    return POSTGRESQL
