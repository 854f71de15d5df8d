"""Who is told of what: what ``/notification_contacts/`` and ``/notification_preferences/`` answer and take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Required, TypedDict

from .filters import NamedFilters
from .record import Record
from .reference import Ref


class NotificationContact(Record):
    """A person who is told of events."""

    email: str
    """Where to."""
    main: bool | None
    """True for the account's own contact, which cannot be deleted; null (not false) for others."""
    name: str
    """Name."""
    phone: str | None
    """Number without blanks; empty or null when there is none."""
    pk: str | None
    """The uuid again, only in the answer to an update."""
    resource_uri: str
    """Absolute path of the contact."""
    uuid: str
    """Identifier."""


class NotificationContactSpec(TypedDict, total=False):
    """A contact to create."""

    email: Required[str]
    """Where to."""
    name: str
    """Name."""
    phone: str
    """Number; the cloud takes blanks out."""


class NotificationContactChanges(TypedDict, total=False):
    """What of a contact can be changed."""

    email: str
    """Where to; that of the main contact follows the account."""
    name: str
    """Name."""
    phone: str
    """Number; the cloud takes blanks out."""


class NotificationContactFilters(NamedFilters, total=False):
    """What contacts can be narrowed by; the cloud filters nothing here, so that this library does, after reading."""

    email: str | Sequence[str]
    """Address, case included."""


class NotificationPreference(Record):
    """Whether a contact is told of one kind of event. Contact, medium and type together are its identity."""

    contact: str
    """Absolute path of the contact."""
    medium: str
    """``email``."""
    type: str
    """Kind of event: ``payment``, ``subscription_expire_soon``, ``stop_servers`` …"""
    value: bool
    """Whether the contact is told."""


class NotificationPreferenceSpec(TypedDict):
    """A preference to set."""

    contact: Ref[NotificationContact]
    """The contact."""
    medium: str
    """``email``."""
    type: str
    """Kind of event: ``payment``, ``subscription_expire_soon``, ``stop_servers`` …"""
    value: bool
    """Whether the contact is told."""


class NotificationPreferenceFilters(TypedDict, total=False):
    """What preferences can be narrowed by; the cloud filters nothing here, so that this library does, after reading."""

    contact: Ref[NotificationContact]
    """The contact."""
    medium: str | Sequence[str]
    """``email``."""
    type: str | Sequence[str]
    """Kind of event."""
