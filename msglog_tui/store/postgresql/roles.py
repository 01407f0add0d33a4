"""The second lock: row-level security under a role that can only select.

Whoever reads in a scope does it as `READER`, and each transaction says its scope in three settings.  The
policies show the rows of that scope; where no scope is set they show none.  The first lock, the WHERE clause
of `access.within`, is what the indices are used by; the policies are asked of the rows that it leaves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msglog_tui.store import models

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection, Table

    from msglog_tui.types import Scope

READER: Final = "msglog_reader"


def _setting(name: str) -> str:
    return f"current_setting('msglog.{name}', true)"


# In a subquery a setting is read once, not for every row.
_REACH: Final = f"(SELECT {_setting('reach')})"
_ENTERPRISE: Final = f"(SELECT nullif({_setting('enterprise')}, '')::int)"
_CUSTOMER: Final = f"(SELECT nullif({_setting('customer')}, '')::int)"
_EVERYTHING: Final = f"{_REACH} = 'everything'"
_WHOLE: Final = f"{_REACH} = 'enterprise'"
_ANYTHING: Final = f"{_REACH} IN ('everything', 'enterprise', 'customer')"


def _owned(enterprise: str, customer: str) -> str:
    return f"{_EVERYTHING} OR ({enterprise} = {_ENTERPRISE} AND ({_WHOLE} OR {customer} = {_CUSTOMER}))"


_OF_CUSTOMER: Final = _owned("enterprise_id", "customer_id")
_OF_ENTERPRISE: Final = f"{_EVERYTHING} OR (enterprise_id = {_ENTERPRISE} AND {_WHOLE})"
_OF_MESSAGE: Final = "EXISTS (SELECT FROM message WHERE message.id = message_id)"

POLICIES: Final[Mapping[Table, str]] = {
    # The name and the zone of the enterprise around a customer, who may know them.
    models.enterprise: f"{_EVERYTHING} OR id = {_ENTERPRISE}",
    models.customer: _owned("enterprise_id", "id"),
    models.message: _OF_CUSTOMER,
    models.delivery: _OF_CUSTOMER,
    models.delivery_context: _OF_CUSTOMER,
    models.customer_traffic: _OF_CUSTOMER,
    models.customer_running: _OF_CUSTOMER,
    models.removed_traffic: _OF_CUSTOMER,
    models.enterprise_traffic: _OF_ENTERPRISE,
    models.transaction: _OF_ENTERPRISE,
    models.message_outcome: _OF_MESSAGE,
    models.delivery_tally: _OF_MESSAGE,
    models.delivery_block: _OF_MESSAGE,
    # Who signs messages: people of the enterprise, and operators.
    models.user: f"{_EVERYTHING} OR enterprise_id = {_ENTERPRISE} OR (role = 'operator' AND {_ANYTHING})",
    # Nobody's in particular: days, hashes, what providers say of failures, the horizon of detail.
    models.message_day: _ANYTHING,
    models.delivery_key: _ANYTHING,
    models.delivery_reason: _ANYTHING,
    models.retention: _ANYTHING,
}
"""Which rows of a table the scope of a transaction shows; a reader may not read any other table."""


def create(connection: Connection) -> None:
    """Make the role, unless the server has it, its grants and the policies."""
    if not connection.exec_driver_sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{READER}'").scalar():  # noqa: S608
        connection.exec_driver_sql(f"CREATE ROLE {READER} NOLOGIN")
    # Since PostgreSQL 16, whoever makes a role is a member of it who may not become it.
    wanted = "CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END"
    if not connection.exec_driver_sql(f"SELECT pg_has_role('{READER}', {wanted})").scalar():
        connection.exec_driver_sql(f"GRANT {READER} TO CURRENT_USER")
    schema = connection.exec_driver_sql("SELECT quote_ident(current_schema())").scalar()
    connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {schema} TO {READER}")
    connection.exec_driver_sql(f"GRANT SELECT ON alembic_version TO {READER}")
    for table in models.metadata.sorted_tables:
        lock(connection, table)


def lock(connection: Connection, table: Table) -> None:
    """Show readers no more of a new table than its policy."""
    name = f'"{table.name}"'
    connection.exec_driver_sql(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    if table in POLICIES:
        connection.exec_driver_sql(f"GRANT SELECT ON {name} TO {READER}")
        connection.exec_driver_sql(
            f"CREATE POLICY scope ON {name} FOR SELECT TO {READER} USING ({POLICIES[table]})"
        )


def hold_to(scope: Scope | None) -> Iterator[str]:
    """The statements that hold a transaction to a scope; none for `None`."""
    if scope is None:
        return
    yield f"SET LOCAL ROLE {READER}"
    yield f"SET LOCAL msglog.reach = '{scope.reach.value}'"
    for name, number in (("enterprise", scope.enterprise_id), ("customer", scope.customer_id)):
        yield f"SET LOCAL msglog.{name} = '{'' if number is None else int(number)}'"
