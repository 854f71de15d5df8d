"""The public names of the old library 2.0.1: modules, classes, methods with their arguments. Facts, nothing else.

Arguments are written as they were; ``...`` is a default that is not fixed, because it was read from the configuration
or is a function.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class OldClass:
    """A class: its base, the API root it speaks for, its own methods without ``self``, its own other attributes."""

    base: str
    root: str | None = None
    methods: dict[str, str] = field(default_factory=dict)
    attributes: tuple[str, ...] = ()


VALUES = (
    "conf.CONFIG_LOCATION",
    "conf.config",
    "generic.LOG",
    "bulk.LOG",
    "resumable_upload.LOG",
    "upload_client.LOG",
    "upload_client.INIT_HEADERS",
    "upload_client.UPLOAD_HEADERS",
    "version.__version__",
)

FUNCTIONS = {
    "generic.wrap_with_log_hook": "log_level, next_hook=None",
    "generic.get_client": "",
    "generic.get_urlparse": "",
    "generic.get_urljoin": "",
    "generic.get_urlunparse": "",
    "generic.get_unquote": "",
    "generic.get_parse_qsl": "",
    "scenarios.drives_create": "id_prefix, count",
    "scenarios.drives_clone": "id_prefix, count, source_drive",
    "scenarios.drives_clone_all": "id_prefix, count",
    "scenarios.drives_list": "id_prefix",
    "scenarios.drives_detail": "id_prefix",
    "scenarios.drives_wipe": "id_prefix",
    "scenarios.drives_number": "id_prefix",
    "upload_client.console_progress": "",
}

CLASSES = {
    "errors.ApiClientError": OldClass(
        "Exception", methods={"__init__": "message, status_code=None, request_id=''"}
    ),
    "errors.PermissionError": OldClass("ApiClientError"),
    "errors.ClientError": OldClass("ApiClientError"),
    "errors.ServerError": OldClass("ApiClientError"),
    "errors.AuthError": OldClass("ApiClientError"),
    "generic.GenericClient": OldClass(
        "object",
        methods={
            "__init__": "api_endpoint=None, username=None, password=None, login_method='basic', request_log_level=None",
            "get": "url, query_params=None, return_list=False",
            "put": "url, data, query_params=None, return_list=False",
            "post": "url, data, query_params=None, return_list=False",
            "delete": "url, query_params=None",
        },
        attributes=(
            "LOGIN_METHOD_BASIC",
            "LOGIN_METHOD_SESSION",
            "LOGIN_METHOD_NONE",
            "LOGIN_METHODS",
            "http",
        ),
    ),
    "generic.WebsocketClient": OldClass(
        "object", methods={"__init__": "cookie, timeout=10", "recv": "timeout=None, return_raw=False"}
    ),
    "resource.ResourceBase": OldClass(
        "object",
        methods={
            "__init__": "*args, **kwargs",
            "attach_response_hook": "func",
            "detach_response_hook": "",
            "get": "uuid=None",
            "get_schema": "",
            "get_from_url": "url",
            "list": "query_params=None",
            "list_detail": "query_params=None",
            "create": "data, query_params=None",
            "update": "uuid, data",
            "delete": "uuid, query_params=None",
        },
    ),
    "resource.Profile": OldClass("ResourceBase", "profile", methods={"get": "", "update": "data"}),
    "resource.GlobalContext": OldClass(
        "ResourceBase", "global_context", methods={"get": "", "update": "data"}
    ),
    "resource.NotificationContact": OldClass("ResourceBase", "notification_contacts"),
    "resource.NotificationPreference": OldClass(
        "ResourceBase", "notification_preferences", methods={"update": "data"}
    ),
    "resource.LibDrive": OldClass("ResourceBase", "libdrives"),
    "resource.Drive": OldClass(
        "ResourceBase",
        "drives",
        methods={
            "clone": "uuid, data=None, avoid=None",
            "resize": "uuid, data=None",
            "create": "data, avoid=None",
            "get_upload_chunk_link": "uuid, chunk_number, chunk_size=5 * 1024 ** 2",
            "upload_chunk": "link, image_path, chunk_number, chunk_size",
        },
    ),
    "resource.InitUpload": OldClass(
        "ResourceBase", "initupload", methods={"create": "data, avoid=None, image_path=None"}
    ),
    "resource.Server": OldClass(
        "ResourceBase",
        "servers",
        methods={
            "start": "uuid, allocation_method=None",
            "stop": "uuid",
            "restart": "uuid",
            "shutdown": "uuid",
            "runtime": "uuid",
            "open_vnc": "uuid",
            "close_vnc": "uuid",
            "open_console": "uuid",
            "close_console": "uuid",
            "clone": "uuid, data=None, avoid=None",
            "delete": "uuid, recurse=None",
            "delete_with_all_drives": "uuid",
            "delete_with_disks": "uuid",
            "delete_with_cdroms": "uuid",
        },
    ),
    "resource.BServer": OldClass("Server", "bservers"),
    "resource.ServersAvailabilityGroups": OldClass("ResourceBase", "servers/availability_groups"),
    "resource.VLAN": OldClass("ResourceBase", "vlans"),
    "resource.IP": OldClass("ResourceBase", "ips"),
    "resource.FirewallPolicy": OldClass("ResourceBase", "fwpolicies"),
    "resource.Subscriptions": OldClass(
        "ResourceBase", "subscriptions", methods={"extend": "uuid, data=None"}
    ),
    "resource.SubscriptionCalculator": OldClass(
        "Subscriptions", "subscriptioncalculator", methods={"get_price": "amount, period, resource_type"}
    ),
    "resource.Ledger": OldClass("ResourceBase", "ledger"),
    "resource.Balance": OldClass("ResourceBase", "balance"),
    "resource.Discount": OldClass("ResourceBase", "discount"),
    "resource.Pricing": OldClass("ResourceBase", "pricing"),
    "resource.AuditLog": OldClass("ResourceBase", "logs"),
    "resource.Licenses": OldClass("ResourceBase", "licenses"),
    "resource.Capabilites": OldClass("ResourceBase", "capabilities"),
    "resource.Accounts": OldClass(
        "ResourceBase",
        "accounts",
        methods={"authenticate_asynchronous": "", "create": "email, promo_code=None"},
    ),
    "resource.CurrentUsage": OldClass("ResourceBase", "currentusage"),
    "resource.Snapshot": OldClass(
        "ResourceBase", "snapshots", methods={"clone": "uuid, data=None, avoid=None"}
    ),
    "resource.Tags": OldClass(
        "ResourceBase",
        "tags",
        methods={
            "list_resource": "uuid, resource_name",
            "drives": "uuid",
            "servers": "uuid",
            "ips": "uuid",
            "vlans": "uuid",
        },
    ),
    "resource.Acls": OldClass("ResourceBase", "acls"),
    "resource.Jobs": OldClass("ResourceBase", "jobs"),
    "resource.WebsocketTimeoutError": OldClass("Exception"),
    "resource.Websocket": OldClass(
        "object",
        methods={
            "__init__": "timeout=10",
            "wait": "message_filter=None, timeout=None",
            "filter_frame": "message_filter, frame",
            "wait_obj_type": "resource_type, cls, timeout=None",
            "wait_obj_uri": "resource_uri, cls, timeout=None",
            "wait_obj_wrapper": "waiter, args, kwargs=None, timeout=None, extra_filter=...",
            "wait_for_status": "uri, resource, status, timeout=30",
        },
    ),
    "resource.BurstUsage": OldClass("ResourceBase", "burstusage"),
    "resource.Locations": OldClass("ResourceBase", "locations"),
    "resource.RemoteSnapshot": OldClass(
        "ResourceBase", "remotesnapshots", methods={"clone": "uuid, data=None, avoid=None"}
    ),
    "resource.Vpc": OldClass("ResourceBase", "vpc"),
    "resource.Nodes": OldClass("ResourceBase", "nodes"),
    "resource.HostAvailabilityZones": OldClass("ResourceBase", "hostavailabilityzones"),
    "resource.HostAllocationPools": OldClass("ResourceBase", "hostallocationpools"),
    "resource.DriveUsers": OldClass("ResourceBase", "driveusers"),
    "resource.VirtualRouters": OldClass(
        "ResourceBase",
        "virtualrouters",
        methods={
            "enable_nat": "virtual_router_uuid, data",
            "disable_nat": "virtual_router_uuid, data",
            "enable_firewall": "virtual_router_uuid, data",
            "disable_firewall": "virtual_router_uuid, data",
            "enable_firewall_logging": "virtual_router_uuid, data",
            "disable_firewall_logging": "virtual_router_uuid, data",
            "get_log": "virtual_router_uuid, data, query_params",
        },
    ),
    "resource.Lans": OldClass(
        "ResourceBase", "lans", methods={"configure_dhcp": "virtual_router_uuid, data"}
    ),
    "resource.IpAliases": OldClass("ResourceBase", "ipaliases"),
    "resource.Upstream": OldClass(
        "ResourceBase", "upstream", methods={"configure_vpn": "virtual_router_uuid, data"}
    ),
    "resource.PortForwards": OldClass("ResourceBase", "portforwards"),
    "resource.AddressForwards": OldClass("ResourceBase", "addressforwards"),
    "resource.VrFwPolicies": OldClass(
        "ResourceBase",
        "vrfwpolicies",
        methods={"enable": "fw_policy_uuid, data", "disable": "fw_policy_uuid, data"},
    ),
    "resource.VrFwFilters": OldClass(
        "ResourceBase",
        "vrfwfilters",
        methods={"enable_logging": "fw_filter_uuid, data", "disable_logging": "fw_filter_uuid, data"},
    ),
    "resource.Routes": OldClass("ResourceBase", "routes"),
    "metadata.GetServerMetadata": OldClass(
        "object", methods={"__init__": "", "get": ""}, attributes=("result",)
    ),
    "bulk.BulkBase": OldClass(
        "object",
        methods={"__init__": "id_prefix", "get_name": "", "filter_by_name_uuid": "resp, name_or_uuid"},
    ),
    "bulk.DrivesBulk": OldClass(
        "BulkBase",
        methods={
            "__init__": "media=..., size=..., description=..., *args, **kwargs",
            "generate_definition": "",
            "create": "count",
            "delete": "uuid, name",
            "wipe": "",
            "clone": "count, source_name_or_uuid",
            "clone_all": "count=1",
            "get_list": "",
            "get_detail": "",
            "lookup": "name_or_uuid",
            "get_by_uuids": "uuids",
        },
        attributes=("CREATE_DRIVE_MEDIA", "CREATE_DRIVE_SIZE", "CREATE_DRIVE_DESCRIPTION"),
    ),
    "resumable_upload.Upload": OldClass(
        "ResourceBase",
        "initupload",
        methods={
            "__init__": "image_path, drive_uuid=None, chunk_size=5 * 1024 ** 2, n_threads=4, drive_name=None, drive_media='disk', progress_callback=None, progress_report_interval=1, generic_client_kwargs=None",
            "upload": "",
            "retry": "",
            "file_chunks": "",
            "enqueue_chunks": "",
            "start_threads": "",
            "upload_enqueued": "",
            "upload_chunk": "chunk_number, chunk_offset, real_chunk_size",
            "update_progress": "uploaded_size",
            "report_progress": "",
        },
        attributes=("remote_size",),
    ),
    "upload_client.UploadError": OldClass("Exception"),
    "upload_client.CSUploader": OldClass(
        "object",
        methods={
            "__init__": "api_url, image_path, chunk_size, username, password, uuid=None, n_threads=5, progress_callback=None",
            "start": "",
            "init_drive_url_or_create_drive": "",
            "init_upload": "media='disk'",
            "file_chunks": "",
            "enqueue_chunks": "",
            "get_drive_size": "",
            "start_threads": "",
            "upload_enqueued": "",
            "upload_chunk": "chunk_number, chunk_offset, real_chunk_size",
            "report_progress": "",
            "update_progress": "uploaded_size",
            "get_chunk_upload_link": "chunk_number",
            "init_auth": "",
        },
    ),
}

VERBS = {
    "Profile": "get get_schema update",
    "GlobalContext": "get update",
    "NotificationContact": "create delete get list update",
    "NotificationPreference": "list update",
    "LibDrive": "get get_schema list list_detail",
    "Drive": "clone create delete get get_schema get_upload_chunk_link list list_detail resize update upload_chunk",
    "InitUpload": "create",
    "Server": "clone close_console close_vnc create delete get get_schema list list_detail open_console open_vnc restart runtime shutdown start stop update",
    "BServer": "clone close_console close_vnc create delete get get_schema list list_detail open_console open_vnc restart runtime shutdown start stop update",
    "ServersAvailabilityGroups": "get list",
    "VLAN": "get get_schema list list_detail update",
    "IP": "get get_schema list list_detail update",
    "FirewallPolicy": "create delete get get_schema list list_detail update",
    "Subscriptions": "create extend get get_schema list",
    "SubscriptionCalculator": "extend get_price",
    "Ledger": "get_schema list",
    "Balance": "get get_schema",
    "Discount": "get_schema list",
    "Pricing": "get_schema list",
    "AuditLog": "get_schema list",
    "Licenses": "get get_schema list",
    "Capabilites": "get get_schema list",
    "Accounts": "authenticate_asynchronous create",
    "CurrentUsage": "get get_schema",
    "Snapshot": "clone create delete get get_schema list list_detail update",
    "Tags": "create delete drives get get_schema ips list list_detail servers update vlans",
    "Acls": "create delete get get_schema list update",
    "Jobs": "get get_schema list",
    "Usage": "list",
    "BurstUsage": "get_schema list",
    "Locations": "get_schema list",
    "RemoteSnapshot": "clone create delete get get_schema list list_detail update",
    "Vpc": "get get_schema list update",
    "Nodes": "get list",
    "HostAvailabilityZones": "list",
    "HostAllocationPools": "get list update",
    "DriveUsers": "create delete get list update",
    "VirtualRouters": "create delete disable_firewall disable_firewall_logging disable_nat enable_firewall enable_firewall_logging enable_nat get get_log get_schema list list_detail update",
    "Lans": "configure_dhcp get get_schema list update",
    "IpAliases": "create delete get get_schema list",
    "Upstream": "configure_vpn get_schema",
    "PortForwards": "create delete get get_schema list",
    "AddressForwards": "create delete get get_schema list",
    "VrFwPolicies": "create delete disable enable get get_schema list update",
    "VrFwFilters": "create delete disable_logging enable_logging get get_schema list update",
    "Routes": "create delete get get_schema list update",
}
"""What the cloud has an endpoint for, of what each class of ``resource`` can ask: exactly these are sure to work."""

SHORTCUTS = {
    "Server": "delete_with_all_drives delete_with_cdroms delete_with_disks",
    "BServer": "delete_with_all_drives delete_with_cdroms delete_with_disks",
    "Tags": "list_resource",
}
"""Other ways to say one of ``VERBS``."""
