"""The front of a sharded archive: its tables are partitions of what lies on other servers.

Every shard is an archive by itself, with all messages of its enterprises and their totals.  The front has
the enterprises, customers and users, and reads the rest through `postgres_fdw`; an enterprise's number says
by its hash on which shard it lies.  Nothing is written through the front: an upsert cannot be, and the totals
are best kept where the messages are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from psycopg import conninfo, sql

from msglog_tui.store import models
from msglog_tui.store.postgresql import roles

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg
    from sqlalchemy import Connection, Table

TABLES: Final = (
    models.message,
    models.transaction,
    models.enterprise_traffic,
    models.customer_traffic,
    models.customer_running,
    models.removed_traffic,
)
"""What lies on the shards."""

STRIDE: Final = 64
"""How many shards an archive may have: the numbers of their messages are this far apart."""

_SECRET: Final[tuple[str, ...]] = ("user", "password", "passfile", "sslpassword", "sslkey")
# What says who connects rather than where to.

_SERVER: Final = {
    "async_capable": "true",  # all shards at once
    "fetch_size": "10000",
    "use_remote_estimate": "false",  # a question before every question
    "fdw_startup_cost": "1",
}


def set_up(connection: Connection, locations: Sequence[str]) -> None:
    """Make an archive that has no messages yet the front of shards.

    Args:
        locations: The URLs of the shards.
    """
    execute = _executing(connection)
    execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS postgres_fdw"))
    execute(sql.SQL("CREATE TABLE shard (number integer PRIMARY KEY, location text NOT NULL)"))
    for number, location in enumerate(locations):
        execute(sql.SQL("INSERT INTO shard VALUES ({}, {})").format(number, location))
        settings: dict[str, Any] = conninfo.conninfo_to_dict(location)
        secret = {name: settings.pop(name) for name in _SECRET if name in settings}
        server = sql.Identifier(f"shard_{number}")
        execute(
            sql.SQL("CREATE SERVER {} FOREIGN DATA WRAPPER postgres_fdw OPTIONS ({})").format(
                server, _options(settings | _SERVER)
            )
        )
        if "password" not in secret:
            # Readers are nobody's superusers; a superuser alone may let them through without a password.
            secret["password_required"] = "false"  # noqa: S105 - a switch
        mapping = sql.SQL("CREATE USER MAPPING FOR PUBLIC SERVER {} OPTIONS ({})")
        execute(mapping.format(server, _options(secret)))
    for table in TABLES:
        _spread(connection, table, len(locations))


def number_apart(connection: Connection, number: int) -> None:
    """Let a shard give numbers that no other shard gives."""
    execute = _executing(connection)
    for table in (models.message, models.transaction):
        sequence = connection.exec_driver_sql(
            "SELECT pg_get_serial_sequence(%s, 'id')", (f'"{table.name}"',)
        ).scalar_one()
        statement = f"ALTER SEQUENCE {sequence} INCREMENT BY {STRIDE} RESTART WITH {number + 1}"
        execute(statement)


def locations(connection: Connection) -> list[str]:
    """The URLs of the shards behind an archive; none when it has none."""
    if not connection.exec_driver_sql("SELECT to_regclass('shard') IS NOT NULL").scalar():
        return []
    return list(connection.exec_driver_sql("SELECT location FROM shard ORDER BY number").scalars())


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
    execute = _executing(connection)
    name, whole = sql.Identifier(table.name), sql.Identifier(f"{table.name}_spread")
    execute(sql.SQL("CREATE TABLE {} (LIKE {}) PARTITION BY HASH (enterprise_id)").format(whole, name))
    execute(sql.SQL("DROP TABLE {} CASCADE").format(name))
    execute(sql.SQL("ALTER TABLE {} RENAME TO {}").format(whole, name))
    roles.lock(connection, table)
    for number in range(shards):
        execute(
            sql.SQL(
                "CREATE FOREIGN TABLE {} PARTITION OF {} FOR VALUES WITH (MODULUS {}, REMAINDER {}) "
                "SERVER {} OPTIONS (schema_name 'public', table_name {})"
            ).format(
                sql.Identifier(f"{table.name}_{number}"),
                name,
                shards,
                number,
                sql.Identifier(f"shard_{number}"),
                table.name,
            )
        )


def _options(options: dict[str, Any]) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), str(value)) for name, value in options.items()
    )


def _executing(connection: Connection) -> Any:
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    return driver.execute
