"""Where somebody comes from whom an sshd has let in, by what it leaves in the environment."""

from __future__ import annotations

import pwd
import shlex
from base64 import b64decode
from socket import gethostname

from msglog_tui.public_key import fingerprint

PROOF = "SSH_USER_AUTH"
"""Names the file in which sshd tells, with `ExposeAuthInfo yes`, by what somebody came."""


def account(uid: int) -> str:
    """The name of an account of this machine, whatever the environment says; its number if it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def address_and_call(connection: str, account: str, host: str | None) -> tuple[str, str]:
    """Where somebody comes from, and how they call this machine.

    Args:
        connection: SSH_CONNECTION; empty when it is not set.
        account: The account into which they were let.
        host: How this machine is called; `None` for the address that they came to.
    """
    words = connection.split()
    address, _, server, port = words if len(words) == 4 else ("", "", gethostname(), "22")
    way = "ssh" if port == "22" else f"ssh -p {shlex.quote(port)}"
    return address, f"{way} {shlex.quote(f'{account}@{host or server}')}"


def fingerprint_of(proof: str) -> str:
    """The fingerprint of the key in a line of what sshd tells; empty when it was no key."""
    try:
        method, _, key, *_ = proof.split()
        return fingerprint(b64decode(key)) if method == "publickey" else ""
    except ValueError:
        return ""
