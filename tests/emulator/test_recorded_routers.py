"""Recorded answers about virtual routers, ACLs, notifications and VMware servers, beside ours: the same shapes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from .cloud_in_process import SECOND, Cloud, Doc
from .everything import create
from .test_recorded_shapes import FOLDER, differences

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="no recorded answers beside the checkout")

EXCEPTIONS = {
    "vrouters/virtualrouter_create_minimal": "the oldest: 201, no jobs and type, and blocks that later ones lack",
    "vrouters/vrfwpolicy_safe_update_valid_order": "filters as texts that name the server's own objects: a defect",
}

VLANS = ("68317648-0a2a-4fb4-b179-700fa4dc359d", "8f33e6b8-4c1f-4474-a2ba-9ec74e0fdc14")


def body_of(name: str, side: str) -> str:
    """The body of a recorded request or response; ``name`` may begin with a sub-folder."""
    folder, _, base = name.rpartition("/")
    return (FOLDER / folder / f"{side}_{base}").read_text(encoding="utf-8").partition("\n\n")[2]


def recorded(name: str) -> Any:
    return json.loads(body_of(name, "response"))


def sent(name: str, **changes: str) -> Any:
    """The body of a recorded request, with uuids put in the place of the recorded ones."""
    body = json.loads(body_of(name, "request"))
    target = body["objects"][0] if "objects" in body else body
    target.update(changes)
    return body


class Routers:
    """A cloud with the router of a recorded request."""

    def __init__(self, cloud: Cloud, name: str = "vrouters/vrouters_complex_create") -> None:
        self.cloud = cloud
        text = json.dumps(sent(name))
        [vlan] = cloud.get("/vlans/")["objects"]
        for uuid in VLANS:
            text = text.replace(uuid, vlan["uuid"])
        self.created = cloud.call("POST", "/virtualrouters/", json.loads(text))
        cloud.settle()
        self.router = cloud.see("virtualrouters", self.created.body["objects"][0]["uuid"])
        configuration = self.router["configuration"]
        self.lan: str = configuration["lan_interface"][0]["uuid"]
        self.nat: str = configuration["nat"]["uuid"]
        self.upstream: str = configuration["upstream"]["uuid"]

    def act(self, action: str) -> Any:
        return self.cloud.act(self.router, action, {}).body

    def add(self, kind: str, name: str, **place: str) -> Any:
        return self.cloud.call("POST", f"/{kind}/", sent(f"vrouters/{name}_create", **place)).body

    def policy(self) -> Doc:
        policy: Doc = self.add("vrfwpolicies", "vrfwpolicy", lan_interface=self.lan)["objects"][0]
        self.cloud.call(
            "PUT",
            f"/vrfwpolicies/{policy['uuid']}/",
            sent("vrouters/vrfwpolicy_update", lan_interface=self.lan),
        )
        return policy

    def filter(self) -> Doc:
        policy = self.add("vrfwpolicies", "vrfwpolicy", lan_interface=self.lan)["objects"][0]
        item: Doc = self.add("vrfwfilters", "vrfwfilter", policy=policy["uuid"])["objects"][0]
        return item


def new(kind: str, name: str, place: str) -> dict[str, Callable[[Routers], Any]]:
    def made(routers: Routers) -> Any:
        values = {"interface": routers.lan, "nat": routers.nat, "virtual_router": routers.router["uuid"]}
        return routers.add(kind, name, **{place: values[place]})

    def uuid(routers: Routers) -> str:
        found: str = made(routers)["objects"][0]["uuid"]
        return found

    return {
        f"{name}_create": made,
        f"{name}_get": lambda routers: routers.cloud.see(kind, uuid(routers)),
        f"{name}_delete": lambda routers: routers.cloud.call("DELETE", f"/{kind}/{uuid(routers)}/").body,
    }


SWITCHES = [
    f"{word}_{what}" for what in ("firewall", "firewall_logging", "nat") for word in ("enable", "disable")
]

ROUTERS: dict[str, Callable[[Routers], Any]] = {
    "vrouters_complex_create": lambda r: r.created.body,
    "vrouters_create": lambda r: Routers(r.cloud, "vrouters/vrouters_create").created.body,
    "vrouters_get": lambda r: r.router,
    "vrouters_list_one": lambda r: r.cloud.get("/virtualrouters/?limit=0"),
    "vrouters_list_detail_one": lambda r: r.cloud.get("/virtualrouters/detail/?limit=0"),
    "vrouters_list": lambda r: r.cloud.get("/virtualrouters/", email=SECOND),
    "vrouters_list_detail": lambda r: r.cloud.get("/virtualrouters/detail/", email=SECOND),
    "vrouters_safe_update": lambda r: (
        r.cloud.call(
            "PUT", f"/virtualrouters/{r.router['uuid']}/", sent("vrouters/vrouters_safe_update")
        ).body
    ),
    "vrouters_delete": lambda r: r.cloud.call("DELETE", f"/virtualrouters/{r.router['uuid']}/").body,
    **{f"vrouters_{action}": lambda r, action=action: r.act(action) for action in SWITCHES},  # type: ignore[misc]
    "vrouters_get_log": lambda r: r.act("get_log&log_name=system"),
    "vrouters_get_log_system": lambda r: r.act("get_log&log_name=system"),
    "vrouters_get_log_firewall": lambda r: r.act("get_log&log_name=firewall"),
    "lan_safe_update": lambda r: (
        r.cloud.call("PUT", f"/lans/{r.lan}/", sent("vrouters/lan_safe_update")).body
    ),
    "lans_safe_update": lambda r: (
        r.cloud.call("PUT", f"/lans/{r.lan}/", sent("vrouters/lans_safe_update")).body
    ),
    "lans_configure_dhcp": lambda r: (
        r.cloud.call(
            "POST", f"/lans/{r.lan}/action/?do=configure_dhcp", sent("vrouters/lans_configure_dhcp")
        ).body
    ),
    "upstream_configure_vpn": lambda r: (
        r.cloud.call(
            "POST",
            f"/upstream/{r.upstream}/action/?do=configure_vpn",
            sent("vrouters/upstream_configure_vpn"),
        ).body
    ),
    **new("ipaliases", "ipaliases", "interface"),
    **new("addressforwards", "addressforward", "nat"),
    **new("portforwards", "portforward", "nat"),
    **new("routes", "routes", "virtual_router"),
    "vrfwpolicy_create": lambda r: r.add("vrfwpolicies", "vrfwpolicy", lan_interface=r.lan),
    "vrfwpolicy_get": lambda r: r.cloud.see("vrfwpolicies", r.policy()["uuid"]),
    "policy_get_filters": lambda r: r.cloud.see("vrfwpolicies", r.policy()["uuid"]),
    "vrfwpolicy_safe_update": lambda r: r.cloud.see("vrfwpolicies", r.policy()["uuid"]),
    "vrfwpolicy_safe_update_get": lambda r: r.cloud.see("vrfwpolicies", r.policy()["uuid"]),
    "vrfwpolicy_update": lambda r: (
        r.cloud.call(
            "PUT",
            f"/vrfwpolicies/{r.policy()['uuid']}/",
            sent("vrouters/vrfwpolicy_update", lan_interface=r.lan),
        ).body
    ),
    "vrfwpolicy_enable": lambda r: r.cloud.act(r.policy(), "enable", {}).body,
    "vrfwpolicy_disable": lambda r: r.cloud.act(r.policy(), "disable", {}).body,
    "vrfwpolicy_delete": lambda r: r.cloud.call("DELETE", f"/vrfwpolicies/{r.policy()['uuid']}/").body,
    "vrfwfilter_create": lambda r: {"objects": [r.filter()]},
    "vrfwfilter_get": lambda r: r.cloud.see("vrfwfilters", r.filter()["uuid"]),
    "vrfwfilter_enable_logging": lambda r: r.cloud.act(r.filter(), "enable_logging", {}).body,
    "vrfwfilter_disable_logging": lambda r: r.cloud.act(r.filter(), "disable_logging", {}).body,
    "vrfwfilter_delete": lambda r: r.cloud.call("DELETE", f"/vrfwfilters/{r.filter()['uuid']}/").body,
}

SCHEMAS = {
    "acls": "acls_schema",
    "virtualrouters": "vrouters/vrouters_schema",
    "lans": "vrouters/lans_schema",
    "upstream": "vrouters/upstream_schema",
    "ipaliases": "vrouters/ipaliases_schema",
    "addressforwards": "vrouters/addressforward_schema",
    "portforwards": "vrouters/portforward_schema",
    "routes": "vrouters/routes_schema",
    "vrfwpolicies": "vrouters/vrfwpolicy_schema",
    "vrfwfilters": "vrouters/vrfwfilter_schema",
}


def shared(cloud: Cloud) -> tuple[Doc, Doc]:
    """An ACL about a tag, and a drive that carries it."""
    tag = create(cloud, "tags", {"name": "t"})
    rules = [{"permission": "LIST"}, {"permission": "EDIT"}]
    acl = create(cloud, "acls", {"grantees": [{"email": SECOND}], "rules": rules, "tags": [tag]})
    return acl, cloud.drive(tags=[tag["uuid"]])


def contact(cloud: Cloud) -> Doc:
    return create(cloud, "notification_contacts", sent("notification_contacts_create"))


def preference(cloud: Cloud, name: str) -> Any:
    body = sent(f"notification_preferences_{name}") if name == "update" else None
    uri = cloud.get("/notification_contacts/")["objects"][0]["resource_uri"]
    if body is None:
        rows = json.loads(body_of(f"notification_preferences_{name}", "request"))
        body = [{**row, "contact": uri} for row in rows]
    else:
        body["contact"] = uri
    return cloud.call("PUT", "/notification_preferences/", body).body


OTHERS: dict[str, Callable[[Cloud], Any]] = {
    "acls_create": lambda c: c.call("POST", "/acls/", sent("acls_create")).body,
    "acls_create_with_grantees": lambda c: {"objects": [shared(c)[0]]},
    "acls_get": lambda c: c.see("acls", shared(c)[0]["uuid"]),
    "acls_list": lambda c: [shared(c), c.get("/acls/", email=SECOND)][1],
    "acls_update": lambda c: c.call("PUT", f"/acls/{(a := shared(c)[0])['uuid']}/", a).body,
    "own_drive_grantees": lambda c: c.see("drives", shared(c)[1]["uuid"]),
    "foreign_drive_permissions": lambda c: c.get(f"/drives/{shared(c)[1]['uuid']}/", email=SECOND),
    "server_with_acl": lambda c: {"objects": [c.server(tags=[shared(c)[0]["tags"][0]["uuid"]])]},
    "notification_contacts_create": lambda c: {"objects": [contact(c)]},
    "notification_contacts_list": lambda c: c.get("/notification_contacts/?limit=0"),
    "notification_contacts_list_1": lambda c: c.get("/notification_contacts/?limit=0"),
    "notification_contacts_list_2": lambda c: [contact(c), c.get("/notification_contacts/?limit=0")][1],
    "notification_contacts_update": lambda c: (
        c.call(
            "PUT", f"/notification_contacts/{contact(c)['uuid']}/", sent("notification_contacts_update")
        ).body
    ),
    "notification_preferences_list_1": lambda c: c.get("/notification_preferences/?limit=0"),
    "notification_preferences_update": lambda c: preference(c, "update"),
    "notification_preferences_update_multiple": lambda c: preference(c, "update_multiple"),
}


@pytest.mark.parametrize("name", ROUTERS)
def test_routers_and_their_parts(cloud: Cloud, name: str) -> None:
    assert list(differences(ROUTERS[name](Routers(cloud)), recorded(f"vrouters/{name}"))) == []


@pytest.mark.parametrize("name", OTHERS)
def test_acls_and_notifications(cloud: Cloud, name: str) -> None:
    assert list(differences(OTHERS[name](cloud), recorded(name))) == []


def without_words(schema: Any) -> Any:
    """A schema without its explanations, which are ours, and with its choices in no order."""
    if isinstance(schema, dict):
        cut = {key: without_words(value) for key, value in schema.items() if key != "help_text"}
        return {**cut, "choices": sorted(cut["choices"])} if isinstance(cut.get("choices"), list) else cut
    return schema


@pytest.mark.parametrize("kind", SCHEMAS)
def test_schemas(cloud: Cloud, kind: str) -> None:
    assert without_words(cloud.get(f"/{kind}/schema/")) == without_words(recorded(SCHEMAS[kind]))


def test_statuses_are_the_recorded_ones(cloud: Cloud) -> None:
    """The newest recordings answer 202; the oldest 200 or 201."""
    assert Routers(cloud).created.status == 202


def test_vmware_servers(cloud: Cloud) -> None:
    theirs = json.loads(body_of("vmware_servers_list", "response").replace("'", '"'))
    assert list(differences(cloud.get("/vmware_servers/?limit=0"), theirs)) == []


def test_every_recorded_answer_of_routers_is_compared() -> None:
    names = {path.name.removeprefix("response_") for path in (FOLDER / "vrouters").glob("response_*")}
    left = {name for name in names if not name.endswith("_schema")} - set(ROUTERS)
    assert {f"vrouters/{name}" for name in left} == set(EXCEPTIONS)
    schemas = {f"vrouters/{name}" for name in names if name.endswith("_schema")}
    assert schemas <= set(SCHEMAS.values())
