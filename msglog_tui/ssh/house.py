"""What all connections share: who is in, how many may be, and who must go."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from msglog_tui.errors import Refusal, StoreError
from msglog_tui.ssh.parking import Parking
from msglog_tui.ssh.roster import Roster
from msglog_tui.ssh.session import Session
from msglog_tui.store.engine import Store
from msglog_tui.text import clean

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

    import asyncssh

    from msglog_tui.ssh.messages import Message
    from msglog_tui.ssh.roster import Visitor
    from msglog_tui.ssh.settings import Settings
    from msglog_tui.types import Identity

_MINUTE: Final = 60.0

_log = logging.getLogger(__name__)


class House:
    """The server, but for its door.

    Args:
        settings: How it is run.
        authorities: Public keys of those who may certify users, in the encoding of SSH.
    """

    def __init__(self, settings: Settings, authorities: frozenset[bytes]) -> None:
        self.settings = settings
        self.authorities = authorities
        self.roster = Roster(Store(settings.store))
        self.parking = Parking(settings.zygote)
        self._sessions: dict[Session, Identity] = {}
        self._log_ins: deque[float] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections: set[asyncssh.SSHServerConnection] = set()

    def run(self, work: Coroutine[object, object, None]) -> None:
        """Do something in the background."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Send everybody away."""
        for session in list(self._sessions):
            session.end("The server is stopped. Connect again in a while.")
        await self.parking.close()
        for connection in list(self._connections):
            connection.close()

    def keep(self, connection: asyncssh.SSHServerConnection) -> None:
        """Remember an open connection until it is closed."""
        self._connections.add(connection)

        async def forget() -> None:
            await connection.wait_closed()
            self._connections.discard(connection)

        self.run(forget())

    def session(self, visitor: Visitor) -> Session:
        """A session for somebody who has come in."""
        return Session(self, visitor)

    @property
    def sessions(self) -> list[Session]:
        """The sessions that are open."""
        return list(self._sessions)

    def may_log_in(self) -> bool:
        """Count a log-in that begins; false when there have been too many."""
        now = time.monotonic()
        while self._log_ins and self._log_ins[0] < now - _MINUTE:
            self._log_ins.popleft()
        if len(self._log_ins) >= self.settings.limits.logins_a_minute:
            return False
        self._log_ins.append(now)
        return True

    @contextmanager
    def room(self, session: Session) -> Iterator[None]:
        """The place of one session, from its beginning to its end.

        Raises:
            Refusal: There is none left, or the user is not one any more.
        """
        limits, visitor = self.settings.limits, session.visitor
        identity = self.roster.admitted([visitor]).get(visitor)
        if identity is None:
            raise Refusal("You are no longer a user of this archive. Ask whoever runs it.")
        if len(self._sessions) >= limits.sessions:
            raise Refusal(f"The sessions of this server ({limits.sessions}) are all taken. Try again later.")
        own = sum(other.visitor.login == visitor.login for other in self._sessions)
        if own >= limits.per_user:
            raise Refusal(f"You have {own} sessions open, which is all you may have. Close one.")
        self._sessions[session] = identity
        _log.info("%s from %s begins a session.", clean(visitor.login), visitor.address)
        try:
            yield
        finally:
            del self._sessions[session]
            _log.info("%s from %s has left.", clean(visitor.login), visitor.address)

    async def watch(self) -> None:
        """End the sessions of those who may not be here any more, until the server is stopped."""
        while True:
            await asyncio.sleep(self.settings.limits.look)
            try:
                admitted = self.roster.admitted({session.visitor for session in self._sessions})
            except StoreError as error:
                _log.error("%s", error)
                continue
            for session, began_as in list(self._sessions.items()):
                now = admitted.get(session.visitor)
                if now is None:
                    session.end("Your access was taken back. Ask whoever runs this archive.")
                elif now.scope != began_as.scope:
                    session.end("What you may see has changed. Connect again.")

    def refused(self, login: str, address: str, why: str, key: bytes) -> None:  # noqa: ARG002
        """Note that somebody did not get in."""
        _log.warning("%s from %s was refused: %s.", login, address, why)

    def told(self, session: Session, message: Message) -> None:
        """Take what a session reports."""
        if "crash" in message:
            _log.error("A session of %s crashed:\n%s", clean(session.visitor.login), message["crash"])
