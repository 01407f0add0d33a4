"""A reason is taken apart so that many share a template, and comes back to the letter."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from msglog_tui.store.delivery_state import HOLE, join_reason, split_reason

pieces = st.sampled_from(
    [
        "550 ",
        "5.1.1 ",
        "<x@y.com> ",
        "1a2b3c ",
        "\n",
        "\x1f",
        "mx.example[10.0.0.1] ",
        "mx.in.example",
        "/",
        "2026-10-01 10:00:00 ",
        HOLE,
        "é",
    ]
)


@given(st.text() | st.lists(pieces).map("".join))
@example("a-" * 5_000)  # which took seconds when each sign was taken for the beginning of an id
@example("a." * 5_000)
@example(HOLE)
@example(f"{HOLE}{HOLE} a@b")
def test_a_reason_comes_back_to_the_letter(reason: str) -> None:
    assert join_reason(*split_reason(reason)) == reason


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "550-5.1.1 The account a@example.com does not exist.\n550 5.1.1 see 1a2b3c4d-xy.9 gsmtp",
            "550-5.1.1 The account bob.b@mail.example does not exist.\n550 5.1.1 see ff00ff00-ab.31 gsmtp",
        ),
        (
            "host mx1.example.com[192.0.2.7] said: 452 4.2.2 mailbox full (in reply to RCPT TO command)",
            "host aspmx.example.org[2001:db8::1] said: 452 4.2.2 mailbox full (in reply to RCPT TO command)",
        ),
        ("421 4.4.1 mx.acme.example did not answer", "421 4.4.1 mx-2.in.globex.example did not answer"),
        (
            "554 5.7.1 blocked by mx.acme.example: see https://www.spam.example/why",
            "554 5.7.1 blocked by mail.b.example: see https://www.spam.example/why",
        ),
        ("No route to +27831234567", "No route to +14155238886"),
        ("Blocked until 2026-10-01T10:00:00Z", "Blocked until 2026-10-02"),
    ],
)
def test_what_differs_from_one_recipient_to_the_next_is_not_in_the_template(one: str, other: str) -> None:
    assert split_reason(one)[0] == split_reason(other)[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("550 5.1.1 unknown", "550 5.7.1 unknown"),
        ("450 busy", "550 busy"),
        ("see www.a.example/why", "see www.b.example/why"),
    ],
)
def test_codes_stay_in_the_template(one: str, other: str) -> None:
    assert split_reason(one) != split_reason(other)
    assert split_reason(one)[1] == ""
