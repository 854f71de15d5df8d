"""How the cloud says no: a status and the array of errors that every refusing answer carries.

Raised anywhere below a route; the app turns it into the answer and rolls the transaction back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ErrorItem:
    """One element of an error answer. ``point`` names the field at fault, if one is known."""

    type: str
    message: str
    point: str | None = None

    def as_document(self) -> dict[str, Any]:
        """Return the three keys that every error on the wire has."""
        return {"error_type": self.type, "error_message": self.message, "error_point": self.point}


class Refusal(Exception):
    """An answer other than success.

    Arguments: the HTTP status, the errors, and headers to add to the answer.
    """

    def __init__(self, status: int, *errors: ErrorItem, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(status, *(error.message for error in errors))
        self.status = status
        self.errors: tuple[ErrorItem, ...] = errors
        self.headers = headers

    @classmethod
    def validation(cls, message: str, point: str | None = None) -> Refusal:
        """400: what was sent is wrong; ``point`` names the field."""
        return cls(400, ErrorItem("validation", message, point))

    @classmethod
    def permission(cls, message: str, point: str | None = None) -> Refusal:
        """403: not allowed for this user, or not in this state."""
        return cls(403, ErrorItem("permission", message, point))

    @classmethod
    def lacks(cls, user: str, permissions: str, uuids: list[str]) -> Refusal:
        """403 in the cloud's own words for an object that exists and is not shared with ``user``."""
        what = ", ".join(uuids)
        return cls.permission(
            f"User {user} does not have all of the permissions [{permissions}]"
            f" in order to complete the operation on resources [{what}]"
        )

    @classmethod
    def not_found(cls, uuid: str) -> Refusal:
        """404: there is no object with this identifier."""
        return cls(404, ErrorItem("notexist", f"Object with uuid {uuid} does not exist"))

    @classmethod
    def missing(cls, message: str) -> Refusal:
        """404 in other words: a switched-off feature, an expired link."""
        return cls(404, ErrorItem("notexist", message))

    @classmethod
    def already_uploaded(cls, message: str) -> Refusal:
        """416: the chunk is stored already."""
        return cls(416, ErrorItem("validation", message))

    @classmethod
    def concurrency(cls, message: str) -> Refusal:
        """503: two changes at once; the caller may repeat."""
        return cls(503, ErrorItem("concurrency", message))

    @classmethod
    def backend(cls, message: str) -> Refusal:
        """503: no capacity for this now."""
        return cls(503, ErrorItem("backend", message))

    @classmethod
    def billing(cls, message: str) -> Refusal:
        """402: not enough money."""
        return cls(402, ErrorItem("billing", message))

    @classmethod
    def unauthenticated(cls, message: str = "Authentication credentials are missing or wrong") -> Refusal:
        """401: nobody, or a wrong password. The app adds the challenges."""
        return cls(401, ErrorItem("permission", message))

    def body(self) -> list[dict[str, Any]]:
        """Return the error array for the wire."""
        return [error.as_document() for error in self.errors]
