"""Public keys as people hand them in: one line of type, base64 and comment.

Only what can be trusted today is taken, and a line is taken apart to its last byte: what names itself one
thing and holds another is refused.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from msglog_tui.errors import Refusal
from msglog_tui.text import clean

if TYPE_CHECKING:
    from collections.abc import Callable

RSA_BITS: Final = 3072
"""Bits that an RSA key needs at least."""

_LONGEST_LINE: Final = 16_384
_LONGEST_COMMENT: Final = 200
_POINTS: Final = {"nistp256": 65, "nistp384": 97, "nistp521": 133}
# Bytes of an uncompressed point on each curve.

_ED25519_BYTES: Final = 32
_TAKEN: Final = "Use an ed25519 key: `ssh-keygen -t ed25519` makes one."


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that may be given to a user.

    Attributes:
        algorithm: Its type, such as `ssh-ed25519`.
        data: The key itself, in the encoding of SSH.
        comment: What stood behind it, made fit for a screen; anybody may have written it.
    """

    algorithm: str
    data: bytes
    comment: str = ""

    @property
    def fingerprint(self) -> str:
        """The name by which people compare keys: `SHA256:` and a hash."""
        return fingerprint(self.data)


@dataclass(frozen=True, slots=True)
class UserKey:
    """A key of a user of the store.

    Attributes:
        login: Whose it is.
        algorithm: Its type.
        fingerprint: `SHA256:` and a hash.
        comment: What stood behind it when it was added.
        added_at: When that was, in epoch seconds.
    """

    login: str
    algorithm: str
    fingerprint: str
    comment: str
    added_at: int


def fingerprint(data: bytes) -> str:
    """The fingerprint of a key in the encoding of SSH, as `ssh-keygen -l` writes it."""
    return f"SHA256:{b64encode(sha256(data).digest()).decode().rstrip('=')}"


def parse(line: str) -> PublicKey:
    """Read the line of a public key, as it stands in `id_ed25519.pub`.

    Raises:
        Refusal: It is no public key, is of a kind that is not taken, or is not what it says.
    """
    if "PRIVATE KEY" in line:
        raise Refusal("That is a private key, which nobody else should see. Give the file that ends in .pub.")
    words = line.split(maxsplit=2)
    if len(words) < 2 or len(line) > _LONGEST_LINE:
        raise Refusal("That is not a public key. Give a line such as the one in ~/.ssh/id_ed25519.pub.")
    algorithm, encoded = words[0], words[1]
    check = _CHECKS.get(algorithm)
    if check is None:
        raise Refusal(f"Keys of the type {clean(algorithm)[:80]} are not taken. {_TAKEN}")
    try:
        data = b64decode(encoded, validate=True)
        parts = _Parts(data)
        named = parts.text()
        # What has the same meaning in two spellings would be two keys with two fingerprints.
        whole = b64encode(data).decode() == encoded
        sound = whole and named == algorithm and check(parts) and not parts.rest
    except (ValueError, binascii.Error):
        sound = False
    if not sound:
        raise Refusal(f"That {algorithm} key is damaged. Copy the whole line from the .pub file.")
    comment = clean(words[2].strip())[:_LONGEST_COMMENT] if len(words) > 2 else ""
    return PublicKey(algorithm, data, comment)


def parse_file(text: str) -> list[PublicKey]:
    """Read the keys of a file, one a line; empty lines and those that begin with `#` are passed over.

    Raises:
        Refusal: There is none, or one of them is refused.
    """
    lines = [line.strip() for line in text.splitlines()]
    keys = [parse(line) for line in lines if line and not line.startswith("#")]
    if not keys:
        raise Refusal("There is no public key in it. Give a line such as the one in ~/.ssh/id_ed25519.pub.")
    return keys


class _Parts:
    """The fields of a key, one behind the other: four bytes that tell the length, then as many."""

    def __init__(self, data: bytes) -> None:
        self.rest = data

    def field(self) -> bytes:
        """The next field; `ValueError` when it is cut off."""
        length = int.from_bytes(self.rest[:4], "big")
        if len(self.rest) < 4 + length:
            raise ValueError
        taken, self.rest = self.rest[4 : 4 + length], self.rest[4 + length :]
        return taken

    def text(self) -> str:
        """The next field as text."""
        return self.field().decode("ascii")


def _is_ed25519(parts: _Parts) -> bool:
    return len(parts.field()) == _ED25519_BYTES


def _is_on(curve: str) -> Callable[[_Parts], bool]:
    def check(parts: _Parts) -> bool:
        named, point = parts.text(), parts.field()
        return named == curve and len(point) == _POINTS[curve] and point[0] == 4

    return check


def _is_rsa(parts: _Parts) -> bool:
    exponent, modulus = (parts.field() for _ in range(2))
    numbers = [int.from_bytes(part, "big") for part in (exponent, modulus)]
    if numbers[1].bit_length() < RSA_BITS:
        raise Refusal(f"That RSA key has {numbers[1].bit_length()} bits, less than {RSA_BITS}. {_TAKEN}")
    return numbers[0] % 2 == 1 and numbers[0] > 1 and not modulus[0] & 0x80


def _of_hardware(check: Callable[[_Parts], bool]) -> Callable[[_Parts], bool]:
    """The same key on a security token, which names an application behind it."""
    return lambda parts: check(parts) and bool(parts.text())


_CHECKS: Final[dict[str, Callable[[_Parts], bool]]] = {
    "ssh-ed25519": _is_ed25519,
    **{f"ecdsa-sha2-{curve}": _is_on(curve) for curve in _POINTS},
    "ssh-rsa": _is_rsa,
    "sk-ssh-ed25519@openssh.com": _of_hardware(_is_ed25519),
    "sk-ecdsa-sha2-nistp256@openssh.com": _of_hardware(_is_on("nistp256")),
}

ALGORITHMS: Final = tuple(_CHECKS)
"""The types of keys that are taken."""
