"""Errors as the command line tells them: one line, with the remedy where there is one, and an exit code.

The codes are part of the interface and documented in docs/command-line.md.
"""

from __future__ import annotations

import re

from .. import errors

REFUSED = 1
USAGE = 2
CONFIGURATION = 3
NO_ANSWER = 4
NOT_FOUND = 5
WAITED_IN_VAIN = 6
INTERNAL = 70


class Failure(Exception):
    """The end of a command for a reason that the library has no error for."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


# The first line that fits decides; finer classes stand before their bases.
CODES: tuple[tuple[type[BaseException], int], ...] = (
    (errors.ConfigurationError, CONFIGURATION),
    (errors.NotFound, NOT_FOUND),
    (errors.WaitError, WAITED_IN_VAIN),
    (errors.InvalidArgument, USAGE),
    (errors.TransportError, NO_ANSWER),
    (errors.ApiClientError, REFUSED),
    (OSError, REFUSED),
)

REMEDIES: tuple[tuple[type[BaseException], str], ...] = (
    (errors.AuthError, "check username and password, or the token, of this profile"),
    (errors.PaymentRequired, "see `cloudsigma balance show`"),
)

OPTIONS = ((re.compile(r"\bresume=False\b"), "--no-resume"), (re.compile(r"\bform='(\w+)'"), r"--form \1"))
"""What the library's own words call an argument, and what it is called here."""


def explain(error: Exception) -> tuple[int, str]:
    """Return the exit code for ``error`` and the line that tells it."""
    line = one_line(str(error)) or type(error).__name__
    if isinstance(error, (errors.InvalidArgument, errors.TransferError)):
        for argument, option in OPTIONS:
            line = argument.sub(option, line)
    if isinstance(error, Failure):
        return error.code, line
    code = next((code for kind, code in CODES if isinstance(error, kind)), INTERNAL)
    if code == INTERNAL:
        return code, f"internal error: {type(error).__name__}: {line}; --verbose shows where"
    remedy = next((remedy for kind, remedy in REMEDIES if isinstance(error, kind)), "")
    return code, f"{line}; {remedy}" if remedy else line


def one_line(text: str) -> str:
    """Return ``text`` without line breaks and without characters that steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))
