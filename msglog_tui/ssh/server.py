"""Listening, and the keys and algorithms with which it is done."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

import asyncssh

from msglog_tui import public_key
from msglog_tui.errors import Refusal
from msglog_tui.ssh import exchange
from msglog_tui.ssh.attach import socket_of
from msglog_tui.ssh.door import Door
from msglog_tui.ssh.flood import Floodgate, WaitingRoom, network_of
from msglog_tui.ssh.house import House
from msglog_tui.ssh.side_door import SideDoor

if TYPE_CHECKING:
    from collections.abc import Callable

    from msglog_tui.ssh.settings import Settings

_CIPHERS: Final = ("aes256-gcm@openssh.com", "aes128-gcm@openssh.com")
_MACS: Final = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com")
_COMPRESSIONS: Final = ("none", "zlib@openssh.com")

_KEEPALIVE: Final = 20
_UNANSWERED: Final = 3
_WAITING: Final = 100
# Connections that have not logged in, at most.

_log = logging.getLogger(__name__)


class Server:
    """Lets people in until it is told to stop.

    Args:
        settings: How it is run.

    Raises:
        Refusal: A key cannot be read, or the address is taken.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._host_key = _host_key(settings.host_key)
        self._house = House(settings, _authorities(settings.trusted_ca))
        self._gate = Floodgate()
        self._waiting: WaitingRoom[asyncio.Task[None]] = WaitingRoom(_WAITING)

    async def run(self, listening: Callable[[int], None]) -> None:
        """Serve until cancelled.

        Args:
            listening: Told the port when people can come.
        """
        limits = self._settings.limits
        self._options = await asyncssh.SSHServerConnectionOptions.construct(
            server_factory=lambda: Door(self._house),
            server_host_keys=[self._host_key],
            server_version="msglog",
            public_key_auth=True,
            password_auth=False,
            kbdint_auth=False,
            host_based_auth=False,
            gss_auth=False,
            gss_kex=False,
            x11_forwarding=False,
            agent_forwarding=False,
            allow_scp=False,
            encoding=None,
            line_editor=False,
            kex_algs=[*exchange.offered(), *(exchange.OLD if self._settings.old_clients else ())],
            encryption_algs=list(_CIPHERS),
            mac_algs=list(_MACS),
            compression_algs=list(_COMPRESSIONS),
            signature_algs=_signatures(),
            login_timeout=limits.grace,
            keepalive_interval=_KEEPALIVE,
            keepalive_count_max=_UNANSWERED,
            tcp_keepalive=True,
        )
        sockets = await _listen(self._settings.host, self._settings.port)
        side_door = self._side_door()
        self._house.journal.start()
        self._house.parking.start()
        tasks = [asyncio.create_task(self._house.watch())]
        tasks += [asyncio.create_task(self._accept(each)) for each in sockets]
        if side_door is not None:
            tasks.append(asyncio.create_task(side_door.serve()))
        listening(sockets[0].getsockname()[1])
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            for each in sockets:
                each.close()
            if side_door is not None:
                side_door.close()
            await self._house.close()

    def _side_door(self) -> SideDoor | None:
        """The socket for `msglog attach`.  Where nobody has asked for it, it need not be."""
        settings = self._settings
        if settings.socket is not None:
            return SideDoor(self._house, settings.socket, settings.socket_group)
        if "://" in settings.store:
            return None
        try:
            return SideDoor(self._house, Path(socket_of(settings.store)), settings.socket_group)
        except Refusal as error:
            _log.warning("Nobody can attach: %s", error)
            return None

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, peer = await loop.sock_accept(listener)
            except OSError as error:  # no descriptor left, or the client gave up while it queued
                _log.warning("A connection could not be taken: %s.", error.strerror)
                await asyncio.sleep(0.1)
                continue
            connection.settimeout(0)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            where = network_of(str(peer[0]))
            welcome = self._house.run(self._welcome(connection, self._gate.delay(where)))
            welcome.add_done_callback(self._waiting.leave)
            gone = self._waiting.enter(welcome, where)
            if gone is not None:
                gone.cancel()

    async def _welcome(self, connection: socket.socket, delay: float) -> None:
        try:
            try:
                await asyncio.sleep(delay)
            except asyncio.CancelledError:  # AsyncSSH closes only what it was given
                connection.close()
                raise
            # Returns when somebody has logged in; AsyncSSH's own clock ends what takes too long.
            await asyncssh.run_server(connection, options=self._options)
        except (OSError, asyncssh.Error) as error:
            _log.debug("Nobody came in: %s", error)
        except Exception:
            _log.exception("A log-in failed by an error of msglog's own.")


def serve(settings: Settings, listening: Callable[[int], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        Refusal: A key cannot be read, or the address is taken.
    """

    async def until_told() -> None:
        server = asyncio.ensure_future(Server(settings).run(listening))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, server.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await server

    asyncio.run(until_told())


async def _listen(host: str, port: int) -> list[socket.socket]:
    loop = asyncio.get_running_loop()
    sockets: list[socket.socket] = []
    try:
        found = await loop.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, _, _, _, address in dict.fromkeys(found):
            listener = socket.socket(family, socket.SOCK_STREAM)
            sockets.append(listener)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind(address)
            listener.listen(_WAITING)
            listener.settimeout(0)
    except OSError as error:
        for listener in sockets:
            listener.close()
        raise Refusal(
            f"{host or '*'}:{port} cannot be listened on: {error.strerror}. Choose another with --listen."
        ) from error
    return sockets


def _host_key(path: Path) -> asyncssh.SSHKey:
    """The server's own key, made at the first run; its file is its owner's alone."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as out:
                out.write(asyncssh.generate_private_key("ssh-ed25519", "msglog").export_private_key())
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise Refusal(f"Others may read the host key {path}. Make it yours alone: chmod 600 {path}")
        return asyncssh.read_private_key(path)
    except OSError as error:
        raise Refusal(f"The host key {path} cannot be used: {error.strerror}. Check --host-key.") from error
    except asyncssh.KeyImportError as error:
        raise Refusal(f"The host key {path} cannot be read: {error}. Check --host-key.") from error


def _authorities(path: Path | None) -> frozenset[bytes]:
    if path is None:
        return frozenset()
    try:
        return frozenset(key.data for key in public_key.parse_file(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise Refusal(f"{path} cannot be read: {error.strerror}. Check --trusted-ca.") from error
    except UnicodeDecodeError:
        raise Refusal(f"{path} is not text. --trusted-ca wants a public key.") from None


def _signatures() -> list[str]:
    """How users may prove that a key is theirs: by every type that is taken, and RSA never with SHA-1."""
    own = [each for each in public_key.ALGORITHMS if each != "ssh-rsa"]
    return [*own, "rsa-sha2-256", "rsa-sha2-512"]
