"""The schemas of VLANs, IPs, firewall policies and tags."""

from __future__ import annotations

from .build import NAMED, NO, F, Schema

VLANS = Schema(
    "get",
    ["get", "put"],
    (
        F("bottom_vlan_tag", "integer", None, "readonly"),
        F("grantees", "list", NO),
        F("meta", "dict", {}),
        F("owner", "related", None, "readonly"),
        F("permissions", "list", NO),
        F("resource_uri", "string", NO, "readonly required"),
        F("servers", "related", [], "readonly"),
        F("subscription", "related", None, "readonly"),
        F("tags", "related", NO),
        F("uuid", "string", None, "readonly required"),
    ),
    filtering=NAMED,
)


IPS = Schema(
    "get",
    ["get", "put"],
    (
        F("gateway", "string", None, "readonly required"),
        F("grantees", "list", NO),
        F("meta", "dict", {}),
        F("nameservers", "list", None, "readonly"),
        F("netmask", "integer", None, "readonly required"),
        F("owner", "related", None, "readonly"),
        F("permissions", "list", NO),
        F("resource_uri", "string", NO, "readonly required"),
        F("server", "related", NO, "readonly"),
        F("subscription", "related", None, "readonly"),
        F("tags", "related", NO),
        F("uuid", "string", None, "readonly required"),
    ),
    filtering=NAMED,
)


FWPOLICIES = Schema(
    ["get", "put", "delete", "post"],
    ["get", "put", "delete"],
    (
        F("meta", "dict", {}),
        F("name", "string"),
        F("owner", "related", None, "readonly"),
        F("resource_uri", "string", NO, "readonly required"),
        F(
            "rules",
            "related",
            [],
            fields=(
                F("action", "string", None, "required", choices=("drop", "accept")),
                F("comment", "string"),
                F("direction", "string", None, "required", choices=("in", "out", "both")),
                F("dst_ip", "string"),
                F("dst_port", "string"),
                F("ip_proto", "string", None, choices=("tcp", "udp")),
                F("src_ip", "string"),
                F("src_port", "string"),
            ),
        ),
        F("servers", "related", [], "readonly"),
        F("tags", "related", NO),
        F("uuid", "string", None, "readonly required"),
    ),
    filtering=NAMED,
)
"""Not recorded anywhere: the fields that clients know."""


TAGS = Schema(
    ["get", "post"],
    ["get", "put", "delete"],
    (
        F("meta", "dict", NO),
        F("name", "string", NO),
        F("owner", "related", NO, "readonly"),
        F("resource_uri", "string", NO, "readonly"),
        F("resources", "related", NO, "nullable"),
        F("uuid", "string", NO, "readonly"),
    ),
    old=True,
)


ACLS = Schema(
    ["get", "put", "post", "delete"],
    ["get", "put", "delete"],
    (
        F("grantees", "related", NO, "nullable"),
        F("meta", "dict", NO),
        F("name", "string", ""),
        F("owner", "related", NO, "readonly"),
        F("resource_uri", "string", NO, "readonly"),
        F("rules", "related", NO, "nullable"),
        F("tags", "related", NO, "nullable"),
        F("uuid", "string", NO, "readonly"),
    ),
    old=True,
)
