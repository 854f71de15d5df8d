"""What a user may give as a reference: a uuid, a resource_uri, or a record that carries either.

The uuid becomes a part of a path, so nothing that could change the path is let through: an empty uuid would turn the
deletion of one object into the address for deleting many.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from ..errors import InvalidArgument

Reference: TypeAlias = str | Mapping[str, Any]

# IP objects have addresses for uuids (also IPv6), licences and locations short names.
_IDENTIFIER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.:-]*[A-Za-z0-9_:-])?\Z|::[0-9A-Fa-f:.]*\Z")
_VERSION_PREFIX = re.compile(r"/(?:api/)?[0-9]+\.[0-9]+/")

# Two views of the same resources, with the same uuids.
_SAME = {"servers": "bservers", "bservers": "servers", "keypairs": "pubkeys", "pubkeys": "keypairs"}


def uuid_of(ref: Reference, collection: str | None = None, argument: str = "ref") -> str:
    """Return the uuid that ``ref`` names.

    ``collection`` is the path segment that a resource_uri must belong to (``"servers"``); ``argument`` is the name to
    use in the message. Raises ``cloudsigma.errors.InvalidArgument``.
    """
    value: object = ref  # checked at run time, whatever the annotation says
    if isinstance(value, str):
        return _from_uri(value, collection, argument) if "/" in value else _checked(value, argument)
    if not isinstance(value, Mapping):
        raise InvalidArgument(
            f"{argument} must be a uuid, a resource_uri or a record, not {type(value).__name__}"
        )
    uuid, uri = value.get("uuid"), value.get("resource_uri")
    from_uri = _from_uri(uri, collection, argument) if isinstance(uri, str) and uri else None
    if isinstance(uuid, str) and uuid:
        return _checked(uuid, argument)
    if from_uri is None:
        raise InvalidArgument(f"{argument} has neither a uuid nor a resource_uri")
    return from_uri


def path_of(ref: Reference, collection: str, argument: str = "ref") -> str:
    """Return the path below the API's root of the object that ``ref`` names, such as ``servers/{uuid}/``."""
    return f"{collection}/{uuid_of(ref, collection, argument)}/"


def _checked(uuid: str, argument: str) -> str:
    if not uuid:
        raise InvalidArgument(f"{argument} is empty")
    if not _IDENTIFIER.match(uuid):
        raise InvalidArgument(f"{argument} is not a uuid: {uuid[:60]!r}")
    return uuid


def _from_uri(uri: str, collection: str | None, argument: str) -> str:
    prefix = _VERSION_PREFIX.match(uri)
    parts = uri[prefix.end() :].split("/") if prefix else []
    if parts and parts[-1] == "":
        parts.pop()
    if len(parts) < 2 or not all(part and _IDENTIFIER.match(part) for part in parts):
        raise InvalidArgument(f"{argument} is not a resource_uri: {uri[:100]!r}")
    found = "/".join(parts[:-1])
    if collection is not None and found not in (collection.strip("/"), _SAME.get(collection.strip("/"))):
        raise InvalidArgument(f"{argument} is one of {found}, not of {collection}: {uri[:100]!r}")
    return parts[-1]
