"""`python -m msglog_tui.cli.zygote`: started by `msglog serve`, never by hand."""

from __future__ import annotations

from msglog_tui.cli.remote import obey
from msglog_tui.ssh import zygote

if __name__ == "__main__":
    zygote.main(obey)
