"""The front of a sharded archive: its tables are partitions of what lies on other servers.

Every shard is an archive by itself, with all messages of its enterprises, their deliveries and totals.  The
front has the enterprises, customers, users and the dictionary of reasons; an enterprise's number says by its
hash on which shard it lies.

msglog asks the shards themselves: there the indices and the second lock are.  The partitions, foreign tables
of `postgres_fdw`, say where that is, and make the front one database to whoever asks in SQL.  Nothing is
written through them: an upsert cannot be, and the totals are best kept where the messages are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast
from urllib.parse import quote

import psycopg
from psycopg import sql

from msglog_tui.store import models
from msglog_tui.store.postgresql import roles
from msglog_tui.store.postgresql.database import told
from msglog_tui.store.postgresql.dialect import DELIVERY_NUMBERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Table

TABLES: Final = (
    models.message,
    models.transaction,
    models.enterprise_traffic,
    models.customer_traffic,
    models.customer_running,
    models.removed_traffic,
    models.delivery_context,
    models.delivery,
)
"""What lies on the shards by its enterprise."""

BESIDE: Final = (
    models.message_outcome,
    models.delivery_tally,
    models.delivery_block,
    models.delivery_key,
)
"""What else lies on the shards, of no enterprise by itself: on the front a view, not partitions."""

STRIDE: Final = 64
"""How many shards an archive may have: the numbers that they give are this far apart."""

NUMBERED: Final = (models.message, models.transaction, models.delivery_context)
"""The tables whose numbers shards give themselves, apart from deliveries."""

_PERSONAL: Final[tuple[str, ...]] = ("user", "password", "sslpassword", "sslcert", "sslkey")
# What says who connects rather than where to: it stays with the owner of the front.

_WHERE: Final = ("host", "hostaddr", "port", "dbname", "target_session_attrs", "load_balance_hosts")

_SERVER: Final = {
    "async_capable": "true",  # all shards at once
    "fetch_size": "10000",
    "use_remote_estimate": "false",  # a question before every question
    "fdw_startup_cost": "1",
}

_SHARDS: Final = """
SELECT server.srvname AS name, server.srvoptions AS options
FROM pg_inherits
JOIN pg_class part ON part.oid = inhrelid
JOIN pg_foreign_table ON ftrelid = part.oid
JOIN pg_foreign_server server ON server.oid = ftserver
WHERE inhparent = to_regclass('message')
ORDER BY substring(pg_get_expr(part.relpartbound, part.oid) FROM 'remainder ([0-9]+)')::integer
"""


class Shard(NamedTuple):
    """A server behind the front.

    Attributes:
        name: What the front calls it.
        where: The settings that say where it is, as libpq has them.
    """

    name: str
    where: dict[str, str]


def set_up(connection: Connection, locations: Sequence[str]) -> None:
    """Make an archive that has no messages yet the front of shards.

    Args:
        locations: The URLs of the shards.
    """
    execute = _executing(connection)
    execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS postgres_fdw"))
    for number, location in enumerate(locations):
        settings: dict[str, Any] = told(location)
        personal: dict[str, Any] = {name: settings.pop(name) for name in _PERSONAL if name in settings}
        server = sql.Identifier(_server(number))
        execute(
            sql.SQL("CREATE SERVER {} FOREIGN DATA WRAPPER postgres_fdw OPTIONS ({})").format(
                server, _options({"port": "5432", "connect_timeout": "10"} | settings | _SERVER)
            )
        )
        if "password" not in personal:
            # Readers are nobody's superusers; a superuser alone may let them through without a password.
            personal["password_required"] = "false"  # noqa: S105 - a switch
        mapping = sql.SQL("CREATE USER MAPPING FOR PUBLIC SERVER {} OPTIONS ({})")
        execute(mapping.format(server, _options(personal)))
    for table in TABLES:
        _spread(connection, table, len(locations))
    for table in BESIDE:
        _put_together(connection, table, len(locations))
    _let_shards_sum(connection)


def number_apart(connection: Connection, number: int, *, after: int = 0, after_deliveries: int = -1) -> None:
    """Let a shard give numbers that no other shard gives.

    Args:
        number: That of the shard.
        after: The highest number that any shard has given so far.
        after_deliveries: The highest running number that any delivery has within its second.
    """
    for table in NUMBERED:
        sequence = connection.exec_driver_sql(
            "SELECT pg_get_serial_sequence(%s, 'id')", (f'"{table.name}"',)
        ).scalar_one()
        first = _round_up(after) + number + 1
        connection.exec_driver_sql(f"ALTER SEQUENCE {sequence} INCREMENT BY {STRIDE} RESTART WITH {first}")
    connection.exec_driver_sql(f"DROP SEQUENCE IF EXISTS {DELIVERY_NUMBERS}")
    first = _round_up(after_deliveries + 1) + number
    connection.exec_driver_sql(
        f"CREATE SEQUENCE {DELIVERY_NUMBERS} INCREMENT BY {STRIDE} MINVALUE 0 START WITH {first}"
    )


def is_shard(connection: Connection) -> bool:
    """Whether an archive is one of the shards of another."""
    return bool(
        connection.exec_driver_sql("SELECT to_regclass(%s) IS NOT NULL", (DELIVERY_NUMBERS,)).scalar()
    )


def behind(connection: Connection) -> list[Shard]:
    """The shards behind an archive, in the order of their numbers; none when it has none."""
    known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()} - {"passfile"}
    found = []
    for row in connection.exec_driver_sql(_SHARDS):
        options = dict(option.split("=", 1) for option in row.options)
        found.append(Shard(row.name, {name: options[name] for name in options if name in known}))
    return found


def reached_from(front: str, shard: Shard) -> str:
    """The URL of a shard for whoever knows that of the front: the same role with the same password."""
    settings: dict[str, Any] = told(front)
    for name in _WHERE:
        settings.pop(name, None)
    return "postgresql://?" + "&".join(
        f"{name}={quote(str(value), safe='')}" for name, value in (settings | shard.where).items()
    )


def numbers_of(connection: Connection, enterprise_ids: Sequence[int], shards: int) -> dict[int, int]:
    """On which shard each of these enterprises lies."""
    rows = connection.exec_driver_sql(
        "SELECT id, number FROM unnest(%s::integer[]) AS id, generate_series(0, %s - 1) AS number "
        "WHERE satisfies_hash_partition('message'::regclass, %s, number, id)",
        (list(enterprise_ids), shards, shards),
    )
    return {row.id: row.number for row in rows}


def analyze(connection: Connection) -> None:
    """Let the front know how much lies on the shards, without which it does not plan well."""
    for table in TABLES:
        connection.exec_driver_sql(f'ANALYZE "{table.name}"')


def _spread(connection: Connection, table: Table, shards: int) -> None:
    """Make a table the whole of which its foreign tables are the partitions."""
    execute = _executing(connection)
    name, whole = sql.Identifier(table.name), sql.Identifier(f"{table.name}_spread")
    execute(sql.SQL("CREATE TABLE {} (LIKE {}) PARTITION BY HASH (enterprise_id)").format(whole, name))
    execute(sql.SQL("DROP TABLE {} CASCADE").format(name))
    execute(sql.SQL("ALTER TABLE {} RENAME TO {}").format(whole, name))
    roles.lock(connection, table)
    for number in range(shards):
        execute(
            sql.SQL(
                "CREATE FOREIGN TABLE {} PARTITION OF {} FOR VALUES WITH (MODULUS {}, REMAINDER {}) {}"
            ).format(_part(table, number), name, shards, number, _there(table, number))
        )


def _put_together(connection: Connection, table: Table, shards: int) -> None:
    """Make a view of the foreign tables of a table; it has no policy, and is its owner's alone."""
    execute = _executing(connection)
    name = sql.Identifier(table.name)
    for number in range(shards):
        execute(
            sql.SQL("CREATE FOREIGN TABLE {} ({}) {}").format(
                _part(table, number), _columns(connection, table), _there(table, number)
            )
        )
    execute(sql.SQL("DROP TABLE {}").format(name))
    parts = [sql.SQL("SELECT * FROM {}").format(_part(table, number)) for number in range(shards)]
    execute(sql.SQL("CREATE VIEW {} AS {}").format(name, sql.SQL(" UNION ALL ").join(parts)))


def _columns(connection: Connection, table: Table) -> sql.Composed:
    types = connection.exec_driver_sql(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
        "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        (f'"{table.name}"',),
    )
    return sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in types
    )


def _let_shards_sum(connection: Connection) -> None:
    """Have sums by enterprise computed on the shards, where the front's database is whoever's who asks."""
    mine = connection.exec_driver_sql(
        "SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()"
    ).scalar()
    if mine:
        base = connection.exec_driver_sql("SELECT quote_ident(current_database())").scalar()
        connection.exec_driver_sql(f"ALTER DATABASE {base} SET enable_partitionwise_aggregate = on")


def _server(number: int) -> str:
    return f"shard_{number}"


def _part(table: Table, number: int) -> sql.Identifier:
    return sql.Identifier(f"{table.name}_{number}")


def _there(table: Table, number: int) -> sql.Composed:
    return sql.SQL("SERVER {} OPTIONS (schema_name 'public', table_name {})").format(
        sql.Identifier(_server(number)), table.name
    )


def _round_up(number: int) -> int:
    return -(-number // STRIDE) * STRIDE


def _options(options: dict[str, Any]) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), str(value)) for name, value in options.items()
    )


def _executing(connection: Connection) -> Any:
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    return driver.execute
