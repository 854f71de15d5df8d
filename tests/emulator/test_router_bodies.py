"""Whatever is sent to virtual routers, ACLs, notifications and VPCs: an answer of the API's, and nothing out of step."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .cloud_in_process import Cloud, Doc, Reply
from .everything import ROUTER, router_in, with_everything
from .test_app_fuzz import VALUES

PARTS = (
    "lans",
    "ipaliases",
    "portforwards",
    "addressforwards",
    "routes",
    "tunnels",
    "vrfwpolicies",
    "vrfwfilters",
)
CHANGED = (*PARTS, "virtualrouters", "acls", "notification_contacts", "vpc", "hostallocationpools")
COMMON = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class World:
    def __init__(self) -> None:
        self.cloud = Cloud(speed="instant")
        self.own = with_everything(self.cloud)
        self.router = router_in(self.own["vlans"]["uuid"])


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    world = World()
    yield world
    world.cloud.close()


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place inside a body."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from paths(inner, (*path, key))


def replaced(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(body)
    target = changed
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return changed


PLACES = sorted(paths(ROUTER), key=str)


def check(world: World, reply: Reply) -> None:
    cloud = world.cloud
    assert reply.status < 500 or reply.status == 503, reply
    if reply.status >= 400:
        assert reply.error["error_message"]
    routers = cloud.get("/virtualrouters/detail/?limit=0")["objects"]
    for router in routers:
        shown = router["configuration"]
        nested = {
            "lans": shown["lan_interface"],
            "ipaliases": [alias for lan in shown["lan_interface"] for alias in lan["ip_aliases"]],
            "portforwards": shown["nat"]["port_forwarding"],
            "addressforwards": shown["nat"]["address_forwarding"],
            "routes": shown["routes"],
            "vrfwpolicies": shown["firewall"]["policies"],
            "vrfwfilters": [item for policy in shown["firewall"]["policies"] for item in policy["filters"]],
        }
        for kind, parts in nested.items():
            uuids = ",".join(part["uuid"] for part in parts)
            found = cloud.get(f"/{kind}/?limit=0&uuid={uuids}")["objects"] if parts else []
            assert {part["uuid"] for part in parts} == {part["uuid"] for part in found}, kind
    total = sum(len(router["configuration"]["lan_interface"]) for router in routers)
    assert cloud.get("/lans/")["meta"]["total_count"] == total


@COMMON
@given(place=st.sampled_from(PLACES), value=VALUES)
def test_almost_right_routers(world: World, place: tuple[Any, ...], value: Any) -> None:
    reply = world.cloud.call("POST", "/virtualrouters/", replaced(world.router, place, value))
    check(world, reply)
    world.cloud.app.engine.run_due()
    if reply.status == 202:
        for router in reply.body["objects"]:
            assert world.cloud.call("DELETE", f"/virtualrouters/{router['uuid']}/").status == 202
        check(world, reply)


@COMMON
@given(kind=st.sampled_from(CHANGED), data=st.data(), value=VALUES)
def test_almost_right_changes(world: World, kind: str, data: st.DataObject, value: Any) -> None:
    sample: Doc = world.own[kind]
    key = data.draw(st.sampled_from(sorted(sample)), label="key")
    method = "PUT" if data.draw(st.booleans(), label="change") else "POST"
    path = f"/{kind}/{sample['uuid']}/" if method == "PUT" else f"/{kind}/"
    reply = world.cloud.call(method, path, {**sample, key: value})
    if reply.status != 405:
        check(world, reply)
    world.cloud.app.engine.run_due()


@COMMON
@given(body=VALUES, data=st.data())
def test_anything_to_the_actions(world: World, body: Any, data: st.DataObject) -> None:
    kinds = {"virtualrouters", "lans", "upstream", "vrfwpolicies", "vrfwfilters"}
    routes = [r for r in world.cloud.app.router.routes if r.action and r.pattern.split("/")[1] in kinds]
    route = data.draw(st.sampled_from(routes), label="route")
    path = route.pattern.replace("{uuid}", world.own[route.pattern.split("/")[1]]["uuid"])
    check(world, world.cloud.call("POST", f"{path}?do={route.action}", body))
    world.cloud.app.engine.run_due()
