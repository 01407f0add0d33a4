"""What the processes of the server say to each other: small JSON messages, with descriptors beside them."""

from __future__ import annotations

import json
import socket
from typing import Any, Final, TypeAlias

Message: TypeAlias = "dict[str, Any]"

_LONGEST: Final = 65_536
_MOST_DESCRIPTORS: Final = 4


def pair() -> tuple[socket.socket, socket.socket]:
    """Two ends of a line that keeps messages apart."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def send(line: socket.socket, message: Message, descriptors: list[int] | None = None) -> None:
    """Send a message; `OSError` when nobody is there any more."""
    socket.send_fds(line, [json.dumps(message).encode()], descriptors or [])


def receive(line: socket.socket) -> tuple[Message | None, list[int]]:
    """Wait for a message; `None` when the other end is closed."""
    data, descriptors = receive_raw(line)
    return (json.loads(data) if data else None), descriptors


def receive_raw(line: socket.socket) -> tuple[bytes, list[int]]:
    """Wait for bytes that need not be a message of ours; none when the other end is closed."""
    try:
        data, descriptors, _, _ = socket.recv_fds(line, _LONGEST, _MOST_DESCRIPTORS)
    except ConnectionError:
        return b"", []
    return data, list(descriptors)
