"""What can go wrong when a guest reads its server context.

    ContextError
    ├── DeviceUnavailable (OSError)    the serial port cannot be opened or used
    ├── NotAnswered (TimeoutError)     the port is open, but nobody answers on the other side
    └── NotJson (ValueError)           something answered, but not with a JSON object

Messages never hold what was read: a server context contains passwords.
"""

from __future__ import annotations


class ContextError(Exception):
    """The server context could not be read."""


class DeviceUnavailable(ContextError, OSError):
    """The serial port is missing, forbidden, in use, or not a serial port; ``errno`` says which."""

    def __str__(self) -> str:
        return self.strerror or super().__str__()


class NotAnswered(ContextError, TimeoutError):
    """No complete answer came before the deadline."""


class NotJson(ContextError, ValueError):
    """The answer is not the JSON that a server context is."""
