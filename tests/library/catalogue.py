"""The endpoints of the API that the first collections cover: for each the request, and the call that makes it.

A fact table: what the cloud documents or has been seen to serve. ``{uuid}`` stands for an identifier.
"""

from __future__ import annotations

from typing import Any

from .catalogue_network import NETWORK_AND_ACCOUNT
from .endpoints import UUID, Endpoint, act, get

SERVER: dict[str, Any] = {"name": "n", "cpu": 1000, "mem": 2**30, "vnc_password": "p"}
DRIVE: dict[str, Any] = {"name": "n", "size": 2**30, "media": "disk"}
SCHEDULER: dict[str, Any] = {"type": "snapshot", "name": "n", "incremental_backup": {"hour": "*/2"}}
CHUNK: dict[str, Any] = {"chunk_size": 4, "total_size": 4, "filename": "image"}
LINK = "/api/2.0/upload/some-link/"

CATALOGUE: dict[str, Endpoint] = {
    "options.any": Endpoint("OPTIONS", "/servers/", lambda cs: cs.request("OPTIONS", "servers/")),
    "accounts.create": act("/accounts/", "create", lambda cs: cs.accounts.create("a@example.com")),
    "accounts.login": act("/accounts/", "login", lambda cs: cs.accounts.login()),
    "accounts.logout": act("/accounts/", "logout", lambda cs: cs.accounts.logout()),
    "accounts.check_login": act("/accounts/", "check_login", lambda cs: cs.accounts.check_login()),
    "accounts.check_login_with_return_uuid": act(
        "/accounts/", "check_login_with_return_uuid", lambda cs: cs.accounts.check_login_with_return_uuid()
    ),
    "accounts.authenticate_asynchronous": act(
        "/accounts/", "authenticate_asynchronous", lambda cs: cs.accounts.authenticate_asynchronous()
    ),
    "cloud_status.get": get("/cloud_status/", lambda cs: cs.cloud_status.get()),
    "locations.list": get("/locations/", lambda cs: cs.locations.list()),
    "locations.schema": get("/locations/schema/", lambda cs: cs.locations.schema()),
    "capabilities.get": get("/capabilities/", lambda cs: cs.capabilities.get()),
    "capabilities.schema": get("/capabilities/schema/", lambda cs: cs.capabilities.schema()),
    "balance.get": get("/balance/", lambda cs: cs.balance.get()),
    "balance.schema": get("/balance/schema/", lambda cs: cs.balance.schema()),
    "profile.get": get("/profile/", lambda cs: cs.profile.get()),
    "profile.update": Endpoint("PUT", "/profile/", lambda cs: cs.profile.update(town="Sofia")),
    "profile.schema": get("/profile/schema/", lambda cs: cs.profile.schema()),
    "global_context.get": get("/global_context/", lambda cs: cs.global_context.get()),
    "global_context.update": Endpoint(
        "POST", "/global_context/", lambda cs: cs.global_context.replace({"key": "value"})
    ),
    "jobs.list": get("/jobs/", lambda cs: cs.jobs.list()),
    "jobs.get": get("/jobs/{uuid}/", lambda cs: cs.jobs.get(UUID)),
    "jobs.schema": get("/jobs/schema/", lambda cs: cs.jobs.schema()),
    "servers.list": get("/servers/", lambda cs: cs.servers.list(fields=["uuid", "status"])),
    "servers.list_detail": get("/servers/detail/", lambda cs: cs.servers.list()),
    "servers.schema": get("/servers/schema/", lambda cs: cs.servers.schema()),
    "servers.get": get("/servers/{uuid}/", lambda cs: cs.servers.get(UUID)),
    "servers.create": Endpoint("POST", "/servers/", lambda cs: cs.servers.create(**SERVER)),
    "servers.update": Endpoint("PUT", "/servers/{uuid}/", lambda cs: cs.servers.update(UUID, name="m")),
    "servers.update_bulk": Endpoint("PUT", "/servers/", lambda cs: cs.servers.update_many([UUID], name="m")),
    "servers.delete": Endpoint(
        "DELETE", "/servers/{uuid}/", lambda cs: cs.servers.delete(UUID, recurse="disks")
    ),
    "servers.delete_bulk": Endpoint("DELETE", "/servers/", lambda cs: cs.servers.delete_many([UUID])),
    "servers.runtime": get("/servers/{uuid}/runtime/", lambda cs: cs.servers.runtime(UUID)),
    "servers.availability_groups": get(
        "/servers/availability_groups/", lambda cs: cs.servers.availability_groups()
    ),
    "servers.availability_group": get(
        "/servers/availability_groups/{uuid}/", lambda cs: cs.servers.availability_group(UUID)
    ),
    "servers.start": act("/servers/{uuid}/", "start", lambda cs: cs.servers.start(UUID)),
    "servers.stop": act("/servers/{uuid}/", "stop", lambda cs: cs.servers.stop(UUID)),
    "servers.restart": act("/servers/{uuid}/", "restart", lambda cs: cs.servers.restart(UUID)),
    "servers.shutdown": act("/servers/{uuid}/", "shutdown", lambda cs: cs.servers.shutdown(UUID)),
    "servers.open_vnc": act("/servers/{uuid}/", "open_vnc", lambda cs: cs.servers.open_vnc(UUID)),
    "servers.close_vnc": act("/servers/{uuid}/", "close_vnc", lambda cs: cs.servers.close_vnc(UUID)),
    "servers.open_console": act("/servers/{uuid}/", "open_console", lambda cs: cs.servers.open_console(UUID)),
    "servers.close_console": act(
        "/servers/{uuid}/", "close_console", lambda cs: cs.servers.close_console(UUID)
    ),
    "servers.clone": act("/servers/{uuid}/", "clone", lambda cs: cs.servers.clone(UUID, name="m")),
    "drives.list": get("/drives/", lambda cs: cs.drives.list(fields="uuid,status")),
    "drives.list_detail": get("/drives/detail/", lambda cs: cs.drives.list()),
    "drives.schema": get("/drives/schema/", lambda cs: cs.drives.schema()),
    "drives.get": get("/drives/{uuid}/", lambda cs: cs.drives.get(UUID)),
    "drives.create": Endpoint("POST", "/drives/", lambda cs: cs.drives.create(**DRIVE)),
    "drives.update": Endpoint("PUT", "/drives/{uuid}/", lambda cs: cs.drives.update(UUID, name="m")),
    "drives.update_bulk": Endpoint("PUT", "/drives/", lambda cs: cs.drives.update_many([UUID], name="m")),
    "drives.delete": Endpoint("DELETE", "/drives/{uuid}/", lambda cs: cs.drives.delete(UUID)),
    "drives.delete_bulk": Endpoint("DELETE", "/drives/", lambda cs: cs.drives.delete_many([UUID])),
    "drives.clone": act("/drives/{uuid}/", "clone", lambda cs: cs.drives.clone(UUID, name="m")),
    "drives.resize": act("/drives/{uuid}/", "resize", lambda cs: cs.drives.resize(UUID, 2**31)),
    "drives.set_scheduler": act(
        "/drives/{uuid}/", "set_scheduler", lambda cs: cs.drives.set_scheduler(UUID, UUID)
    ),
    "drives.upload_chunk_link": act(
        "/drives/{uuid}/", "upload_chunk", lambda cs: cs.drives.upload_chunk_link(UUID, 0)
    ),
    "drives.upload_chunk_data": Endpoint(
        "POST", "/upload/some-link/", lambda cs: cs.drives.upload_chunk(LINK, b"data")
    ),
    "drives.resumable_test": get(
        "/drives/{uuid}/upload/", lambda cs: cs.drives.resumable_test(UUID, 1, **CHUNK)
    ),
    "drives.resumable_upload": Endpoint(
        "POST", "/drives/{uuid}/upload/", lambda cs: cs.drives.resumable_upload(UUID, 1, b"data", **CHUNK)
    ),
    "drives.upload_direct": Endpoint("POST", "/drives/upload/", lambda cs: cs.drives.upload_direct(b"data")),
    "drives.upload_direct_named": Endpoint(
        "POST", "/drives/upload/image.raw/", lambda cs: cs.drives.upload_direct(b"data", "image.raw")
    ),
    "drives.download": get("/drives/{uuid}/download/", lambda cs: cs.drives.download_range(UUID, 0, 4)),
    "drives.availability_groups": get(
        "/drives/availability_groups/", lambda cs: cs.drives.availability_groups()
    ),
    "drives.availability_group": get(
        "/drives/availability_groups/{uuid}/", lambda cs: cs.drives.availability_group(UUID)
    ),
    "initupload.create": Endpoint("POST", "/initupload/", lambda cs: cs.drives.init_upload(**DRIVE)),
    "libdrives.list": get("/libdrives/", lambda cs: cs.library_drives.list(fields="uuid")),
    "libdrives.list_detail": get("/libdrives/detail/", lambda cs: cs.library_drives.list(os="linux")),
    "libdrives.schema": get("/libdrives/schema/", lambda cs: cs.library_drives.schema()),
    "libdrives.get": get("/libdrives/{uuid}/", lambda cs: cs.library_drives.get(UUID)),
    "libdrives.clone": act("/libdrives/{uuid}/", "clone", lambda cs: cs.library_drives.clone(UUID)),
    "vlans.list": get("/vlans/", lambda cs: cs.vlans.list(fields="uuid")),
    "vlans.list_detail": get("/vlans/detail/", lambda cs: cs.vlans.list()),
    "vlans.get": get("/vlans/{uuid}/", lambda cs: cs.vlans.get(UUID)),
    "vlans.update": Endpoint("PUT", "/vlans/{uuid}/", lambda cs: cs.vlans.update(UUID, meta={})),
    "vlans.schema": get("/vlans/schema/", lambda cs: cs.vlans.schema()),
    "ips.list": get("/ips/", lambda cs: cs.ips.list(fields="uuid")),
    "ips.list_detail": get("/ips/detail/", lambda cs: cs.ips.list()),
    "ips.get": get("/ips/{uuid}/", lambda cs: cs.ips.get(UUID)),
    "ips.update": Endpoint("PUT", "/ips/{uuid}/", lambda cs: cs.ips.update(UUID, meta={})),
    "ips.schema": get("/ips/schema/", lambda cs: cs.ips.schema()),
    "tags.list": get("/tags/", lambda cs: cs.tags.list(fields="uuid,name")),
    "tags.list_detail": get("/tags/detail/", lambda cs: cs.tags.list()),
    "tags.get": get("/tags/{uuid}/", lambda cs: cs.tags.get(UUID)),
    "tags.create": Endpoint("POST", "/tags/", lambda cs: cs.tags.create(name="t")),
    "tags.update": Endpoint("PUT", "/tags/{uuid}/", lambda cs: cs.tags.update(UUID, name="u")),
    "tags.delete": Endpoint("DELETE", "/tags/{uuid}/", lambda cs: cs.tags.delete(UUID)),
    "tags.list_servers": get("/tags/{uuid}/servers/", lambda cs: cs.tags.servers(UUID, detail=False)),
    "tags.list_servers_detail": get("/tags/{uuid}/servers/detail/", lambda cs: cs.tags.servers(UUID)),
    "tags.list_drives": get("/tags/{uuid}/drives/", lambda cs: cs.tags.drives(UUID)),
    "tags.list_ips": get("/tags/{uuid}/ips/", lambda cs: cs.tags.ips(UUID)),
    "tags.list_vlans": get("/tags/{uuid}/vlans/", lambda cs: cs.tags.vlans(UUID)),
    "tags.schema": get("/tags/schema/", lambda cs: cs.tags.schema()),
    "snapshots.list": get("/snapshots/", lambda cs: cs.snapshots.list(fields="uuid")),
    "snapshots.list_detail": get("/snapshots/detail/", lambda cs: cs.snapshots.list(drive=UUID)),
    "snapshots.schema": get("/snapshots/schema/", lambda cs: cs.snapshots.schema()),
    "snapshots.get": get("/snapshots/{uuid}/", lambda cs: cs.snapshots.get(UUID)),
    "snapshots.create": Endpoint("POST", "/snapshots/", lambda cs: cs.snapshots.create(drive=UUID)),
    "snapshots.update": Endpoint("PUT", "/snapshots/{uuid}/", lambda cs: cs.snapshots.update(UUID, name="m")),
    "snapshots.update_bulk": Endpoint(
        "PUT", "/snapshots/", lambda cs: cs.snapshots.update_many([UUID], name="m")
    ),
    "snapshots.delete": Endpoint("DELETE", "/snapshots/{uuid}/", lambda cs: cs.snapshots.delete(UUID)),
    "snapshots.delete_bulk": Endpoint("DELETE", "/snapshots/", lambda cs: cs.snapshots.delete_many([UUID])),
    "snapshots.clone": act("/snapshots/{uuid}/", "clone", lambda cs: cs.snapshots.clone(UUID, avoid=UUID)),
    "remotesnapshots.list": get("/remotesnapshots/", lambda cs: cs.remote_snapshots.list(fields="uuid")),
    "remotesnapshots.list_detail": get("/remotesnapshots/detail/", lambda cs: cs.remote_snapshots.list()),
    "remotesnapshots.schema": get("/remotesnapshots/schema/", lambda cs: cs.remote_snapshots.schema()),
    "remotesnapshots.get": get("/remotesnapshots/{uuid}/", lambda cs: cs.remote_snapshots.get(UUID)),
    "remotesnapshots.create": Endpoint(
        "POST", "/remotesnapshots/", lambda cs: cs.remote_snapshots.create(drive=UUID, location="ZRH")
    ),
    "remotesnapshots.update": Endpoint(
        "PUT", "/remotesnapshots/{uuid}/", lambda cs: cs.remote_snapshots.update(UUID, name="m")
    ),
    "remotesnapshots.update_bulk": Endpoint(
        "PUT", "/remotesnapshots/", lambda cs: cs.remote_snapshots.update_many([UUID], name="m")
    ),
    "remotesnapshots.delete": Endpoint(
        "DELETE", "/remotesnapshots/{uuid}/", lambda cs: cs.remote_snapshots.delete(UUID)
    ),
    "remotesnapshots.delete_bulk": Endpoint(
        "DELETE", "/remotesnapshots/", lambda cs: cs.remote_snapshots.delete_many([UUID])
    ),
    "remotesnapshots.clone": act(
        "/remotesnapshots/{uuid}/", "clone", lambda cs: cs.remote_snapshots.clone(UUID, name="m")
    ),
    "backupschedulers.list": get("/backupschedulers/", lambda cs: cs.backup_schedulers.list(fields="uuid")),
    "backupschedulers.list_detail": get(
        "/backupschedulers/detail/", lambda cs: cs.backup_schedulers.list(type="snapshot")
    ),
    "backupschedulers.schema": get("/backupschedulers/schema/", lambda cs: cs.backup_schedulers.schema()),
    "backupschedulers.get": get("/backupschedulers/{uuid}/", lambda cs: cs.backup_schedulers.get(UUID)),
    "backupschedulers.create": Endpoint(
        "POST", "/backupschedulers/", lambda cs: cs.backup_schedulers.create(**SCHEDULER)
    ),
    "backupschedulers.update": Endpoint(
        "PUT", "/backupschedulers/{uuid}/", lambda cs: cs.backup_schedulers.update(UUID, is_enabled=False)
    ),
    "backupschedulers.delete": Endpoint(
        "DELETE", "/backupschedulers/{uuid}/", lambda cs: cs.backup_schedulers.delete(UUID)
    ),
    "backupschedulers.delete_bulk": Endpoint(
        "DELETE", "/backupschedulers/", lambda cs: cs.backup_schedulers.delete_many([UUID])
    ),
    "keypairs.list": get("/keypairs/", lambda cs: cs.keypairs.list()),
    "keypairs.get": get("/keypairs/{uuid}/", lambda cs: cs.keypairs.get(UUID)),
    "keypairs.create": Endpoint("POST", "/keypairs/", lambda cs: cs.keypairs.create(name="k")),
    "keypairs.update": Endpoint("PUT", "/keypairs/{uuid}/", lambda cs: cs.keypairs.update(UUID, name="m")),
    "keypairs.delete": Endpoint("DELETE", "/keypairs/{uuid}/", lambda cs: cs.keypairs.delete(UUID)),
    "pubkeys.list": get("/pubkeys/", lambda cs: cs.pubkeys.list(name="k")),
    "pubkeys.get": get("/pubkeys/{uuid}/", lambda cs: cs.pubkeys.get(UUID)),
    "driveusers.list": get("/driveusers/", lambda cs: cs.drive_users.list()),
    "driveusers.get": get("/driveusers/{uuid}/", lambda cs: cs.drive_users.get(UUID)),
    "driveusers.create": Endpoint(
        "POST", "/driveusers/", lambda cs: cs.drive_users.create(drive=UUID, amount=5)
    ),
    "driveusers.update": Endpoint(
        "PUT", "/driveusers/{uuid}/", lambda cs: cs.drive_users.update(UUID, amount=5)
    ),
    "driveusers.delete": Endpoint("DELETE", "/driveusers/{uuid}/", lambda cs: cs.drive_users.delete(UUID)),
    "vmware_servers.list": get("/vmware_servers/", lambda cs: cs.vmware_servers.list()),
    "vmware_servers.get": get("/vmware_servers/{uuid}/", lambda cs: cs.vmware_servers.get(UUID)),
    "vmware_servers.schema": get("/vmware_servers/schema/", lambda cs: cs.vmware_servers.schema()),
    "bservers.list": get("/bservers/", lambda cs: cs.bservers.list(fields="uuid")),
    "bservers.list_detail": get("/bservers/detail/", lambda cs: cs.bservers.list()),
    "bservers.schema": get("/bservers/schema/", lambda cs: cs.bservers.schema()),
    "bservers.get": get("/bservers/{uuid}/", lambda cs: cs.bservers.get(UUID)),
    "bservers.create": Endpoint("POST", "/bservers/", lambda cs: cs.bservers.create(**SERVER)),
    "bservers.update": Endpoint("PUT", "/bservers/{uuid}/", lambda cs: cs.bservers.update(UUID, name="m")),
    "bservers.delete": Endpoint(
        "DELETE", "/bservers/{uuid}/", lambda cs: cs.bservers.delete(UUID, recurse="disks")
    ),
    "bservers.runtime": get("/bservers/{uuid}/runtime/", lambda cs: cs.bservers.runtime(UUID)),
    "bservers.start": act("/bservers/{uuid}/", "start", lambda cs: cs.bservers.start(UUID)),
    "bservers.stop": act("/bservers/{uuid}/", "stop", lambda cs: cs.bservers.stop(UUID)),
    "bservers.restart": act("/bservers/{uuid}/", "restart", lambda cs: cs.bservers.restart(UUID)),
    "bservers.shutdown": act("/bservers/{uuid}/", "shutdown", lambda cs: cs.bservers.shutdown(UUID)),
    "bservers.open_vnc": act("/bservers/{uuid}/", "open_vnc", lambda cs: cs.bservers.open_vnc(UUID)),
    "bservers.close_vnc": act("/bservers/{uuid}/", "close_vnc", lambda cs: cs.bservers.close_vnc(UUID)),
    "bservers.open_console": act(
        "/bservers/{uuid}/", "open_console", lambda cs: cs.bservers.open_console(UUID)
    ),
    "bservers.close_console": act(
        "/bservers/{uuid}/", "close_console", lambda cs: cs.bservers.close_console(UUID)
    ),
    "bservers.clone": act("/bservers/{uuid}/", "clone", lambda cs: cs.bservers.clone(UUID, name="m")),
    "fwpolicies.list": get("/fwpolicies/", lambda cs: cs.firewall_policies.list(fields="uuid")),
    "fwpolicies.list_detail": get("/fwpolicies/detail/", lambda cs: cs.firewall_policies.list()),
    "fwpolicies.get": get("/fwpolicies/{uuid}/", lambda cs: cs.firewall_policies.get(UUID)),
    "fwpolicies.create": Endpoint("POST", "/fwpolicies/", lambda cs: cs.firewall_policies.create(name="p")),
    "fwpolicies.update": Endpoint(
        "PUT", "/fwpolicies/{uuid}/", lambda cs: cs.firewall_policies.update(UUID, rules=[])
    ),
    "fwpolicies.delete": Endpoint(
        "DELETE", "/fwpolicies/{uuid}/", lambda cs: cs.firewall_policies.delete(UUID)
    ),
    "fwpolicies.bulk_update": Endpoint(
        "PUT", "/fwpolicies/", lambda cs: cs.firewall_policies.update_many([UUID], rules=[])
    ),
    "fwpolicies.bulk_delete": Endpoint(
        "DELETE", "/fwpolicies/", lambda cs: cs.firewall_policies.delete_many([UUID])
    ),
    "fwpolicies.schema": get("/fwpolicies/schema/", lambda cs: cs.firewall_policies.schema()),
    "acls.list": get("/acls/", lambda cs: cs.acls.list()),
    "acls.get": get("/acls/{uuid}/", lambda cs: cs.acls.get(UUID)),
    "acls.create": Endpoint("POST", "/acls/", lambda cs: cs.acls.create(rules=["LIST"])),
    "acls.update": Endpoint("PUT", "/acls/{uuid}/", lambda cs: cs.acls.update(UUID, name="m")),
    "acls.delete": Endpoint("DELETE", "/acls/{uuid}/", lambda cs: cs.acls.delete(UUID)),
    "acls.bulk_update": Endpoint("PUT", "/acls/", lambda cs: cs.acls.update_many([UUID], name="m")),
    "acls.bulk_delete": Endpoint("DELETE", "/acls/", lambda cs: cs.acls.delete_many([UUID])),
    "acls.schema": get("/acls/schema/", lambda cs: cs.acls.schema()),
    "logs.list": get("/logs/", lambda cs: cs.audit_log.page(0, 5, uuid=UUID)),
    "logs.schema": get("/logs/schema/", lambda cs: cs.audit_log.schema()),
    **NETWORK_AND_ACCOUNT,
}
