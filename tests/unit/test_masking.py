"""What others see of a delivery does not tell to whom it went."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msglog_tui.delivery import Delivery, DeliveryStatus, Step
from msglog_tui.masking import concealed, hidden
from msglog_tui.types import Channel

NAMES = st.from_regex(r"[a-z][a-z0-9._+-]{2,20}", fullmatch=True)
WORDS = st.text(st.sampled_from("0123456789 :;<>()-"), max_size=20)


@pytest.mark.parametrize(
    ("text", "recipient", "shown"),
    [
        ("", "thandi@example.com", ""),
        (
            "550 5.1.1 <thandi@example.com>: no mailbox THANDI here",
            "thandi@example.com",
            "550 5.1.1 <t•••@example.com>: no mailbox t••• here",
        ),
        ("forwarded to bob@example.org", "thandi@example.com", "forwarded to b•••@example.org"),
        ("550 user unknown", "al@example.com", "550 user unknown"),
        ("number +27821234567 is off", "+27821234567", "number +27•••••567 is off"),
        ("number 27821234567 is off", "+27821234567", "number +27•••••567 is off"),
        ("code 30003", "+27821234567", "code 30003"),
    ],
)
def test_a_reason_is_told_without_the_recipient(text: str, recipient: str, shown: str) -> None:
    assert hidden(text, recipient) == shown


@given(NAMES, WORDS, WORDS)
def test_an_address_never_stands_in_what_others_see(name: str, before: str, after: str) -> None:
    recipient = f"{name}@example.com"
    step = Step(1, DeliveryStatus.BOUNCED, "5.1.1", f"{before}{recipient}{after}")
    delivery = Delivery(
        *(1, 2, 3, 4, "Acme", "Retail", "M-1", "ses", "d-1", recipient, Channel.EMAIL, "Sale", 0, "kim"),
        *(DeliveryStatus.BOUNCED, 1, "5.1.1", f"{before}<{recipient}>{after}"),
        (step, step),
    )
    shown = concealed(delivery)
    assert recipient not in repr(shown)
    assert shown.recipient == f"{name[0]}•••@example.com"
    assert (shown.status, shown.code, shown.message) == (delivery.status, delivery.code, delivery.message)
