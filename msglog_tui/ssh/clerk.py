"""Writes the audit of one session that sshd has started, in a process of its own.

So nobody waits while SQLAlchemy is imported or somebody else writes the store, and the end of a session
whose connection breaks off is noted, too.
"""

from __future__ import annotations

import os
import syslog
import time
from typing import TYPE_CHECKING, Final, NoReturn

from msglog_tui.ssh import messages

if TYPE_CHECKING:
    import socket

_POLITE: Final = 10
# How much the session goes before: the first screen has the processor.

_LONGEST: Final = 1000
# Letters of what somebody did that are noted.


class Clerk:
    """Notes what somebody does, if this process may write the store; else does nothing.

    Args:
        location: The store.
        login: Who has come.
        address: Where they come from.
        fingerprint: The key by which they came; empty if sshd does not tell.
    """

    def __init__(self, location: str, login: str, address: str, fingerprint: str) -> None:
        self._line, theirs = messages.pair()
        if not os.fork():
            self._line.close()
            _work(theirs, location, login, address, fingerprint)
        theirs.close()

    def note(self, action: str, detail: str) -> bool:
        """Have a line written; false when there is nobody who could write it."""
        line: messages.Message = {"at": int(time.time()), "action": action, "detail": detail[:_LONGEST]}
        try:
            messages.send(self._line, line)
        except OSError:
            return False
        return True


def _work(line: socket.socket, location: str, login: str, address: str, fingerprint: str) -> NoReturn:
    """Write until the session has ended; in the child, which never comes back from here."""
    try:
        os.setsid()  # the end of the terminal is not ours
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):  # sshd waits until nobody can write any more
            os.dup2(null, descriptor)
        os.nice(_POLITE)
        _write(line, location, login, address, fingerprint)
    except Exception as error:  # nobody sees a traceback here
        syslog.syslog(syslog.LOG_ERR, f"msglog: the audit cannot be written: {error}")
    finally:
        os._exit(0)


def _write(line: socket.socket, location: str, login: str, address: str, fingerprint: str) -> None:
    from msglog_tui.store import access, audit
    from msglog_tui.store.engine import Store
    from msglog_tui.text import clean

    store = Store(location)
    if not store.writable:
        return
    with store.reading() as connection:
        user = access.identify(connection, login).user
    in_screen = False
    while True:
        message, _ = messages.receive(line)
        if message is None:
            if not in_screen:
                return
            message, in_screen = {"at": int(time.time()), "action": "session ends", "detail": ""}, False
        elif user is None:
            message.update(action="log-in refused", detail="there is no such user")
        else:
            in_screen = in_screen or message["action"] == "session begins"
        role = "" if user is None else user.role.value
        shown = clean(message["detail"])
        entry = audit.Entry(message["at"], clean(login), role, message["action"], shown, address, fingerprint)
        with store.writing() as connection:
            audit.record(connection, [entry])
