"""How the screen looks, as text.  `pytest --snapshot-update` takes new pictures: look at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tui.conftest import at_desk

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from msglog_tui.store.engine import Store

MESSAGE = ("enter", "down", "down", "down", "enter", "down", "down")


@pytest.mark.parametrize(
    ("login", "size", "keys"),
    [
        pytest.param("thandi", (80, 24), (), id="first screen, narrow"),
        pytest.param("thandi", (120, 36), MESSAGE, id="a message"),
        pytest.param("thandi", (120, 24), ("2",), id="packages"),
        pytest.param("vusi.adams", (80, 24), ("down",), id="a customer's user"),
        pytest.param("thandi", (120, 30), (*MESSAGE[:5], *"j" * 18, "2", "tab"), id="deliveries"),
        pytest.param("thandi", (60, 20), MESSAGE, id="a message, below the tree"),
        pytest.param("thandi", (80, 24), (*MESSAGE[:5], *"j" * 18, "2", "tab"), id="deliveries, narrow"),
        pytest.param("sibusiso", (80, 24), ("F",), id="failures, narrow"),
        pytest.param("thandi", (120, 24), ("w", *"@kwela.example", "enter"), id="a domain's people"),
    ],
)
async def test_the_screen_looks_as_it_did(
    archive: Store, snapshot: SnapshotAssertion, login: str, size: tuple[int, int], keys: tuple[str, ...]
) -> None:
    async with at_desk(archive, login, size) as desk:
        await desk.press(*keys)
        assert "\n".join(line.rstrip() for line in desk.lines) == snapshot
