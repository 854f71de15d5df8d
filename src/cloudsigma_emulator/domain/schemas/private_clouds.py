"""The schema of VPCs. No answer of the cloud is known: the fields that a VPC has."""

from __future__ import annotations

from .build import NAMED, NO, F, Schema

VPC_SCHEMA = Schema(
    ["get"],
    ["get", "put"],
    (
        F("allocation_pool", "string", None, "readonly"),
        F("description", "string", ""),
        F("grantees", "list", NO),
        F("meta", "dict", {}),
        F("name", "string", ""),
        F("nodes", "related", []),
        F("owner", "related", None, "readonly"),
        F("permissions", "list", NO),
        F("resource_uri", "string", NO, "readonly required"),
        F("servers", "related", [], "readonly"),
        F("status", "string", None, "readonly"),
        F("tags", "related", NO),
        F("uuid", "string", None, "readonly required"),
    ),
    filtering=NAMED,
).document()
