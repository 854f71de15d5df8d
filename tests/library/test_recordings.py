"""The collections against the recorded exchanges of the real cloud: what is asked, and the types of what comes back.

Skipped where the recordings are not at hand; ``CLOUDSIGMA_RECORDED`` names their folder.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import pytest

from cloudsigma import CloudSigma, records
from cloudsigma.ports.memory import MemoryPort

from .conformance import missing, problems
from .recordings import Recording, folder, recordings, unreadable

OURS = {
    "accounts",
    "acls",
    "backupschedulers",
    "balance",
    "capabilities",
    "cloud_status",
    "drives",
    "driveusers",
    "global_context",
    "initupload",
    "ips",
    "jobs",
    "keypairs",
    "libdrives",
    "locations",
    "logs",
    "profile",
    "pubkeys",
    "remotesnapshots",
    "servers",
    "snapshots",
    "tags",
    "vlans",
    "vmware_servers",
}
# Written by hand for the documentation: no JSON, or cut down to the one field they are about.
NO_JSON = {"server_add_gpu", "server_add_sgx", "vmware_servers_list"}
# Requests that do not fit their answers.
MISMATCHED = {
    "backup_scheduler_backup_update": "a GET of a placeholder, with the answer to a PUT",
    "backup_scheduler_backups_list_type": "two question marks in the address",
    "backup_scheduler_create": "a GET with the answer to a POST",
}
# No exchange at all: the first lacks its answer, the second holds an answer in place of the request.
UNREADABLE = {"backup_scheduler_set_drive", "remote_snapshots/snapshot_list_for_drive"}

FOLDER = folder()
if FOLDER is None:
    pytest.skip(
        "the recorded exchanges are not here; CLOUDSIGMA_RECORDED names their folder", allow_module_level=True
    )

RECORDINGS = [
    item
    for item in recordings(FOLDER)
    if item.collection in OURS and item.name not in NO_JSON and item.name not in MISMATCHED
]

Call: TypeAlias = Callable[[CloudSigma, Recording], Any]

LISTS: dict[str, tuple[str, type[records.Record]]] = {
    "servers": ("servers", records.Server),
    "drives": ("drives", records.Drive),
    "libdrives": ("library_drives", records.LibraryDrive),
    "jobs": ("jobs", records.Job),
    "tags": ("tags", records.Tag),
    "vlans": ("vlans", records.Vlan),
    "ips": ("ips", records.Ip),
    "snapshots": ("snapshots", records.Snapshot),
    "remotesnapshots": ("remote_snapshots", records.RemoteSnapshot),
    "backupschedulers": ("backup_schedulers", records.BackupScheduler),
    "keypairs": ("keypairs", records.Keypair),
    "pubkeys": ("pubkeys", records.Pubkey),
    "driveusers": ("drive_users", records.DriveUser),
    "vmware_servers": ("vmware_servers", records.VmwareServer),
    "acls": ("acls", records.Acl),
    "logs": ("audit_log", records.AuditEntry),
}
# Lists that have no detailed form: the plain one is whole.
WHOLE = {"acls", "driveusers", "keypairs", "pubkeys", "jobs"}
SINGLE: dict[str, tuple[str, type[records.Record]]] = {
    "balance": ("balance", records.Balance),
    "capabilities": ("capabilities", records.Capabilities),
    "profile": ("profile", records.Profile),
}


class Player:
    """Answers with one recording, and with what a call has to read before or after it; remembers what was asked."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.asked: list[tuple[str, str, dict[str, str], Any]] = []

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        address = urlsplit(url)
        query = dict(parse_qsl(address.query))
        self.asked.append((method, address.path, query, json.loads(body) if body else None))
        recording = self.recording
        if (method, address.path) == (recording.method, recording.path):
            return recording.status, {"content-type": "application/json"}, recording.answer
        assert method == "GET", f"{method} {address.path} was not recorded"
        return 200, {}, json.dumps(self.before()).encode()

    def before(self) -> Any:
        """What a GET of the resource shows around the recorded change."""
        recording = self.recording
        if recording.method == "PUT":
            return recording.data
        if isinstance(recording.body, dict) and "uuid" in recording.body:
            return recording.body
        return {"uuid": recording.parts[0], "status": "stopped"}

    def recorded_request(self) -> tuple[str, str, dict[str, str], Any]:
        found = [item for item in self.asked if item[:2] == (self.recording.method, self.recording.path)]
        assert len(found) == 1, f"asked {[item[:2] for item in self.asked]}"
        return found[0]


def client_for(player: Player) -> CloudSigma:
    return CloudSigma(
        port=MemoryPort(player), api_endpoint="https://cloud.example/api/2.0/", username="u", password="p"
    )


def play(cs: CloudSigma, item: Recording) -> tuple[Any, Any]:
    """Make the call that the recording is an exchange of; return its result and the annotation it has to meet."""
    has_uuid = bool(item.parts) and (len(item.parts[0]) > 12 or item.parts[0].count(".") == 3)
    uuid, rest = (item.parts[0], item.parts[1:]) if has_uuid else ("", item.parts)
    return (read if item.method == "GET" else write)(cs, item, uuid, rest)


