"""Objects by name: a uuid, a resource_uri, or a name that only one object has."""

from __future__ import annotations

import re
from typing import Any

from ..errors import InvalidArgument, NotFound
from .failures import one_line

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")


def is_name(text: str) -> bool:
    """Say whether ``text`` is neither a uuid nor a resource_uri."""
    return bool(text) and "/" not in text and not _UUID.match(text)


def uuid_by_name(collection: Any, kind: str, name: str) -> str:
    """Return the uuid of the one object of ``collection`` that has this name; ``kind`` says what they are.

    Raises ``cloudsigma.errors.NotFound`` when no object has it and
    ``cloudsigma.errors.InvalidArgument`` when several have.
    """
    found = [each for each in collection.list(name=name) if _name_of(each) == name]
    if len(found) == 1:
        return _identity(found[0])
    if not found:
        raise NotFound(f"none of the {kind} has the uuid or the name {one_line(name)!r}")
    uuids = ", ".join(map(_identity, found))
    raise InvalidArgument(
        f"{len(found)} of the {kind} have the name {one_line(name)!r}; say which one: {uuids}"
    )


def _name_of(each: Any) -> Any:
    if "name" in each or not isinstance(each.get("configuration"), dict):
        return each.get("name")
    return each["configuration"].get("name")  # a virtual router


def _identity(each: Any) -> str:
    return str(each.get("uuid") or each["resource_uri"])  # a licence has no uuid
