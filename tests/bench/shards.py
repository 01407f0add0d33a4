"""What it costs and gives to spread an archive over three servers: `python -m tests.bench.shards [MESSAGES]`.

One server and a front with three shards get the same messages of twenty enterprises over 1,700 days; then
both are asked the same, in turn.  All servers run on this machine: where they might work side by side on
several, they wait for each other here.
"""

from __future__ import annotations

import statistics
import sys
import time
from datetime import date, timedelta
from typing import TYPE_CHECKING

from msglog_tui import dates
from msglog_tui.reader import Reader
from msglog_tui.store import sharding
from msglog_tui.store.engine import Store
from msglog_tui.types import MessageRecord, Order
from tests.postgresql import Servers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ENTERPRISES, CUSTOMERS, DAYS, BATCH = 20, 100, 1_700, 20_000
LAST = date(2026, 10, 31)
TIMES = 15


def records(messages: int) -> Iterator[MessageRecord]:
    """Messages in the order of time, more of them of the first enterprises and customers."""
    after = dates.first_instant(LAST + timedelta(days=1), "UTC")
    for number in range(messages):
        owner = number * 7919 % 210
        enterprise = int((2 * owner + 0.25) ** 0.5)
        yield MessageRecord(
            enterprise=f"Enterprise {enterprise}",
            customer=f"Customer {number * 31 % (number * 17 % CUSTOMERS + 1)}",
            message_id=str(number),
            subject=f"Sale {number % 499}",
            channel=number % 2,
            sent=number % 1009,
            failed=number % 17,
            bounced=None,
            sent_at=after - DAYS * 86_400 + number * DAYS * 86_400 // messages,
            sent_by="thandi",
            lists=("Newsletter",),
        )


def filled(store: Store, messages: int) -> float:
    """Import the messages; says how many seconds it took."""
    batch: list[MessageRecord] = []
    took = 0.0
    with sharding.writer_of(store) as writer:
        for record in records(messages):
            batch.append(record)
            if len(batch) == BATCH:
                began = time.perf_counter()
                writer.messages(batch)
                took += time.perf_counter() - began
                batch = []
        began = time.perf_counter()
        writer.messages(batch)
        return took + time.perf_counter() - began


def compare(what: str, single: Callable[[], object], front: Callable[[], object]) -> None:
    """Ask both in turn, and say how long they took."""
    assert single() == front(), what
    took: dict[Callable[[], object], list[float]] = {single: [], front: []}
    for _ in range(TIMES):
        for ask, times in took.items():
            began = time.perf_counter()
            ask()
            times.append((time.perf_counter() - began) * 1_000)
    one, spread = (statistics.median(times) for times in took.values())
    print(f"| {what} | {one:.1f} | {spread:.1f} | {spread / one:.2f} |", flush=True)


def main(messages: int) -> None:
    """Fill both and compare them."""
    with Servers() as servers:
        single = Store(servers.start("single").create("log"))
        single.init()
        front = Store(servers.start("front").create("log"))
        shards = [servers.start(f"shard-{number}").create("log") for number in range(3)]
        sharding.make(front, shards)
        print("| What | one server, ms | three shards, ms | ratio |\n| :- | -: | -: | -: |")
        took = [filled(store, messages) * 1_000 for store in (single, front)]
        print(f"| import {messages:,} messages | {took[0]:,.0f} | {took[1]:,.0f} | {took[1] / took[0]:.2f} |")
        for location in (single.location, *shards):
            store = Store(location)
            with store.writing() as connection:
                connection.exec_driver_sql("ANALYZE")
            store.close()
        sharding.analyze(front)
        one, spread = (Reader.of_owner(store, "x") for store in (single, front))
        for days in (1, 30, 365, DAYS):
            asked = dates.window(LAST - timedelta(days=days - 1), LAST, "Africa/Johannesburg")
            compare(
                f"totals of all enterprises, {days:,} d",
                lambda asked=asked: [row.traffic for row in one.enterprises(asked, Order.NAME)],
                lambda asked=asked: [row.traffic for row in spread.enterprises(asked, Order.NAME)],
            )
        ids = {
            reader: next(
                row.id for row in reader.enterprises(asked, Order.NAME) if row.name == "Enterprise 3"
            )
            for reader in (one, spread)
        }
        compare(
            "customers of an enterprise, 1,700 d",
            lambda: [row.traffic for row in one.customers(asked, ids[one], None)],
            lambda: [row.traffic for row in spread.customers(asked, ids[spread], None)],
        )
        customer = {reader: reader.customer_ids(asked, ids[reader], Order.NAME)[0] for reader in ids}

        def page(reader: Reader) -> list[str]:
            anchors = reader.anchors(asked, ids[reader], customer[reader])
            found = reader.messages_from(asked, ids[reader], customer[reader], 0, 50, anchors)
            return [row.external_id for row in found]

        compare("open a customer, first page", lambda: page(one), lambda: page(spread))
        compare(
            "find a text in everything",
            lambda: len(one.find(asked, "sale 123").hits),
            lambda: len(spread.find(asked, "sale 123").hits),
        )
        for store in (single, front):
            store.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
