"""Recipients are hidden on the screen until somebody asks for one, and that is written to the audit."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Final

from msglog_tui.masking import concealed

if TYPE_CHECKING:
    from collections.abc import Callable

    from msglog_tui.delivery import Delivery


REVEALED: Final = "{}   The audit has taken note; u hides it again."
"""Said of a recipient that is shown: a column may be too narrow for it."""


class Veil:
    """Which recipients of a session are shown whole.

    Args:
        note: Writes a line to the audit, or refuses; it may block.
    """

    def __init__(self, note: Callable[[str, str], None]) -> None:
        self._note = note
        self._lifted: set[tuple[str, str, str, str]] = set()
        self._turning = Lock()

    def is_lifted(self, delivery: Delivery) -> bool:
        """Whether the recipient is shown whole."""
        return _name(delivery) in self._lifted

    def turn(self, delivery: Delivery) -> bool:
        """Show the recipient of a delivery from now on, or hide it again; may be called from any thread.

        Returns:
            Whether it is shown now.

        Raises:
            Refusal: It cannot be written to the audit, so it is not shown.
        """
        key = _name(delivery)
        with self._turning:
            if key in self._lifted:
                self._lifted.remove(key)
                return False
            self._note(
                "reveal",
                f"recipient of delivery {delivery.delivery_id or delivery.id}, message {delivery.message}, "
                f"{delivery.customer} of {delivery.enterprise}",
            )
            self._lifted.add(key)
            return True

    def shown(self, delivery: Delivery) -> Delivery:
        """The delivery as it may be shown."""
        return delivery if self.is_lifted(delivery) else concealed(delivery)


def _name(delivery: Delivery) -> tuple[str, str, str, str]:
    """What names a delivery in this archive and in one that is attached, whose numbers are others."""
    return delivery.enterprise, delivery.source, delivery.delivery_id, delivery.recipient
