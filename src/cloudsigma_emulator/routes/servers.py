"""``/servers/``: definitions, actions, and where servers run."""

from __future__ import annotations

from typing import Any

from ..domain import drive_states, fields, limits, server_states, servers
from ..domain.nics import random_mac
from ..domain.permissions import ATTACH, CLONE, DELETE, EDIT, LIST, OPEN_VNC, START, STOP
from ..domain.placement import COMPUTE_HOSTS, choose_host, groups
from ..domain.refusal import Refusal
from ..engine import addresses, cloning, drive_transitions, server_transitions
from ..engine.attachments import attachments_changed, delete_server, require_own_tags, require_usable
from ..engine.sharing import may, require
from .listing import list_answer, single_answer
from .objects import avoided, fetch, uuids_in_body
from .rendering import moved_by, render_servers, render_short_servers
from .route import Answer, Call, Route

Doc = dict[str, Any]

CONSOLE_HOST = "127.0.0.1"


def list_servers(call: Call) -> Answer:
    """Answer the plain list."""
    return list_answer(call, "servers", render_short_servers, default_fields=servers.SHORT_FIELDS)


def list_servers_in_detail(call: Call) -> Answer:
    """Answer the detail list."""
    return list_answer(call, "servers", render_servers)


def get_server(call: Call) -> Answer:
    """Answer one server."""
    return single_answer(call, _shown(call, fetch(call, "servers", LIST)))


def create_servers(call: Call) -> Answer:
    """Create one server or many, all or none."""
    bodies = call.objects("server to create")
    stored = [_create(call, body) for body in bodies]
    return Answer(201, {"objects": render_servers(call.tx, stored, call)})


def _create(call: Call, body: Doc) -> Doc:
    tx = call.tx
    values = servers.read_server(_known_part(call, body), _new_mac(call))
    host = choose_host(COMPUTE_HOSTS, (), tx.random.randrange(2**16))
    server = servers.new_server(tx.new_uuid(), call.user_uuid, values, host)
    require_usable(tx, server)
    require_own_tags(tx, call.user_uuid, server["tags"])
    tx.insert("servers", server)
    attachments_changed(tx, None, server)
    tx.audit("Servers", "create", server["uuid"], details=body)
    return server


def _known_part(call: Call, body: Doc) -> Doc:
    """Return a definition without the firewall policies of its NICs, when the cloud has none."""
    nics = body.get("nics")
    if call.app.options.firewall_policies or not isinstance(nics, list):
        return body
    known = [{**nic, "firewall_policy": None} if isinstance(nic, dict) else nic for nic in nics]
    return {**body, "nics": known}


def update_server(call: Call) -> Answer:
    """Change one server's definition."""
    server = _change(call, call.params["uuid"], fields.body_object(call.object()))
    return Answer(200, _shown(call, server))


def update_servers(call: Call) -> Answer:
    """Change many servers, all or none."""
    bodies = call.objects()
    changed = [_change(call, fields.text(body.get("uuid"), "uuid"), body) for body in bodies]
    return Answer(200, {"objects": render_servers(call.tx, changed, call)})


def _change(call: Call, uuid: str, body: Doc) -> Doc:
    tx, options = call.tx, call.app.options
    server = fetch(call, "servers", EDIT, uuid)
    server_states.require_legal("edit", server)
    if "tags" not in body and not options.keep_tags:
        body = {**body, "tags": []}
    stopped = server["status"] == server_states.STOPPED
    applied = set(body)
    if not stopped:
        applied = {*servers.LIVE_FIELDS, *(("drives", "nics") if options.hotplug else ())}
        ignored = {"drives", "nics", "pubkeys"} - applied
        body = {key: value for key, value in body.items() if key not in ignored}
    values = servers.read_server(_known_part(call, body), _new_mac(call), server)
    if not stopped:
        values = {key: value for key, value in values.items() if key in applied}
    if server["owner"] != call.user_uuid:
        values["tags"] = server["tags"]
    changed = {**server, **values}
    require_usable(tx, changed, server)
    require_own_tags(tx, call.user_uuid, changed["tags"], server["tags"])
    if not stopped and options.hotplug:
        addresses.exchange(tx, server, changed)
    tx.update("servers", changed)
    attachments_changed(tx, server, changed)
    tx.audit("Servers", "update", uuid, details=body, owner=server["owner"])
    return changed


