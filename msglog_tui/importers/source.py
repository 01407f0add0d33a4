"""The bytes of a file or of standard input as lines, in bounded memory.

Takes gzip apart, turns UTF-16 into UTF-8, counts bytes for the progress, and never holds more than a block
and one line, whatever the input.
"""

from __future__ import annotations

import codecs
import gzip
import io
import stat
import sys
import zlib
from contextlib import contextmanager
from itertools import chain
from typing import IO, TYPE_CHECKING

from msglog_tui.errors import Refusal
from msglog_tui.importers.rows import Block
from msglog_tui.importers.show import shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST_LINE = 4 * 2**20
"""In bytes. A row of an export has some hundred; bodies of mails in a column not read are let pass."""
_CHUNK = 2**16
"""Bytes taken at once: few enough for all that is made of them to stay in the processor's cache."""
_HEAD = 2**16
"""Bytes by which a format is told."""
_BUFFER = 2**18
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class CutOff(Refusal):
    """The input broke off; whole rows before that were given."""


class _Cut(Exception):  # noqa: N818 - says where the readable part ends
    """The rest cannot be read; the text says what became of the input."""


class Source:
    """An input, open for reading once.

    Args:
        stream: Where the bytes come from.
        file: What to call the input in a refusal, safe to show.
        total: Size in bytes, `None` where it is not known.
        written_at: When the file was written, `None` where that is not known.

    Attributes:
        marked: Whether a byte order mark came first; it is in no line.
    """

    def __init__(
        self, stream: IO[bytes], file: str, total: int | None, written_at: int | None = None
    ) -> None:
        self.file = file
        self.total = total
        self.written_at = written_at
        self._tap = _Tap(stream)
        buffered = io.BufferedReader(self._tap, _BUFFER)
        # By its first bytes, as names lie; the method byte tells gzip from text that begins alike.
        zipped = buffered.peek(3)[:3] == b"\x1f\x8b\x08"
        self._bytes: io.BufferedReader[_Tap] | gzip.GzipFile = (
            gzip.GzipFile(fileobj=buffered) if zipped else buffered
        )
        self.marked = False
        self._chunks = self._utf8_chunks()

    @property
    def read_so_far(self) -> int:
        """Bytes taken from the input; compressed ones, where it is compressed."""
        return self._tap.count

    def head(self) -> Block:
        """Look at the first lines, the last perhaps not whole; `blocks` and `parts` give them once more."""
        taken: list[bytes] = []
        rest = self._chunks
        try:
            while sum(map(len, taken)) < _HEAD and (chunk := next(rest, None)):
                taken.append(chunk)
        except _Cut as problem:
            # It is said where the lines are read.
            rest = _raising(problem)
        self._chunks = chain(taken, rest)
        return Block(1, b"".join(taken).splitlines(keepends=True))

    def blocks(self) -> Iterator[Block]:
        """Read the lines, in blocks of about five hundred rows.

        Raises:
            CutOff: The input is cut off, damaged or unreadable from some line on, or a line does not end.
                Whole lines before it were given as blocks.
        """
        number, rest = 1, bytearray()
        while (chunk := self._next_chunk(number - 1)) is not None:
            rest += chunk
            if b"\n" in chunk or b"\r" in chunk:
                lines = bytes(rest).splitlines(keepends=True)
                # A line that ends in a carriage return may have its line feed yet to come.
                rest = bytearray(b"" if chunk.endswith(b"\n") else lines.pop())
                if lines:
                    yield Block(number, lines)
                    number += len(lines)
            if len(rest) > LONGEST_LINE:
                raise CutOff(self._endless(number))
        if rest:
            yield Block(number, bytes(rest).splitlines(keepends=True))

    def parts(self) -> Iterator[Block]:
        """Read the text in blocks that may end anywhere, each as if it were a line.

        Raises:
            CutOff: The input is cut off, damaged or unreadable from some line on.
        """
        number = 1
        while (chunk := self._next_chunk(number - 1)) is not None:
            yield Block(number, [chunk])
            number += chunk.count(b"\n")

    def _next_chunk(self, line: int) -> bytes | None:
        try:
            return next(self._chunks, None)
        except _Cut as problem:
            raise CutOff(self._cut_after(line, str(problem))) from None

    def _utf8_chunks(self) -> Iterator[bytes]:
        head = self._read()
        while head and len(head) < 3 and (more := self._read()):
            head += more
        if head.startswith(codecs.BOM_UTF8):
            self.marked = True
            head = head.removeprefix(codecs.BOM_UTF8)
        elif head[:2] in _UTF16:
            self.marked = True
            yield from self._from_utf16(head[2:], _UTF16[head[:2]])
            return
        if head:
            yield head
        while chunk := self._read():
            yield chunk

    def _from_utf16(self, chunk: bytes, encoding: str) -> Iterator[bytes]:
        # Half a surrogate pair becomes bytes that UTF-8 forbids, so that its row is refused, not the file.
        decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
        while chunk:
            if text := decoder.decode(chunk):
                yield text.encode("utf-8", "surrogatepass")
            chunk = self._read()
        if decoder.getstate()[0]:
            raise _Cut("ends in the middle of a character")

    def _read(self) -> bytes:
        try:
            # read1, as read would lose what came before the place where the input is damaged.
            return self._bytes.read1(_CHUNK)
        except EOFError:
            raise _Cut("is truncated") from None
        except (zlib.error, gzip.BadGzipFile):
            raise _Cut("is damaged") from None
        except OSError as problem:
            raise _Cut(f"cannot be read any further ({problem.strerror})") from None

    def _cut_after(self, line: int, what: str) -> str:
        return (
            f"{self.file} {what} after line {line:,}: whole rows up to there are in. "
            "Get the whole file and import it again; what is in already stays as it is."
        )

    def _endless(self, line: int) -> str:
        return (
            f"{self.file}, line {line:,}, is longer than {LONGEST_LINE // 2**20} MiB, as no row is: "
            "rows before it are in. Remove or mend the line and import again."
        )


class _Tap(io.RawIOBase):
    """Counts what flows, and fills buffers, so that the first bytes of a slow pipe are there to be seen."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__()
        self._stream = stream
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        got = self._stream.read(len(buffer))
        buffer[: len(got)] = got
        self.count += len(got)
        return len(got)


def _raising(problem: _Cut) -> Iterator[bytes]:
    raise problem
    yield b""


@contextmanager
def opened(path: Path | None) -> Iterator[Source]:
    """Open a file, or standard input where `path` is `None`.

    Raises:
        Refusal: There is no such file, it is a directory, or may not be read.
    """
    if path is None:
        yield Source(sys.stdin.buffer, "standard input", None)
        return
    file = shown(str(path), 200)
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        raise Refusal(f"There is no file {file}: check the name and the directory.") from None
    except IsADirectoryError:
        raise Refusal(f"{file} is a directory: name the files in it.") from None
    except (OSError, ValueError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else problem
        raise Refusal(f"{file} cannot be read ({why}): check its permissions.") from None
    with stream:
        status = path.stat()
        if stat.S_ISREG(status.st_mode):
            yield Source(stream, file, status.st_size, int(status.st_mtime))
        else:
            yield Source(stream, file, None)
