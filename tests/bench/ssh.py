"""How soon the screen is there over SSH, how it answers when many are there, and what a session costs.

`python -m tests.bench.ssh [SESSIONS [SECONDS]]` serves the sample archive of today on a free port of this
machine.  The real `ssh` client logs in, by `msglog serve` and, where there is an sshd, by `msglog attach`.
SESSIONS, 100 X a session shares with nobody (smaps_rollup of Linux).
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Self

from msglog_tui.demo import fill
from msglog_tui.store.engine import Store
from tests.bench.table import Of, Row, Target, as_text
from tests.e2e.relay import Relay
from tests.e2e.serving import Serving, until
from tests.e2e.sshd import MSGLOG, PROGRAM, Sshd
from tests.e2e.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROUNDS = 15
QUIET = 0.4
"""Seconds without output after which a screen is taken to be complete."""

CALM = 1.0
"""Seconds in which a spare that was taken is replaced."""

LOGIN = "thandi"
ABOVE = Target(60, Of.MEDIAN)
"""Milliseconds that a screen may take above what the same server says at once."""


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
        deadline = time.perf_counter() + 60
        while time.perf_counter() < deadline:
            if not self._read(QUIET) and expected in self.bytes_written and self.came:
                return self.came[-1][0]
        raise AssertionError(f"no {expected!r} within 60 s: {self.bytes_written[-500:]!r}")

    def answer(self, key: str, pause: float = 0.1) -> float:
        """Milliseconds from a key to the first of its answer.

        Args:
            key: Changes what is shown.
            pause: Seconds without output after which nothing more is to come of the key before.
        """
        while self._read(pause):
            pass
        before = len(self.came)
        sent = time.perf_counter()
        self.send(key)
        while len(self.came) == before:
            assert self._read(20), "no answer to a key within 20 s"
        return (self.came[before][0] - sent) * 1000


def watch(command: Sequence[str]) -> Watch:
    """A client on a terminal of a usual size."""
    return Watch(command, columns=120, rows=40)


def ran(command: Sequence[str]) -> float:
    """Milliseconds until a command is done."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - began) * 1000


def shown(command: Sequence[str]) -> float:
    """Milliseconds until the first screen is complete."""
    with watch(command) as client:
        return (client.settle(b"Total sent,") - client.began) * 1000


def above(what: str, screen: Sequence[str], floor: Sequence[str], name: str) -> Iterator[Row]:
    """How long a screen takes above a command, measured in turn."""
    pairs = []
    for _ in range(ROUNDS + 1):
        pairs.append((ran(floor), shown(screen)))
        time.sleep(CALM)
    floors, screens = zip(*pairs[1:], strict=True)  # the first warms up
    yield Row(f"{what}: connect to complete first screen", "ms", screens, floors, name)
    yield Row(f"{what}: the screen above that", "ms", [b - a for a, b in pairs[1:]], target=ABOVE)


def attached(store: Store, folder: Path) -> Iterator[Row]:
    """The same by an sshd."""
    if PROGRAM is None:
        print("there is no sshd on this machine", file=sys.stderr)
        return
    program = shutil.which("msglog", path=str(Path(sys.executable).parent))
    with Sshd(folder) as sshd:
        ours = [program] if program else MSGLOG
        sshd.admit("screen", [*ours, "--store", store.location, "--as", LOGIN, "attach"])
        sshd.admit("true", ["true"])
        yield from above("attach", sshd.ssh("screen", options=("-tt",)), sshd.ssh("true"), "true by the sshd")


def compressed(serving: Serving) -> Row:
    """What of a first screen goes over the wire with `ssh -C`."""
    sizes = []
    for _ in range(3):
        with Relay(serving.port) as relay:
            with watch(serving.ssh(LOGIN, options=("-C", "-N"), port=relay.port)):
                steady(lambda: relay.brought)
                before = relay.brought
            with watch(serving.ssh(LOGIN, options=("-C",), port=relay.port)) as client:
                already = relay.brought
                client.settle(b"Total sent,")
                sizes.append(relay.brought - already - before)
        time.sleep(CALM)
    return Row("first screen with ssh -C, on the wire", "B", sizes, target=Target(3072, Of.MEDIAN))


def steady(value: Callable[[], int]) -> None:
    """Wait until a number above nothing stays the same."""
    last = -1
    while not (value() == last > 0):
        last = value()
        time.sleep(QUIET)


