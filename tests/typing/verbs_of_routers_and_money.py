"""The exact type of every verb of routers, money, notifications and private clouds; checkers compare. Never run."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from datetime import date, datetime
from decimal import Decimal
from typing import assert_type

from cloudsigma import AsyncCloudSigma, CloudSigma
from cloudsigma.credentials import DelegatedCredentials
from cloudsigma.records import (
    AddressForward,
    BurstUsage,
    CalculatedSubscription,
    CurrentUsage,
    DailyBurstUsage,
    Discount,
    ExportedRouterKey,
    HostAllocationPool,
    HostAvailabilityZone,
    IpAlias,
    Lan,
    LedgerEntry,
    License,
    Node,
    NotificationContact,
    NotificationPreference,
    Page,
    PortForward,
    Price,
    PriceCalculation,
    PriceList,
    Route,
    RouterAction,
    RouterConfigurationSpec,
    RouterKey,
    RouterLogEntry,
    RouterPartDeletion,
    Schema,
    Subscription,
    SubscriptionList,
    Tunnel,
    UsageSample,
    VirtualRouter,
    Vpc,
    VrFirewallFilter,
    VrFirewallPolicy,
)

CONFIGURATION: RouterConfigurationSpec = {
    "name": "a",
    "lan_interface": [{"name": "LAN 1", "vlan": "u", "ip_range": {"from": "a", "to": "b"}}],
    "nat": {
        "port_forwarding": [
            {"forwarding_host": "h", "forwarding_port": 1, "mapped_port": 2, "protocol": "TCP"}
        ]
    },
}
TOKEN = DelegatedCredentials(
    oauth_endpoint="https://oauth.example", client_id="a", client_secret="b", user_email="c"
)


def blocking(router: VirtualRouter, policy: VrFirewallPolicy, node: Node) -> None:
    cs = CloudSigma(token=TOKEN)
    assert_type(cs.virtual_routers.iterate(name="a"), Generator[VirtualRouter, None, None])
    assert_type(cs.lans.iterate(), Generator[Lan, None, None])
    assert_type(cs.subscriptions.iterate(page_size=5), Generator[Subscription, None, None])
    assert_type(cs.ledger.iterate(time__gt="t"), Generator[LedgerEntry, None, None])
    assert_type(cs.vpcs.iterate(), Generator[Vpc, None, None])
    assert_type(cs.tunnels.iterate(), Generator[Tunnel, None, None])
    assert_type(cs.pricing.iterate(level=0), Generator[Price, None, None])
    assert_type(cs.virtual_routers.list(name="a", fields=["uuid"]), list[VirtualRouter])
    assert_type(cs.virtual_routers.page(0, 10, tag="t"), Page[VirtualRouter])
    assert_type(cs.virtual_routers.find(uuid="u"), VirtualRouter | None)
    assert_type(cs.virtual_routers.get(router), VirtualRouter)
    assert_type(
        cs.virtual_routers.create(configuration=CONFIGURATION, type="basic", wait=True, timeout=5.0),
        VirtualRouter,
    )
    assert_type(cs.virtual_routers.create_many([{"configuration": CONFIGURATION}]), list[VirtualRouter])
    assert_type(cs.virtual_routers.update(router, name="b"), VirtualRouter)
    assert_type(cs.virtual_routers.update_many([router, "u"], name="b"), list[VirtualRouter])
    assert_type(cs.virtual_routers.wait(router, ["running", "stopped"], timeout=None), VirtualRouter)
    assert_type(cs.virtual_routers.enable_firewall(router, wait=True), RouterAction)
    assert_type(cs.virtual_routers.disable_firewall(router, wait=True), RouterAction)
    assert_type(cs.virtual_routers.enable_firewall_logging(router, wait=True), RouterAction)
    assert_type(cs.virtual_routers.disable_firewall_logging(router, wait=True), RouterAction)
    assert_type(cs.virtual_routers.enable_nat(router, wait=True), RouterAction)
    assert_type(cs.virtual_routers.disable_nat(router, wait=True), RouterAction)
    assert_type(cs.virtual_routers.enable_vpn(router, wait=True), RouterAction)
    assert_type(cs.virtual_routers.disable_vpn(router, wait=True), RouterAction)
    assert_type(cs.virtual_routers.get_log(router, "firewall"), Page[RouterLogEntry])
    assert_type(cs.virtual_routers.get_keys(router), list[RouterKey])
    assert_type(cs.virtual_routers.export_key(router, "u"), ExportedRouterKey)
    assert_type(cs.virtual_routers.schema(), Schema)
    assert_type(cs.lans.list(uuid=["u"]), list[Lan])
    assert_type(cs.lans.get("u"), Lan)
    assert_type(cs.lans.update(router.configuration.lan_interface[0], name="b", order=1), Lan)
    assert_type(cs.lans.configure_dhcp("u", ipv4_dhcp_enabled=True, wait=True), RouterAction)
    assert_type(cs.upstreams.configure_vpn(router.configuration.upstream, vpn_type="pptp"), RouterAction)
    assert_type(cs.ip_aliases.list(name="a"), list[IpAlias])
    assert_type(cs.ip_aliases.page(), Page[IpAlias])
    assert_type(cs.ip_aliases.find(uuid="u"), IpAlias | None)
    assert_type(cs.ip_aliases.get("u", fields="uuid"), IpAlias)
    assert_type(
        cs.ip_aliases.create(
            interface=router.configuration.lan_interface[0], ip_address="10.0.0.1", wait=True
        ),
        IpAlias,
    )
    assert_type(cs.ip_aliases.create_many([]), list[IpAlias])
    assert_type(cs.ip_aliases.delete("u", wait=True), RouterPartDeletion)
    assert_type(cs.port_forwards.list(name="a"), list[PortForward])
    assert_type(cs.port_forwards.page(), Page[PortForward])
    assert_type(cs.port_forwards.find(uuid="u"), PortForward | None)
    assert_type(cs.port_forwards.get("u", fields="uuid"), PortForward)
    assert_type(
        cs.port_forwards.create(
            nat=router.configuration.nat,
            protocol="TCP",
            mapped_port=1,
            forwarding_host="h",
            forwarding_port="2",
            wait=True,
        ),
        PortForward,
    )
    assert_type(cs.port_forwards.create_many([]), list[PortForward])
    assert_type(cs.port_forwards.delete("u", wait=True), RouterPartDeletion)
    assert_type(cs.address_forwards.list(name="a"), list[AddressForward])
    assert_type(cs.address_forwards.page(), Page[AddressForward])
    assert_type(cs.address_forwards.find(uuid="u"), AddressForward | None)
    assert_type(cs.address_forwards.get("u", fields="uuid"), AddressForward)
    assert_type(
        cs.address_forwards.create(nat="u", local_ipv4_address="a", upstream_ipv4_address="b", wait=True),
        AddressForward,
    )
    assert_type(cs.address_forwards.create_many([]), list[AddressForward])
    assert_type(cs.address_forwards.delete("u", wait=True), RouterPartDeletion)
    assert_type(cs.routes.list(name="a"), list[Route])
    assert_type(cs.routes.page(), Page[Route])
    assert_type(cs.routes.find(uuid="u"), Route | None)
    assert_type(cs.routes.get("u", fields="uuid"), Route)
    assert_type(cs.routes.create(virtual_router=router, inet="inet", wait=True), Route)
    assert_type(cs.routes.create_many([]), list[Route])
    assert_type(cs.routes.delete("u", wait=True), RouterPartDeletion)
    assert_type(cs.vr_firewall_filters.list(name="a"), list[VrFirewallFilter])
    assert_type(cs.vr_firewall_filters.page(), Page[VrFirewallFilter])
    assert_type(cs.vr_firewall_filters.find(uuid="u"), VrFirewallFilter | None)
    assert_type(cs.vr_firewall_filters.get("u", fields="uuid"), VrFirewallFilter)
    assert_type(
        cs.vr_firewall_filters.create(policy=policy, order=1, protocol="tcp", src_addr_op="!=", wait=True),
        VrFirewallFilter,
    )
    assert_type(cs.vr_firewall_filters.create_many([]), list[VrFirewallFilter])
    assert_type(cs.vr_firewall_filters.delete("u", wait=True), RouterPartDeletion)
    assert_type(cs.vr_firewall_policies.list(name="a"), list[VrFirewallPolicy])
    assert_type(cs.vr_firewall_policies.page(), Page[VrFirewallPolicy])
    assert_type(cs.vr_firewall_policies.find(uuid="u"), VrFirewallPolicy | None)
    assert_type(cs.vr_firewall_policies.get("u", fields="uuid"), VrFirewallPolicy)
    assert_type(
        cs.vr_firewall_policies.create(
            name="a", order=1, filters=[*policy.filters, {"order": 1, "protocol": "tcp"}], wait=True
        ),
        VrFirewallPolicy,
    )
    assert_type(cs.vr_firewall_policies.create_many([]), list[VrFirewallPolicy])
    assert_type(cs.vr_firewall_policies.delete("u", wait=True), RouterPartDeletion)
    assert_type(cs.routes.update("u", gateway="g"), Route)
    assert_type(cs.vr_firewall_filters.update(policy.filters[0], log=True), VrFirewallFilter)
    assert_type(cs.vr_firewall_filters.enable_logging("u"), RouterAction)
    assert_type(cs.vr_firewall_filters.disable_logging(policy.filters[0]), RouterAction)
    assert_type(cs.vr_firewall_policies.update(policy, lan_interface=None), VrFirewallPolicy)
    assert_type(cs.vr_firewall_policies.enable(policy), RouterAction)
    assert_type(cs.vr_firewall_policies.disable(policy), RouterAction)
    assert_type(cs.tunnels.list(), list[Tunnel])
    assert_type(cs.tunnels.create({"anything": 1}), Tunnel)
    assert_type(cs.tunnels.update("u", {"anything": 2}, wait=True), Tunnel)
    assert_type(cs.tunnels.delete("u"), RouterPartDeletion)
    assert_type(cs.subscriptions.list(status="active", resource=["ip", "vlan"]), list[Subscription])
    assert_type(cs.subscriptions.page(), Page[Subscription])
    assert_type(cs.subscriptions.find(subscribed_object="u"), Subscription | None)
    assert_type(cs.subscriptions.get(1), Subscription)
    assert_type(
        cs.subscriptions.create(resource="mem", amount=1, end_time=datetime.now(), auto_renew=False),
        Subscription,
    )
    assert_type(cs.subscriptions.create_many([{"resource": "ip"}]), list[Subscription])
    assert_type(cs.subscriptions.buy([{"resource": "ip", "amount": "2"}]), SubscriptionList)
    assert_type(cs.subscriptions.priced(status="all"), SubscriptionList)
    assert_type(cs.subscriptions.grouped(resource="ip"), list[Subscription])
    assert_type(cs.subscriptions.extend("1", period="1 month"), Subscription)
    assert_type(cs.subscriptions.auto_renew(1, False), Subscription)
    assert_type(cs.subscription_calculator.get_price(resource="mem", period="1 month"), PriceCalculation)
    assert_type(cs.subscription_calculator.calculate([{"resource": "mem"}]), PriceCalculation)
    assert_type(cs.subscription_calculator.extend(1), CalculatedSubscription)
    assert_type(cs.pricing.list(level=[0, 1]), list[Price])
    assert_type(cs.pricing.page(level=0), Page[Price])
    assert_type(cs.pricing.get(), PriceList)
    assert_type(cs.discounts.list(), list[Discount])
    assert_type(cs.licenses.list(type="stub"), list[License])
    assert_type(cs.licenses.find(name="n"), License | None)
    assert_type(cs.licenses.get(13), License)
    assert_type(cs.ledger.list(time__gt=date(2024, 1, 1), billing_cycle=1), list[LedgerEntry])
    assert_type(cs.ledger.page(time__lt="2024-01-01"), Page[LedgerEntry])
    assert_type(cs.usage.list(poll_time__gt=datetime.now()), list[UsageSample])
    assert_type(cs.usage.page(), Page[UsageSample])
    assert_type(cs.current_usage.get(), CurrentUsage)
    assert_type(cs.burst_usage.list(date__gte="2024-01-01"), list[BurstUsage])
    assert_type(cs.daily_burst_usage.list(date__gt=date(2024, 1, 1)), list[DailyBurstUsage])
    assert_type(cs.notification_contacts.list(email="a"), list[NotificationContact])
    assert_type(cs.notification_contacts.find(name="n"), NotificationContact | None)
    assert_type(cs.notification_contacts.get("u"), NotificationContact)
    assert_type(cs.notification_contacts.create(email="a@example.com", phone="1"), NotificationContact)
    assert_type(cs.notification_contacts.create_many([{"email": "a"}]), list[NotificationContact])
    assert_type(cs.notification_contacts.update("u", name="b"), NotificationContact)
    assert_type(cs.notification_preferences.list(contact="u", type="payment"), list[NotificationPreference])
    assert_type(
        cs.notification_preferences.update(contact="u", medium="email", type="payment", value=True),
        NotificationPreference,
    )
    assert_type(cs.notification_preferences.update_many([]), list[NotificationPreference])
    assert_type(cs.vpcs.list(name="a"), list[Vpc])
    assert_type(cs.vpcs.get("u"), Vpc)
    assert_type(cs.vpcs.find(name__contains="a"), Vpc | None)
    assert_type(cs.vpcs.update("u", nodes=[node, "u"], tags=["t"]), Vpc)
    assert_type(cs.nodes.list(status="active"), list[Node])
    assert_type(cs.nodes.get(node), Node)
    assert_type(cs.host_allocation_pools.list(), list[HostAllocationPool])
    assert_type(cs.host_allocation_pools.get("u"), HostAllocationPool)
    assert_type(cs.host_allocation_pools.update("u", cpu_alloc=Decimal(1)), HostAllocationPool)
    assert_type(cs.host_availability_zones.list(), list[HostAvailabilityZone])
    assert_type(cs.host_availability_zones.find(name="z"), HostAvailabilityZone | None)
    assert_type(router.configuration.lan_interface[0].dhcp, bool)
    assert_type(policy.filters[0].resource_uri.uuid, str)


async def awaited(router: VirtualRouter, policy: VrFirewallPolicy, node: Node) -> None:
    cs = AsyncCloudSigma(token=TOKEN)
    assert_type(cs.virtual_routers.iterate(name="a"), AsyncGenerator[VirtualRouter, None])
    assert_type(cs.lans.iterate(), AsyncGenerator[Lan, None])
    assert_type(cs.subscriptions.iterate(page_size=5), AsyncGenerator[Subscription, None])
    assert_type(cs.ledger.iterate(time__gt="t"), AsyncGenerator[LedgerEntry, None])
    assert_type(cs.vpcs.iterate(), AsyncGenerator[Vpc, None])
    assert_type(cs.tunnels.iterate(), AsyncGenerator[Tunnel, None])
    assert_type(cs.pricing.iterate(level=0), AsyncGenerator[Price, None])
    assert_type(await cs.virtual_routers.list(name="a", fields=["uuid"]), list[VirtualRouter])
    assert_type(await cs.virtual_routers.page(0, 10, tag="t"), Page[VirtualRouter])
    assert_type(await cs.virtual_routers.find(uuid="u"), VirtualRouter | None)
    assert_type(await cs.virtual_routers.get(router), VirtualRouter)
    assert_type(
        await cs.virtual_routers.create(configuration=CONFIGURATION, type="basic", wait=True, timeout=5.0),
        VirtualRouter,
    )
    assert_type(await cs.virtual_routers.create_many([{"configuration": CONFIGURATION}]), list[VirtualRouter])
    assert_type(await cs.virtual_routers.update(router, name="b"), VirtualRouter)
    assert_type(await cs.virtual_routers.update_many([router, "u"], name="b"), list[VirtualRouter])
    assert_type(await cs.virtual_routers.wait(router, ["running", "stopped"], timeout=None), VirtualRouter)
    assert_type(await cs.virtual_routers.enable_firewall(router, wait=True), RouterAction)
    assert_type(await cs.virtual_routers.disable_firewall(router, wait=True), RouterAction)
    assert_type(await cs.virtual_routers.enable_firewall_logging(router, wait=True), RouterAction)
    assert_type(await cs.virtual_routers.disable_firewall_logging(router, wait=True), RouterAction)
    assert_type(await cs.virtual_routers.enable_nat(router, wait=True), RouterAction)
    assert_type(await cs.virtual_routers.disable_nat(router, wait=True), RouterAction)
    assert_type(await cs.virtual_routers.enable_vpn(router, wait=True), RouterAction)
    assert_type(await cs.virtual_routers.disable_vpn(router, wait=True), RouterAction)
    assert_type(await cs.virtual_routers.get_log(router, "firewall"), Page[RouterLogEntry])
    assert_type(await cs.virtual_routers.get_keys(router), list[RouterKey])
    assert_type(await cs.virtual_routers.export_key(router, "u"), ExportedRouterKey)
    assert_type(await cs.virtual_routers.schema(), Schema)
    assert_type(await cs.lans.list(uuid=["u"]), list[Lan])
    assert_type(await cs.lans.get("u"), Lan)
    assert_type(await cs.lans.update(router.configuration.lan_interface[0], name="b", order=1), Lan)
    assert_type(await cs.lans.configure_dhcp("u", ipv4_dhcp_enabled=True, wait=True), RouterAction)
    assert_type(
        await cs.upstreams.configure_vpn(router.configuration.upstream, vpn_type="pptp"), RouterAction
    )
    assert_type(await cs.ip_aliases.list(name="a"), list[IpAlias])
    assert_type(await cs.ip_aliases.page(), Page[IpAlias])
    assert_type(await cs.ip_aliases.find(uuid="u"), IpAlias | None)
    assert_type(await cs.ip_aliases.get("u", fields="uuid"), IpAlias)
    assert_type(
        await cs.ip_aliases.create(
            interface=router.configuration.lan_interface[0], ip_address="10.0.0.1", wait=True
        ),
        IpAlias,
    )
    assert_type(await cs.ip_aliases.create_many([]), list[IpAlias])
    assert_type(await cs.ip_aliases.delete("u", wait=True), RouterPartDeletion)
    assert_type(await cs.port_forwards.list(name="a"), list[PortForward])
    assert_type(await cs.port_forwards.page(), Page[PortForward])
    assert_type(await cs.port_forwards.find(uuid="u"), PortForward | None)
    assert_type(await cs.port_forwards.get("u", fields="uuid"), PortForward)
    assert_type(
        await cs.port_forwards.create(
            nat=router.configuration.nat,
            protocol="TCP",
            mapped_port=1,
            forwarding_host="h",
            forwarding_port="2",
            wait=True,
        ),
        PortForward,
    )
    assert_type(await cs.port_forwards.create_many([]), list[PortForward])
    assert_type(await cs.port_forwards.delete("u", wait=True), RouterPartDeletion)
    assert_type(await cs.address_forwards.list(name="a"), list[AddressForward])
    assert_type(await cs.address_forwards.page(), Page[AddressForward])
    assert_type(await cs.address_forwards.find(uuid="u"), AddressForward | None)
    assert_type(await cs.address_forwards.get("u", fields="uuid"), AddressForward)
    assert_type(
        await cs.address_forwards.create(
            nat="u", local_ipv4_address="a", upstream_ipv4_address="b", wait=True
        ),
        AddressForward,
    )
    assert_type(await cs.address_forwards.create_many([]), list[AddressForward])
    assert_type(await cs.address_forwards.delete("u", wait=True), RouterPartDeletion)
    assert_type(await cs.routes.list(name="a"), list[Route])
    assert_type(await cs.routes.page(), Page[Route])
    assert_type(await cs.routes.find(uuid="u"), Route | None)
    assert_type(await cs.routes.get("u", fields="uuid"), Route)
    assert_type(await cs.routes.create(virtual_router=router, inet="inet", wait=True), Route)
    assert_type(await cs.routes.create_many([]), list[Route])
    assert_type(await cs.routes.delete("u", wait=True), RouterPartDeletion)
    assert_type(await cs.vr_firewall_filters.list(name="a"), list[VrFirewallFilter])
    assert_type(await cs.vr_firewall_filters.page(), Page[VrFirewallFilter])
    assert_type(await cs.vr_firewall_filters.find(uuid="u"), VrFirewallFilter | None)
    assert_type(await cs.vr_firewall_filters.get("u", fields="uuid"), VrFirewallFilter)
    assert_type(
        await cs.vr_firewall_filters.create(
            policy=policy, order=1, protocol="tcp", src_addr_op="!=", wait=True
        ),
        VrFirewallFilter,
    )
    assert_type(await cs.vr_firewall_filters.create_many([]), list[VrFirewallFilter])
    assert_type(await cs.vr_firewall_filters.delete("u", wait=True), RouterPartDeletion)
    assert_type(await cs.vr_firewall_policies.list(name="a"), list[VrFirewallPolicy])
    assert_type(await cs.vr_firewall_policies.page(), Page[VrFirewallPolicy])
    assert_type(await cs.vr_firewall_policies.find(uuid="u"), VrFirewallPolicy | None)
    assert_type(await cs.vr_firewall_policies.get("u", fields="uuid"), VrFirewallPolicy)
    assert_type(
        await cs.vr_firewall_policies.create(
            name="a", order=1, filters=[*policy.filters, {"order": 1, "protocol": "tcp"}], wait=True
        ),
        VrFirewallPolicy,
    )
    assert_type(await cs.vr_firewall_policies.create_many([]), list[VrFirewallPolicy])
    assert_type(await cs.vr_firewall_policies.delete("u", wait=True), RouterPartDeletion)
    assert_type(await cs.routes.update("u", gateway="g"), Route)
    assert_type(await cs.vr_firewall_filters.update(policy.filters[0], log=True), VrFirewallFilter)
    assert_type(await cs.vr_firewall_filters.enable_logging("u"), RouterAction)
    assert_type(await cs.vr_firewall_filters.disable_logging(policy.filters[0]), RouterAction)
    assert_type(await cs.vr_firewall_policies.update(policy, lan_interface=None), VrFirewallPolicy)
    assert_type(await cs.vr_firewall_policies.enable(policy), RouterAction)
    assert_type(await cs.vr_firewall_policies.disable(policy), RouterAction)
    assert_type(await cs.tunnels.list(), list[Tunnel])
    assert_type(await cs.tunnels.create({"anything": 1}), Tunnel)
    assert_type(await cs.tunnels.update("u", {"anything": 2}, wait=True), Tunnel)
    assert_type(await cs.tunnels.delete("u"), RouterPartDeletion)
    assert_type(await cs.subscriptions.list(status="active", resource=["ip", "vlan"]), list[Subscription])
    assert_type(await cs.subscriptions.page(), Page[Subscription])
    assert_type(await cs.subscriptions.find(subscribed_object="u"), Subscription | None)
    assert_type(await cs.subscriptions.get(1), Subscription)
    assert_type(
        await cs.subscriptions.create(resource="mem", amount=1, end_time=datetime.now(), auto_renew=False),
        Subscription,
    )
    assert_type(await cs.subscriptions.create_many([{"resource": "ip"}]), list[Subscription])
    assert_type(await cs.subscriptions.buy([{"resource": "ip", "amount": "2"}]), SubscriptionList)
    assert_type(await cs.subscriptions.priced(status="all"), SubscriptionList)
    assert_type(await cs.subscriptions.grouped(resource="ip"), list[Subscription])
    assert_type(await cs.subscriptions.extend("1", period="1 month"), Subscription)
    assert_type(await cs.subscriptions.auto_renew(1, False), Subscription)
    assert_type(
        await cs.subscription_calculator.get_price(resource="mem", period="1 month"), PriceCalculation
    )
    assert_type(await cs.subscription_calculator.calculate([{"resource": "mem"}]), PriceCalculation)
    assert_type(await cs.subscription_calculator.extend(1), CalculatedSubscription)
    assert_type(await cs.pricing.list(level=[0, 1]), list[Price])
    assert_type(await cs.pricing.page(level=0), Page[Price])
    assert_type(await cs.pricing.get(), PriceList)
    assert_type(await cs.discounts.list(), list[Discount])
    assert_type(await cs.licenses.list(type="stub"), list[License])
    assert_type(await cs.licenses.find(name="n"), License | None)
    assert_type(await cs.licenses.get(13), License)
    assert_type(await cs.ledger.list(time__gt=date(2024, 1, 1), billing_cycle=1), list[LedgerEntry])
    assert_type(await cs.ledger.page(time__lt="2024-01-01"), Page[LedgerEntry])
    assert_type(await cs.usage.list(poll_time__gt=datetime.now()), list[UsageSample])
    assert_type(await cs.usage.page(), Page[UsageSample])
    assert_type(await cs.current_usage.get(), CurrentUsage)
    assert_type(await cs.burst_usage.list(date__gte="2024-01-01"), list[BurstUsage])
    assert_type(await cs.daily_burst_usage.list(date__gt=date(2024, 1, 1)), list[DailyBurstUsage])
    assert_type(await cs.notification_contacts.list(email="a"), list[NotificationContact])
    assert_type(await cs.notification_contacts.find(name="n"), NotificationContact | None)
    assert_type(await cs.notification_contacts.get("u"), NotificationContact)
    assert_type(await cs.notification_contacts.create(email="a@example.com", phone="1"), NotificationContact)
    assert_type(await cs.notification_contacts.create_many([{"email": "a"}]), list[NotificationContact])
    assert_type(await cs.notification_contacts.update("u", name="b"), NotificationContact)
    assert_type(
        await cs.notification_preferences.list(contact="u", type="payment"), list[NotificationPreference]
    )
    assert_type(
        await cs.notification_preferences.update(contact="u", medium="email", type="payment", value=True),
        NotificationPreference,
    )
    assert_type(await cs.notification_preferences.update_many([]), list[NotificationPreference])
    assert_type(await cs.vpcs.list(name="a"), list[Vpc])
    assert_type(await cs.vpcs.get("u"), Vpc)
    assert_type(await cs.vpcs.find(name__contains="a"), Vpc | None)
    assert_type(await cs.vpcs.update("u", nodes=[node, "u"], tags=["t"]), Vpc)
    assert_type(await cs.nodes.list(status="active"), list[Node])
    assert_type(await cs.nodes.get(node), Node)
    assert_type(await cs.host_allocation_pools.list(), list[HostAllocationPool])
    assert_type(await cs.host_allocation_pools.get("u"), HostAllocationPool)
    assert_type(await cs.host_allocation_pools.update("u", cpu_alloc=Decimal(1)), HostAllocationPool)
    assert_type(await cs.host_availability_zones.list(), list[HostAvailabilityZone])
    assert_type(await cs.host_availability_zones.find(name="z"), HostAvailabilityZone | None)