def delete_one_server(call: Call) -> Answer:
    """Delete a server, and with ``recurse`` its drives."""
    _delete(call, call.params["uuid"], _recurse(call))
    return Answer(204)


def delete_servers(call: Call) -> Answer:
    """Delete many servers, all or none."""
    recurse = _recurse(call)
    for uuid in uuids_in_body(call):
        _delete(call, uuid, recurse)
    return Answer(204)


def _recurse(call: Call) -> str | None:
    recurse = call.query.get("recurse")
    if recurse is not None and recurse not in servers.RECURSE:
        raise Refusal.validation(f"recurse must be one of: {', '.join(servers.RECURSE)}", "recurse")
    return recurse


def _delete(call: Call, uuid: str, recurse: str | None) -> None:
    tx = call.tx
    server = fetch(call, "servers", DELETE, uuid)
    delete_server(tx, server)
    media = {"all_drives": ("disk", "cdrom"), "disks": ("disk",), "cdroms": ("cdrom",)}.get(recurse or "", ())
    if not media:
        return
    for drive in tx.find("drives", uuids=[item["drive"] for item in server["drives"]]):
        foreign = not may(tx, call.user_uuid, "drives", drive, DELETE)
        if drive["media"] not in media or foreign or drive_transitions.in_use(tx, drive["uuid"]):
            continue
        if drive["status"] in drive_states.OPERATIONS["delete"]:
            drive_transitions.delete(tx, call.app, drive)


def get_runtime(call: Call) -> Answer:
    """Answer a server's runtime alone; an empty one when it does not run."""
    server = fetch(call, "servers", LIST)
    shown = servers.render_runtime(server, moved_by(server, call))
    return Answer(200, shown or {"active_since": None, "nics": []})


def list_groups(call: Call) -> Answer:
    """Answer the caller's running servers host by host."""
    return Answer(200, groups(call.tx.find("servers", owner=call.user_uuid, status=server_states.RUNNING)))


def get_group(call: Call) -> Answer:
    """Answer the running servers on the host of one, itself included."""
    server = fetch(call, "servers", LIST)
    running = call.tx.find("servers", owner=call.user_uuid, status=server_states.RUNNING)
    if server["owner"] != call.user_uuid and server["status"] == server_states.RUNNING:
        running.append(server)
    group = next((group for group in groups(running) if server["uuid"] in group), [])
    return Answer(200, group)


def start(call: Call) -> Answer:
    """Begin to start a server."""
    server = fetch(call, "servers", START)
    method = call.object().get("allocation_method")
    if method is not None and method not in limits.START_METHODS:
        raise Refusal.validation(
            f"allocation_method must be one of: {', '.join(limits.START_METHODS)}", "allocation_method"
        )
    server_transitions.start(call.tx, call.app, server, avoided(call))
    return _done("start", server)


def stop(call: Call) -> Answer:
    """Begin to stop a server at once."""
    server = fetch(call, "servers", STOP)
    server_transitions.stop(call.tx, call.app, server)
    return _done("stop", server)


def shutdown(call: Call) -> Answer:
    """Ask a server's guest to power off."""
    server = fetch(call, "servers", STOP)
    server_transitions.shutdown(call.tx, call.app, server)
    return _done("shutdown", server)


def restart(call: Call) -> Answer:
    """Reset a server."""
    server = fetch(call, "servers", STOP)
    server_transitions.restart(call.tx, call.app, server)
    return _done("restart", server)


