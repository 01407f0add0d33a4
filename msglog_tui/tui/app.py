"""The application around the main screen."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import traceback
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from textual.keys import _character_to_key, key_to_character
from textual.theme import Theme
from textual.widgets import Input

from msglog_tui.tui.palette import Commands
from msglog_tui.tui.screens.logs import LogsScreen
from msglog_tui.tui.threads import Threads
from msglog_tui.tui.typed_ahead import TypedAheadApp

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ClassVar

    from textual.command import Provider
    from textual.dom import DOMNode
    from textual.message_pump import MessagePump
    from textual.screen import Screen
    from textual.timer import Timer

    from msglog_tui.reader import Reader
    from msglog_tui.tui.remote import Remote

THEME: Final = Theme(
    name="msglog",
    dark=True,
    primary="#4c9be8",
    secondary="#7fb685",
    accent="#e8b04c",
    warning="#e8b04c",
    error="#e06c75",
    success="#7fb685",
    foreground="#d8dee9",
    background="#12161d",
    surface="#12161d",
    panel="#1c232d",
    boost="#232c38",
    variables={
        "block-cursor-background": "#2c5d92",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#2a3340",
        "footer-key-foreground": "#e8b04c",
        "footer-background": "#1c232d",
        "primary-background": "#1d3550",
    },
)


_ASCII: Final = frozenset(_character_to_key(chr(code)) for code in range(0x20, 0x7F))
# The keys of what can be typed without an accent.

_REST: Final = 3.0
"""Seconds without a key after which there is time to tidy up."""

_COLLECTED: Final = (700, 10, 1_000)
"""When garbage is looked for, as `gc.set_threshold` has it; in everything, as good as never before a rest."""

_PATIENCE: Final = 0.5
"""Seconds that a key waits for what was typed before it."""


class MsglogApp(TypedAheadApp):
    """msglog on the screen."""

    CSS_PATH = "styles.tcss"
    TITLE = "msglog"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {Commands}
    COMMAND_PALETTE_BINDING = "ctrl+p"
    # Over a slow line every frame of an animation, and every row the mouse passes, would be paid for.
    ENABLE_SELECT_AUTO_SCROLL = False

    def __init__(self, reader: Reader, zone: str, remote: Remote | None = None) -> None:
        super().__init__()
        self.remote = remote
        self._reader = reader
        self._zone = zone
        self._rest: Timer | None = None
        self.threads = Threads()
        self.animation_level = "none"
        self.register_theme(THEME)
        self.theme = THEME.name

    def get_default_screen(self) -> Screen[Any]:
        """The main screen is the first."""
        return LogsScreen(self._reader, self._zone)

    def on_load(self) -> None:
        """Ask in threads that can be left."""
        asyncio.get_running_loop().set_default_executor(self.threads)

    def on_ready(self) -> None:
        """Collect garbage from now on, but never what the first screen is made of."""
        if self.remote is not None:
            self.watch_over(self.remote.limits, self._reader.scope)
        gc.freeze()
        gc.set_threshold(*_COLLECTED)
        gc.enable()
        self._rest = self.set_interval(_REST, self._tidy, pause=True)

    def _tidy(self) -> None:
        """Look for garbage in everything, which takes as long as several keys, while there are no keys."""
        if self._rest is not None:
            self._rest.pause()
        gc.collect()

    def deliver_text(self, *_: object, **__: object) -> str | None:
        """Write no file of Textual's own, such as a screenshot: where the program runs may be far away."""
        return None

    deliver_binary = deliver_text

    def _fatal_error(self) -> None:
        """Tell whoever runs the program of an error of ours; overrides a private method of Textual 8.2.

        Textual draws it with every variable around, which are other people's rows.
        """
        if self.remote is None:
            super()._fatal_error()
        else:
            self.remote.crashed(traceback.format_exc())
            self._close_messages_no_wait()

    def _print_error_renderables(self) -> None:
        """Show an error of ours to whoever runs the program; overrides a private method of Textual 8.2."""
        if self.remote is not None and self._exit_renderables:
            log = Console(file=StringIO(), width=120)
            log.print(*self._exit_renderables)
            self._exit_renderables.clear()
            self.remote.crashed(log.file.getvalue())  # type: ignore[attr-defined]
        super()._print_error_renderables()

    def begin(self, reader: Reader, zone: str) -> None:
        """Show the account logs to somebody who has come after the screen was laid out."""
        logs = self.screen_stack[0]
        if isinstance(logs, LogsScreen):
            logs.begin(reader, zone)

    async def _check_bindings(self, key: str, priority: bool = False) -> bool:  # noqa: FBT001, FBT002
        """Do what a key does before the next one is looked at; overrides a private method of Textual 8.2.

        Textual puts a key into the queue of whoever has the focus, and the next key too, although the first
        may be about to move the focus: what is typed ahead would go to the wrong place.
        """
        if self._rest is not None:
            self._rest.reset()
        if await super()._check_bindings(key, priority):
            return True
        if not priority:
            return False
        focused = self.focused
        if not isinstance(focused, Input):
            return await super()._check_bindings(key)
        if _types_something(key):
            return False
        await _caught_up(focused)
        done = await super()._check_bindings(key)
        for node in focused.ancestors_with_self:
            if node is not self:
                await _caught_up(node)
        return done


def _types_something(key: str) -> bool:
    """Whether a key is a character that an input takes.

    Textual cannot tell the character of some of the keys that it names itself, such as `at`.
    """
    character = key_to_character(key)
    return key in _ASCII or (character is not None and character.isprintable())


async def _caught_up(node: MessagePump | DOMNode) -> None:
    """Wait until somebody has handled what is in their queue; not for ever, since they may wait for us."""
    handled = asyncio.Event()
    node.call_later(handled.set)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(handled.wait(), _PATIENCE)
