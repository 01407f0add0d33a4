"""The screen on a server that is lost, cut off, or does not answer: a line, and then it goes on."""

from __future__ import annotations

import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.archives import Databases
from tests.e2e.relay import Relay
from tests.e2e.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msglog_tui.store.engine import Store
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


def desk(archive: Store, port: int, **size: int) -> Terminal:
    url = f"postgresql://postgres@127.0.0.1:{port}/{Databases.name_of(archive)}?connect_timeout=2"
    words = ["--store", url, "--as", "thandi", "--time-zone", "UTC"]
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