def collection_of(cs: CloudSigma, item: Recording) -> tuple[Any, type[records.Record]]:
    name, record = (
        LISTS.get(item.collection) or SINGLE.get(item.collection) or (item.collection, records.Record)
    )
    return getattr(cs, name), record


def read(cs: CloudSigma, item: Recording, uuid: str, rest: list[str]) -> tuple[Any, Any]:
    collection, record = collection_of(cs, item)
    match (item.collection, rest):
        case ("capabilities", ["schema"]):
            return cs.capabilities.schema(), records.CapabilitiesSchema
        case (_, ["schema"]):
            return collection.schema(), records.Schema
        case ("locations", []):
            return cs.locations.list(), list[records.Location]
        case ("balance" | "capabilities" | "profile", []):
            return collection.get(), record
        case ("tags", ["servers"]):
            return cs.tags.servers(uuid, detail=False), list[records.Server]
        case ("logs", []):
            return cs.audit_log.page(0, int(item.query["limit"])).objects, list[records.AuditEntry]
        case (_, []) if uuid:
            return collection.get(uuid), record
        case (_, []) if item.collection in WHOLE:
            return collection.list(), list[record]  # type: ignore[valid-type]
        case (_, []):
            filters = {"fields": sorted(item.data["objects"][0]), **item.query}
            limit = int(item.query.get("limit", "0"))
            filters.pop("limit", None)
            found = collection.page(0, limit, **filters).objects if limit else collection.list(**filters)
            return found, list[record]  # type: ignore[valid-type]
        case (_, ["detail"]):
            filters = {name: value for name, value in item.query.items() if name != "limit"}
            return collection.list(**filters), list[record]  # type: ignore[valid-type]
    raise AssertionError(f"no call for GET {item.path}")


def write(cs: CloudSigma, item: Recording, uuid: str, rest: list[str]) -> tuple[Any, Any]:
    collection, record = collection_of(cs, item)
    match (item.method, item.collection, rest):
        case ("POST", "global_context", []):
            return cs.global_context.replace(item.body), dict[str, Any]
        case ("POST", "accounts", ["action"]):
            return cs.accounts.create(**item.body), records.AccountCreated
        case ("POST", _, ["action"]):
            return act(cs, item, uuid)
        case ("POST", _, []):
            specs = bodies(item.body) or [{"name": "n", "size": 1, "media": "disk"}]
            if len(specs) == 1:
                return collection.create(**specs[0]), record
            return collection.create_many(specs), list[record]  # type: ignore[valid-type]
        case ("PUT", "profile", []):
            return cs.profile.update(**item.body), record
        case ("PUT", _, []):
            return collection.update(uuid, **item.body), record
        case ("DELETE", "servers", []):
            return cs.servers.delete(uuid, recurse=item.query.get("recurse")), None  # type: ignore[arg-type]
        case ("DELETE", _, []):
            return collection.delete(uuid), None
    raise AssertionError(f"no call for {item.method} {item.path}")


def bodies(body: Any) -> list[Any]:
    """What a body says of each resource: bare, or in an envelope."""
    return body["objects"] if isinstance(body, dict) and "objects" in body else [body] if body else []


def act(cs: CloudSigma, item: Recording, uuid: str) -> tuple[Any, Any]:
    action = item.query["do"]
    cloning: dict[str, Any] = (
        {"avoid": item.query.get("avoid"), **(item.body or {})} if action == "clone" else {}
    )
    match (item.collection, action):
        case ("servers", "start" | "stop" | "shutdown"):
            # The call answers with the server; what the cloud said to the action is looked at here.
            more = {"avoid": item.query["avoid"]} if "avoid" in item.query else {}
            getattr(cs.servers, action)(uuid, **more)
            return records.ActionResult(item.data), records.ActionResult
        case ("servers", "open_vnc"):
            return cs.servers.open_vnc(uuid), records.VncTunnel
        case ("servers", "open_console"):
            return cs.servers.open_console(uuid), records.ConsoleTunnel
        case ("servers", "close_vnc" | "close_console"):
            return getattr(cs.servers, action)(uuid), records.ActionResult
        case ("servers", "clone"):
            return cs.servers.clone(uuid, **cloning), records.Server
        case ("drives", "clone"):
            return cs.drives.clone(uuid, **cloning), records.Drive
        case ("drives", "resize"):
            changes = {key: value for key, value in item.body.items() if key != "size"}
            return cs.drives.resize(uuid, item.body["size"], **changes), records.Drive
        case ("snapshots" | "remotesnapshots", "clone"):
            cloned = collection_of(cs, item)[0].clone(
                uuid, avoid=item.query.get("avoid"), **(item.body or {})
            )
            return cloned, records.Drive
        case ("drives", "set_scheduler"):
            return cs.drives.set_scheduler(uuid, item.body["backup_policy_uuid"]), records.Drive
    raise AssertionError(f"no call for {item.collection} {action}")


