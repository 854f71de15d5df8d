"""What a program does with each old class: a life of its objects that uses every verb the cloud has an endpoint for.

Each function gets the class wrapped in :class:`Spoken`, which notes the verbs, and the world around it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from cloudsigma import errors, resource

from .names import VERBS

GIB = 2**30
DISK: dict[str, Any] = {"name": "disk", "size": GIB, "media": "disk"}
SERVER: dict[str, Any] = {"name": "web", "cpu": 1000, "mem": GIB, "vnc_password": "s3cret"}


class Spoken:
    """An object of an old class that notes which of its verbs were used."""

    def __init__(self, name: str) -> None:
        self._speaker = getattr(resource, name)()
        self.used: set[str] = set()
        self.verbs = set(VERBS[name].split())
        self.root: str = self._speaker.resource_name

    def response(self) -> Any:
        """Return the last answer."""
        return self._speaker.c.resp

    def __getattr__(self, verb: str) -> Any:
        self.used.add(verb)
        return getattr(self._speaker, verb)


def until(read: Callable[[], Any], enough: Callable[[Any], bool], seconds: float = 20) -> Any:
    """Read until it is enough, and return what was read."""
    ends = time.monotonic() + seconds
    while not enough(found := read()):
        assert time.monotonic() < ends, found
        time.sleep(0.01)
    return found


class World:
    """What lives need besides their own class."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.drives = resource.Drive()
        self.servers = resource.Server()

    def disk(self, **more: Any) -> Any:
        return self.settled("drives", self.drives.create({**DISK, **more})["uuid"])

    def server(self, **more: Any) -> Any:
        return self.servers.create({**SERVER, **more})

    def settled(self, root: str, uuid: str, *states: str) -> Any:
        """Return an object once it is in a state in which it can be worked with."""
        cls = {"drives": resource.Drive, "servers": resource.Server, "bservers": resource.BServer}
        cls |= {"snapshots": resource.Snapshot, "remotesnapshots": resource.RemoteSnapshot}
        wanted = states or ("unmounted", "mounted", "available")
        return until(lambda: cls[root]().get(uuid), lambda found: found["status"] in wanted)

    def bought(self, name: str, amount: int = 1) -> Any:
        return resource.Subscriptions().create({"resource": name, "amount": amount, "period": "1 year"})


Life: TypeAlias = Callable[[Spoken, World], None]
LIVES: dict[str, Life] = {}


def life(*names: str) -> Callable[[Life], Life]:
    def note(function: Life) -> Life:
        LIVES.update(dict.fromkeys(names, function))
        return function

    return note


def reads(old: Spoken, one: Any = None, key: str = "uuid") -> None:
    """Use the reading verbs that the class has; ``one`` is an object that must be among those listed."""
    if "get_schema" in old.verbs:
        assert old.get_schema()["fields"]
    for verb in {"list", "list_detail"} & old.verbs:
        listed = getattr(old, verb)()
        assert isinstance(listed, list)
        assert one is None or one[key] in [each[key] for each in listed]
    if "get" in old.verbs and one is not None:
        assert old.get(one[key])[key] == one[key]


def gone(old: Spoken, uuid: str) -> None:
    with pytest.raises(errors.NotFound):
        old.get(uuid)


def whole_life(old: Spoken, definition: dict[str, Any], **changed: Any) -> Any:
    """Create, read, change, delete one object; return it as it was made."""
    made = old.create(definition)
    reads(old, made)
    if "update" in old.verbs:
        updated = old.update(made["uuid"], {**definition, **changed})
        assert {name: updated[name] for name in changed} == changed
    old.delete(made["uuid"])
    gone(old, made["uuid"])
    return made


@life("Profile")
def profile(old: Spoken, world: World) -> None:
    assert old.get_schema()["fields"]
    assert old.update({**old.get(), "company": "Example"})["company"] == "Example"


@life("GlobalContext")
def global_context(old: Spoken, world: World) -> None:
    old.update({"key": "value"})
    assert old.get() == {"key": "value"}


@life("NotificationContact")
def contacts(old: Spoken, world: World) -> None:
    definition = {"name": "A Person", "email": "person@example.com", "phone": "+41 44 000 00 00"}
    whole_life(old, definition, name="B Person")


@life("NotificationPreference")
def preferences(old: Spoken, world: World) -> None:
    contact = resource.NotificationContact().create(
        {"name": "A Person", "email": "person@example.com", "phone": "+41 44 000 00 00"}
    )
    mine = [each for each in old.list() if each["contact"].endswith(f"{contact['uuid']}/")]
    assert mine
    changed = old.update([{**mine[0], "value": not mine[0]["value"]}])
    assert [each["value"] for each in changed] == [not mine[0]["value"]]


