"""How soon the screen is there over SSH, how fast it answers, and what a session costs.

`python -m tests.bench.ssh [SESSIONS]` serves the sample archive on a free port of this machine and logs in
with the real `ssh` client.  Own memory is what a session shares with nobody (smaps_rollup of Linux).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.archives import sample_store
from tests.e2e.serving import Serving
from tests.e2e.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

ROUNDS = 15
QUIET = 0.4
"""Seconds without output after which a screen is taken to be complete."""

LOGIN = "thandi"


class Watch(Terminal):
    """Notes when what came; nothing is drawn while the clock runs."""

    def __enter__(self) -> Self:
        self.came: list[tuple[float, bytes]] = []
        self.began = time.perf_counter()
        super().__enter__()
        return self

    def _draw(self, data: bytes) -> None:
        self.came.append((time.perf_counter(), data))

    def settle(self, expected: bytes = b"") -> float:
        """Read until nothing comes any more, and say when the last of it came."""
        deadline = time.perf_counter() + 20
        while time.perf_counter() < deadline:
            if not self._read(QUIET) and expected in self.bytes_written and self.came:
                return self.came[-1][0]
        raise AssertionError(f"no {expected!r} within 20 s: {self.bytes_written[-500:]!r}")


def answered(serving: Serving) -> float:
    """Milliseconds until `ssh host version` is done."""
    began = time.perf_counter()
    subprocess.run(serving.ssh(LOGIN, "version"), check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - began) * 1000


def shown(serving: Serving) -> tuple[float, int]:
    """Milliseconds until the first screen is complete, and its bytes."""
    with Watch(serving.ssh(LOGIN), columns=120, rows=40) as watch:
        ended = watch.settle(b"Total sent,")
        return (ended - watch.began) * 1000, len(watch.bytes_written)


def latency(watch: Watch, key: str) -> float:
    """Milliseconds from a key to the first of its answer."""
    before = len(watch.came)
    sent = time.perf_counter()
    watch.send(key)
    while len(watch.came) == before:
        assert watch._read(10), "no answer to a key within 10 s"
    answer = (watch.came[before][0] - sent) * 1000
    watch.settle()
    return answer


def own_memory(pid: int) -> float:
    """MiB that a process shares with nobody."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Private_")) / 1024


def summary(name: str, values: Sequence[float], unit: str) -> None:
    """One line of the report."""
    print(f"{name:<40} median {statistics.median(values):8.1f}   most {max(values):8.1f} {unit}")


def main(sessions: int) -> None:
    """Measure everything."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        store = sample_store(Path(folder) / "archive.db")
        serving = stack.enter_context(
            Serving(
                store, Path(folder), "--max-per-user", "500", "--max-sessions", "500", "--max-logins", "10000"
            )
        )
        serving.admit(LOGIN)
        answered(serving)
        shown(serving)
        pairs = []
        for _ in range(ROUNDS):
            pairs.append((answered(serving), *shown(serving)))
            time.sleep(0.5)  # the spare is replaced after a calm
        summary("ssh host version", [each[0] for each in pairs], "ms")
        summary("connect to complete first screen", [each[1] for each in pairs], "ms")
        summary("the screen above the answer", [each[1] - each[0] for each in pairs], "ms")
        summary("bytes of the first screen", [each[2] for each in pairs], "bytes")
        began = time.perf_counter()
        watches = []
        for _ in range(sessions):
            watch = stack.enter_context(Watch(serving.ssh(LOGIN), columns=120, rows=40))
            watches.append(watch)
        for watch in watches:
            watch.settle(b"Total sent,")
        print(f"{sessions} sessions were open after {time.perf_counter() - began:.1f} s")
        pids = serving.sessions()
        assert len(pids) == sessions, (len(pids), sessions)
        summary("own memory of a session", [own_memory(pid) for pid in pids], "MiB")
        # Every session twice, down and up again, so that there is a row to go to.
        latencies = [latency(watch, key) for key in "jk" for watch in watches]
        summary("first answer to a key", latencies, "ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
