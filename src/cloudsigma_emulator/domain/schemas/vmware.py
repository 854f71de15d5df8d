"""The schema of VMware servers."""

from __future__ import annotations

from .build import F, Schema

_NIC = tuple(
    F(name, "string")
    for name in (
        "adapter_type", "connected", "index", "ip_address", "ip_address_mode", "mac_address", "network", "primary",
    )
)  # fmt: skip

VMWARE_SERVERS = Schema(
    ["get"],
    ["get"],
    (
        F("cores_per_socket", "integer", None, "required"),
        F("cpus", "integer", None, "required"),
        F("deployed", "boolean", False, "required"),
        F("description", "string", None, "required"),
        F(
            "disk",
            "list",
            None,
            "readonly",
            fields=(
                F("diskElementName", "string", None, "readonly"),
                F("diskVirtualQuantityInBytes", "string", None, "readonly"),
            ),
        ),
        F("enabled", "boolean", False, "required"),
        F(
            "media",
            "list",
            None,
            "readonly",
            fields=(
                F("mediaCdElementName", "string", None, "readonly"),
                F("mediaCdHostResource", "string", None, "readonly"),
            ),
        ),
        F("memory", "integer", None, "required"),
        F("name", "string"),
        F("nics", "list", None, "", fields=_NIC),
        F("organisation", "string", None, "required"),
        F("powered", "boolean", False, "required"),
    ),
)