@life("Licenses")
def licenses(old: Spoken, world: World) -> None:
    one = old.list()[0]
    assert old.get_schema()["fields"]
    assert old.get(one["resource_uri"]) == one


@life("LibDrive", "VLAN", "IP")
def owned_or_public(old: Spoken, world: World) -> None:
    one = old.list()[0]
    reads(old, one)
    if "update" in old.verbs:
        assert old.update(one["uuid"], {"meta": {"name": "mine"}})["meta"] == {"name": "mine"}


@life("Drive")
def drive(old: Spoken, world: World) -> None:
    made = old.create(DISK, avoid=[])
    world.settled("drives", made["uuid"])
    reads(old, made)
    assert old.update(made["uuid"], {**DISK, "name": "renamed"})["name"] == "renamed"
    old.resize(made["uuid"], {**DISK, "size": 2 * GIB})
    assert world.settled("drives", made["uuid"])["size"] == 2 * GIB
    copy = old.clone(made["uuid"], {"name": "copy"}, avoid=made["uuid"])
    assert world.settled("drives", copy["uuid"])["name"] == "copy"
    world.settled("drives", made["uuid"])
    image = world.folder / "image.raw"
    image.write_bytes(bytes(range(256)) * 10)
    upload = resource.InitUpload().create({"media": "disk"}, image_path=image)
    link = old.get_upload_chunk_link(upload["uuid"], 0, chunk_size=2560)
    assert old.upload_chunk(link, image, 0, 2560).ok
    assert world.settled("drives", upload["uuid"])["status"] == "unmounted"
    old.delete(copy["uuid"])
    gone(old, copy["uuid"])


@life("InitUpload")
def init_upload(old: Spoken, world: World) -> None:
    made = old.create({"name": "image", "size": 12345, "media": "cdrom"}, avoid="")
    assert (made["size"], made["status"], made["media"]) == (12345, "uploading", "cdrom")


@life("Server", "BServer")
def server(old: Spoken, world: World) -> None:
    root = old.root
    disk = world.disk()
    attached = [{"boot_order": 1, "dev_channel": "0:0", "device": "virtio", "drive": disk["uuid"]}]
    made = old.create({**SERVER, "drives": attached})
    uuid = made["uuid"]
    reads(old, made)
    assert old.update(uuid, {**SERVER, "drives": attached, "name": "renamed"})["name"] == "renamed"
    assert old.start(uuid)["action"] == "start"
    world.settled(root, uuid, "running")
    assert "nics" in old.runtime(uuid)
    assert old.open_vnc(uuid)["vnc_url"]
    assert old.close_vnc(uuid)["result"] == "success"
    assert old.open_console(uuid)["console_url"]
    assert old.close_console(uuid)["result"] == "success"
    assert old.restart(uuid)["action"] == "restart"
    world.settled(root, uuid, "running")
    assert old.shutdown(uuid)["action"] == "shutdown"
    world.settled(root, uuid, "stopped")
    old.start(uuid, allocation_method="eager")
    world.settled(root, uuid, "running")
    assert old.stop(uuid)["action"] == "stop"
    world.settled(root, uuid, "stopped")
    copy = old.clone(uuid, {"name": "copy"})
    assert copy["name"] == "copy"
    world.settled(root, copy["uuid"], "stopped")
    old.delete(copy["uuid"], recurse="all_drives")
    gone(old, copy["uuid"])
    old.delete(uuid)
    gone(old, uuid)


@life("ServersAvailabilityGroups")
def availability_groups(old: Spoken, world: World) -> None:
    uuid = world.server(drives=[])["uuid"]
    assert old.list() == []
    world.servers.start(uuid)
    world.settled("servers", uuid, "running")
    assert old.list() == [[uuid]]
    assert old.get(uuid) == [uuid]


@life("FirewallPolicy")
def firewall_policy(old: Spoken, world: World) -> None:
    rules = [{"action": "drop", "direction": "in", "ip_proto": "tcp", "dst_port": "23"}]
    whole_life(old, {"name": "policy", "rules": rules}, name="renamed")


@life("Subscriptions")
def subscriptions(old: Spoken, world: World) -> None:
    made = old.create({"resource": "dssd", "amount": 10 * GIB, "period": "1 month"})
    assert old.get_schema()["fields"]
    assert made["id"] in [each["id"] for each in old.list()]
    assert old.get(made["id"])["end_time"] == made["end_time"]
    assert old.extend(made["id"], {"period": "1 month"})["start_time"] == made["end_time"]
    assert old.extend(made["id"])["id"] != made["id"]


