"""What goes over the wire: of each frame only the cells that changed.

Textual sends whole strips, of which most cells are on the screen already; over a slow line that is what one
waits for.  `WiredApp` is an app that keeps the frame last sent and sends the difference.
"""

from msglog_tui.tui.wire.app import WiredApp

__all__ = ["WiredApp"]
