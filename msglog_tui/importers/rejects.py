"""Where refused rows go, to be mended and imported again, and the list of reasons beside them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple, Self

from msglog_tui.errors import Refusal
from msglog_tui.importers.show import shown

if TYPE_CHECKING:
    from types import TracebackType

_BOM = b"\xef\xbb\xbf"
_ENDINGS = re.compile(r"(\.(csv|tsv|txt|json|jsonl|ndjson|gz))+$", re.IGNORECASE)
_MADE_HERE = re.compile(r"\.rejects(-[0-9]+)?$")


class Rejection(NamedTuple):
    """A row that was refused, ready to be shown.

    Attributes:
        file: The file it is in.
        line: Number of the line on which it begins, from 1.
        field: Its column at fault, empty where it is the whole line.
        value: What stands there, shortened.
        reason: What is wrong with it and what to do.
    """

    file: str
    line: int
    field: str
    value: str
    reason: str


def refuse_taken(path: Path) -> None:
    """Make sure that rejects can be written to the path that somebody chose.

    Raises:
        Refusal: It, or the list of reasons beside it, exists, or its directory does not.
    """
    for wanted in (path, _reasons_beside(path)):
        if _taken(wanted):
            raise Refusal(
                f"{shown(str(wanted), 200)} exists: move it away, or name another file for rejects."
            )
    if not path.parent.is_dir():
        raise Refusal(f"There is no directory {shown(str(path.parent), 200)}: make it, or name another file.")


class Rejects:
    """The rejects file and the list of reasons; neither is made before there is a reject.

    Args:
        source: The file that is read, `None` for standard input.
        path: Where rejects go, `None` for a free name in the current directory.
        suffix: How the name of a file of this format ends.
        header: The lines with which the rejects have to begin.
        marked: Whether the source begins with a byte order mark.

    Attributes:
        path: The rejects file, `None` while there is none.
        reasons: The list of reasons, `None` while there is none.
    """

    def __init__(
        self, source: Path | None, path: Path | None, suffix: str, header: bytes, *, marked: bool
    ) -> None:
        self.path: Path | None = None
        self.reasons: Path | None = None
        self._source = source
        self._chosen = path
        self._suffix = suffix
        self._header = (_BOM if marked else b"") + header
        self._line_end = b"\r\n" if header.endswith(b"\r\n") else b"\r" if header.endswith(b"\r") else b"\n"
        self._rows: IO[bytes] | None = None
        self._list: IO[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        problems = [problem for stream in (self._rows, self._list) if stream and (problem := _closed(stream))]
        if problems and kind is None:
            raise _unwritable(problems[0])

    def add(self, lines: list[bytes], rejection: Rejection) -> None:
        """Keep a refused row.

        Args:
            lines: The row, as the file has it.
            rejection: Why it is refused.

        Raises:
            Refusal: The files cannot be written.
        """
        try:
            rows, reasons = self._streams()
            rows.write(b"".join(lines))
            if not lines[-1].endswith((b"\n", b"\r")):
                rows.write(self._line_end)
            reasons.write("\t".join((str(rejection.line), *rejection[2:])) + "\n")
        except OSError as problem:
            raise _unwritable(problem) from None

    def _streams(self) -> tuple[IO[bytes], IO[str]]:
        if self._rows is None or self._list is None:
            path = self._chosen or self._free_name()
            # "x", as nothing that exists may be written over, even if it was made a moment ago.
            self._rows = path.open("xb")
            self.path = path
            self.reasons = _reasons_beside(path)
            self._list = self.reasons.open("x", encoding="utf-8")
            self._rows.write(self._header)
            self._list.write("line\tfield\tvalue\treason\n")
        return self._rows, self._list

    def _free_name(self) -> Path:
        name = _ENDINGS.sub("", self._source.name) if self._source else "stdin"
        # Rejects of rejects are rejects of the same file.
        stem = _MADE_HERE.sub("", name) + ".rejects"
        path, number = Path(f"{stem}.{self._suffix}"), 1
        while _taken(path) or _taken(_reasons_beside(path)):
            number += 1
            path = Path(f"{stem}-{number}.{self._suffix}")
        return path


def _closed(stream: IO[bytes] | IO[str]) -> OSError | None:
    """Close a file, which is when most of it is written; tell what kept it from being written."""
    try:
        stream.close()
    except OSError as problem:
        return problem
    return None


def _unwritable(problem: OSError) -> Refusal:
    return Refusal(
        f"Rejects cannot be written ({problem.strerror}): make room, or name another file for them, "
        "and import the file again."
    )


def _reasons_beside(path: Path) -> Path:
    return path.with_name(path.stem + ".reasons.txt")


def _taken(path: Path) -> bool:
    return path.exists() or path.is_symlink()