@life("SubscriptionCalculator")
def calculator(old: Spoken, world: World) -> None:
    assert float(old.get_price(10 * GIB, "1 month", "dssd")) > 0
    bought = resource.Subscriptions().create({"resource": "dssd", "amount": 10 * GIB, "period": "1 month"})
    assert float(old.extend(bought["id"], {"period": "1 month"})["price"]) > 0


@life("Ledger", "Discount", "Pricing", "AuditLog", "BurstUsage", "Locations")
def only_listed(old: Spoken, world: World) -> None:
    world.bought("ip")
    reads(old)


@life("Usage")
def usage(old: Spoken, world: World) -> None:
    world.disk()
    now = datetime.now(UTC)
    span = {"poll_time__gt": now - timedelta(days=1), "poll_time__lt": (now + timedelta(days=1)).isoformat()}
    assert isinstance(old.list(span), list)


@life("Balance")
def balance(old: Spoken, world: World) -> None:
    assert old.get_schema()["fields"]
    assert old.get()["currency"]


@life("Capabilites")
def capabilities(old: Spoken, world: World) -> None:
    assert old.get_schema()["allowed_methods"]
    assert old.get() == old.list()
    assert old.get()["hypervisors"]


@life("CurrentUsage")
def current_usage(old: Spoken, world: World) -> None:
    assert old.get_schema()["fields"]
    assert {"balance", "usage"} <= set(old.get())


@life("Accounts")
def accounts(old: Spoken, world: World) -> None:
    old.authenticate_asynchronous()
    assert old.response().cookies["async_auth"]
    old.create("new@example.com", promo_code=None)
    assert old.response().ok


@life("Snapshot", "RemoteSnapshot")
def snapshots(old: Spoken, world: World) -> None:
    root = old.root
    place = {}
    if root == "remotesnapshots":
        capabilities = resource.Capabilites().get()
        place = {"location": capabilities["remote_snapshots"]["remote_locations"][0]}
    disk = world.disk()
    made = old.create({"drive": disk["uuid"], "name": "before", **place})
    made = world.settled(root, made["uuid"])
    reads(old, made)
    assert old.update(made["uuid"], {**made, "name": "renamed"})["name"] == "renamed"
    copy = old.clone(made["uuid"], {"name": "copy"}, avoid=[disk["uuid"]])
    assert copy["name"] == "copy"
    assert world.settled("drives", copy["uuid"])["size"] == disk["size"]
    old.delete(made["uuid"])
    gone(old, made["uuid"])


@life("Tags")
def tags(old: Spoken, world: World) -> None:
    web, disk = world.server(), world.disk()
    vlan, ip = resource.VLAN().list()[0], resource.IP().list()[0]
    made = old.create({"name": "tag", "resources": [web["uuid"], disk["uuid"], vlan["uuid"], ip["uuid"]]})
    reads(old, made)
    for verb, one in (("servers", web), ("drives", disk), ("vlans", vlan), ("ips", ip)):
        assert [each["uuid"] for each in getattr(old, verb)(made["uuid"])] == [one["uuid"]]
    assert old.update(made["uuid"], {"name": "renamed", "resources": []})["name"] == "renamed"
    old.delete(made["uuid"])
    gone(old, made["uuid"])


@life("Acls")
def acls(old: Spoken, world: World) -> None:
    tag = resource.Tags().create({"name": "shared"})
    rules = [{"permission": "LIST"}]
    definition = {"name": "acl", "tags": [tag["uuid"]], "grantees": ["other@example.com"], "rules": rules}
    whole_life(old, definition, name="renamed")


@life("Jobs")
def jobs(old: Spoken, world: World) -> None:
    copy = world.drives.clone(world.disk()["uuid"], {"name": "copy"})
    job = copy["jobs"][0]
    reads(old, job)
    assert old.get(job["uuid"])["operation"] == "drive_clone"


@life("DriveUsers")
def drive_users(old: Spoken, world: World) -> None:
    disk = world.disk()
    made = old.create({"drive": disk["uuid"], "amount": 3})
    assert made["amount"] == 3
    assert old.get(disk["uuid"])["amount"] == 3
    assert [each["amount"] for each in old.list()] == [3]
    assert old.update(disk["uuid"], {"amount": 5})["amount"] == 5
    old.delete(disk["uuid"])
    gone(old, disk["uuid"])


@life("Vpc", "Nodes", "HostAllocationPools")
def private_cloud(old: Spoken, world: World) -> None:
    world.bought("vpc")
    world.bought("dedicated_host_6148")
    one = old.list()[0]
    reads(old, one)
    if "update" in old.verbs:
        assert old.update(one["uuid"], {**old.get(one["uuid"]), "name": "mine"})["name"] == "mine"


