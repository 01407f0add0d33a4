"""How numbers, people and spans of time read on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msglog_tui.types import Reach

if TYPE_CHECKING:
    from decimal import Decimal

    from msglog_tui.types import Counts, Identity, Transaction

UNKNOWN = "unknown"


def number(value: int | None) -> str:
    """A whole number with separators, or that it is unknown."""
    return UNKNOWN if value is None else f"{value:,}"


def total(value: int, width: int) -> str:
    """A total that fits a column: in millions where all its digits would not."""
    exact = f"{value:,}"
    return exact if len(exact) <= width else f"{value / 1e6:,.0f} M"


def plain_number(value: Decimal) -> str:
    """A decimal with separators and without needless zeros."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount(transaction: Transaction) -> str:
    """A sum of money with its currency, to the cent at least."""
    whole, _, places = plain_number(transaction.amount).partition(".")
    return f"{whole}.{places:0<2} {transaction.currency}"


def failed(counts: Counts) -> str:
    """A failed amount that does not hide what is unknown."""
    known, unknown = failed_apart(counts)
    return f"{known} + {unknown} unknown" if unknown else known


def failed_apart(counts: Counts) -> tuple[str, str]:
    """A failed amount, and of how many messages it is unknown beside; the latter empty if there are none."""
    return _apart(counts.failed, counts.failed_unknown, counts.messages)


def bounced_apart(counts: Counts) -> tuple[str, str]:
    """The same of a bounced amount."""
    return _apart(counts.bounced, counts.bounced_unknown, counts.messages)


def _apart(value: int, unknown: int, messages: int) -> tuple[str, str]:
    if unknown and unknown == messages:
        return UNKNOWN, ""
    return f"{value:,}", f"{unknown:,}" if unknown else ""


def viewer(identity: Identity) -> str:
    """Who is looking, with the role: `Thandi Nkosi (operator)`."""
    user = identity.user
    return "unknown user" if user is None else f"{user.name or user.login} ({user.role})"


def in_scope(identity: Identity) -> str:
    """What is in scope, in words."""
    if identity.seen_as is not None:
        enterprise, customer = identity.seen_as
        return f"{customer}, {enterprise}"
    user = identity.user
    match identity.scope.reach:
        case Reach.EVERYTHING:
            return "All enterprises"
        case Reach.ENTERPRISE if user is not None:
            return user.enterprise
        case Reach.CUSTOMER if user is not None:
            return f"{user.customer}, {user.enterprise}"
        case _:
            return "Nothing in scope"
