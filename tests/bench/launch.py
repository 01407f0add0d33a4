"""`msglog` on a day on which the archives of the benchmarks have messages; nothing else is changed.

`python -m tests.bench.launch` takes what `msglog` takes.
"""

from __future__ import annotations

import sys
from datetime import date

from msglog_tui import cli, dates

TODAY = date(2025, 11, 20)

if __name__ == "__main__":
    dates.today = lambda zone: TODAY
    sys.exit(cli.main())
