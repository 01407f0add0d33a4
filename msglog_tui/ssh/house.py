"""What all connections share: who is in, how many may be, and who must go."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from msglog_tui import endings
from msglog_tui.errors import Refusal
from msglog_tui.ssh.journal import Journal
from msglog_tui.ssh.parking import Parking
from msglog_tui.ssh.roster import Roster
from msglog_tui.ssh.session import Session
from msglog_tui.store.audit import Entry
from msglog_tui.store.engine import Store
from msglog_tui.text import clean

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    import asyncssh

    from msglog_tui.ssh.messages import Message
    from msglog_tui.ssh.roster import Visitor
    from msglog_tui.ssh.settings import Settings
    from msglog_tui.ssh.visit import Visit
    from msglog_tui.types import Identity

_MINUTE: Final = 60.0
_FAREWELL: Final = 2.0
_LONGEST, _LONGEST_NAME = 1000, 80
# Letters that are noted of what somebody did, and of what somebody unknown calls themselves.

CLOSED: Final = "The archive cannot be reached just now. Try again in a minute."
TOO_MANY: Final = "Too many people are logging in just now. Try again in a minute."

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
        store = Store(settings.store)
        self.roster = Roster(store)
        self.parking = Parking(settings.zygote, settings.store if store.file is None else None)
        self.journal = Journal(Store(settings.store))
        self._visits: dict[Visit, Identity] = {}
        self._log_ins: deque[float] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections: set[asyncssh.SSHServerConnection] = set()

    def run(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Do something in the background."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """Send everybody away."""
        for visit in list(self._visits):
            visit.end("The server is stopped. Connect again in a while.")
        await self.parking.close()
        if self._tasks:  # what the sessions have still to say and to note
            await asyncio.wait(self._tasks, timeout=_FAREWELL)
        for connection in list(self._connections):
            connection.close()
        await asyncio.to_thread(self.journal.stop)

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

    def may_log_in(self) -> bool:
        """Count a log-in that begins; false when there have been too many."""
        now = time.monotonic()
        while self._log_ins and self._log_ins[0] < now - _MINUTE:
            self._log_ins.popleft()
        if len(self._log_ins) >= self.settings.limits.logins_a_minute:
            return False
        self._log_ins.append(now)
        return True

    @asynccontextmanager
    async def room(self, visit: Visit) -> AsyncIterator[None]:
        """The place of one visit, from its beginning to its end.

        Raises:
            Refusal: There is none left, or the visitor is no user of the archive.
        """
        limits, visitor = self.settings.limits, visit.visitor
        identity = (await self.roster.admitted([visitor])).get(visitor)
        if identity is None:
            raise Refusal("You are no user of this archive. Ask whoever runs it.")
        if len(self._visits) >= limits.sessions:
            raise Refusal(f"The sessions of this server ({limits.sessions}) are all taken. Try again later.")
        own = sum(other.visitor.login == visitor.login for other in self._visits)
        if own >= limits.per_user:
            raise Refusal(f"You have {own} sessions open, which is all you may have. Close one.")
        self._visits[visit] = identity
        if visit.command is None:
            self._note(visit, "session begins", "")
        else:
            self._note(visit, "command", visit.command)
        try:
            yield
        finally:
            if visit.command is None:
                self._note(visit, "session ends", "")
            del self._visits[visit]

    async def watch(self) -> None:
        """End the sessions of those who may not be here any more, until the server is stopped."""
        while True:
            await asyncio.sleep(self.settings.limits.look)
            here = dict(self._visits)
            if not here:
                continue
            try:
                admitted = await self.roster.admitted({visit.visitor for visit in here})
            except Refusal as error:  # it cannot be read, or takes too long; the next look may tell
                _log.error("%s", error)
                continue
            for visit, began_as in here.items():
                now = admitted.get(visit.visitor)
                if now is None:
                    visit.end(endings.TAKEN_BACK)
                elif now.scope != began_as.scope:
                    visit.end(endings.CHANGED)

    def refused(self, login: str, address: str, why: str, fingerprint: str) -> None:
        """Note that somebody did not get in, whatever they call themselves."""
        shown = clean(login)[:_LONGEST_NAME]
        _log.warning("%s from %s was refused: %s.", shown, address, why)
        self.journal.note(Entry(int(time.time()), shown, "", "log-in refused", why, address, fingerprint))

    def told(self, visit: Visit, message: Message) -> None:
        """Take what the process of a visit reports."""
        if visit not in self._visits:
            return
        if "crash" in message:
            _log.error("A session of %s crashed:\n%s", clean(visit.visitor.login), message["crash"])
        else:
            self._note(visit, str(message["action"]), str(message["detail"]))

    def _note(self, visit: Visit, action: str, detail: str) -> None:
        visitor, user = visit.visitor, self._visits[visit].user
        role = "" if user is None else user.role.value
        shown = clean(detail)[:_LONGEST]
        _log.info("%s from %s: %s %s", clean(visitor.login), visitor.address, action, shown)
        self.journal.note(
            Entry(int(time.time()), visitor.login, role, action, shown, visitor.address, visitor.fingerprint)
        )
