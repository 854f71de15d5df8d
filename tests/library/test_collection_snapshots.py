"""Snapshots, remote snapshots and backup schedulers against the emulator, over real sockets, on both faces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudsigma import CloudSigma, errors
from cloudsigma.records import BackupScheduler, Drive, RemoteSnapshot, Snapshot, to_datetime
from cloudsigma_emulator import Emulator

from .both_faces import FACES, client_of

GIB = 2**30


@pytest.fixture(params=FACES)
def cs(request: pytest.FixtureRequest, cloudsigma_emulator: Emulator) -> Iterator[CloudSigma]:
    with client_of(request.param, cloudsigma_emulator) as client:
        yield client


def new_drive(cs: CloudSigma, name: str = "disk", **more: Any) -> Drive:
    return cs.drives.create(name=name, size=GIB, media="disk", wait=True, **more)


class TestSnapshots:
    def test_taken_and_waited_for(self, cs: CloudSigma) -> None:
        drive = new_drive(cs)
        first = cs.snapshots.create(drive=drive, name="first", meta={"a": "b"})
        assert (first.status, first.allocated_size, first.drive.uuid) == ("creating", None, drive.uuid)
        ready = cs.snapshots.wait(first, timeout=25)
        assert (ready.status, ready.name, ready.meta) == ("available", "first", {"a": "b"})
        second = cs.snapshots.create(drive=drive.resource_uri, wait=True)
        assert second.status == "available"
        assert second.allocated_size is not None
        assert second.name.startswith(f"{drive.uuid}__")
        assert to_datetime(second.timestamp) >= to_datetime(first.timestamp)
        assert {item.uuid for item in cs.drives.get(drive).snapshots} == {first.uuid, second.uuid}

    def test_reading(self, cs: CloudSigma) -> None:
        drives = [new_drive(cs, f"d{number}") for number in range(2)]
        made = cs.snapshots.create_many(
            [{"drive": drive, "name": f"{drive.name}-{n}"} for drive in drives for n in range(3)]
        )
        assert [item.name for item in made] == [f"d{d}-{n}" for d in range(2) for n in range(3)]
        assert cs.snapshots.create_many([]) == []
        assert all(type(item) is Snapshot for item in cs.snapshots.list())
        assert [item.name for item in cs.snapshots.list(drive=drives[0])] == ["d0-0", "d0-1", "d0-2"]
        assert [item.name for item in cs.snapshots.list(name=["d0-1", "d1-2"])] == ["d0-1", "d1-2"]
        assert cs.snapshots.list(name__contains="D1", drive=drives[0].uuid) == []
        assert {tuple(item) for item in cs.snapshots.list(fields="uuid")} == {("uuid",)}
        found = cs.snapshots.find(name="d1-1")
        assert found is not None
        assert cs.snapshots.get(found) == found
        assert len(list(cs.snapshots.iterate(page_size=4))) == cs.snapshots.page(0, 1).total_count == 6
        assert "drive" in cs.snapshots.schema().fields

    def test_changed(self, cs: CloudSigma) -> None:
        tag = cs.tags.create(name="t")
        snapshot = cs.snapshots.create(drive=new_drive(cs), name="a", meta={"k": "v"}, wait=True)
        changed = cs.snapshots.update(snapshot, name="b")
        assert {**changed, "name": "a"} == {**snapshot}
        assert [item.uuid for item in cs.snapshots.add_tag(snapshot, tag).tags] == [tag.uuid]
        assert [item.uuid for item in cs.snapshots.list(tag=tag)] == [snapshot.uuid]
        assert cs.snapshots.remove_tag(snapshot, tag).tags == []
        others = [cs.snapshots.create(drive=snapshot.drive, wait=True) for _ in range(2)]
        changed_many = cs.snapshots.update_many(others, meta={"n": "1"})
        assert [(item.uuid, item.meta) for item in changed_many] == [
            (item.uuid, {"n": "1"}) for item in others
        ]

    def test_made_a_drive(self, cs: CloudSigma) -> None:
        drive = new_drive(cs)
        snapshot = cs.snapshots.create(drive=drive, name="snap", wait=True)
        copy = cs.snapshots.clone(snapshot, name="copy", avoid=drive)
        assert type(copy) is Drive
        assert (copy.status, copy.name, copy.size, copy.media) == ("cloning_dst", "copy", GIB, "disk")
        # The cloud wraps the path in a reference here; the record has it as everywhere else.
        assert copy.resource_uri == f"/api/2.0/drives/{copy.uuid}/"
        assert cs.drives.wait(copy, timeout=25).status == "unmounted"
        assert cs.jobs.wait(copy.jobs[0], timeout=25).state == "success"
        assert cs.snapshots.clone(snapshot.uuid, wait=True).status == "unmounted"

    def test_deleted(self, cs: CloudSigma) -> None:
        drive = new_drive(cs)
        snapshots = [cs.snapshots.create(drive=drive, wait=True) for _ in range(4)]
        cs.snapshots.delete(snapshots[0], wait=True)
        with pytest.raises(errors.NotFound):
            cs.snapshots.get(snapshots[0])
        assert len(cs.drives.get(drive).snapshots) == 3
        cs.snapshots.delete_many(snapshots[1:3])
        cs.snapshots.delete_many([])
        cs.drives.delete(drive, wait=True)
        assert cs.snapshots.list() == []
        assert cs.snapshots.list(drive=drive) == []

    def test_refusals(self, cs: CloudSigma) -> None:
        with pytest.raises(errors.NotFound):
            cs.snapshots.create(drive="6f670b3c-a2e6-433f-aeab-b976b1cdaf03")
        with pytest.raises(TypeError, match="snapshots cannot be filtered by 'status'"):
            cs.snapshots.list(status="available")  # type: ignore[call-arg]
        with pytest.raises(TypeError, match="by name"):
            cs.snapshots.update("6f670b3c-a2e6-433f-aeab-b976b1cdaf03")
        with pytest.raises(errors.InvalidArgument, match="one of drives"):
            cs.snapshots.get("/api/2.0/drives/6f670b3c-a2e6-433f-aeab-b976b1cdaf03/")


class TestCreatedOnce:
    """An answer that is lost on its way is made up for by looking for the key."""

    def test_each_kind(self, cs: CloudSigma, cloudsigma_emulator: Emulator) -> None:
        drive = new_drive(cs)
        limits = cs.capabilities.get().remote_snapshots
        assert limits is not None
        location = limits["remote_locations"][0]
        plan: Any = {"type": "snapshot", "incremental_backup": EVERY_TWO_HOURS, "retention_policy": WEEKLY}
        plan |= {"is_enabled": True, "is_default": False, "name": "once"}
        creations: dict[str, Any] = {
            "snapshots": lambda: cs.snapshots.create(drive=drive, idempotency_key="k", wait=True),
            "remotesnapshots": lambda: cs.remote_snapshots.create(
                drive=drive, location=location, meta={"a": "b"}, idempotency_key="k", wait=True
            ),
            "backupschedulers": lambda: cs.backup_schedulers.create(idempotency_key="k", **plan),
            "fwpolicies": lambda: cs.firewall_policies.create(name="once", idempotency_key="k"),
        }
        for path, create in creations.items():
            fault = cloudsigma_emulator.faults.add(method="POST", path=f"/api/2.0/{path}/", cut="after")
            first = create()
            assert cloudsigma_emulator.faults.hits(fault) == 1
            assert first["meta"]["idempotency_key"] == "k"
            assert create() == first
        for collection in (cs.snapshots, cs.remote_snapshots, cs.backup_schedulers, cs.firewall_policies):
            assert len(collection.list()) == 1


class TestRemoteSnapshots:
    def location(self, cs: CloudSigma) -> str:
        limits = cs.capabilities.get().remote_snapshots
        assert limits is not None
        return str(limits["remote_locations"][0])

    def test_its_life(self, cs: CloudSigma) -> None:
        drive, location = new_drive(cs), self.location(cs)
        snapshot = cs.remote_snapshots.create(drive=drive, location=location, name="far", meta={"a": "b"})
        assert type(snapshot) is RemoteSnapshot
        assert (snapshot.location, snapshot.drive_meta.name) == (location, "disk")
        ready = cs.remote_snapshots.wait(snapshot, timeout=25)
        assert (ready.status, ready.drive_meta.size) == ("available", GIB)
        assert cs.remote_snapshots.update(ready, name="renamed").name == "renamed"
        assert [item.uuid for item in cs.remote_snapshots.list(drive=drive)] == [snapshot.uuid]
        assert cs.remote_snapshots.find(name="renamed") == cs.remote_snapshots.get(snapshot)
        assert cs.remote_snapshots.page().total_count == len(list(cs.remote_snapshots.iterate())) == 1
        references = cs.drives.get(drive).remote_snapshots
        assert references is not None
        assert [item.uuid for item in references] == [snapshot.uuid]
        copy = cs.remote_snapshots.clone(snapshot, wait=True)
        assert copy.resource_uri == f"/api/2.0/drives/{copy.uuid}/"
        cs.drives.delete(drive, wait=True)
        cs.remote_snapshots.delete(snapshot, wait=True)
        assert cs.remote_snapshots.list() == []
        assert cs.remote_snapshots.schema().fields

    def test_one_in_half_an_hour(self, cs: CloudSigma) -> None:
        drive, location = new_drive(cs), self.location(cs)
        cs.remote_snapshots.create(drive=drive, location=location, wait=True)
        with pytest.raises(errors.PermissionError):
            cs.remote_snapshots.create(drive=drive, location=location)
        with pytest.raises(errors.ValidationError) as caught:
            cs.remote_snapshots.create(drive=new_drive(cs), location="NOWHERE")
        assert caught.value.error_point == "location"

    def test_many(self, cs: CloudSigma) -> None:
        location = self.location(cs)
        drives = [new_drive(cs, f"d{number}") for number in range(2)]
        made = cs.remote_snapshots.create_many([{"drive": drive, "location": location} for drive in drives])
        assert [item.drive.uuid for item in made] == [drive.uuid for drive in drives]
        assert cs.remote_snapshots.create_many([]) == []
        made = [cs.remote_snapshots.wait(item, timeout=25) for item in made]
        assert [item.meta for item in cs.remote_snapshots.update_many(made, meta={"a": "b"})] == [
            {"a": "b"}
        ] * 2
        cs.remote_snapshots.delete_many(made)
        for item in made:
            with pytest.raises(errors.NotFound):
                cs.remote_snapshots.wait(item, timeout=25)


WEEKLY: Any = {
    "name": "keep",
    "rules": [
        {"period": "days", "quantity": 7},
        {"period": "weeks", "quantity": 4, "time_option": 1},
        {"period": "months", "quantity": 12, "time_option": 23},
    ],
}
EVERY_TWO_HOURS: Any = {
    "day_of_month": "*",
    "day_of_week": ["*"],
    "month": "*",
    "hour": "",
    "minute": "*",
    "repeat": {"hour": "*/2", "minute": ""},
    "start_time": {"hour": 0, "minute": 0},
    "end_time": {"hour": 23, "minute": 45},
}


def new_scheduler(cs: CloudSigma, name: str = "plan", **more: Any) -> BackupScheduler:
    fields: dict[str, Any] = {
        "type": "snapshot",
        "incremental_backup": EVERY_TWO_HOURS,
        "retention_policy": WEEKLY,
        "is_enabled": True,
        "is_default": False,
        **more,
    }
    return cs.backup_schedulers.create(name=name, **fields)


class TestBackupSchedulers:
    def test_created_and_read(self, cs: CloudSigma) -> None:
        scheduler = new_scheduler(cs, meta={"a": "b"})
        assert (scheduler.type, scheduler.name, scheduler.is_enabled) == ("snapshot", "plan", True)
        assert scheduler.retention_policy is not None
        rules = scheduler.retention_policy.rules
        assert rules is not None
        assert [(rule.period, rule.quantity, rule.time_option) for rule in rules] == [
            ("days", 7, None),
            ("weeks", 4, 1),
            ("months", 12, 23),
        ]
        assert scheduler.incremental_backup.repeat is not None
        assert scheduler.incremental_backup.repeat.hour == "*/2"
        assert scheduler.incremental_backup.end_time.minute == 45
        assert cs.backup_schedulers.get(scheduler) == scheduler
        assert cs.backup_schedulers.list(type="snapshot") == [scheduler]
        assert cs.backup_schedulers.list(type=["backup", "dr"]) == []
        assert cs.backup_schedulers.find(name="plan") == scheduler
        assert cs.backup_schedulers.page().total_count == len(list(cs.backup_schedulers.iterate())) == 1
        assert "incremental_backup" in cs.backup_schedulers.schema().fields
        (short,) = cs.backup_schedulers.list(fields=["uuid", "type"])
        with pytest.raises(AttributeError, match=r"get\(ref\)"):
            short.retention_policy  # noqa: B018

    def test_changed(self, cs: CloudSigma) -> None:
        scheduler = new_scheduler(cs)
        changed = cs.backup_schedulers.update(scheduler, is_enabled=False)
        assert {**changed, "is_enabled": True} == {**scheduler}
        tag = cs.tags.create(name="t")
        assert [item.uuid for item in cs.backup_schedulers.add_tag(scheduler, tag).tags] == [tag.uuid]
        with pytest.raises(errors.ValidationError):
            cs.backup_schedulers.update(scheduler, type="nonsense")  # type: ignore[arg-type]

    def test_of_a_drive(self, cs: CloudSigma) -> None:
        scheduler, drive = new_scheduler(cs), new_drive(cs)
        drive = cs.drives.set_scheduler(drive, scheduler)
        assert drive.backup_scheduler is not None
        assert drive.backup_scheduler.uuid == scheduler.uuid
        assert cs.drives.set_scheduler(drive, None).backup_scheduler is None
        cs.drives.set_scheduler(drive, scheduler.uuid)
        cs.backup_schedulers.delete(scheduler)
        assert cs.drives.get(drive).backup_scheduler is None

    def test_many(self, cs: CloudSigma) -> None:
        spec: Any = {"type": "snapshot", "incremental_backup": EVERY_TWO_HOURS, "retention_policy": WEEKLY}
        specs: Any = [{"name": f"p{n}", "is_enabled": True, "is_default": False, **spec} for n in range(3)]
        made = cs.backup_schedulers.create_many(specs)
        assert [item.name for item in made] == ["p0", "p1", "p2"]
        assert cs.backup_schedulers.create_many([]) == []
        cs.backup_schedulers.delete(made[0])
        cs.backup_schedulers.delete_many(made[1:])
        assert cs.backup_schedulers.list() == []


@pytest.mark.parametrize(
    ("rules", "joined"),
    [
        ([], []),
        ([{"period": "days", "quantity": 1}, {"time_option": 3}], [(1, 3)]),
        (
            [
                {"period": "days", "quantity": 7},
                {"period": "weeks", "quantity": 4},
                {"time_option": 1},
                {"period": "months", "quantity": 12},
                {"time_option": 23},
            ],
            [(7, None), (4, 1), (12, 23)],
        ),
        ([{"period": "weeks", "quantity": 4, "time_option": 0}], [(4, 0)]),
    ],
)
def test_split_rules_are_joined(rules: list[Any], joined: list[Any]) -> None:
    answered: dict[str, Any] = {
        "retention_policy": {"name": "n", "rules": rules},
        "unknown": {"time_option": 1},
    }
    scheduler = BackupScheduler(answered)
    assert scheduler.retention_policy is not None
    found = scheduler.retention_policy.rules
    assert found is not None
    assert [(rule.quantity, rule.time_option) for rule in found] == joined
    assert scheduler["unknown"] == {"time_option": 1}
    # What cannot be joined stays, and nothing of the caller's is changed.
    assert answered["retention_policy"]["rules"] == rules


@pytest.mark.parametrize(
    "policy", [None, {}, "x", {"rules": None}, {"rules": [{"time_option": 1}]}, {"rules": ["x", 1, None]}]
)
def test_other_shapes_of_rules_are_let_be(policy: Any) -> None:
    assert BackupScheduler({"retention_policy": policy})["retention_policy"] == policy
    assert BackupScheduler({}).retention_policy is None
