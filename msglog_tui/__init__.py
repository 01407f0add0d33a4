"""msglog: the account logs of a bulk e-mail and SMS platform, in a terminal."""

__version__ = "0.1.0"
