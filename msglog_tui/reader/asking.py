"""How a question comes to the store: as whom, where what it is about lies, and until when."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from msglog_tui.errors import Cancelled, StoreError
from msglog_tui.store import access
from msglog_tui.store.engine import DEADLINE, Store
from msglog_tui.store.queries import tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

    from msglog_tui.cancel import Cancel
    from msglog_tui.types import Identity, Scope

P = ParamSpec("P")
R = TypeVar("R")


class Asker:
    """Asks a store as somebody.

    Args:
        store: The archive.
        identity: Who reads, with what scope.
        seconds: How long an answer may take; `None` for as long as it wants.
        attached: An older archive, which still has messages that were removed from this one.

    Attributes:
        identity: Who reads.
    """

    def __init__(
        self,
        store: Store,
        identity: Identity,
        *,
        seconds: float | None = DEADLINE,
        attached: Store | None = None,
    ) -> None:
        self._store = store
        self._seconds = seconds
        self._attached = attached
        self.identity = identity

    @property
    def scope(self) -> Scope:
        """What this reader may see."""
        return self.identity.scope

    def _ask_everywhere(
        self,
        cancel: Cancel | None,
        query: Callable[Concatenate[Scope, Connection, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> list[R]:
        """Ask every store that has messages in scope: one, but for the shards of an archive, all at once."""
        return _all_of(self._answers(cancel, query, *args, **kwargs))

    def _ask_reached(
        self,
        cancel: Cancel | None,
        query: Callable[Concatenate[Scope, Connection, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> tuple[list[R], tuple[str, ...]]:
        """Ask every store as `_ask_everywhere`, and go without those that cannot be read.

        Returns:
            The answers, of which there is one at least, and a sentence for each store without one.
        """
        answers = self._answers(cancel, query, *args, **kwargs)
        missing = tuple(str(answer) for answer in answers if isinstance(answer, StoreError))
        if len(missing) == len(answers):
            return _all_of(answers), ()
        return _all_of([answer for answer in answers if not isinstance(answer, StoreError)]), missing

    def _answers(
        self,
        cancel: Cancel | None,
        query: Callable[Concatenate[Scope, Connection, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> list[R | Exception]:
        """What every store that has messages in scope answers, or why it does not."""
        place = self.scope.enterprise_id
        stores = self._store.parts if place is None else [self._store.near(place)]

        answers: list[R | Exception] = [Cancelled()] * len(stores)

        def ask(number: int) -> None:
            try:
                with stores[number].reading(cancel, self._seconds, self.scope) as connection:
                    answers[number] = query(self.scope, connection, *args, **kwargs)
            except Exception as error:
                answers[number] = error

        # A process that ends does not wait for them, as it would for those of a pool.
        threads = [Thread(target=ask, args=(number,), daemon=True) for number in range(1, len(stores))]
        for thread in threads:
            thread.start()
        ask(0)
        for thread in threads:
            thread.join()
        return answers

    def _ask_near(
        self,
        enterprise_id: int | None,
        cancel: Cancel | None,
        query: Callable[Concatenate[Scope, Connection, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Ask where an enterprise lies; without one, where the one in scope lies, if there is but one."""
        place = self.scope.enterprise_id if enterprise_id is None else enterprise_id
        store = self._store if place is None else self._store.near(place)
        with store.reading(cancel, self._seconds, self.scope) as connection:
            return query(self.scope, connection, *args, **kwargs)

    def _stream(
        self,
        cancel: Cancel | None,
        query: Callable[Concatenate[Scope, Connection, P], Iterator[R]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Iterator[R]:
        """Read rows enterprise by enterprise, by name; of several shards each where it lies."""
        place = self.scope.enterprise_id
        if place is None and self._store.is_spread:
            for enterprise_id in self._ask(cancel, tree.enterprise_ids):
                scope = access.enterprise_scope(self.scope, enterprise_id)
                with self._store.near(enterprise_id).reading(cancel, None, scope) as connection:
                    yield from query(scope, connection, *args, **kwargs)
            return
        store = self._store if place is None else self._store.near(place)
        with store.reading(cancel, None, self.scope) as connection:
            yield from query(self.scope, connection, *args, **kwargs)

    def _ask(
        self,
        cancel: Cancel | None,
        query: Callable[Concatenate[Scope, Connection, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Ask the archive itself; of shards, the one database before them."""
        with self._store.reading(cancel, self._seconds, self.scope) as connection:
            return query(self.scope, connection, *args, **kwargs)


def _all_of(answers: Sequence[R | Exception]) -> list[R]:
    """Answers of which none is missing.

    Raises:
        Refusal, Cancelled: The first reason of those that are.
    """
    found = []
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
        found.append(answer)
    return found
