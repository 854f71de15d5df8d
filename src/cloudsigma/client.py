"""The two clients: the same collections and calls, blocking or awaited.

with CloudSigma() as cs: cs.servers.list()
async with AsyncCloudSigma() as cs: await cs.servers.list()
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any, Unpack

from .config import Options, Settings, load_settings
from .core.call import Async, F, Faced, Sync, call, stream
from .core.requests import Requests
from .records.event import Event

if TYPE_CHECKING:
    from .api.accounts import Accounts
    from .api.acls import Acls
    from .api.address_forwards import AddressForwards
    from .api.audit_log import AuditLog
    from .api.backup_schedulers import BackupSchedulers
    from .api.balance import AccountBalance
    from .api.bservers import BServers
    from .api.burst_usage import BurstUsages, DailyBurstUsages
    from .api.capabilities import LocationCapabilities
    from .api.cloud_status import LocationStatus
    from .api.current_usage import AccountUsage
    from .api.discounts import Discounts
    from .api.drive_users import DriveUsers
    from .api.drives import Drives
    from .api.firewall_policies import FirewallPolicies
    from .api.global_context import GlobalContext
    from .api.host_allocation_pools import HostAllocationPools
    from .api.host_availability_zones import HostAvailabilityZones
    from .api.ip_aliases import IpAliases
    from .api.ips import Ips
    from .api.jobs import Jobs
    from .api.keypairs import Keypairs
    from .api.lans import Lans
    from .api.ledger import Ledger
    from .api.library_drives import LibraryDrives
    from .api.licenses import Licenses
    from .api.locations import Locations
    from .api.nodes import Nodes
    from .api.notification_contacts import NotificationContacts
    from .api.notification_preferences import NotificationPreferences
    from .api.port_forwards import PortForwards
    from .api.pricing import Pricing
    from .api.profile import UserProfile
    from .api.pubkeys import Pubkeys
    from .api.remote_snapshots import RemoteSnapshots
    from .api.routes import Routes
    from .api.servers import Servers
    from .api.snapshots import Snapshots
    from .api.subscription_calculator import SubscriptionCalculator
    from .api.subscriptions import Subscriptions
    from .api.tags import Tags
    from .api.tunnels import Tunnels
    from .api.upstreams import Upstreams
    from .api.usage import Usage
    from .api.virtual_routers import VirtualRouters
    from .api.vlans import Vlans
    from .api.vmware_servers import VmwareServers
    from .api.vpcs import Vpcs
    from .api.vr_firewall_filters import VrFirewallFilters
    from .api.vr_firewall_policies import VrFirewallPolicies
    from .core.port import Port


class _Hung:
    """A collection of a client: its module is imported and the collection made when it is first used."""

    def __init__(self, module: str, cls: str) -> None:
        self._module = module
        self._class = cls

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, client: Any, owner: type) -> Any:
        if client is None:
            return self
        # Two threads may come here at once; both get the same collection, with the same locks.
        return client.__dict__.setdefault(self._name, self.load()(client._requests))

    def load(self) -> Any:
        """Import and return the class of the collection."""
        return getattr(import_module(f".api.{self._module}", __package__), self._class)


def hung(module: str, cls: str) -> Any:
    """Hang a collection of ``cloudsigma.api`` on the client; the annotation beside it is for type checkers."""
    return _Hung(module, cls)


class Client(Faced[F]):
    """What both clients have."""

    accounts: Accounts[F] = hung("accounts", "Accounts")
    acls: Acls[F] = hung("acls", "Acls")
    address_forwards: AddressForwards[F] = hung("address_forwards", "AddressForwards")
    audit_log: AuditLog[F] = hung("audit_log", "AuditLog")
    backup_schedulers: BackupSchedulers[F] = hung("backup_schedulers", "BackupSchedulers")
    balance: AccountBalance[F] = hung("balance", "AccountBalance")
    bservers: BServers[F] = hung("bservers", "BServers")
    burst_usage: BurstUsages[F] = hung("burst_usage", "BurstUsages")
    capabilities: LocationCapabilities[F] = hung("capabilities", "LocationCapabilities")
    cloud_status: LocationStatus[F] = hung("cloud_status", "LocationStatus")
    current_usage: AccountUsage[F] = hung("current_usage", "AccountUsage")
    daily_burst_usage: DailyBurstUsages[F] = hung("burst_usage", "DailyBurstUsages")
    discounts: Discounts[F] = hung("discounts", "Discounts")
    drive_users: DriveUsers[F] = hung("drive_users", "DriveUsers")
    drives: Drives[F] = hung("drives", "Drives")
    firewall_policies: FirewallPolicies[F] = hung("firewall_policies", "FirewallPolicies")
    global_context: GlobalContext[F] = hung("global_context", "GlobalContext")
    host_allocation_pools: HostAllocationPools[F] = hung("host_allocation_pools", "HostAllocationPools")
    host_availability_zones: HostAvailabilityZones[F] = hung(
        "host_availability_zones", "HostAvailabilityZones"
    )
    ip_aliases: IpAliases[F] = hung("ip_aliases", "IpAliases")
    ips: Ips[F] = hung("ips", "Ips")
    jobs: Jobs[F] = hung("jobs", "Jobs")
    keypairs: Keypairs[F] = hung("keypairs", "Keypairs")
    lans: Lans[F] = hung("lans", "Lans")
    ledger: Ledger[F] = hung("ledger", "Ledger")
    library_drives: LibraryDrives[F] = hung("library_drives", "LibraryDrives")
    licenses: Licenses[F] = hung("licenses", "Licenses")
    locations: Locations[F] = hung("locations", "Locations")
    nodes: Nodes[F] = hung("nodes", "Nodes")
    notification_contacts: NotificationContacts[F] = hung("notification_contacts", "NotificationContacts")
    notification_preferences: NotificationPreferences[F] = hung(
        "notification_preferences", "NotificationPreferences"
    )
    port_forwards: PortForwards[F] = hung("port_forwards", "PortForwards")
    pricing: Pricing[F] = hung("pricing", "Pricing")
    profile: UserProfile[F] = hung("profile", "UserProfile")
    pubkeys: Pubkeys[F] = hung("pubkeys", "Pubkeys")
    remote_snapshots: RemoteSnapshots[F] = hung("remote_snapshots", "RemoteSnapshots")
    routes: Routes[F] = hung("routes", "Routes")
    servers: Servers[F] = hung("servers", "Servers")
    snapshots: Snapshots[F] = hung("snapshots", "Snapshots")
    subscription_calculator: SubscriptionCalculator[F] = hung(
        "subscription_calculator", "SubscriptionCalculator"
    )
    subscriptions: Subscriptions[F] = hung("subscriptions", "Subscriptions")
    tags: Tags[F] = hung("tags", "Tags")
    tunnels: Tunnels[F] = hung("tunnels", "Tunnels")
    upstreams: Upstreams[F] = hung("upstreams", "Upstreams")
    usage: Usage[F] = hung("usage", "Usage")
    virtual_routers: VirtualRouters[F] = hung("virtual_routers", "VirtualRouters")
    vlans: Vlans[F] = hung("vlans", "Vlans")
    vmware_servers: VmwareServers[F] = hung("vmware_servers", "VmwareServers")
    vpcs: Vpcs[F] = hung("vpcs", "Vpcs")
    vr_firewall_filters: VrFirewallFilters[F] = hung("vr_firewall_filters", "VrFirewallFilters")
    vr_firewall_policies: VrFirewallPolicies[F] = hung("vr_firewall_policies", "VrFirewallPolicies")

    def __init__(self, port: Port, settings: Settings) -> None:
        self._blocking = port.blocking
        self._requests = Requests(port, settings)

    def __repr__(self) -> str:
        settings = self._requests.settings
        user = f" as {settings.username}" if settings.username else ""
        return f"<{type(self).__name__} {settings.api_endpoint}{user}>"

    @property
    def settings(self) -> Settings:
        """The settings in force, wherever they came from."""
        return self._requests.settings

    @call
    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        timeout: float | None = None,
    ) -> Any:
        """Call the API as it is, with this client's credentials, repetitions and errors, and return the decoded JSON.

        ``path`` is relative to the API's root (``"servers/detail/"``), a resource_uri, or a URL of the same host.
        ``params`` become the query, ``body`` is sent as JSON, ``timeout`` is in seconds for the whole call. An answer
        without a body (204) gives None. Raises the errors of ``cloudsigma.errors``.
        """
        answer = await self._requests.request(method, path, params=params, body=body, timeout=timeout)
        return answer.data

    @stream
    async def events(self, resource_types: Collection[str] | None = None) -> AsyncGenerator[Event, None]:
        """Yield what happens in the account, as it happens, for ever: one event for each change of a resource.

        ``resource_types`` are the collections of interest (``["servers", "drives"]``), all when None. The websocket is
        renewed when it is lost; events of that time are not told again, and a warning is logged. What an event names
        may be gone (404) by the time it is read.

        Raises ``cloudsigma.errors.AuthError`` when the credentials are refused and
        ``cloudsigma.errors.ConnectionFailed`` when the websocket cannot be had at all.
        """
        kinds = [resource_types] if isinstance(resource_types, str) else resource_types
        listening = self._requests.events.listen(kinds)
        try:
            async for event in listening:
                yield event
        finally:
            await listening.aclose()

    @call
    async def close(self) -> None:
        """Close every connection. A client is closed by the end of its ``with`` block, too."""
        await self._close()

    async def _close(self) -> None:
        await self._requests.close()


def collections() -> dict[str, Callable[[], Any]]:
    """Return the name of each collection of a client and what imports its class."""
    return {name: value.load for name, value in vars(Client).items() if isinstance(value, _Hung)}


class CloudSigma(Client[Sync]):
    """The client for ordinary, blocking programs; it may be used from several threads.

    All arguments are keywords and may be left out: ``profile``, ``location``, ``api_endpoint``, ``ws_endpoint``,
    ``username``, ``password``, ``token``, ``login_method``, ``timeout``, ``retries`` (see
    ``cloudsigma.config.Options``). What is not given comes from the environment (``CLOUDSIGMA_USERNAME`` …), from
    the section ``profile`` of the configuration file, or from the file itself (``~/.cloudsigma.conf``).
    ``port`` takes the place of the network.

    Raises ``cloudsigma.errors.ConfigurationError``.
    """

    def __init__(
        self,
        *,
        port: Port | None = None,
        **options: Unpack[Options],
    ) -> None:
        settings = load_settings(**options)
        if port is None:
            from .ports.blocking import BlockingPort

            port = BlockingPort()
        if not port.blocking:
            raise TypeError("CloudSigma needs a blocking port; AsyncCloudSigma takes the other kind")
        super().__init__(port, settings)

    def __enter__(self) -> CloudSigma:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncCloudSigma(Client[Async]):
    """The client for asyncio programs: the same calls, awaited. Its arguments are those of ``CloudSigma``."""

    def __init__(
        self,
        *,
        port: Port | None = None,
        **options: Unpack[Options],
    ) -> None:
        settings = load_settings(**options)
        if port is None:
            from .ports.asyncio import AsyncioPort

            port = AsyncioPort()
        if port.blocking:
            raise TypeError(
                "AsyncCloudSigma needs a port that is not blocking; CloudSigma takes the other kind"
            )
        super().__init__(port, settings)

    async def __aenter__(self) -> AsyncCloudSigma:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()
