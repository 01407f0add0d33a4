"""The screen on a server that is lost, cut off, or does not answer: a line, and then it goes on."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from statistics import median
from typing import TYPE_CHECKING

import pytest

from msglog_tui.store.engine import Store
from tests.archives import Databases
from tests.e2e.relay import Relay
from tests.e2e.serving import Serving, until
from tests.e2e.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgresql import Server, Servers

AGAIN = "asks again by itself"


@pytest.fixture(scope="module")
def server(servers: Servers) -> Iterator[Server]:
    """A server that may be ill-treated."""
    made = servers.start("outages")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def archive(server: Server) -> Iterator[Store]:
    with Databases(server).sample() as store:
        yield store


@pytest.fixture
def relay(server: Server, archive: Store) -> Iterator[Relay]:
    with Relay(server.port) as running:
        yield running


def url_by(archive: Store, port: int) -> str:
    return f"postgresql://postgres@127.0.0.1:{port}/{Databases.name_of(archive)}?connect_timeout=2"


def desk(archive: Store, port: int, **size: int) -> Terminal:
    words = ["--store", url_by(archive, port), "--as", "thandi", "--time-zone", "UTC"]
    return Terminal([sys.executable, "-m", "msglog_tui", *words], **{"columns": 120, "rows": 36} | size)


def open_october(terminal: Terminal) -> None:
    """Have the program read by itself, without the process that gave it a head start."""
    terminal.wait_for("Total sent,")
    terminal.send("d2026-10-01\r")
    terminal.wait_for("6,417,834")
    terminal.send("\x1b[C")
    terminal.wait_for("Baobab Life")


def without_line(lines: list[str]) -> bool:
    return not any(AGAIN in line for line in lines)


def leave(terminal: Terminal) -> None:
    """Leave at once, whatever is being waited for."""
    began = time.monotonic()
    terminal.send("q")
    assert terminal.wait_exit() == 0
    assert time.monotonic() - began < 10  # not the patience of any network
    assert b"Traceback" not in terminal.bytes_written


@pytest.mark.parametrize("how", [signal.SIGQUIT, signal.SIGKILL], ids=["crash", "kill"])
def test_a_server_that_is_started_again_is_read_on(
    archive: Store, server: Server, how: signal.Signals
) -> None:
    with desk(archive, server.port) as terminal:
        open_october(terminal)
        server.crash(how)
        terminal.send("\x1b[B")
        terminal.wait_for(AGAIN)
        assert any("Baobab Life" in line for line in terminal.screen())  # what was there stays
        server.restart()
        terminal.wait_for(lambda lines: without_line(lines) and any("Customer of" in line for line in lines))
        leave(terminal)


def test_connections_that_are_cut_are_made_anew(archive: Store, relay: Relay) -> None:
    with desk(archive, relay.port) as terminal:
        open_october(terminal)
        relay.cut()
        terminal.send("\x1b[B")  # nobody need hear of it
        terminal.wait_for("Customer of")
        assert without_line(terminal.screen())
        leave(terminal)


def test_a_network_that_loses_everything_holds_nothing_up(archive: Store, relay: Relay) -> None:
    with desk(archive, relay.port) as terminal:
        open_october(terminal)
        relay.stall()
        terminal.send("\x1b[B")
        terminal.send("?")
        terminal.wait_for("Moves the cursor down")
        terminal.send("\x1b")
        terminal.wait_for(AGAIN)
        relay.resume()
        terminal.wait_for(lambda lines: without_line(lines) and any("Customer of" in line for line in lines))
        relay.stall()
        terminal.send("R\x1b")
        terminal.wait_for("Stopped. R reads it again.")
        terminal.send("R")
        leave(terminal)


@pytest.mark.skipif(shutil.which("ssh") is None, reason="there is no ssh client on this machine")
def test_who_is_in_already_is_not_held_up_by_who_comes(archive: Store, relay: Relay, tmp_path: Path) -> None:
    store = Store(url_by(archive, relay.port))
    with Serving(store, tmp_path, "--look", "0.3", spares=False) as serving:
        serving.admit("thandi")
        with Terminal(serving.ssh("thandi"), columns=120, rows=36) as terminal:
            terminal.wait_for("Total sent,")
            relay.stall()
            coming = subprocess.Popen(
                serving.ssh("thandi", "version"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
            until(lambda: "cannot be read" in serving.said)  # a look at who may be here
            waited = []
            for _ in range(5):
                began = time.monotonic()
                terminal.send("?")
                terminal.wait_for("Moves the cursor down")
                terminal.send("\x1b")
                terminal.wait_for(lambda lines: not any("Moves the cursor down" in line for line in lines))
                waited.append(time.monotonic() - began)
            said, _ = coming.communicate(timeout=60)
            assert "The archive cannot be reached just now" in said
            assert median(waited) < 2  # whoever looks for them waits that long each time
            relay.resume()
            leave(terminal)
    store.close()
