"""What the actions of ``/accounts/`` answer."""

from __future__ import annotations

from .record import Record


class AccountCreated(Record):
    """The answer to opening an account; the person then confirms by mail."""

    success: bool
    """True."""
    uuid: str
    """Identifier of the new user."""


class LoginResult(Record):
    """The answer to logging in or checking it; older locations answer nothing here."""

    uuid: str | None
    """Identifier of the user."""