def own_memory(pid: int) -> float:
    """MiB that a process shares with nobody."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Private_")) / 1024


def held(serving: Serving, sessions: int, seconds: float) -> Iterator[Row]:
    """Many at once, each of whom goes up and down."""
    with ExitStack() as stack:
        alone = stack.enter_context(watch(serving.ssh(LOGIN)))
        alone.settle(b"Total sent,")
        quiet = [alone.answer("jk"[number % 2]) for number in range(40)]
        began = time.perf_counter()
        clients = [alone]
        clients += [stack.enter_context(watch(serving.ssh(LOGIN))) for _ in range(sessions - 1)]
        for client in clients:
            client.settle(b"Total sent,")
        print(f"{sessions} sessions were there after {time.perf_counter() - began:.1f} s", file=sys.stderr)
        latencies: list[float] = []
        rounds = 0
        until_when = time.perf_counter() + seconds
        while time.perf_counter() < until_when:
            # The others' turns are pause enough for each.
            latencies += [client.answer("jk"[rounds % 2], 0) for client in clients]
            rounds += 1
        pids = serving.sessions()
        assert len(pids) == sessions, (len(pids), sessions)
        print(f"each of them has answered {rounds} keys in {seconds:g} s", file=sys.stderr)
        yield Row(f"{sessions} sessions: first answer to a key", "ms", latencies, quiet, "one session")
        memory = [own_memory(pid) for pid in pids]
        yield Row(f"{sessions} sessions: own memory of each", "MiB", memory, target=Target(30, Of.P95))
        name = f"{sessions} sessions"
        yield from above(name, serving.ssh(LOGIN), serving.ssh(LOGIN, "version"), "ssh host version")


def beside(serving: Serving) -> Row:
    """Somebody who never rests: keys without end, in one session."""
    with watch(serving.ssh(LOGIN)) as client, watch(serving.ssh(LOGIN)) as restless:
        for each in (client, restless):
            each.settle(b"Total sent,")
        quiet = [client.answer("jk"[number % 2]) for number in range(60)]
        resting = threading.Event()

        def hold_keys() -> None:
            while not resting.is_set():
                restless.send("jjjkkk")
                while restless._read(0):
                    pass

        thread = threading.Thread(target=hold_keys)
        thread.start()
        latencies = [client.answer("jk"[number % 2]) for number in range(60)]
        resting.set()
        thread.join()
        return Row("first answer to a key beside one that never rests", "ms", latencies, quiet, "alone")


def flooded(serving: Serving) -> Row:
    """A flood of handshakes that come to nothing, from another address."""
    elsewhere = serving.ssh(LOGIN, "version", options=("-o", "BindAddress=127.0.0.2"))
    quiet = [ran(elsewhere) for _ in range(ROUNDS)]
    over = threading.Event()
    count = 0

    def flood() -> None:
        nonlocal count
        open_ones: list[socket.socket] = []
        while not over.is_set():
            open_ones.append(socket.create_connection(("127.0.0.1", serving.port)))
            open_ones[-1].send(b"SSH-2.0-x\r\n" if count % 2 else bytes(range(256)))
            count += 1
            if len(open_ones) > 150:
                open_ones.pop(0).close()
            over.wait(0.002)
        for each in open_ones:
            each.close()

    thread = threading.Thread(target=flood)
    thread.start()
    until(lambda: count > 200)
    answers = [ran(elsewhere) for _ in range(ROUNDS)]
    over.set()
    thread.join()
    print(f"{count} handshakes were begun and left", file=sys.stderr)
    return Row("ssh host version in a flood of handshakes", "ms", answers, quiet, "without")


def main(sessions: int, seconds: float) -> None:
    """Measure everything."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sshd").mkdir()
        store = Store(str(folder / "archive.db"))
        store.create()
        fill(store, date.today())  # noqa: DTZ011 - so that the first screen has something on it
        limits = ("--max-per-user", "500", "--max-sessions", "500", "--max-logins", "100000")
        with Serving(store, folder, *limits) as serving:
            serving.admit(LOGIN)
            version = serving.ssh(LOGIN, "version")
            rows = [*above("serve", serving.ssh(LOGIN), version, "ssh host version")]
            rows += attached(store, folder / "sshd")
            rows.append(compressed(serving))
            rows.append(beside(serving))
            rows.append(flooded(serving))
            rows += held(serving, sessions, seconds)
            until(lambda: not serving.sessions(), 30)
        print(as_text(rows))


if __name__ == "__main__":
    asked = [int(word) for word in sys.argv[1:]]
    main(*asked, *(100, 60)[len(asked) :])
