"""One account with one of everything that the cloud knows, each named by its URL collection."""

from __future__ import annotations

from .cloud_in_process import FIRST, GIB, MIB, Cloud, Doc
from .test_backup_rules import body as scheduler_body

ROUTER: Doc = {
    "configuration": {
        "name": "router",
        "firewall": {
            "active": True,
            "policies": [
                {
                    "isActive": True,
                    "lan_interface": "inside",
                    "policy_name": "p",
                    "filters": [
                        {"action": "DENY", "protocol_type": "TCP", "hostA": "10.0.1.9", "portB": "22"}
                    ],
                }
            ],
        },
        "lan_interface": [
            {
                "name": "inside",
                "dhcp": True,
                "ip_address": "10.0.1.1/24",
                "ip_range": {"from": "10.0.1.100", "to": "10.0.1.200"},
                "ipv4_enabled": True,
                "ip_aliases": [{"ip_address": "10.0.10.1/24", "value": ""}],
            }
        ],
        "nat": {
            "active": True,
            "address_forwarding": [{"local_ipv4": "10.0.1.30", "upstream_ipv4": "192.0.2.11"}],
            "port_forwarding": [
                {
                    "forwarding_host": "10.0.1.10",
                    "forwarding_port": "22",
                    "mapped_port": "2210",
                    "protocol": "TCP",
                }
            ],
        },
        "upstream": {"vpn": {"active": True, "username": "u", "password": "secret-vpn", "vpn_type": "pptp"}},
    }
}
"""A router with one of each part; its LAN still lacks a VLAN."""


def router_in(vlan: str) -> Doc:
    """The definition of a router whose LAN is in a VLAN."""
    configuration = ROUTER["configuration"]
    [lan] = configuration["lan_interface"]
    return {"configuration": {**configuration, "lan_interface": [{**lan, "vlan": vlan}]}}


def create(cloud: Cloud, kind: str, body: Doc, *, email: str = FIRST) -> Doc:
    """Create one object; the answer's only one."""
    reply = cloud.call("POST", f"/{kind}/", body, email=email)
    assert reply.status in (201, 202), (kind, reply)
    [made] = reply.body["objects"]
    found: Doc = made
    return found


def with_everything(cloud: Cloud) -> dict[str, Doc]:
    """Let the first account have one of everything; returns what each collection has of it."""
    own: dict[str, Doc] = {}
    own["tags"] = create(cloud, "tags", {"name": "tag"})
    own["acls"] = create(cloud, "acls", {"name": "acl"})
    own["keypairs"] = create(cloud, "keypairs", {"name": "key", "algorithm_type": "ed25519"})
    own["pubkeys"] = own["keypairs"]
    own["fwpolicies"] = create(cloud, "fwpolicies", {"name": "policy"})
    own["vlans"] = cloud.get("/vlans/detail/")["objects"][0]
    own["ips"] = cloud.get("/ips/detail/")["objects"][0]
    own["subscriptions"] = cloud.get("/subscriptions/")["objects"][0]
    own["drives"] = cloud.drive(name="drive")
    own["driveusers"] = {**create(cloud, "driveusers", {"drive": own["drives"]["uuid"], "amount": 2})}
    own["driveusers"]["uuid"] = own["drives"]["uuid"]
    for kind in ("snapshots", "remotesnapshots"):
        own[kind] = create(cloud, kind, {"drive": own["drives"]["uuid"], "name": kind, "location": "ZRH"})
    own["backupschedulers"] = create(cloud, "backupschedulers", scheduler_body(hour="1"))
    own["servers"] = cloud.server(name="server")
    if cloud.app.options.backfilling:
        grey = {"name": "g", "cpu": 1000, "mem": 512 * MIB, "vnc_password": "grey"}
        own["bservers"] = create(cloud, "bservers", grey)
    cloud.settle()
    own["jobs"] = {"uuid": cloud.act(cloud.drive(), "clone").body["objects"][0]["jobs"][0]["uuid"]}
    cloud.settle()
    _with_router(cloud, own)
    for resource in ("vpc", "dedicated_host_6148"):
        create(cloud, "subscriptions", {"resource": resource, "amount": 1, "period": "2 months"})
    for kind in ("vpc", "nodes", "hostallocationpools", "vmware_servers", "notification_contacts"):
        own[kind] = cloud.get(f"/{kind}/")["objects"][0]
    return own


def _with_router(cloud: Cloud, own: dict[str, Doc]) -> None:
    own["virtualrouters"] = create(cloud, "virtualrouters", router_in(own["vlans"]["uuid"]))
    cloud.settle()
    own["upstream"] = {"uuid": own["virtualrouters"]["configuration"]["upstream"]["uuid"]}
    create(cloud, "tunnels", {"virtual_router": own["virtualrouters"]["uuid"], "name": "tunnel"})
    for kind in (
        "lans", "ipaliases", "portforwards", "addressforwards", "routes", "tunnels", "vrfwpolicies", "vrfwfilters",
    ):  # fmt: skip
        [own[kind]] = cloud.get(f"/{kind}/")["objects"]


def small_drive(cloud: Cloud, *, email: str) -> Doc:
    """A ready drive of somebody's."""
    made = create(cloud, "drives", {"name": "d", "size": GIB, "media": "disk"}, email=email)
    cloud.settle()
    return made
