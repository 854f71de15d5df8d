"""Drives and the library against the emulator, over real sockets."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from cloudsigma import CloudSigma, errors
from cloudsigma.records import Drive
from cloudsigma_emulator import Emulator

MIB = 2**20
GIB = 2**30


@pytest.fixture
def cs(cloudsigma_client: CloudSigma) -> CloudSigma:
    return cloudsigma_client


def new_drive(cs: CloudSigma, name: str = "disk", **more: Any) -> Drive:
    return cs.drives.create(name=name, size=GIB, media="disk", wait=True, **more)


class TestDrives:
    def test_create_with_and_without_wait(self, cs: CloudSigma) -> None:
        drive = cs.drives.create(name="a", size=10**9, media="disk", meta={"a": "b"})
        assert drive.status == "creating"
        ready = cs.drives.wait(drive)
        assert (ready.status, ready.size, ready.meta) == ("unmounted", 1000013824, {"a": "b"})
        assert new_drive(cs, avoid=[ready]).status == "unmounted"

    def test_create_many(self, cs: CloudSigma) -> None:
        made = cs.drives.create_many(
            [{"name": f"d{number}", "size": GIB, "media": "disk"} for number in range(3)]
        )
        assert [drive.name for drive in made] == ["d0", "d1", "d2"]
        assert cs.drives.create_many([]) == []
        with pytest.raises(errors.ValidationError) as caught:
            cs.drives.create_many(
                [{"name": "x", "size": GIB, "media": "disk"}, {"name": "y", "size": 1, "media": "disk"}]
            )
        assert caught.value.error_point == "size"
        assert cs.drives.list(name="x") == []

    def test_lists_are_whole_and_without_the_library(self, cs: CloudSigma) -> None:
        drive = new_drive(cs)
        listed = {found.uuid: found for found in cs.drives.list()}
        assert listed[drive.uuid].size == GIB
        assert not {image.uuid for image in cs.library_drives.list()} & set(listed)
        names = [found.name for found in cs.drives.iterate(page_size=1)]
        assert sorted(names) == sorted(found.name for found in listed.values())
        assert cs.drives.page(0, 1).total_count == 2
        found = cs.drives.find(name="disk")
        assert found is not None
        assert found.uuid == drive.uuid
        assert [set(item) for item in cs.drives.list(name="disk", fields="uuid,size")] == [{"uuid", "size"}]

    def test_update_keeps_the_rest(self, cs: CloudSigma) -> None:
        tag = cs.tags.create(name="t")
        drive = new_drive(cs, meta={"a": "b"}, tags=[tag.resource_uri])
        changed = cs.drives.update(drive, name="renamed")
        assert {**changed, "name": "disk"} == {**drive}

    def test_update_grows(self, cs: CloudSigma) -> None:
        drive = cs.drives.update(new_drive(cs), size=2 * GIB)
        assert (drive.status, drive.size) == ("resizing", GIB)
        assert cs.drives.wait(drive).size == 2 * GIB
        with pytest.raises(errors.ValidationError) as caught:
            cs.drives.update(drive, size=GIB)
        assert caught.value.error_point == "size"

    def test_resize(self, cs: CloudSigma) -> None:
        drive = cs.drives.resize(new_drive(cs, meta={"a": "b"}), 2 * GIB + 1, name="big", wait=True)
        assert (drive.size, drive.name, drive.meta) == (2 * GIB + 16384, "big", {"a": "b"})

    def test_a_drive_of_a_running_server(self, cs: CloudSigma) -> None:
        drive = new_drive(cs)
        server = cs.servers.create(name="s", cpu=1000, mem=GIB, vnc_password="p")
        server = cs.servers.attach_drive(server, drive)
        assert cs.drives.update(drive, size=2 * GIB).status == "resizing"
        assert cs.drives.wait(drive, "mounted").size == 2 * GIB
        cs.servers.start(server, wait=True)
        assert cs.drives.update(drive, name="n", allow_multimount=True).name == "n"
        assert cs.drives.update(drive, size=2 * GIB - 5, meta={"a": "b"}).meta == {"a": "b"}
        with pytest.raises(errors.IllegalState, match="left size unchanged"):
            cs.drives.update(drive, size=3 * GIB)
        with pytest.raises(errors.IllegalState):
            cs.drives.resize(drive, 3 * GIB)
        with pytest.raises(errors.PermissionError):
            cs.drives.delete(drive)

    def test_clone(self, cs: CloudSigma) -> None:
        source = new_drive(cs, meta={"a": "b"})
        copy = cs.drives.clone(source, name="copy", size=2 * GIB)
        assert copy.status == "cloning_dst"
        assert copy.jobs
        assert cs.jobs.wait(copy.jobs[0], timeout=25).state == "success"
        copy = cs.drives.wait(copy)
        assert (copy.name, copy.size, copy.meta) == ("copy", 2 * GIB, {"a": "b"})
        assert cs.drives.wait(source).status == "unmounted"

    def test_delete(self, cs: CloudSigma) -> None:
        drives = [new_drive(cs, f"d{number}") for number in range(4)]
        cs.drives.delete(drives[0], wait=True)
        with pytest.raises(errors.NotFound):
            cs.drives.get(drives[0])
        cs.drives.delete_many(drives[1:])
        cs.drives.wait_deleted(drives[3], timeout=25)
        assert [drive.name for drive in cs.drives.list()] == ["persistent"]

    def test_created_once(self, cs: CloudSigma, cloudsigma_emulator: Emulator) -> None:
        cloudsigma_emulator.faults.add(method="POST", path="/api/2.0/drives/", cut="after")
        drive = new_drive(cs, idempotency_key="k", avoid=None)
        assert drive.status == "unmounted"
        assert [found.uuid for found in cs.drives.list(name="disk")] == [drive.uuid]

    def test_update_many(self, cs: CloudSigma) -> None:
        drives = [new_drive(cs, f"d{number}") for number in range(3)]
        changed = cs.drives.update_many(drives, meta={"owner": "me"})
        assert [(drive.name, drive.meta) for drive in changed] == [
            (f"d{number}", {"owner": "me"}) for number in range(3)
        ]

    def test_availability_groups(self, cs: CloudSigma) -> None:
        drive = new_drive(cs)
        assert drive.uuid in cs.drives.availability_group(drive)
        assert any(drive.uuid in group for group in cs.drives.availability_groups())


class TestLibrary:
    def test_lists_and_filters(self, cs: CloudSigma) -> None:
        images = cs.library_drives.list()
        assert images
        linux = cs.library_drives.list(os="linux", arch=64)
        assert 0 < len(linux) < len(images)
        name = linux[0].name
        assert cs.library_drives.find(name=name) == linux[0]
        assert linux[0] in cs.library_drives.list(name__icontains=name.upper()[:6])
        assert cs.library_drives.get(linux[0]) == linux[0]
        assert [image.name for image in cs.library_drives.iterate(page_size=2)] == [
            image.name for image in images
        ]

    @pytest.mark.parametrize("through", ["library_drives", "drives"])
    def test_clone_makes_a_drive_of_one_s_own(self, cs: CloudSigma, through: str) -> None:
        image = next(item for item in cs.library_drives.list() if item.media == "disk" and not item.licenses)
        collection: Any = getattr(cs, through)
        copy = collection.clone(image, name="mine", wait=True)
        assert type(copy) is Drive
        assert (copy.status, copy.name, copy.size) == ("unmounted", "mine", image.size)
        assert copy.owner is not None
        assert cs.drives.get(image.uuid).owner is None


class TestBytes:
    IMAGE = bytes(range(256)) * (5 * MIB // 256)

    def digest(self, cs: CloudSigma, drive: Drive) -> str:
        data = b"".join(cs.drives.download_range(drive, offset, MIB) for offset in range(0, 5 * MIB, MIB))
        return hashlib.sha256(data).hexdigest()

    def test_chunks_by_link(self, cs: CloudSigma) -> None:
        drive = cs.drives.init_upload(name="up", size=len(self.IMAGE), media="disk")
        assert (drive.status, drive.size) == ("uploading", len(self.IMAGE))
        links = [cs.drives.upload_chunk_link(drive, number, 2 * MIB) for number in range(2)]
        cs.drives.upload_chunk(links[1], self.IMAGE[2 * MIB :])
        with pytest.raises(errors.ChunkAlreadyUploaded):
            cs.drives.upload_chunk_link(drive, 1, 2 * MIB)
        with pytest.raises(errors.ValidationError):
            cs.drives.upload_chunk(links[0], b"short")
        cs.drives.upload_chunk(links[0].link, self.IMAGE[: 2 * MIB])
        assert cs.drives.get(drive).status == "unmounted"
        assert self.digest(cs, drive) == hashlib.sha256(self.IMAGE).hexdigest()
        with pytest.raises(errors.PermissionError):
            cs.drives.upload_chunk_link(drive, 0)

    def test_chunks_by_resumable(self, cs: CloudSigma) -> None:
        drive = cs.drives.init_upload(name="up", size=len(self.IMAGE), media="disk")
        more = {"chunk_size": 2 * MIB, "total_size": len(self.IMAGE)}
        name = 'image "5".raw'
        assert cs.drives.resumable_test(drive, 1, filename=name, **more) is False
        cs.drives.resumable_upload(drive, 2, self.IMAGE[2 * MIB :], filename=name, **more)
        assert cs.drives.resumable_test(drive, 2, filename=name, **more) is True
        cs.drives.resumable_upload(drive, 1, self.IMAGE[: 2 * MIB], filename=name, **more)
        assert cs.drives.wait(drive).status == "unmounted"
        assert self.digest(cs, drive) == hashlib.sha256(self.IMAGE).hexdigest()

    @pytest.mark.parametrize("filename", [None, "image.raw", "my image.raw"])
    def test_one_shot(self, cs: CloudSigma, filename: str | None) -> None:
        drive = cs.drives.wait(cs.drives.upload_direct(self.IMAGE, filename))
        assert drive.name.startswith("Upload_")
        assert self.digest(cs, drive) == hashlib.sha256(self.IMAGE).hexdigest()

    def test_ranges(self, cs: CloudSigma) -> None:
        drive = cs.drives.wait(cs.drives.upload_direct(self.IMAGE))
        assert cs.drives.download_range(drive, 3, 5) == self.IMAGE[3:8]
        size = cs.drives.get(drive).size
        assert cs.drives.download_range(drive, size - 2, 100) == b"\0\0"
        with pytest.raises(errors.InvalidArgument):
            cs.drives.download_range(drive, -1, 5)
        with pytest.raises(errors.InvalidArgument):
            cs.drives.download_range(drive, 0, 0)
