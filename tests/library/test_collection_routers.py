"""Virtual routers and their parts against the emulator, over sockets, on both faces."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cloudsigma import CloudSigma, errors
from cloudsigma.records import (
    PolicyFilterSpec,
    RouterLan,
    RouterLanSpec,
    VirtualRouter,
    VrFirewallFilterSpec,
    to_datetime,
    to_log_datetime,
)
from cloudsigma_emulator import Emulator

from .both_faces import FACES, client_of

SOON = 25.0


@pytest.fixture(params=FACES)
def cs(request: pytest.FixtureRequest, cloudsigma_emulator: Emulator) -> Iterator[CloudSigma]:
    with client_of(request.param, cloudsigma_emulator) as client:
        yield client


def new_router(cs: CloudSigma, name: str = "r", *, wait: bool = True) -> VirtualRouter:
    (vlan,) = cs.vlans.list()
    return cs.virtual_routers.create(
        wait=wait,
        timeout=SOON,
        configuration={
            "name": name,
            "lan_interface": [
                {"name": "LAN 1", "vlan": vlan, "ipv4_enabled": True, "ip_address": "10.0.1.1/24"}
            ],
        },
    )


def lan_of(router: VirtualRouter) -> RouterLan:
    return router.configuration.lan_interface[0]


class TestRouters:
    def test_created_and_running(self, cs: CloudSigma) -> None:
        made = new_router(cs, wait=False)
        assert (made.status, made.runtime, made.configuration.name) == ("creating", None, "r")
        router = cs.virtual_routers.wait(made, timeout=SOON)
        assert (router.uuid, router.status, router.state) == (made.uuid, "running", "created")
        assert router.runtime is not None
        assert to_datetime(router.runtime.timestamp).tzinfo is not None
        assert router.configuration.routes[0].network == "default"
        assert cs.virtual_routers.get(router.resource_uri).configuration == router.configuration

    def test_lists_and_filters(self, cs: CloudSigma) -> None:
        routers = [new_router(cs, "a, b"), new_router(cs, "b")]
        assert {item.uuid for item in cs.virtual_routers.list()} == {item.uuid for item in routers}
        assert [item.uuid for item in cs.virtual_routers.list(name="a, b")] == [routers[0].uuid]
        found = cs.virtual_routers.find(uuid=routers[1].uuid)
        assert found is not None
        assert found.configuration.name == "b"
        assert cs.virtual_routers.find(name="c") is None
        assert len(list(cs.virtual_routers.iterate(page_size=1))) == 2
        assert cs.virtual_routers.page(1, 1).total_count == 2
        (short,) = cs.virtual_routers.list(name="b", fields=["uuid", "status"])
        with pytest.raises(AttributeError, match="fields="):
            short.runtime  # noqa: B018
        with pytest.raises(TypeError, match="status"):
            cs.virtual_routers.list(status="running")  # type: ignore[call-arg]

    def test_renamed(self, cs: CloudSigma) -> None:
        router = new_router(cs)
        changed = cs.virtual_routers.update(router, name="q")
        assert (changed.name, changed.configuration.name) == ("q", "q")
        assert cs.virtual_routers.get(router).configuration == changed.configuration
        (changed,) = cs.virtual_routers.update_many([router], name="p")
        assert changed.configuration.name == "p"
        with pytest.raises(TypeError, match="no changes"):
            cs.virtual_routers.update(router)

    def test_deleted(self, cs: CloudSigma) -> None:
        routers = [new_router(cs, f"r{number}") for number in range(3)]
        cs.virtual_routers.delete(routers[0], wait=True, timeout=SOON)
        with pytest.raises(errors.NotFound):
            cs.virtual_routers.get(routers[0])
        cs.virtual_routers.delete_many(routers[1:])
        assert cs.virtual_routers.list() == []

    def test_several_at_once(self, cs: CloudSigma) -> None:
        (vlan,) = cs.vlans.list()
        lan: RouterLanSpec = {
            "name": "L",
            "vlan": vlan.uuid,
            "ip_address": "10.0.1.1/24",
            "ipv4_enabled": True,
        }
        made = cs.virtual_routers.create_many(
            [{"configuration": {"name": name, "lan_interface": [lan]}} for name in "ab"]
        )
        assert [item.configuration.name for item in made] == ["a", "b"]
        assert cs.virtual_routers.create_many([]) == []

    def test_a_router_without_lan_is_refused(self, cs: CloudSigma) -> None:
        with pytest.raises(errors.ValidationError) as caught:
            cs.virtual_routers.create(configuration={"name": "r", "lan_interface": []})
        assert caught.value.error_point == "configuration"

    @pytest.mark.parametrize("switch", ["firewall", "firewall_logging", "nat", "vpn"])
    def test_switched_on_and_off(self, cs: CloudSigma, switch: str) -> None:
        router = new_router(cs)

        def is_on() -> bool:
            found = cs.virtual_routers.get(router).configuration
            return {
                "firewall": found.firewall.active,
                "firewall_logging": found.firewall_logging,
                "nat": found.nat.active,
                "vpn": found.upstream.vpn.active,
            }[switch]

        for wanted, word in ((True, "enable"), (False, "disable")):
            result = getattr(cs.virtual_routers, f"{word}_{switch}")(router, wait=True, timeout=SOON)
            assert (result.action, result.result) == (f"{word}_{switch}", "success")
            assert cs.jobs.get(result.job).state == "success"
            assert is_on() is wanted

    def test_logs(self, cs: CloudSigma) -> None:
        router = new_router(cs)
        page = cs.virtual_routers.get_log(router)
        assert page.total_count == len(page.objects) > 0
        first = page.objects[0]
        assert first.index == 1
        assert to_log_datetime(first.datetime, 2026).year == 2026
        assert cs.virtual_routers.get_log(router, "firewall").total_count == 0

    def test_keys(self, cs: CloudSigma) -> None:
        router = new_router(cs)
        for key in cs.virtual_routers.get_keys(router):
            assert cs.virtual_routers.export_key(router, key).key
            assert cs.virtual_routers.export_key(router, key.uuid).key

    def test_actions_need_a_running_router(self, cs: CloudSigma, cloudsigma_emulator: Emulator) -> None:
        cloudsigma_emulator.clock.set_speed("realistic")
        cloudsigma_emulator.clock.stop()
        router = new_router(cs, wait=False)
        with pytest.raises(errors.ValidationError):
            cs.virtual_routers.enable_nat(router)


class TestParts:
    def test_lans(self, cs: CloudSigma) -> None:
        router = new_router(cs)
        (lan,) = cs.lans.list()
        assert lan.uuid == lan_of(router).uuid
        assert lan == cs.lans.get(lan_of(router).uuid)
        assert lan.virtual_router == router.uuid
        changed = cs.lans.update(lan_of(router), name="WORM HOLE", order=1)
        assert (changed.name, changed.vlan) == ("WORM HOLE", lan.vlan)
        result = cs.lans.configure_dhcp(
            lan,
            ipv4_dhcp_enabled=True,
            dhcp_range_from="10.0.1.100",
            dhcp_range_to="10.0.1.200",
            dhcp_vlan_gateway="10.0.1.1/24",
            wait=True,
            timeout=SOON,
        )
        assert (result.action, result.uuid) == ("configure_dhcp", lan.uuid)
        inside = lan_of(cs.virtual_routers.get(router))
        assert (inside.dhcp, inside.ip_range["from"], inside.ip_range.to) == (
            True,
            "10.0.1.100",
            "10.0.1.200",
        )

    def test_upstream(self, cs: CloudSigma) -> None:
        router = new_router(cs)
        result = cs.upstreams.configure_vpn(
            router.configuration.upstream,
            vpn_type="ikev2",
            username="me",
            password="secret",
            vpn_access=True,
            wait=True,
            timeout=SOON,
        )
        assert result.uuid == router.configuration.upstream.uuid
        vpn = cs.virtual_routers.get(router).configuration.upstream.vpn
        assert (vpn.active, vpn.vpn_type, vpn.username, vpn.password) == (True, "ikev2", "me", "secret")

    def test_aliases(self, cs: CloudSigma) -> None:
        router = new_router(cs)
        alias = cs.ip_aliases.create(
            interface=lan_of(router), ip_address="10.0.22.1", wait=True, timeout=SOON
        )
        assert cs.ip_aliases.get(alias) == alias == cs.ip_aliases.find(uuid=alias.uuid)
        more = cs.ip_aliases.create_many(
            [{"interface": lan_of(router).uuid, "ip_address": f"10.0.22.{n}"} for n in (2, 3)]
        )
        assert [item.ip_address for item in more] == ["10.0.22.2", "10.0.22.3"]
        assert cs.ip_aliases.page(0, 2).total_count == 3
        assert len(list(cs.ip_aliases.iterate(page_size=2))) == 3
        deletion = cs.ip_aliases.delete(alias, wait=True, timeout=SOON)
        assert deletion.uuid == alias.uuid
        assert deletion.job is not None
        cs.ip_aliases.delete_many(more)
        assert cs.ip_aliases.list() == cs.ip_aliases.create_many([]) == []
        with pytest.raises(errors.NotFound):
            cs.ip_aliases.delete(alias)

    def test_forwards(self, cs: CloudSigma) -> None:
        router = new_router(cs)
        nat = router.configuration.nat
        port = cs.port_forwards.create(
            nat=nat,
            protocol="TCP",
            mapped_port="22",
            forwarding_host="10.0.1.22",
            forwarding_port=2222,
            wait=True,
            timeout=SOON,
        )
        assert (port.mapped_port, port.forwarding_port, port.nat) == (22, 2222, nat.uuid)
        address = cs.address_forwards.create(
            nat=nat.uuid,
            local_ipv4_address="10.0.1.22",
            upstream_ipv4_address="192.0.2.9",
            wait=True,
            timeout=SOON,
        )
        assert address.upstream_to_local is False
        inside = cs.virtual_routers.get(router).configuration.nat
        assert [item.uuid for item in inside.port_forwarding] == [port.uuid]
        assert [item.uuid for item in inside.address_forwarding] == [address.uuid]
        assert cs.port_forwards.get(port) == port
        assert cs.address_forwards.get(address) == address
        cs.port_forwards.delete(port, wait=True, timeout=SOON)
        cs.address_forwards.delete(address, wait=True, timeout=SOON)
        assert cs.port_forwards.list() == cs.address_forwards.list() == []

    def test_routes(self, cs: CloudSigma) -> None:
        router = new_router(cs)
        route = cs.routes.create(
            virtual_router=router,
            inet="inet",
            network="10.1.0.0/16",
            gateway="10.0.1.9",
            wait=True,
            timeout=SOON,
        )
        assert route.virtual_router == router.uuid
        changed = cs.routes.update(route, gateway="10.0.1.8", wait=True, timeout=SOON)
        assert (changed.gateway, changed.network) == ("10.0.1.8", "10.1.0.0/16")
        assert route.uuid in {item.uuid for item in cs.routes.list()}
        cs.routes.delete(route, wait=True, timeout=SOON)
        with pytest.raises(errors.NotFound):
            cs.routes.get(route)

    def test_tunnels_hold_what_is_given(self, cs: CloudSigma) -> None:
        router = new_router(cs)
        tunnel = cs.tunnels.create({"virtual_router": router.uuid, "anything": [1]}, wait=True, timeout=SOON)
        assert tunnel["anything"] == [1]
        changed = cs.tunnels.update(tunnel, {"anything": [2]}, wait=True, timeout=SOON)
        assert (changed.uuid, changed["anything"]) == (tunnel.uuid, [2])
        assert cs.tunnels.get(tunnel) == changed
        assert cs.tunnels.list() == list(cs.tunnels.iterate()) == cs.tunnels.page().objects == [changed]
        cs.tunnels.delete(tunnel, wait=True, timeout=SOON)
        assert cs.tunnels.list() == []


RULE: PolicyFilterSpec = {
    "order": 1,
    "protocol": "tcp",
    "action": "deny",
    "src": "10.0.2.1",
    "src_port": "",
    "dst": "10.0.1.1",
    "dst_port": "22",
    "src_addr_op": "!=",
    "src_port_op": True,
    "dst_addr_op": "=",
    "dst_port_op": True,
}


class TestFirewall:
    def test_policies(self, cs: CloudSigma) -> None:
        router = new_router(cs)
        policy = cs.vr_firewall_policies.create(
            name="p", order=1, lan_interface=lan_of(router), filters=[RULE], wait=True, timeout=SOON
        )
        assert policy.lan_interface is not None
        assert policy.lan_interface.uuid == lan_of(router).uuid
        assert (policy.active, len(policy.filters)) == (False, 1)
        rule = policy.filters[0]
        assert (rule.src_addr_op, rule.dst_addr_op, rule.resource_uri.uuid) == (False, True, rule.uuid)
        assert cs.vr_firewall_filters.get(rule.resource_uri).dst_port == "22"

        renamed = cs.vr_firewall_policies.update(policy, name="q", wait=True, timeout=SOON)
        assert (renamed.name, len(renamed.filters)) == ("q", 1)
        kept = renamed.filters[0]
        assert kept.uuid != rule.uuid  # the cloud makes rules anew
        assert {key: kept[key] for key in RULE} == {key: rule[key] for key in RULE}

        more = cs.vr_firewall_policies.update(renamed, filters=[*renamed.filters, {**RULE, "order": 2}])
        assert [item.order for item in more.filters] == [1, 2]
        assert cs.vr_firewall_policies.get(policy).filters == more.filters
        assert cs.vr_firewall_policies.find(name="q") is not None

        assert cs.vr_firewall_policies.enable(policy, wait=True, timeout=SOON).action == "enable"
        assert cs.vr_firewall_policies.get(policy).active is True
        assert cs.vr_firewall_policies.disable(policy, wait=True, timeout=SOON).action == "disable"
        assert cs.vr_firewall_policies.get(policy).active is False
        cs.vr_firewall_policies.delete(policy, wait=True, timeout=SOON)
        assert cs.vr_firewall_policies.list() == []

    def test_a_stale_policy_does_not_undo_what_others_did(self, cs: CloudSigma) -> None:
        router = new_router(cs)
        stale = cs.vr_firewall_policies.create(name="p", order=1, lan_interface=lan_of(router))
        cs.vr_firewall_policies.update(stale, filters=[RULE])
        with pytest.raises(errors.StaleRecord):
            cs.vr_firewall_policies.update(stale, filters=[*stale.filters, {**RULE, "order": 7}])

    def test_rules(self, cs: CloudSigma) -> None:
        router = new_router(cs)
        policy = cs.vr_firewall_policies.create(name="p", order=1, lan_interface=lan_of(router))
        spec: VrFirewallFilterSpec = {**RULE, "policy": policy}
        rule = cs.vr_firewall_filters.create(**spec, wait=True, timeout=SOON)
        assert rule.policy == policy.uuid
        changed = cs.vr_firewall_filters.update(rule, dst_port="80", wait=True, timeout=SOON)
        assert (changed.dst_port, changed.src) == ("80", "10.0.2.1")
        result = cs.vr_firewall_filters.enable_logging(rule)
        assert (result.action, result.job) == ("enable_logging", None)
        assert cs.vr_firewall_filters.get(rule).log is True
        cs.vr_firewall_filters.disable_logging(rule.uuid)
        assert cs.vr_firewall_filters.get(rule).log is False
        with pytest.raises(errors.ValidationError) as caught:
            cs.vr_firewall_filters.create(**spec)
        assert caught.value.error_point == "order"
        (second,) = cs.vr_firewall_filters.create_many([{**spec, "order": 2}])
        assert {item.uuid for item in cs.vr_firewall_filters.list()} == {rule.uuid, second.uuid}
        cs.vr_firewall_filters.delete_many([rule, second])
        assert cs.vr_firewall_filters.list() == []


COLLECTIONS = [
    "virtual_routers",
    "lans",
    "upstreams",
    "ip_aliases",
    "port_forwards",
    "address_forwards",
    "routes",
    "vr_firewall_policies",
    "vr_firewall_filters",
    "tunnels",
]


@pytest.mark.parametrize("name", COLLECTIONS)
def test_schemas(cs: CloudSigma, name: str) -> None:
    assert "uuid" in getattr(cs, name).schema().fields
