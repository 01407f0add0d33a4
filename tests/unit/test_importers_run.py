"""Imports from the file to the writer, rejects and all."""

from __future__ import annotations

import gc
import gzip
import io
import sys

import pytest

from msglog_tui.delivery import DeliveryRecord, DeliveryStatus
from msglog_tui.errors import DateError, Refusal
from msglog_tui.importers import run
from msglog_tui.types import Outcome
from tests.unit.importing import MESSAGE, Kept, csv_text, delivery, json_text, message, transaction

HEADER, GOOD = csv_text(MESSAGE).splitlines(keepends=True)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path, content):
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_good_file_leaves_nothing_behind(here):
    kept = Kept()
    report = kept.take(write(here / "messages.csv", csv_text(MESSAGE, message(message_id="m-2"))))
    assert [record.message_id for record in kept.records] == ["m-1", "m-2"]
    assert (report.rows, report.rejected, report.outcome.added) == (2, 0, 2)
    assert (report.rejects, report.reasons, report.rejections) == (None, None, ())
    assert [path.name for path in here.iterdir()] == ["messages.csv"]


@pytest.mark.parametrize("kind", [message, transaction])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_spreadsheets_say_the_same_in_many_ways(here, kind, delimiter, line_end, encoding):
    plain, odd = Kept(), Kept()
    row = kind(enterprise="Zoë; \"the\" 'best', 🚀")
    plain.take(write(here / "plain.csv", csv_text(row)))
    text = csv_text(row, delimiter=delimiter, line_end=line_end)
    odd.take(write(here / "odd", text.encode(encoding)))
    assert plain.records == odd.records
    assert len(odd.records) == 1


def test_messages_come_in_batches_and_tell_how_far_they_are(here):
    path = write(here / "many.csv", HEADER + "".join(GOOD.replace("m-1", f"m-{n}") for n in range(50_000)))
    kept = Kept()
    report = kept.take(path)
    assert [record.message_id for record in kept.records] == [f"m-{n}" for n in range(50_000)]
    assert len(kept.batches) == 3
    assert all(20_000 <= len(batch) < 21_000 for batch in kept.batches[:-1])
    assert report.rows == 50_000
    assert [told.rows for told in kept.progress] == sorted(told.rows for told in kept.progress)
    assert kept.progress[-1] == (path.stat().st_size, path.stat().st_size, 50_000, 0)


def test_what_a_batch_did_adds_up(here):
    report = Kept().take(write(here / "m.csv", HEADER + GOOD * 50_000))
    assert report.outcome == Outcome(50_000, 0, 0)


BAD = {
    3: (GOOD.replace("120", "-5"), "send_amount", "-5", "is negative"),
    5: (GOOD.replace("email", "fax"), "channel", "fax", "is unknown"),
    6: (GOOD.replace("2026-10", "0102-10"), "send_date", "0102-10-01T09:30:00Z", "1970 to 2100"),
    8: ('Acme,Bakery,m-8,"never closed,email\n', "", 'Acme,Bakery,m-8,"never closed,email', "quote"),
    9: ("a,b\r\n", "", "a,b", "2 fields"),
    11: (GOOD.encode().replace(b"Fresh", b"Fr\xe9sh"), "subject", "Fr\\xe9sh bread", "UTF-8"),
    12: (GOOD.replace("Fresh", "Fr\x1bsh\0"), "subject", "Fr␛sh␀ bread", "NUL"),
    13: (GOOD.replace("Acme", "A" * 300), "enterprise", "A" * 39 + "…", "at most 255"),
    14: ("c,d\n", "", "c,d", "2 fields"),
}


def spoilt() -> tuple[bytes, bytes]:
    """A file of twelve lines with the bad ones in their places, and what its rejects have to be."""
    lines = {number: GOOD.encode() for number in range(2, 16)}
    bad = {number: line if isinstance(line, bytes) else line.encode() for number, (line, *_) in BAD.items()}
    return HEADER.encode() + b"".join((lines | bad).values()), HEADER.encode() + b"".join(bad.values())


def test_bad_rows_are_kept_as_they_are_and_good_ones_go_in(here):
    content, rejects = spoilt()
    kept = Kept()
    report = kept.take(write(here / "messages.csv", content))
    assert len(kept.records) == 5
    assert (report.rows, report.rejected) == (14, 9)
    assert {found.line: found[2:4] for found in report.rejections} == {n: bad[1:3] for n, bad in BAD.items()}
    assert all(bad[3] in found.reason for found, bad in zip(report.rejections, BAD.values(), strict=True))
    assert {found.file for found in report.rejections} == {str(here / "messages.csv")}
    assert (here / "messages.rejects.csv").read_bytes() == rejects
    assert report.rejects is not None
    assert report.rejects.read_bytes() == rejects
    assert report.reasons is not None
    listed = [line.split("\t") for line in report.reasons.read_text("utf-8").splitlines()]
    assert listed == [
        ["line", "field", "value", "reason"],
        *([str(found.line), *found[2:]] for found in report.rejections),
    ]
    assert kept.progress[-1].rejected == 9


