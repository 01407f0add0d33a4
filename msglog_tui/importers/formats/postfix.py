"""Postfix mail logs: what became of each recipient of each mail, from the lines of its daemons.

A mail is known by its queue id.  Long ids name one mail for ever.  Short ones are used again after a while,
so they go with the UTC date on which the mail came into the queue, which every line about a recipient tells
by its delay.  So a delivery is the same in whatever file its lines are, and in whatever order they come.

What only other lines tell of a mail is remembered while its file is read: its sender (told anew each time the
mail is tried), its subject (told once, if `header_checks` has it logged), and the recipients that wait, as
the line of a mail that was given up names none of them.  If it is in another file, it is not known.

The mails of one subject, or where none is logged of one sender, make a message a day.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from msglog_tui.delivery import DeliveryRecord, DeliveryStatus
from msglog_tui.importers import fields
from msglog_tui.importers.columns import Remembered
from msglog_tui.importers.fields import BadField
from msglog_tui.importers.foreign import Piece
from msglog_tui.importers.formats.smtp import code_of, decoded, domain_of
from msglog_tui.importers.formats.syslog import Clock
from msglog_tui.importers.rows import Block, Broken
from msglog_tui.importers.times import utc_date
from msglog_tui.types import Channel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from msglog_tui.importers.foreign import Circumstances

_VOWELLESS: Final = "[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]"
_BEGINNING: Final = rf"(?:<[0-9]{{1,3}}>)?({Clock.SHAPE}) (\S{{1,255}}) \S{{1,100}}/([a-z]+)\[[0-9]+\]: "
_LINE: Final = re.compile(rf"{_BEGINNING}([0-9A-F]{{6,16}}|{_VOWELLESS}{{10,16}}z{_VOWELLESS}{{1,16}}): (.*)")
"""Time, host, daemon, queue id and what is said of the mail; instances (`postfix-out`) do not matter."""

_RECIPIENT: Final = re.compile(
    r"to=<([^>]*)>, (?:orig_to=<[^>]*>, )?relay=([^,]*), ((?:[a-z_]+=[^,]*, )*)status=([A-Za-z]+)"
    r"(?: \((.*)\))?"
)
_DELAY: Final = re.compile(r"delay=([0-9]{1,9}(?:\.[0-9]{1,9})?), ")
_DSN: Final = re.compile(r"dsn=([0-9.]{1,12}), ")
_SENDER: Final = re.compile(r"from=<([^>]*)>+, ")
_EXPIRED: Final = re.compile(r"status=(?:force-)?expired\b")
_SUBJECT: Final = re.compile(r"(?:warning|info): header [Ss]ubject: ")
_QUEUED_AS: Final = re.compile(r"queued as ([0-9A-Za-z]{6,40})")
_LOOPBACK: Final = re.compile(r"[^\[]*\[(?:127\.[0-9.]+|::1|IPv6:::1)\]")
_DAEMONS: Final = frozenset(
    {"smtp", "smtpd", "lmtp", "qmgr", "cleanup", "pickup", "local", "virtual", "pipe"}
)
_LOOKED_AT: Final = 200
_MAILS_REMEMBERED: Final = 50_000
_WAITING_REMEMBERED: Final = 200_000
_LONGEST_LINE: Final = 16_384
_A_DAY: Final = 86_400


@dataclass(slots=True)
class _Mail:
    """What is known of a mail in the queue.

    Attributes:
        sender: `None` while it is not known; empty for what the mail system itself sends.
        subject: Empty where none is logged.
        begun: Whether the log has the lines of how it came into the queue.
        waiting: What was said last of each recipient that is to be tried again, as the record of it.
    """

    sender: str | None = None
    subject: str = ""
    begun: bool = False
    waiting: dict[str, DeliveryRecord] = field(default_factory=dict)


class Postfix:
    """Mail logs of Postfix, as syslog or Postfix itself write them."""

    name = "postfix"
    title = "Postfix mail logs"
    suffix = "log"
    whole_lines = True

    def recognises(self, head: Block) -> bool:
        """Tell by a line of one of Postfix's daemons among the first lines."""
        beginning = re.compile(_BEGINNING)
        for line in head.lines[:_LOOKED_AT]:
            found = beginning.match(line[:_LONGEST_LINE].decode("utf-8", "surrogateescape"))
            if found and found[3] in _DAEMONS:
                return True
        return False

    def header(self, head: Block) -> bytes:  # noqa: ARG002 - of no log
        """Nothing: a line is read by itself."""
        return b""

    def pieces(self, blocks: Iterable[Block], circumstances: Circumstances) -> Iterator[Piece]:
        """Read the lines.

        Raises:
            Refusal: Times have no offset and no zone is given, or no year and there is none to be had.
        """
        log = _Log(circumstances)
        for block in blocks:
            yield log.piece(block)


