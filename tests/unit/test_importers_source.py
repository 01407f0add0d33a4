"""Bytes become whole lines, whatever the encoding, compression, line ends or size."""

from __future__ import annotations

import gzip
import io
import sys
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msglog_tui.errors import Refusal
from msglog_tui.importers import source
from msglog_tui.importers.source import Source, opened


def lines_of(data: bytes) -> list[bytes]:
    return [line for block in Source(io.BytesIO(data), "x", None).blocks() for line in block.lines]


def read_until_refused(data: bytes) -> tuple[list[bytes], str]:
    return until_refused(io.BytesIO(data))


def until_refused(stream) -> tuple[list[bytes], str]:
    lines: list[bytes] = []
    try:
        for block in Source(stream, "x.csv", None).blocks():
            lines += block.lines
    except Refusal as refusal:
        return lines, str(refusal)
    raise AssertionError("the input was read to its end")


@given(
    st.lists(st.sampled_from([b"a", b"\n", b"\r", b"\r\n", b'"', "ü".encode(), b"\xff", b"\x0b\x1c"])),
    st.integers(1, 4),
)
def test_lines_do_not_depend_on_how_the_bytes_come(pieces, size):
    data = b"".join(pieces)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "_CHUNK", size)
        blocks = list(Source(io.BytesIO(data), "x", None).blocks())
    assert [line for block in blocks for line in block.lines] == data.splitlines(keepends=True)
    counted = 1
    for block in blocks:
        assert block.first == counted
        counted += len(block.lines)


@pytest.mark.parametrize("length", [1, 100, 10_000])
def test_blocks_are_small_whatever_the_lines(length):
    data = io.BytesIO((b"x" * (length - 1) + b"\n") * (3_000_000 // length))
    sizes = [sum(map(len, block.lines)) for block in Source(data, "x", None).blocks()]
    assert sum(sizes) == 3_000_000
    assert max(sizes) < 100_000


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("packed", [False, True])
def test_marked_encodings_and_gzip(encoding, packed):
    text = "näme,🚀\r\nzwei,\n"
    data = (("\ufeff" if encoding[-2:] in ("le", "be") else "") + text).encode(encoding)
    stream = Source(io.BytesIO(gzip.compress(data) if packed else data), "x", None)
    assert [line for block in stream.blocks() for line in block.lines] == text.encode().splitlines(
        keepends=True
    )
    assert stream.marked


def test_no_mark_in_plain_utf_8():
    stream = Source(io.BytesIO(b"a\n"), "x", None)
    assert [block.lines for block in stream.blocks()] == [[b"a\n"]]
    assert not stream.marked


def test_a_mark_that_comes_alone_first():
    class Slow(io.BytesIO):
        def read(self, _size=-1):
            return super().read(1)

    stream = Source(Slow(b"\xef\xbb\xbfa\nb"), "x", None)
    assert [line for block in stream.blocks() for line in block.lines] == [b"a\n", b"b"]


def test_nothing_but_a_mark():
    assert lines_of(b"\xef\xbb\xbf") == lines_of(b"") == lines_of(gzip.compress(b"")) == []


def test_half_a_surrogate_pair_in_utf_16_is_no_utf_8():
    [line] = lines_of("\ufeffa\ud83db".encode("utf-16-le", "surrogatepass"))
    with pytest.raises(UnicodeDecodeError):
        line.decode()


def test_utf_16_that_ends_in_half_a_character():
    lines, told = read_until_refused("\ufeffone\ntwo".encode("utf-16-le")[:-1])
    assert lines == [b"one\n"]
    assert "x.csv ends in the middle of a character after line 1:" in told


def test_truncated_gzip_gives_what_came_whole():
    data = gzip.compress(b"".join(b"%d\n" % number for number in range(100_000)))
    lines, told = read_until_refused(data[: len(data) // 2])
    assert len(lines) > 10_000
    assert lines == [b"%d\n" % number for number in range(len(lines))]
    assert f"x.csv is truncated after line {len(lines):,}:" in told
    assert "import it again" in told


def test_damaged_gzip():
    data = bytearray(gzip.compress(b"".join(b"%d\n" % number for number in range(100_000))))
    data[-6] ^= 0xFF  # the checksum
    lines, told = read_until_refused(bytes(data))
    assert len(lines) == 100_000
    assert "is damaged after line 100,000:" in told


def test_several_gzip_members_are_one_file():
    assert lines_of(gzip.compress(b"one\nt") + gzip.compress(b"wo\n")) == [b"one\n", b"two\n"]


def test_an_endless_line_is_refused_before_it_is_in_memory():
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size=-1):
            self.given += size
            assert self.given < 2 * source.LONGEST_LINE
            return b"fine\n" + b"0" * (size - 5) if self.given == size else b"0" * size

    endless = Endless()
    lines, told = until_refused(endless)
    assert lines == [b"fine\n"]
    assert "x.csv, line 2, is longer than 4 MiB" in told


def test_a_bomb_stays_small():
    bomb = gzip.compress(b"x" * 50 + b"\n" + b"\0" * 200_000_000)
    tracemalloc.start()
    try:
        read_until_refused(bomb)
        assert tracemalloc.get_traced_memory()[1] < 40 * 2**20
    finally:
        tracemalloc.stop()


def test_a_read_error_says_where():
    class Failing(io.BytesIO):
        def read(self, size=-1):
            if self.tell() >= len(self.getvalue()):
                raise OSError(5, "Input/output error")
            return super().read(size)

    with pytest.raises(Refusal, match=r"cannot be read any further \(Input/output error\) after line 1:"):
        list(Source(Failing(b"one\n" * 1), "x", None).blocks())


def test_progress_counts_what_was_taken_from_the_file(tmp_path):
    data = gzip.compress(b"".join(b"%d\n" % number for number in range(10_000)))
    (tmp_path / "lying.csv").write_bytes(data)
    with opened(tmp_path / "lying.csv") as stream:
        assert stream.total == len(data)
        assert sum(len(block.lines) for block in stream.blocks()) == 10_000
        assert stream.read_so_far == len(data)


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"one\ntwo")))
    with opened(None) as stream:
        assert [line for block in stream.blocks() for line in block.lines] == [b"one\n", b"two"]
        assert (stream.file, stream.total) == ("standard input", None)
    assert not sys.stdin.closed


def test_files_that_cannot_be_opened(tmp_path):
    for path, told in [
        (tmp_path / "no\x1bwhere.csv", "There is no file .*no␛where.csv"),
        (tmp_path, "is a directory"),
        (tmp_path / "nul\0.csv", "cannot be read"),
        (tmp_path / ("x" * 300), "cannot be read .*name too long"),
    ]:
        with pytest.raises(Refusal, match=f"(?i){told}"), opened(path):
            pass
