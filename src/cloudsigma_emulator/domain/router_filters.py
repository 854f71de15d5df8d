"""Filters of a virtual router's firewall, in the two vocabularies of the API.

``/vrfwfilters/`` and ``/vrfwpolicies/`` speak of ``src`` and ``dst`` in lower case; a router's ``configuration`` says
``hostA`` and ``hostB`` in upper case. Stored are the words of the former.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import fields
from .fields import Field
from .network_values import ORDER, any_or_network, any_or_ports
from .refs import ref, refs, resource_uri
from .refusal import Refusal

Filter = dict[str, Any]

KIND = "vrfwfilters"

ICMP_TYPES: Mapping[str, int] = {
    "Any": -1,
    "Echo reply": 0,
    "Destination unreachable": 3,
    "Source quench": 4,
    "Redirect": 5,
    "Echo request": 8,
    "Time exceeded": 11,
    "Parameter unintelligible": 12,
    "Time-stamp request": 13,
    "Time-stamp reply": 14,
    "Information request": 15,
    "Information reply": 16,
    "Address mask request": 17,
    "Address mask reply": 18,
}
"""The API's names of ICMP types, and their numbers (RFC 792, RFC 950); -1 where the type does not matter."""

_BY_NUMBER = {number: name for name, number in ICMP_TYPES.items() if number >= 0}
_NUMBER = fields.whole_number_within(-1, 255)


def _is_equal(value: Any, name: str) -> bool:
    """Read whether what is named shall match or shall not: true or ``=``, false or ``!=``."""
    if value in ("=", "!="):
        return bool(value == "=")
    return fields.boolean(value, name)


def _true() -> bool:
    return True


def _false() -> bool:
    return False


_EQUAL = fields.nullable(_is_equal, _true)
_LOG = fields.nullable(fields.boolean, _false)

FIELDS: tuple[Field, ...] = (
    Field("action", fields.nullable(fields.choice("allow", "deny"), lambda: "deny"), default=lambda: "deny"),
    Field("action_queue", fields.optional_text),
    Field("protocol", fields.choice("tcp", "udp", "icmp"), required=True),
    Field("src", any_or_network, default=str),
    Field("src_port", any_or_ports, required=True),
    Field("dst", any_or_network, default=str),
    Field("dst_port", any_or_ports, required=True),
    Field("src_addr_op", _EQUAL, default=_true),
    Field("src_port_op", _EQUAL, default=_true),
    Field("dst_addr_op", _EQUAL, default=_true),
    Field("dst_port_op", _EQUAL, default=_true),
    Field("icmp_type", fields.nullable(fields.choice(*ICMP_TYPES))),
    Field("log", _LOG, default=_false),
    Field("order", ORDER, required=True),
)

_NESTED: tuple[tuple[str, str], ...] = (
    ("hostA", "src"),
    ("portA", "src_port"),
    ("hostB", "dst"),
    ("portB", "dst_port"),
    ("to_hostA", "src_addr_op"),
    ("hostA_to_portA", "src_port_op"),
    ("to_hostB", "dst_addr_op"),
    ("hostB_to_portB", "dst_port_op"),
    ("log", "log"),
)
"""Names in a router's configuration and the stored ones, where the values are the same."""


def read_filter(body: Mapping[str, Any], previous: Filter | None = None) -> Filter:
    """Read a filter as ``/vrfwfilters/`` takes it; of one that is changed, what is left out stays."""
    if previous is not None:
        body = {**{field.name: previous[field.name] for field in FIELDS}, **body}
    return fields.read_fields(FIELDS, body, previous)


def read_nested_filter(body: Any, place: int) -> Filter:
    """Read a filter of a router's configuration.

    :param place: its place in the policy, from 1, where it gives no order.
    """
    given = fields.body_object(body)
    flat: dict[str, Any] = {"src_port": "", "dst_port": "", "order": given.get("order", place)}
    flat.update({stored: given[nested] for nested, stored in _NESTED if nested in given})
    for nested, stored in (("action", "action"), ("protocol_type", "protocol")):
        if isinstance(given.get(nested), str):
            flat[stored] = given[nested].lower()
    if given.get("icmp_type") is not None:
        number = _NUMBER(given["icmp_type"], "icmp_type")
        if number not in ICMP_TYPES.values():
            raise Refusal.validation(f"icmp_type {number} is not known", "icmp_type")
        flat["icmp_type"] = _BY_NUMBER.get(number)
    return fields.read_fields(FIELDS, flat)


def require_distinct_orders(filters: Iterable[Filter], point: str = "order") -> None:
    """Refuse with 400 two filters at the same place of a policy."""
    orders = [item["order"] for item in filters]
    if len(set(orders)) != len(orders):
        raise Refusal.validation("Each filter of a policy must have an order of its own", point)


def render_filter(item: Filter, jobs: list[str], *, policy: bool = False, nested_uri: bool = False) -> Filter:
    """Return a filter as ``/vrfwfilters/`` shows it.

    :param policy: name the policy, as the answer to its creation does.
    :param nested_uri: in a policy, resource_uri is a reference.
    """
    shown = {field.name: item[field.name] for field in FIELDS}
    shown["jobs"] = refs("jobs", jobs)
    shown["resource_uri"] = ref(KIND, item["uuid"]) if nested_uri else resource_uri(KIND, item["uuid"])
    shown["uuid"] = item["uuid"]
    if policy:
        shown["policy"] = item["policy"]
    return shown


def render_nested_filter(item: Filter) -> Filter:
    """Return a filter as a router's configuration shows it."""
    shown = {nested: item[stored] for nested, stored in _NESTED}
    icmp = item["icmp_type"]
    return {
        **shown,
        "action": item["action"].upper(),
        "icmp_type": -1 if icmp is None else ICMP_TYPES[icmp],
        "order": item["order"],
        "protocol_type": item["protocol"].upper(),
        "uuid": item["uuid"],
    }
