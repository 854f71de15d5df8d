"""Tags: names that group resources of any kind.

The membership is stored in the tagged resource (its ``tags``), so that a page of resources needs no look-up
and a deleted resource leaves its tags by itself; a tag's ``resources`` are that relation read backwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import fields
from .fields import Field
from .refs import optional_ref, ref, resource_uri
from .refusal import Refusal

Tag = dict[str, Any]

TAGGABLE = (
    "servers",
    "drives",
    "ips",
    "vlans",
    "snapshots",
    "remotesnapshots",
    "keypairs",
    "backupschedulers",
    "fwpolicies",
    "vpc",
)
"""Kinds whose objects may carry tags, in the order in which a bare uuid is looked for."""


def _name(value: Any, name: str) -> str:
    text = fields.text(value, name)
    if not text:
        raise Refusal.validation("This field is required", name)
    return text


FIELDS: tuple[Field, ...] = (
    Field("name", _name, required=True),
    Field("meta", fields.meta, default=dict),
)


def read_tag(body: Mapping[str, Any], previous: Tag | None = None) -> dict[str, Any]:
    """Read name and meta of a tag; the name may be left out when a tag is updated."""
    if previous is not None and "name" not in body:
        body = {**body, "name": previous["name"]}
    return fields.read_fields(FIELDS, body, previous)


def render_tag(tag: Tag, members: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Return a tag as every answer shows it: 6 keys.

    :param members: kind and stored document of each resource that carries it.
    """
    return {
        "meta": tag["meta"],
        "name": tag["name"],
        "owner": ref("users", tag["owner"]),
        "resource_uri": resource_uri("tags", tag["uuid"]),
        "resources": [
            {
                "owner": optional_ref("users", document["owner"]),
                "res_type": kind,
                "resource_uri": resource_uri(kind, document["uuid"]),
                "uuid": document["uuid"],
            }
            for kind, document in members
        ],
        "uuid": tag["uuid"],
    }


def with_nested_uri(kind: str, shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resource as ``/tags/{uuid}/{type}/`` lists it: resource_uri is a nested reference there."""
    return {**shown, "resource_uri": ref(kind, shown["uuid"])}
