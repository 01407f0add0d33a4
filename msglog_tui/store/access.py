"""Who may see what: the only place where a `Scope` is made, and the only one that turns it into SQL."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, and_, false, select, true

from msglog_tui.errors import NoSuchName, Refusal
from msglog_tui.store import models
from msglog_tui.text import clean
from msglog_tui.types import Identity, Reach, Role, Scope, User

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTHING = Scope(reach=Reach.NOTHING, enterprise_id=None, customer_id=None)
EVERYTHING = Scope(reach=Reach.EVERYTHING, enterprise_id=None, customer_id=None)

OWNED: Mapping[Table, tuple[str, str | None]] = {
    models.enterprise: ("id", None),
    models.customer: ("enterprise_id", "id"),
    models.message: ("enterprise_id", "customer_id"),
    models.delivery: ("enterprise_id", "customer_id"),
    models.customer_traffic: ("enterprise_id", "customer_id"),
    models.customer_running: ("enterprise_id", "customer_id"),
    models.removed_traffic: ("enterprise_id", "customer_id"),
    models.enterprise_traffic: ("enterprise_id", None),
    models.transaction: ("enterprise_id", None),
}
"""For every table: the column that names the enterprise, and the one that names the customer.

A table without the latter holds what belongs to the enterprise as a whole: no customer's scope opens it.
"""


def within(scope: Scope, table: Table, *, by_id: bool = False) -> ColumnElement[bool]:
    """The WHERE clause that keeps a query of `table` inside `scope`.

    Args:
        by_id: Whether the query names its rows by their ids.  The clause then keeps out of the choice of an
            index: to pick fifty messages, a database may walk all of their customer's.
    """

    def owner(column: str) -> ColumnElement[int]:
        return table.c[column] + 0 if by_id else table.c[column]

    enterprise_column, customer_column = OWNED[table]
    match scope.reach:
        case Reach.EVERYTHING:
            return true()
        case Reach.ENTERPRISE if scope.enterprise_id is not None:
            return owner(enterprise_column) == scope.enterprise_id
        case Reach.CUSTOMER if scope.enterprise_id is not None and scope.customer_id is not None:
            if customer_column is None:
                return false()
            return and_(
                owner(enterprise_column) == scope.enterprise_id, owner(customer_column) == scope.customer_id
            )
        case _:
            return false()


def around(scope: Scope) -> ColumnElement[bool]:
    """The WHERE clause for the enterprises whose name and zone `scope` may know.

    A customer's scope knows the enterprise around the customer, though none of its totals.
    """
    if scope.reach is Reach.EVERYTHING:
        return true()
    return false() if scope.enterprise_id is None else models.enterprise.c.id == scope.enterprise_id


def local_operator(login: str) -> Identity:
    """The person who owns the store: whoever can write the file may read all of it anyway."""
    return Identity(User(login, "", Role.OPERATOR, "", ""), EVERYTHING, seen_as=None)


def nobody() -> Identity:
    """Somebody the store does not know, whose scope reaches nothing."""
    return Identity(None, NOTHING, seen_as=None)


def identify(connection: Connection, login: str) -> Identity:
    """Look a login up; somebody the store does not know gets a scope that reaches nothing."""
    row = connection.execute(_users().where(models.user.c.login == login)).one_or_none()
    if row is None:
        return nobody()
    match Role(row.role):
        case Role.OPERATOR:
            scope = EVERYTHING
        case Role.ADMINISTRATOR:
            scope = Scope(reach=Reach.ENTERPRISE, enterprise_id=row.enterprise_id, customer_id=None)
        case Role.CUSTOMER:
            scope = Scope(reach=Reach.CUSTOMER, enterprise_id=row.enterprise_id, customer_id=row.customer_id)
    return Identity(_user(row), scope, seen_as=None)


def named(connection: Connection, scope: Scope, enterprise: str | None, customer: str | None) -> Scope:
    """The scope of an enterprise or a customer within another scope, by their names.

    A name outside the scope is refused in the same words as one that does not exist.

    Raises:
        NoSuchName: There is no such enterprise or customer in scope.
        Refusal: The customer's name is not unique in it.
    """
    if customer is not None:
        rows = connection.execute(
            select(models.customer.c.enterprise_id, models.customer.c.id)
            .join(models.enterprise)
            .where(
                within(scope, models.customer),
                models.customer.c.name == customer,
                true() if enterprise is None else models.enterprise.c.name == enterprise,
            )
            .limit(2)
        ).all()
        if not rows:
            where = f" in {clean(enterprise)}" if enterprise is not None else ""
            raise NoSuchName(
                f"There is no customer {clean(customer)}{where} that you may see. Check the name."
            )
        if len(rows) > 1:
            raise Refusal(
                f"Several enterprises have a customer {clean(customer)}. Name one with --enterprise."
            )
        return customer_scope(scope, rows[0].enterprise_id, rows[0].id)
    if enterprise is not None:
        # A customer's user may name the enterprise around them; it gives no more than they have.
        enterprise_id = connection.scalar(
            select(models.enterprise.c.id).where(around(scope), models.enterprise.c.name == enterprise)
        )
        if enterprise_id is None:
            raise NoSuchName(f"There is no enterprise {clean(enterprise)} that you may see. Check the name.")
        return enterprise_scope(scope, enterprise_id)
    return scope


def names_of(connection: Connection, scope: Scope) -> tuple[str | None, str | None]:
    """The names of the enterprise and the customer that a scope is limited to, as they were imported.

    Raises:
        NoSuchName: They are not there any more.
    """
    enterprise = customer = None
    if scope.enterprise_id is not None:
        table = models.enterprise
        enterprise = connection.scalar(select(table.c.name).where(table.c.id == scope.enterprise_id))
    if scope.customer_id is not None:
        customer = connection.scalar(
            select(models.customer.c.name).where(
                within(scope, models.customer), models.customer.c.id == scope.customer_id
            )
        )
    if (enterprise is None) != (scope.enterprise_id is None) or (customer is None) != (
        scope.customer_id is None
    ):
        raise NoSuchName("That enterprise or customer is not in the archive any more.")
    return enterprise, customer


def enterprise_scope(scope: Scope, enterprise_id: int) -> Scope:
    """What `scope` leaves of one enterprise: never more than either."""
    if scope.reach is Reach.EVERYTHING:
        return Scope(reach=Reach.ENTERPRISE, enterprise_id=enterprise_id, customer_id=None)
    return scope if scope.enterprise_id == enterprise_id else NOTHING


def customer_scope(scope: Scope, enterprise_id: int, customer_id: int) -> Scope:
    """What `scope` leaves of one customer: never more than either."""
    inside = enterprise_scope(scope, enterprise_id)
    if inside.reach is Reach.ENTERPRISE:
        return Scope(reach=Reach.CUSTOMER, enterprise_id=enterprise_id, customer_id=customer_id)
    return inside if inside.customer_id == customer_id else NOTHING


def narrowed(identity: Identity, enterprise_id: int, customer_id: int | None) -> Identity:
    """The same person, looking at one enterprise or one customer of what they may see."""
    if customer_id is None:
        return replace(identity, scope=enterprise_scope(identity.scope, enterprise_id))
    return replace(identity, scope=customer_scope(identity.scope, enterprise_id, customer_id))


def through_customer(
    connection: Connection, identity: Identity, enterprise_id: int, customer_id: int
) -> Identity:
    """The same person, looking through the eyes of one customer in their scope.

    Raises:
        Refusal: The customer is not in scope.
    """
    inside = narrowed(identity, enterprise_id, customer_id)
    names = connection.execute(
        select(models.enterprise.c.name, models.customer.c.name)
        .join(models.customer)
        .where(within(inside.scope, models.customer), models.customer.c.id == customer_id)
    ).one_or_none()
    if names is None:
        raise Refusal("That customer is not in your scope.")
    return replace(inside, seen_as=(clean(names[0]), clean(names[1])))


def add_user(
    connection: Connection,
    *,
    login: str,
    name: str,
    role: Role,
    enterprise: str | None,
    customer: str | None,
    time_zone: str,
) -> None:
    """Add a user, or change the one of that login.

    Raises:
        Refusal: The role does not go with the enterprise and customer given, or there is none of that name.
    """
    wants = {
        Role.OPERATOR: (False, False),
        Role.ADMINISTRATOR: (True, False),
        Role.CUSTOMER: (True, True),
    }[role]
    if (enterprise is not None, customer is not None) != wants:
        needs = {
            Role.OPERATOR: "no enterprise and no customer: an operator sees everything",
            Role.ADMINISTRATOR: "--enterprise and no --customer",
            Role.CUSTOMER: "--enterprise and --customer",
        }[role]
        raise Refusal(f"A user with the role {role} takes {needs}.")
    scope = named(connection, EVERYTHING, enterprise, customer)
    values = {
        "login": login,
        "name": name,
        "role": role.value,
        "enterprise_id": scope.enterprise_id,
        "customer_id": scope.customer_id,
        "time_zone": time_zone,
    }
    changed = connection.execute(models.user.update().where(models.user.c.login == login).values(values))
    if not changed.rowcount:
        connection.execute(models.user.insert().values(values))


def set_time_zone(connection: Connection, enterprise: str, zone: str) -> None:
    """Set the zone in which an enterprise reads dates; empty for none.

    Raises:
        Refusal: There is no enterprise of that name.
    """
    table = models.enterprise
    if not connection.execute(
        table.update().where(table.c.name == enterprise).values(time_zone=zone)
    ).rowcount:
        raise Refusal(f"There is no enterprise {clean(enterprise)}. Check the name.")


def remove_user(connection: Connection, login: str) -> None:
    """Remove a user.

    Raises:
        Refusal: There is no user of that login.
    """
    if not connection.execute(models.user.delete().where(models.user.c.login == login)).rowcount:
        raise Refusal(f"There is no user {clean(login)}. `msglog user list` shows them all.")


def users(connection: Connection) -> list[User]:
    """Every user of the store, by login: for whoever owns the store."""
    return [_user(row) for row in connection.execute(_users().order_by(models.user.c.login))]


def _users() -> Select[*tuple[Any, ...]]:
    return (
        select(
            models.user,
            models.enterprise.c.name.label("enterprise"),
            models.customer.c.name.label("customer"),
        )
        .outerjoin(models.enterprise, models.user.c.enterprise_id == models.enterprise.c.id)
        .outerjoin(
            models.customer,
            and_(
                models.user.c.enterprise_id == models.customer.c.enterprise_id,
                models.user.c.customer_id == models.customer.c.id,
            ),
        )
    )


def _user(row: Row[*tuple[Any, ...]]) -> User:
    return User(
        login=clean(row.login),
        name=clean(row.name),
        role=Role(row.role),
        enterprise=clean(row.enterprise or ""),
        customer=clean(row.customer or ""),
        time_zone=row.time_zone,
    )
