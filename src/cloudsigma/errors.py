"""All errors that the library raises, as one tree.

    ApiClientError
    ├── ClientError                 the request was at fault (HTTP 4xx)
    │   ├── InvalidArgument         refused before anything was sent (also a ValueError)
    │   ├── ValidationError         400: a field is wrong; error_point names it
    │   ├── PaymentRequired         402: not enough money
    │   ├── NotFound                404: no such object
    │   ├── Conflict                409: the object is in the way
    │   ├── StaleRecord             refused: what a record was read with has changed since
    │   ├── ChunkAlreadyUploaded    416: the cloud has this part of the image
    │   └── RateLimited             429: too many requests; retry_after in seconds
    ├── AuthError                   401: wrong or missing credentials
    ├── PermissionError             403
    │   ├── IllegalState            403: not possible in the object's present state
    │   └── NotPermitted            403: the account lacks a permission
    ├── ServerError                 the cloud was at fault (HTTP 5xx)
    │   ├── Concurrency             503: two conflicting changes at once
    │   ├── Unavailable             503: out of capacity, or a gateway without a server behind it
    │   ├── BadAnswer               HTML, nothing or half a document where JSON must be
    │   └── GatewayOutcomeUnknown   502 or 504 for a request that must not be repeated (also OutcomeUnknown)
    ├── TransportError              no answer was received
    │   ├── ConnectionFailed        the connection could not be made, or was lost
    │   ├── Timeout                 the time for the call ran out (also a TimeoutError)
    │   └── OutcomeUnknown          the request may have been carried out, or not
    ├── WaitError
    │   ├── WaitTimeout             the state was not reached in time (also a TimeoutError)
    │   └── WaitFailed              the object went into a state from which it cannot be reached
    ├── TransferError               the bytes of an image could not be moved whole
    │   ├── ImageChanged            the file was changed while it was sent
    │   └── ResumeRefused           what was begun does not fit the file, the drive or the disk any more
    └── ConfigurationError          a setting is missing or malformed

``ClientError``, ``AuthError``, ``PermissionError`` and ``ServerError`` never derive from one another: programs written
for the old library catch exactly one. No error holds a password, a token, a cookie or a body that was sent.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = [
    "ApiClientError",
    "AuthError",
    "BadAnswer",
    "ChunkAlreadyUploaded",
    "ClientError",
    "Concurrency",
    "ConfigurationError",
    "ConfigurationWarning",
    "Conflict",
    "ConnectionFailed",
    "GatewayOutcomeUnknown",
    "IllegalState",
    "ImageChanged",
    "InvalidArgument",
    "NotFound",
    "NotPermitted",
    "OutcomeUnknown",
    "PaymentRequired",
    "RateLimited",
    "ResumeRefused",
    "ServerError",
    "StaleRecord",
    "Timeout",
    "TransferError",
    "TransportError",
    "Unavailable",
    "ValidationError",
    "WaitError",
    "WaitFailed",
    "WaitTimeout",
]  # without PermissionError, which would hide the builtin after ``import *``


class ApiClientError(Exception):
    """The base of all errors of this library.

    ``message`` is what the API said; ``status_code`` is None when no answer was received. ``args`` are message, status
    and request id, as in the old library.
    ``errors`` are all items of the API's error list; ``error_type``, ``error_message`` and ``error_point`` (the field
    at fault) are those of the first. ``method`` and ``path`` name the request, ``request_id`` the cloud's log entry.
    """

    def __init__(
        self,
        message: str,
        status_code: int | None = None,
        request_id: str = "",
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        method: str = "",
        path: str = "",
    ) -> None:
        super().__init__(message)
        self.args = (message, status_code, request_id)
        self.message = message
        self.status_code = status_code
        self.request_id = request_id
        self.errors: list[dict[str, Any]] = [dict(item) for item in errors]
        self.method = method
        self.path = path

    @property
    def error_type(self) -> str | None:
        """The API's word for the kind of error, such as ``validation`` or ``concurrency``."""
        return self._first("error_type")

    @property
    def error_message(self) -> str | None:
        """The first message of the API."""
        return self._first("error_message")

    @property
    def error_point(self) -> str | None:
        """The field at fault, when the API names one."""
        return self._first("error_point")

    def _first(self, key: str) -> str | None:
        value = self.errors[0].get(key) if self.errors else None
        return None if value is None else str(value)

    def __str__(self) -> str:
        where = " ".join(part for part in (self.method, self.path) if part)
        parts = [
            f"HTTP {self.status_code}" if self.status_code else "",
            where,
            f"request id {self.request_id}" if self.request_id else "",
        ]
        context = ", ".join(part for part in parts if part)
        return f"{self.message} ({context})" if context else str(self.message)


