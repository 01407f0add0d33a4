"""The one table of keys.

Bindings, footer, help, command palette and the README all come from here.  A command names the action that
carries it out; whether it can be carried out just now is the screen's `check_action` to say, and the palette
asks the same method.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from textual.binding import Binding, BindingType

if TYPE_CHECKING:
    from collections.abc import Mapping


class Where(StrEnum):
    """Under which heading the help lists a command."""

    MOVE = "Move"
    TREE = "Tree and lists"
    DATES = "Dates"
    LOOK = "Look closer"
    WHO = "Who got it, and why not"
    PROGRAM = "Program"


@dataclass(frozen=True, slots=True)
class Command:
    """Something one can do with a key.

    Attributes:
        action: Textual action that does it, on the screen or on the focused list.
        keys: Keys, in Textual's names, the one to show first.
        shown: How the help and the README write the keys.
        title: What the palette calls it; an imperative.
        help: One sentence that says what happens.
        where: Heading in the help.
        footer: Word in the footer; empty to stay out of it.
    """

    action: str
    keys: tuple[str, ...]
    shown: str
    title: str
    help: str
    where: Where
    footer: str = ""

    @property
    def binding(self) -> Binding:
        """The binding of Textual that goes with it; its id lets users remap it."""
        return Binding(
            ",".join(self.keys),
            self.action,
            self.footer or self.title,
            show=bool(self.footer),
            key_display=self.shown.split(" ")[0] if self.footer else None,
            tooltip=self.help,
            id=re.sub(r"\W+", "_", self.action.replace("-", "back_")).strip("_"),
        )


LIST_COMMANDS = (
    Command("move(1)", ("down", "j"), "↓ j", "Next row", "Moves the cursor down.", Where.MOVE),
    Command("move(-1)", ("up", "k"), "↑ k", "Previous row", "Moves the cursor up.", Where.MOVE),
    Command("page(1)", ("pagedown", "ctrl+f"), "PgDn ctrl+f", "Next page", "Moves a page down.", Where.MOVE),
    Command("page(-1)", ("pageup",), "PgUp", "Previous page", "Moves a page up.", Where.MOVE),
    Command("half_page(1)", ("ctrl+d",), "ctrl+d", "Half a page down", "Moves half a page down.", Where.MOVE),
    Command("half_page(-1)", ("ctrl+u",), "ctrl+u", "Half a page up", "Moves half a page up.", Where.MOVE),
    Command("first", ("home", "g"), "Home g", "First row", "Goes to the first row.", Where.MOVE),
    Command("last", ("end", "G"), "End G", "Last row", "Goes to the last row, of a million too.", Where.MOVE),
    Command(
        "sibling(1)",
        ("J",),
        "J",
        "Next on this level",
        "Goes to the next enterprise, customer or message, passing over what is open in between.",
        Where.MOVE,
    ),
    Command(
        "sibling(-1)",
        ("K",),
        "K",
        "Previous on this level",
        "Goes to the previous enterprise, customer or message.",
        Where.MOVE,
    ),
    # Enter is ctrl+j while the terminal still reads lines: until the program has begun.
    Command(
        "enter", ("enter", "ctrl+j"), "Enter", "Open or close", "Opens or closes the row.", Where.TREE, "Open"
    ),
    Command("toggle_row", ("space",), "Space", "Toggle the row", "Opens or closes the row.", Where.TREE),
    Command(
        "expand",
        ("right", "l"),
        "→ l",
        "Open the row",
        "Opens the row; when it is open, goes to the first row inside.",
        Where.TREE,
    ),
    Command(
        "collapse",
        ("left", "h"),
        "← h",
        "Close the row",
        "Closes the row; when it is closed, goes to the row around it.",
        Where.TREE,
    ),
    Command("expand_all", ("equals_sign",), "=", "Open every enterprise", "Opens the top level.", Where.TREE),
    Command("collapse_all", ("minus",), "-", "Close everything", "Closes all rows.", Where.TREE),
)
"""What the tree and the lists of transactions answer to when they have the focus."""

SCREEN_COMMANDS = (
    Command(
        "filter",
        ("slash",),
        "/",
        "Filter",
        "Shows only what matches: enterprise, customer, subject, sender or list. Esc clears it.",
        Where.TREE,
        "Filter",
    ),
    Command(
        "match(1)", ("n",), "n", "Next match", "Goes to the next thing that the filter found.", Where.TREE
    ),
    Command("match(-1)", ("N",), "N", "Previous match", "Goes to the one before.", Where.TREE),
    Command(
        "sort",
        ("s",),
        "s",
        "Sort",
        "Sorts by date (names in order, newest message first), name, e-mail and SMS in turn.",
        Where.TREE,
    ),
    Command(
        "view_as",
        ("v",),
        "v",
        "View as this customer",
        "Looks through the eyes of the customer under the cursor; Esc comes back.",
        Where.TREE,
    ),
    Command(
        "edit_date('start')",
        ("d",),
        "d",
        "Edit the Start date",
        "Types a Start date or a span.",
        Where.DATES,
        "Dates",
    ),
    Command("edit_date('end')", ("D",), "D", "Edit the End date", "Types an End date.", Where.DATES),
    Command(
        "presets", ("p",), "p", "Choose the dates", "Offers today, last month and the like.", Where.DATES
    ),
    Command(
        "shift(-1)",
        ("left_square_bracket",),
        "[",
        "Earlier",
        "Moves the whole window earlier by its own length; whole months by months.",
        Where.DATES,
        "Earlier",
    ),
    Command(
        "shift(1)",
        ("right_square_bracket",),
        "]",
        "Later",
        "Moves the whole window later by its own length.",
        Where.DATES,
        "Later",
    ),
    Command(
        "shift_days(-1)", ("comma",), ",", "A day earlier", "Moves the window a day earlier.", Where.DATES
    ),
    Command(
        "shift_days(1)", ("full_stop",), ".", "A day later", "Moves the window a day later.", Where.DATES
    ),
    Command(
        "shift_months(-1)",
        ("left_curly_bracket",),
        "{",
        "A month earlier",
        "Moves the window a month.",
        Where.DATES,
    ),
    Command(
        "shift_months(1)",
        ("right_curly_bracket",),
        "}",
        "A month later",
        "Moves the window a month.",
        Where.DATES,
    ),
    Command(
        "time_zone",
        ("t",),
        "t",
        "Change the time zone",
        "Goes between your own zone, the one of the enterprise under the cursor, and UTC.",
        Where.DATES,
    ),
    Command("app.focus_next", ("tab",), "Tab", "Next pane", "Goes to the next pane or input.", Where.LOOK),
    Command(
        "app.focus_previous", ("shift+tab",), "shift+Tab", "Previous pane", "Goes back a pane.", Where.LOOK
    ),
    Command("tab(1)", ("1",), "1", "Message information", "Shows the preview.", Where.LOOK),
    Command(
        "tab(2)",
        ("2",),
        "2",
        "Packages, or a message's deliveries",
        "Shows the packages bought; of a message, its deliveries.",
        Where.LOOK,
    ),
    Command("tab(3)", ("3",), "3", "Top-ups", "Shows the processed top-up requests.", Where.LOOK),
    Command(
        "statuses",
        ("x",),
        "x",
        "Choose the statuses",
        "Of top-ups, shows those that are not processed, too; of deliveries, chooses a status.",
        Where.LOOK,
        "Status",
    ),
    Command(
        "zoom",
        ("z",),
        "z",
        "Zoom the pane",
        "Gives the pane the whole screen, or takes it back.",
        Where.LOOK,
    ),
    Command(
        "copy",
        ("y",),
        "y",
        "Copy the record",
        "Sends the record under the cursor to the terminal's clipboard (OSC 52).",
        Where.LOOK,
    ),
    Command(
        "export",
        ("e",),
        "e",
        "Export",
        "Writes what the pane shows, all of it, to a CSV or JSON file; over SSH to the clipboard.",
        Where.LOOK,
    ),
    Command(
        "failures",
        ("f",),
        "f",
        "Failures",
        "Opens what went wrong with the row under the cursor, by reason, code and recipients' domain.",
        Where.WHO,
        "Failures",
    ),
    Command(
        "all_failures",
        ("F",),
        "F",
        "Failures of everything",
        "Opens what went wrong in all that you may see.",
        Where.WHO,
    ),
    Command(
        "find",
        ("w",),
        "w",
        "Find a person",
        "Finds every delivery to an address, a number or an @domain, the newest first.",
        Where.WHO,
        "Who",
    ),
    Command(
        "find_domain",
        ("at",),
        "@",
        "Find a domain's people",
        "Begins to type an @domain there.",
        Where.WHO,
    ),
    Command(
        "reveal",
        ("u",),
        "u",
        "Reveal the recipient",
        "Shows the recipient under the cursor whole, or hides it again; the audit takes note.",
        Where.WHO,
        "Reveal",
    ),
    Command(
        "message",
        ("m",),
        "m",
        "Go to the message",
        "Goes from a delivery to its message in the tree; the dates move there if they must.",
        Where.WHO,
    ),
    Command("reload", ("R",), "R", "Reload", "Reads the archive again.", Where.PROGRAM),
    Command(
        "account",
        ("a",),
        "a",
        "Account menu",
        "Says which archive this is; account logs, view as customer, zone, quit.",
        Where.PROGRAM,
    ),
    Command("help", ("question_mark",), "?", "Help", "Shows every key.", Where.PROGRAM, "Help"),
    Command(
        "command_palette",
        ("colon", "ctrl+p"),
        ": ctrl+p",
        "Commands",
        "Finds a command, or jumps to a customer by a few letters.",
        Where.PROGRAM,
    ),
    Command("app.redraw", ("ctrl+l",), "ctrl+l", "Redraw", "Paints the whole screen anew.", Where.PROGRAM),
    Command(
        "back",
        ("escape",),
        "Esc",
        "Step back",
        "Stops a slow query, else leaves zoom, filter or view as customer, in this order.",
        Where.PROGRAM,
    ),
    Command("app.quit", ("q", "ctrl+q"), "q ctrl+q", "Quit", "Leaves msglog.", Where.PROGRAM, "Quit"),
)
"""What the main screen answers to wherever the focus is, but for typing into an input."""

COMMANDS = LIST_COMMANDS + SCREEN_COMMANDS


def chosen(footers: Mapping[str, str]) -> tuple[Command, ...]:
    """The commands of the main screen that another screen answers to as well.

    Args:
        footers: Their actions, each with its word in the footer there, in the order of the footer.
    """
    known = {command.action: command for command in SCREEN_COMMANDS}
    return tuple(replace(known[action], footer=footer) for action, footer in footers.items())


def bindings(commands: tuple[Command, ...]) -> list[BindingType]:
    """The bindings of a part of the table, for the `BINDINGS` of a screen or a widget."""
    return [command.binding for command in commands]
