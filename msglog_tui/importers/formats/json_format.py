"""What the formats that are JSON have in common: a document is a record, or a page with a list of records."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, TypeVar

from msglog_tui.delivery import DeliveryRecord
from msglog_tui.importers.columns import Remembered
from msglog_tui.importers.fields import BadField
from msglog_tui.importers.foreign import Piece
from msglog_tui.importers.json_documents import documents, elements_in, first_documents
from msglog_tui.importers.json_values import BadValue, Instants
from msglog_tui.importers.rows import Block, Broken
from msglog_tui.importers.times import ForeignTimes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from msglog_tui.delivery import DeliveryStatus
    from msglog_tui.importers.foreign import Circumstances
    from msglog_tui.importers.json_documents import Batch, Document
    from msglog_tui.importers.json_values import Record
    from msglog_tui.types import Channel

T = TypeVar("T")

_EARLY: Final = 20
# So many documents at the beginning of a file may be something else.

_REMEMBERED: Final = 20_000


class Step(NamedTuple):
    """A status to which the delivery to a recipient came; code and reason are empty where nothing is said."""

    recipient: str
    status: DeliveryStatus
    at: int
    code: str = ""
    reason: str = ""


def records(
    owner: tuple[str, str],
    steps: Iterable[Step],
    *,
    source: str,
    delivery_id: str,
    channel: Channel,
    campaign: str,
    subject: str,
    sent_at: int | None,
    sent_by: str,
) -> list[DeliveryRecord]:
    """Make records of what came of a mail or an SMS; what they have in common is as in `DeliveryRecord`."""
    enterprise, customer = owner
    # By place, as names cost a third of the time that an event takes.
    return [
        DeliveryRecord(
            enterprise,
            customer,
            source,
            delivery_id,
            recipient,
            channel,
            status,
            at,
            code,
            reason,
            "",
            campaign,
            subject,
            sent_at,
            sent_by,
            (),
        )
        for recipient, status, at, code, reason in steps
    ]


_TOO_DEEP: Final = BadValue("", "", "is nested too deeply")

Read: TypeAlias = "list[DeliveryRecord] | str"
"""What a record comes to: statuses of deliveries, or the words for what is passed over."""


class Told:
    """What is said of a file, ready for its records.

    Attributes:
        instants: Reads times.
        utc_instants: The same of a provider whose times without an offset are in UTC.
    """

    def __init__(self, circumstances: Circumstances) -> None:
        self.instants = Instants(ForeignTimes(circumstances.zone))
        self.utc_instants = Instants(ForeignTimes("UTC"))
        self._owners = Remembered(circumstances.owners.of)
        self._made: dict[str, Any] = {}

    def once(self, like: str, make: Callable[[], T]) -> T:
        """Make something, or take what was made before of what is like it."""
        made: T | None = self._made.get(like)
        if made is None:
            if len(self._made) >= _REMEMBERED:
                self._made.clear()
            made = self._made[like] = make()
        return made

    def owner(self, field: str, *keys: str) -> tuple[str, str]:
        """Name the enterprise and customer of whoever sent something.

        Args:
            field: What to name if nobody has these keys.
            keys: What is known of the sender, the narrowest first.

        Raises:
            BadValue: Nobody has them.
        """
        try:
            return self._owners[keys]
        except BadField as problem:
            raise BadValue(field, "", str(problem)) from None


@dataclass(frozen=True, slots=True)
class JsonFormat:
    """A provider's JSON.

    Attributes:
        name: As `--format` takes it.
        title: As people call it.
        lists: Where a page of an API, or an envelope, holds a list of records.
        is_one: Tells by its fields whether an object is a record of the provider's; never raises.
        read: Makes statuses of deliveries of a record, or raises `BadValue`.
    """

    name: str
    title: str
    lists: tuple[str, ...]
    is_one: Callable[[Record], bool]
    read: Callable[[Told, Record], Read]
    suffix = "jsonl"
    whole_lines = False

    def recognises(self, head: Block) -> bool:
        """Tell by the first documents whether a file is in this format."""
        text = b"".join(head.lines).decode("utf-8", "surrogateescape")
        if text.lstrip()[:1] not in ("{", "["):
            return False
        return any(
            isinstance(record, dict) and self.is_one(record)
            for document in first_documents(text)[:_EARLY]
            for record in self._records(document)[0]
        )

    def header(self, head: Block) -> bytes:  # noqa: ARG002 - the same for every file
        """Refused documents stand for themselves."""
        return b""

    def pieces(self, blocks: Iterable[Block], circumstances: Circumstances) -> Iterator[Piece]:
        """Read the documents, however they lie in the file."""
        told = Told(circumstances)
        for batch in documents(blocks):
            yield from self._pieces(batch, told)

    def _pieces(self, batch: Batch, told: Told) -> Iterator[Piece]:
        """Read some documents: a piece of the good ones, and one of each bad one, whose lines are its own."""
        deliveries: list[DeliveryRecord] = []
        passed_over: Counter[str] = Counter()
        rows = 0
        refused = _Refused(batch)
        for document in batch.documents:
            if document.problem:
                yield refused.piece(document.start, document.end, "", None, document.problem)
                continue
            spans: list[tuple[int, int]] = []
            records, key = self._records(document.value)
            for place, record in enumerate(records):
                try:
                    made = self.read(told, _object(record))
                except (BadValue, RecursionError) as problem:
                    bad = problem if isinstance(problem, BadValue) else _TOO_DEEP
                    spans = spans or _spans(batch, document, key)
                    yield refused.piece(*spans[place], bad.field, bad.value, bad.reason)
                    continue
                rows += 1
                if isinstance(made, str):
                    passed_over[made] += 1
                else:
                    deliveries += made
        yield Piece(Block(batch.line, []), rows, deliveries, (), passed_over, ())

    def _records(self, document: object) -> tuple[list[object], str]:
        """The records of a page and the name of their list; or the document itself."""
        if isinstance(document, dict):
            for key in self.lists:
                if isinstance(records := document.get(key), list):
                    return records, key
        return [document], ""


def _object(record: object) -> Record:
    if not isinstance(record, dict):
        raise BadValue("", record, "is no object, as all records of the format are")
    return record


class _Refused:
    """Makes pieces of what was refused of a text, from its beginning to its end."""

    def __init__(self, batch: Batch) -> None:
        self._text = batch.text
        self._line = batch.line
        self._counted = 0

    def piece(self, start: int, end: int, field: str, value: object, reason: str) -> Piece:
        """Make the piece of a record."""
        # Counted from the last one on: to count from the beginning each time would take quadratic time.
        self._line += self._text.count("\n", self._counted, start)
        self._counted = start
        written = self._text[start:end]
        lines = written.encode("utf-8", "surrogateescape").splitlines(keepends=True) or [b""]
        broken = Broken(0, len(lines), field, written if value is None else value, reason)
        return Piece(Block(self._line, lines), 0, (), (), {}, (broken,))


def _spans(batch: Batch, document: Document, key: str) -> list[tuple[int, int]]:
    """Find where in the text the records of a document stand."""
    return elements_in(batch.text, document.start, key) if key else [(document.start, document.end)]
