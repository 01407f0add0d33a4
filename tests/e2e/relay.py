"""A relay between a client and a server on this machine, which counts what passes and can hold it up."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType


class Relay:
    """Passes connections on to a port.

    Args:
        port: Where the server listens.

    Attributes:
        target: The port of the server; another one holds for connections to come.
        port: Where clients connect.
        brought: Bytes that the server has sent to clients so far.
    """

    def __init__(self, port: int) -> None:
        self.target = port
        self.brought = 0
        self._flows = threading.Event()
        self._flows.set()
        self._open: set[socket.socket] = set()

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._flows.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def stall(self) -> None:
        """Pass nothing on any more, but take everything, as a network that loses it all."""
        self._flows.clear()

    def resume(self) -> None:
        """Pass on what was kept back, and what comes."""
        self._flows.set()

    def cut(self) -> None:
        """End every connection."""
        for end in tuple(self._open):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):  # it was closed
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self.target))
                except ConnectionRefusedError:
                    client.close()
                    continue
                self._open |= {client, server}
                for pair in ((client, server), (server, client)):
                    pair[1].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    threading.Thread(target=self._pass, args=(*pair, pair[0] is server), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, counts: bool) -> None:
        with suppress(OSError), sink:
            while data := source.recv(65536):
                if counts:
                    self.brought += len(data)
                self._flows.wait()
                sink.sendall(data)
        self._open.discard(sink)
