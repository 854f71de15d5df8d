"""Virtual routers: what their ``configuration`` may say when they are made, and how it is shown afterwards.

A router is stored without its parts; these are documents of their own (`router_parts`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from . import fields
from .fields import Field, body_object, list_of
from .network_values import ORDER, interface_with_network
from .refs import read_ref, ref, refs, resource_uri
from .refusal import ErrorItem, Refusal
from .router_filters import read_nested_filter, render_nested_filter, require_distinct_orders
from .router_parts import (
    ADDRESS_FORWARD_FIELDS,
    ADDRESS_FORWARDS,
    ALIAS_FIELDS,
    ALIASES,
    FILTERS,
    LANS,
    POLICIES,
    PORT_FORWARD_FIELDS,
    PORT_FORWARDS,
    ROUTE_FIELDS,
    ROUTES,
    require_range,
)

Router = dict[str, Any]
Parts = Mapping[str, Sequence[dict[str, Any]]]
"""The parts of a router by kind."""

KIND, CATEGORY = "virtualrouters", "Virtual Routers"
CREATING, CREATED, RUNNING = "creating", "created", "running"
TYPES = ("basic", "basic_500", "premium", "enterprise")
SHORT_FIELDS = ("owner", "resource_uri", "runtime", "state", "status", "type", "uuid")
LOGS = ("system", "firewall")
LOG_LINES = 200
GATEWAY = "192.0.2.1"
ADDRESSES = tuple(f"192.0.2.{host}" for host in range(10, 251))
"""The public addresses of routers, from a network that is set aside for documentation, and its first host."""

_POINT = "configuration"


def _false() -> bool:
    return False


_TEXT = fields.nullable(fields.text, str)
_BOOLEAN = fields.nullable(fields.boolean, _false)

_LAN_FIELDS: tuple[Field, ...] = (
    Field("name", _TEXT, default=str),
    Field("vlan", read_ref, required=True),
    Field("default_gateway", _TEXT, default=str),
    Field("dhcp", _BOOLEAN, default=_false),
    Field("ip_address", _TEXT, default=str),
    Field("ip_address_v6", _TEXT, default=str),
    Field("ipv4_enabled", _BOOLEAN, default=_false),
    Field("ipv4_ipv6_enabled", _BOOLEAN, default=_false),
    Field("ipv6_enabled", _BOOLEAN, default=_false),
    Field("router_advertiser", _BOOLEAN, default=_false),
)
_IP_CONFIG_FIELDS: tuple[Field, ...] = (
    Field("default_gateway", _TEXT, default=str),
    Field("ip_address", _TEXT, default=str),
    Field("ip_address_v6", _TEXT, default=str),
    Field("router_ipv6_default_gateway", _TEXT, default=str),
    Field("upstream_lines", _TEXT, default=str),
    Field("vlan", _TEXT, default=str),
)
_VPN_TYPES = ("pptp", "ikev2")
_VPN_FIELDS: tuple[Field, ...] = (
    Field("active", _BOOLEAN, default=_false),
    Field("password", _TEXT, default=str),
    Field("username", _TEXT, default=str),
    Field("vpn_type", fields.nullable(fields.choice("", *_VPN_TYPES), str), default=str),
)


def read_vpn(body: Mapping[str, Any], previous: Mapping[str, Any]) -> dict[str, Any]:
    """Read what ``do=configure_vpn`` says; ``vpn_access`` switches it. What is left out stays."""
    given = dict(body)
    given.pop("active", None)
    if "vpn_access" in given:
        given["active"] = given["vpn_access"]
    return fields.read_fields(_VPN_FIELDS, given, previous)


def read_router(
    body: Mapping[str, Any], owner: str, address: str, new_uuid: Callable[[], str]
) -> tuple[Router, list[tuple[str, dict[str, Any]]]]:
    """Read the definition of a new router.

    :param owner: whose it will be.
    :param address: its public address.
    :param new_uuid: gives the uuids of it and of its parts.
    :returns: the stored router, and its stored parts with their kinds.
    :raises Refusal: 400 with error_point ``configuration`` for what the configuration may not be.
    """
    type_ = fields.nullable(fields.choice(*TYPES), lambda: "basic")(body.get("type"), "type")
    given = body.get(_POINT)
    if not isinstance(given, dict):
        raise Refusal.validation("This field is required", _POINT)
    try:
        return _read(given, type_, owner, address, new_uuid)
    except Refusal as refusal:
        if refusal.status != 400:
            raise
        errors = [ErrorItem(error.type, error.message, _POINT) for error in refusal.errors]
        raise Refusal(400, *errors) from None


def _section(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = given.get(name)
    return {} if value is None else body_object(value)


def _read(
    given: Mapping[str, Any], type_: str, owner: str, address: str, new_uuid: Callable[[], str]
) -> tuple[Router, list[tuple[str, dict[str, Any]]]]:
    firewall, nat, upstream = (_section(given, name) for name in ("firewall", "nat", "upstream"))
    router: Router = {
        "uuid": new_uuid(),
        "owner": owner,
        "name": _TEXT(given.get("name"), "name"),
        "type": type_,
        "state": CREATING,
        "status": CREATING,
        "address": address,
        "firewall": {"uuid": new_uuid(), "active": _BOOLEAN(firewall.get("active"), "active")},
        "firewall_logging": _BOOLEAN(given.get("firewall_logging"), "firewall_logging"),
        "nat": {"uuid": new_uuid(), "active": _BOOLEAN(nat.get("active"), "active")},
        "upstream": {
            "uuid": new_uuid(),
            # These two are read and come back false.
            "ip_config": {
                **fields.read_fields(_IP_CONFIG_FIELDS, _section(upstream, "ip_config")),
                "dhcp_client": False,
                "ipv6_automatic": False,
            },
            "vpn": fields.read_fields(_VPN_FIELDS, _section(upstream, "vpn")),
            "wan_type": fields.nullable(fields.text, lambda: "internet")(
                upstream.get("wan_type"), "wan_type"
            ),
        },
        "keys": [],
        "log": [],
    }
    parts: list[tuple[str, dict[str, Any]]] = []

    def add(kind: str, values: dict[str, Any]) -> dict[str, Any]:
        part = {"uuid": new_uuid(), "owner": owner, "router": router["uuid"], **values}
        parts.append((kind, part))
        return part

    lans: dict[str, str] = {}
    for place, item in enumerate(_objects(given, "lan_interface"), start=1):
        lan = add(LANS, _read_lan(item, place))
        lans.setdefault(lan["name"], lan["uuid"])
        if isinstance(item.get("uuid"), str):
            # A configuration that was read names its LANs by uuid; a router can be made after it.
            lans.setdefault(item["uuid"], lan["uuid"])
        for alias in _objects(item, "ip_aliases"):
            add(ALIASES, {**fields.read_fields(ALIAS_FIELDS, alias), "lan": lan["uuid"]})
    if not lans:
        raise Refusal.validation("A router needs at least one lan_interface", "lan_interface")
    for place, item in enumerate(_objects(firewall, "policies"), start=1):
        policy = add(POLICIES, _read_policy(item, place, lans, router["upstream"]["uuid"]))
        filters = [
            read_nested_filter(given, place) for place, given in enumerate(_objects(item, "filters"), start=1)
        ]
        require_distinct_orders(filters)
        for values in filters:
            add(FILTERS, {**values, "policy": policy["uuid"]})
    nat_uuid = {"nat": router["nat"]["uuid"]}
    for place, item in enumerate(_objects(nat, "port_forwarding"), start=1):
        values = fields.read_fields(PORT_FORWARD_FIELDS, {"order": place, **item})
        add(PORT_FORWARDS, {**values, **nat_uuid})
    for place, item in enumerate(_objects(nat, "address_forwarding"), start=1):
        add(ADDRESS_FORWARDS, {**_read_address_forward(item, place), **nat_uuid})
    routes = [
        fields.read_fields(ROUTE_FIELDS, {"inet": "inet", **item}) for item in _objects(given, "routes")
    ]
    if not any(route["network"] == "default" and route["inet"] == "inet" for route in routes):
        routes.append({"gateway": GATEWAY, "inet": "inet", "network": "default"})
    for values in routes:
        add(ROUTES, values)
    return router, parts


def _objects(given: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    value = given.get(name)
    if value == {}:
        return []
    objects: list[dict[str, Any]] = list_of(lambda item, _: body_object(item))(value, name)
    return objects


def _read_lan(item: Mapping[str, Any], place: int) -> dict[str, Any]:
    lan = fields.read_fields(_LAN_FIELDS, item)
    given = _section(item, "ip_range")
    lan["range_from"], lan["range_to"] = (_TEXT(given.get(key), "ip_range") for key in ("from", "to"))
    if lan["ipv4_enabled"] or lan["ipv4_ipv6_enabled"] or lan["dhcp"] or lan["ip_address"]:
        network = interface_with_network(lan["ip_address"], "ip_address").network
        if lan["dhcp"]:
            require_range(lan["range_from"], lan["range_to"], network, "ip_range")
    return {**lan, "dhcp_gateway": "", "iface": f"vtnet{place}", "order": place}


def _read_policy(
    item: Mapping[str, Any], place: int, lans: Mapping[str, str], upstream: str
) -> dict[str, Any]:
    name = _TEXT(item.get("lan_interface"), "lan_interface")
    if name and name not in lans:
        raise Refusal.validation(f"There is no LAN {name}", "lan_interface")
    return {
        "active": _BOOLEAN(item.get("isActive"), "isActive"),
        "lan_interface": lans[name] if name else None,
        "name": _TEXT(item.get("policy_name"), "policy_name"),
        "order": ORDER(item.get("order", place), "order"),
        "upstream_interface": None if name else upstream,
    }


def _read_address_forward(item: Mapping[str, Any], place: int) -> dict[str, Any]:
    flat = {
        "order": item.get("order", place),
        **{f"{key}_address": item[key] for key in ("local_ipv4", "upstream_ipv4") if key in item},
    }
    return fields.read_fields(ADDRESS_FORWARD_FIELDS, flat)


def require_running(router: Router) -> None:
    """Refuse with 400 an action on a router that does not run."""
    if router["status"] != RUNNING:
        raise Refusal.validation(f"The virtual router {router['uuid']} is not running")


def name_in(body: Mapping[str, Any]) -> str | None:
    """Return the name that a change of a router asks for, None when it asks for none."""
    configuration = body.get(_POINT)
    given = body if "name" in body else configuration if isinstance(configuration, dict) else {}
    return fields.optional_text(given.get("name"), "name")


def add_line(router: Router, moment: datetime, message: str) -> None:
    """Write a line to a router's system log, which keeps the newest ones."""
    router["log"] = [*router["log"], [moment.strftime("%b %d %H:%M:%S"), message]][-LOG_LINES:]


