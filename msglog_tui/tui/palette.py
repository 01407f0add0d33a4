"""The command palette: every command by name, and a jump to a customer by a few letters."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

from rich.text import Text
from textual.command import DiscoveryHit, Hit, Hits, Provider

from msglog_tui.errors import Refusal
from msglog_tui.tui.keys import SCREEN_COMMANDS, Command
from msglog_tui.tui.screens.logs import LogsScreen

if TYPE_CHECKING:
    from collections.abc import Iterator

CUSTOMERS: Final = 20
"""How many customers are offered."""

_AT_LEAST: Final = 2
"""Letters before customers are looked for."""


class Commands(Provider):
    """Offers what the screen can do just now, by the same question that the keys ask."""

    @property
    def _commands(self) -> Iterator[tuple[Command, LogsScreen]]:
        screen = self.screen
        if isinstance(screen, LogsScreen):
            for command in SCREEN_COMMANDS:
                if command.action != "command_palette" and screen.refusal(command.action) is None:
                    yield command, screen

    async def discover(self) -> Hits:
        """Offer everything while nothing is typed."""
        for command, screen in self._commands:
            yield DiscoveryHit(
                _name(command), partial(screen.run_action, command.action), command.title, command.help
            )

    async def search(self, query: str) -> Hits:
        """Offer what matches: commands first, then customers."""
        matcher = self.matcher(query)
        for command, screen in self._commands:
            score = matcher.match(command.title)
            if score > 0:
                name = matcher.highlight(command.title)
                run = partial(screen.run_action, command.action)
                yield Hit(score, name, run, command.title, f"{command.shown}   {command.help}")
        logs = self.screen
        if isinstance(logs, LogsScreen) and len(query.strip()) >= _AT_LEAST:
            try:
                found = await asyncio.to_thread(logs.reader.customers_named, query.strip(), CUSTOMERS)
            except Refusal as error:
                logs.say(str(error), wrong=True)
                return
            for place, (enterprise_id, customer_id, enterprise, customer) in enumerate(found):
                jump = partial(logs.jump, enterprise_id, customer_id)
                # Behind every command that matches, best customer first.
                score = 0.01 / (1 + place)
                yield Hit(score, Text(customer), jump, customer, f"Go to this customer of {enterprise}")


def _name(command: Command) -> Text:
    return Text.assemble(command.title, "  ", (command.shown, "dim"))
