"""The bottom line: the keys that can be used now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.widgets import Footer
from textual.widgets._footer import FooterKey  # not public in Textual 8.2

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.screen import Screen

_FIRST_TO_GO: Final = ("shift(1)", "shift(-1)", "find", "failures", "edit_date('start')")
"""Actions that leave a line that is too short for all: the help has them, too."""


class KeyBar(Footer):
    """Textual's footer, made anew only when it would look otherwise, and never longer than the line.

    Making it takes longer than all else that a key does, and most of what changes which keys can be used
    changes none of those that are shown.
    """

    _shown: tuple[tuple[str, str, bool], ...] = ()

    def bindings_changed(self, screen: Screen[object]) -> None:
        """Look what can be used now."""
        shown = tuple(
            (binding.key, binding.description, enabled)
            for _, binding, enabled, _ in screen.active_bindings.values()
            if binding.show
        )
        if shown != self._shown or not self._bindings_ready:
            self._shown = shown
            super().bindings_changed(screen)

    def compose(self) -> ComposeResult:
        """Make the line."""
        keys = list(super().compose())
        _fit([key for key in keys if isinstance(key, FooterKey)], self.app.size.width)
        yield from keys

    def on_resize(self) -> None:
        """Show as many keys as there is room for."""
        _fit([*self.query(FooterKey)], self.size.width)


def _fit(keys: list[FooterKey], width: int) -> None:
    """Hide as many keys as have to go."""
    sizes = {key.action: len(f"{key.key_display} {key.description} ") for key in keys}
    hidden = set()
    for action in _FIRST_TO_GO:
        if sum(sizes.values()) - 1 > width and action in sizes:
            del sizes[action]
            hidden.add(action)
    for key in keys:
        key.display = key.action not in hidden
