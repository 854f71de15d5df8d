"""Servers: their fields, the limits on them, and how they are shown.

Stored is what the user defined (drives and NICs with uuids instead of references), ``status``, and for a
server that is not stopped ``active_since`` and the addresses lent to its NICs. What other objects say about a
server (jobs, grantees) is never stored in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from . import fields, limits
from .channels import read_attachments
from .fields import Field
from .nics import address_in_use, is_public, read_nics
from .refs import optional_ref, read_refs, ref, refs, resource_uri
from .refusal import Refusal
from .server_states import STOPPED

Server = dict[str, Any]

CPU_TYPES = ("amd", "intel", "sparc_t4", "sparc_t5", "vmware")
HYPERVISORS = ("kvm", "solaris-kz")
RECURSE = ("all_drives", "disks", "cdroms")
LIVE_FIELDS = ("name", "meta", "tags")
"""What a change of a running server may touch; everything else in it is ignored."""

SHORT_FIELDS = ("name", "owner", "resource_uri", "runtime", "status", "uuid")

MADE_UP_LENGTH = 8
MADE_UP_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789"
"""Length and characters of a vnc_password that the cloud makes up."""


def _epc(value: Any, name: str) -> dict[str, int]:
    if not isinstance(value, dict) or value.get("size") is None:
        raise Refusal.validation(f"Each of {name} must be an object with size", name)
    return {"size": fields.whole_number_within(1, limits.EPC_LIMIT)(value["size"], name)}


def _gpu(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict) or not isinstance(value.get("model"), str) or not value["model"]:
        raise Refusal.validation(f"Each of {name} must be an object with model", name)
    return {"model": value["model"].partition("\0")[0], "gpu": None}


def _false() -> bool:
    return False


_BOOLEAN = fields.nullable(fields.boolean, _false)

FIELDS: tuple[Field, ...] = (
    Field("name", fields.text, required=True),
    Field("cpu", fields.whole_number, required=True),
    Field("mem", fields.whole_number, required=True),
    Field("vnc_password", fields.text, required=True),
    Field("smp", fields.nullable(fields.whole_number)),
    Field("meta", fields.meta, default=dict),
    Field("tags", read_refs, default=list),
    Field("pubkeys", read_refs, default=list),
    Field("requirements", fields.list_of(fields.anything), default=list),
    Field("context", fields.nullable(fields.boolean, lambda: True), default=lambda: True),
    Field(
        "cpu_type",
        fields.nullable(fields.choice(*CPU_TYPES), lambda: limits.DEFAULT_CPU_TYPE),
        default=lambda: limits.DEFAULT_CPU_TYPE,
    ),
    Field("hypervisor", fields.nullable(fields.choice(*HYPERVISORS), lambda: "kvm"), default=lambda: "kvm"),
    Field("cpu_model", fields.nullable(fields.choice("kvm64"))),
    Field("cpus_instead_of_cores", _BOOLEAN, default=_false),
    Field("enable_numa", _BOOLEAN, default=_false),
    Field("hv_relaxed", _BOOLEAN, default=_false),
    Field("hv_tsc", _BOOLEAN, default=_false),
    Field("epcs", fields.list_of(_epc), default=list),
    Field("gpus", fields.list_of(_gpu), default=list),
    Field("allocation_pool", fields.optional_text),
    Field("auto_start", _BOOLEAN, default=_false),
    Field("is_grey", _BOOLEAN, default=_false),
    Field("drives", read_attachments, default=list),
)


def read_server(
    body: Mapping[str, Any], new_mac: Callable[[], str], previous: Server | None = None
) -> dict[str, Any]:
    """Read and check the definition in a body.

    :param body: what was sent to create or update a server.
    :param new_mac: gives the MAC of a new NIC.
    :param previous: the stored server when it is updated; what the body leaves out keeps its value.
    :returns: the definition: every field of `FIELDS`, and ``nics``.
    :raises Refusal: 400 naming the field at fault.
    """
    values = fields.read_fields(FIELDS, body, previous)
    if "nics" in body:
        values["nics"] = read_nics(body["nics"], previous["nics"] if previous else (), new_mac)
    else:
        values["nics"] = previous["nics"] if previous else []
    if values["smp"] is None:
        values["smp"] = previous["smp"] if previous else default_smp(values["cpu"], values["cpu_type"])
    check_size(values)
    return values


def default_smp(cpu: int, cpu_type: str) -> int:
    """Return the fewest cores that a clock sum in MHz can be spread over on hosts of a CPU type."""
    most = limits.host_limits(cpu_type)["cpu_per_smp"]["max"]
    return max(1, -(-cpu // most))


def check_size(values: Mapping[str, Any]) -> None:
    """Refuse with 400 a CPU type, cpu, mem or smp that this cloud does not have."""
    cpu, smp, cpu_type, hypervisor = (values[key] for key in ("cpu", "smp", "cpu_type", "hypervisor"))
    offered = limits.CAPABILITIES["hypervisors"].get(hypervisor)
    if offered is None:
        raise Refusal.validation(
            f"hypervisor must be one of: {', '.join(limits.CAPABILITIES['hypervisors'])}", "hypervisor"
        )
    if cpu_type not in offered:
        raise Refusal.validation(f"cpu_type must be one of: {', '.join(offered)}", "cpu_type")
    host = limits.host_limits(cpu_type)
    for name in ("cpu", "mem", "smp"):
        fields.whole_number_within(host[name]["min"], host[name]["max"])(values[name], name)
    each = host["cpu_per_smp"]
    if not each["min"] * smp <= cpu <= each["max"] * smp:
        raise Refusal.validation(
            f"cpu for each smp must be from {each['min']} to {each['max']} MHz; {cpu} MHz on {smp} smp is not",
            "cpu" if smp == 1 else "smp",
        )


def new_server(uuid: str, owner: str, values: dict[str, Any], host: str) -> Server:
    """Return a stored server, stopped, from a checked definition.

    :param host: the compute host on which it will run (availability groups).
    """
    return {
        **values,
        "uuid": uuid,
        "owner": owner,
        "status": STOPPED,
        "active_since": None,
        "stopping_by_guest": False,
        "ignores_power_button": False,
        "recovered_status": None,
        "host": host,
    }


_NO_IO = {"bytes_recv": 0, "bytes_sent": 0, "packets_recv": 0, "packets_sent": 0}
_NO_DRIVE_IO = {
    "bytes_read": 0,
    "bytes_written": 0,
    "count_flush": 0,
    "count_read": 0,
    "count_written": 0,
    "total_time_ns_flush": 0,
    "total_time_ns_read": 0,
    "total_time_ns_write": 0,
}


def has_runtime(server: Server) -> bool:
    """Tell whether a server shows a runtime: it runs, or it ran when the platform failed."""
    return server["active_since"] is not None and server["status"] != STOPPED


class Moved(Protocol):
    """What a guest has moved, by MAC address and by uuid of a drive."""

    @property
    def nics(self) -> Mapping[str, Mapping[str, int]]: ...

    @property
    def drives(self) -> Mapping[str, Mapping[str, int]]: ...


def render_nic_runtime(nic: Mapping[str, Any], moved: Moved | None = None) -> dict[str, Any]:
    """Return a NIC's runtime as ``nics[].runtime`` shows it."""
    return {
        "interface_type": "public" if is_public(dict(nic)) else "private",
        "io": {**_NO_IO, **(moved.nics.get(nic["mac"], {}) if moved is not None else {})},
        "ip_v4": optional_ref("ips", address_in_use(dict(nic))),
        "ip_v6": None,
    }


