"""Copying an archive from one store into another."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from msglog_tui.cli.command import Command, argument
from msglog_tui.cli.progress import step
from msglog_tui.cli.session import require_owner
from msglog_tui.errors import Refusal

if TYPE_CHECKING:
    from argparse import Namespace

    from msglog_tui.store.copying import Step


def copy(arguments: Namespace) -> int:
    """Copy an archive, and see that both are the same."""
    from msglog_tui.store import copying
    from msglog_tui.store.engine import Store
    from msglog_tui.store.sharding import require_no_shard

    source, target = Store(arguments.source), Store(arguments.target)
    if source.location == target.location:
        raise Refusal("An archive cannot be copied into itself.")
    with copying.viewed(source) as there:
        require_owner(source, "copy it")
        target.create()
        require_owner(target, "fill it")
        require_no_shard(target)
        copying.copy(there, target, _Teller().tell)
        differing = 0
        with copying.viewed(target) as here:
            for table in copying.TABLES:
                step(f"comparing {_words(table.name)}")
                differs = copying.differs(there, here, table)
                differing += differs
                if differs:
                    step("")
                    print(f"{_words(table.name)}: the copy differs", file=sys.stderr)
                elif table.name in ("message", "transaction", "delivery", "user"):
                    step("")
                    print(f"{_words(table.name)}: {copying.rows_of(here, table):,}")
    step("")
    if differing:
        print(
            f"msglog: {differing} tables of {target.name} differ. Was {source.name} written to meanwhile? "
            "Copy it into an empty store.",
            file=sys.stderr,
        )
        return 1
    print("Every total is the same in both.")
    return 0


class _Teller:
    """Says how far a copy is, and how long the table at hand will take at the pace so far."""

    def __init__(self) -> None:
        self._table = ""
        self._began = 0.0
        self._there = 0

    def tell(self, where: Step) -> None:
        """Say it."""
        now = time.monotonic()
        if where.table != self._table:
            self._table, self._began, self._there = where.table, now, where.rows
        share = f"{100 * where.rows / where.total:.0f}%, " if where.total else ""
        copied, left = where.rows - self._there, where.total - where.rows
        rest = f", {_span(left * (now - self._began) / copied)} left" if copied > 0 and left > 0 else ""
        step(f"copying {_words(where.table)}: {share}{where.rows:,} rows{rest}")


def _span(seconds: float) -> str:
    """A length of time, roughly: `40 s`, `3 min`, `2 h 10 min`."""
    minutes = round(seconds / 60)
    if minutes < 2:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _words(table: str) -> str:
    words = table.replace("_", " ")
    return f"{words[:-1]}ies" if words.endswith("y") else f"{words}s"


COMMANDS = (
    Command(
        "copy",
        "FROM TO",
        "Copy a whole archive into another store: users, keys, audit and all.",
        copy,
        (
            argument("source", metavar="FROM", help="a path or a URL"),
            argument("target", metavar="TO", help="a path or a URL; what is there is gone on with"),
        ),
        "It compares all totals of both in the end. When it was stopped, the same command finishes it.",
    ),
)
