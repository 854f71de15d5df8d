"""The endpoints of virtual routers, subscriptions, money, use, notifications and private clouds, with their calls."""

from __future__ import annotations

from typing import Any

from .endpoints import UUID, Endpoint, act, delete, get, post, put

ROUTER: dict[str, Any] = {
    "configuration": {"name": "n", "lan_interface": [{"name": "LAN 1", "vlan": UUID}]},
}
RULE: dict[str, Any] = {"policy": UUID, "order": 1, "protocol": "tcp"}
FORWARD: dict[str, Any] = {
    "nat": UUID,
    "protocol": "TCP",
    "mapped_port": 22,
    "forwarding_host": "10.0.1.22",
    "forwarding_port": 2222,
}
MAPPING: dict[str, Any] = {
    "nat": UUID,
    "local_ipv4_address": "10.0.1.22",
    "upstream_ipv4_address": "192.0.2.1",
}
ROUTE: dict[str, Any] = {"virtual_router": UUID, "inet": "inet"}
DISK: dict[str, Any] = {"resource": "dssd", "amount": 2**30, "period": "1 month"}
PREFERENCE: dict[str, Any] = {"contact": UUID, "medium": "email", "type": "payment", "value": True}
VR = "/virtualrouters/{uuid}/"

ROUTERS: dict[str, Endpoint] = {
    "virtualrouters.list": get("/virtualrouters/", lambda cs: cs.virtual_routers.list(fields="uuid")),
    "virtualrouters.list_detail": get("/virtualrouters/detail/", lambda cs: cs.virtual_routers.list()),
    "virtualrouters.get": get(VR, lambda cs: cs.virtual_routers.get(UUID)),
    "virtualrouters.create": post("/virtualrouters/", lambda cs: cs.virtual_routers.create(**ROUTER)),
    "virtualrouters.update": put(VR, lambda cs: cs.virtual_routers.update(UUID, name="m")),
    "virtualrouters.delete": delete(VR, lambda cs: cs.virtual_routers.delete(UUID)),
    "virtualrouters.bulk_update": put(
        "/virtualrouters/", lambda cs: cs.virtual_routers.update_many([UUID], name="m")
    ),
    "virtualrouters.bulk_delete": delete(
        "/virtualrouters/", lambda cs: cs.virtual_routers.delete_many([UUID])
    ),
    "virtualrouters.schema": get("/virtualrouters/schema/", lambda cs: cs.virtual_routers.schema()),
    "virtualrouters.enable_firewall": act(
        VR, "enable_firewall", lambda cs: cs.virtual_routers.enable_firewall(UUID)
    ),
    "virtualrouters.disable_firewall": act(
        VR, "disable_firewall", lambda cs: cs.virtual_routers.disable_firewall(UUID)
    ),
    "virtualrouters.enable_firewall_logging": act(
        VR, "enable_firewall_logging", lambda cs: cs.virtual_routers.enable_firewall_logging(UUID)
    ),
    "virtualrouters.disable_firewall_logging": act(
        VR, "disable_firewall_logging", lambda cs: cs.virtual_routers.disable_firewall_logging(UUID)
    ),
    "virtualrouters.enable_nat": act(VR, "enable_nat", lambda cs: cs.virtual_routers.enable_nat(UUID)),
    "virtualrouters.disable_nat": act(VR, "disable_nat", lambda cs: cs.virtual_routers.disable_nat(UUID)),
    "virtualrouters.enable_vpn": act(VR, "enable_vpn", lambda cs: cs.virtual_routers.enable_vpn(UUID)),
    "virtualrouters.disable_vpn": act(VR, "disable_vpn", lambda cs: cs.virtual_routers.disable_vpn(UUID)),
    "virtualrouters.get_log": act(VR, "get_log", lambda cs: cs.virtual_routers.get_log(UUID, "firewall")),
    "virtualrouters.get_keys": act(VR, "get_keys", lambda cs: cs.virtual_routers.get_keys(UUID)),
    "virtualrouters.export_key": act(VR, "export_key", lambda cs: cs.virtual_routers.export_key(UUID, UUID)),
    "lans.list": get("/lans/", lambda cs: cs.lans.list()),
    "lans.get": get("/lans/{uuid}/", lambda cs: cs.lans.get(UUID)),
    "lans.update": put("/lans/{uuid}/", lambda cs: cs.lans.update(UUID, name="m")),
    "lans.configure_dhcp": act(
        "/lans/{uuid}/", "configure_dhcp", lambda cs: cs.lans.configure_dhcp(UUID, ipv4_dhcp_enabled=False)
    ),
    "lans.schema": get("/lans/schema/", lambda cs: cs.lans.schema()),
    "upstream.configure_vpn": act(
        "/upstream/{uuid}/", "configure_vpn", lambda cs: cs.upstreams.configure_vpn(UUID, vpn_type="ikev2")
    ),
    "upstream.schema": get("/upstream/schema/", lambda cs: cs.upstreams.schema()),
    "ipaliases.list": get("/ipaliases/", lambda cs: cs.ip_aliases.list()),
    "ipaliases.get": get("/ipaliases/{uuid}/", lambda cs: cs.ip_aliases.get(UUID)),
    "ipaliases.create": post(
        "/ipaliases/", lambda cs: cs.ip_aliases.create(interface=UUID, ip_address="10.0.22.1")
    ),
    "ipaliases.delete": delete("/ipaliases/{uuid}/", lambda cs: cs.ip_aliases.delete(UUID)),
    "ipaliases.schema": get("/ipaliases/schema/", lambda cs: cs.ip_aliases.schema()),
    "addressforwards.list": get("/addressforwards/", lambda cs: cs.address_forwards.list()),
    "addressforwards.get": get("/addressforwards/{uuid}/", lambda cs: cs.address_forwards.get(UUID)),
    "addressforwards.create": post("/addressforwards/", lambda cs: cs.address_forwards.create(**MAPPING)),
    "addressforwards.delete": delete("/addressforwards/{uuid}/", lambda cs: cs.address_forwards.delete(UUID)),
    "addressforwards.schema": get("/addressforwards/schema/", lambda cs: cs.address_forwards.schema()),
    "portforwards.list": get("/portforwards/", lambda cs: cs.port_forwards.list()),
    "portforwards.get": get("/portforwards/{uuid}/", lambda cs: cs.port_forwards.get(UUID)),
    "portforwards.create": post("/portforwards/", lambda cs: cs.port_forwards.create(**FORWARD)),
    "portforwards.delete": delete("/portforwards/{uuid}/", lambda cs: cs.port_forwards.delete(UUID)),
    "portforwards.schema": get("/portforwards/schema/", lambda cs: cs.port_forwards.schema()),
    "routes.list": get("/routes/", lambda cs: cs.routes.list()),
    "routes.get": get("/routes/{uuid}/", lambda cs: cs.routes.get(UUID)),
    "routes.create": post("/routes/", lambda cs: cs.routes.create(**ROUTE)),
    "routes.update": put("/routes/{uuid}/", lambda cs: cs.routes.update(UUID, gateway="192.0.2.1")),
    "routes.delete": delete("/routes/{uuid}/", lambda cs: cs.routes.delete(UUID)),
    "routes.schema": get("/routes/schema/", lambda cs: cs.routes.schema()),
    "vrfwfilters.list": get("/vrfwfilters/", lambda cs: cs.vr_firewall_filters.list()),
    "vrfwfilters.get": get("/vrfwfilters/{uuid}/", lambda cs: cs.vr_firewall_filters.get(UUID)),
    "vrfwfilters.create": post("/vrfwfilters/", lambda cs: cs.vr_firewall_filters.create(**RULE)),
    "vrfwfilters.update": put(
        "/vrfwfilters/{uuid}/", lambda cs: cs.vr_firewall_filters.update(UUID, log=True)
    ),
    "vrfwfilters.delete": delete("/vrfwfilters/{uuid}/", lambda cs: cs.vr_firewall_filters.delete(UUID)),
    "vrfwfilters.schema": get("/vrfwfilters/schema/", lambda cs: cs.vr_firewall_filters.schema()),
    "vrfwfilters.enable_logging": act(
        "/vrfwfilters/{uuid}/", "enable_logging", lambda cs: cs.vr_firewall_filters.enable_logging(UUID)
    ),
    "vrfwfilters.disable_logging": act(
        "/vrfwfilters/{uuid}/", "disable_logging", lambda cs: cs.vr_firewall_filters.disable_logging(UUID)
    ),
    "vrfwpolicies.list": get("/vrfwpolicies/", lambda cs: cs.vr_firewall_policies.list()),
    "vrfwpolicies.get": get("/vrfwpolicies/{uuid}/", lambda cs: cs.vr_firewall_policies.get(UUID)),
    "vrfwpolicies.create": post(
        "/vrfwpolicies/", lambda cs: cs.vr_firewall_policies.create(name="p", order=1, lan_interface=UUID)
    ),
    "vrfwpolicies.update": put(
        "/vrfwpolicies/{uuid}/", lambda cs: cs.vr_firewall_policies.update(UUID, name="q")
    ),
    "vrfwpolicies.delete": delete("/vrfwpolicies/{uuid}/", lambda cs: cs.vr_firewall_policies.delete(UUID)),
    "vrfwpolicies.enable": act(
        "/vrfwpolicies/{uuid}/", "enable", lambda cs: cs.vr_firewall_policies.enable(UUID)
    ),
    "vrfwpolicies.disable": act(
        "/vrfwpolicies/{uuid}/", "disable", lambda cs: cs.vr_firewall_policies.disable(UUID)
    ),
    "vrfwpolicies.schema": get("/vrfwpolicies/schema/", lambda cs: cs.vr_firewall_policies.schema()),
    "tunnels.list": get("/tunnels/", lambda cs: cs.tunnels.list()),
    "tunnels.get": get("/tunnels/{uuid}/", lambda cs: cs.tunnels.get(UUID)),
    "tunnels.create": post("/tunnels/", lambda cs: cs.tunnels.create({"virtual_router": UUID})),
    "tunnels.update": put("/tunnels/{uuid}/", lambda cs: cs.tunnels.update(UUID, {"name": "m"})),
    "tunnels.delete": delete("/tunnels/{uuid}/", lambda cs: cs.tunnels.delete(UUID)),
    "tunnels.schema": get("/tunnels/schema/", lambda cs: cs.tunnels.schema()),
}