@life("HostAvailabilityZones")
def zones(old: Spoken, world: World) -> None:
    assert old.list()


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


@life("VirtualRouters")
def virtual_router(old: Spoken, world: World) -> None:
    uuid = router(world)["uuid"]
    reads(old, {"uuid": uuid})
    assert old.update(uuid, {"name": "renamed"})["name"] == "renamed"
    for verb in ("nat", "firewall", "firewall_logging"):
        getattr(old, f"enable_{verb}")(uuid, {})
        getattr(old, f"disable_{verb}")(uuid, {})
    assert old.get_log(uuid, {}, {"log_type": "firewall"}) is not None
    old.delete(uuid)
    gone(old, uuid)
    vlan = resource.VLAN().list()[0]
    assert old.create(
        {"configuration": {"name": "b", "lan_interface": [{"name": "L", "vlan": vlan["uuid"]}]}}
    )


@life("Lans")
def lans(old: Spoken, world: World) -> None:
    uuid = router(world)["lan_interface"][0]["uuid"]
    reads(old, {"uuid": uuid})
    assert old.update(uuid, {"name": "WORM HOLE", "order": 1})["name"] == "WORM HOLE"
    dhcp = {
        "dhcp_range_from": "10.0.1.100",
        "dhcp_range_to": "10.0.1.200",
        "dhcp_vlan_gateway": "10.0.1.1/24",
        "ipv4_dhcp_enabled": False,
    }
    old.configure_dhcp(uuid, dhcp)


@life("IpAliases")
def aliases(old: Spoken, world: World) -> None:
    whole_life(old, {"interface": router(world)["lan_interface"][0]["uuid"], "ip_address": "10.0.22.1"})


@life("Upstream")
def upstream(old: Spoken, world: World) -> None:
    assert old.get_schema()["fields"]
    settings = {"username": "dione", "password": "f9M0fEscA1ae52r4", "vpn_access": False, "vpn_type": "pptp"}
    old.configure_vpn(router(world)["upstream"]["uuid"], settings)


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
    whole_life(old, forward)


@life("AddressForwards")
def address_forwards(old: Spoken, world: World) -> None:
    made = router(world)
    resource.VirtualRouters().enable_nat(made["uuid"], {})
    mapping = {"nat": made["nat"]["uuid"], "local_ipv4_address": "10.0.1.22", "order": 1}
    whole_life(old, {**mapping, "upstream_ipv4_address": "91.92.71.149"})


@life("VrFwPolicies")
def router_policies(old: Spoken, world: World) -> None:
    definition = {
        "lan_interface": router(world)["lan_interface"][0]["uuid"],
        "name": "policy",
        "order": 1,
        "filters": [],
    }
    made = old.create({**definition, "active": False})
    reads(old, made)
    assert old.update(made["uuid"], {**old.get(made["uuid"]), "name": "renamed"})["name"] == "renamed"
    old.enable(made["uuid"], {})
    assert old.get(made["uuid"])["active"] is True
    old.disable(made["uuid"], {})
    assert old.get(made["uuid"])["active"] is False
    old.delete(made["uuid"])
    gone(old, made["uuid"])


@life("VrFwFilters")
def router_filters(old: Spoken, world: World) -> None:
    policy = resource.VrFwPolicies().create(
        {
            "lan_interface": router(world)["lan_interface"][0]["uuid"],
            "name": "policy",
            "order": 1,
            "filters": [],
            "active": False,
        }
    )
    places = {"src": "10.0.1.21", "src_port": "", "dst": "10.0.1.22", "dst_port": "22"}
    same = dict.fromkeys(["src_addr_op", "src_port_op", "dst_addr_op", "dst_port_op"], "=")
    rule = {"order": 1, "action": "deny", "protocol": "tcp", "log": False}
    made = old.create({"policy": policy["uuid"], **rule, **places, **same})
    reads(old, made)
    assert old.update(made["uuid"], {**old.get(made["uuid"]), "action": "allow"})["action"] == "allow"
    old.enable_logging(made["uuid"], {})
    assert old.get(made["uuid"])["log"] is True
    old.disable_logging(made["uuid"], {})
    assert old.get(made["uuid"])["log"] is False
    old.delete(made["uuid"])
    gone(old, made["uuid"])


@life("Routes")
def routes(old: Spoken, world: World) -> None:
    route = {"inet": "inet", "network": "192.168.7.0/24", "gateway": "10.0.1.254"}
    whole_life(old, {"virtual_router": router(world)["uuid"], **route}, gateway="10.0.1.253")
