"""What became of some of the sample's messages at each of their recipients.

Not of all: an archive has deliveries where a source tells of each.  Every address ends in a domain that is
reserved for examples, every number lies in a range that no network has given out.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

from msglog_tui.delivery import DeliveryRecord, DeliveryStatus
from msglog_tui.sample.cast import LONDON, zones
from msglog_tui.sample.dice import Dice
from msglog_tui.sample.traffic import messages
from msglog_tui.types import Channel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from msglog_tui.types import MessageRecord

_DAY: Final = 86_400
_DAYS: Final = 40 * _DAY
# How far back deliveries are told.

_SMALL: Final = 250
# Recipients of a message up to which its deliveries are always told.

_LARGE: Final = 6_000
# Of the e-mail of each enterprise with most bounces that is told as well: something to scroll through.

_FIRST_NAMES: Final = (
    *("thandi", "lerato", "sipho", "nomsa", "pieter", "annelise", "fatima", "ravi", "zanele"),
    *("kagiso", "johan", "mpho", "ayesha", "david", "grace", "lindiwe", "bongani", "chantal"),
    *("yusuf", "helen", "tumi", "marius", "precious", "owen", "sian"),
)
_LAST_NAMES: Final = (
    *("mokoena", "naidoo", "botha", "dlamini", "vanwyk", "khumalo", "jacobs"),
    *("pillay", "nkosi", "smit", "mahlangu", "abrahams", "davies", "molefe"),
    *("adams", "venter", "zulu", "patel", "hughes", "mbeki", "ndlovu"),
)
_DOMAINS: Final = (
    *("example.com", "kwela.example", "umail.example", "example.org", "veldnet.example", "post.example"),
    *("example.net", "tyne.example", "mail.example.com", "old.example"),
)


class _Why(NamedTuple):
    """A reason, and how likely it is beside the others; `{recipient}` and `{domain}` are filled in."""

    weight: float
    status: DeliveryStatus
    code: str
    reason: str


_BOUNCED = (
    _Why(
        48,
        DeliveryStatus.BOUNCED,
        "5.1.1",
        "550 5.1.1 <{recipient}>: Recipient address rejected: User unknown",
    ),
    _Why(22, DeliveryStatus.BOUNCED, "5.2.2", "552 5.2.2 <{recipient}>: Mailbox is over its quota"),
    _Why(16, DeliveryStatus.BOUNCED, "5.7.1", "550 5.7.1 Message refused: content looks like spam"),
    _Why(9, DeliveryStatus.BOUNCED, "4.4.1", "421 4.4.1 mx.{domain} did not answer for four days"),
    _Why(5, DeliveryStatus.BOUNCED, "5.1.2", "550 5.1.2 Host or domain name not found"),
)
_FAILED = {
    Channel.EMAIL: (
        _Why(60, DeliveryStatus.REJECTED, "", "On the suppression list: bounced before"),
        _Why(25, DeliveryStatus.REJECTED, "", "On the suppression list: unsubscribed"),
        _Why(15, DeliveryStatus.FAILED, "", "No credits left when its turn came"),
    ),
    Channel.SMS: (
        _Why(45, DeliveryStatus.FAILED, "30003", "Unreachable destination handset"),
        _Why(30, DeliveryStatus.FAILED, "30005", "Unknown destination handset"),
        _Why(15, DeliveryStatus.FAILED, "30006", "Landline or unreachable carrier"),
        _Why(10, DeliveryStatus.REJECTED, "30007", "Message filtered by the carrier"),
    ),
}


def deliveries(newest: date) -> Iterator[DeliveryRecord]:
    """The deliveries of the sample archive, message by message; they add up to what the messages say.

    Args:
        newest: The local date of the newest messages, as for `messages`.
    """
    told = list(messages(newest))
    since = told[-1].sent_at - _DAYS
    large: dict[str, MessageRecord] = {}
    for message in told:
        if message.sent_at >= since and message.bounced and _SMALL < _tried(message) <= _LARGE:
            other = large.get(message.enterprise)
            if other is None or message.bounced >= (other.bounced or 0):
                large[message.enterprise] = message
    for number, message in enumerate(told):
        if message.sent_at < since or message.failed is None:
            continue
        if _tried(message) <= _SMALL or large.get(message.enterprise) is message:
            yield from _of(message, Dice(number))


def _tried(message: MessageRecord) -> int:
    return message.sent + (message.failed or 0)


def _of(message: MessageRecord, dice: Dice) -> Iterator[DeliveryRecord]:
    channel, failed = Channel(message.channel), message.failed or 0
    bounced = message.bounced or 0
    recipients = _People(message, dice)
    for place in range(_tried(message)):
        # What went wrong is spread over the message, not all at its beginning.
        turn = place * 7919 % _tried(message) if _tried(message) % 7919 else place
        recipient = recipients.at(place)
        left = message.sent_at + 1 + place // 40
        if turn < failed:
            yield _record(message, place, recipient, left, _why(_FAILED[channel], dice))
        elif turn < failed + bounced:
            yield _record(message, place, recipient, left, _Why(1, DeliveryStatus.SENT, "", ""))
            yield _record(message, place, recipient, left + dice.between(2, 5_000), _why(_BOUNCED, dice))
        else:
            yield from _arrived(message, place, recipient, left, dice)


def _arrived(
    message: MessageRecord, place: int, recipient: str, left: int, dice: Dice
) -> Iterator[DeliveryRecord]:
    """One that went well: soon, or at the second attempt; hardly ever is it complained of."""
    soon = dice.between(1, 90)
    if dice.chance(0.02):
        yield _record(
            message,
            place,
            recipient,
            left,
            _Why(1, DeliveryStatus.DEFERRED, "4.2.0", "451 4.2.0 Try again later"),
        )
        soon += dice.between(600, 9_000)
    yield _record(message, place, recipient, left + soon, _Why(1, DeliveryStatus.DELIVERED, "", ""))
    if message.channel == Channel.EMAIL and dice.chance(0.0008):
        complaint = _Why(1, DeliveryStatus.COMPLAINED, "", "Marked as spam by the recipient")
        yield _record(message, place, recipient, left + soon + dice.between(900, 5_000), complaint)


class _People:
    """The recipients of a message: some of a crowd that the customers share, so that one meets them again."""

    def __init__(self, message: MessageRecord, dice: Dice) -> None:
        self._sms = message.channel == Channel.SMS
        self._british = zones()[message.enterprise] == LONDON
        self._crowd = 900 if self._sms else max(2_000, _tried(message))
        self._first = dice.between(0, self._crowd - 1)

    def at(self, place: int) -> str:
        """The recipient in a place; those of a message are all different."""
        person = (self._first + place) % self._crowd
        if self._sms:
            return f"+447700900{person:03}" if self._british else f"+270900{person:05}"
        first, rest = _FIRST_NAMES[person % len(_FIRST_NAMES)], person // len(_FIRST_NAMES)
        last, again = _LAST_NAMES[rest % len(_LAST_NAMES)], rest // len(_LAST_NAMES)
        return f"{first}.{last}{again or ''}@{_DOMAINS[person % 7 * person % len(_DOMAINS)]}"


def _why(reasons: tuple[_Why, ...], dice: Dice) -> _Why:
    return reasons[dice.weighted(list(accumulate(why.weight for why in reasons)))]


def _record(message: MessageRecord, place: int, recipient: str, at: int, why: _Why) -> DeliveryRecord:
    return DeliveryRecord(
        enterprise=message.enterprise,
        customer=message.customer,
        source="sample",
        delivery_id=f"{message.message_id}/{place}",
        recipient=recipient,
        channel=message.channel,
        status=why.status,
        at=at,
        code=why.code,
        reason=why.reason.format(recipient=recipient, domain=recipient.rpartition("@")[2]),
        message_id=message.message_id,
        campaign="",
        subject=message.subject,
        sent_at=message.sent_at,
        sent_by=message.sent_by,
        lists=message.lists,
    )
