"""The index of what messages say on SQLite: FTS5 by trigrams without content or positions.

It takes a fifth of the messages' own size.  A message is in it with its subject, sender and lists, and with
two words of private-use characters that stand for its enterprise and its customer, so that a tenant's search
meets nobody else's candidates.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from sqlalchemy import Column, ColumnElement, MetaData, Table, Text

from msglog_tui.store.models import message
from msglog_tui.store.text_index import SHORTEST
from msglog_tui.text import fold
from msglog_tui.types import Reach, Scope

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from sqlalchemy import Connection, FromClause

    from msglog_tui.store.dialects import Among, TextIndex

_CREATE = (
    "CREATE VIRTUAL TABLE message_text USING fts5("
    "body, enterprise, customer, content='', columnsize=0, detail=none, tokenize='trigram')"
)
# A cross join is carried out in the order in which it is written: the messages of a few keys are looked up.
_BY_KEY: Final = "CROSS JOIN message USING (enterprise_id, external_id)"

_SELDOM: Final = 3
# A trigram tells something when at most one in so many messages has it.

_OWNERS: Final = 0xE000
_ENTERPRISE, _CUSTOMER = 1, 2
_NUMERAL: Final = 0xF0000
_NUMERALS: Final = 0xFFFE
# The word of an owner: which kind, and its id in numerals of the first private-use plane.


def _owner_in_sql(kind: int, column: str) -> str:
    """What `_owner` makes, in SQL."""
    return (
        f"char({_OWNERS + kind}, {_NUMERAL} + message.{column} / {_NUMERALS}, "
        f"{_NUMERAL} + message.{column} % {_NUMERALS})"
    )


_SAID: Final = "message.subject || char(10) || message.sent_by || char(10) || message.lists"
# FTS5 ignores the case of what it reads, but knows less of it than we do: what is not ASCII, of more bytes
# than characters, is folded first.  Names of lists are JSON; where one is escaped, it is read as it is meant.
_BODY: Final = (
    f"CASE WHEN length({_SAID}) = length(CAST({_SAID} AS BLOB)) AND instr(message.lists, '\\') = 0 "
    f"THEN {_SAID} ELSE indexed_text(message.subject, message.sent_by, message.lists) END, "
    f"{_owner_in_sql(_ENTERPRISE, 'enterprise_id')}, {_owner_in_sql(_CUSTOMER, 'customer_id')}"
)

message_text = Table("message_text", MetaData(), Column("rowid"), Column("message_text", Text))
"""The index as queries see it: `message_text MATCH …` gives the ids of candidates in `rowid`."""


def prepare(connection: sqlite3.Connection) -> None:
    """Give a connection that writes what the index needs."""
    connection.create_function("indexed_text", 3, _text, deterministic=True)


def create(connection: Connection) -> None:
    """Make the index of a new archive."""
    connection.exec_driver_sql(_CREATE)


class _Fts5:
    """The index, as `dialects.TextIndex` has it."""

    exact = False

    def add(self, connection: Connection, after: int) -> None:
        connection.exec_driver_sql(
            "INSERT INTO message_text (rowid, body, enterprise, customer) "  # noqa: S608
            f"SELECT id, {_BODY} FROM message WHERE id > ?",
            (after,),
        )

    def remove(self, connection: Connection, staged: Table) -> None:
        connection.exec_driver_sql(
            "INSERT INTO message_text (message_text, rowid, body, enterprise, customer) "  # noqa: S608
            f"SELECT 'delete', message.id, {_BODY} FROM {staged.name} {_BY_KEY}"
        )

    def take_back(self, connection: Connection, staged: Table) -> None:
        connection.exec_driver_sql(
            "INSERT INTO message_text (rowid, body, enterprise, customer) "  # noqa: S608
            f"SELECT message.id, {_BODY} FROM {staged.name} {_BY_KEY}"
        )

    def rebuild(self, connection: Connection) -> None:
        connection.exec_driver_sql("DROP TABLE message_text")
        create(connection)
        self.add(connection, 0)

    def candidates(
        self,
        scope: Scope,
        folded: str,
        sample: Sequence[str],
        among: Among,  # noqa: ARG002 - the query asks so, too
    ) -> tuple[FromClause, ColumnElement[int], ColumnElement[bool]]:
        index = message_text
        return (
            index.join(message, message.c.id == index.c.rowid),
            index.c.rowid,
            index.c.message_text.op("MATCH")(_words(scope, folded, sample)),
        )


INDEX: TextIndex = _Fts5()


def _words(scope: Scope, folded: str, sample: Sequence[str]) -> str:
    """What to match for a folded text of at least `SHORTEST` letters in a scope.

    More rows may match than hold the text, none fewer.
    """
    folded = _without_nul(folded)
    # Every third trigram, and the last, and those that join words, say nearly as much as all of them, and are
    # a third of the work.
    last = len(folded) - SHORTEST
    trigrams = dict.fromkeys(
        folded[place : place + SHORTEST]
        for place in range(last + 1)
        if place % SHORTEST == 0 or place == last or folded[place + 1] == " "
    )
    # The list of what nearly all messages have leaves none out, and takes the longest to go through. A
    # wrong guess of which these are costs time alone.
    heard = {trigram: sum(trigram in text for text in sample) for trigram in trigrams}
    most = max(len(sample) // _SELDOM, min(heard.values()))
    telling = [trigram for trigram, times in heard.items() if times <= most]
    owners = []
    if scope.reach is Reach.CUSTOMER and scope.customer_id is not None:
        owners.append(_owner(_CUSTOMER, scope.customer_id))
    elif scope.reach is Reach.ENTERPRISE and scope.enterprise_id is not None:
        owners.append(_owner(_ENTERPRISE, scope.enterprise_id))
    return " AND ".join('"' + word.replace('"', '""') + '"' for word in (*owners, *telling))


def _text(subject: str, sent_by: str, lists: str) -> str:
    """What the index reads of a message that is not plain."""
    if "\\" in lists:
        lists = "\n".join(json.loads(lists))
    return _without_nul(fold(f"{subject}\n{sent_by}\n{lists}"))


def _without_nul(text: str) -> str:
    """Text that FTS5 does not take for ended in the middle."""
    return text.replace("\0", " ")


def _owner(kind: int, number: int) -> str:
    """Three characters that nobody writes: one trigram for an enterprise or a customer."""
    high, low = divmod(number, _NUMERALS)
    return chr(_OWNERS + kind) + chr(_NUMERAL + high) + chr(_NUMERAL + low)
