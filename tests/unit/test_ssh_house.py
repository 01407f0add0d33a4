"""What can go wrong around the processes and the socket of the server."""

from __future__ import annotations

import asyncio
import socket
import sys
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import AsyncMock, Mock

import pytest

from msglog_tui.errors import DeadlineExceeded, Refusal
from msglog_tui.ssh.house import House
from msglog_tui.ssh.parking import Parking
from msglog_tui.ssh.side_door import SideDoor

if TYPE_CHECKING:
    from pathlib import Path


async def test_whoever_waits_for_a_process_of_a_zygote_that_dies_is_told() -> None:
    parking = Parking([sys.executable, "-c", ""], None)
    parking.start()
    with pytest.raises(Refusal, match="begin anew"):
        await asyncio.wait_for(parking.fork(), 30)
    await parking.close()  # while there is none


async def test_an_answer_that_takes_too_long_does_not_end_the_server() -> None:
    ended = asyncio.Event()
    visit = Mock(visitor="thandi")
    visit.end.side_effect = lambda _: ended.set()
    looks = chain([DeadlineExceeded("It took too long.")], repeat({}))  # nobody is admitted any more
    house = Mock(roster=Mock(admitted=AsyncMock(side_effect=looks)), _visits={visit: None})
    house.settings.limits.look = 0.01
    watching = asyncio.create_task(House.watch(house))
    await asyncio.wait_for(ended.wait(), 30)
    watching.cancel()


@pytest.mark.parametrize("path", ["archive.db", "link"])
def test_a_file_is_no_socket_that_a_killed_server_left(tmp_path: Path, path: str) -> None:
    archive = tmp_path / "archive.db"
    archive.write_text("precious")
    (tmp_path / "link").symlink_to(archive)
    with pytest.raises(Refusal, match="cannot be listened on: File exists"):
        SideDoor(cast("Any", None), tmp_path / path, None)
    assert archive.read_text() == "precious"
    assert (tmp_path / path).exists()


def test_a_socket_that_a_killed_server_left_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "archive.db.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as left:
        left.bind(str(path))
    SideDoor(cast("Any", None), path, None).close()
    assert not path.exists()
