"""Spreading an archive over several servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msglog_tui.cli.command import Command, argument
from msglog_tui.cli.session import open_store

if TYPE_CHECKING:
    from argparse import Namespace


def shard(arguments: Namespace) -> int:
    """Make the store the front of an archive whose messages lie on shards."""
    from msglog_tui.store.sharding import make

    front = open_store(arguments)
    make(front, arguments.shards)
    print(f"{front.name} spreads its enterprises over {len(arguments.shards)} shards. Import into it.")
    return 0


COMMANDS = (
    Command(
        "shard",
        "SHARD…",
        "Make the store the front of a sharded archive: each enterprise lies on one of these servers.",
        shard,
        (argument("shards", nargs="+", metavar="SHARD", help="URLs of empty databases"),),
        "The store is a URL of an empty database, too. To have more shards later, copy it into new ones.",
    ),
)
