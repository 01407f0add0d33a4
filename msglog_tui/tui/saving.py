"""Writing rows to a file: all of them or no file at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from msglog_tui import export
from msglog_tui.errors import Cancelled, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from msglog_tui.cancel import Cancel

FORMATS: Final = {"csv": export.write_csv, "json": export.write_json}
"""How a file can be written, by the ending of its name."""

_EVERY: Final = 500
# Rows between two words of progress.


@dataclass(frozen=True, slots=True)
class Exportable:
    """Something that can be written to a file.

    Attributes:
        title: What it is, in words.
        name: Start of the name proposed for the file.
        table: Its columns.
        rows: Reads it, row by row.
        words: The command that brings the same rows, without its dates; `None` when there is none.
        dated: Whether the rows are those of the dates shown.
    """

    title: str
    name: str
    table: export.Table[Any]
    rows: Callable[[Cancel], Iterator[Any]]
    words: tuple[str, ...] | None = None
    dated: bool = True


def save(what: Exportable, path: Path, zone: str, cancel: Cancel, progress: Callable[[int], None]) -> int:
    """Write rows to a new file, in the format that its name ends in.

    It grows beside the place where it will stand and moves there when it is complete.

    Args:
        zone: IANA name of the zone in which instants are written.
        progress: Told from time to time how many rows are written.

    Returns:
        How many rows were written.

    Raises:
        Refusal: The format is not known, the file exists, or it cannot be written.
        Cancelled: `cancel` was called; nothing is left behind.
    """
    write = FORMATS.get(path.suffix.removeprefix("."))
    if write is None:
        raise Refusal(f"{path.name} ends neither in .csv nor in .json. Give it one of these endings.")

    def counted() -> Iterator[Any]:
        for number, row in enumerate(what.rows(cancel)):
            if number % _EVERY == 0:
                if cancel.cancelled:
                    raise Cancelled
                progress(number)
            yield row

    growing = path.with_name(f".{path.name}.part")
    try:
        path.touch(mode=0o600, exist_ok=False)  # the name is ours from now on
        try:
            with growing.open("w", encoding="utf-8", newline="") as out:
                written = write(what.table, counted(), zone, out)
            growing.chmod(0o600)
            growing.replace(path)
        except BaseException:
            growing.unlink(missing_ok=True)
            path.unlink()
            raise
    except FileExistsError:
        raise Refusal(f"{path} exists already. Choose another name.") from None
    except OSError as error:
        raise Refusal(f"{path} cannot be written: {error.strerror}. Choose another place.") from error
    return written
