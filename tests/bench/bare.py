"""The screen without its data layer: what a start would take if reading the archive took nothing.

`python -m tests.bench.bare ZONE` shows the program's own app, screen and widgets on made-up rows, and
imports nothing that reads a store.  It is the baseline of the cold start.
"""

from __future__ import annotations

import sys
from datetime import date
from typing import TYPE_CHECKING, Any

from msglog_tui import dates
from msglog_tui.tui import run
from msglog_tui.types import Counts, Enterprise, Identity, Overview, Reach, Role, Scope, Tally, Traffic, User

if TYPE_CHECKING:
    from msglog_tui.types import Order, Window

NOT_HERE = ("sqlalchemy", "sqlite3", "msglog_tui.reader", "msglog_tui.store")

_TODAY = date(2025, 11, 20)
_TRAFFIC = Traffic(Counts(1_234_567, 890, 0, 4_321), Counts(987_654, 321, 0, 1_234))
_TALLIES = tuple(Tally(f"user{number}", 50 - number) for number in range(5))


class NoReader:
    """Answers what the first screen asks, from memory."""

    def __init__(self) -> None:
        user = User("bench", "", Role.OPERATOR, "", "")
        self.scope = Scope(Reach.EVERYTHING, None, None)
        self.identity = Identity(user, self.scope, None)

    def enterprises(self, window: Window, order: Order, cancel: object) -> list[Enterprise]:
        """As many as the archives of the benchmarks have."""
        return [Enterprise(number, f"Enterprise {number:02}", _TRAFFIC) for number in range(1, 21)]

    def overview(
        self, window: Window, enterprise_id: int, customer_id: int | None, cancel: object
    ) -> Overview:
        """The preview of the first of them."""
        return Overview(
            name=f"Enterprise {enterprise_id:02}",
            enterprise="",
            customers=5_000,
            traffic=_TRAFFIC,
            first_at=window.first,
            last_at=window.after - 1,
            senders=_TALLIES,
            lists=_TALLIES[:2],
            tallied=1_000,
            package=None,
        )


def main() -> None:
    """Show the screen."""
    dates.today = lambda zone: _TODAY
    reader: Any = NoReader()
    run(reader, sys.argv[1])
    # Told at the end, when all that the screen needed has been imported.
    loaded = [name for name in NOT_HERE if name in sys.modules]
    if loaded:
        sys.exit(f"The baseline imported {', '.join(loaded)}")


if __name__ == "__main__":
    main()
