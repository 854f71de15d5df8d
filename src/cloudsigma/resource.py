"""The old library's resource classes: ``Drive().create({...})`` and the rest, dictionaries in and out.

Every class works on one root of the API; ``ResourceBase`` says what they have in common. New programs use the
collections of ``cloudsigma.CloudSigma``, which have types, pages, waiting and an awaited face.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from .core.call import run
from .core.chunks import ChunkPlan, chunk_seconds
from .generic import GenericClient
from .legacy.base import Params, ResourceBase, avoiding
from .legacy.websocket import Websocket
from .legacy.websocket_client import WebsocketTimeoutError

if TYPE_CHECKING:
    from .legacy.response import Response

Avoid: TypeAlias = str | Iterable[str] | None
Data: TypeAlias = Mapping[str, Any] | None

__all__ = [
    "IP",
    "VLAN",
    "Accounts",
    "Acls",
    "AddressForwards",
    "AuditLog",
    "BServer",
    "Balance",
    "BurstUsage",
    "Capabilites",
    "CurrentUsage",
    "Discount",
    "Drive",
    "DriveUsers",
    "FirewallPolicy",
    "GlobalContext",
    "HostAllocationPools",
    "HostAvailabilityZones",
    "InitUpload",
    "IpAliases",
    "Jobs",
    "Lans",
    "Ledger",
    "LibDrive",
    "Licenses",
    "Locations",
    "Nodes",
    "NotificationContact",
    "NotificationPreference",
    "PortForwards",
    "Pricing",
    "Profile",
    "RemoteSnapshot",
    "ResourceBase",
    "Routes",
    "Server",
    "ServersAvailabilityGroups",
    "Snapshot",
    "SubscriptionCalculator",
    "Subscriptions",
    "Tags",
    "Upstream",
    "Usage",
    "VirtualRouters",
    "Vpc",
    "VrFwFilters",
    "VrFwPolicies",
    "Websocket",
    "WebsocketTimeoutError",
]


class Profile(ResourceBase):
    """The account's profile; there is one."""

    resource_name = "profile"

    def get(self) -> Any:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return the profile."""
        return self.c.get(self._get_url(), return_list=False)

    def update(self, data: Any) -> Any:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """Write the profile and return it."""
        return self.c.put(self._get_url(), data, return_list=False)


class GlobalContext(ResourceBase):
    """Keys and values that every server of the account sees in its server context."""

    resource_name = "global_context"

    def get(self) -> Any:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return the global context."""
        return self.c.get(self._get_url(), return_list=False)

    def update(self, data: Any) -> Any:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """Replace the whole global context and return it."""
        return self.c.post(self._get_url(), data, return_list=False)


class NotificationContact(ResourceBase):
    """Who is told of events."""

    resource_name = "notification_contacts"


class NotificationPreference(ResourceBase):
    """Of which events a contact is told."""

    resource_name = "notification_preferences"

    def update(self, data: Any) -> Any:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """Write preferences and return the list of them."""
        return self.c.put(self._get_url(), data, return_list=True)


class LibDrive(ResourceBase):
    """Drives of the library: preinstalled systems and installation media."""

    resource_name = "libdrives"


class _Cloneable(ResourceBase):
    def clone(self, uuid: Any, data: Data = None, avoid: Avoid = None) -> Any:
        """Clone an object and return the definition of the clone.

        Arguments: ``data``, fields that the clone gets other than its source's; ``avoid``, uuids of drives or servers
        whose storage hosts the clone's drives are to avoid.
        """
        return self._object_action(uuid, "clone", data or {}, query_params=avoiding(avoid))


