"""The side door: for those whom an sshd of this machine has let in, by `msglog attach`.

It is a socket in the file system that belongs to the server's account and is closed to all others, but for a
group if one is named.  Who is calling is asked of the kernel.  The server's own account, and root, could read
the archive anyway, and may say for whom they call; anybody else is who their account is.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import socket
import stat
import struct
from typing import TYPE_CHECKING, Final, NoReturn

from msglog_tui.endings import LIMITED
from msglog_tui.errors import DateError, Refusal
from msglog_tui.ssh import attach, origin
from msglog_tui.ssh.attached import Attached, Claims, tell
from msglog_tui.ssh.house import TOO_MANY
from msglog_tui.ssh.roster import Visitor
from msglog_tui.ssh.visit import MISUSED
from msglog_tui.text import clean

if TYPE_CHECKING:
    from pathlib import Path

    from msglog_tui.ssh.house import House

_REFUSED: Final = 1
_ACCOUNT: Final = "%u"
# How one would have sshd name the account; unlike elsewhere, it leaves that in a ForceCommand as it is.

_GRACE: Final = 5.0
# Seconds for saying who one is, which is done before anything else.

_WAITING: Final = 100
_CREDENTIALS: Final = struct.calcsize("3i")

_log = logging.getLogger(__name__)


class SideDoor:
    """Takes the calls of `msglog attach`.

    Args:
        house: The server.
        path: Where the socket lies.
        group: Number of the group whose members may call, too; `None` for nobody.

    Raises:
        Refusal: The socket cannot be made there.
    """

    def __init__(self, house: House, path: Path, group: int | None) -> None:
        self._house = house
        self._path = path
        self._listener = _listen(path, group)
        self._inode = path.stat().st_ino
        self._waiting = 0

    async def serve(self) -> None:
        """Let people in until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                line, _ = await loop.sock_accept(self._listener)
            except OSError as error:  # no descriptor left, or the caller gave up while it queued
                _log.warning("A call of msglog attach could not be taken: %s.", error.strerror)
                await asyncio.sleep(0.1)
                continue
            line.settimeout(0)
            if self._waiting >= _WAITING:
                tell(line, TOO_MANY, LIMITED)
                line.close()
                continue
            self._waiting += 1
            self._house.run(self._welcome(line))

    def close(self) -> None:
        """Take the socket away, unless it is another server's by now."""
        self._listener.close()
        with contextlib.suppress(OSError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()

    async def _welcome(self, line: socket.socket) -> None:
        with line:
            try:
                visit = await self._come_in(line)
            except Refusal as error:
                tell(line, str(error), MISUSED if isinstance(error, DateError) else _REFUSED)
                return
            except (OSError, TimeoutError) as error:
                _log.debug("Nobody came in: %s", error)
                return
            finally:
                self._waiting -= 1
            try:
                await visit.live()
            finally:
                visit.close()

    async def _come_in(self, line: socket.socket) -> Attached:
        """Find out who it is.

        Raises:
            Refusal: They may not come in.
            OSError: They say nothing.
        """
        async with asyncio.timeout(_GRACE):
            said = await asyncio.get_running_loop().sock_recv(line, attach.LONGEST)
        if not said:
            raise ConnectionError("it was closed")
        claims = Claims.parse(said)
        account, login = _who(line, claims.login)
        address, call = origin.address_and_call(claims.connection, account, claims.host)
        proof = origin.fingerprint_of(claims.proof)
        visitor = Visitor(login, key=b"", fingerprint=proof, certified=True, address=clean(address))
        if not self._house.may_log_in():
            self._refuse(visitor, "too many log-ins in a minute", TOO_MANY)
        if not await self._house.roster.knows(login):
            sentence = f"There is no user {clean(login)!r} in this archive. Ask whoever runs it."
            self._refuse(visitor, "there is no such user", sentence)
        return Attached(self._house, visitor, line, claims, clean(call))

    def _refuse(self, visitor: Visitor, why: str, sentence: str) -> NoReturn:
        self._house.refused(visitor.login, visitor.address, why, visitor.fingerprint)
        raise Refusal(sentence)


def _who(line: socket.socket, claimed: str | None) -> tuple[str, str]:
    """The account that is calling, and the login of whom it calls for.

    Raises:
        Refusal: It may not call for them.
    """
    uid = _uid_of(line)
    account = origin.account(uid)
    if claimed in (None, _ACCOUNT):
        return account, account
    if claimed != account and uid not in (0, os.geteuid()):
        raise Refusal(f"You are {account} here, and nobody else. Leave --as out.")
    return account, claimed


def _uid_of(line: socket.socket) -> int:
    """The account at the other end, by the kernel's word."""
    _, uid, _ = struct.unpack("3i", line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS))
    return int(uid)


def _listen(path: Path, group: int | None) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        _clear(path)
        mask = os.umask(0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(mask)
        if group is not None:
            os.chown(path, -1, group)
            path.chmod(0o660)
        listener.listen(_WAITING)
        listener.settimeout(0)
    except OSError as error:
        listener.close()
        why = error.strerror or error  # a path that is too long has no number of the system's
        raise Refusal(f"{path} cannot be listened on: {why}. Choose another path with --socket.") from error
    return listener


def _clear(path: Path) -> None:
    """Take a socket away that a server has left behind which was killed.

    Raises:
        OSError: There is something else, or somebody listens.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as caller:
        try:
            caller.connect(str(path))
        except ConnectionRefusedError:
            if not stat.S_ISSOCK(path.lstat().st_mode):  # a file refuses connections, too
                raise OSError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
            path.unlink()
        except FileNotFoundError:
            return
        else:
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
