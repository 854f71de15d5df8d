"""Backup schedulers at work on the clock: snapshots taken and let go, only of drives of running servers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .cloud_in_process import SECOND, Cloud, Doc, attach
from .test_backup_rules import body

UNKNOWN = "00000000-0000-4000-8000-00000000dead"
HOUR, DAY = 3600, 86400


def scheduler(cloud: Cloud, sent: Doc | None = None, **more: Any) -> Doc:
    reply = cloud.call("POST", "/backupschedulers/", {**(sent or body(hour="1")), **more})
    assert reply.status == 201, reply
    made: Doc = reply.body["objects"][0]
    return made


def assign(cloud: Cloud, drive: Doc, uuid: str | None) -> Doc:
    reply = cloud.act(drive, "set_scheduler", {"backup_policy_uuid": uuid})
    assert reply.status == 202, reply
    shown: Doc = reply.body
    return shown


def start_at(cloud: Cloud, text: str) -> None:
    """Bring the clock to a moment, which must lie ahead."""
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    assert moment > cloud.app.clock.timestamp()
    cloud.app.move_clock(moment)


def guarded(cloud: Cloud, made: Doc) -> Doc:
    """A drive of a running server that a scheduler looks after."""
    drive = cloud.drive()
    cloud.running(drives=[attach(drive)])
    assign(cloud, drive, made["uuid"])
    return drive


def times(cloud: Cloud, drive: Doc, kind: str = "snapshots") -> list[str]:
    found = cloud.get(f"/{kind}/?limit=0&drive={drive['uuid']}")["objects"]
    return [one["timestamp"][5:16] for one in found]


def test_definition_list_change_and_end(cloud: Cloud) -> None:
    made = scheduler(cloud, body(hour="1", minute="0"), type="backup", meta={"a": "b"})
    other = scheduler(cloud, name="other")
    assert len(made) == 20
    assert cloud.see("backupschedulers", made["uuid"]) == made
    assert cloud.get("/backupschedulers/detail/")["objects"] == [made, other]
    short = cloud.get("/backupschedulers/")["objects"]
    assert len(short[0]) == 11
    assert short[0] == {key: made[key] for key in short[0]}
    for query, expected in (
        ("type=backup", [made]),
        ("type=snapshot,backup", [made, other]),
        ("type=dr/", []),
        ("name=other", [other]),
        ("name__contains=OTH", [other]),
        (f"uuid={made['uuid']}", [made]),
        ("order_by=-name", [made, other]),
        ("order_by=name", [other, made]),
    ):
        assert cloud.get(f"/backupschedulers/detail/?{query}")["objects"] == expected, query
    uri = f"/backupschedulers/{made['uuid']}/"
    changed = cloud.call("PUT", uri, {**made, "is_enabled": False, "name": "new"})
    assert (changed.status, changed.body) == (200, {**made, "is_enabled": False, "name": "new"})
    short_body = body(hour="2")
    del short_body["retention_policy"], short_body["user_timezone"]
    kept = cloud.call("PUT", uri, short_body).body
    assert (kept["meta"], kept["retention_policy"]) == ({"a": "b"}, made["retention_policy"])
    missing = cloud.call("PUT", uri, {"name": "only"})
    assert missing.status == 400
    assert {error["error_point"] for error in missing.body} == {
        "type",
        "is_enabled",
        "is_default",
        "incremental_backup",
    }
    assert cloud.call("PUT", "/backupschedulers/", [made]).status == 405
    assert cloud.call("DELETE", uri).status == 204
    assert cloud.call("GET", uri).status == 404
    assert cloud.call("DELETE", "/backupschedulers/", {"objects": [{"uuid": other["uuid"]}]}).status == 204
    assert cloud.get("/backupschedulers/")["meta"]["total_count"] == 0


def test_a_drive_is_given_to_a_scheduler(cloud: Cloud) -> None:
    made, other, drive = scheduler(cloud), scheduler(cloud), cloud.drive()
    ref = {"resource_uri": made["resource_uri"], "uuid": made["uuid"]}
    cloud.frames.clear()
    shown = assign(cloud, drive, made["uuid"])
    assert shown == {**drive, "backup_scheduler": ref}
    assert [frame.resource_uri for frame in cloud.frames] == [drive["resource_uri"]]
    assert assign(cloud, drive, other["uuid"])["backup_scheduler"]["uuid"] == other["uuid"]
    for nothing in (None, ""):
        assign(cloud, drive, made["uuid"])
        assert assign(cloud, drive, nothing)["backup_scheduler"] is None  # type: ignore[arg-type]
    for wrong, point in (({}, "backup_policy_uuid"), ({"backup_policy_uuid": UNKNOWN}, "backup_policy_uuid")):
        refused = cloud.act(drive, "set_scheduler", wrong)
        assert (refused.status, refused.error["error_point"]) == (400, point)
    foreign = cloud.call("POST", "/backupschedulers/", body(hour="1"), email=SECOND).body["objects"][0]
    assert cloud.act(drive, "set_scheduler", {"backup_policy_uuid": foreign["uuid"]}).status == 403
    ephemeral = cloud.drive(storage_type="local_nvme")
    assert cloud.act(ephemeral, "set_scheduler", {"backup_policy_uuid": made["uuid"]}).status == 403
    library = cloud.get("/libdrives/")["objects"][0]
    uri = f"/drives/{library['uuid']}/action/?do=set_scheduler"
    assert cloud.call("POST", uri, {"backup_policy_uuid": made["uuid"]}).status == 403
    assign(cloud, drive, made["uuid"])
    assert cloud.call("DELETE", f"/backupschedulers/{made['uuid']}/").status == 204
    assert cloud.see("drives", drive["uuid"])["backup_scheduler"] is None
    copy = cloud.act(assign(cloud, drive, other["uuid"]), "clone").body["objects"][0]
    assert copy["backup_scheduler"] is None


def test_snapshots_are_taken_on_time_of_drives_of_running_servers(cloud: Cloud) -> None:
    made = scheduler(cloud, body(hour="1,13", minute="30"))
    start_at(cloud, "2027-01-01 00:00")
    running = guarded(cloud, made)
    stopped, loose = cloud.drive(), cloud.drive()
    cloud.server(drives=[attach(stopped)])
    for drive in (stopped, loose):
        assign(cloud, drive, made["uuid"])
    start_at(cloud, "2027-01-02 13:30")
    assert times(cloud, running) == ["01-01 01:30", "01-01 13:30", "01-02 01:30", "01-02 13:30"]
    assert times(cloud, stopped) == times(cloud, loose) == []
    cloud.advance(60)
    first = cloud.get("/snapshots/")["objects"][0]
    assert first["status"] == "available"
    assert first["name"] == f"{running['uuid']}__2027-01-01__01_30_00"
    [entry] = cloud.get(f"/logs/?uuid={first['uuid']}")["objects"]
    assert (entry["category"], entry["action"], entry["success"]) == ("Snapshots", "create", True)
    server = cloud.see("drives", running["uuid"])["mounted_on"][0]
    assert cloud.act(cloud.see("servers", server["uuid"]), "stop").status == 202
    start_at(cloud, "2027-01-04 00:00")
    assert len(times(cloud, running)) == 4


def test_a_changed_rule_counts_from_now_on(cloud: Cloud) -> None:
    made = scheduler(cloud, body(hour="1"))
    start_at(cloud, "2027-01-01 00:00")
    drive = guarded(cloud, made)
    uri = f"/backupschedulers/{made['uuid']}/"
    cloud.call("PUT", uri, {**made, **body(hour="5")})
    cloud.advance(DAY)
    cloud.call("PUT", uri, {**made, **body(hour="5"), "is_enabled": False})
    cloud.advance(2 * DAY)
    cloud.call("PUT", uri, {**made, **body("20:15", hour="5")})
    cloud.advance(DAY)
    assert times(cloud, drive) == ["01-01 05:00", "01-04 20:15"]
    assign(cloud, drive, None)
    cloud.advance(5 * DAY)
    assert len(times(cloud, drive)) == 2


def test_without_drives_nothing_is_planned(cloud: Cloud) -> None:
    made = scheduler(cloud)
    with cloud.app.transaction() as tx:
        assert tx.waiting(made["uuid"]) == []
    drive = guarded(cloud, made)
    with cloud.app.transaction() as tx:
        assert [name for _, name, _ in tx.waiting(made["uuid"])] == ["backup.run"]
    assert cloud.call("DELETE", f"/backupschedulers/{made['uuid']}/").status == 204
    with cloud.app.transaction() as tx:
        assert tx.waiting(made["uuid"]) == []
    cloud.advance(3 * DAY)
    assert times(cloud, drive) == []


def test_retention_lets_old_snapshots_go(cloud: Cloud) -> None:
    rules = [{"period": "days", "quantity": 3}, {"period": "weeks", "quantity": 2, "time_option": 1}]
    made = scheduler(cloud, body(hour="4", rules=rules))
    start_at(cloud, "2027-01-01 00:00")  # a Friday
    drive = guarded(cloud, made)
    cloud.app.images.write(drive["uuid"], 0, b"data")
    own = cloud.call("POST", "/snapshots/", {"drive": drive["uuid"], "name": "own"}).body["objects"][0]
    start_at(cloud, "2027-01-14 12:00")
    assert times(cloud, drive) == [own["timestamp"][5:16], "01-04 04:00", "01-11 04:00", "01-12 04:00",
                                   "01-13 04:00", "01-14 04:00"]  # fmt: skip
    kept = {one["uuid"] for one in cloud.get("/snapshots/?limit=0")["objects"]}
    files = {path.stem for path in cloud.app.images.directory.glob("*.raw")}
    assert files == kept | {drive["uuid"]}
    deleted = [e for e in cloud.get("/logs/?limit=0")["objects"] if e["action"] == "delete"]
    assert {entry["category"] for entry in deleted} == {"Snapshots"}


def test_a_full_drive_does_not_stop_the_others(cloud: Cloud) -> None:
    start_at(cloud, "2027-01-01 01:10")
    made = scheduler(cloud, body(hour="*", minute="0"))
    full, other = guarded(cloud, made), guarded(cloud, made)
    own = cloud.call("POST", "/snapshots/", [{"drive": full["uuid"]}] * 90)
    assert own.status == 201
    cloud.advance(HOUR)
    assert len(times(cloud, full)) == 90
    assert len(times(cloud, other)) == 1
    [failed] = [e for e in cloud.get("/logs/?limit=0")["objects"] if not e["success"]]
    assert (failed["category"], failed["action"], failed["uuid"]) == ("Snapshots", "create", full["uuid"])
    assert (failed["error_type"], "90" in failed["error_message"]) == ("permission", True)


@pytest.mark.parametrize(("location", "expected"), [("FRA", "FRA"), ("", "TBC")])
def test_type_backup_takes_remote_snapshots(cloud: Cloud, location: str, expected: str) -> None:
    made = scheduler(cloud, body(repeat={"hour": "*/6"}), type="backup", remote_location=location)
    assert made["remote_location"] == location
    start_at(cloud, "2027-01-01 01:00")
    drive = guarded(cloud, made)
    cloud.advance(DAY)
    found = cloud.get("/remotesnapshots/")["objects"]
    assert [one["timestamp"][11:16] for one in found] == ["06:00", "12:00", "18:00", "00:00"]
    assert {one["location"] for one in found} == {expected}
    assert times(cloud, drive) == []


@pytest.mark.parametrize("kind", ["migration", "dr"])
def test_other_types_take_nothing(cloud: Cloud, kind: str) -> None:
    drive = guarded(cloud, scheduler(cloud, body(hour="*"), type=kind))
    cloud.advance(DAY)
    assert times(cloud, drive) == times(cloud, drive, "remotesnapshots") == []


def test_a_month_passes_quickly_at_every_speed() -> None:
    cloud = Cloud(speed="instant")
    try:
        made = scheduler(cloud, body(repeat={"hour": "*/6"}, rules=[{"period": "days", "quantity": 7}]))
        drive = guarded(cloud, made)
        cloud.advance(30 * DAY)
        assert len(times(cloud, drive)) == 28
    finally:
        cloud.close()


def test_a_deleted_drive_ends_it(cloud: Cloud) -> None:
    made = scheduler(cloud)
    drive = cloud.drive()
    assign(cloud, drive, made["uuid"])
    assert cloud.call("DELETE", f"/drives/{drive['uuid']}/").status == 204
    cloud.advance(3 * DAY)
    with cloud.app.transaction() as tx:
        assert tx.waiting(made["uuid"]) == []


def test_nobody_else_sees_or_touches_them(cloud: Cloud) -> None:
    made, drive = scheduler(cloud), cloud.drive()
    uri = f"/backupschedulers/{made['uuid']}/"
    for method, path, sent in (
        ("GET", uri, None),
        ("PUT", uri, made),
        ("DELETE", uri, None),
        ("DELETE", "/backupschedulers/", {"objects": [made]}),
        ("POST", f"/drives/{drive['uuid']}/action/?do=set_scheduler", {"backup_policy_uuid": None}),
    ):
        assert cloud.call(method, path, sent, email=SECOND).status == 403, path
    assert cloud.get("/backupschedulers/", email=SECOND)["objects"] == []
    assert cloud.call("GET", f"/backupschedulers/{UNKNOWN}/").status == 404


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
    | st.sampled_from(["*", "*/5", "mon", "days", "12:00", "1-5", "Etc/UTC"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
KEYS = ["type", "name", "is_enabled", "incremental_backup", "retention_policy", "user_timezone",
        "manual_incremental_backup", "initial_backup", "remote_location", "tags", "meta"]  # fmt: skip
RULE_KEYS = ["hour", "minute", "month", "day_of_month", "day_of_week", "repeat", "start_time", "end_time"]


@given(
    changes=st.dictionaries(st.sampled_from(KEYS), values, max_size=3),
    rule=st.dictionaries(st.sampled_from(RULE_KEYS), values, max_size=3),
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_no_definition_breaks_the_cloud(cloud: Cloud, changes: Doc, rule: Doc) -> None:
    drive = cloud.call("GET", "/drives/").body["objects"][0]
    reply = cloud.call("POST", "/backupschedulers/", {**body(**rule), **changes})
    assert reply.status in (201, 400, 403), reply
    if reply.status == 201:
        made = reply.body["objects"][0]
        # What was taken can be worked with.
        assert cloud.call("PUT", f"/backupschedulers/{made['uuid']}/", made).status == 200
        assert cloud.act(drive, "set_scheduler", {"backup_policy_uuid": made["uuid"]}).status == 202
