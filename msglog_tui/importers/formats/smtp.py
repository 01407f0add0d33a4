"""What mail servers say, and what mail addresses tell."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Final

from msglog_tui.importers import fields

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


def decoded(subject: str) -> str:
    """A subject as people read it, of the words of RFC 2047.

    Raises:
        BadField: It holds what no text may.
    """
    if "=?" in subject:
        from email.errors import HeaderParseError
        from email.header import decode_header, make_header

        # What cannot be decoded stays as it is.
        with suppress(HeaderParseError, LookupError, ValueError):
            subject = str(make_header(decode_header(subject)))
    return fields.text(subject[: fields.LONGEST_TEXT])
