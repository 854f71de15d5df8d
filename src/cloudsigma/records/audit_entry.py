"""The audit log: what ``/logs/`` answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from .record import Record
from .reference import Reference


class AuditEntry(Record):
    """What was done to a resource of the account. It has no identifier of its own."""

    action: str
    """``create``, ``update``, ``delete``, ``start_send`` (asked for), ``boot`` (done), ``stop_send``, ``stop`` …"""
    actor: Reference | None
    """The user that did it."""
    category: str
    """Kind of the resource, such as ``Servers``."""
    details: str
    """What was asked for, as JSON in a text, passwords included; "" when there is nothing to say."""
    error_message: str | None
    """What went wrong; "" when nothing did."""
    error_point: str | None
    """The field at fault."""
    error_type: str | None
    """Kind of the error."""
    success: bool
    """Whether it was carried out."""
    timestamp: str
    """Time, with a blank in place of the ``T``; see ``cloudsigma.records.to_datetime``."""
    uuid: str | None
    """The resource, not the entry."""


class AuditLogFilters(TypedDict, total=False):
    """What the audit log can be narrowed by."""

    uuid: str | Sequence[str]
    """The resource, by uuid."""
    fields: str | Sequence[str]
    """Only these fields are asked for; the records then lack the others."""
