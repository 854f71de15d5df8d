"""The schema of servers."""

from __future__ import annotations

from .build import NAMED, NO, F, Schema

ADDRESS = (
    F("conf", "string", "dhcp", "required", choices=("dhcp", "static", "manual")),
    F("ip", "related"),
)
INTERFACE = (
    F("interface_type", "string", None, "required", choices=("public", "private")),
    F(
        "io",
        "related",
        fields=(
            F("bytes_recv", "integer", 0),
            F("bytes_sent", "integer", 0),
            F("packets_recv", "integer", 0),
            F("packets_sent", "integer", 0),
        ),
    ),
    F("ip_v4", "related"),
    F("ip_v6", "string"),
)
BY_PLACE = tuple(F(name, "integer", 0) for name in ("rx_foreign", "rx_local", "tx_foreign", "tx_local"))

SERVERS = Schema(
    ["get", "put", "delete", "post"],
    ["get", "put", "delete"],
    (
        F("allocation_pool", "string"),
        F("auto_start", "boolean", False),
        F("context", "boolean", True),
        F("cpu", "integer", None, "required"),
        F("cpu_model", "string", choices=("kvm64",)),
        F(
            "cpu_type",
            "string",
            "amd",
            choices=(
                "amd",
                "intel",
                "sparc_t4",
                "sparc_t5",
                "vmware",
            ),
        ),
        F("cpus_instead_of_cores", "boolean", False),
        F(
            "drives",
            "related",
            [],
            fields=(
                F("boot_order", "integer"),
                F("dev_channel", "string", None, "required"),
                F(
                    "device",
                    "string",
                    None,
                    "required",
                    choices=(
                        "ide",
                        "virtio",
                        "scsi",
                    ),
                ),
                F("drive", "related", None, "required"),
                F(
                    "runtime",
                    "related",
                    NO,
                    "readonly",
                    fields=(
                        F(
                            "io",
                            "related",
                            fields=(
                                F("bytes_read", "integer", 0, "required"),
                                F("bytes_written", "integer", 0, "required"),
                                F("count_flush", "integer", 0, "required"),
                                F("count_read", "integer", 0, "required"),
                                F("count_written", "integer", 0, "required"),
                                F("total_time_ns_flush", "integer", 0, "required"),
                                F("total_time_ns_read", "integer", 0, "required"),
                                F("total_time_ns_write", "integer", 0, "required"),
                            ),
                        ),
                    ),
                ),
            ),
        ),
        F("enable_numa", "boolean", False),
        F("epcs", "related", [], fields=(F("size", "integer", None, "required"),)),
        F(
            "gpus",
            "related",
            [],
            fields=(
                F(
                    "gpu",
                    "related",
                    NO,
                    "readonly",
                    fields=(
                        F("model_id", "string", None, "required"),
                        F("owner", "related"),
                        F("resource_uri", "string", NO, "readonly required"),
                        F("subscription", "related"),
                        F("uuid", "string"),
                    ),
                ),
                F("model", "string", None, "required"),
            ),
        ),
        F("grantees", "list", NO),
        F("hv_relaxed", "boolean", False),
        F("hv_tsc", "boolean", False),
        F(
            "hypervisor",
            "string",
            "kvm",
            choices=(
                "kvm",
                "solaris-kz",
            ),
        ),
        F("is_grey", "boolean", False),
        F("jobs", "related", NO, "readonly required"),
        F("mem", "integer", None, "required"),
        F("meta", "dict", {}),
        F("name", "string", None, "required"),
        F(
            "nics",
            "related",
            [],
            fields=(
                F("boot_order", "integer"),
                F("ip_v4_conf", "related", fields=ADDRESS),
                F("ip_v6_conf", "related", fields=ADDRESS),
                F("mac", "string", None, "required"),
                F(
                    "model",
                    "string",
                    choices=(
                        "rtl8139",
                        "e1000",
                        "virtio",
                    ),
                ),
                F(
                    "runtime",
                    "related",
                    NO,
                    "readonly",
                    fields=(
                        *INTERFACE,
                        *BY_PLACE,
                    ),
                ),
                F("vlan", "related"),
            ),
        ),
        F("owner", "related", None, "readonly required"),
        F("permissions", "list", NO),
        F("pubkeys", "related", []),
        F("requirements", "list", []),
        F("resource_uri", "string", NO, "readonly required"),
        F(
            "runtime",
            "related",
            NO,
            "readonly",
            fields=(
                F("active_since", "string", NO, "required"),
                F(
                    "nics",
                    "related",
                    [],
                    "required",
                    fields=(
                        *INTERFACE,
                        F("mac", "string"),
                        *BY_PLACE,
                    ),
                ),
            ),
        ),
        F("smp", "integer"),
        F("status", "string", NO, "readonly"),
        F("tags", "related", NO),
        F("uuid", "string", None, "readonly required"),
        F("vnc_password", "string", None, "required"),
    ),
    filtering=NAMED,
    ordering=["uuid", "name"],
)
