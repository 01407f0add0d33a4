"""What mail servers say, and what mail addresses tell."""

from __future__ import annotations

import re
from typing import Final

# Neither is a part of an IP address.
_ENHANCED: Final = re.compile(r"(?<![\w.])[245]\.[0-9]{1,3}\.[0-9]{1,3}(?!\.?[0-9])")
_REPLY: Final = re.compile(r"(?<![\w.])[245][0-9]{2}(?!\w|\.[0-9])")


def code_of(reply: str) -> str:
    """The code in what a server answered: the enhanced one (`5.1.1`), else that of the reply (`550`)."""
    found = _ENHANCED.search(reply) or _REPLY.search(reply)
    return found[0] if found else ""


def domain_of(address: str) -> str:
    """The domain of an address, also of one with a name (`Ann <ann@example.com>`); empty if it has none."""
    return address.rpartition("@")[2].rstrip("> ") if "@" in address else ""
