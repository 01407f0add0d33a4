"""The screen.  It reads through a `Reader`, knows no SQL, and never waits for an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msglog_tui.reader import Reader
    from msglog_tui.tui.remote import Remote


def run(reader: Reader, zone: str, remote: Remote | None = None) -> int:
    """Show the account logs until the user leaves.

    Args:
        reader: Who reads which archive.
        zone: IANA name of the zone in which that person reads dates.
        remote: Where the session came from, if it came over SSH.

    Returns:
        The exit status.
    """
    from msglog_tui.tui.app import MsglogApp

    app = MsglogApp(reader, zone, remote)
    app.run()
    return app.return_code or 0