class Drive(_Cloneable):
    """The account's drives."""

    resource_name = "drives"

    def resize(self, uuid: Any, data: Data = None) -> Any:
        """Give a drive another size: ``data`` is its definition with the new ``size`` in bytes."""
        return self._object_action(uuid, "resize", data or {})

    def create(self, data: Any, avoid: Avoid = None) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Create a drive from ``name``, ``size`` in bytes and ``media``, or several from a list of such.

        ``avoid`` is as for ``clone``.
        """
        return super().create(data, query_params=avoiding(avoid))

    def get_upload_chunk_link(self, uuid: Any, chunk_number: int, chunk_size: int = 5 * 1024**2) -> str:
        """Return the link to which a chunk of an image is to be sent within five minutes, without credentials.

        Arguments: ``chunk_number``, from 0; ``chunk_size`` in bytes. The last chunk takes the rest as well and is the
        bigger one.
        """
        link: str = self._object_action(
            uuid, "upload_chunk", {"chunk_number": chunk_number, "chunk_size": chunk_size}
        )["link"]
        return link

    def upload_chunk(self, link: str, image_path: str | Path, chunk_number: int, chunk_size: int) -> Response:
        """Send one chunk of an image file to its link, and return the answer, whatever its status.

        Arguments are those of ``get_upload_chunk_link``. A redirect is not followed, as that would lose the data.
        Raises ``ValueError`` when the file has no such chunk, and ``cloudsigma.errors.ImageChanged`` when it
        changed while it was read.
        """
        from .legacy.image import opened

        with opened(image_path) as image:
            chunk = ChunkPlan(image.size, chunk_size).numbered(chunk_number)
            data = run(image.read(chunk.offset, chunk.length))
            run(image.check())
        url = link if "://" in link else self.c._get_full_url(link)
        headers = {"Content-Type": "application/octet-stream", "Accept": "application/json"}
        seconds = chunk_seconds(len(data), self.c._current_settings().timeout)
        return self.c.http.post(url, data=data, headers=headers, timeout=seconds, allow_redirects=False)


class InitUpload(ResourceBase):
    """Makes drives that wait for an image."""

    resource_name = "initupload"

    def create(self, data: Any, avoid: Avoid = None, image_path: str | Path | None = None) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Create a drive for an upload.

        Arguments: ``data``, the drive's definition, whose ``size`` is exactly that of the image in bytes; ``avoid`` as
        for ``Drive.clone``; ``image_path``, the image, from which ``name`` and ``size`` are taken where ``data``
        has none.
        """
        if image_path is not None:
            path = Path(image_path)
            data = dict(data)
            data["name"] = data.get("name") or path.name
            data["size"] = data.get("size") or path.stat().st_size
        return super().create(data, query_params=avoiding(avoid))


class Server(_Cloneable):
    """The account's servers."""

    resource_name = "servers"

    def start(self, uuid: Any, allocation_method: str | None = None) -> Any:
        """Start a server; ``allocation_method`` is one of the capabilities' ``start_methods``."""
        return self._object_action(
            uuid, "start", {"allocation_method": str(allocation_method)} if allocation_method else {}
        )

    def stop(self, uuid: Any) -> Any:
        """Stop a server at once, as if its power was cut."""
        return self._object_action(uuid, "stop", {})

    def restart(self, uuid: Any) -> Any:
        """Restart a server."""
        return self._object_action(uuid, "restart", {})

    def shutdown(self, uuid: Any) -> Any:
        """Ask a server's system to shut down (ACPI)."""
        return self._object_action(uuid, "shutdown", {})

    def runtime(self, uuid: Any) -> Any:
        """Return what is known of a running server: addresses, traffic, start time."""
        return self.c.get(self._object_url(uuid) + "runtime/", return_list=False)

    def open_vnc(self, uuid: Any) -> Any:
        """Open the way to the server's screen and return its ``vnc_url``."""
        return self._object_action(uuid, "open_vnc", {})

    def close_vnc(self, uuid: Any) -> Any:
        """Close the way to the server's screen."""
        return self._object_action(uuid, "close_vnc", {})

    def open_console(self, uuid: Any) -> Any:
        """Open the way to the server's serial console and return its ``console_url``."""
        return self._object_action(uuid, "open_console", {})

    def close_console(self, uuid: Any) -> Any:
        """Close the way to the server's serial console."""
        return self._object_action(uuid, "close_console", {})

    def delete(self, uuid: Any, recurse: str | None = None) -> Any:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """Delete a server; ``recurse`` names what goes with it: ``all_drives``, ``disks`` or ``cdroms``."""
        return super().delete(uuid, query_params=None if recurse is None else {"recurse": recurse})

    def delete_with_all_drives(self, uuid: Any) -> Any:
        """Delete a server with all drives attached to it."""
        return self.delete(uuid, recurse="all_drives")

    def delete_with_disks(self, uuid: Any) -> Any:
        """Delete a server with the disks attached to it."""
        return self.delete(uuid, recurse="disks")

    def delete_with_cdroms(self, uuid: Any) -> Any:
        """Delete a server with the CD-ROMs attached to it."""
        return self.delete(uuid, recurse="cdroms")


