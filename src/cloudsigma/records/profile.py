"""The caller's profile: what ``/profile/`` answers and takes. Amounts of money are decimals written as strings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from .record import Record
from .reference import Meta


class Profile(Record):
    """The account of the caller."""

    address: str | None
    """Street and number."""
    api_https_only: bool
    """Whether the API may be used by https only."""
    autotopup_amount: str
    """Money that is paid in by itself, a decimal."""
    autotopup_threshold: str
    """Balance below which that happens, a decimal."""
    bank_reference: str | None
    """What to write on bank transfers."""
    clone_naming: str
    """How clones are named: ``NONE``, ``COUNTER``, ``DATE`` or ``TIMESTAMP``."""
    company: str | None
    """Company."""
    country: str | None
    """ISO 3166 code of two letters."""
    currency: str | None
    """ISO 4217 code."""
    email: str
    """Login name."""
    first_name: str | None
    """First name."""
    has_autotopup: bool
    """Whether money is paid in by itself."""
    has_tx_autotopup: bool | None
    """Whether traffic is bought by itself; not everywhere."""
    invoicing: bool
    """Whether invoices are sent."""
    key_auth: bool
    """Whether logging in needs a key."""
    language: str | None
    """Language of mails."""
    last_name: str | None
    """Last name."""
    mailing_list: bool
    """Whether news are sent."""
    meta: Meta
    """The user's keys and values."""
    my_notes: str | None
    """The user's notes."""
    network_restrictions: str | None
    """Restrictions of the network that are in force."""
    nickname: str | None
    """Nickname."""
    phone: str | None
    """Telephone number."""
    postcode: str | None
    """Postal code."""
    reseller: str | None
    """Reseller."""
    signup_time: str | None
    """Time the account was opened, ISO 8601 with offset."""
    state: str
    """``REGULAR``, ``NEW_USER``, ``TRIAL``, ``GUEST`` …"""
    tax_name: str | None
    """Name of the tax."""
    tax_rate: str | None
    """Rate of the tax, a decimal."""
    title: str | None
    """Form of address."""
    town: str | None
    """Town."""
    tx_autotopup_amount: str | None
    """Traffic that is bought by itself, a decimal; not everywhere."""
    tx_autotopup_threshold: str | None
    """Traffic left below which that happens, a decimal; not everywhere."""
    uuid: str
    """Identifier of the user."""
    vat: str | None
    """VAT number."""


class ProfileChanges(TypedDict, total=False):
    """What of the profile can be changed."""

    address: str
    """Street and number, at most 180 ASCII characters."""
    api_https_only: bool
    """Let the API be used by https only."""
    autotopup_amount: str
    """Money to pay in by itself, a decimal."""
    autotopup_threshold: str
    """Balance below which to do so, a decimal."""
    clone_naming: str
    """How to name clones: ``NONE``, ``COUNTER``, ``DATE`` or ``TIMESTAMP``."""
    company: str
    """Company."""
    country: str
    """ISO 3166 code; newer locations refuse to change it."""
    first_name: str
    """First name."""
    has_autotopup: bool
    """Pay money in by itself."""
    has_tx_autotopup: bool
    """Buy traffic by itself."""
    invoicing: bool
    """Send invoices."""
    key_auth: bool
    """Want a key at logging in."""
    language: str
    """Language of mails."""
    last_name: str
    """Last name."""
    mailing_list: bool
    """Send news."""
    meta: Mapping[str, Any]
    """All keys and values: those left out are removed."""
    my_notes: str | None
    """The user's notes."""
    nickname: str
    """Nickname."""
    phone: str | None
    """Telephone number."""
    postcode: str | None
    """Postal code, ASCII."""
    reseller: str
    """Reseller."""
    title: str
    """Form of address."""
    town: str
    """Town, ASCII."""
    tx_autotopup_amount: str
    """Traffic to buy by itself, a decimal."""
    tx_autotopup_threshold: str
    """Traffic left below which to do so, a decimal."""
    vat: str
    """VAT number."""
