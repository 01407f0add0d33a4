"""PostgreSQL beside SQLite: `python -m tests.bench.postgresql [MESSAGES]`.

The same messages go into a file and onto a server of this machine, and both are asked the same, in turn; the
server once more as the owner of its tables, for whom the policies do not count.  An import is compared with
`COPY` of its rows into a table with the same indices.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from msglog_tui import dates
from msglog_tui.reader import Reader
from msglog_tui.store.engine import Store
from msglog_tui.store.queries import search
from msglog_tui.types import Order
from tests.bench.shards import LAST, filled
from tests.bench.table import Of, Row, Target, as_text
from tests.postgresql import Servers

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

    from tests.postgresql import Server

TIMES = 21
WINDOW = dates.window(LAST.replace(year=LAST.year - 1, day=3), LAST, "Asia/Kolkata")
SIDE_BY_SIDE, LOCKED = Target(2, Of.RATIO), Target(1.3, Of.RATIO)


class Unlocked(Store):
    """A store whose questions are asked as its owner."""

    def reading(self, *given: Any, **named: Any) -> AbstractContextManager[Connection]:
        """A connection that no policy holds to a scope."""
        return super().reading(*given[:2], **(named | {"scope": None}))


def page(reader: Reader) -> object:
    """A page from the middle of a customer's messages."""
    anchors = reader.anchors(WINDOW, 1, 1)
    return reader.messages_from(WINDOW, 1, 1, anchors.count // 2, 50, anchors)


QUESTIONS: dict[str, Callable[[Reader], object]] = {
    "totals of all enterprises": lambda reader: reader.enterprises(WINDOW, Order.NAME),
    "50 customers": lambda reader: reader.customers(WINDOW, 1, list(range(1, 51))),
    "a page of messages": page,
    "overview of a customer": lambda reader: reader.overview(WINDOW, 1, 1),
    "find a text": lambda reader: reader.find(WINDOW, "sale 123"),
}


def asked(
    one: Reader, other: Reader, question: Callable[[Reader], object]
) -> tuple[list[float], list[float]]:
    """Milliseconds that two readers take for a question, asked in turn."""
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(TIMES):
        for reader, times in zip((one, other), took, strict=True):
            began = time.perf_counter()
            question(reader)
            times.append((time.perf_counter() - began) * 1_000)
    return took


def copied(server: Server, source: str) -> float:
    """Seconds that `COPY` takes for the messages of an archive, into an empty table with the same indices."""
    names = "enterprise_id, customer_id, external_id, subject, channel, sent, failed, sent_at, sent_by, lists"
    other = Store(server.create("copied"))
    other.init()
    other.close()
    with server.connect(source) as there, server.connect("copied") as here:
        for table in ("enterprise", "customer"):
            with (
                there.cursor().copy(f"COPY {table} TO STDOUT".encode()) as rows,
                here.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy,
            ):
                for row in rows:
                    copy.write(row)
        with there.cursor().copy(
            f"COPY (SELECT {names} FROM message ORDER BY id) TO STDOUT".encode()
        ) as rows:
            blocks = list(rows)
        began = time.perf_counter()
        with here.cursor().copy(f"COPY message ({names}) FROM STDIN".encode()) as copy:
            for block in blocks:
                copy.write(block)
        return time.perf_counter() - began


def main(messages: int) -> None:
    """Fill both and compare them."""
    with Servers() as servers, TemporaryDirectory() as folder, patch.object(search, "SCANNED", 2_000):
        server = servers.start("server")
        served = Store(server.create("log"))
        served.init()
        in_a_file = Store(str(Path(folder) / "archive.db"))
        in_a_file.create()
        imported = filled(served, messages)
        filled(in_a_file, messages)
        server.execute("VACUUM ANALYZE", "log")
        copy = copied(server, "log")
        rows = [Row(f"import {messages:,}", "s", [imported], [copy], "COPY", Target(1 / 0.6, Of.RATIO))]
        unlocked = Unlocked(served.location)
        reader, file, owner = (Reader.of_owner(store, "x") for store in (served, in_a_file, unlocked))
        for what, question in QUESTIONS.items():
            ours, its = asked(reader, file, question)
            rows.append(Row(what, "ms", ours, its, "SQLite", SIDE_BY_SIDE))
            # The search asks by the scope of the connection: its owner has none to ask by.
            if "find" not in what:
                ours, its = asked(reader, owner, question)
                rows.append(Row(what, "ms", ours, its, "without policies", LOCKED))
        print(as_text(rows))
        for store in (served, unlocked, in_a_file):
            store.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