ACCOUNT: dict[str, Endpoint] = {
    "subscriptions.list": get("/subscriptions/", lambda cs: cs.subscriptions.list(status="active")),
    "subscriptions.get": get("/subscriptions/{uuid}/", lambda cs: cs.subscriptions.get(UUID)),
    "subscriptions.create": post("/subscriptions/", lambda cs: cs.subscriptions.create(**DISK)),
    "subscriptions.extend": act(
        "/subscriptions/{uuid}/", "extend", lambda cs: cs.subscriptions.extend(UUID, period="1 month")
    ),
    "subscriptions.auto_renew": act(
        "/subscriptions/{uuid}/", "auto_renew", lambda cs: cs.subscriptions.auto_renew(UUID)
    ),
    "subscriptions.schema": get("/subscriptions/schema/", lambda cs: cs.subscriptions.schema()),
    "groupedsubscriptions.list": get(
        "/groupedsubscriptions/", lambda cs: cs.subscriptions.grouped(resource=["ip", "vlan"])
    ),
    "subscriptioncalculator.calculate": post(
        "/subscriptioncalculator/", lambda cs: cs.subscription_calculator.calculate([DISK])
    ),
    "subscriptioncalculator.extend": act(
        "/subscriptioncalculator/{uuid}/", "extend", lambda cs: cs.subscription_calculator.extend(UUID)
    ),
    "pricing.list": get("/pricing/", lambda cs: cs.pricing.list(level=0)),
    "pricing.schema": get("/pricing/schema/", lambda cs: cs.pricing.schema()),
    "discount.list": get("/discount/", lambda cs: cs.discounts.list()),
    "discount.schema": get("/discount/schema/", lambda cs: cs.discounts.schema()),
    "ledger.list": get("/ledger/", lambda cs: cs.ledger.list(time__gt="2015-01-01")),
    "ledger.schema": get("/ledger/schema/", lambda cs: cs.ledger.schema()),
    "licenses.list": get("/licenses/", lambda cs: cs.licenses.list()),
    "licenses.get": get("/licenses/{uuid}/", lambda cs: cs.licenses.get(UUID)),
    "licenses.schema": get("/licenses/schema/", lambda cs: cs.licenses.schema()),
    "currentusage.get": get("/currentusage/", lambda cs: cs.current_usage.get()),
    "currentusage.schema": get("/currentusage/schema/", lambda cs: cs.current_usage.schema()),
    "usage.list": get("/usage/", lambda cs: cs.usage.list(poll_time__gt="2024-04-01")),
    "burstusage.list": get("/burstusage/", lambda cs: cs.burst_usage.list()),
    "burstusage.schema": get("/burstusage/schema/", lambda cs: cs.burst_usage.schema()),
    "dailyburstusage.list": get("/dailyburstusage/", lambda cs: cs.daily_burst_usage.list()),
    "notification_contacts.list": get("/notification_contacts/", lambda cs: cs.notification_contacts.list()),
    "notification_contacts.get": get(
        "/notification_contacts/{uuid}/", lambda cs: cs.notification_contacts.get(UUID)
    ),
    "notification_contacts.create": post(
        "/notification_contacts/", lambda cs: cs.notification_contacts.create(email="a@example.com")
    ),
    "notification_contacts.update": put(
        "/notification_contacts/{uuid}/", lambda cs: cs.notification_contacts.update(UUID, name="m")
    ),
    "notification_contacts.delete": delete(
        "/notification_contacts/{uuid}/", lambda cs: cs.notification_contacts.delete(UUID)
    ),
    "notification_preferences.list": get(
        "/notification_preferences/", lambda cs: cs.notification_preferences.list()
    ),
    "notification_preferences.update": put(
        "/notification_preferences/", lambda cs: cs.notification_preferences.update(**PREFERENCE)
    ),
    "vpc.list": get("/vpc/", lambda cs: cs.vpcs.list()),
    "vpc.get": get("/vpc/{uuid}/", lambda cs: cs.vpcs.get(UUID)),
    "vpc.update": put("/vpc/{uuid}/", lambda cs: cs.vpcs.update(UUID, nodes=[])),
    "vpc.schema": get("/vpc/schema/", lambda cs: cs.vpcs.schema()),
    "nodes.list": get("/nodes/", lambda cs: cs.nodes.list()),
    "nodes.get": get("/nodes/{uuid}/", lambda cs: cs.nodes.get(UUID)),
    "hostallocationpools.list": get("/hostallocationpools/", lambda cs: cs.host_allocation_pools.list()),
    "hostallocationpools.get": get(
        "/hostallocationpools/{uuid}/", lambda cs: cs.host_allocation_pools.get(UUID)
    ),
    "hostallocationpools.update": put(
        "/hostallocationpools/{uuid}/", lambda cs: cs.host_allocation_pools.update(UUID, cpu_alloc=1)
    ),
    "hostavailabilityzones.list": get(
        "/hostavailabilityzones/", lambda cs: cs.host_availability_zones.list()
    ),
}

NETWORK_AND_ACCOUNT = {**ROUTERS, **ACCOUNT}
