"""The messages of the sample archive."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from msglog_tui.sample.cast import (
    ENTERPRISES,
    JOHANNESBURG,
    CustomerProfile,
    EnterpriseProfile,
    numbered,
    staff,
)
from msglog_tui.sample.dice import Dice
from msglog_tui.sample.mailings import LISTS, SECTORS, Mailing, Rhythm
from msglog_tui.types import Channel, MessageRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

SPAN_DAYS = 548
"""How many days before the newest date the archive begins: eighteen months."""

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("^{}\\[~]|€")


def sms_parts(text: str) -> int:
    """How many parts an SMS of this text takes: 160 characters of the GSM alphabet, else 70 UTF-16 units.

    Once it takes more than one part, each loses room to the header that joins them: 153 and 67 are left.
    """
    if all(letter in _GSM or letter in _GSM_EXTENDED for letter in text):
        length = len(text) + sum(letter in _GSM_EXTENDED for letter in text)
        single, joined = 160, 153
    else:
        length = len(text.encode("utf-16-le")) // 2
        single, joined = 70, 67
    return 1 if length <= single else -(-length // joined)


def credits_spent(message: MessageRecord) -> int:
    """What a message of the sample cost, in credits of its channel.

    The rule: an e-mail costs a credit for each recipient sent; an SMS costs, for each recipient sent, as
    many credits as its text takes parts, and in the sample the subject of an SMS is its text.  What failed
    never left and costs nothing; what bounced did leave and is paid for.
    """
    return message.sent * (sms_parts(message.subject) if message.channel == Channel.SMS else 1)


class _Days:
    """The days of the archive before the newest, to be drawn by the rhythm of a mailing."""

    def __init__(self, newest: date) -> None:
        self._days = [newest - timedelta(days=back) for back in range(SPAN_DAYS, 0, -1)]
        self._cumulative: dict[Rhythm, list[float]] = {}

    def draw(self, rhythm: Rhythm, dice: Dice) -> date:
        if rhythm not in self._cumulative:
            self._cumulative[rhythm] = list(accumulate(map(rhythm.weight, self._days)))
        return self._days[dice.weighted(self._cumulative[rhythm])]


class _Sender(NamedTuple):
    """A customer about to send, with all that its messages share."""

    enterprise: EnterpriseProfile
    customer: CustomerProfile
    logins: tuple[str, ...]
    zone: ZoneInfo
    dice: Dice


def _moment(sender: _Sender, mailing: Mailing, turn: int, newest: date, days: _Days) -> datetime:
    """When the customer's message number `turn` goes out.

    Everybody but the smallest sends something on the newest date, before eight in the morning, so that the
    newest messages are plausible at any hour of the working day.
    """
    dice, rhythm = sender.dice, mailing.rhythm
    on_newest = min(6, 1 + sender.customer.messages // 150) if sender.customer.messages >= 20 else 0
    if turn < on_newest:
        day, hour = newest, dice.between(5, 7)
    elif mailing.in_turn:
        day, hour = newest - timedelta(days=turn + 1), dice.one_of(rhythm.hours)
    else:
        day, hour = days.draw(rhythm, dice), dice.one_of(rhythm.hours)
    minute = dice.between(0, 3) * 15 if rhythm.on_the_quarter else dice.between(0, 59)
    second = 0 if rhythm.on_the_quarter else dice.between(0, 59)
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=sender.zone)


def _amounts(sender: _Sender, mailing: Mailing) -> tuple[int, int | None, int | None]:
    """Sent, failed and bounced; a source that does not tell leaves the latter two unknown."""
    dice, (low, high) = sender.dice, mailing.reach
    tried = max(1, int(sender.customer.audience * dice.share(low, high)))
    if mailing.automatic and dice.chance(0.04):
        tried += dice.between(1, 2)
    if dice.chance(0.004):
        failed = tried  # the whole mailing never left
    elif tried < 20:
        failed = int(dice.chance(0.03))
    else:
        failed = int(tried * dice.share(0.0, 0.2) ** 2)
    sent = tried - failed
    bounced = int(sent * dice.share(0.0, 0.15) ** 2)
    tells_bounces = mailing.channel == Channel.EMAIL and not mailing.automatic and dice.chance(0.7)
    if not sender.customer.tells:
        return sent, None, None
    return sent, failed, bounced if tells_bounces else None


def _subject(sender: _Sender, mailing: Mailing, turn: int, day: date) -> str:
    if mailing.in_turn:
        return mailing.subjects[turn % len(mailing.subjects)]
    dice = sender.dice
    at_home = sender.enterprise.zone == JOHANNESBURG
    subject = dice.one_of(mailing.subjects + mailing.local_subjects if at_home else mailing.subjects)
    if "{" not in subject:
        return subject
    return subject.format(
        month=_MONTHS[day.month - 1],
        year=day.year,
        percent=dice.between(2, 14) * 5,
        number=dice.between(100, 99_999),
        time=f"{dice.between(8, 17):02}:{dice.between(0, 3) * 15:02}",
    )


def _lists(sender: _Sender, mailing: Mailing, turn: int) -> tuple[str, ...]:
    names = LISTS[sender.customer.sector]
    if mailing.automatic:
        return ()
    if mailing.in_turn:
        return (names[turn % len(names)],)
    first = sender.dice.between(0, len(names) - 1)
    return tuple(names[(first + step) % len(names)] for step in range(sender.dice.one_of((1, 1, 1, 2, 2, 3))))


def _sent_by(sender: _Sender, mailing: Mailing) -> str:
    if not sender.customer.tells:
        return ""
    if mailing.automatic:
        return "api"
    if sender.dice.chance(0.05):
        return sender.enterprise.administrator[0]
    return sender.dice.one_of(sender.logins)


def _customer_messages(sender: _Sender, newest: date, days: _Days) -> Iterator[MessageRecord]:
    mailings = SECTORS[sender.customer.sector]
    weights = list(accumulate(weight for _, weight in mailings))
    for turn in range(sender.customer.messages):
        mailing = mailings[sender.dice.weighted(weights)][0]
        moment = _moment(sender, mailing, turn, newest, days)
        sent, failed, bounced = _amounts(sender, mailing)
        yield MessageRecord(
            enterprise=sender.enterprise.name,
            customer=sender.customer.name,
            message_id="",
            subject=_subject(sender, mailing, turn, moment.date()),
            channel=mailing.channel,
            sent=sent,
            failed=failed,
            bounced=bounced,
            sent_at=int(moment.timestamp()),
            sent_by=_sent_by(sender, mailing),
            lists=_lists(sender, mailing, turn),
        )


def messages(newest: date) -> Iterator[MessageRecord]:
    """The messages of the sample archive, oldest first.

    Every customer has as many messages whatever the date, and ids count up by enterprise from the oldest:
    importing the archive of another day over this one replaces every message and adds none.

    Args:
        newest: The local date, in the zone of each enterprise, of the newest messages.
    """
    days = _Days(newest)
    found: list[MessageRecord] = []
    for number, enterprise, customer in numbered():
        logins = tuple(login for login, _ in staff(enterprise.zone, number))
        sender = _Sender(enterprise, customer, logins, ZoneInfo(enterprise.zone), Dice(number))
        found += _customer_messages(sender, newest, days)
    found.sort(key=lambda message: message.sent_at)
    prefixes = {enterprise.name: enterprise.prefix for enterprise in ENTERPRISES}
    last_ids = dict.fromkeys(prefixes, 0)
    for message in found:
        last_ids[message.enterprise] += 1
        prefix = prefixes[message.enterprise]
        yield message._replace(message_id=f"{prefix}-{last_ids[message.enterprise]:05}")
