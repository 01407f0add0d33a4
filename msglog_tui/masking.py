"""What others may see of a delivery: its recipient masked, wherever it is named."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from msglog_tui.recipients import masked

if TYPE_CHECKING:
    from msglog_tui.delivery import Delivery

_SIGN: Final = r"[^\s<>()\[\]{},;:\"'`=|]"
# From the beginning of a word on: else a long one without an @ would be gone through once a sign.
_ADDRESS: Final = re.compile(rf"(?<!{_SIGN}){_SIGN}+@[\w-]+(?:\.[\w-]+)*")
_SHORTEST_NAME: Final = 3
# Letters of what stands before an @ for it to be looked for by itself; `a` would be found everywhere.


def hidden(text: str, recipient: str = "") -> str:
    """A text with every address in it masked, and the recipient in any form in which a server may name it.

    Servers like to answer `550 5.1.1 <thandi@example.com>: no mailbox thandi here`.
    """
    if not text:
        return text
    if "@" in text:
        text = _ADDRESS.sub(lambda found: masked(found[0]), text)
    name, at, _ = recipient.rpartition("@")
    if at and len(name) >= _SHORTEST_NAME:
        return re.sub(
            rf"(?<!\w){re.escape(name)}(?!\w)", masked(recipient).partition("@")[0], text, flags=re.IGNORECASE
        )
    digits = recipient.removeprefix("+")
    if not at and digits.isdecimal() and len(digits) > _SHORTEST_NAME:
        return re.sub(rf"\+?{digits}", masked(recipient), text)
    return text


def concealed(delivery: Delivery) -> Delivery:
    """A delivery that does not tell to whom it went."""
    return replace(
        delivery,
        recipient=masked(delivery.recipient),
        reason=hidden(delivery.reason, delivery.recipient),
        history=tuple(
            step._replace(reason=hidden(step.reason, delivery.recipient)) for step in delivery.history
        ),
    )
