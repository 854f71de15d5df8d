"""Snapshots, backup schedulers, keys and the log beside recorded answers: the same keys and kinds at every depth.

How the comparison works, and where the recordings are: `test_recorded_shapes`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .cloud_in_process import Cloud, Doc
from .test_backup_rules import body
from .test_keypairs import KNOWN
from .test_recorded_shapes import FOLDER, differences
from .test_recorded_shapes import pytestmark as pytestmark

# Answers of 2014 and before lack these.
LATER = {"grantees", "permissions"}


def recorded(name: str) -> Any:
    folder, _, file = name.rpartition("/")
    text = (FOLDER / folder / f"response_{file}").read_text(encoding="utf-8")
    return json.loads(text[text.index("{") :])


def snapshots(cloud: Cloud, kind: str = "snapshots", count: int = 1) -> Doc:
    """A drive with finished snapshots; the last of them comes back."""
    drive = cloud.drive()
    for _ in range(count):
        made = cloud.call(
            "POST", f"/{kind}/", {"drive": drive["uuid"], "location": "ZRH", "meta": {"a": "b"}}
        )
        assert made.status == 201, made
        cloud.advance(3600)
    return cloud.see(kind, made.body["objects"][0]["uuid"])


def drive_of(cloud: Cloud, snapshot: Doc) -> Doc:
    return cloud.see("drives", snapshot["drive"]["uuid"])


def scheduler(cloud: Cloud, kind: str = "snapshot", *, initial: bool = True, **changes: Any) -> Doc:
    window: Doc = {"start_time": {"hour": 12, "minute": 0}, "end_time": {"hour": 11, "minute": 45}}
    rule = {"day_of_month": "*", "day_of_week": ["*"], "month": "*", "hour": "1", "minute": "0", **window}
    sent = {
        **body(**{**rule, **changes}),
        "type": kind,
        "initial_backup": {"day_of_week": ["*"], **window} if initial else {},
        "remote_location": "TBC",
    }
    reply = cloud.call("POST", "/backupschedulers/", sent)
    assert reply.status == 201, reply
    made: Doc = reply.body["objects"][0]
    return made


def guarded(cloud: Cloud) -> Doc:
    made, drive = scheduler(cloud), drive_of(cloud, snapshots(cloud, "remotesnapshots"))
    cloud.call("POST", "/snapshots/", {"drive": drive["uuid"]})
    assigned: Doc = cloud.act(drive, "set_scheduler", {"backup_policy_uuid": made["uuid"]}).body
    return assigned


def keypair(cloud: Cloud, **sent: Any) -> Any:
    return cloud.call("POST", "/keypairs/", [{"name": "k", "algorithm_type": "ed25519", **sent}]).body


def server_with_keys(cloud: Cloud) -> Doc:
    keys = [made["uuid"] for made in (*keypair(cloud)["objects"], *keypair(cloud)["objects"])]
    return {"objects": [cloud.server(pubkeys=keys, nics=[{"ip_v4_conf": {"conf": "dhcp"}}])]}


def begun(cloud: Cloud) -> Any:
    return cloud.call("POST", "/snapshots/", [{"drive": cloud.drive()["uuid"]}]).body


LIST_BY_TYPE = "/backupschedulers/detail/?type=snapshot"

CASES: dict[str, Callable[[Cloud], Any]] = {
    "snapshot_create": begun,
    "snapshot_create_another": begun,
    "snapshot_get": lambda c: begun(c)["objects"][0],
    "snapshot_edit": lambda c: c.call("PUT", f"/snapshots/{snapshots(c)['uuid']}/", {"name": "n"}).body,
    "snapshot_list": lambda c: [snapshots(c), c.get("/snapshots/?limit=0")][1],
    "snapshot_list_detail": lambda c: [snapshots(c), c.get("/snapshots/detail/?limit=0")][1],
    "snapshot_list_for_drive": lambda c: c.get(f"/snapshots/detail/?drive={snapshots(c)['drive']['uuid']}"),
    "snapshot_clone": lambda c: c.act(snapshots(c), "clone").body,
    "snapshot_schema": lambda c: c.get("/snapshots/schema/"),
    "drive_for_snapshots": lambda c: (
        c.call("POST", "/drives/", {"name": "d", "size": 2**30, "media": "disk"}).body
    ),
    "drive_for_clone_snapshot": lambda c: (
        c.call("POST", "/drives/", {"name": "d", "size": 2**30, "media": "disk"}).body
    ),
    "drive_with_one_snapshot": lambda c: drive_of(c, snapshots(c)),
    "drive_with_two_snapshots": lambda c: drive_of(c, snapshots(c, count=2)),
    "snapshots_in_drive_def": lambda c: drive_of(c, snapshots(c, count=2)),
    "remote_snapshots/snapshot_create": lambda c: (
        c.call("POST", "/remotesnapshots/", {"drive": c.drive()["uuid"], "location": "ZRH"}).body
    ),
    "remote_snapshots/snapshot_get": lambda c: snapshots(c, "remotesnapshots"),
    "remote_snapshots/snapshot_edit": lambda c: (
        c.call("PUT", f"/remotesnapshots/{snapshots(c, 'remotesnapshots')['uuid']}/", {"name": "n"}).body
    ),
    "remote_snapshots/snapshot_list": lambda c: [snapshots(c, "remotesnapshots"), c.get("/remotesnapshots/")][
        1
    ],
    "remote_snapshots/snapshot_list_detail": lambda c: [
        snapshots(c, "remotesnapshots"),
        c.get("/remotesnapshots/detail/"),
    ][1],
    "remote_snapshots/snapshot_list_for_drive": lambda c: c.get(
        f"/remotesnapshots/?drive={snapshots(c, 'remotesnapshots')['drive']['uuid']}"
    ),
    "remote_snapshots/snapshot_clone": lambda c: c.act(snapshots(c, "remotesnapshots"), "clone").body,
    # The recording filed here is the schema of local snapshots.
    "remote_snapshots/snapshot_schema": lambda c: c.get("/snapshots/schema/"),
    "remote_snapshots/snapshots_in_drive_def": guarded,
    "backupschedulers/backup_scheduler_create": lambda c: {"objects": [scheduler(c)]},
    "backupschedulers/backup_scheduler_backup_get": lambda c: c.see("backupschedulers", scheduler(c)["uuid"]),
    "backupschedulers/backup_scheduler_backup_update": lambda c: (
        c.call("PUT", f"/backupschedulers/{(made := scheduler(c))['uuid']}/", made).body
    ),
    "backupschedulers/backup_scheduler_backups_list": lambda c: [scheduler(c), c.get("/backupschedulers/")][
        1
    ],
    "backupschedulers/backup_scheduler_backups_list_type": lambda c: [
        scheduler(c, "backup"),
        c.get("/backupschedulers/?type=backup"),
    ][1],
    "backupschedulers/backup_scheduler_backups_list_detail": lambda c: [
        scheduler(c, "backup", initial=False, month="2,4,6"),
        c.get("/backupschedulers/detail/"),
    ][1],
    "backupschedulers/backup_scheduler_backups_list_detail_type": lambda c: [
        scheduler(c, initial=False),
        c.get(LIST_BY_TYPE),
    ][1],
    "backupschedulers/backup_scheduler_set_drive": guarded,
    "backupschedulers/backupscheduler_schema": lambda c: c.get("/backupschedulers/schema/"),
    "autogen_keypair_create": lambda c: keypair(c, algorithm_type="rsa"),
    "pub_key_only_keypair_create": lambda c: keypair(c, public_key=KNOWN[0]),
    "self_gen_keypair_create": keypair,
    "keypair_get": lambda c: c.see("keypairs", keypair(c)["objects"][0]["uuid"]),
    "keypair_update": lambda c: (
        c.call("PUT", f"/keypairs/{(made := keypair(c)['objects'][0])['uuid']}/", made).body
    ),
    "keypair_list": lambda c: [keypair(c), c.get("/keypairs/?limit=0")][1],
    "pubkeys_list": lambda c: [keypair(c), c.get("/pubkeys/?limit=0")][1],
    "pubkeys_full_keypair": lambda c: c.see("pubkeys", keypair(c)["objects"][0]["uuid"]),
    "pubkeys_pub_only_keypair": lambda c: c.see(
        "pubkeys", keypair(c, public_key=KNOWN[0])["objects"][0]["uuid"]
    ),
    "pubkeys_server": server_with_keys,
    "audit_log_list": lambda c: [c.act(c.running(), "stop"), c.get("/logs/?limit=5")][1],
    "create_server_audit_log": lambda c: [c.server(), c.get("/logs/?limit=1")][1],
    "start_server_audit_log": lambda c: [c.act(c.server(), "start"), c.get("/logs/?limit=1")][1],
    "start_server_audit_log_complete": lambda c: [c.running(), c.get("/logs/?limit=1")][1],
    "audit_log_schema": lambda c: c.get("/logs/schema/"),
}


@pytest.mark.parametrize("name", CASES)
def test_answers_have_the_recorded_shape(cloud: Cloud, name: str) -> None:
    theirs = recorded(name)
    assert list(differences(CASES[name](cloud), without_later(theirs))) == []


def without_later(theirs: Any) -> Any:
    """Complete an old answer with the keys that later ones have, as unknown values."""
    if isinstance(theirs, list):
        return [without_later(item) for item in theirs]
    if isinstance(theirs, dict):
        whole = {key: without_later(value) for key, value in theirs.items()}
        return {**dict.fromkeys(LATER), **whole} if "timestamp" in whole and "drive" in whole else whole
    return theirs


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        ("snapshots", "snapshot_schema"),
        ("backupschedulers", "backupschedulers/backupscheduler_schema"),
        ("logs", "audit_log_schema"),
    ],
)
def test_schemas_say_the_same(cloud: Cloud, resource: str, name: str) -> None:
    ours, theirs = cloud.get(f"/{resource}/schema/"), recorded(name)
    assert dict(said(ours)) == dict(said(theirs))


def said(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Give every statement of a schema but the texts for people."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            if key != "help_text" or isinstance(item, dict):
                yield from said(item, f"{path}.{key}")
    elif isinstance(value, list):
        yield path, sorted(map(str, value))
    else:
        yield path, value


def test_every_recorded_answer_of_these_resources_is_compared() -> None:
    about = ("snapshot", "keypair", "pubkey", "audit_log")
    found = {
        str(path.relative_to(FOLDER)).replace("response_", "")
        for path in FOLDER.rglob("response_*")
        if any(word in path.name for word in about) or path.parent.name == "backupschedulers"
    }
    without_body = {name for name in found if name.endswith("_delete")}
    assert found - without_body - set(CASES) == set()
