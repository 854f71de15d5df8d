"""The old library's work on many drives, by class and by scenario."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from cloudsigma import conf, errors, scenarios
from cloudsigma.bulk import BulkBase, DrivesBulk
from cloudsigma.resource import Drive

from .conftest import Home
from .verbs import until

SIZE = 2**30


@pytest.fixture(autouse=True)
def _unchanged_config() -> Any:
    yield
    conf.config.changes.clear()


def small(prefix: str, **more: Any) -> DrivesBulk:
    return DrivesBulk(size=SIZE, id_prefix=prefix, **more)


def settled() -> list[Any]:
    """Return the account's drives once none is being made or copied."""
    busy = {"creating", "cloning_dst", "cloning_src"}
    found: list[Any] = until(
        Drive().list_detail, lambda drives: busy.isdisjoint(each["status"] for each in drives)
    )
    return found


def test_names_are_counted(configured: Home) -> None:
    base = BulkBase("stress")
    assert [base.get_name(), base.get_name()] == ["stress-00001", "stress-00002"]
    assert base.id_counter == 2
    drives = [{"uuid": "1", "name": "one"}, {"uuid": "2", "name": "two and one"}, {"uuid": "3", "name": "x"}]
    assert base.filter_by_name_uuid(drives, "one") == drives[:2]
    assert base.filter_by_name_uuid(drives, "3") == drives[2:]


def test_drives_are_made_listed_and_deleted(configured: Home) -> None:
    others = {each["uuid"] for each in Drive().list()}
    bulk = small("bulk", description="mine", media="cdrom")
    made = bulk.create(3)
    assert [each["name"] for each in made] == ["bulk-00001", "bulk-00002", "bulk-00003"]
    assert {(each["size"], each["media"], each["meta"]["description"]) for each in made} == {
        (SIZE, "cdrom", "mine")
    }
    settled()
    assert [set(each) for each in bulk.get_list()] == [{"name", "uuid"}] * 3
    assert [each["size"] for each in bulk.get_detail()] == [SIZE] * 3
    some = bulk.get_by_uuids([made[0]["uuid"], made[2]["uuid"]])
    assert {each["uuid"] for each in some} == {made[0]["uuid"], made[2]["uuid"]}
    assert bulk.lookup("00002")["uuid"] == made[1]["uuid"]
    bulk.delete(made[1]["uuid"], made[1]["name"])
    bulk.wipe()
    until(bulk.get_list, lambda left: left == [])
    assert {each["uuid"] for each in Drive().list()} == others


def test_copies_are_finished_when_they_are_returned(configured: Home) -> None:
    source = small("source").create(1)[0]
    settled()
    bulk = small("copy")
    copies = bulk.clone(3, "source-0")
    assert [each["name"] for each in copies] == ["copy-00001", "copy-00002", "copy-00003"]
    now = {each["uuid"]: each for each in Drive().list_detail()}
    for each in copies:
        assert now[each["uuid"]]["status"] == "unmounted"
        assert now[each["uuid"]]["size"] == source["size"]
        assert now[each["uuid"]]["meta"] == source["meta"]


def test_each_drive_is_copied(configured: Home) -> None:
    bulk = small("each")
    bulk.create(2)
    settled()
    assert [each["name"] for each in bulk.clone_all(1)] == ["clone_each-00001_0", "clone_each-00002_0"]


def test_defaults_come_from_the_configuration_when_they_are_used(configured: Home) -> None:
    plain = DrivesBulk(id_prefix="p")
    assert (plain.media, plain.size, plain.description) == ("disk", 10 * 2**30, "some descr")
    assert (DrivesBulk.CREATE_DRIVE_MEDIA, DrivesBulk.CREATE_DRIVE_SIZE) == ("disk", 10 * 2**30)
    with configured.config.open("a") as file:
        file.write(f"CREATE_DRIVE_MEDIA = cdrom\nCREATE_DRIVE_SIZE = {SIZE}\n")
    changed = DrivesBulk("disk", id_prefix="p")
    assert (changed.media, changed.size) == ("disk", SIZE)
    assert DrivesBulk.CREATE_DRIVE_MEDIA == "cdrom"
    assert DrivesBulk("disk", 5, "words", "q").generate_definition() == {
        "media": "disk",
        "name": "q-00001",
        "size": 5,
        "meta": {"description": "words"},
    }
    conf.config["CREATE_DRIVE_SIZE"] = "big"
    with pytest.raises(errors.ConfigurationError, match="CREATE_DRIVE_SIZE"):
        DrivesBulk(id_prefix="p")


def test_scenarios(configured: Home, capsys: pytest.CaptureFixture[str]) -> None:
    conf.config["CREATE_DRIVE_SIZE"] = SIZE

    def printed() -> str:
        return capsys.readouterr().out.strip()

    scenarios.drives_create("act", "2")
    settled()
    assert printed() == ""
    scenarios.drives_number("act")
    assert printed() == "Number of DRIVES: 2"
    scenarios.drives_list("act")
    assert [each["name"] for each in ast.literal_eval(printed())] == ["act-00001", "act-00002"]
    scenarios.drives_detail("act")
    assert [each["size"] for each in ast.literal_eval(printed())] == [SIZE, SIZE]
    scenarios.drives_clone("actor", 1, "act-00001")
    scenarios.drives_number("actor")
    assert printed() == "Number of DRIVES: 1"
    settled()
    scenarios.drives_clone_all("act-", 1)
    assert [each["name"] for each in ast.literal_eval(printed())] == [
        "clone_act-00001_0",
        "clone_act-00002_0",
    ]
    settled()
    scenarios.drives_wipe("act")
    until(lambda: DrivesBulk(id_prefix="act").get_list(), lambda left: left == [])
