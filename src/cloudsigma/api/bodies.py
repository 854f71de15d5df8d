"""From what a caller gives to what is sent: references in any of their forms become uuids, the rest stays as it is.

Nothing of the caller's is altered in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from ..core.references import uuid_of
from ..errors import InvalidArgument
from ..records.record import Record

Avoid: TypeAlias = str | Record | Sequence[str | Record] | None
"""Drives or servers whose hosts to keep away from, the most important first; it is a wish that never fails a call."""


def body_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body for the fields of a server, drive, VLAN or address."""
    body = dict(fields)
    if body.get("tags") is not None:
        body["tags"] = [uuid_of(tag, "tags", "tags") for tag in _sequence(body["tags"], "tags")]
    if body.get("pubkeys") is not None:
        body["pubkeys"] = [uuid_of(key, None, "pubkeys") for key in _sequence(body["pubkeys"], "pubkeys")]
    if body.get("drives") is not None:
        body["drives"] = [attached_drive(item) for item in _sequence(body["drives"], "drives")]
    if body.get("nics") is not None:
        body["nics"] = [nic(item) for item in _sequence(body["nics"], "nics")]
    return body


def attached_drive(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the element of ``drives`` for a drive attached to a server."""
    return _with_references(fields, "drives", {"drive": drive_uuid})


def nic(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the element of ``nics`` for a network card."""
    return _with_references(
        fields,
        "nics",
        {
            "vlan": lambda ref: uuid_of(ref, "vlans", "vlan"),
            "firewall_policy": lambda ref: uuid_of(ref, "fwpolicies", "firewall_policy"),
            "ip_v4_conf": _ip_conf,
            "ip_v6_conf": _ip_conf,
        },
    )


def drive_uuid(ref: Any, argument: str = "drive") -> str:
    """Return the uuid of a drive or library drive, which share their uuids."""
    uri = ref if isinstance(ref, str) else ref.get("resource_uri") if isinstance(ref, Mapping) else None
    library = isinstance(uri, str) and "/libdrives/" in uri
    return uuid_of(ref, "libdrives" if library else "drives", argument)


def tagged(refs: Iterable[Any]) -> list[dict[str, str]]:
    """Return ``resources`` of a tag: objects, for an address given as bare text was refused in the field."""
    return [{"uuid": uuid_of(ref, None, "resources")} for ref in _sequence(refs, "resources")]


def avoided(avoid: Any) -> str | None:
    """Return the ``avoid`` parameter: uuids with commas, the first one first in priority."""
    if avoid is None:
        return None
    refs = [avoid] if isinstance(avoid, (str, Mapping)) else list(avoid)
    if not refs:
        return None
    return ",".join(uuid_of(ref, None, "avoid") for ref in refs)


def _ip_conf(fields: Mapping[str, Any]) -> dict[str, Any]:
    return _with_references(fields, "ip_v4_conf", {"ip": lambda ref: uuid_of(ref, "ips", "ip")})


def _with_references(
    fields: Any, argument: str, readers: Mapping[str, Callable[[Any], Any]]
) -> dict[str, Any]:
    if not isinstance(fields, Mapping):
        raise InvalidArgument(f"{argument} must hold objects, not {type(fields).__name__}")
    body = dict(fields)
    for name, reader in readers.items():
        if body.get(name) is not None:
            body[name] = reader(body[name])
    return body


def _sequence(value: Any, argument: str) -> Iterable[Any]:
    if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
        raise InvalidArgument(f"{argument} must be a sequence, not {type(value).__name__}")
    return value
