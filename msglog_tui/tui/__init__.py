"""The screen.  It reads through a `Reader`, knows no SQL, and never waits for an answer."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

# Textual paints at most so often a second, and reads this when it is imported.  A key moves the cursor at
# once and brings the preview some milliseconds later: with the usual 60 that would wait for the next turn.
os.environ.setdefault("TEXTUAL_FPS", "240")

if TYPE_CHECKING:
    from msglog_tui.reader import Reader
    from msglog_tui.tui.app import MsglogApp
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
    import gc

    from msglog_tui.tui.app import MsglogApp

    # What is made on the way to the first screen stays: looking through it for garbage would delay that.
    gc.disable()
    app = MsglogApp(reader, zone, remote)
    app.run()
    status = said_goodbye(app)
    if app.threads.held_up:  # Python would wait for them
        print(end="", file=sys.__stderr__, flush=True)
        os._exit(status)
    return status


def said_goodbye(app: MsglogApp) -> int:
    """Say why the screen is gone, if its person did not leave it, and give its exit status."""
    if app.farewell:
        print(f"\rmsglog: {app.farewell}", file=sys.__stderr__)
    return app.return_code or 0
