"""What the API says: dicts with typed attributes, and the bodies it takes as TypedDicts.

Each name is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .account import AccountCreated as AccountCreated
    from .account import LoginResult as LoginResult
    from .attachment import AttachedDrive as AttachedDrive
    from .attachment import AttachedDriveRuntime as AttachedDriveRuntime
    from .attachment import AttachedDriveSpec as AttachedDriveSpec
    from .attachment import Device as Device
    from .attachment import DriveIo as DriveIo
    from .balance import Balance as Balance
    from .capabilities import Capabilities as Capabilities
    from .capabilities import CapabilitiesSchema as CapabilitiesSchema
    from .capabilities import Currency as Currency
    from .capabilities import EpcLimits as EpcLimits
    from .capabilities import HostLimits as HostLimits
    from .capabilities import IopsLimits as IopsLimits
    from .capabilities import Limits as Limits
    from .capabilities import RemoteSnapshotLimits as RemoteSnapshotLimits
    from .capabilities import ServerLimits as ServerLimits
    from .capabilities import SnapshotLimits as SnapshotLimits
    from .capabilities import StorageLimits as StorageLimits
    from .cloud_status import CloudStatus as CloudStatus
    from .cloud_status import FreeTier as FreeTier
    from .cloud_status import FreeTierMonthly as FreeTierMonthly
    from .drive import ChunkLink as ChunkLink
    from .drive import Drive as Drive
    from .drive import DriveRuntime as DriveRuntime
    from .drive_body import DriveChanges as DriveChanges
    from .drive_body import DriveCloneSpec as DriveCloneSpec
    from .drive_body import DriveFilters as DriveFilters
    from .drive_body import DriveOptions as DriveOptions
    from .drive_body import DriveResizeChanges as DriveResizeChanges
    from .drive_body import DriveSpec as DriveSpec
    from .drive_body import UploadSpec as UploadSpec
    from .event import Event as Event
    from .grantee import Grantee as Grantee
    from .grantee import GranteeUser as GranteeUser
    from .ip import Ip as Ip
    from .ip import IpChanges as IpChanges
    from .ip import IpFilters as IpFilters
    from .job import Job as Job
    from .job import JobData as JobData
    from .job import JobFilters as JobFilters
    from .library_drive import LibraryDrive as LibraryDrive
    from .library_drive import LibraryDriveFilters as LibraryDriveFilters
    from .license import DriveLicense as DriveLicense
    from .license import LicenseType as LicenseType
    from .location import Location as Location
    from .nic import IpConf as IpConf
    from .nic import IpConfSpec as IpConfSpec
    from .nic import IpMode as IpMode
    from .nic import Nic as Nic
    from .nic import NicIo as NicIo
    from .nic import NicRuntime as NicRuntime
    from .nic import NicSpec as NicSpec
    from .nic import ServerNicRuntime as ServerNicRuntime
    from .page import Page as Page
    from .profile import Profile as Profile
    from .profile import ProfileChanges as ProfileChanges
    from .record import Record as Record
    from .reference import Meta as Meta
    from .reference import Ref as Ref
    from .reference import Reference as Reference
    from .reference import SubscriptionReference as SubscriptionReference
    from .schema import Schema as Schema
    from .server import ActionResult as ActionResult
    from .server import ConsoleTunnel as ConsoleTunnel
    from .server import Epc as Epc
    from .server import Gpu as Gpu
    from .server import GpuDevice as GpuDevice
    from .server import Server as Server
    from .server import ServerRuntime as ServerRuntime
    from .server import VncTunnel as VncTunnel
    from .server_body import EpcSpec as EpcSpec
    from .server_body import GpuSpec as GpuSpec
    from .server_body import ServerChanges as ServerChanges
    from .server_body import ServerCloneSpec as ServerCloneSpec
    from .server_body import ServerFilters as ServerFilters
    from .server_body import ServerOptions as ServerOptions
    from .server_body import ServerSpec as ServerSpec
    from .tag import Tag as Tag
    from .tag import TagChanges as TagChanges
    from .tag import TagFilters as TagFilters
    from .tag import TaggedResource as TaggedResource
    from .tag import TagSpec as TagSpec
    from .values import to_datetime as to_datetime
    from .values import to_decimal as to_decimal
    from .vlan import Vlan as Vlan
    from .vlan import VlanChanges as VlanChanges
    from .vlan import VlanFilters as VlanFilters

_MODULES = {
    "account": "AccountCreated LoginResult",
    "attachment": "AttachedDrive AttachedDriveRuntime AttachedDriveSpec Device DriveIo",
    "balance": "Balance",
    "capabilities": "Capabilities CapabilitiesSchema Currency EpcLimits HostLimits IopsLimits Limits RemoteSnapshotLimits ServerLimits SnapshotLimits StorageLimits",
    "cloud_status": "CloudStatus FreeTier FreeTierMonthly",
    "drive": "ChunkLink Drive DriveRuntime",
    "drive_body": "DriveChanges DriveCloneSpec DriveFilters DriveOptions DriveResizeChanges DriveSpec UploadSpec",
    "event": "Event",
    "grantee": "Grantee GranteeUser",
    "ip": "Ip IpChanges IpFilters",
    "job": "Job JobData JobFilters",
    "library_drive": "LibraryDrive LibraryDriveFilters",
    "license": "DriveLicense LicenseType",
    "location": "Location",
    "nic": "IpConf IpConfSpec IpMode Nic NicIo NicRuntime NicSpec ServerNicRuntime",
    "page": "Page",
    "profile": "Profile ProfileChanges",
    "record": "Record",
    "reference": "Meta Ref Reference SubscriptionReference",
    "schema": "Schema",
    "server": "ActionResult ConsoleTunnel Epc Gpu GpuDevice Server ServerRuntime VncTunnel",
    "server_body": "EpcSpec GpuSpec ServerChanges ServerCloneSpec ServerFilters ServerOptions ServerSpec",
    "tag": "Tag TagChanges TagFilters TagSpec TaggedResource",
    "values": "to_datetime to_decimal",
    "vlan": "Vlan VlanChanges VlanFilters",
}
_HOME = {name: module for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
