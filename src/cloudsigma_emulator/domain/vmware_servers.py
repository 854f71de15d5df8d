"""Servers in the VMware part of the cloud: a beta of which the API only tells what there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .refs import resource_uri

Doc = dict[str, Any]

KIND = "vmware_servers"


def new_vmware_server(
    uuid: str, owner: str, organisation: str, name: str, *, cpus: int, memory: int, disks: Sequence[int]
) -> Doc:
    """Return a stored VMware server that runs.

    :param organisation: uuid of the organisation that it belongs to.
    :param memory: in MB.
    :param disks: the sizes of its disks in bytes.
    """
    return {
        "uuid": uuid,
        "owner": owner,
        "cores_per_socket": cpus,
        "cpus": cpus,
        "deployed": True,
        "description": "",
        "disk": [
            {"diskElementName": f"Hard disk {number}", "diskVirtualQuantityInBytes": size}
            for number, size in enumerate(disks, start=1)
        ],
        "enabled": True,
        "media": [{"mediaCdElementName": "CD/DVD drive 1", "mediaCdHostResource": ""}],
        "memory": memory,
        "name": name,
        "nics": [_nic(0, "198.51.100.20", "VLAN 1")],
        "organisation": organisation,
        "powered": True,
    }


def _nic(index: int, address: str, network: str) -> Doc:
    # Truth values and numbers are quoted here, as the cloud quotes them.
    return {
        "adapter_type": "VMXNET3",
        "connected": "true",
        "index": str(index),
        "ip_address": address,
        "ip_address_mode": "MANUAL",
        "mac_address": f"00:50:56:01:00:{index:02x}",
        "network": network,
        "primary": "True" if index == 0 else "False",
    }


def render_vmware_server(server: Mapping[str, Any]) -> Doc:
    """Return a VMware server as every answer shows it."""
    shown = {key: value for key, value in server.items() if key != "owner"}
    return {**shown, "resource_uri": resource_uri(KIND, server["uuid"])}
