"""`python -m msglog_tui` is `msglog`."""

import sys

from msglog_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