class ClientError(ApiClientError):
    """The request was at fault (HTTP 4xx other than 401 and 403)."""


class ServerError(ApiClientError):
    """The cloud was at fault (HTTP 5xx)."""


class AuthError(ApiClientError):
    """The credentials are wrong or missing (401)."""


class PermissionError(ApiClientError):
    """The operation is not allowed (403), for want of a permission or in the object's present state."""


class InvalidArgument(ClientError, ValueError):
    """An argument was refused before anything was sent."""


class ValidationError(ClientError):
    """The data sent is wrong (400); ``error_point`` names the field when the API knows it."""


class PaymentRequired(ClientError):
    """The account has not enough money (402)."""


class NotFound(ClientError):
    """There is no such object (404)."""


class Conflict(ClientError):
    """The request conflicts with what exists (409)."""


class StaleRecord(ClientError):
    """A list or meta was changed since the record was read that a change was made from; nothing was written."""


class ChunkAlreadyUploaded(ClientError):
    """The cloud already has this chunk of the image (416)."""


class RateLimited(ClientError):
    """Too many requests (429); ``retry_after`` is the pause in seconds that the cloud asks for, if it does."""

    retry_after: float | None = None


class IllegalState(PermissionError):
    """The operation is not possible in the object's present state (403)."""


class NotPermitted(PermissionError):
    """The account lacks a permission on the object (403)."""


class Concurrency(ServerError):
    """Two conflicting operations met (503 ``concurrency``); nothing was changed by this one."""


class Unavailable(ServerError):
    """The cloud is out of capacity or out of service (503)."""


class BadAnswer(ServerError):
    """The answer is not what the API sends: HTML, nothing, half a document, or a redirect of a change."""


class TransportError(ApiClientError):
    """No answer was received."""


class ConnectionFailed(TransportError):
    """The connection could not be made, or was lost."""


class Timeout(TransportError, TimeoutError):
    """The time for the call ran out."""


class OutcomeUnknown(TransportError):
    """The request may or may not have been carried out; the message says how to find out."""


class GatewayOutcomeUnknown(OutcomeUnknown, ServerError):
    """A gateway gave up (502, 504) on a request that may or may not have been carried out."""


class WaitError(ApiClientError):
    """Waiting ended without the state that was waited for; ``status`` is the last one seen."""

    status: str | None = None


class WaitTimeout(WaitError, TimeoutError):
    """The state was not reached in time."""


class WaitFailed(WaitError):
    """The object went into a state from which the one waited for cannot be reached."""


class TransferError(ApiClientError):
    """The bytes of an image could not be moved whole."""


class ImageChanged(TransferError):
    """The image file was changed while it was sent; what the cloud got of it may be of two versions."""


class ResumeRefused(TransferError):
    """A transfer cannot go on where it was broken off; ``resume=False`` begins anew."""


class ConfigurationError(ApiClientError):
    """A setting is missing or malformed; ``source`` is the file or variable and ``key`` the setting."""

    source: str | None = None
    key: str | None = None


class ConfigurationWarning(builtins.UserWarning):
    """Something about the configuration is doubtful, such as a file that others can read."""
