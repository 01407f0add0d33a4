"""What the module of a provider's format has to give, and what it is given.

A format reads the lines of an export, which are in nobody's canonical columns, and makes records of them:
statuses of deliveries, or whole messages where the source knows no recipients.  It refuses what it cannot
read a piece at a time, and says what it passed over on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from msglog_tui.delivery import DeliveryRecord
    from msglog_tui.importers.rows import Block, Broken
    from msglog_tui.types import MessageRecord, TransactionRecord


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the person who imports says of a file, because the file does not.

    Attributes:
        owners: Says whose a delivery is.
        zone: The zone of times without an offset; `None` refuses those.
        year: The year in which a file begins whose times have none (syslog); `None` takes the last twelve
            months before the file was written.
        written_at: When the file was written, `None` where that is not known.
    """

    owners: Owners
    zone: str | None
    year: int | None
    written_at: int | None = None


class Owners(Protocol):
    """Says which enterprise and customer sent something: `--enterprise`/`--customer`, or a mapping file."""

    def of(self, keys: Iterable[str]) -> tuple[str, str]:
        """Name the enterprise and customer of the first of these keys that is known.

        Args:
            keys: What a source tells of who sent it, the narrowest first: sub-account, tag, domain, account.

        Raises:
            BadField: None of them is known and there is no customer for everything else.
        """


class Piece(NamedTuple):
    """What came of some lines.

    Attributes:
        block: The lines.
        rows: How many rows (events, lines, records of the source) these were, refused ones not counted.
        deliveries: Statuses of deliveries.
        messages: Whole messages.
        passed_over: What was left out on purpose, and how often: `opens and clicks`, `inbound messages`.
        broken: Lines that were refused.
        transactions: Of msglog's own columns; no provider's format has any yet.
    """

    block: Block
    rows: int
    deliveries: Sequence[DeliveryRecord]
    messages: Sequence[MessageRecord]
    passed_over: Mapping[str, int]
    broken: Sequence[Broken]
    transactions: Sequence[TransactionRecord] = ()


class Format(Protocol):
    """A provider's format."""

    @property
    def name(self) -> str:
        """As `--format` takes it, such as `ses`."""

    @property
    def title(self) -> str:
        """As people call it, such as `Amazon SES events`."""

    @property
    def suffix(self) -> str:
        """How the names of files of refused rows end, without a dot."""

    @property
    def whole_lines(self) -> bool:
        """Whether a row is made of whole lines; else blocks end anywhere, and hold any text as one line."""

    def recognises(self, head: Block) -> bool:
        """Tell by the first 64 KiB of a file whether it is in this format; never raises."""

    def header(self, head: Block) -> bytes:
        """The lines with which refused rows have to begin to be read again; may be empty."""

    def pieces(self, blocks: Iterable[Block], circumstances: Circumstances) -> Iterator[Piece]:
        """Read a file from its first line on, in memory that does not grow with it.

        Raises:
            Refusal: It cannot be read at all.
        """
