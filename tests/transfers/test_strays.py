"""A drive that was asked for twice, since the first request seemed lost, is there once in the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudsigma import CloudSigma
from cloudsigma_emulator import Emulator

from .conftest import KIB, content, image_of, options


@pytest.mark.parametrize("name", ["image.raw", "a, b\\c, d.raw"])
def test_a_request_that_was_only_late(cloud: Emulator, cs: CloudSigma, tmp_path: Path, name: str) -> None:
    image = image_of(tmp_path, 100 * KIB, name=name)
    cloud.faults.add(method="POST", path="/api/2.0/initupload/", cut="before")
    with CloudSigma(**options(cloud)) as late:

        def arrives_late(progress: object) -> None:
            made = late.drives.list(name__contains=".raw")
            if len(made) == 1:
                key = made[0].meta["idempotency_key"]
                late.drives.init_upload(
                    name=name, size=100 * KIB, media="disk", meta={"idempotency_key": key}
                )
                late.drives.init_upload(
                    name=name, size=100 * KIB, media="disk", meta={"idempotency_key": "other"}
                )

        drive = cs.drives.upload(image, chunk_size=16 * KIB, progress=arrives_late)
    assert content(cloud, drive, 100 * KIB) == image.read_bytes()
    left = cs.drives.list(name__contains=".raw")
    assert sorted(str(made.status) for made in left) == ["unmounted", "uploading"]
    assert {made.meta["idempotency_key"] for made in left if made.status == "uploading"} == {"other"}


@pytest.mark.parametrize("cut", ["before", "after"])
def test_the_drive_is_found_again_by_any_name(
    cloud: Emulator, cs: CloudSigma, tmp_path: Path, cut: str
) -> None:
    image = image_of(tmp_path, 20 * KIB, name="a, b\\c, d.raw")
    cloud.faults.add(method="POST", path="/api/2.0/initupload/", cut=cut)
    drive = cs.drives.upload(image)
    assert [made.uuid for made in cs.drives.list(name__contains=".raw")] == [drive.uuid]
