"""An import that runs beside what is measured, for as long as that takes.

`python -m tests.bench.beside` writes rows for it without an end: messages of an enterprise of their own.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT: Final = Path(__file__).parents[2]
_HEAD: Final = (
    "enterprise,customer,message_id,subject,channel,send_amount,send_date,failed_amount,sent_by,lists"
)
_WARM: Final = 3
"""Seconds until the import has long begun to write."""


@contextmanager
def copied(archive: Path) -> Iterator[Path]:
    """A copy that may be written to, next to the archive, where a file system may share the blocks."""
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix="beside-") as folder:
        copy = Path(folder) / archive.name
        subprocess.run(["cp", "--reflink=auto", archive, copy], check=True)
        yield copy


@contextmanager
def importing(archive: Path) -> Iterator[None]:
    """Import into an archive meanwhile.

    Raises:
        AssertionError: The import ended by itself: nothing ran beside.
    """
    python = shutil.which(sys.executable) or sys.executable
    rows = subprocess.Popen([python, "-m", "tests.bench.beside"], cwd=_ROOT, stdout=subprocess.PIPE)
    words = [python, "-m", "msglog_tui", "--store", str(archive.absolute()), "import", "--quiet", "-"]
    program = subprocess.Popen(words, cwd=_ROOT, stdin=rows.stdout)
    try:
        time.sleep(_WARM)
        yield
        if program.poll() is not None:
            raise AssertionError(f"The import ended with {program.returncode}")
    finally:
        for process in (program, rows):
            process.kill()
            process.wait()


def _write() -> None:
    """Write rows until nobody reads them any more."""
    print(_HEAD)
    for n in count():
        channel = "email" if n % 2 else "sms"
        date = f"2025-{n % 12 + 1:02}-{n % 28 + 1:02}T{n % 24:02}:00:00Z"
        print(
            f"Import beside,Customer {n % 50},x{n},sale order #{n % 499},{channel},{n % 997},{date},"
            f"{n % 17},user{n % 40},Newsletter"
        )


if __name__ == "__main__":
    _write()
