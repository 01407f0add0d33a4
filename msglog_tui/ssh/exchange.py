"""Key exchanges that withstand quantum computers, for the clients of today and those of the years before.

OpenSSH offers ML-KEM from 9.9 on, and Streamlined NTRU Prime from 8.9 on, as Debian 12 and Ubuntu 22.04 do.
AsyncSSH has the latter only where liboqs is a library of the system; here pqcrypto brings it.  Both are mixed
with X25519, so that what is agreed on is no weaker than with X25519 alone, whatever becomes of the new half.
"""

from __future__ import annotations

from hashlib import sha512
from typing import Final

from asyncssh import kex, kex_dh
from asyncssh.crypto import Curve25519DH
from pqcrypto.kem import sntrup_761

OLD: Final = ("curve25519-sha256", "curve25519-sha256@libssh.org")
"""What clients before OpenSSH 8.9 can do, which does not withstand."""

_MLKEM: Final = "mlkem768x25519-sha256"
_SNTRUP: Final = "sntrup761x25519-sha512@openssh.com"


def offered() -> list[str]:
    """What every client may choose from, the best first.

    To register one is private to AsyncSSH 2.24.
    """
    if _SNTRUP.encode() not in kex.get_kex_algs():
        arguments = (_Sntrup, b"sntrup761", Curve25519DH)
        kex.register_kex_alg(_SNTRUP.encode(), kex_dh._KexHybridECDH, sha512, arguments, False)  # noqa: FBT003, SLF001
    return [_MLKEM, _SNTRUP]


class _Sntrup:
    """Streamlined NTRU Prime 761 as AsyncSSH 2.24 asks for it."""

    pubkey_bytes = 1158
    privkey_bytes = 1763
    ciphertext_bytes = 1039
    secret_bytes = 32

    def __init__(self, _: bytes) -> None:
        self._private = b""

    def get_public(self) -> bytes:
        """A key for the other side, which only a client makes: it takes long."""
        public: bytes
        public, self._private = sntrup_761.keygen()
        return public

    def encaps(self, peer_public: bytes) -> tuple[bytes, bytes]:
        """A secret, and the same for the eyes of the other side.

        Raises:
            ValueError: That is no key.
        """
        ciphertext, secret = sntrup_761.encaps(peer_public)
        return secret, ciphertext

    def decaps(self, ciphertext: bytes) -> bytes:
        """The secret that the other side has made."""
        secret: bytes = sntrup_761.decaps(self._private, ciphertext)
        return secret