def test_mended_rejects_are_imported(here):
    Kept().take(write(here / "messages.csv", HEADER + GOOD + GOOD.replace("120", "1,20").replace('"', "")))
    Kept().take(write(here / "messages.csv", HEADER + GOOD.replace("120", "12O")))
    rejects = here / "messages.rejects-2.csv"
    rejects.write_text(rejects.read_text().replace("12O", "120"))
    kept = Kept()
    assert kept.take(rejects).rejected == 0
    assert kept.records[0].sent == 120


def test_rejects_of_rejects_are_of_the_same_file(here):
    bad = HEADER + GOOD.replace("email", "fax")
    write(here / "messages.csv", bad)
    source = here / "messages.csv"
    for name in ("messages.rejects.csv", "messages.rejects-2.csv", "messages.rejects-3.csv"):
        report = Kept().take(source)
        assert report.rejects is not None
        assert report.rejects.name == name
        source = here / name
        assert source.read_text() == bad


@pytest.mark.parametrize("taken", ["m.rejects.csv", "m.rejects.reasons.txt"])
def test_nothing_is_written_over(here, taken):
    write(here / taken, "mine")
    report = Kept().take(write(here / "m.csv.gz", gzip.compress((HEADER + "x\n").encode())))
    assert report.rejects is not None
    assert report.rejects.name == "m.rejects-2.csv"
    assert (here / taken).read_text() == "mine"


@pytest.mark.parametrize("taken", ["bad.csv", "bad.reasons.txt"])
def test_a_rejects_file_that_exists_is_refused_before_anything_is_read(here, taken):
    write(here / taken, "mine")
    kept = Kept()
    with pytest.raises(Refusal, match=f"{taken} exists"):
        kept.take(write(here / "m.csv", HEADER + GOOD), rejects=here / "bad.csv")
    assert not kept.batches
    assert (here / taken).read_text() == "mine"


def test_a_rejects_file_of_ones_own(here):
    path = write(here / "m.csv", HEADER + "x\n")
    report = Kept().take(path, rejects=here / "bad.csv")
    assert report.rejects == here / "bad.csv"
    assert sorted(p.name for p in here.iterdir()) == ["bad.csv", "bad.reasons.txt", "m.csv"]
    with pytest.raises(Refusal, match="There is no directory"):
        Kept().take(path, rejects=here / "none" / "bad.csv")


def test_a_rejects_file_made_meanwhile_is_not_written_over(here):
    class Meddling(Kept):
        def messages(self, batch):
            write(here / "bad.csv", "mine")
            return super().messages(batch)

    with pytest.raises(Refusal, match="Rejects cannot be written"):
        Meddling().take(write(here / "m.csv", HEADER + GOOD * 30_000 + "x\n"), rejects=here / "bad.csv")
    assert (here / "bad.csv").read_text() == "mine"


def test_rejects_that_cannot_be_written_are_a_refusal(here, monkeypatch):
    write(here / "m.csv", HEADER + "x\n")
    monkeypatch.setattr("msglog_tui.importers.rejects.refuse_taken", lambda path: None)
    monkeypatch.setattr(run, "refuse_taken", lambda path: None)
    with pytest.raises(Refusal, match="Rejects cannot be written"):
        Kept().take(here / "m.csv", rejects=here / "none" / "bad.csv")


def test_rejects_of_standard_input_and_of_a_last_line_without_end(here, monkeypatch):
    monkeypatch.setattr(
        sys, "stdin", io.TextIOWrapper(io.BytesIO((HEADER.strip() + "\r\na,b\r\nc").encode()))
    )
    report = Kept().take(None)
    assert report.file == "standard input"
    assert (here / "stdin.rejects.csv").read_bytes() == HEADER.strip().encode() + b"\r\na,b\r\nc\r\n"


def test_rejects_keep_delimiter_and_mark(here):
    text = csv_text(message(channel="fax"), delimiter="\t")
    Kept().take(write(here / "m.tsv", text.encode("utf-16")))
    assert (here / "m.rejects.csv").read_bytes() == b"\xef\xbb\xbf" + text.encode()


def test_rejects_of_json_lines_are_json_lines(here):
    good, bad = json_text(message(lists=[]), message(lists=[], channel="fax")).splitlines(keepends=True)
    report = Kept().take(write(here / "m.json", good + bad))
    assert report.rejects is not None
    assert (report.rejects.name, report.rejects.read_text()) == ("m.rejects.jsonl", bad)


def test_only_the_first_rejections_are_told_and_all_are_listed(here):
    report = Kept().take(write(here / "m.csv", HEADER + "x\n" * 1_000))
    assert [found.line for found in report.rejections] == list(range(2, 22))
    assert report.rejected == 1_000
    assert report.reasons is not None
    assert len(report.reasons.read_text().splitlines()) == 1_001


def test_a_header_alone_is_no_rows(here):
    for content in (HEADER, HEADER.strip()):
        kept = Kept()
        report = kept.take(write(here / "m.csv", content))
        assert (report.rows, report.rejected, kept.batches) == (0, 0, [])


