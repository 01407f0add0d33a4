"""What it costs and gives to spread an archive over three servers: `python -m tests.bench.shards [MESSAGES]`.

One server and a front with three shards get the same messages and deliveries of twenty enterprises over 1,700
days; then both are asked the same, in turn, and have to answer the same.  All servers run on this machine:
where they might work side by side on several, they wait for each other here.
"""

from __future__ import annotations

import statistics
import sys
import time
from datetime import date, timedelta
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from msglog_tui import dates
from msglog_tui.delivery import DeliveryRecord, DeliveryStatus, FailureGrouping, FailurePlace
from msglog_tui.reader import Reader
from msglog_tui.store import sharding
from msglog_tui.store.engine import Store
from msglog_tui.store.models import TRAFFIC
from msglog_tui.types import MessageRecord, Order
from tests.postgresql import Servers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from msglog_tui.types import Window

ENTERPRISES, CUSTOMERS, DAYS, BATCH = 20, 100, 1_700, 20_000
LAST = date(2026, 10, 31)
ZONE = "Africa/Johannesburg"
TIMES = 41


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


def deliveries(messages: int) -> Iterator[DeliveryRecord]:
    """A hundred deliveries of every thousandth message."""
    for number, record in enumerate(islice(records(messages), 0, None, 1_000)):
        for recipient in range(100):
            bounced = recipient % 20 == 0
            yield DeliveryRecord(
                enterprise=record.enterprise,
                customer=record.customer,
                source="test",
                delivery_id=f"{number}-{recipient}",
                recipient=f"person{number * 37 + recipient}@example{recipient % 53}.com",
                channel=record.channel,
                status=DeliveryStatus.BOUNCED if bounced else DeliveryStatus.DELIVERED,
                at=record.sent_at + 60,
                code="5.2.2" if bounced else "",
                reason="mailbox full" if bounced else "",
                message_id=record.message_id,
                campaign="",
                subject=record.subject,
                sent_at=record.sent_at + recipient,
                sent_by="",
                lists=(),
            )


def delivered(store: Store, messages: int) -> float:
    """Import the deliveries; says how many seconds it took."""
    took = 0.0
    with sharding.writer_of(store) as writer:
        rows = deliveries(messages)
        while batch := list(islice(rows, BATCH)):
            began = time.perf_counter()
            writer.deliveries(batch)
            took += time.perf_counter() - began
    return took


def compare(what: str, *asked: Callable[[], object]) -> None:
    """Ask one server and the shards in turn, and say how long they took."""
    answers = [ask() for ask in asked]
    assert answers[0] == answers[1], what
    took: tuple[list[float], ...] = tuple([] for _ in asked)
    for _ in range(TIMES):
        for ask, times in zip(asked, took, strict=True):
            began = time.perf_counter()
            ask()
            times.append((time.perf_counter() - began) * 1_000)
    show(what, *map(statistics.median, took), *map(min, took))


def show(what: str, one: float, spread: float, *least: float) -> None:
    """Write a line of the table, of milliseconds: medians, and the least where something was asked often."""
    cells = [f"{value:,.1f}" for value in (one, spread)]
    cells += [f"{value:,.1f}" for value in least] or ["", ""]
    print(f"| {what} | {' | '.join(cells)} |", flush=True)


def first_screen(location: str, window: Window) -> object:
    """The totals of all enterprises in a process that has asked nothing yet."""
    store = Store(location)
    found = [row.traffic for row in Reader.of_owner(store, "x").enterprises(window, Order.NAME)]
    store.close()
    return found


def in_sql(store: Store, window: Window) -> list[tuple[int, ...]]:
    """Totals of all enterprises as somebody with psql asks for them; of shards, at the front."""
    sums = ", ".join(f"sum({name})" for name in TRAFFIC)
    with store.reading() as connection:
        rows = connection.exec_driver_sql(
            f"SELECT enterprise_id, {sums} FROM enterprise_traffic "
            f"WHERE span = 2764800 AND bucket > {window.first // 2_764_800} GROUP BY 1"
        )
        return sorted(tuple(row)[1:] for row in rows)


def questions(reader: Reader) -> Iterator[tuple[str, Callable[[], object]]]:
    """What is asked of both."""
    for days in (1, 30, 365, DAYS):
        window = dates.window(LAST - timedelta(days=days - 1), LAST, ZONE)
        yield f"totals of all enterprises, {days:,} d", partial(totals, reader, window)
    enterprise = next(row.id for row in reader.enterprises(window, Order.NAME) if row.name == "Enterprise 3")
    ids = reader.customer_ids(window, enterprise, Order.NAME)
    yield (
        "50 customers, 1,700 d",
        lambda: [row.traffic for row in reader.customers(window, enterprise, ids[:50])],
    )
    yield "open a customer, first page", lambda: page(reader, window, enterprise, ids[0])
    yield "overview of a customer", lambda: reader.overview(window, enterprise, ids[0]).traffic
    yield "find a text in everything", lambda: len(reader.find(window, "sale 123").hits)
    inside = reader.inside(enterprise, None)
    yield "find a text in an enterprise", lambda: len(inside.find(window, "sale 123").hits)
    yield "find a person in everything", lambda: people(reader, "person77@example3.com")
    yield "find a domain in everything", lambda: people(reader, "@example7.com")
    yield "failures of everything", lambda: reader.failures(window, FailurePlace(), FailureGrouping.DOMAIN)


def totals(reader: Reader, window: Window) -> object:
    return [row.traffic for row in reader.enterprises(window, Order.NAME)]


def people(reader: Reader, text: str) -> Sequence[str]:
    return sorted(row.delivery_id for row in reader.find_people(text, None, 50).deliveries)


def page(reader: Reader, window: Window, enterprise: int, customer: int) -> Sequence[str]:
    anchors = reader.anchors(window, enterprise, customer)
    found = reader.messages_from(window, enterprise, customer, 0, 50, anchors)
    return [row.external_id for row in found]


def main(messages: int) -> None:
    """Fill both and compare them."""
    with Servers() as servers:
        single = Store(servers.start("single").create("log"))
        single.init()
        front = Store(servers.start("front").create("log"))
        shards = [servers.start(f"shard-{number}").create("log") for number in range(3)]
        sharding.make(front, shards)
        print(
            "| What | one server, ms | three shards, ms | at least | at least |\n| :- | -: | -: | -: | -: |"
        )
        show(f"import {messages:,} messages", *(filled(store, messages) * 1_000 for store in (single, front)))
        show(
            f"import {messages // 10:,} deliveries",
            *(delivered(store, messages) * 1_000 for store in (single, front)),
        )
        for location in (single.location, *shards):
            store = Store(location)
            with store.writing() as connection:
                connection.exec_driver_sql("ANALYZE")
            store.close()
        sharding.analyze(front)
        readers = [Reader.of_owner(store, "x") for store in (single, front)]
        for (what, one), (_, spread) in zip(*map(questions, readers), strict=True):
            compare(what, one, spread)
        everything = dates.window(LAST - timedelta(days=DAYS - 1), LAST, ZONE)
        compare(
            "totals, with nothing connected yet",
            *(partial(first_screen, store.location, everything) for store in (single, front)),
        )
        compare(
            "totals in SQL, through postgres_fdw",
            *(partial(in_sql, store, everything) for store in (single, front)),
        )
        for store in (single, front):
            store.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
