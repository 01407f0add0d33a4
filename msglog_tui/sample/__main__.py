"""Write the sample archive into a folder: `python -m msglog_tui.sample sample_data`."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from msglog_tui.sample.files import write


def main() -> None:
    """Read the command line and write the files."""
    parser = argparse.ArgumentParser(
        prog="python -m msglog_tui.sample", description="Write the sample archive."
    )
    parser.add_argument("folder", type=Path, help="an existing folder, such as sample_data")
    parser.add_argument(
        "--newest",
        type=date.fromisoformat,
        default=date(2026, 10, 31),
        metavar="YYYY-MM-DD",
        help="date of the newest messages (default: %(default)s, as in sample_data)",
    )
    arguments = parser.parse_args()
    write(arguments.folder, arguments.newest)


if __name__ == "__main__":
    main()
