"""The exact type of every verb of snapshots, schedulers, keys, policies, access lists and the log, on both faces.

Checkers compare; it is never run.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Coroutine, Generator
from typing import Any, assert_type

from cloudsigma import AsyncCloudSigma, CloudSigma
from cloudsigma.records import (
    Acl,
    ActionResult,
    AuditEntry,
    BackupScheduler,
    ConsoleTunnel,
    Drive,
    DriveUser,
    FirewallPolicy,
    Ip,
    Keypair,
    Page,
    Pubkey,
    Reference,
    RemoteSnapshot,
    Schema,
    Server,
    ServerRuntime,
    Snapshot,
    Tag,
    Vlan,
    VmwareServer,
    VncTunnel,
)


def blocking_storage(
    cs: CloudSigma,
    drive: Drive,
    tag: Tag,
    snapshot: Snapshot,
    remote: RemoteSnapshot,
    plan: BackupScheduler,
    user: DriveUser,
) -> None:
    assert_type(cs.snapshots.list(drive=drive, tag=tag), list[Snapshot])
    assert_type(cs.snapshots.iterate(name="a", page_size=1), Generator[Snapshot, None, None])
    assert_type(cs.snapshots.page(0, 10, order_by="-name"), Page[Snapshot])
    assert_type(cs.snapshots.find(name__contains="a"), Snapshot | None)
    assert_type(cs.snapshots.get("u", fields=["uuid"]), Snapshot)
    assert_type(
        cs.snapshots.create(drive=drive, name="a", meta={"a": "b"}, tags=[tag], wait=True, timeout=1),
        Snapshot,
    )
    assert_type(cs.snapshots.create_many([{"drive": "u"}]), list[Snapshot])
    assert_type(cs.snapshots.update(snapshot, name="b"), Snapshot)
    assert_type(cs.snapshots.update_many([snapshot, "u"], meta={}), list[Snapshot])
    assert_type(cs.snapshots.wait(snapshot, timeout=None), Snapshot)
    assert_type(cs.snapshots.clone(snapshot, name="a", avoid=drive, wait=True), Drive)
    assert_type(cs.snapshots.add_tag(snapshot, tag), Snapshot)
    assert_type(cs.snapshots.remove_tag(snapshot, "u"), Snapshot)
    cs.snapshots.delete(snapshot, wait=True, timeout=1)
    cs.snapshots.delete_many([snapshot])
    assert_type(cs.snapshots.schema(), Schema)
    assert_type(cs.snapshots.get("u").drive, Reference)
    assert_type(cs.snapshots.get("u").allocated_size, int | None)
    assert_type(cs.remote_snapshots.list(drive=[drive.uuid]), list[RemoteSnapshot])
    assert_type(cs.remote_snapshots.iterate(), Generator[RemoteSnapshot, None, None])
    assert_type(cs.remote_snapshots.page(), Page[RemoteSnapshot])
    assert_type(cs.remote_snapshots.find(uuid="u"), RemoteSnapshot | None)
    assert_type(cs.remote_snapshots.get(remote), RemoteSnapshot)
    assert_type(cs.remote_snapshots.create(drive=drive, location="ZRH"), RemoteSnapshot)
    assert_type(cs.remote_snapshots.create_many([{"drive": drive, "location": "ZRH"}]), list[RemoteSnapshot])
    assert_type(cs.remote_snapshots.update(remote, tags=[tag]), RemoteSnapshot)
    assert_type(cs.remote_snapshots.update_many([remote], name="a"), list[RemoteSnapshot])
    assert_type(cs.remote_snapshots.wait(remote, ["available"]), RemoteSnapshot)
    assert_type(cs.remote_snapshots.clone(remote), Drive)
    assert_type(cs.remote_snapshots.add_tag(remote, tag), RemoteSnapshot)
    assert_type(cs.remote_snapshots.remove_tag(remote, tag), RemoteSnapshot)
    cs.remote_snapshots.delete(remote)
    cs.remote_snapshots.delete_many([remote])
    assert_type(cs.remote_snapshots.schema(), Schema)
    assert_type(cs.remote_snapshots.get(remote).drive_meta.size, int)
    assert_type(cs.backup_schedulers.list(type="snapshot"), list[BackupScheduler])
    assert_type(cs.backup_schedulers.iterate(type=["backup", "dr"]), Generator[BackupScheduler, None, None])
    assert_type(cs.backup_schedulers.page(0, 1), Page[BackupScheduler])
    assert_type(cs.backup_schedulers.find(name="a"), BackupScheduler | None)
    assert_type(cs.backup_schedulers.get(plan), BackupScheduler)
    assert_type(
        cs.backup_schedulers.create(
            type="snapshot",
            name="a",
            incremental_backup=plan.incremental_backup,
            retention_policy={"rules": [{"period": "days", "quantity": 7}]},
        ),
        BackupScheduler,
    )
    assert_type(
        cs.backup_schedulers.create_many(
            [
                {
                    "type": "dr",
                    "name": "a",
                    "incremental_backup": {"hour": "1", "start_time": {"hour": 0, "minute": 0}},
                }
            ]
        ),
        list[BackupScheduler],
    )
    assert_type(cs.backup_schedulers.update(plan, is_enabled=False), BackupScheduler)
    assert_type(cs.backup_schedulers.add_tag(plan, tag), BackupScheduler)
    assert_type(cs.backup_schedulers.remove_tag(plan, tag), BackupScheduler)
    cs.backup_schedulers.delete(plan)
    cs.backup_schedulers.delete_many([plan, "u"])
    assert_type(cs.backup_schedulers.schema(), Schema)
    assert_type(cs.drives.set_scheduler(drive, plan), Drive)
    assert_type(cs.drives.add_tag(drive, tag), Drive)
    assert_type(cs.drives.remove_tag(drive, tag), Drive)
    assert_type(cs.drive_users.list(), list[DriveUser])
    assert_type(cs.drive_users.iterate(), Generator[DriveUser, None, None])
    assert_type(cs.drive_users.page(), Page[DriveUser])
    assert_type(cs.drive_users.get(drive), DriveUser)
    assert_type(cs.drive_users.create(drive=drive, amount=5), DriveUser)
    assert_type(cs.drive_users.create_many([{"drive": "u", "amount": 1}]), list[DriveUser])
    assert_type(cs.drive_users.update(drive, amount=6), DriveUser)
    cs.drive_users.delete(user)
    cs.drive_users.delete_many([user, drive])


def blocking_keys(
    cs: CloudSigma, server: Server, tag: Tag, pair: Keypair, key: Pubkey, policy: FirewallPolicy
) -> None:
    assert_type(cs.keypairs.list(name=["a", "b"]), list[Keypair])
    assert_type(cs.keypairs.iterate(), Generator[Keypair, None, None])
    assert_type(cs.keypairs.page(), Page[Keypair])
    assert_type(cs.keypairs.find(name="a"), Keypair | None)
    assert_type(cs.keypairs.get(pair), Keypair)
    assert_type(cs.keypairs.create(name="a", algorithm_type="ed25519"), Keypair)
    assert_type(cs.keypairs.create_many([{"name": "a", "public_key": "ssh-rsa AAAA"}]), list[Keypair])
    assert_type(cs.keypairs.update(pair, name="b"), Keypair)
    assert_type(cs.keypairs.add_tag(pair, tag), Keypair)
    assert_type(cs.keypairs.remove_tag(pair, tag), Keypair)
    cs.keypairs.delete(pair)
    cs.keypairs.delete_many([pair])
    assert_type(cs.keypairs.get(pair).private_key, str | None)
    assert_type(cs.pubkeys.list(), list[Pubkey])
    assert_type(cs.pubkeys.iterate(page_size=5), Generator[Pubkey, None, None])
    assert_type(cs.pubkeys.page(), Page[Pubkey])
    assert_type(cs.pubkeys.find(name="a"), Pubkey | None)
    assert_type(cs.pubkeys.get(key), Pubkey)
    assert_type(cs.servers.attach_pubkey(server, key), Server)
    assert_type(cs.servers.attach_pubkey(server, pair), Server)
    assert_type(cs.servers.detach_pubkey(server, server.pubkeys[0]), Server)
    assert_type(cs.servers.add_tag(server, tag), Server)
    assert_type(cs.servers.remove_tag(server, server.tags[0]), Server)
    assert_type(cs.servers.attach_nic(server, vlan="u", firewall_policy=policy), Server)
    assert_type(cs.servers.detach_nic(server, server.nics[0]), Server)
    assert_type(cs.vlans.add_tag("u", tag), Vlan)
    assert_type(cs.vlans.remove_tag("u", tag), Vlan)
    assert_type(cs.ips.add_tag("192.0.2.1", tag), Ip)
    assert_type(cs.ips.remove_tag("192.0.2.1", tag), Ip)


def blocking_access(cs: CloudSigma, server: Server, tag: Tag, policy: FirewallPolicy, acl: Acl) -> None:
    assert_type(cs.vmware_servers.list(name="a"), list[VmwareServer])
    assert_type(cs.vmware_servers.iterate(), Generator[VmwareServer, None, None])
    assert_type(cs.vmware_servers.page(), Page[VmwareServer])
    assert_type(cs.vmware_servers.find(uuid="u"), VmwareServer | None)
    assert_type(cs.vmware_servers.get("u"), VmwareServer)
    assert_type(cs.vmware_servers.schema(), Schema)
    assert_type(cs.firewall_policies.list(tag=tag), list[FirewallPolicy])
    assert_type(cs.firewall_policies.iterate(name="a"), Generator[FirewallPolicy, None, None])
    assert_type(cs.firewall_policies.page(), Page[FirewallPolicy])
    assert_type(cs.firewall_policies.find(name="a"), FirewallPolicy | None)
    assert_type(cs.firewall_policies.get(policy), FirewallPolicy)
    assert_type(
        cs.firewall_policies.create(rules=[{"action": "drop", "direction": "in", "dst_port": 22}]),
        FirewallPolicy,
    )
    assert_type(cs.firewall_policies.create_many([{}]), list[FirewallPolicy])
    assert_type(
        cs.firewall_policies.update(policy, rules=[*policy.rules, {"action": "drop", "direction": "both"}]),
        FirewallPolicy,
    )
    assert_type(cs.firewall_policies.update_many([policy], name=None), list[FirewallPolicy])
    assert_type(cs.firewall_policies.add_tag(policy, tag), FirewallPolicy)
    assert_type(cs.firewall_policies.remove_tag(policy, tag), FirewallPolicy)
    cs.firewall_policies.delete(policy)
    cs.firewall_policies.delete_many([policy])
    assert_type(cs.firewall_policies.schema(), Schema)
    assert_type(cs.acls.list(name="a"), list[Acl])
    assert_type(cs.acls.iterate(), Generator[Acl, None, None])
    assert_type(cs.acls.page(), Page[Acl])
    assert_type(cs.acls.find(name="a"), Acl | None)
    assert_type(cs.acls.get(acl), Acl)
    assert_type(
        cs.acls.create(
            grantees=["user@example.com", {"uuid": "u"}], rules=["LIST", {"permission": "EDIT"}], tags=[tag]
        ),
        Acl,
    )
    assert_type(cs.acls.create_many([{"rules": ["START"]}]), list[Acl])
    assert_type(cs.acls.update(acl, rules=[*acl.rules, "STOP"], grantees=acl.grantees), Acl)
    assert_type(cs.acls.update_many([acl], name="b"), list[Acl])
    assert_type(cs.acls.add_tag(acl, tag), Acl)
    assert_type(cs.acls.remove_tag(acl, tag), Acl)
    cs.acls.delete(acl)
    cs.acls.delete_many([acl])
    assert_type(cs.acls.schema(), Schema)
    assert_type(cs.audit_log.list(uuid=server.uuid), list[AuditEntry])
    assert_type(cs.audit_log.iterate(), Generator[AuditEntry, None, None])
    assert_type(cs.audit_log.page(0, 5), Page[AuditEntry])
    assert_type(cs.audit_log.find(uuid="u"), AuditEntry | None)
    assert_type(cs.audit_log.schema(), Schema)


def blocking_bservers(cs: CloudSigma, server: Server, drive: Drive, tag: Tag, key: Pubkey) -> None:
    assert_type(cs.bservers.list(name="a"), list[Server])
    assert_type(cs.bservers.iterate(), Generator[Server, None, None])
    assert_type(cs.bservers.page(), Page[Server])
    assert_type(cs.bservers.find(name="a"), Server | None)
    assert_type(cs.bservers.get(server), Server)
    assert_type(cs.bservers.create(name="a", cpu=1, mem=1, vnc_password="a"), Server)
    assert_type(
        cs.bservers.create_many([{"name": "a", "cpu": 1, "mem": 1, "vnc_password": "a"}]), list[Server]
    )
    assert_type(cs.bservers.update(server, name="b"), Server)
    assert_type(cs.bservers.update_many([server], name="b"), list[Server])
    assert_type(cs.bservers.start(server, wait=True), Server)
    assert_type(cs.bservers.stop(server), Server)
    assert_type(cs.bservers.restart(server), Server)
    assert_type(cs.bservers.shutdown(server), Server)
    assert_type(cs.bservers.open_vnc(server), VncTunnel)
    assert_type(cs.bservers.close_vnc(server), ActionResult)
    assert_type(cs.bservers.open_console(server), ConsoleTunnel)
    assert_type(cs.bservers.close_console(server), ActionResult)
    assert_type(cs.bservers.clone(server, name="a"), Server)
    assert_type(cs.bservers.runtime(server), ServerRuntime)
    assert_type(cs.bservers.wait(server, "running"), Server)
    cs.bservers.wait_deleted(server)
    assert_type(cs.bservers.attach_drive(server, drive), Server)
    assert_type(cs.bservers.detach_drive(server, drive), Server)
    assert_type(cs.bservers.attach_nic(server), Server)
    assert_type(cs.bservers.detach_nic(server, "mac"), Server)
    assert_type(cs.bservers.attach_pubkey(server, key), Server)
    assert_type(cs.bservers.detach_pubkey(server, key), Server)
    assert_type(cs.bservers.add_tag(server, tag), Server)
    assert_type(cs.bservers.remove_tag(server, tag), Server)
    assert_type(cs.bservers.availability_groups(), list[list[str]])
    assert_type(cs.bservers.availability_group(server), list[str])
    cs.bservers.delete(server, recurse="disks")
    cs.bservers.delete_many([server])
    assert_type(cs.bservers.schema(), Schema)


async def awaited_storage(
    cs: AsyncCloudSigma,
    drive: Drive,
    tag: Tag,
    snapshot: Snapshot,
    remote: RemoteSnapshot,
    plan: BackupScheduler,
    user: DriveUser,
) -> None:
    assert_type(await cs.snapshots.list(drive=drive, tag=tag), list[Snapshot])
    assert_type(cs.snapshots.iterate(name="a", page_size=1), AsyncGenerator[Snapshot, None])
    assert_type(await cs.snapshots.page(0, 10, order_by="-name"), Page[Snapshot])
    assert_type(await cs.snapshots.find(name__contains="a"), Snapshot | None)
    assert_type(await cs.snapshots.get("u", fields=["uuid"]), Snapshot)
    assert_type(
        await cs.snapshots.create(drive=drive, name="a", meta={"a": "b"}, tags=[tag], wait=True, timeout=1),
        Snapshot,
    )
    assert_type(await cs.snapshots.create_many([{"drive": "u"}]), list[Snapshot])
    assert_type(await cs.snapshots.update(snapshot, name="b"), Snapshot)
    assert_type(await cs.snapshots.update_many([snapshot, "u"], meta={}), list[Snapshot])
    assert_type(await cs.snapshots.wait(snapshot, timeout=None), Snapshot)
    assert_type(await cs.snapshots.clone(snapshot, name="a", avoid=drive, wait=True), Drive)
    assert_type(await cs.snapshots.add_tag(snapshot, tag), Snapshot)
    assert_type(await cs.snapshots.remove_tag(snapshot, "u"), Snapshot)
    nothing: Coroutine[Any, Any, None] = cs.snapshots.delete(snapshot, wait=True, timeout=1)
    await nothing
    nothing = cs.snapshots.delete_many([snapshot])
    await nothing
    assert_type(await cs.snapshots.schema(), Schema)
    assert_type((await cs.snapshots.get("u")).drive, Reference)
    assert_type((await cs.snapshots.get("u")).allocated_size, int | None)
    assert_type(await cs.remote_snapshots.list(drive=[drive.uuid]), list[RemoteSnapshot])
    assert_type(cs.remote_snapshots.iterate(), AsyncGenerator[RemoteSnapshot, None])
    assert_type(await cs.remote_snapshots.page(), Page[RemoteSnapshot])
    assert_type(await cs.remote_snapshots.find(uuid="u"), RemoteSnapshot | None)
    assert_type(await cs.remote_snapshots.get(remote), RemoteSnapshot)
    assert_type(await cs.remote_snapshots.create(drive=drive, location="ZRH"), RemoteSnapshot)
    assert_type(
        await cs.remote_snapshots.create_many([{"drive": drive, "location": "ZRH"}]), list[RemoteSnapshot]
    )
    assert_type(await cs.remote_snapshots.update(remote, tags=[tag]), RemoteSnapshot)
    assert_type(await cs.remote_snapshots.update_many([remote], name="a"), list[RemoteSnapshot])
    assert_type(await cs.remote_snapshots.wait(remote, ["available"]), RemoteSnapshot)
    assert_type(await cs.remote_snapshots.clone(remote), Drive)
    assert_type(await cs.remote_snapshots.add_tag(remote, tag), RemoteSnapshot)
    assert_type(await cs.remote_snapshots.remove_tag(remote, tag), RemoteSnapshot)
    nothing = cs.remote_snapshots.delete(remote)
    await nothing
    nothing = cs.remote_snapshots.delete_many([remote])
    await nothing
    assert_type(await cs.remote_snapshots.schema(), Schema)
    assert_type((await cs.remote_snapshots.get(remote)).drive_meta.size, int)
    assert_type(await cs.backup_schedulers.list(type="snapshot"), list[BackupScheduler])
    assert_type(cs.backup_schedulers.iterate(type=["backup", "dr"]), AsyncGenerator[BackupScheduler, None])
    assert_type(await cs.backup_schedulers.page(0, 1), Page[BackupScheduler])
    assert_type(await cs.backup_schedulers.find(name="a"), BackupScheduler | None)
    assert_type(await cs.backup_schedulers.get(plan), BackupScheduler)
    assert_type(
        await cs.backup_schedulers.create(
            type="snapshot",
            name="a",
            incremental_backup=plan.incremental_backup,
            retention_policy={"rules": [{"period": "days", "quantity": 7}]},
        ),
        BackupScheduler,
    )
    assert_type(
        await cs.backup_schedulers.create_many(
            [
                {
                    "type": "dr",
                    "name": "a",
                    "incremental_backup": {"hour": "1", "start_time": {"hour": 0, "minute": 0}},
                }
            ]
        ),
        list[BackupScheduler],
    )
    assert_type(await cs.backup_schedulers.update(plan, is_enabled=False), BackupScheduler)
    assert_type(await cs.backup_schedulers.add_tag(plan, tag), BackupScheduler)
    assert_type(await cs.backup_schedulers.remove_tag(plan, tag), BackupScheduler)
    nothing = cs.backup_schedulers.delete(plan)
    await nothing
    nothing = cs.backup_schedulers.delete_many([plan, "u"])
    await nothing
    assert_type(await cs.backup_schedulers.schema(), Schema)
    assert_type(await cs.drives.set_scheduler(drive, plan), Drive)
    assert_type(await cs.drives.add_tag(drive, tag), Drive)
    assert_type(await cs.drives.remove_tag(drive, tag), Drive)
    assert_type(await cs.drive_users.list(), list[DriveUser])
    assert_type(cs.drive_users.iterate(), AsyncGenerator[DriveUser, None])
    assert_type(await cs.drive_users.page(), Page[DriveUser])
    assert_type(await cs.drive_users.get(drive), DriveUser)
    assert_type(await cs.drive_users.create(drive=drive, amount=5), DriveUser)
    assert_type(await cs.drive_users.create_many([{"drive": "u", "amount": 1}]), list[DriveUser])
    assert_type(await cs.drive_users.update(drive, amount=6), DriveUser)
    nothing = cs.drive_users.delete(user)
    await nothing
    nothing = cs.drive_users.delete_many([user, drive])
    await nothing


async def awaited_keys(
    cs: AsyncCloudSigma, server: Server, tag: Tag, pair: Keypair, key: Pubkey, policy: FirewallPolicy
) -> None:
    assert_type(await cs.keypairs.list(name=["a", "b"]), list[Keypair])
    assert_type(cs.keypairs.iterate(), AsyncGenerator[Keypair, None])
    assert_type(await cs.keypairs.page(), Page[Keypair])
    assert_type(await cs.keypairs.find(name="a"), Keypair | None)
    assert_type(await cs.keypairs.get(pair), Keypair)
    assert_type(await cs.keypairs.create(name="a", algorithm_type="ed25519"), Keypair)
    assert_type(await cs.keypairs.create_many([{"name": "a", "public_key": "ssh-rsa AAAA"}]), list[Keypair])
    assert_type(await cs.keypairs.update(pair, name="b"), Keypair)
    assert_type(await cs.keypairs.add_tag(pair, tag), Keypair)
    assert_type(await cs.keypairs.remove_tag(pair, tag), Keypair)
    nothing: Coroutine[Any, Any, None] = cs.keypairs.delete(pair)
    await nothing
    nothing = cs.keypairs.delete_many([pair])
    await nothing
    assert_type((await cs.keypairs.get(pair)).private_key, str | None)
    assert_type(await cs.pubkeys.list(), list[Pubkey])
    assert_type(cs.pubkeys.iterate(page_size=5), AsyncGenerator[Pubkey, None])
    assert_type(await cs.pubkeys.page(), Page[Pubkey])
    assert_type(await cs.pubkeys.find(name="a"), Pubkey | None)
    assert_type(await cs.pubkeys.get(key), Pubkey)
    assert_type(await cs.servers.attach_pubkey(server, key), Server)
    assert_type(await cs.servers.attach_pubkey(server, pair), Server)
    assert_type(await cs.servers.detach_pubkey(server, server.pubkeys[0]), Server)
    assert_type(await cs.servers.add_tag(server, tag), Server)
    assert_type(await cs.servers.remove_tag(server, server.tags[0]), Server)
    assert_type(await cs.servers.attach_nic(server, vlan="u", firewall_policy=policy), Server)
    assert_type(await cs.servers.detach_nic(server, server.nics[0]), Server)
    assert_type(await cs.vlans.add_tag("u", tag), Vlan)
    assert_type(await cs.vlans.remove_tag("u", tag), Vlan)
    assert_type(await cs.ips.add_tag("192.0.2.1", tag), Ip)
    assert_type(await cs.ips.remove_tag("192.0.2.1", tag), Ip)


async def awaited_access(
    cs: AsyncCloudSigma, server: Server, tag: Tag, policy: FirewallPolicy, acl: Acl
) -> None:
    assert_type(await cs.vmware_servers.list(name="a"), list[VmwareServer])
    assert_type(cs.vmware_servers.iterate(), AsyncGenerator[VmwareServer, None])
    assert_type(await cs.vmware_servers.page(), Page[VmwareServer])
    assert_type(await cs.vmware_servers.find(uuid="u"), VmwareServer | None)
    assert_type(await cs.vmware_servers.get("u"), VmwareServer)
    assert_type(await cs.vmware_servers.schema(), Schema)
    assert_type(await cs.firewall_policies.list(tag=tag), list[FirewallPolicy])
    assert_type(cs.firewall_policies.iterate(name="a"), AsyncGenerator[FirewallPolicy, None])
    assert_type(await cs.firewall_policies.page(), Page[FirewallPolicy])
    assert_type(await cs.firewall_policies.find(name="a"), FirewallPolicy | None)
    assert_type(await cs.firewall_policies.get(policy), FirewallPolicy)
    assert_type(
        await cs.firewall_policies.create(rules=[{"action": "drop", "direction": "in", "dst_port": 22}]),
        FirewallPolicy,
    )
    assert_type(await cs.firewall_policies.create_many([{}]), list[FirewallPolicy])
    assert_type(
        await cs.firewall_policies.update(
            policy, rules=[*policy.rules, {"action": "drop", "direction": "both"}]
        ),
        FirewallPolicy,
    )
    assert_type(await cs.firewall_policies.update_many([policy], name=None), list[FirewallPolicy])
    assert_type(await cs.firewall_policies.add_tag(policy, tag), FirewallPolicy)
    assert_type(await cs.firewall_policies.remove_tag(policy, tag), FirewallPolicy)
    nothing: Coroutine[Any, Any, None] = cs.firewall_policies.delete(policy)
    await nothing
    nothing = cs.firewall_policies.delete_many([policy])
    await nothing
    assert_type(await cs.firewall_policies.schema(), Schema)
    assert_type(await cs.acls.list(name="a"), list[Acl])
    assert_type(cs.acls.iterate(), AsyncGenerator[Acl, None])
    assert_type(await cs.acls.page(), Page[Acl])
    assert_type(await cs.acls.find(name="a"), Acl | None)
    assert_type(await cs.acls.get(acl), Acl)
    assert_type(
        await cs.acls.create(
            grantees=["user@example.com", {"uuid": "u"}], rules=["LIST", {"permission": "EDIT"}], tags=[tag]
        ),
        Acl,
    )
    assert_type(await cs.acls.create_many([{"rules": ["START"]}]), list[Acl])
    assert_type(await cs.acls.update(acl, rules=[*acl.rules, "STOP"], grantees=acl.grantees), Acl)
    assert_type(await cs.acls.update_many([acl], name="b"), list[Acl])
    assert_type(await cs.acls.add_tag(acl, tag), Acl)
    assert_type(await cs.acls.remove_tag(acl, tag), Acl)
    nothing = cs.acls.delete(acl)
    await nothing
    nothing = cs.acls.delete_many([acl])
    await nothing
    assert_type(await cs.acls.schema(), Schema)
    assert_type(await cs.audit_log.list(uuid=server.uuid), list[AuditEntry])
    assert_type(cs.audit_log.iterate(), AsyncGenerator[AuditEntry, None])
    assert_type(await cs.audit_log.page(0, 5), Page[AuditEntry])
    assert_type(await cs.audit_log.find(uuid="u"), AuditEntry | None)
    assert_type(await cs.audit_log.schema(), Schema)


async def awaited_bservers(cs: AsyncCloudSigma, server: Server, drive: Drive, tag: Tag, key: Pubkey) -> None:
    assert_type(await cs.bservers.list(name="a"), list[Server])
    assert_type(cs.bservers.iterate(), AsyncGenerator[Server, None])
    assert_type(await cs.bservers.page(), Page[Server])
    assert_type(await cs.bservers.find(name="a"), Server | None)
    assert_type(await cs.bservers.get(server), Server)
    assert_type(await cs.bservers.create(name="a", cpu=1, mem=1, vnc_password="a"), Server)
    assert_type(
        await cs.bservers.create_many([{"name": "a", "cpu": 1, "mem": 1, "vnc_password": "a"}]), list[Server]
    )
    assert_type(await cs.bservers.update(server, name="b"), Server)
    assert_type(await cs.bservers.update_many([server], name="b"), list[Server])
    assert_type(await cs.bservers.start(server, wait=True), Server)
    assert_type(await cs.bservers.stop(server), Server)
    assert_type(await cs.bservers.restart(server), Server)
    assert_type(await cs.bservers.shutdown(server), Server)
    assert_type(await cs.bservers.open_vnc(server), VncTunnel)
    assert_type(await cs.bservers.close_vnc(server), ActionResult)
    assert_type(await cs.bservers.open_console(server), ConsoleTunnel)
    assert_type(await cs.bservers.close_console(server), ActionResult)
    assert_type(await cs.bservers.clone(server, name="a"), Server)
    assert_type(await cs.bservers.runtime(server), ServerRuntime)
    assert_type(await cs.bservers.wait(server, "running"), Server)
    nothing: Coroutine[Any, Any, None] = cs.bservers.wait_deleted(server)
    await nothing
    assert_type(await cs.bservers.attach_drive(server, drive), Server)
    assert_type(await cs.bservers.detach_drive(server, drive), Server)
    assert_type(await cs.bservers.attach_nic(server), Server)
    assert_type(await cs.bservers.detach_nic(server, "mac"), Server)
    assert_type(await cs.bservers.attach_pubkey(server, key), Server)
    assert_type(await cs.bservers.detach_pubkey(server, key), Server)
    assert_type(await cs.bservers.add_tag(server, tag), Server)
    assert_type(await cs.bservers.remove_tag(server, tag), Server)
    assert_type(await cs.bservers.availability_groups(), list[list[str]])
    assert_type(await cs.bservers.availability_group(server), list[str])
    nothing = cs.bservers.delete(server, recurse="disks")
    await nothing
    nothing = cs.bservers.delete_many([server])
    await nothing
    assert_type(await cs.bservers.schema(), Schema)