def render_log(router: Router, name: str, limit: int, offset: int) -> dict[str, Any]:
    """Return a page of a log, the oldest line first; nothing passes a simulated firewall, so its log is empty."""
    lines = router["log"] if name == "system" else []
    numbered = [
        {"datetime": moment, "index": index, "message": message}
        for index, (moment, message) in enumerate(lines, start=1)
    ]
    page = numbered[offset : offset + limit] if limit else numbered[offset:]
    meta = {"limit": limit, "log_name": name, "offset": offset, "total_count": len(lines)}
    return {"meta": meta, "objects": page}


def render_router(router: Router, parts: Parts, jobs: list[str], now: datetime) -> dict[str, Any]:
    """Return a router as the detail list shows it."""
    runtime = {"stats": {}, "timestamp": str(int(now.timestamp()))}
    return {
        "configuration": _render_configuration(router, parts),
        "jobs": refs("jobs", jobs),
        "owner": ref("users", router["owner"]),
        "resource_uri": resource_uri(KIND, router["uuid"]),
        "runtime": runtime if router["status"] == RUNNING else None,
        "state": router["state"],
        "status": router["status"],
        "type": router["type"],
        "uuid": router["uuid"],
    }


def _render_configuration(router: Router, parts: Parts) -> dict[str, Any]:
    upstream = router["upstream"]
    return {
        "firewall": {
            **router["firewall"],
            "policies": [_render_policy(policy, parts[FILTERS]) for policy in _in_order(parts[POLICIES])],
        },
        "firewall_logging": router["firewall_logging"],
        "lan_interface": [_render_lan(lan, parts[ALIASES]) for lan in _in_order(parts[LANS])],
        "name": router["name"],
        "nat": {
            **router["nat"],
            "address_forwarding": [
                {
                    "local_ipv4": item["local_ipv4_address"],
                    "nat": item["nat"],
                    "order": item["order"],
                    "upstream_ipv4": item["upstream_ipv4_address"],
                    "uuid": item["uuid"],
                }
                for item in _in_order(parts[ADDRESS_FORWARDS])
            ],
            "port_forwarding": [
                {
                    **{field.name: item[field.name] for field in PORT_FORWARD_FIELDS},
                    "nat": item["nat"],
                    "uuid": item["uuid"],
                }
                for item in _in_order(parts[PORT_FORWARDS])
            ],
        },
        "routes": [
            {**{field.name: item[field.name] for field in ROUTE_FIELDS}, "uuid": item["uuid"]}
            for item in parts[ROUTES]
        ],
        "type": router["type"],
        "upstream": {
            "ip_config": upstream["ip_config"],
            "ipv4_address": router["address"],
            "uuid": upstream["uuid"],
            "vpn": upstream["vpn"],
            "wan_type": upstream["wan_type"],
        },
    }


def _in_order(parts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(parts, key=lambda part: int(part["order"]))


def _render_policy(policy: dict[str, Any], filters: Sequence[dict[str, Any]]) -> dict[str, Any]:
    own = [item for item in filters if item["policy"] == policy["uuid"]]
    return {
        "filters": [render_nested_filter(item) for item in _in_order(own)],
        "isActive": policy["active"],
        "lan_interface": policy["lan_interface"] or "",
        "order": policy["order"],
        "policy_name": policy["name"],
        "uuid": policy["uuid"],
    }


def _render_lan(lan: dict[str, Any], aliases: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        **{field.name: lan[field.name] for field in _LAN_FIELDS},
        "ip_aliases": [
            {"ip_address": alias["ip_address"], "uuid": alias["uuid"]}
            for alias in aliases
            if alias["lan"] == lan["uuid"]
        ],
        "ip_range": {"from": lan["range_from"], "to": lan["range_to"]},
        "uuid": lan["uuid"],
    }