def test_nothing_but_empty_lines_before_the_header(here):
    assert Kept().take(write(here / "m.csv", "\n" * 200_000 + HEADER + GOOD)).rows == 1


def test_refused_rows_count_towards_the_progress(here):
    kept = Kept()
    kept.take(write(here / "m.csv", HEADER + "x\n" * 50_000))
    assert len(kept.progress) >= 2
    assert not kept.batches


def test_truncated_gzip_brings_in_what_is_whole(here):
    rows = "".join(GOOD.replace("m-1", f"m-{n * 7919}") for n in range(30_000))
    data = gzip.compress((HEADER + "x\n" + rows).encode())
    kept = Kept()
    with pytest.raises(
        Refusal, match=r"is truncated after line .* 1 row before that was refused: see "
    ) as caught:
        kept.take(write(here / "m.csv.gz", data[: len(data) // 2]))
    assert f"after line {len(kept.records) + 2:,}:" in str(caught.value)
    assert (here / "m.rejects.csv").read_text() == HEADER + "x\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"\n \r\n\n", "is empty"),
        (gzip.compress(b""), "is empty"),
        (b"\n <!DOCTYPE html><html>", "HTML"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "no export"),
        (b"\x7fELF\x02\x01\x01\0\0", "binary"),
        (b"PK\x03\x04\x14\0\x06\0", "Excel workbook or a zip"),
        ("a,b\n".encode("utf-16-le"), "UTF-16"),
        (b"[]\n", "there is no row in it"),
        (gzip.compress(gzip.compress(b"a\n")), "twice"),
        (b"0" * 200_000, "too long"),
        (b"0" * 5_000_000, "longer than 4 MiB"),
        (b"\xff\xfe", "is empty"),
        (b"caf\xe9,b\n", "caf\\xe9, b"),
    ],
)
def test_what_is_no_export_is_refused_whole(here, content, told):
    kept = Kept()
    with pytest.raises(Refusal) as caught:
        kept.take(write(here / "x\x1b.csv", content))
    assert told in str(caught.value)
    assert "x␛.csv" in str(caught.value)
    assert not kept.batches
    assert len(list(here.iterdir())) == 1


def test_times_without_offset_need_a_zone(here):
    path = write(here / "m.csv", csv_text(message(send_date="2026-10-01T11:30:00")))
    assert "--time-zone" in Kept().take(path).rejections[0].reason
    kept, same = Kept(), Kept()
    kept.take(path, zone="Europe/Paris")
    same.take(write(here / "u.csv", csv_text(MESSAGE)))
    assert kept.records == same.records
    with pytest.raises(DateError, match="no time zone"):
        kept.take(path, zone="Europe/Pariss")


def test_a_writer_that_fails_leaves_rejects_closed_and_the_collector_running(here):
    class Failing(Kept):
        def messages(self, batch):
            if self.batches:
                raise KeyboardInterrupt
            return super().messages(batch)

    kept = Failing()
    with pytest.raises(KeyboardInterrupt):
        kept.take(write(here / "m.csv", HEADER + "x\n" + GOOD * 50_000))
    assert len(kept.batches) == 1
    assert (here / "m.rejects.csv").read_text() == HEADER + "x\n"
    assert gc.isenabled()


def test_rejects_of_a_block_cut_in_a_record_are_whole(here, monkeypatch):
    monkeypatch.setattr("msglog_tui.importers.source._CHUNK", 7)
    bad = csv_text(message(subject="two\r\nlines", channel="fax"))
    kept = Kept()
    report = kept.take(write(here / "m.csv", bad + GOOD))
    assert (here / "m.rejects.csv").read_bytes() == bad.encode()
    assert [found.line for found in report.rejections] == [2]
    assert len(kept.records) == 1


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_deliveries_go_to_the_writer_as_such(here, suffix):
    rows = [delivery(), delivery(recipient="+27821234567", status="delivered"), delivery(status="eaten")]
    lists = {"lists": ["Members", "Friends"]}
    text = csv_text(*rows) if suffix == "csv" else json_text(*(row | lists for row in rows))
    path = here / f"d.{suffix}"
    path.write_text(text, encoding="utf-8")
    kept = Kept()
    report = kept.take(path)
    assert [type(record) for record in kept.records] == [DeliveryRecord] * 2
    assert [(record.channel, record.status) for record in kept.records] == [
        (0, DeliveryStatus.BOUNCED),
        (1, DeliveryStatus.DELIVERED),
    ]
    assert {record.lists for record in kept.records} == {("Members", "Friends")}
    assert (report.kind, report.rows, report.rejected) == ("delivery", 3, 1)
    assert report.rejections[0].field == "status"


def test_a_file_of_two_kinds_is_refused(here):
    path = here / "both.csv"
    path.write_text(csv_text(message() | delivery()))
    with pytest.raises(Refusal, match="columns of messages and of deliveries"):
        Kept().take(path)
