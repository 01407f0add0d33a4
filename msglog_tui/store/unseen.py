"""An archive that shows nobody anything, to practise on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msglog_tui.store import access
from msglog_tui.store.engine import DEADLINE, Store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

    from msglog_tui.cancel import Cancel
    from msglog_tui.types import Scope


class Unseen(Store):
    """An archive on a server, which shows no row of it, in whatever scope one asks.

    Args:
        store: The archive.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store.location)
        self._store = store

    def reading(
        self,
        cancel: Cancel | None = None,
        seconds: float | None = DEADLINE,
        scope: Scope | None = None,  # noqa: ARG002 - whose rows it would show
    ) -> AbstractContextManager[Connection]:
        """As of any store, but held to nothing by the server."""
        return self._store.reading(cancel, seconds, access.NOTHING)

    def near(self, enterprise_id: int) -> Store:  # noqa: ARG002 - no shard is asked
        """This one."""
        return self

    @property
    def parts(self) -> Sequence[Store]:
        """This one."""
        return [self]