class _Log:
    """A log that is being read, from its first line on."""

    def __init__(self, circumstances: Circumstances) -> None:
        self._instant = Clock(circumstances).instant
        self._owner = Remembered(circumstances.owners.of).__getitem__
        self._text = Remembered(fields.text)
        self._mails: dict[tuple[str, str], _Mail] = {}
        self._waiting = 0
        self._tells_subjects = False

    def piece(self, block: Block) -> Piece:
        deliveries: list[DeliveryRecord] = []
        passed_over: Counter[str] = Counter()
        broken: list[Broken] = []
        others = 0
        for place, line in enumerate(block.lines):
            # Most lines are of other daemons: they are not to cost much.
            if b" status=" in line or b"/qmgr[" in line or b"/cleanup[" in line:
                found = _LINE.match(line.decode("utf-8", "surrogateescape"))
            else:
                found = None
            if found is None:
                others += not line.isspace()
                continue
            try:
                made = self._line(*found.groups())
            except BadField as problem:
                written = line.decode("utf-8", "surrogateescape")
                broken.append(Broken(place, place + 1, "", written, str(problem)))
            else:
                if made is None:
                    others += 1
                elif isinstance(made, str):
                    passed_over[made] += 1
                else:
                    deliveries += made
        if others:
            passed_over["other lines"] = others
        return Piece(block, len(deliveries) + passed_over.total(), deliveries, [], passed_over, broken)

    def _line(
        self, time: str, host: str, daemon: str, queue_id: str, said: str
    ) -> list[DeliveryRecord] | str | None:
        """Read a line about a mail: what it says of recipients, or the words for what is passed over.

        Returns:
            `None` for a line that says nothing of recipients.
        """
        if len(said) > _LONGEST_LINE:
            raise BadField(f"has more than {_LONGEST_LINE:,} characters, as no line of Postfix's has")
        key = host, queue_id
        if daemon == "cleanup":
            self._begin(key, said)
        elif daemon == "qmgr":
            return self._queue(key, time, said)
        elif " relay=" in said and " status=" in said:
            return self._recipient(key, daemon, time, said)
        return None

    def _begin(self, key: tuple[str, str], said: str) -> None:
        """Note that a mail came into the queue, and its subject if that is logged."""
        mail = self._mail(key)
        mail.begun = True
        if found := _SUBJECT.match(said):
            # A client and an envelope follow; what the subject itself says may look like them.
            subject = said[found.end() :].rpartition("; from=<")[0].rpartition(" from ")[0]
            mail.subject = decoded(subject)
            self._tells_subjects = True

    def _queue(self, key: tuple[str, str], time: str, said: str) -> list[DeliveryRecord] | str | None:
        """Note who sends a mail that is to be tried, or what became of it in the queue."""
        found = _SENDER.match(said)
        if found is None:
            if said.startswith("removed"):
                self._forget(key)
            return None
        if not said.startswith("status=", found.end()):
            self._mail(key).sender = found[1]
            return None
        if not _EXPIRED.match(said, found.end()):
            raise BadField("says what became of a mail, but not like Postfix: from=<…>, status=expired")
        return self._give_up(key, time)

    def _recipient(
        self, key: tuple[str, str], daemon: str, time: str, said: str
    ) -> list[DeliveryRecord] | str:
        found = _RECIPIENT.match(said)
        if found is None:
            raise BadField("says what became of a mail, but not like Postfix: to=<…>, relay=…, …, status=…")
        recipient, relay, more, word, reason = found.groups("")
        status = _status(word.lower(), relay)
        if isinstance(status, str):
            return status
        if word == "sent" and reason.startswith("forwarded as "):
            return "mails forwarded under another id"
        if daemon == "smtp" and self._is_handed_on(key[0], status, relay, reason):
            return "mails handed to a filter"
        mail = self._mail(key)
        if mail.sender == "":
            return "notices of the mail system"
        at = self._instant(time)
        delay = _DELAY.search(more)
        dsn = _DSN.search(more)
        record = self._record(
            key,
            mail,
            recipient,
            status,
            at,
            max(at - round(float(delay[1])), 0) if delay else at,
            dsn[1] if dsn else code_of(reason),
            reason,
        )
        if status is DeliveryStatus.DEFERRED:
            self._waiting += recipient not in mail.waiting
            mail.waiting[recipient] = record
            self._forget_the_oldest()
        elif mail.waiting.pop(recipient, None) is not None:
            self._waiting -= 1
        return [record]

    def _is_handed_on(self, host: str, status: DeliveryStatus, relay: str, reason: str) -> bool:
        """Tell what goes to a filter, which gives the mail back under another id that is followed instead.

        It is on this machine, or it says under which id it gave the mail back before it says that it took it.
        """
        if status not in _HANDED_ON:
            return False
        if _LOOPBACK.match(reason if relay == "none" else relay):
            return True
        found = _QUEUED_AS.search(reason)
        given_back = self._mails.get((host, found[1])) if found else None
        return given_back is not None and given_back.begun

    def _record(
        self,
        key: tuple[str, str],
        mail: _Mail,
        recipient: str,
        status: DeliveryStatus,
        at: int,
        queued_at: int,
        code: str,
        reason: str,
    ) -> DeliveryRecord:
        host, queue_id = key
        # A mail tried again may have had its subject logged in an earlier file.
        tells = mail.subject or mail.begun or not self._tells_subjects
        sender = self._text[mail.sender or ""]
        enterprise, customer = self._owner((sender, domain_of(sender)))
        date = "" if "z" in queue_id else f" {utc_date(queued_at // _A_DAY)}"
        return DeliveryRecord(
            enterprise=enterprise,
            customer=customer,
            source="postfix",
            delivery_id=f"{self._text[host]} {queue_id}{date}",
            recipient=fields.identifier(recipient),
            channel=Channel.EMAIL,
            status=status,
            at=at,
            code=code,
            reason=fields.reason(reason),
            message_id="",
            campaign=(mail.subject or sender) if tells else "",
            subject=mail.subject,
            sent_at=queued_at,
            sent_by=sender,
            lists=(),
        )

    def _give_up(self, key: tuple[str, str], time: str) -> list[DeliveryRecord] | str:
        """Fail the recipients of a mail that was in the queue for too long."""
        mail = self._mails.get(key)
        if mail is None or not mail.waiting:
            return "mails given up whose recipients are in an earlier log"
        at = self._instant(time)
        given_up = [record._replace(status=DeliveryStatus.FAILED, at=at) for record in mail.waiting.values()]
        self._waiting -= len(mail.waiting)
        mail.waiting.clear()
        return given_up

    def _mail(self, key: tuple[str, str]) -> _Mail:
        """What is known of a mail; when there are too many, the one known longest is forgotten."""
        mail = self._mails.get(key)
        if mail is None:
            self._mails[key] = mail = _Mail()
            if len(self._mails) > _MAILS_REMEMBERED:
                self._forget(next(iter(self._mails)))
        return mail

    def _forget(self, key: tuple[str, str]) -> None:
        mail = self._mails.pop(key, None)
        if mail is not None:
            self._waiting -= len(mail.waiting)

    def _forget_the_oldest(self) -> None:
        while self._waiting > _WAITING_REMEMBERED:
            self._forget(next(iter(self._mails)))


_HANDED_ON: Final = frozenset({DeliveryStatus.DELIVERED, DeliveryStatus.DEFERRED})


def _status(word: str, relay: str) -> DeliveryStatus | str:
    """What a status of Postfix's means, given who was spoken to; or the words for what is passed over."""
    if word == "sent":
        # Only what is thrown away comes to nobody.
        return "mails thrown away" if relay == "none" else DeliveryStatus.DELIVERED
    if word in ("deferred", "softbounce"):
        return DeliveryStatus.DEFERRED
    if word == "bounced":
        # Who was never reached refused nothing: the mail has not left.
        return DeliveryStatus.FAILED if relay == "none" else DeliveryStatus.BOUNCED
    if word in ("deliverable", "undeliverable"):
        return "tests of addresses"
    raise BadField(f"has a status that Postfix does not have ({fields.text(word)[:40]})")
