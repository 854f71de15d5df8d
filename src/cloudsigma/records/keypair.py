"""SSH keys: what ``/keypairs/`` and ``/pubkeys/`` answer and take. They are two views of the same keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Required, TypedDict

from .filters import NamedFilters
from .grantee import Grantee
from .record import Record
from .reference import Meta, Ref, Reference
from .tag import Tag


class Pubkey(Record):
    """A key without its private half. It has the uuid of its keypair."""

    fingerprint: str | None
    """MD5 of the public key, hexadecimal with colons."""
    grantees: list[Grantee]
    """Whom the owner let in."""
    has_private_key: bool
    """Whether the cloud keeps the private key, too."""
    meta: Meta
    """The user's keys and values."""
    name: str | None
    """Name."""
    permissions: list[str]
    """What the caller may do with somebody else's; empty for his own."""
    public_key: str | None
    """The public key, as a line of ``authorized_keys``."""
    resource_uri: str
    """Absolute path of the key."""
    tags: list[Reference]
    """The caller's tags."""
    uuid: str
    """Identifier."""


class Keypair(Record):
    """A key with its private half, where the cloud has that."""

    fingerprint: str | None
    """MD5 of the public key, hexadecimal with colons."""
    grantees: list[Grantee]
    """Whom the owner let in."""
    meta: Meta
    """The user's keys and values."""
    name: str | None
    """Name."""
    permissions: list[str]
    """What the caller may do with somebody else's; empty for his own."""
    private_key: str | None
    """The private key (PEM), in plain text; null when only the public one was given."""
    public_key: str | None
    """The public key, as a line of ``authorized_keys``."""
    resource_uri: str
    """Absolute path of the keypair."""
    tags: list[Reference]
    """The caller's tags."""
    uuid: str
    """Identifier."""


class KeypairOptions(TypedDict, total=False):
    """What a body may say of a keypair besides its name."""

    public_key: str
    """The public key, as a line of ``authorized_keys``; kept to the letter."""
    private_key: str
    """The private key (PEM)."""
    meta: Mapping[str, Any]
    """All keys and values: those left out are removed."""
    tags: Sequence[Ref[Tag]]
    """All tags."""


class KeypairSpec(KeypairOptions, total=False):
    """A keypair to store, or without both keys one that the cloud makes."""

    name: Required[str]
    """Name."""
    algorithm_type: Literal["rsa", "ed25519"]
    """Kind of the key that the cloud makes; RSA where it is left out."""


class KeypairChanges(KeypairOptions, total=False):
    """What of a keypair can be changed."""

    name: str
    """Name."""


class KeyFilters(NamedFilters, total=False):
    """What keys can be narrowed by; the cloud filters nothing here, so that this library does, after reading."""
