"""By whom and by what deliveries are known: the keys that the import meets again, and the index of people.

A key is a hash of the recipient's normal form and a hash of the rest of a delivery's name: one index says
whether a delivery is there, and which are somebody's.  Its order is random, and a random write to a large
index costs a page each.  So new keys go to a small part of it, level 0; when that has grown they sink to the
next level all at once, in order, and from there to the last.  Whoever looks for a key looks on every level.

For the domains of addresses each database has an index of its own kind.  It names candidates, newest first.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from sqlalchemy import BigInteger, Column, MetaData, Table, func, literal_column, select

from msglog_tui.store import dialects
from msglog_tui.store.models import delivery_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy import Connection

    from msglog_tui.types import Scope

LEVELS: Final = (0, 1, 2)

HASH_SIZE: Final = 6
"""Bytes of each half of a key: 96 bits in all, so that no two deliveries of a store ever share one."""

_ROOM: Final = (100_000, 2_000_000)
# How many keys a level holds before they sink.

_ANYWHERE: Final = f"level IN ({', '.join(map(str, LEVELS))}) AND recipient = ? AND digest = ?"

_asked = Table(
    "asked_delivery",
    MetaData(),
    Column("recipient", BigInteger, primary_key=True),
    Column("digest", BigInteger, primary_key=True),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DELETE ROWS",
    sqlite_with_rowid=False,
)


def hashed(text: str, size: int = HASH_SIZE) -> int:
    """A number of so many bytes that stands for a text."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).digest())


def key_of(enterprise_id: int, source: str, delivery_id: str, form: str) -> tuple[int, int]:
    """The key of a delivery to a recipient of this normal form."""
    return hashed(form), hashed(f"{enterprise_id}\0{source}\0{delivery_id}")


def known(connection: Connection, keys: Iterable[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Those of the keys that are there, and the ids of their deliveries."""
    _asked.create(connection, checkfirst=True)
    ways = dialects.of(connection)
    ways.empty(connection, _asked)
    ways.insert_rows(connection, _asked, ["recipient", "digest"], sorted(keys))
    rows = connection.execute(
        select(delivery_key.c.recipient, delivery_key.c.digest, delivery_key.c.id)
        .select_from(
            _asked.outerjoin(
                delivery_key,
                delivery_key.c.level.in_(LEVELS)
                & (delivery_key.c.recipient == _asked.c.recipient)
                & (delivery_key.c.digest == _asked.c.digest),
            )
        )
        # Said so that the join stays an outer one, which has only one order: a database that took it for an
        # inner one might read all keys to look for each among the few asked.
        .where(func.coalesce(delivery_key.c.id, 0) != 0)
    )
    return {(recipient, digest): id_ for recipient, digest, id_ in rows.all()}


def add_keys(connection: Connection, keys: list[tuple[int, int, int]]) -> None:
    """Take in the keys of new deliveries: (recipient, digest, id)."""
    if keys:
        names = ["level", "recipient", "digest", "id"]
        rows = [(0, *key) for key in sorted(keys)]
        dialects.of(connection).insert_rows(connection, delivery_key, names, rows)


def move_keys(connection: Connection, moved: list[tuple[int, int, int]]) -> None:
    """Let keys name other ids: (id, recipient, digest)."""
    if moved:
        statement = f"UPDATE delivery_key SET id = ? WHERE {_ANYWHERE}"  # noqa: S608
        dialects.of(connection).execute_many(connection, statement, moved)


def remove_keys(connection: Connection, keys: list[tuple[int, int]]) -> None:
    """Forget keys: (recipient, digest)."""
    if keys:
        statement = f"DELETE FROM delivery_key WHERE {_ANYWHERE}"  # noqa: S608
        dialects.of(connection).execute_many(connection, statement, keys)


def sink(connection: Connection) -> None:
    """Move the keys of a level that is full to the next."""
    columns = (delivery_key.c.recipient, delivery_key.c.digest, delivery_key.c.id)
    for level, room in enumerate(_ROOM):
        # The count of a level that is within its room is a short scan.
        held = select(delivery_key.c.level).where(delivery_key.c.level == level).limit(room + 1).subquery()
        if (connection.scalar(select(func.count()).select_from(held)) or 0) <= room:
            return
        full = delivery_key.c.level == level
        lower = select(literal_column(str(level + 1)), *columns).where(full).order_by(*columns[:2])
        names = ["level", *(column.name for column in columns)]
        connection.execute(delivery_key.insert().from_select(names, lower))
        connection.execute(delivery_key.delete().where(full))


def clear_domains(connection: Connection) -> None:
    """Forget every domain."""
    dialects.of(connection).domains.clear(connection)


def add_domains(connection: Connection, rows: Sequence[tuple[int, int, int, str]]) -> None:
    """Take in deliveries: (id, enterprise id, customer id, recipient)."""
    dialects.of(connection).domains.add(connection, rows)


def remove_domains(connection: Connection, rows: Sequence[tuple[int, int, int, str]]) -> None:
    """Take out deliveries as they were: (id, enterprise id, customer id, recipient)."""
    dialects.of(connection).domains.remove(connection, rows)


def of_recipient(connection: Connection, form: str, before: int | None, some: int) -> Iterator[list[int]]:
    """Ids of the deliveries to a normal form, the newest first, some at a time; others may be among them.

    Args:
        before: Only ids below this one.
        some: How many at a time.
    """
    ids = delivery_key.c.id
    query = select(ids).where(delivery_key.c.level.in_(LEVELS), delivery_key.c.recipient == hashed(form))

    def newest(before: int | None) -> Sequence[int]:
        older = query if before is None else query.where(ids < before)
        return connection.scalars(older.order_by(ids.desc()).limit(some)).all()

    yield from _pages(newest, before, some)


def of_domain(
    scope: Scope, connection: Connection, domain: str, before: int | None, some: int
) -> Iterator[list[int]]:
    """Ids of the deliveries to a domain in a scope, as `of_recipient` gives those to a person."""
    index = dialects.of(connection).domains
    yield from _pages(lambda older: index.newest(scope, connection, domain, older, some), before, some)


def _pages(
    newest: Callable[[int | None], Sequence[int]], before: int | None, some: int
) -> Iterator[list[int]]:
    while True:
        found = list(newest(before))
        if found:
            yield found
        if len(found) < some:
            return
        before = found[-1]
