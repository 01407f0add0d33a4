"""`--as` gives nobody more than the file of the store does."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.archives import sample_store

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65_534
HEADER = "enterprise,customer,message_id,subject,channel,send_amount,failed_amount,send_date,sent_by,lists\n"
TOTALS = ("--as", "lerato", "totals", "--start", "2026-10-01", "--end", "2026-10-31")


@pytest.fixture(scope="module")
def open_folder() -> Iterator[Path]:
    """A folder that everybody can get at; those of pytest are closed to others."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample_store(tmp_path_factory.mktemp("own") / "archive.db").path


@pytest.fixture
def archive(open_folder: Path, own: Path, tmp_path: Path) -> Path:
    """An archive that this process has never opened: SQLite may keep what it has open."""
    folder = open_folder / tmp_path.name
    folder.mkdir()
    return Path(shutil.copy(own, folder))


# All that is imported on the way is there before the permissions change: so may the interpreter's be.
AS_ANOTHER = f"""
import contextlib, io, json, os, sys
from msglog_tui.cli import main
before, words = json.loads(sys.argv[1])
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    main(before)
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid({NOBODY})
    os.setuid({NOBODY})
sys.exit(main(words))
"""


def as_another(own: Path, archive: Path, *words: str) -> tuple[int, str]:
    """A command on an archive as somebody whom permissions bind: its status, and all that it wrote.

    The same command on an archive of its own, beforehand, imports what it needs.
    """
    calls = [["--store", str(store), *words] for store in (own, archive)]
    done = subprocess.run(
        [sys.executable, "-c", AS_ANOTHER, json.dumps(calls)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("closed", ["file", "folder"])
@pytest.mark.parametrize("words", [TOTALS, ("check",), ("user", "list"), ("import", "{rows}")])
def test_who_cannot_read_the_store_is_told_so(
    archive: Path,
    own: Path,
    open_folder: Path,
    closed: str,
    words: tuple[str, ...],
) -> None:
    rows = open_folder / "rows.csv"
    rows.write_text(f"{HEADER}Acme,Retail,1,Sale,email,5,,2026-10-01T10:00:00Z,thandi,VIP\n")
    words = tuple(word.format(rows=rows) for word in words)
    place = archive if closed == "file" else archive.parent
    modes = place.stat().st_mode
    place.chmod(0)
    try:
        status, text = as_another(own, archive, *words)
    finally:
        place.chmod(modes)
    assert status == 1, text
    assert text.startswith("msglog: ")
    assert str(archive) in text
    assert len(text.splitlines()) == 1


def test_who_can_read_the_store_may_say_whose_eyes_they_use(archive: Path, own: Path) -> None:
    archive.parent.chmod(0o777)  # SQLite's log lies beside the archive
    archive.chmod(0o666)
    status, text = as_another(own, archive, *TOTALS)
    assert status == 0, text
