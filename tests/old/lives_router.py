"""Lives of virtual routers and their parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cloudsigma import resource

from .verbs import Spoken, World, at, deletes, life, reads, refused, until, whole_life


def router(world: World) -> Any:
    vlan = resource.VLAN().list()[0]
    lan = {
        "name": "LAN 1",
        "vlan": vlan["uuid"],
        "ip_address": "10.0.1.1/24",
        "ipv4_enabled": True,
        "dhcp": False,
    }
    made = resource.VirtualRouters().create({"configuration": {"name": "router", "lan_interface": [lan]}})
    until(lambda: resource.VirtualRouters().get(made["uuid"]), lambda found: found["status"] == "running")
    return made["configuration"] | {"uuid": made["uuid"]}


def done(action: str, uuid: str, answer: dict[str, Any]) -> None:
    """Check what an action answers, and that its job, if it has one, succeeds."""
    job = answer.pop("job", None)
    assert answer == {"action": action, "result": "success", "uuid": uuid}
    if job is not None:
        until(lambda: resource.Jobs().get(job["uuid"]), lambda found: found["state"] == "success")


@life("VirtualRouters")
def virtual_router(old: Spoken, world: World) -> None:
    uuid = router(world)["uuid"]
    found = reads(old, {"uuid": uuid})
    assert (found["status"], found["resource_uri"]) == ("running", at("virtualrouters", uuid))
    lan = found["configuration"]["lan_interface"][0]
    assert (lan["name"], lan["ip_address"], lan["vlan"]) == (
        "LAN 1",
        "10.0.1.1/24",
        resource.VLAN().list()[0]["uuid"],
    )
    assert old.update(uuid, {"name": "renamed"})["name"] == "renamed"
    assert old.get(uuid)["configuration"]["name"] == "renamed"
    shown: dict[str, Callable[[dict[str, Any]], Any]] = {
        "nat": lambda configuration: configuration["nat"]["active"],
        "firewall": lambda configuration: configuration["firewall"]["active"],
        "firewall_logging": lambda configuration: configuration["firewall_logging"],
    }
    for verb, active in shown.items():
        for action, value in (("enable", True), ("disable", False)):
            done(f"{action}_{verb}", uuid, getattr(old, f"{action}_{verb}")(uuid, {}))
            assert active(old.get(uuid)["configuration"]) is value
    log = old.get_log(uuid, {}, {"log_type": "firewall"})
    assert [each["index"] for each in log] == list(range(1, len(log) + 1))
    assert old.delete(uuid) == {}
    until(lambda: [each["uuid"] for each in old.list()], lambda left: uuid not in left)
    refused(404, old.get, uuid)
    vlan = resource.VLAN().list()[0]
    lan = {"name": "L", "vlan": vlan["uuid"]}
    other = old.create({"configuration": {"name": "b", "lan_interface": [lan]}})
    assert other["configuration"]["lan_interface"][0]["name"] == "L"


@life("Lans")
def lans(old: Spoken, world: World) -> None:
    made = router(world)
    uuid = made["lan_interface"][0]["uuid"]
    found = reads(old, {"uuid": uuid})
    assert (found["name"], found["virtual_router"]) == ("LAN 1", made["uuid"])
    assert (found["vlan"]["uuid"], found["ipv4_address_gateway"]) == (
        resource.VLAN().list()[0]["uuid"],
        "10.0.1.1/24",
    )
    assert old.update(uuid, {"name": "WORM HOLE", "order": 1})["name"] == "WORM HOLE"
    dhcp = {
        "dhcp_range_from": "10.0.1.100",
        "dhcp_range_to": "10.0.1.200",
        "dhcp_vlan_gateway": "10.0.1.1/24",
        "ipv4_dhcp_enabled": False,
    }
    done("configure_dhcp", uuid, old.configure_dhcp(uuid, dhcp))
    after = old.get(uuid)
    assert {key: after[key] for key in dhcp} == dhcp
    assert after["name"] == "WORM HOLE"


@life("IpAliases")
def aliases(old: Spoken, world: World) -> None:
    whole_life(old, {"interface": router(world)["lan_interface"][0]["uuid"], "ip_address": "10.0.22.1"})


@life("Upstream")
def upstream(old: Spoken, world: World) -> None:
    assert old.get_schema()["fields"]
    made = router(world)
    uuid = made["upstream"]["uuid"]
    settings = {"username": "dione", "password": "f9M0fEscA1ae52r4", "vpn_access": True, "vpn_type": "pptp"}
    done("configure_vpn", uuid, old.configure_vpn(uuid, settings))
    vpn = resource.VirtualRouters().get(made["uuid"])["configuration"]["upstream"]["vpn"]
    assert (vpn["username"], vpn["vpn_type"], vpn["active"]) == ("dione", "pptp", True)


@life("PortForwards")
def port_forwards(old: Spoken, world: World) -> None:
    forward = {
        "nat": router(world)["nat"]["uuid"],
        "protocol": "TCP",
        "mapped_port": "22",
        "forwarding_host": "10.0.1.22",
        "forwarding_port": "2222",
        "order": 1,
    }
    whole_life(old, forward, shown={"mapped_port": 22, "forwarding_port": 2222})


@life("AddressForwards")
def address_forwards(old: Spoken, world: World) -> None:
    made = router(world)
    resource.VirtualRouters().enable_nat(made["uuid"], {})
    mapping = {"nat": made["nat"]["uuid"], "local_ipv4_address": "10.0.1.22", "order": 1}
    whole_life(old, {**mapping, "upstream_ipv4_address": "91.92.71.149"})


POLICY: dict[str, Any] = {"name": "policy", "order": 1, "filters": [], "active": False}


@life("VrFwPolicies")
def router_policies(old: Spoken, world: World) -> None:
    lan = router(world)["lan_interface"][0]["uuid"]
    made = old.create({**POLICY, "lan_interface": lan})
    assert {key: made[key] for key in POLICY} == POLICY
    assert made["lan_interface"] == {"uuid": lan, "resource_uri": at("lans", lan)}
    assert reads(old, made) == made
    assert old.update(made["uuid"], {**old.get(made["uuid"]), "name": "renamed"})["name"] == "renamed"
    done("enable", made["uuid"], old.enable(made["uuid"], {}))
    assert old.get(made["uuid"])["active"] is True
    done("disable", made["uuid"], old.disable(made["uuid"], {}))
    after = old.get(made["uuid"])
    assert (after["active"], after["name"]) == (False, "renamed")
    deletes(old, made["uuid"])


@life("VrFwFilters")
def router_filters(old: Spoken, world: World) -> None:
    lan = router(world)["lan_interface"][0]["uuid"]
    policy = resource.VrFwPolicies().create({**POLICY, "lan_interface": lan})
    places = {"src": "10.0.1.21", "src_port": "", "dst": "10.0.1.22", "dst_port": "22"}
    same = dict.fromkeys(["src_addr_op", "src_port_op", "dst_addr_op", "dst_port_op"], "=")
    rule = {"order": 1, "action": "deny", "protocol": "tcp", "log": False}
    told = {"policy": policy["uuid"], **rule, **places}
    made = old.create({**told, **same})
    assert {key: made[key] for key in told} == told
    # An operator is written as a sign and read as whether it is "=".
    assert {key: made[key] for key in same} == dict.fromkeys(same, True)
    # Only the answer to its creation tells the policy.
    assert {**reads(old, made), "policy": policy["uuid"]} == made
    assert old.update(made["uuid"], {**old.get(made["uuid"]), "action": "allow"})["action"] == "allow"
    done("enable_logging", made["uuid"], old.enable_logging(made["uuid"], {}))
    assert old.get(made["uuid"])["log"] is True
    done("disable_logging", made["uuid"], old.disable_logging(made["uuid"], {}))
    after = old.get(made["uuid"])
    assert (after["log"], after["action"]) == (False, "allow")
    deletes(old, made["uuid"])


@life("Routes")
def routes(old: Spoken, world: World) -> None:
    route = {"inet": "inet", "network": "192.168.7.0/24", "gateway": "10.0.1.254"}
    whole_life(old, {"virtual_router": router(world)["uuid"], **route}, gateway="10.0.1.253")
