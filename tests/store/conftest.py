"""A store to test on.  Another database becomes a parameter of `store` and of nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from msglog_tui.store.engine import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty archive."""
    made = Store(str(tmp_path / "archive.db"))
    made.create()
    yield made
    made.close()