class BServer(Server):
    """Backfilling servers: cheap ones that may be stopped at any time."""

    resource_name = "bservers"


class ServersAvailabilityGroups(ResourceBase):
    """Which servers share a physical host: lists of lists of uuids."""

    resource_name = "servers/availability_groups"


class VLAN(ResourceBase):
    """The account's private networks."""

    resource_name = "vlans"


class IP(ResourceBase):
    """The account's addresses."""

    resource_name = "ips"


class FirewallPolicy(ResourceBase):
    """Firewall policies for network cards."""

    resource_name = "fwpolicies"


class Subscriptions(ResourceBase):
    """Resources bought for a time."""

    resource_name = "subscriptions"

    def extend(self, uuid: Any, data: Data = None) -> Any:
        """Extend a subscription, by default by its own period."""
        return self._object_action(uuid, "extend", data or {})


class SubscriptionCalculator(Subscriptions):
    """Prices of subscriptions, without buying."""

    resource_name = "subscriptioncalculator"

    def get_price(self, amount: Any, period: str, resource_type: str) -> Any:
        """Return the price of an amount of a resource for a period such as ``"1 month"``."""
        return self.create({"amount": amount, "period": period, "resource": resource_type})["price"]


class Ledger(ResourceBase):
    """Every movement of money."""

    resource_name = "ledger"


class Balance(ResourceBase):
    """The account's money."""

    resource_name = "balance"


class Discount(ResourceBase):
    """Discounts for long subscriptions."""

    resource_name = "discount"


class Pricing(ResourceBase):
    """The price list."""

    resource_name = "pricing"


class AuditLog(ResourceBase):
    """Who did what."""

    resource_name = "logs"


class Licenses(ResourceBase):
    """Licences that can be bought."""

    resource_name = "licenses"


class Capabilites(ResourceBase):
    """What the location offers, and its limits."""

    resource_name = "capabilities"


class Accounts(ResourceBase):
    """Sessions, tickets and new accounts."""

    resource_name = "accounts"

    def authenticate_asynchronous(self) -> Any:
        """Ask for a ticket for the websocket; it is the cookie ``async_auth`` of ``c.resp``."""
        return self._action(None, "authenticate_asynchronous", {})

    def create(self, email: str, promo_code: str | None = None) -> Any:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """Ask for a new account; no credentials are sent, then and afterwards."""
        self.c.login_method = GenericClient.LOGIN_METHOD_NONE
        return self._action(None, "create", {"email": email, "promo": promo_code})


class CurrentUsage(ResourceBase):
    """What is used and subscribed now."""

    resource_name = "currentusage"


class Usage(ResourceBase):
    """What every object used at every measurement, some five minutes apart.

    ``query_params`` of ``list`` are ``poll_time__gt`` and ``poll_time__lt``, times as text or ``datetime``, both
    excluded. The old documentation had this class, the old library had not.
    """

    resource_name = "usage"


class Snapshot(_Cloneable):
    """Snapshots of drives; a clone of one is a drive."""

    resource_name = "snapshots"


class Tags(ResourceBase):
    """Tags, which group objects of any kind."""

    resource_name = "tags"

    def list_resource(self, uuid: Any, resource_name: str) -> Any:
        """Return the tag's objects of one kind, such as ``servers``."""
        return self.c.get(f"{self._object_url(uuid)}{resource_name}/", return_list=True)

    def drives(self, uuid: Any) -> Any:
        """Return the tag's drives."""
        return self.list_resource(uuid, "drives")

    def servers(self, uuid: Any) -> Any:
        """Return the tag's servers."""
        return self.list_resource(uuid, "servers")

    def ips(self, uuid: Any) -> Any:
        """Return the tag's addresses."""
        return self.list_resource(uuid, "ips")

    def vlans(self, uuid: Any) -> Any:
        """Return the tag's private networks."""
        return self.list_resource(uuid, "vlans")


class Acls(ResourceBase):
    """Access to tagged objects for other accounts."""

    resource_name = "acls"


class Jobs(ResourceBase):
    """Long operations and their progress."""

    resource_name = "jobs"


class BurstUsage(ResourceBase):
    """What was used beyond the subscriptions."""

    resource_name = "burstusage"


class Locations(ResourceBase):
    """The cloud's locations with their endpoints."""

    resource_name = "locations"


