"""Packages and top-ups, newest first by the date they were requested."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, select, tuple_

from msglog_tui.store.access import within
from msglog_tui.store.models import customer, enterprise, transaction
from msglog_tui.text import clean
from msglog_tui.types import Channel, Ledger, Scope, Transaction, TransactionKind, TransactionStatus, Window

if TYPE_CHECKING:
    from collections.abc import Iterator

_STREAM_PAGE = 2_000


def count(scope: Scope, connection: Connection, window: Window, ledger: Ledger) -> int:
    """How many transactions a list has in the window."""
    clauses = _of(scope, window, ledger)
    return connection.scalar(select(func.count()).select_from(transaction).where(*clauses)) or 0


def page(
    scope: Scope, connection: Connection, window: Window, ledger: Ledger, first: int, limit: int
) -> list[Transaction]:
    """Transactions of a list from a row number on; the rows before it are passed over in the index alone."""
    ids = (
        select(transaction.c.id)
        .where(*_of(scope, window, ledger))
        .order_by(transaction.c.requested_at.desc(), transaction.c.id.desc())
        .offset(first)
        .limit(limit)
    )
    rows = connection.execute(
        _whole(scope, by_id=True)
        .where(transaction.c.id.in_(ids))
        .order_by(transaction.c.requested_at.desc(), transaction.c.id.desc())
    )
    return [_transaction(row) for row in rows]


def row_of(
    scope: Scope, connection: Connection, window: Window, ledger: Ledger, transaction_id: int
) -> int | None:
    """Row number of a transaction in a list, `None` when it is not in it."""
    clauses = _of(scope, window, ledger)
    at = connection.scalar(
        select(transaction.c.requested_at).where(*clauses, transaction.c.id == transaction_id)
    )
    if at is None:
        return None
    newer = tuple_(transaction.c.requested_at, transaction.c.id) > tuple_(at, transaction_id)
    return connection.scalar(select(func.count()).select_from(transaction).where(*clauses, newer)) or 0


def current_package(
    scope: Scope, connection: Connection, window: Window, enterprise_id: int, customer_id: int | None
) -> Transaction | None:
    """The package last processed before the window ends: the customer's, or the enterprise's own."""
    row = connection.execute(
        _whole(scope)
        .where(
            transaction.c.enterprise_id == enterprise_id,
            transaction.c.customer_id.is_not_distinct_from(customer_id),
            transaction.c.kind == TransactionKind.PACKAGE.value,
            transaction.c.status == TransactionStatus.PROCESSED.value,
            transaction.c.requested_at < window.after,
        )
        .order_by(transaction.c.requested_at.desc(), transaction.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else _transaction(row)


def stream(
    scope: Scope,
    connection: Connection,
    window: Window,
    kind: TransactionKind | None,
    customer_id: int | None,
    status: TransactionStatus | None,
) -> Iterator[Transaction]:
    """Every transaction in scope and window, enterprise by enterprise by name, each newest first.

    Args:
        kind: Packages or top-ups; `None` for both.
        customer_id: Only this customer's; `None` for all.
        status: Only these; `None` for every status.
    """
    owners = connection.execute(
        select(enterprise.c.id)
        .where(within(scope, enterprise))
        .order_by(enterprise.c.sort_name, enterprise.c.id)
    ).scalars()
    clauses: list[ColumnElement[bool]] = []
    if kind is not None:
        clauses.append(transaction.c.kind == kind.value)
    if customer_id is not None:
        clauses.append(transaction.c.customer_id == customer_id)
    if status is not None:
        clauses.append(transaction.c.status == status.value)
    for enterprise_id in owners.all():
        after = (window.after, 0)
        while True:
            rows = connection.execute(
                _whole(scope)
                .where(
                    transaction.c.enterprise_id == enterprise_id,
                    transaction.c.requested_at >= window.first,
                    tuple_(transaction.c.requested_at, transaction.c.id) < tuple_(*after),
                    *clauses,
                )
                .order_by(transaction.c.requested_at.desc(), transaction.c.id.desc())
                .limit(_STREAM_PAGE)
            ).all()
            yield from map(_transaction, rows)
            if len(rows) < _STREAM_PAGE:
                break
            after = (rows[-1].requested_at, rows[-1].id)


def _of(scope: Scope, window: Window, ledger: Ledger) -> list[ColumnElement[bool]]:
    clauses = [
        within(scope, transaction),
        transaction.c.enterprise_id == ledger.enterprise_id,
        transaction.c.kind == ledger.kind.value,
        transaction.c.requested_at >= window.first,
        transaction.c.requested_at < window.after,
    ]
    if ledger.customer_id is not None:
        clauses.append(transaction.c.customer_id == ledger.customer_id)
    if ledger.status is not None:
        clauses.append(transaction.c.status == ledger.status.value)
    return clauses


def _whole(scope: Scope, *, by_id: bool = False) -> Select[*tuple[Any, ...]]:
    """Transactions with the names around them."""
    return (
        select(transaction, enterprise.c.name.label("enterprise"), customer.c.name.label("customer"))
        .join(enterprise, enterprise.c.id == transaction.c.enterprise_id)
        .outerjoin(
            customer,
            and_(
                customer.c.enterprise_id == transaction.c.enterprise_id,
                customer.c.id == transaction.c.customer_id,
            ),
        )
        .where(within(scope, transaction, by_id=by_id))
    )


def _transaction(row: Row[*tuple[Any, ...]]) -> Transaction:
    return Transaction(
        enterprise_id=row.enterprise_id,
        customer_id=row.customer_id,
        id=row.id,
        enterprise=clean(row.enterprise),
        customer=clean(row.customer or ""),
        external_id=clean(row.external_id),
        kind=TransactionKind(row.kind),
        description=clean(row.description),
        channel=Channel(row.channel),
        credits=row.credits,
        amount=row.amount,
        currency=clean(row.currency),
        status=TransactionStatus(row.status),
        requested_at=row.requested_at,
        processed_at=row.processed_at,
        requested_by=clean(row.requested_by),
        reference=clean(row.reference),
    )