def _with_tunnels(call: Call, action: str) -> Doc:
    """Return a server that is in the state for an action on its tunnels; the action is noted."""
    server = fetch(call, "servers", OPEN_VNC)
    server_states.require_legal(action, server)
    call.tx.audit("Servers", action, server["uuid"], owner=server["owner"])
    return server


def open_vnc(call: Call) -> Answer:
    """Open a VNC tunnel to a server."""
    server = _with_tunnels(call, "open_vnc")
    port = call.app.hypervisor.open_vnc(server["uuid"], server["vnc_password"])
    return _done("open_vnc", server, vnc_url=f"vnc://{CONSOLE_HOST}:{port}")


def close_vnc(call: Call) -> Answer:
    """Close a server's VNC tunnel."""
    server = _with_tunnels(call, "close_vnc")
    call.app.hypervisor.close_vnc(server["uuid"])
    return _done("close_vnc", server)


def open_console(call: Call) -> Answer:
    """Open a tunnel to a server's first serial port."""
    server = _with_tunnels(call, "open_console")
    port = call.app.hypervisor.open_console(server["uuid"], server["vnc_password"])
    return _done("open_console", server, console_url=f"csconsole://{CONSOLE_HOST}:{port}")


def close_console(call: Call) -> Answer:
    """Close a server's console tunnel."""
    server = _with_tunnels(call, "close_console")
    call.app.hypervisor.close_console(server["uuid"])
    return _done("close_console", server)


def clone(call: Call) -> Answer:
    """Begin to copy a server with its disks; the answer is the bare copy."""
    server = fetch(call, "servers", CLONE)
    server_states.require_legal("clone", server)
    body = call.object()
    name = fields.optional_text(body.get("name"), "name")
    random_password = fields.nullable(fields.boolean)(body.get("random_vnc_password"), "random_vnc_password")
    for drive in call.tx.find("drives", uuids=[item["drive"] for item in server["drives"]]):
        permission = CLONE if drive["media"] == "disk" else ATTACH
        require(call.tx, call.user_uuid, "drives", drive, permission)
    copy = cloning.clone_server(
        call.tx,
        server,
        call.user_uuid,
        name=name,
        random_password=bool(random_password),
        avoid=avoided(call),
    )
    return Answer(202, _shown(call, copy))


def _done(action: str, server: Doc, **more: str) -> Answer:
    return Answer(202, {"action": action, "result": "success", "uuid": server["uuid"], **more})


def _shown(call: Call, server: Doc) -> Doc:
    return render_servers(call.tx, [server], call)[0]


def _new_mac(call: Call) -> Any:
    return lambda: random_mac(call.tx.random.getrandbits(40))


_ACTIONS = (start, stop, restart, shutdown, open_vnc, close_vnc, open_console, close_console, clone)

ROUTES: list[Route] = [
    Route("GET", "/servers/", list_servers, id="servers.list"),
    Route("GET", "/servers/detail/", list_servers_in_detail, id="servers.list_detail"),
    Route("POST", "/servers/", create_servers, id="servers.create"),
    Route("PUT", "/servers/", update_servers, id="servers.update_bulk"),
    Route("DELETE", "/servers/", delete_servers, id="servers.delete_bulk"),
    Route("GET", "/servers/availability_groups/", list_groups, id="servers.availability_groups"),
    Route("GET", "/servers/availability_groups/{uuid}/", get_group, id="servers.availability_group"),
    Route("GET", "/servers/{uuid}/", get_server, id="servers.get"),
    Route("PUT", "/servers/{uuid}/", update_server, id="servers.update"),
    Route("DELETE", "/servers/{uuid}/", delete_one_server, id="servers.delete"),
    Route("GET", "/servers/{uuid}/runtime/", get_runtime, id="servers.runtime"),
    *(
        Route(
            "POST",
            "/servers/{uuid}/action/",
            handler,
            action=handler.__name__,
            id=f"servers.{handler.__name__}",
        )
        for handler in _ACTIONS
    ),
]
