"""What belongs to every account: profile, balance, global context; and which of it a user may change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from . import fields, notifications
from .refusal import Refusal

Doc = dict[str, Any]

READ_ONLY = frozenset(
    {
        "uuid", "email", "bank_reference", "currency", "state", "network_restrictions", "tax_name", "tax_rate",
        "signup_time", "owner", "country",
    }
)  # fmt: skip
BOOLEANS = frozenset(
    {"api_https_only", "has_autotopup", "has_tx_autotopup", "key_auth", "invoicing", "mailing_list"}
)
AMOUNTS = frozenset(
    {"autotopup_amount", "autotopup_threshold", "tx_autotopup_amount", "tx_autotopup_threshold"}
)
TEXTS = frozenset(
    {
        "address", "company", "first_name", "last_name", "nickname", "phone", "reseller", "title", "town", "vat",
        "language", "postcode", "my_notes",
    }
)  # fmt: skip
MAY_BE_NULL = frozenset({"postcode", "my_notes"})
ASCII_ONLY = frozenset({"address", "town", "postcode"})
CLONE_NAMINGS = ("NONE", "COUNTER", "DATE", "TIMESTAMP")
FUNDS = "100000.00000000000000000000"


def documents(uuid: str, email: str, now: datetime) -> Iterator[tuple[str, Doc]]:
    """Give the documents of a new account."""
    yield "profile", profile(uuid, email, now)
    yield "balance", {"uuid": uuid, "owner": uuid, "balance": FUNDS, "credit_limit": None, "currency": "EUR"}
    yield "global_context", {"uuid": uuid, "owner": uuid, "values": {}}
    yield notifications.KIND, notifications.main_contact(uuid, email)


def profile(uuid: str, email: str, now: datetime) -> Doc:
    """Return the profile of a new account."""
    return {
        "owner": uuid,
        "address": "",
        "api_https_only": False,
        "autotopup_amount": "0E-16",
        "autotopup_threshold": "0E-16",
        "bank_reference": email.partition("@")[0],
        "clone_naming": "NONE",
        "company": "",
        "country": "CH",
        "currency": "EUR",
        "email": email,
        "first_name": "",
        "has_autotopup": False,
        "has_tx_autotopup": False,
        "invoicing": True,
        "key_auth": False,
        "language": "EN",
        "last_name": "",
        "mailing_list": True,
        "meta": {},
        "my_notes": "",
        "network_restrictions": None,
        "nickname": "",
        "phone": "",
        "postcode": "",
        "reseller": "",
        "signup_time": now.isoformat(timespec="microseconds"),
        "state": "REGULAR",
        "tax_name": None,
        "tax_rate": None,
        "title": "",
        "town": "",
        "tx_autotopup_amount": "0E-16",
        "tx_autotopup_threshold": "0E-16",
        "uuid": uuid,
        "vat": "",
    }


def shown_profile(doc: Doc) -> Doc:
    """Return the profile as the API shows it."""
    return {key: value for key, value in doc.items() if key != "owner"}


def changed_profile(doc: Doc, body: Doc) -> Doc:
    """Return the profile with a user's changes; read-only and unknown keys are ignored. Refuses wrong values."""
    changed = dict(doc)
    for key, value in body.items():
        if key in READ_ONLY or key not in doc:
            continue
        changed[key] = _checked(key, value)
    return changed


def _checked(key: str, value: Any) -> Any:
    if key == "meta":
        return fields.meta(value, "meta")
    if key == "clone_naming":
        if value not in CLONE_NAMINGS:
            raise Refusal.validation(f"clone_naming is one of {', '.join(CLONE_NAMINGS)}", key)
        return value
    if key in BOOLEANS:
        if not isinstance(value, bool):
            raise Refusal.validation(f"{key} is true or false", key)
        return value
    if key in AMOUNTS:
        return _amount(key, value)
    return _text(key, value)


def _amount(key: str, value: Any) -> str:
    text = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    digits = text.replace(".", "", 1).replace("E-", "", 1)
    if not (digits.isascii() and digits.isdigit()):
        raise Refusal.validation(f"{key} is a decimal number that is not negative", key)
    return text


def _text(key: str, value: Any) -> str | None:
    if value is None and key in MAY_BE_NULL:
        return None
    if not isinstance(value, str):
        raise Refusal.validation(f"{key} is a text", key)
    if key in ASCII_ONLY and not value.isascii():
        raise Refusal.validation(f"{key} may hold ASCII characters only", key)
    if key == "address" and len(value) > 180:
        raise Refusal.validation("address may have 180 characters at most", key)
    return value