class RemoteSnapshot(_Cloneable):
    """Snapshots kept at another location; a clone of one is a drive."""

    resource_name = "remotesnapshots"


class Vpc(ResourceBase):
    """Virtual private clouds."""

    resource_name = "vpc"


class Nodes(ResourceBase):
    """Dedicated hosts."""

    resource_name = "nodes"


class HostAvailabilityZones(ResourceBase):
    """Zones to place servers in."""

    resource_name = "hostavailabilityzones"


class HostAllocationPools(ResourceBase):
    """How a virtual private cloud's hosts are shared out."""

    resource_name = "hostallocationpools"


class DriveUsers(ResourceBase):
    """Licensed users of drives, by the drive's uuid."""

    resource_name = "driveusers"


class VirtualRouters(ResourceBase):
    """Virtual routers."""

    resource_name = "virtualrouters"

    def enable_nat(self, virtual_router_uuid: Any, data: Data) -> Any:
        """Switch address translation on."""
        return self._object_action(virtual_router_uuid, "enable_nat", data or {})

    def disable_nat(self, virtual_router_uuid: Any, data: Data) -> Any:
        """Switch address translation off."""
        return self._object_action(virtual_router_uuid, "disable_nat", data or {})

    def enable_firewall(self, virtual_router_uuid: Any, data: Data) -> Any:
        """Switch the firewall on."""
        return self._object_action(virtual_router_uuid, "enable_firewall", data or {})

    def disable_firewall(self, virtual_router_uuid: Any, data: Data) -> Any:
        """Switch the firewall off."""
        return self._object_action(virtual_router_uuid, "disable_firewall", data or {})

    def enable_firewall_logging(self, virtual_router_uuid: Any, data: Data) -> Any:
        """Switch the firewall's log on."""
        return self._object_action(virtual_router_uuid, "enable_firewall_logging", data or {})

    def disable_firewall_logging(self, virtual_router_uuid: Any, data: Data) -> Any:
        """Switch the firewall's log off."""
        return self._object_action(virtual_router_uuid, "disable_firewall_logging", data or {})

    def get_log(self, virtual_router_uuid: Any, data: Data, query_params: Params) -> Any:
        """Return the firewall's log."""
        return self._object_action(virtual_router_uuid, "get_log", data or {}, query_params=query_params)


class Lans(ResourceBase):
    """A virtual router's private networks."""

    resource_name = "lans"

    def configure_dhcp(self, virtual_router_uuid: Any, data: Data) -> Any:
        """Set up DHCP on one."""
        return self._object_action(virtual_router_uuid, "configure_dhcp", data or {})


class IpAliases(ResourceBase):
    """A virtual router's further addresses."""

    resource_name = "ipaliases"


class Upstream(ResourceBase):
    """A virtual router's side to the world."""

    resource_name = "upstream"

    def configure_vpn(self, virtual_router_uuid: Any, data: Data) -> Any:
        """Set up a VPN on one."""
        return self._object_action(virtual_router_uuid, "configure_vpn", data or {})


class PortForwards(ResourceBase):
    """Ports that a virtual router passes on."""

    resource_name = "portforwards"


class AddressForwards(ResourceBase):
    """Addresses that a virtual router passes on."""

    resource_name = "addressforwards"


class VrFwPolicies(ResourceBase):
    """Firewall policies of virtual routers."""

    resource_name = "vrfwpolicies"

    def enable(self, fw_policy_uuid: Any, data: Data) -> Any:
        """Switch a policy on."""
        return self._object_action(fw_policy_uuid, "enable", data or {})

    def disable(self, fw_policy_uuid: Any, data: Data) -> Any:
        """Switch a policy off."""
        return self._object_action(fw_policy_uuid, "disable", data or {})


class VrFwFilters(ResourceBase):
    """Filters of such policies."""

    resource_name = "vrfwfilters"

    def enable_logging(self, fw_filter_uuid: Any, data: Data) -> Any:
        """Switch a filter's log on."""
        return self._object_action(fw_filter_uuid, "enable_logging", data or {})

    def disable_logging(self, fw_filter_uuid: Any, data: Data) -> Any:
        """Switch a filter's log off."""
        return self._object_action(fw_filter_uuid, "disable_logging", data or {})


class Routes(ResourceBase):
    """Static routes of virtual routers."""

    resource_name = "routes"
