"""The formats of providers, a small module each.

To add one: write its module, put it into `FORMATS`, say in the README where its fields come from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msglog_tui.errors import Refusal
from msglog_tui.importers.formats.infobip import INFOBIP
from msglog_tui.importers.formats.mailchimp import MAILCHIMP_CAMPAIGNS
from msglog_tui.importers.formats.mailgun import MAILGUN
from msglog_tui.importers.formats.postfix import Postfix
from msglog_tui.importers.formats.postmark import POSTMARK
from msglog_tui.importers.formats.sendgrid import SENDGRID
from msglog_tui.importers.formats.sendgrid_activity import SENDGRID_ACTIVITY
from msglog_tui.importers.formats.ses import SES
from msglog_tui.importers.formats.twilio import TWILIO
from msglog_tui.importers.formats.twilio_csv import TWILIO_CSV
from msglog_tui.importers.formats.vonage import VONAGE
from msglog_tui.importers.show import shown

if TYPE_CHECKING:
    from msglog_tui.importers.foreign import Format
    from msglog_tui.importers.rows import Block

FORMATS: Final[tuple[Format, ...]] = (
    SES,
    SENDGRID,
    TWILIO,
    MAILGUN,
    POSTMARK,
    INFOBIP,
    VONAGE,
    SENDGRID_ACTIVITY,
    TWILIO_CSV,
    MAILCHIMP_CAMPAIGNS,
    Postfix(),
)
"""In the order in which they are asked whether a file is theirs."""


def recognised(head: Block) -> Format | None:
    """Tell the format of a file by its first lines, `None` where it is no provider's."""
    return next((candidate for candidate in FORMATS if candidate.recognises(head)), None)


def named(name: str) -> Format:
    """Find the format that `--format` names.

    Raises:
        Refusal: There is none of that name.
    """
    found = next((candidate for candidate in FORMATS if candidate.name == name), None)
    if found is None:
        known = ", ".join(sorted(candidate.name for candidate in FORMATS))
        raise Refusal(f"There is no format {shown(name)}: --format takes one of {known}.")
    return found