def render_runtime(server: Server, moved: Moved | None = None) -> dict[str, Any] | None:
    """Return the runtime of a server, null when it does not run."""
    if not has_runtime(server):
        return None
    shown = {
        "active_since": server["active_since"],
        "nics": [{**render_nic_runtime(nic, moved), "mac": nic["mac"]} for nic in server["nics"]],
    }
    if server["is_grey"]:
        # How much of its cpu and mem a backfilling server has at the moment: here always all of it.
        shown["perf_factor"] = 1.0
    return shown


def _render_nic(
    nic: Mapping[str, Any], moved: Moved | None, *, running: bool, policies: bool
) -> dict[str, Any]:
    policy = {"firewall_policy": optional_ref("fwpolicies", nic["firewall_policy"])} if policies else {}
    return {
        "boot_order": nic["boot_order"],
        **policy,
        "ip_v4_conf": _render_conf(nic["ip_v4_conf"]),
        "ip_v6_conf": _render_conf(nic["ip_v6_conf"]),
        "mac": nic["mac"],
        "model": nic["model"],
        "runtime": render_nic_runtime(nic, moved) if running else None,
        "vlan": optional_ref("vlans", nic["vlan"]),
    }


def _render_conf(conf: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if conf is None else {"conf": conf["conf"], "ip": optional_ref("ips", conf["ip"])}


def _render_attachment(item: Mapping[str, Any], moved: Moved | None, *, running: bool) -> dict[str, Any]:
    io = moved.drives.get(item["drive"], {}) if moved is not None else {}
    return {
        "boot_order": item["boot_order"],
        "dev_channel": item["dev_channel"],
        "device": item["device"],
        "drive": ref("drives", item["drive"]),
        "runtime": {"io": {**_NO_DRIVE_IO, **io}} if running else None,
    }


def render_server(
    server: Server,
    *,
    jobs: Sequence[str] = (),
    permissions: Sequence[str] = (),
    grantees: Sequence[Any] = (),
    policies: bool = True,
    moved: Moved | None = None,
) -> dict[str, Any]:
    """Return a server as the detail list and single answers show it: 32 keys.

    :param jobs: uuids of the jobs that concern it.
    :param permissions: what a viewer who is not the owner may do with it; None of them for the owner.
    :param grantees: whom it is shared with, for its owner's eyes.
    :param moved: what its guest has moved, when that is known.
    :param policies: the cloud has firewall policies, so that each NIC shows its own.
    """
    running = has_runtime(server)
    return {
        "allocation_pool": server["allocation_pool"],
        "auto_start": server["auto_start"],
        "context": server["context"],
        "cpu": server["cpu"],
        "cpu_model": server["cpu_model"],
        "cpu_type": server["cpu_type"],
        "cpus_instead_of_cores": server["cpus_instead_of_cores"],
        "drives": [_render_attachment(item, moved, running=running) for item in server["drives"]],
        "enable_numa": server["enable_numa"],
        "epcs": server["epcs"],
        "gpus": server["gpus"],
        "grantees": list(grantees),
        "hv_relaxed": server["hv_relaxed"],
        "hv_tsc": server["hv_tsc"],
        "hypervisor": server["hypervisor"],
        "is_grey": server["is_grey"],
        "jobs": refs("jobs", list(jobs)),
        "mem": server["mem"],
        "meta": server["meta"],
        "name": server["name"],
        "nics": [_render_nic(nic, moved, running=running, policies=policies) for nic in server["nics"]],
        "owner": ref("users", server["owner"]),
        "permissions": list(permissions),
        "pubkeys": refs("pubkeys", server["pubkeys"]),
        "requirements": server["requirements"],
        "resource_uri": resource_uri("servers", server["uuid"]),
        "runtime": render_runtime(server, moved),
        "smp": server["smp"],
        "status": server["status"],
        "tags": refs("tags", server["tags"]),
        "uuid": server["uuid"],
        "vnc_password": server["vnc_password"],
    }


def render_short(server: Server, moved: Moved | None = None) -> dict[str, Any]:
    """Return a server as the plain list shows it."""
    return {
        "name": server["name"],
        "owner": ref("users", server["owner"]),
        "resource_uri": resource_uri("servers", server["uuid"]),
        "runtime": render_runtime(server, moved),
        "status": server["status"],
        "uuid": server["uuid"],
    }
