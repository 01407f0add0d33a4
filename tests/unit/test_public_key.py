"""Which public keys are taken, and what is said of the others."""

from __future__ import annotations

import subprocess
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msglog_tui import public_key
from msglog_tui.errors import Refusal

if TYPE_CHECKING:
    from pathlib import Path


def packed(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def line(algorithm: str, *parts: bytes, comment: str = "") -> str:
    return f"{algorithm} {b64encode(packed(algorithm.encode(), *parts)).decode()} {comment}".strip()


POINT = {"nistp256": b"\4" + bytes(64), "nistp384": b"\4" + bytes(96), "nistp521": b"\4" + bytes(132)}
ED25519 = bytes(range(32))
MODULUS = b"\0\x80" + bytes(383)
GOOD = [
    line("ssh-ed25519", ED25519),
    *(line(f"ecdsa-sha2-{curve}", curve.encode(), point) for curve, point in POINT.items()),
    line("ssh-rsa", b"\1\0\1", MODULUS),
    line("sk-ssh-ed25519@openssh.com", ED25519, b"ssh:"),
    line("sk-ecdsa-sha2-nistp256@openssh.com", b"nistp256", POINT["nistp256"], b"ssh:"),
]


@pytest.mark.parametrize("text", GOOD, ids=lambda text: text.split()[0])
def test_what_can_be_trusted_is_taken(text: str) -> None:
    key = public_key.parse(f"{text} thandi@desk of hers\n")
    assert key.algorithm == text.split(maxsplit=1)[0]
    assert key.data == b64decode(text.split()[1])
    assert key.comment == "thandi@desk of hers"
    assert public_key.parse(text).comment == ""


def test_every_type_that_is_taken_is_tested() -> None:
    assert {text.split()[0] for text in GOOD} == set(public_key.ALGORITHMS)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_keys_of_ssh_keygen_and_its_fingerprint(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "key"
    try:
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(file)], check=True)
    except FileNotFoundError:
        pytest.skip("there is no ssh-keygen")
    shown = subprocess.run(["ssh-keygen", "-lf", f"{file}.pub"], check=True, capture_output=True, text=True)
    assert public_key.parse(file.with_suffix(".pub").read_text()).fingerprint == shown.stdout.split()[1]
    with pytest.raises(Refusal, match="private key"):
        public_key.parse_file(file.read_text())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no public key in it"),
        ("# nothing\n\n", "no public key in it"),
        ("ssh-ed25519", "not a public key"),
        ("hello world", "not taken"),
        (line("ssh-dss", b"1", b"2", b"3", b"4"), "not taken"),
        (line("ssh-ed25519-cert-v01@openssh.com", ED25519), "not taken"),
        (f"restrict {GOOD[0]}", "not taken"),
        (line("ssh-rsa", b"\1\0\1", b"\0\x80" + bytes(255)), "2048 bits"),
        (line("ssh-rsa", b"\2", MODULUS), "damaged"),
        (line("ssh-rsa", b"\1\0\1", MODULUS[1:]), "damaged"),
        (line("ssh-ed25519", ED25519[1:]), "damaged"),
        (line("ssh-ed25519", ED25519, b"more"), "damaged"),
        (line("ecdsa-sha2-nistp256", b"nistp384", POINT["nistp256"]), "damaged"),
        (line("ecdsa-sha2-nistp256", b"nistp256", b"\2" + bytes(64)), "damaged"),
        (line("sk-ssh-ed25519@openssh.com", ED25519, b""), "damaged"),
        (GOOD[0].replace("ssh-ed25519 ", "ssh-rsa "), "damaged"),
        (GOOD[0][:-4], "damaged"),
        ("ssh-ed25519 !!!!", "damaged"),
        ("ssh-ed25519 " + "A" * 20_000, "not a public key"),
    ],
)
def test_the_rest_is_refused_in_a_sentence(text: str, says: str) -> None:
    with pytest.raises(Refusal, match=says) as refused:
        public_key.parse_file(text)
    assert len(str(refused.value)) < 200


def test_one_key_has_one_spelling() -> None:
    # The last letter of base64 may carry bits that mean nothing: another line, the same key.
    algorithm, encoded = line("ssh-rsa", b"\1\0\1", b"\0\x80" + bytes(386)).split()
    assert encoded.endswith("=")
    body = encoded.rstrip("=")
    twisted = body[:-1] + chr(ord(body[-1]) + 1) + encoded[len(body) :]
    assert b64decode(twisted) == b64decode(encoded)
    with pytest.raises(Refusal, match="damaged"):
        public_key.parse(f"{algorithm} {twisted}")


def test_comments_are_made_fit_for_a_screen() -> None:
    assert public_key.parse(f"{GOOD[0]} \x1b[2Jme\u202e").comment == "␛[2Jme\ufffd"


@given(st.text())
def test_any_text_is_a_key_or_a_refusal(text: str) -> None:
    with pytest.raises(Refusal):
        public_key.parse(text)


@given(st.sampled_from(public_key.ALGORITHMS), st.binary())
def test_any_bytes_are_a_key_or_a_refusal(algorithm: str, data: bytes) -> None:
    with pytest.raises(Refusal):
        public_key.parse(f"{algorithm} {b64encode(packed(algorithm.encode()) + data).decode()}")
