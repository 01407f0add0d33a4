"""How the server is run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the server lets people have.

    Attributes:
        sessions: Sessions at once.
        per_user: Sessions at once of one user.
        idle: Seconds without a key after which a screen ends.
        longest: Seconds after which any session ends.
        logins_a_minute: Log-ins begun in a minute, by everybody.
        grace: Seconds in which a log-in must be done.
        look: Seconds between two looks at whether users and keys are still there.
    """

    sessions: int = 200
    per_user: int = 10
    idle: float = 3600
    longest: float = 43200
    logins_a_minute: int = 120
    grace: float = 30
    look: float = 20


@dataclass(frozen=True, slots=True)
class Settings:
    """What `msglog serve` was told.

    Attributes:
        host: Address to listen on; empty for all.
        port: Port to listen on; 0 for any that is free.
        store: The archive.
        time_zone: Zone in which everybody reads dates; `None` for each their own.
        server_zone: Zone of a user who has none.
        host_key: File of the server's own key.
        trusted_ca: File with the public keys of those who may certify users; `None` for nobody.
        socket: Where `msglog attach` finds us; `None` for beside the archive, if it can be there.
        socket_group: Number of the group that may call there, too; `None` for nobody.
        old_clients: Whether to offer a key exchange that clients before OpenSSH 8.9 know.
        zygote: Command line of the zygote.
        help_text: What `ssh host help` says.
        call: How people call this server, with {login} for theirs.
        version: What `ssh host version` says.
        limits: How much people may have.
    """

    host: str
    port: int
    store: str
    time_zone: str | None
    server_zone: str
    host_key: Path
    trusted_ca: Path | None
    socket: Path | None
    socket_group: int | None
    old_clients: bool
    zygote: Sequence[str]
    help_text: str
    call: str
    version: str
    limits: Limits
