"""ACLs: whom their owner lets do what with the things that carry certain tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import fields
from .fields import Field
from .permissions import PERMISSIONS
from .refs import read_ref, read_refs, ref, refs, resource_uri
from .refusal import Refusal

Acl = dict[str, Any]


def _rules(value: Any, name: str) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise Refusal.validation(f"{name} must be a list", name)
    permissions: dict[str, None] = {}
    for item in value:
        permission = item.get("permission") if isinstance(item, dict) else item
        if not isinstance(permission, str) or permission not in PERMISSIONS:
            raise Refusal.validation(f"permission must be one of: {', '.join(PERMISSIONS)}", name)
        permissions[permission] = None
    return list(permissions)


def _grantees(value: Any, name: str) -> list[str]:
    """Read whom an ACL names, each by uuid or else by e-mail address."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise Refusal.validation(f"{name} must be a list", name)
    named = []
    for item in value:
        email = item.get("email") if isinstance(item, dict) and not item.get("uuid") else None
        named.append(fields.text(email, name) if email else read_ref(item, name))
    return list(dict.fromkeys(named))


FIELDS: tuple[Field, ...] = (
    Field("name", fields.nullable(fields.text, str), default=str),
    Field("grantees", _grantees, default=list),
    Field("rules", _rules, default=list),
    Field("tags", read_refs, default=list),
    Field("meta", fields.meta, default=dict),
)


def read_acl(body: Mapping[str, Any], previous: Acl | None = None) -> dict[str, Any]:
    """Read an ACL; of one that is updated, what the body leaves out stays.

    :returns: name, grantees (uuids and e-mail addresses as they were sent), rules, tags and meta.
    """
    return fields.read_fields(FIELDS, body, previous)


def render_acl(acl: Acl, emails: Mapping[str, str]) -> dict[str, Any]:
    """Return an ACL as every answer shows it to its owner: 8 keys.

    :param emails: the addresses of its grantees by their uuids.
    """
    return {
        "grantees": [
            {"email": emails.get(user), "resource_uri": ref("users", user), "uuid": user}
            for user in acl["grantees"]
        ],
        "meta": acl["meta"],
        "name": acl["name"],
        "owner": ref("users", acl["owner"]),
        "resource_uri": resource_uri("acls", acl["uuid"]),
        "rules": [{"permission": permission} for permission in acl["rules"]],
        "tags": refs("tags", acl["tags"]),
        "uuid": acl["uuid"],
    }
