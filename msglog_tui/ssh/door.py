"""The door: who comes in, by which proof."""

from __future__ import annotations

import logging
from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final

import asyncssh

from msglog_tui.errors import Refusal
from msglog_tui.public_key import ALGORITHMS, fingerprint
from msglog_tui.ssh.house import CLOSED, TOO_MANY
from msglog_tui.ssh.roster import Visitor
from msglog_tui.text import clean

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from msglog_tui.ssh.house import House

_TRIES: Final = 20
# Keys that one connection may offer: an agent full of them is no attack, a thousand are.

_log = logging.getLogger(__name__)


class Door(asyncssh.SSHServer):
    """One connection: lets users of the store in by their key, or by a certificate for their login.

    All that could be asked for besides a session (forwarding of ports, sockets and tunnels) is refused by
    the methods that are not overridden here.

    Args:
        house: The server.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._address = ""
        self._offered = b""
        self._tries = 0
        self._proof: Visitor | None = None
        self._why = "it offered no key"
        self.visitor: Visitor | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Take note of who knocks."""
        self._connection = conn
        peer = conn.get_extra_info("peername") or ("?",)
        self._address = clean(str(peer[0]))
        # AsyncSSH tells us the key of the authority, not the certificate: its principals are looked at here.
        validate = conn.validate_public_key

        async def remember(username: str, key_data: bytes, msg: bytes, signature: bytes) -> bool:
            self._offered = key_data
            return await validate(username, key_data, msg, signature)

        _replace(conn, "validate_public_key", remember)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Write down who did not get in."""
        login = self._connection.get_extra_info("username") or self._login
        if self.visitor is None and login:
            shown = fingerprint(self._offered) if self._offered else ""
            self._house.refused(login, self._address, self._why, shown)

    _login = ""

    def begin_auth(self, username: str) -> bool:
        """Ask everybody for a proof; refuse when too many come at once."""
        first, self._login = not self._login, username
        if first and not self._house.may_log_in():
            self._why = "too many log-ins in a minute"
            self._connection.disconnect(asyncssh.DISC_TOO_MANY_CONNECTIONS, TOO_MANY)
        return True

    def public_key_auth_supported(self) -> bool:
        """Keys are the only proof."""
        return True

    def password_auth_supported(self) -> bool:
        """There are no passwords."""
        return False

    def kbdint_auth_supported(self) -> bool:
        """There are no questions either."""
        return False

    async def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Whether a key is that user's; the signature is checked afterwards."""
        return await self._looked_up(username, key.public_data, certified=False)

    async def validate_ca_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Whether a certificate by this authority opens the door to that user."""
        if key.public_data not in self._house.authorities:
            self._why = "its certificate is by an authority that is not trusted"
            return False
        algorithm = self._offered[4 : 4 + int.from_bytes(self._offered[:4], "big")]
        certificate: Any = asyncssh.import_certificate(algorithm + b" " + b64encode(self._offered))
        # AsyncSSH takes a certificate without principals as one for everybody.
        if username not in certificate.principals:
            self._why = "its certificate is for somebody else"
            return False
        return await self._looked_up(username, certificate.key.public_data, certified=True)

    async def _looked_up(self, login: str, key: bytes, *, certified: bool) -> bool:
        self._tries += 1
        if self._tries > _TRIES:
            self._why = "it offered too many keys"
            self._connection.disconnect(
                asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE,
                "Too many keys were offered. Name the right one with ssh -i.",
            )
            return False
        algorithm = key[4 : 4 + int.from_bytes(key[:4], "big")].decode("ascii", "replace")
        roster = self._house.roster
        try:
            known = await (roster.knows(login) if certified else roster.owns(login, key))
        except Refusal as error:
            _log.error("%s", error)
            self._why = "the store could not be read"
            self._connection.disconnect(asyncssh.DISC_SERVICE_NOT_AVAILABLE, CLOSED)
            return False
        known = known and algorithm in ALGORITHMS
        self._why = "the log-in was not finished" if known else "its key is not the user's"
        if known:
            self._proof = Visitor(login, key, fingerprint(key), certified, self._address)
        return known

    def auth_completed(self) -> None:
        """Let in whoever has proved to be whom they say."""
        proof = self._proof
        if proof is not None and proof.login == self._connection.get_extra_info("username"):
            self.visitor = proof
            self._house.keep(self._connection)
        else:
            self._connection.abort()

    def session_requested(self) -> asyncssh.SSHServerSession[bytes] | bool:
        """Offer what there is: a screen or a command."""
        return False if self.visitor is None else self._house.session(self.visitor)


def _replace(
    connection: asyncssh.SSHServerConnection, name: str, method: Callable[..., Awaitable[bool]]
) -> None:
    setattr(connection, name, method)
