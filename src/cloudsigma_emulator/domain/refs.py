"""References between resources: how they are written in bodies and shown in answers.

A body may name another resource by its uuid, by an object that contains ``uuid`` or by its resource_uri;
an answer always shows ``{"resource_uri", "uuid"}``. The uuid of an IP is the address itself.
"""

from __future__ import annotations

from typing import Any

from .refusal import Refusal

API_PREFIX = "/api/2.0"

Ref = dict[str, str]

_SEGMENTS = {"users": "user", "subjobs": "jobs", "leaving_drives": "drives"}


def resource_uri(kind: str, uuid: str) -> str:
    """Return the host-less URI of an object, for instance ``/api/2.0/drives/{uuid}/``."""
    return f"{API_PREFIX}/{_SEGMENTS.get(kind, kind)}/{uuid}/"


def ref(kind: str, uuid: str) -> Ref:
    """Return the reference by which answers name an object of another resource."""
    return {"resource_uri": resource_uri(kind, uuid), "uuid": uuid}


def optional_ref(kind: str, uuid: str | None) -> Ref | None:
    """Return `ref`, or None where nothing is referred to."""
    return None if uuid is None else ref(kind, uuid)


def refs(kind: str, uuids: list[str]) -> list[Ref]:
    """Return the references to several objects of one kind, in the given order."""
    return [ref(kind, uuid) for uuid in uuids]


def read_ref(value: Any, point: str) -> str:
    """Return the uuid that a body's reference names.

    :param value: a uuid, a resource_uri, or an object with ``uuid`` (or, failing that, ``resource_uri``).
    :param point: the body field, named in the refusal.
    :raises Refusal: 400 when the value is none of these.
    """
    if isinstance(value, dict):
        value = value.get("uuid") or value.get("resource_uri")
    if isinstance(value, str):
        text = value.partition("\0")[0].strip()
        if "/" in text:
            text = text.rstrip("/").rpartition("/")[2]
        if text:
            return text
    raise Refusal.validation(
        f"{point} must name a resource by its uuid, its resource_uri or an object with a uuid", point
    )


def read_optional_ref(value: Any, point: str) -> str | None:
    """Return the uuid that a body's reference names, None for null."""
    return None if value is None else read_ref(value, point)


def read_refs(value: Any, point: str) -> list[str]:
    """Return the uuids of a list of references, each once, in the given order; null is an empty list."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise Refusal.validation(f"{point} must be a list of references", point)
    return list(dict.fromkeys(read_ref(item, point) for item in value))
