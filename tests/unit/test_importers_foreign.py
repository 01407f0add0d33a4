"""From a provider's format to the writer: batches, rejects, what is passed over, long lines."""

from __future__ import annotations

import gzip
from dataclasses import dataclass

import pytest

from msglog_tui.delivery import DeliveryRecord, DeliveryStatus
from msglog_tui.errors import Refusal
from msglog_tui.importers import formats
from msglog_tui.importers.foreign import Piece
from msglog_tui.importers.rows import Broken
from msglog_tui.types import Channel, MessageRecord
from tests.unit.importing import MESSAGE, Kept, csv_text


class Acme:
    """Owns everything."""

    def of(self, keys):
        return "Acme", "Bakery"


@dataclass(frozen=True)
class Words:
    """A format in which each line is a word: a status, `open`, `message`, or nothing known."""

    name: str = "words"
    title: str = "words of statuses"
    suffix: str = "txt"
    whole_lines: bool = True

    def recognises(self, head):
        return head.lines[:1] == [b"WORDS\n"]

    def header(self, head):
        return head.lines[0]

    def pieces(self, blocks, circumstances):
        enterprise, customer = circumstances.owners.of(())
        for block in blocks:
            deliveries, messages, broken, opens = [], [], [], 0
            for place, line in enumerate(block.lines):
                word, number = line.decode().strip(), str(block.first + place)
                if word == "open":
                    opens += 1
                elif word == "message":
                    messages.append(
                        MessageRecord(enterprise, customer, number, "", 0, 1, None, None, 0, "", ())
                    )
                elif word.upper() in DeliveryStatus.__members__:
                    deliveries.append(delivery(number, DeliveryStatus[word.upper()]))
                elif word != "WORDS":
                    broken.append(Broken(place, place + 1, "word", word, "is no status"))
            rows = len(deliveries) + len(messages) + opens
            yield Piece(block, rows, deliveries, messages, {"opens": opens} if opens else {}, broken)


def delivery(delivery_id, status):
    return DeliveryRecord(
        "Acme",
        "Bakery",
        "words",
        delivery_id,
        "a@b",
        Channel.EMAIL,
        status,
        0,
        "",
        "",
        "",
        "",
        "",
        0,
        "",
        (),
    )


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(formats, "FORMATS", (Words(),))
    return tmp_path


def write(path, content):
    path.write_bytes(content)
    return path


def test_a_format_is_told_by_content_and_its_pieces_reach_the_writer(here):
    kept = Kept()
    path = write(here / "lying.csv", b"WORDS\nsent\nopen\nmessage\nbounced\nopen\n")
    report = kept.take(path, owners=Acme())
    messages, deliveries = kept.batches
    assert [record.message_id for record in messages] == ["4"]
    assert [(record.delivery_id, record.status) for record in deliveries] == [("2", 2), ("5", 4)]
    assert (report.rows, report.rejected, report.outcome.added) == (5, 0, 3)
    assert (report.kind, report.passed_over) == ("row of words of statuses", (("opens", 2),))
    assert kept.progress[-1].rows == 5


def test_what_is_refused_is_kept_as_it_was_to_be_read_again(here):
    report = Kept().take(write(here / "w.log.gz", gzip.compress(b"WORDS\nsnet\nsent\nx")), owners=Acme())
    assert (report.rows, report.rejected) == (3, 2)
    assert [(found.line, found.value) for found in report.rejections] == [(2, "snet"), (4, "x")]
    assert report.rejects is not None
    assert (report.rejects.suffix, report.rejects.read_bytes()) == (".txt", b"WORDS\nsnet\nx\n")


def test_batches_are_as_large_as_those_of_msglogs_own_files(here):
    kept = Kept()
    report = kept.take(write(here / "w", b"WORDS\n" + b"sent\n" * 50_000 + b"open\n" * 50_000), owners=Acme())
    assert report.rows == 100_000
    assert sum(map(len, kept.batches)) == 50_000
    assert max(map(len, kept.batches)) < 40_000
    assert len(kept.progress) >= 4


def test_an_input_that_breaks_off_brings_in_what_is_whole(here):
    data = gzip.compress(b"WORDS\nx\n" + b"".join(b"sent\n%d\n" % (n * 7919) for n in range(50_000)))
    kept = Kept()
    with pytest.raises(Refusal, match=r"is truncated after line .* rows before that were refused"):
        kept.take(write(here / "w.gz", data[: len(data) // 2]), owners=Acme())
    assert len(kept.records) > 1_000


def test_nobody_owns_the_rows_unless_somebody_says_so(here):
    kept = Kept()
    with pytest.raises(Refusal, match=r"words of statuses, which know no enterprises .* --enterprise"):
        kept.take(write(here / "w", b"WORDS\nsent\n"))
    assert not kept.batches


def test_the_person_overrules_the_content(here):
    kept = Kept()
    path = write(here / "m.csv", b"sent\n")
    kept.take(path, owners=Acme(), provider=formats.named("words"))
    assert len(kept.records) == 1
    with pytest.raises(Refusal, match="no format wrods: --format takes one of words"):
        formats.named("wrods")


def test_owners_do_not_disturb_msglogs_own_columns(here):
    kept = Kept()
    kept.take(write(here / "m.csv", csv_text(MESSAGE).encode()), owners=Acme())
    assert [record.customer for record in kept.records] == ["Bakery"]
