"""The sample archive: made up here, the same on every machine, for `msglog demo`, `sample_data/` and tests.

Nothing in it is real.  `python -m msglog_tui.sample FOLDER` writes it as files.
"""

from msglog_tui.sample.billing import transactions
from msglog_tui.sample.cast import users, zones
from msglog_tui.sample.deliveries import deliveries
from msglog_tui.sample.files import write
from msglog_tui.sample.traffic import credits_spent, messages

__all__ = ["credits_spent", "deliveries", "messages", "transactions", "users", "write", "zones"]