@pytest.mark.parametrize("item", RECORDINGS, ids=lambda item: str(item.name))
def test_it_is_asked_as_recorded_and_typed_as_annotated(item: Recording) -> None:
    player = Player(item)
    with client_for(player) as cs:
        result, hint = play(cs, item)
    _, _, query, sent = player.recorded_request()
    # On a single object the parameter of a list means nothing.
    single = item.collection in SINGLE and item.query == {"limit": "0"}
    assert_same_query(query, {} if single else item.query)
    if item.body:
        assert_same_body(sent, item.body)
    if hint is None:
        assert result is None
        return
    counted = [0]
    found = list(problems(result, hint, item.name, counted))
    assert found == []
    assert counted[0] > 0 or item.collection == "global_context"
    assert_complete(item, result)
    assert json.loads(json.dumps(result)) == kept(item, isinstance(result, list))


def kept(item: Recording, many: bool) -> Any:
    """What a result must hold of an answer: everything, once the two things that come in two shapes have one."""
    data = item.data
    if isinstance(data, dict) and "objects" in data:
        data = data["objects"]
    if not many and isinstance(data, list):
        (data,) = data
    for found in data if many else [data]:
        if isinstance(found, dict) and isinstance(found.get("resource_uri"), dict):
            assert found["resource_uri"].keys() == {"resource_uri", "uuid"}
            assert found["resource_uri"]["uuid"] == found["uuid"]
            found["resource_uri"] = found["resource_uri"]["resource_uri"]
        if item.collection == "backupschedulers" and "rules" in (found.get("retention_policy") or {}):
            rules: list[Any] = []
            for rule in found["retention_policy"]["rules"]:
                if rule.keys() == {"time_option"}:
                    rules[-1].update(rule)
                else:
                    rules.append(rule)
            found["retention_policy"]["rules"] = rules
    return data


def assert_complete(item: Recording, result: Any) -> None:
    """A single resource and the entries of detailed lists have every field that their annotation calls not null."""
    whole = (
        item.method in ("PUT", "POST")
        or (item.parts[1:] == [] and item.parts != [])
        or "detail" in item.parts
    )
    for record in result if isinstance(result, list) else [result]:
        if whole and isinstance(record, records.Record) and not isinstance(record, records.ActionResult):
            assert list(missing(record, type(record), item.name)) == []


def assert_same_query(sent: dict[str, str], recorded: dict[str, str]) -> None:
    """All that was recorded is asked; besides, lists are asked for whole, and plain ones by the names of their fields."""
    assert recorded.items() <= sent.items()
    assert sent.keys() - recorded.keys() <= {"limit", "fields"}


def assert_same_body(sent: Any, recorded: Any) -> None:
    """All that the recorded body said is said, a reference as its uuid."""
    if isinstance(recorded, dict) and "objects" in recorded:
        assert [plain(one) for one in sent["objects"]] == [plain(one) for one in recorded["objects"]]
    else:
        assert {key: plain(sent.get(key)) for key in recorded} == plain(recorded)


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() & {"uuid"} and value.keys() <= {"uuid", "resource_uri", "owner", "res_type"}:
            return value["uuid"]
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def test_the_list_in_single_quotes_is_typed_as_annotated() -> None:
    assert FOLDER is not None
    (found,) = [item for item in recordings(FOLDER) if item.name == "vmware_servers_list"]
    item = dataclasses.replace(found, answer=found.answer.replace(b"'", b'"'))
    with client_for(Player(item)) as cs:
        servers = cs.vmware_servers.list()
    counted = [0]
    assert list(problems(servers, list[records.VmwareServer], item.name, counted)) == []
    assert counted[0] > 30
    assert [server.nics[1].ip_address for server in servers] == ["10.10.11.1"]
    assert json.loads(json.dumps(servers)) == item.data["objects"]


def test_how_many_recordings_there_are() -> None:
    """None is left out but those that are no JSON, do not fit their answers, or are no exchange."""
    assert FOLDER is not None
    all_ours = [item for item in recordings(FOLDER) if item.collection in OURS]
    assert {item.name for item in all_ours if not item.is_json} == NO_JSON
    assert {item.name for item in all_ours} >= MISMATCHED.keys()
    assert unreadable(FOLDER) == UNREADABLE
    assert len(RECORDINGS) == len(all_ours) - len(NO_JSON) - len(MISMATCHED)
    assert len(RECORDINGS) > 100


def fields_of(items: list[Recording]) -> Iterator[int]:
    for item in items:
        with client_for(Player(item)) as cs:
            result, hint = play(cs, item)
        counted = [0]
        assert hint is None or not list(problems(result, hint, item.name, counted))
        yield counted[0]


def test_count_of_annotated_fields(record_property: Callable[[str, object], None]) -> None:
    total = sum(fields_of(RECORDINGS))
    record_property("annotated_fields", total)
    record_property("recordings", len(RECORDINGS))
    print(f"{total} annotated fields in {len(RECORDINGS)} recordings have their annotated type")
    assert total > 5_000
