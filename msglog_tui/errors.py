"""What may go wrong, in words for the person at the keyboard.

A `Refusal` is the user's or the data's fault and is shown as one sentence: what was wrong, then what to do.
`Cancelled` is nobody's fault: the answer is no longer wanted.  Anything else that escapes is a bug of ours.
"""


class Refusal(Exception):  # noqa: N818 - it is the user's word for it, not a failure of ours
    """A request that msglog cannot fulfil as it stands; its text is shown to the user as it is."""


class DateError(Refusal):
    """A date, a span of dates or a time zone that cannot be understood."""


class InstantError(DateError):
    """A text that is no instant in time.

    Args:
        text: The text, fit to be shown.
        reason: What is wrong with it and what to do, as the words that follow it.

    Attributes:
        reason: The same, for where the text stands beside.
    """

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"{text} {reason}.")
        self.reason = reason


class StoreError(Refusal):
    """The store is missing, unreadable, locked, damaged or of another version."""


class UnreachableError(StoreError):
    """The server of the store does not answer just now; asking again in a moment may help."""


class NoSuchName(Refusal):
    """There is no enterprise or customer of that name in scope."""


class DeadlineExceeded(Refusal):
    """A query took longer than it was given."""


class Cancelled(Exception):  # noqa: N818 - not an error: somebody changed their mind
    """A query was stopped because its answer is no longer wanted."""
