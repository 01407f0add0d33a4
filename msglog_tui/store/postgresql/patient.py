"""A connection that does not wait for ever.

The deadline of a question is the server's to keep.  Where it cannot be heard any more, because a network or a
machine stands still, somebody here has to stop waiting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import psycopg

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg.abc import PQGen

R = TypeVar("R")

_GLANCE: Final = 0.1
# Seconds between two looks whether to give up.


class PatientConnection(psycopg.Connection[Any]):
    """A connection whose waiting somebody may end; it is lost then.

    Attributes:
        gives_up: Whether to wait no longer; asked while nothing comes.
    """

    gives_up: Callable[[], bool] | None = None

    def wait(self, gen: PQGen[R], interval: float = _GLANCE, timeout: float | None = None) -> R:
        """Wait until a conversation with the server has come to its end.

        Raises:
            psycopg.OperationalError: It was given up.
        """
        return super().wait(gen if self.gives_up is None else self._patiently(gen), interval, timeout)

    def _patiently(self, conversation: PQGen[R]) -> PQGen[R]:
        try:
            wanted = next(conversation)
            while True:
                ready = yield wanted
                if not ready and self.gives_up is not None and self.gives_up():
                    self.pgconn.finish()
                    raise psycopg.OperationalError("the server does not answer")
                wanted = conversation.send(ready)
        except StopIteration as end:
            result: R = end.value
            return result
