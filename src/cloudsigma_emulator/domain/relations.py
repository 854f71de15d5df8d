"""How documents point at each other: the one source of every list that is seen from the other side.

The store keeps these links on each write. ``mounted_on``, a VLAN's ``servers``, an IP's ``server``, ``jobs``
and a tag's ``resources`` are links read backwards and never stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import router_parts
from .nics import static_addresses

MOUNT, NIC_VLAN, NIC_IP, LENT_IP = "mount", "nic_vlan", "nic_ip", "lent_ip"
TAG, PUBKEY, JOB, POLICY = "tag", "pubkey", "job", "nic_policy"
SNAPSHOT, REMOTE_SNAPSHOT, SCHEDULER = "snapshot", "remote_snapshot", "scheduler"
ACL_TAG, PLACED, IN_VPC = "acl_tag", "placed", "in_vpc"
ROUTER, NAT, UPSTREAM, OF_POLICY = "router", "nat", "upstream", "of_policy"

Link = tuple[str, str, str]


def links_of(kind: str, document: Mapping[str, Any]) -> Iterable[Link]:
    """Give the links that a document holds: relation, kind and uuid of what it points at."""
    for uuid in document.get("tags") or ():
        # An ACL is about its tags; it does not carry them.
        yield ACL_TAG if kind == "acls" else TAG, "tags", uuid
    if kind == "servers":
        yield from _server_links(document)
    elif kind == "virtualrouters":
        yield NAT, "nats", document["nat"]["uuid"]
        yield UPSTREAM, "upstream", document["upstream"]["uuid"]
    elif kind in router_parts.KINDS:
        yield ROUTER, "virtualrouters", document["router"]
        if kind == router_parts.FILTERS:
            yield OF_POLICY, router_parts.POLICIES, document["policy"]
    elif kind == "nodes":
        if document["vpc"]:
            yield IN_VPC, "vpc", document["vpc"]
    elif kind == "drives":
        if document.get("backup_scheduler"):
            yield SCHEDULER, "backupschedulers", document["backup_scheduler"]
    elif kind == "snapshots":
        yield SNAPSHOT, "drives", document["drive"]
    elif kind == "remotesnapshots":
        yield REMOTE_SNAPSHOT, "drives", document["drive"]
    elif kind in ("jobs", "subjobs"):
        for resource_kind, uuid in document["resources"]:
            yield JOB, resource_kind, uuid


def _server_links(server: Mapping[str, Any]) -> Iterable[Link]:
    if server["allocation_pool"]:
        yield PLACED, "hostallocationpools", server["allocation_pool"]
    for attachment in server["drives"]:
        yield MOUNT, "drives", attachment["drive"]
    for uuid in server["pubkeys"]:
        yield PUBKEY, "keypairs", uuid
    for nic in server["nics"]:
        if nic["vlan"]:
            yield NIC_VLAN, "vlans", nic["vlan"]
        if nic["firewall_policy"]:
            yield POLICY, "fwpolicies", nic["firewall_policy"]
        for address in static_addresses(nic):
            yield NIC_IP, "ips", address
        if nic["lent_ip"]:
            yield LENT_IP, "ips", nic["lent_ip"]
