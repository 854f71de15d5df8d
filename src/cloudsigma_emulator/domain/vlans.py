"""VLANs: private networks, bought by subscription; only their meta and tags can be changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import fields
from .fields import Field
from .refs import read_refs, ref, refs, resource_uri

Vlan = dict[str, Any]

FIELDS: tuple[Field, ...] = (
    Field("meta", fields.meta, default=dict),
    Field("tags", read_refs, default=list),
)

SHORT_FIELDS = ("owner", "resource_uri", "uuid")


def new_vlan(uuid: str, owner: str, subscription: int, meta: Mapping[str, str] | None = None) -> Vlan:
    """Return a stored VLAN.

    :param subscription: the number of the subscription that it comes from.
    """
    return {
        "uuid": uuid,
        "owner": owner,
        "meta": dict(meta or {}),
        "tags": [],
        "subscription": subscription,
    }


def render_subscription(number: int | None) -> dict[str, Any] | None:
    """Return the subscription behind an address or a VLAN; its id is a number here, unlike on itself."""
    if number is None:
        return None
    return {"id": number, "resource_uri": resource_uri("subscriptions", str(number))}


def render_vlan(vlan: Vlan, *, servers: Sequence[str] = ()) -> dict[str, Any]:
    """Return a VLAN as the detail list and single answers show it.

    :param servers: uuids of the servers with a NIC in it.
    """
    return {
        "bottom_vlan_tag": None,
        "grantees": [],
        "meta": vlan["meta"],
        "owner": ref("users", vlan["owner"]),
        "permissions": [],
        "resource_uri": resource_uri("vlans", vlan["uuid"]),
        "servers": refs("servers", list(servers)),
        "subscription": render_subscription(vlan["subscription"]),
        "tags": refs("tags", vlan["tags"]),
        "uuid": vlan["uuid"],
    }
