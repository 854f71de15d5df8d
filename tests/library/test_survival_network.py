"""What the library does not know of routers' parts, contacts and pools survives a change of something else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudsigma import CloudSigma
from cloudsigma.ports.memory import MemoryPort

from .endpoints import UUID
from .test_survival import OBJECTS, SETTINGS, OneResource

CHANGED: dict[str, tuple[str, dict[str, Any]]] = {
    "lans": ("lans", {"name": "after", "order": 2}),
    "routes": ("routes", {"gateway": "192.0.2.1"}),
    "vr_firewall_filters": ("vrfwfilters", {"log": True, "dst_port": "80"}),
    "vr_firewall_policies": ("vrfwpolicies", {"name": "after"}),
    "notification_contacts": ("notification_contacts", {"name": "after"}),
    "host_allocation_pools": ("hostallocationpools", {"cpu_alloc": "1.5"}),
    "vpcs": ("vpc", {"description": "after"}),
}


@pytest.mark.parametrize("name", CHANGED)
@settings(max_examples=40)
@given(more=OBJECTS)
def test_unknown_fields_survive_an_update(name: str, more: dict[str, Any]) -> None:
    path, changes = CHANGED[name]
    more.pop("filters", None)  # rules are written back without what only answers carry
    before = {**more, "uuid": UUID, "resource_uri": f"/api/2.0/{path}/{UUID}/", "name": "before"}
    if name == "vr_firewall_policies":
        before["filters"] = [{"order": 1, "unknown": [1, {"a": None}]}]
    cloud = OneResource(path, before)
    with CloudSigma(port=MemoryPort(cloud), **SETTINGS) as cs:
        changed = getattr(cs, name).update(UUID, **changes)
    assert cloud.held == json.loads(json.dumps({**before, **changes}))
    assert changed == cloud.held


@settings(max_examples=40)
@given(more=OBJECTS)
def test_what_a_tunnel_holds_is_kept(more: dict[str, Any]) -> None:
    before = {**more, "uuid": UUID, "resource_uri": f"/api/2.0/tunnels/{UUID}/"}
    cloud = OneResource("tunnels", before)
    with CloudSigma(port=MemoryPort(cloud), **SETTINGS) as cs:
        cs.tunnels.update(UUID, {"a new key": 1})
    assert cloud.held == json.loads(json.dumps({**before, "a new key": 1}))


@given(st.dictionaries(st.text(max_size=5), st.none() | st.text(max_size=5), max_size=4))
def test_only_the_name_of_a_router_is_written(more: dict[str, Any]) -> None:
    """The rest of the whole is ignored by the cloud, and holds secrets."""
    before = {
        **more,
        "uuid": UUID,
        "configuration": {"name": "before", "upstream": {"vpn": {"password": "p"}}},
    }
    cloud = OneResource("virtualrouters", before)
    with CloudSigma(port=MemoryPort(cloud), **SETTINGS) as cs:
        cs.virtual_routers.update(UUID, name="after")
    assert cloud.held == {"uuid": UUID, "name": "after"}
