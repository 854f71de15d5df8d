"""Whom an account's notices go to, and which notices each of them gets.

Every contact has a preference for each notice; the account's own contact, the main one, has the account's address and
cannot be deleted.
"""

from __future__ import annotations

import re
import uuid as uuids_module
from collections.abc import Mapping
from typing import Any

from . import fields
from .fields import Field
from .refs import read_ref, resource_uri
from .refusal import Refusal

Contact = dict[str, Any]

KIND = "notification_contacts"
MEDIUM = "email"

TYPES: Mapping[str, bool] = {
    "trial_expire": False,
    "payment_withheld": False,
    "payment_failed": True,
    "subscription_renewal_failure": False,
    "subscription_expire": True,
    "out_of_money_soon": False,
    "stop_servers": True,
    "subscription_renewal_success": False,
    "subscription_expire_soon": True,
    "out_of_money_very_soon": False,
    "payment": True,
    "drives_delete_soon": True,
    "subscription_renewal_very_soon": True,
    "new_account": False,
    "reset_password": False,
    "drives_delete": True,
    "random_upgrade": True,
    "trial_expire_soon": False,
    "payment_cancelled": False,
    "subscription_renewal_soon": False,
    "subscription_expire_very_soon": False,
    "payment_approved": True,
}
"""The notices, in the order of the list, and whether a new contact gets them."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def _email(value: Any, name: str) -> str:
    text = fields.text(value, name)
    if not _EMAIL.fullmatch(text):
        raise Refusal.validation(f"{name} must be an e-mail address", name)
    return text


def _phone(value: Any, name: str) -> str:
    return "".join(fields.text(value, name).split())


FIELDS: tuple[Field, ...] = (
    Field("email", _email, required=True),
    Field("name", fields.nullable(fields.text, str), default=str),
    Field("phone", fields.nullable(_phone)),
)


def main_contact(account: str, email: str) -> Contact:
    """Return the stored contact that every account has from the beginning."""
    uuid = str(uuids_module.uuid5(uuids_module.UUID(account), KIND))
    name = email.partition("@")[0]
    return {**new_contact(uuid, account, {"email": email, "name": name, "phone": ""}), "main": True}


def new_contact(uuid: str, owner: str, values: Mapping[str, Any]) -> Contact:
    """Return a stored contact, with the preferences of a new one."""
    return {"uuid": uuid, "owner": owner, "main": None, **values, "preferences": dict(TYPES)}


def read_contact(body: Mapping[str, Any], previous: Contact | None = None) -> dict[str, Any]:
    """Read a contact; of one that is changed, what the body leaves out stays. The main one keeps its address."""
    if previous is not None and ("email" not in body or previous["main"]):
        body = {**body, "email": previous["email"]}
    return fields.read_fields(FIELDS, body, previous)


def render_contact(contact: Contact) -> dict[str, Any]:
    """Return a contact as every answer shows it."""
    return {
        "email": contact["email"],
        "main": contact["main"],
        "name": contact["name"],
        "phone": contact["phone"],
        "resource_uri": resource_uri(KIND, contact["uuid"]),
        "uuid": contact["uuid"],
    }


def read_preference(body: Mapping[str, Any]) -> tuple[str, str, bool]:
    """Read one preference; returns the contact's uuid, the notice, and whether it is wanted.

    Refuses with 400 a medium or a notice that there is not.
    """
    missing = [name for name in ("contact", "medium", "type", "value") if name not in body]
    if missing:
        raise Refusal.validation("This field is required", missing[0])
    medium, notice = body["medium"], body["type"]
    if medium != MEDIUM:
        raise Refusal.validation(f"medium must be {MEDIUM}", "medium")
    if not isinstance(notice, str) or notice not in TYPES:
        raise Refusal.validation(f"type must be one of: {', '.join(TYPES)}", "type")
    return read_ref(body["contact"], "contact"), notice, fields.boolean(body["value"], "value")


def render_preference(contact: Contact, notice: str) -> dict[str, Any]:
    """Return one preference of a contact."""
    return {
        "contact": resource_uri(KIND, contact["uuid"]),
        "medium": MEDIUM,
        "type": notice,
        "value": contact["preferences"][notice],
    }
