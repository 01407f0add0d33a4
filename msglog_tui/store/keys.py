"""The public keys by which users log in over SSH."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from msglog_tui.errors import Refusal
from msglog_tui.public_key import UserKey
from msglog_tui.store import models
from msglog_tui.text import clean

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from msglog_tui.public_key import PublicKey


def add(connection: Connection, login: str, key: PublicKey, at: int) -> None:
    """Give a user a key.

    Args:
        at: Now, in epoch seconds.

    Raises:
        Refusal: There is no such user, or the key is somebody's already.
    """
    user_id = _user_id(connection, login)
    owner = owner_of(connection, key.data)
    if owner is not None:
        raise Refusal(f"{key.fingerprint} is a key of {clean(owner)} already; a key belongs to one user.")
    connection.execute(
        models.user_key.insert().values(
            user_id=user_id,
            algorithm=key.algorithm,
            fingerprint=key.fingerprint,
            data=key.data,
            comment=key.comment,
            added_at=at,
        )
    )


def remove(connection: Connection, login: str, fingerprint: str) -> None:
    """Take a key away from a user.

    Raises:
        Refusal: There is no such user, or the key is not the user's.
    """
    table = models.user_key
    mine = table.c.user_id == _user_id(connection, login)
    if not connection.execute(table.delete().where(mine, table.c.fingerprint == fingerprint)).rowcount:
        raise Refusal(
            f"{clean(login)} has no key {clean(fingerprint)}. `msglog user key list` shows every key."
        )


def listed(connection: Connection, login: str | None) -> list[UserKey]:
    """The keys of a user, or of everybody: by login, the oldest first.

    Raises:
        Refusal: There is no such user.
    """
    query = (
        select(models.user.c.login, models.user_key)
        .join(models.user_key)
        .order_by(models.user.c.login, models.user_key.c.added_at, models.user_key.c.id)
    )
    if login is not None:
        query = query.where(models.user.c.id == _user_id(connection, login))
    return [
        UserKey(
            login=clean(row.login),
            algorithm=row.algorithm,
            fingerprint=row.fingerprint,
            comment=clean(row.comment),
            added_at=row.added_at,
        )
        for row in connection.execute(query)
    ]


def owner_of(connection: Connection, data: bytes) -> str | None:
    """The login of the user whose key this is; `None` when it is nobody's.

    Args:
        data: The key in the encoding of SSH.
    """
    return connection.scalar(
        select(models.user.c.login).join(models.user_key).where(models.user_key.c.data == data)
    )


def _user_id(connection: Connection, login: str) -> int:
    user_id: int | None = connection.scalar(select(models.user.c.id).where(models.user.c.login == login))
    if user_id is None:
        raise Refusal(f"There is no user {clean(login)}. `msglog user list` shows them all.")
    return user_id
