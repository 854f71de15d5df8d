"""From what a caller gives to what is sent: channels, references, bodies."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudsigma.api.bodies import avoided, body_of, drive_uuid, tagged
from cloudsigma.api.channels import free_channel
from cloudsigma.api.editing import require_applied
from cloudsigma.errors import IllegalState, InvalidArgument
from cloudsigma.records import Drive, LibraryDrive, Reference, Tag

UUID = "6f670b3c-a2e6-433f-aeab-b976b1cdaf03"
OTHER = "10619300-edda-42ba-91e0-7e3df0689d00"

CHANNELS = st.lists(
    st.fixed_dictionaries(
        {
            "device": st.sampled_from(["virtio", "ide", "scsi"]),
            "dev_channel": st.builds(lambda c, u: f"{c}:{u}", st.integers(0, 170), st.integers(0, 5)),
        }
    ),
    max_size=30,
)


@given(CHANNELS, st.sampled_from(["virtio", "scsi"]))
def test_a_channel_is_free_and_within_the_rules(attached: list[dict[str, str]], device: str) -> None:
    channel = free_channel(device, attached)
    assert {"device": device, "dev_channel": channel} not in attached
    controller, unit = map(int, channel.split(":"))
    assert 0 <= controller <= 170
    assert 0 <= unit <= 2


def test_channels_run_out() -> None:
    attached: list[dict[str, str]] = []
    for _ in range(171 * 3):
        attached.append({"device": "virtio", "dev_channel": free_channel("virtio", attached)})
    assert len({item["dev_channel"] for item in attached}) == 513
    with pytest.raises(InvalidArgument, match="all virtio channels"):
        free_channel("virtio", attached)
    with pytest.raises(InvalidArgument, match="floppy"):
        free_channel("floppy", [])


def test_references_become_uuids_wherever_they_stand_and_nothing_is_altered() -> None:
    given = {
        "tags": [Tag(uuid=UUID, resource_uri=f"/api/2.0/tags/{UUID}/", name="t", resources=[]), OTHER],
        "pubkeys": [f"/api/2.0/pubkeys/{UUID}/"],
        "drives": [
            {
                "device": "ide",
                "dev_channel": "0:0",
                "drive": LibraryDrive(resource_uri=f"/api/2.0/libdrives/{UUID}/"),
            }
        ],
        "nics": [
            {"vlan": Reference(uuid=UUID), "ip_v4_conf": None, "mac": "m"},
            {"ip_v4_conf": {"conf": "static", "ip": "/api/2.0/ips/192.0.2.1/"}},
            {},
        ],
        "name": "n",
        "newer": {"field": [1]},
    }
    before = copy.deepcopy(given)
    assert body_of(given) == {
        "tags": [UUID, OTHER],
        "pubkeys": [UUID],
        "drives": [{"device": "ide", "dev_channel": "0:0", "drive": UUID}],
        "nics": [
            {"vlan": UUID, "ip_v4_conf": None, "mac": "m"},
            {"ip_v4_conf": {"conf": "static", "ip": "192.0.2.1"}},
            {},
        ],
        "name": "n",
        "newer": {"field": [1]},
    }
    assert given == before


@pytest.mark.parametrize(
    "fields",
    [
        {"tags": UUID},
        {"tags": {"uuid": UUID}},
        {"tags": [f"/api/2.0/servers/{UUID}/"]},
        {"drives": ["0:0"]},
        {"drives": [{"drive": Tag(uuid=UUID, resource_uri=f"/api/2.0/tags/{UUID}/")}]},
        {"nics": [{"vlan": ""}]},
        {"nics": 5},
    ],
)
def test_bodies_that_could_not_be_meant(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        body_of(fields)


def test_drives_and_library_drives_share_their_uuids() -> None:
    assert drive_uuid(Drive(uuid=UUID, resource_uri=f"/api/2.0/drives/{UUID}/")) == UUID
    assert drive_uuid(f"/api/2.0/libdrives/{UUID}/") == UUID
    with pytest.raises(InvalidArgument, match=r"^drive "):
        drive_uuid(f"/api/2.0/servers/{UUID}/")


def test_avoided_keeps_the_order_of_priority() -> None:
    assert avoided(None) is None
    assert avoided([]) is None
    assert avoided(UUID) == UUID
    assert avoided(Drive(uuid=UUID)) == UUID
    assert avoided([OTHER, Drive(uuid=UUID)]) == f"{OTHER},{UUID}"


def test_members_of_a_tag_are_objects() -> None:
    assert tagged([UUID, {"uuid": "192.0.2.1"}]) == [{"uuid": UUID}, {"uuid": "192.0.2.1"}]
    with pytest.raises(InvalidArgument):
        tagged(UUID)


CARD = {
    "mac": "m",
    "vlan": {"uuid": UUID, "resource_uri": "/x/"},
    "runtime": {"io": 1},
    "ip_v4_conf": None,
}


class TestApplied:
    @pytest.mark.parametrize(
        "wanted",
        [
            {"name": "anything"},
            {"cpu": 1000},
            {"nics": [{"mac": "m", "vlan": UUID, "runtime": {"io": 2}}]},
            {"newer": 5},
        ],
    )
    def test_what_was_so_before_or_became_so_is_fine(self, wanted: dict[str, Any]) -> None:
        before = {"name": "n", "cpu": 1000, "nics": [CARD]}
        require_applied(before, {**before, "newer": 5}, wanted, {"name"}, "servers/u/", "it")

    @pytest.mark.parametrize("wanted", [{"cpu": 2000}, {"nics": []}, {"cpu": 1, "name": "x"}])
    def test_what_was_ignored_is_named(self, wanted: dict[str, Any]) -> None:
        before = {"name": "n", "cpu": 1000, "nics": [CARD]}
        with pytest.raises(IllegalState, match=f"left {next(iter(wanted))} unchanged"):
            require_applied(before, before, wanted, {"name"}, "servers/u/", "it")
