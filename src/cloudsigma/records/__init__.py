"""What the API says: dicts with typed attributes, and the bodies it takes as TypedDicts.

Each name is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .account import AccountCreated as AccountCreated
    from .account import LoginResult as LoginResult
    from .acl import Acl as Acl
    from .acl import AclFilters as AclFilters
    from .acl import AclGrantee as AclGrantee
    from .acl import AclGranteeSpec as AclGranteeSpec
    from .acl import AclRule as AclRule
    from .acl import AclRuleSpec as AclRuleSpec
    from .acl import AclSpec as AclSpec
    from .acl import Permission as Permission
    from .attachment import AttachedDrive as AttachedDrive
    from .attachment import AttachedDriveRuntime as AttachedDriveRuntime
    from .attachment import AttachedDriveSpec as AttachedDriveSpec
    from .attachment import Device as Device
    from .attachment import DriveIo as DriveIo
    from .audit_entry import AuditEntry as AuditEntry
    from .audit_entry import AuditLogFilters as AuditLogFilters
    from .backup_scheduler import BackupScheduler as BackupScheduler
    from .backup_scheduler import IncrementalBackup as IncrementalBackup
    from .backup_scheduler import InitialBackup as InitialBackup
    from .backup_scheduler import Repeat as Repeat
    from .backup_scheduler import RetentionPolicy as RetentionPolicy
    from .backup_scheduler import RetentionRule as RetentionRule
    from .backup_scheduler import TimeOfDay as TimeOfDay
    from .backup_scheduler_body import BackupSchedulerChanges as BackupSchedulerChanges
    from .backup_scheduler_body import BackupSchedulerFilters as BackupSchedulerFilters
    from .backup_scheduler_body import BackupSchedulerOptions as BackupSchedulerOptions
    from .backup_scheduler_body import BackupSchedulerSpec as BackupSchedulerSpec
    from .backup_scheduler_body import IncrementalBackupSpec as IncrementalBackupSpec
    from .backup_scheduler_body import InitialBackupSpec as InitialBackupSpec
    from .backup_scheduler_body import RepeatSpec as RepeatSpec
    from .backup_scheduler_body import RetentionPolicySpec as RetentionPolicySpec
    from .backup_scheduler_body import RetentionRuleSpec as RetentionRuleSpec
    from .backup_scheduler_body import SchedulerType as SchedulerType
    from .backup_scheduler_body import TimeOfDaySpec as TimeOfDaySpec
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
    from .drive_user import DriveUser as DriveUser
    from .drive_user import DriveUserSpec as DriveUserSpec
    from .event import Event as Event
    from .filters import NamedFilters as NamedFilters
    from .firewall_policy import FirewallPolicy as FirewallPolicy
    from .firewall_policy import FirewallPolicyFilters as FirewallPolicyFilters
    from .firewall_policy import FirewallPolicySpec as FirewallPolicySpec
    from .firewall_policy import FirewallRule as FirewallRule
    from .firewall_policy import FirewallRuleSpec as FirewallRuleSpec
    from .forward import AddressForward as AddressForward
    from .forward import AddressForwardSpec as AddressForwardSpec
    from .forward import PortForward as PortForward
    from .forward import PortForwardSpec as PortForwardSpec
    from .grantee import Grantee as Grantee
    from .grantee import GranteeUser as GranteeUser
    from .host_allocation import HostAllocationPool as HostAllocationPool
    from .host_allocation import HostAllocationPoolChanges as HostAllocationPoolChanges
    from .host_allocation import HostAvailabilityZone as HostAvailabilityZone
    from .ip import Ip as Ip
    from .ip import IpChanges as IpChanges
    from .ip import IpFilters as IpFilters
    from .ip_alias import IpAlias as IpAlias
    from .ip_alias import IpAliasSpec as IpAliasSpec
    from .job import Job as Job
    from .job import JobData as JobData
    from .job import JobFilters as JobFilters
    from .keypair import KeyFilters as KeyFilters
    from .keypair import Keypair as Keypair
    from .keypair import KeypairChanges as KeypairChanges
    from .keypair import KeypairOptions as KeypairOptions
    from .keypair import KeypairSpec as KeypairSpec
    from .keypair import Pubkey as Pubkey
    from .lan import DhcpSpec as DhcpSpec
    from .lan import Lan as Lan
    from .lan import LanChanges as LanChanges
    from .ledger import LedgerEntry as LedgerEntry
    from .ledger import LedgerFilters as LedgerFilters
    from .library_drive import LibraryDrive as LibraryDrive
    from .library_drive import LibraryDriveFilters as LibraryDriveFilters
    from .license import DriveLicense as DriveLicense
    from .license import License as License
    from .license import LicenseFilters as LicenseFilters
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
    from .notification import NotificationContact as NotificationContact
    from .notification import NotificationContactChanges as NotificationContactChanges
    from .notification import NotificationContactFilters as NotificationContactFilters
    from .notification import NotificationContactSpec as NotificationContactSpec
    from .notification import NotificationPreference as NotificationPreference
    from .notification import NotificationPreferenceFilters as NotificationPreferenceFilters
    from .notification import NotificationPreferenceSpec as NotificationPreferenceSpec
    from .page import Page as Page
    from .pricing import Discount as Discount
    from .pricing import Price as Price
    from .pricing import PriceFilters as PriceFilters
    from .pricing import PriceList as PriceList
    from .profile import Profile as Profile
    from .profile import ProfileChanges as ProfileChanges
    from .record import Record as Record
    from .reference import Meta as Meta
    from .reference import Ref as Ref
    from .reference import Reference as Reference
    from .reference import SubscriptionReference as SubscriptionReference
    from .route import Route as Route
    from .route import RouteChanges as RouteChanges
    from .route import RouteSpec as RouteSpec
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
    from .snapshot import RemoteSnapshot as RemoteSnapshot
    from .snapshot import Snapshot as Snapshot
    from .snapshot import SnapshotDrive as SnapshotDrive
    from .snapshot_body import RemoteSnapshotSpec as RemoteSnapshotSpec
    from .snapshot_body import SnapshotChanges as SnapshotChanges
    from .snapshot_body import SnapshotCloneSpec as SnapshotCloneSpec
    from .snapshot_body import SnapshotFilters as SnapshotFilters
    from .snapshot_body import SnapshotSpec as SnapshotSpec
    from .subscription import CalculatedSubscription as CalculatedSubscription
    from .subscription import GroupedSubscriptionFilters as GroupedSubscriptionFilters
    from .subscription import PriceCalculation as PriceCalculation
    from .subscription import Subscription as Subscription
    from .subscription import SubscriptionExtension as SubscriptionExtension
    from .subscription import SubscriptionFilters as SubscriptionFilters
    from .subscription import SubscriptionList as SubscriptionList
    from .subscription import SubscriptionSpec as SubscriptionSpec
    from .tag import Tag as Tag
    from .tag import TagChanges as TagChanges
    from .tag import TagFilters as TagFilters
    from .tag import TaggedResource as TaggedResource
    from .tag import TagSpec as TagSpec
    from .tunnel import Tunnel as Tunnel
    from .upstream import VpnSpec as VpnSpec
    from .usage import BurstUsage as BurstUsage
    from .usage import BurstUsageFilters as BurstUsageFilters
    from .usage import CurrentUsage as CurrentUsage
    from .usage import DailyBurstUsage as DailyBurstUsage
    from .usage import DailyBurstUsageFilters as DailyBurstUsageFilters
    from .usage import ResourceUsage as ResourceUsage
    from .usage import UsageFilters as UsageFilters
    from .usage import UsageSample as UsageSample
    from .values import Moment as Moment
    from .values import from_datetime as from_datetime
    from .values import to_datetime as to_datetime
    from .values import to_decimal as to_decimal
    from .values import to_log_datetime as to_log_datetime
    from .values import to_timedelta as to_timedelta
    from .virtual_router import ExportedRouterKey as ExportedRouterKey
    from .virtual_router import RouterAction as RouterAction
    from .virtual_router import RouterKey as RouterKey
    from .virtual_router import RouterLogEntry as RouterLogEntry
    from .virtual_router import RouterPartDeletion as RouterPartDeletion
    from .virtual_router import RouterPartFilters as RouterPartFilters
    from .virtual_router import VirtualRouter as VirtualRouter
    from .virtual_router import VirtualRouterFilters as VirtualRouterFilters
    from .virtual_router import VirtualRouterRuntime as VirtualRouterRuntime
    from .virtual_router_body import IpRangeSpec as IpRangeSpec
    from .virtual_router_body import RouterAddressForwardSpec as RouterAddressForwardSpec
    from .virtual_router_body import RouterConfigurationSpec as RouterConfigurationSpec
    from .virtual_router_body import RouterFilterSpec as RouterFilterSpec
    from .virtual_router_body import RouterFirewallSpec as RouterFirewallSpec
    from .virtual_router_body import RouterIpAliasSpec as RouterIpAliasSpec
    from .virtual_router_body import RouterIpConfigSpec as RouterIpConfigSpec
    from .virtual_router_body import RouterLanSpec as RouterLanSpec
    from .virtual_router_body import RouterNatSpec as RouterNatSpec
    from .virtual_router_body import RouterPolicySpec as RouterPolicySpec
    from .virtual_router_body import RouterPortForwardSpec as RouterPortForwardSpec
    from .virtual_router_body import RouterRouteSpec as RouterRouteSpec
    from .virtual_router_body import RouterUpstreamSpec as RouterUpstreamSpec
    from .virtual_router_body import RouterVpnSpec as RouterVpnSpec
    from .virtual_router_body import VirtualRouterChanges as VirtualRouterChanges
    from .virtual_router_body import VirtualRouterSpec as VirtualRouterSpec
    from .virtual_router_configuration import IpRange as IpRange
    from .virtual_router_configuration import RouterAddressForward as RouterAddressForward
    from .virtual_router_configuration import RouterConfiguration as RouterConfiguration
    from .virtual_router_configuration import RouterFilter as RouterFilter
    from .virtual_router_configuration import RouterFirewall as RouterFirewall
    from .virtual_router_configuration import RouterIpAlias as RouterIpAlias
    from .virtual_router_configuration import RouterIpConfig as RouterIpConfig
    from .virtual_router_configuration import RouterLan as RouterLan
    from .virtual_router_configuration import RouterNat as RouterNat
    from .virtual_router_configuration import RouterPolicy as RouterPolicy
    from .virtual_router_configuration import RouterPortForward as RouterPortForward
    from .virtual_router_configuration import RouterRoute as RouterRoute
    from .virtual_router_configuration import RouterUpstream as RouterUpstream
    from .virtual_router_configuration import RouterVpn as RouterVpn
    from .vlan import Vlan as Vlan
    from .vlan import VlanChanges as VlanChanges
    from .vlan import VlanFilters as VlanFilters
    from .vmware_server import VmwareDisk as VmwareDisk
    from .vmware_server import VmwareMedia as VmwareMedia
    from .vmware_server import VmwareNic as VmwareNic
    from .vmware_server import VmwareServer as VmwareServer
    from .vmware_server import VmwareServerFilters as VmwareServerFilters
    from .vpc import Node as Node
    from .vpc import NodeFilters as NodeFilters
    from .vpc import Vpc as Vpc
    from .vpc import VpcChanges as VpcChanges
    from .vr_firewall import PolicyFilter as PolicyFilter
    from .vr_firewall import PolicyFilterSpec as PolicyFilterSpec
    from .vr_firewall import VrFirewallFilter as VrFirewallFilter
    from .vr_firewall import VrFirewallFilterChanges as VrFirewallFilterChanges
    from .vr_firewall import VrFirewallFilterSpec as VrFirewallFilterSpec
    from .vr_firewall import VrFirewallPolicy as VrFirewallPolicy
    from .vr_firewall import VrFirewallPolicyChanges as VrFirewallPolicyChanges
    from .vr_firewall import VrFirewallPolicySpec as VrFirewallPolicySpec

_MODULES = {
    "account": "AccountCreated LoginResult",
    "acl": "Acl AclFilters AclGrantee AclGranteeSpec AclRule AclRuleSpec AclSpec Permission",
    "attachment": "AttachedDrive AttachedDriveRuntime AttachedDriveSpec Device DriveIo",
    "audit_entry": "AuditEntry AuditLogFilters",
    "backup_scheduler": "BackupScheduler IncrementalBackup InitialBackup Repeat RetentionPolicy RetentionRule TimeOfDay",
    "backup_scheduler_body": "BackupSchedulerChanges BackupSchedulerFilters BackupSchedulerOptions BackupSchedulerSpec IncrementalBackupSpec InitialBackupSpec RepeatSpec RetentionPolicySpec RetentionRuleSpec SchedulerType TimeOfDaySpec",
    "balance": "Balance",
    "capabilities": "Capabilities CapabilitiesSchema Currency EpcLimits HostLimits IopsLimits Limits RemoteSnapshotLimits ServerLimits SnapshotLimits StorageLimits",
    "cloud_status": "CloudStatus FreeTier FreeTierMonthly",
    "drive": "ChunkLink Drive DriveRuntime",
    "drive_body": "DriveChanges DriveCloneSpec DriveFilters DriveOptions DriveResizeChanges DriveSpec UploadSpec",
    "drive_user": "DriveUser DriveUserSpec",
    "event": "Event",
    "filters": "NamedFilters",
    "firewall_policy": "FirewallPolicy FirewallPolicyFilters FirewallPolicySpec FirewallRule FirewallRuleSpec",
    "forward": "AddressForward AddressForwardSpec PortForward PortForwardSpec",
    "grantee": "Grantee GranteeUser",
    "host_allocation": "HostAllocationPool HostAllocationPoolChanges HostAvailabilityZone",
    "ip": "Ip IpChanges IpFilters",
    "ip_alias": "IpAlias IpAliasSpec",
    "job": "Job JobData JobFilters",
    "keypair": "KeyFilters Keypair KeypairChanges KeypairOptions KeypairSpec Pubkey",
    "lan": "DhcpSpec Lan LanChanges",
    "ledger": "LedgerEntry LedgerFilters",
    "library_drive": "LibraryDrive LibraryDriveFilters",
    "license": "DriveLicense License LicenseFilters LicenseType",
    "location": "Location",
    "nic": "IpConf IpConfSpec IpMode Nic NicIo NicRuntime NicSpec ServerNicRuntime",
    "notification": "NotificationContact NotificationContactChanges NotificationContactFilters NotificationContactSpec NotificationPreference NotificationPreferenceFilters NotificationPreferenceSpec",
    "page": "Page",
    "pricing": "Discount Price PriceFilters PriceList",
    "profile": "Profile ProfileChanges",
    "record": "Record",
    "reference": "Meta Ref Reference SubscriptionReference",
    "route": "Route RouteChanges RouteSpec",
    "schema": "Schema",
    "server": "ActionResult ConsoleTunnel Epc Gpu GpuDevice Server ServerRuntime VncTunnel",
    "server_body": "EpcSpec GpuSpec ServerChanges ServerCloneSpec ServerFilters ServerOptions ServerSpec",
    "snapshot": "RemoteSnapshot Snapshot SnapshotDrive",
    "snapshot_body": "RemoteSnapshotSpec SnapshotChanges SnapshotCloneSpec SnapshotFilters SnapshotSpec",
    "subscription": "CalculatedSubscription GroupedSubscriptionFilters PriceCalculation Subscription SubscriptionExtension SubscriptionFilters SubscriptionList SubscriptionSpec",
    "tag": "Tag TagChanges TagFilters TagSpec TaggedResource",
    "tunnel": "Tunnel",
    "upstream": "VpnSpec",
    "usage": "BurstUsage BurstUsageFilters CurrentUsage DailyBurstUsage DailyBurstUsageFilters ResourceUsage UsageFilters UsageSample",
    "values": "Moment from_datetime to_datetime to_decimal to_log_datetime to_timedelta",
    "virtual_router": "ExportedRouterKey RouterAction RouterKey RouterLogEntry RouterPartDeletion RouterPartFilters VirtualRouter VirtualRouterFilters VirtualRouterRuntime",
    "virtual_router_body": "IpRangeSpec RouterAddressForwardSpec RouterConfigurationSpec RouterFilterSpec RouterFirewallSpec RouterIpAliasSpec RouterIpConfigSpec RouterLanSpec RouterNatSpec RouterPolicySpec RouterPortForwardSpec RouterRouteSpec RouterUpstreamSpec RouterVpnSpec VirtualRouterChanges VirtualRouterSpec",
    "virtual_router_configuration": "IpRange RouterAddressForward RouterConfiguration RouterFilter RouterFirewall RouterIpAlias RouterIpConfig RouterLan RouterNat RouterPolicy RouterPortForward RouterRoute RouterUpstream RouterVpn",
    "vlan": "Vlan VlanChanges VlanFilters",
    "vmware_server": "VmwareDisk VmwareMedia VmwareNic VmwareServer VmwareServerFilters",
    "vpc": "Node NodeFilters Vpc VpcChanges",
    "vr_firewall": "PolicyFilter PolicyFilterSpec VrFirewallFilter VrFirewallFilterChanges VrFirewallFilterSpec VrFirewallPolicy VrFirewallPolicyChanges VrFirewallPolicySpec",
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
