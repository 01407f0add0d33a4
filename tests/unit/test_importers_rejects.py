"""Files of rejects where they cannot be written."""

from __future__ import annotations

import resource
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from msglog_tui.errors import Refusal
from msglog_tui.importers.rejects import Rejection, Rejects

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHY = Rejection("m.csv", 2, "send_amount", "-5", "is negative")


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file grow beyond some bytes, which is found out when what was buffered is written.

    It must be over before the test is: what pytest prints may go to a file, too.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def refuse(path: Path, rows: int, ending: Refusal | None = None) -> None:
    """Keep so many rejects, and end as an import may."""
    with Rejects(None, path, "csv", b"enterprise,customer\n", marked=False) as rejects:
        for _ in range(rows):
            rejects.add([b"Acme,Retail\n"], WHY)
        if ending is not None:
            raise ending


@pytest.mark.parametrize("rows", [1, 1_000])
def test_a_full_disk_is_a_sentence(tmp_path: Path, rows: int) -> None:
    with full_disk(), pytest.raises(Refusal, match=r"Rejects cannot be written .*make room"):
        refuse(tmp_path / "m.csv", rows)


def test_what_ended_the_import_is_said_rather_than_the_full_disk(tmp_path: Path) -> None:
    with full_disk(), pytest.raises(Refusal, match="breaks off"):
        refuse(tmp_path / "m.csv", 1, Refusal("The file breaks off."))
