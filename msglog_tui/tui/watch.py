"""Ends of a session that its person does not choose: nobody at the keys, too long, access taken back."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from textual import events

from msglog_tui import endings
from msglog_tui.errors import Refusal
from msglog_tui.tui.wire import WiredApp

if TYPE_CHECKING:
    from collections.abc import Callable

    from msglog_tui.types import Scope


@dataclass(frozen=True, slots=True)
class Limits:
    """When a session ends by itself.

    Attributes:
        idle: Seconds without a key or a click.
        longest: Seconds in all.
        objection: Asked now and then, in a thread, why a person who began with this scope may not be here any
            more; empty while they may.
        look: Seconds between two such looks.
    """

    idle: float = inf
    longest: float = inf
    objection: Callable[[Scope], str] | None = None
    look: float = 20


class WatchedApp(WiredApp):
    """An app that ends when it must."""

    farewell = ""
    """Why it was ended; to be said once the terminal is as it was."""

    _touched = 0.0

    def watch_over(self, limits: Limits | None, scope: Scope) -> None:
        """End a session that begins now at these limits.

        Args:
            limits: When.
            scope: What the person may see.
        """
        if limits is not None:
            self._touched = time.monotonic()
            self._watch = asyncio.create_task(self._end_in_time(limits, scope))

    async def on_event(self, event: events.Event) -> None:
        """Take note that there is somebody."""
        if isinstance(event, events.InputEvent):
            self._touched = time.monotonic()
        await super().on_event(event)

    async def _end_in_time(self, limits: Limits, scope: Scope) -> None:
        over = time.monotonic() + limits.longest
        while not self.farewell:
            now = time.monotonic()
            wait = min(self._touched + limits.idle - now, over - now)
            if wait > 0:
                await asyncio.sleep(min(wait, limits.look))
                if limits.objection is not None:
                    self.farewell = await _objection(limits.objection, scope)
            elif now >= over:
                self.farewell = endings.too_long("session", limits.longest)
            else:
                self.farewell = endings.idle(limits.idle)
        self.exit(return_code=endings.LIMITED)


async def _objection(ask: Callable[[Scope], str], scope: Scope) -> str:
    try:
        return await asyncio.to_thread(ask, scope)
    except Refusal:  # the archive cannot be read just now, which the screen says when it reads
        return ""
