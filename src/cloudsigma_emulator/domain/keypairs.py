"""SSH keys of an account: their fields, and how they are shown with and without the private part.

What is in a key is for `engine.ssh_keys` to say; here it is text, kept to the letter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import fields
from .fields import Field
from .refs import read_refs, refs, resource_uri

Keypair = dict[str, Any]

ALGORITHMS = ("rsa", "ed25519")
MOST_GENERATED = 50
"""Pairs that one request may have made: each takes a moment of everybody's time."""

CHANGE_FIELDS: tuple[Field, ...] = (
    Field("name", fields.text, required=True),
    Field("meta", fields.meta, default=dict),
    Field("tags", read_refs, default=list),
)

CREATE_FIELDS: tuple[Field, ...] = (
    *CHANGE_FIELDS,
    Field("public_key", fields.optional_text),
    Field("private_key", fields.optional_text),
    Field(
        "algorithm_type", fields.nullable(fields.choice(*ALGORITHMS), lambda: "rsa"), default=lambda: "rsa"
    ),
)


def read_keypair(body: Mapping[str, Any]) -> dict[str, Any]:
    """Read the definition of a new pair; an empty key counts as none."""
    values = fields.read_fields(CREATE_FIELDS, body)
    return {
        **values,
        "public_key": values["public_key"] or None,
        "private_key": values["private_key"] or None,
    }


def read_change(body: Mapping[str, Any], keypair: Keypair) -> dict[str, Any]:
    """Read a change: name, meta and tags. The keys themselves never change."""
    return fields.read_fields(CHANGE_FIELDS, {"name": keypair["name"], **body}, keypair)


def render_keypair(
    keypair: Keypair, *, permissions: Sequence[str] = (), grantees: Sequence[Any] = ()
) -> dict[str, Any]:
    """Return a pair as ``/keypairs/`` shows it to its owner: 10 keys."""
    return {
        "fingerprint": keypair["fingerprint"],
        "grantees": list(grantees),
        "meta": keypair["meta"],
        "name": keypair["name"],
        "permissions": list(permissions),
        "private_key": keypair["private_key"],
        "public_key": keypair["public_key"],
        "resource_uri": resource_uri("keypairs", keypair["uuid"]),
        "tags": refs("tags", keypair["tags"]),
        "uuid": keypair["uuid"],
    }


def render_pubkey(
    keypair: Keypair, *, permissions: Sequence[str] = (), grantees: Sequence[Any] = ()
) -> dict[str, Any]:
    """Return a pair as ``/pubkeys/`` shows it: whether there is a private key, but not which."""
    shown = render_keypair(keypair, permissions=permissions, grantees=grantees)
    shown["has_private_key"] = shown.pop("private_key") is not None
    return {**shown, "resource_uri": resource_uri("pubkeys", keypair["uuid"])}
