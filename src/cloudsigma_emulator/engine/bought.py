"""What a subscription brings into being, and what becomes of it when the subscription ends.

`MAKERS` and `ENDERS` have a line for each resource of which the subscribed pieces are objects of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..domain import ips, server_states, vlans
from ..domain.private_clouds import NODES, VPC
from ..domain.refusal import Refusal
from ..domain.relations import NIC_IP, NIC_VLAN
from ..store.transaction import Transaction
from . import private_clouds

Doc = dict[str, Any]
Make = Callable[[Transaction, str, int], str]
"""Makes the object of an owner's subscription, given its number; returns the object's uuid."""
End = Callable[[Transaction, str], None]
"""Ends an object, given its uuid."""

_NODES = ("dedicated_host_6148", "dedicated_node_small", "dedicated_node_medium", "dedicated_node_large")
_CLOUDS = ("vpc", "virtual_private_cloud")

KINDS = {"ip": "ips", "vlan": "vlans", **dict.fromkeys(_CLOUDS, VPC), **dict.fromkeys(_NODES, NODES)}
"""Kinds whose documents name the subscription that they come from."""

_AFTER_OWNED = 1
_PLACE = "owned_place"
_TRIED_AT_ONCE = 256


def _new_ip(tx: Transaction, owner: str, number: int) -> str:
    place = _free_place(tx)
    tx.set_setting(_PLACE, (place + 1) % ips.OWNED_POOL_SIZE)
    address = ips.owned_address(place)
    tx.insert("ips", ips.new_ip(address, owner, number))
    tx.audit("IPs", "create", address, actor=tx.actor or owner, owner=owner)
    return address


def _free_place(tx: Transaction) -> int:
    """Return where a free address is, going on where the last one was found so that none comes back at once."""
    start = tx.setting(_PLACE) or 0
    for done in range(0, ips.OWNED_POOL_SIZE, _TRIED_AT_ONCE):
        steps = range(start + done, start + min(done + _TRIED_AT_ONCE, ips.OWNED_POOL_SIZE))
        places = [step % ips.OWNED_POOL_SIZE for step in steps]
        tried = {ips.owned_address(place): place for place in places}
        taken = {document["uuid"] for document in tx.find("ips", uuids=tried)}
        for address, place in tried.items():
            if address not in taken:
                return place
    raise Refusal.backend("No free address is left to subscribe")


def _end_ip(tx: Transaction, address: str) -> None:
    ip = tx.get("ips", address)
    if ip is None:
        return
    tx.audit("IPs", "delete", address, actor=ip["owner"], owner=ip["owner"])
    tx.remove("ips", address)
    if tx.sources(NIC_IP, "ips", [address])[address]:
        # Whoever holds it goes on using it, on burst, until it lets go of it.
        tx.insert("ips", {**ip, "subscription": None, "kept": True}, rank=_AFTER_OWNED)


def let_go(tx: Transaction, addresses: list[str]) -> None:
    """Remove addresses whose subscription has ended, once no server holds them any longer."""
    if not addresses:
        return
    users = tx.sources(NIC_IP, "ips", addresses)
    for ip in tx.find("ips", uuids=addresses):
        if ip.get("kept") and not users[ip["uuid"]]:
            tx.remove("ips", ip["uuid"])


def _new_vlan(tx: Transaction, owner: str, number: int) -> str:
    uuid = tx.new_uuid()
    tx.insert("vlans", vlans.new_vlan(uuid, owner, number))
    tx.audit("Vlans", "create", uuid, actor=tx.actor or owner, owner=owner)
    return uuid


def _end_vlan(tx: Transaction, uuid: str) -> None:
    vlan = tx.get("vlans", uuid)
    if vlan is None:
        return
    users = [server for _, server in tx.sources(NIC_VLAN, "vlans", [uuid])[uuid]]
    tx.remove("vlans", uuid)
    tx.audit("Vlans", "delete", uuid, actor=vlan["owner"], owner=vlan["owner"])
    for server in tx.find("servers", uuids=users):
        if server["status"] == server_states.STOPPED and forget_ended_vlans(tx, server):
            tx.update("servers", server)


def forget_ended_vlans(tx: Transaction, server: Doc) -> bool:
    """Take the VLANs that are gone off a server's NICs, in place; tell whether there was one."""
    named = {nic["vlan"] for nic in server["nics"] if nic["vlan"]}
    gone = named - {vlan["uuid"] for vlan in tx.find("vlans", uuids=named)} if named else set()
    for nic in server["nics"]:
        if nic["vlan"] in gone:
            nic["vlan"] = None
    return bool(gone)


MAKERS: Mapping[str, Make] = {
    "ip": _new_ip,
    "vlan": _new_vlan,
    **dict.fromkeys(_CLOUDS, private_clouds.make_vpc),
    **dict.fromkeys(_NODES, private_clouds.make_node),
}
ENDERS: Mapping[str, End] = {
    "ip": _end_ip,
    "vlan": _end_vlan,
    **dict.fromkeys(_CLOUDS, private_clouds.end_vpc),
    **dict.fromkeys(_NODES, private_clouds.end_node),
}


def hand_over(tx: Transaction, resource: str, uuid: str, number: int) -> None:
    """Let an object name the subscription by which it now lasts."""
    kind = KINDS.get(resource)
    document = tx.get(kind, uuid) if kind is not None else None
    if kind is not None and document is not None and document["subscription"] != number:
        tx.update(kind, {**document, "subscription": number})


def next_number(tx: Transaction) -> int:
    """Return the number of the next subscription."""
    number = tx.setting("last_subscription")
    if number is None:
        number = max((int(document["id"]) for document in tx.find("subscriptions")), default=0)
    tx.set_setting("last_subscription", number + 1)
    return int(number) + 1
