"""Importers: from a file of some format to canonical records, which the store's writer takes.

`import_file` is the way in.  A format is a module of its own that turns lines into values (`csv_rows`,
`json_rows`) and is chosen by the content of the file (`recognition`); what the values may be is the same for
all formats (`fields`, `columns`, `canonical`).  There is no SQL here.
"""

from __future__ import annotations

from msglog_tui.importers.rejects import Rejection
from msglog_tui.importers.run import Progress, Report, Writer, import_file

__all__ = ["Progress", "Rejection", "Report", "Writer", "import_file"]
