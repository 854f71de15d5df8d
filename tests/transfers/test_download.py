"""Downloads: the drive's bytes in a file that appears when it is whole, or a clear error and no such file."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cloudsigma import CloudSigma, errors
from cloudsigma.core import retry
from cloudsigma.records import Drive
from cloudsigma_emulator import Emulator

from .conftest import MIB, Call, content, image_of, left_behind

Verbs = Callable[[str], Call]


@pytest.fixture
def drive(cs: CloudSigma, tmp_path: Path) -> Drive:
    return cs.drives.upload(image_of(tmp_path, 5 * MIB + 3, name="source.raw"))


def same(target: Path, tmp_path: Path, drive: Drive) -> bool:
    source = (tmp_path / "source.raw").read_bytes()
    with target.open("rb") as file:
        begins = file.read(len(source)) == source
        rest = file.read(MIB)
    return begins and not any(rest) and target.stat().st_size == drive.size


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("parallel", [1, 4])
def test_the_file_has_the_bytes_of_the_drive(
    drives: Verbs, tmp_path: Path, drive: Drive, parallel: int, sparse: bool
) -> None:
    target = tmp_path / "target.raw"
    target.write_bytes(b"what was there before")
    seen: list[Any] = []
    result = drives("download")(
        drive, target, parallel=parallel, sparse=sparse, chunk_size=16 * MIB + 5, progress=seen.append
    )
    assert result.uuid == drive.uuid
    assert same(target, tmp_path, drive)
    assert left_behind(tmp_path) == []
    assert seen[0].done == 0
    assert seen[-1].done == seen[-1].total == drive.size
    if sparse:
        assert target.stat().st_blocks * 512 < 64 * MIB


class Stop(Exception):
    """Ends a download from its progress callback."""


def test_a_run_goes_on_where_another_ended(
    drives: Verbs, cloud: Emulator, tmp_path: Path, drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "target.raw"

    def half(progress: Any) -> None:
        if progress.done > 100 * MIB:
            raise Stop

    with pytest.raises(Stop):
        drives("download")(drive, target, chunk_size=16 * MIB, parallel=2, progress=half)
    assert not target.exists()
    assert left_behind(tmp_path) == ["target.raw.part", "target.raw.part.journal"]
    seen: list[Any] = []
    drives("download")(drive, target, sparse=True, progress=seen.append)
    assert seen[0].done >= 64 * MIB
    assert same(target, tmp_path, drive)
    assert left_behind(tmp_path) == []


def test_another_drive_does_not_go_on(drives: Verbs, cs: CloudSigma, tmp_path: Path, drive: Drive) -> None:
    target = tmp_path / "target.raw"

    def stop(progress: Any) -> None:
        if progress.done > 100 * MIB:
            raise Stop

    with pytest.raises(Stop):
        drives("download")(drive, target, progress=stop, chunk_size=16 * MIB, parallel=2)
    other = cs.drives.upload(image_of(tmp_path, 10, 2))
    with pytest.raises(errors.ResumeRefused, match="resume=False"):
        drives("download")(other, target)
    drives("download")(other, target, resume=False, sparse=True)
    assert target.read_bytes()[:10] == (tmp_path / "image.raw").read_bytes()


@pytest.mark.parametrize(
    "kind", [{"cut": "half", "reset": True}, {"cut": "before"}, {"status": 503}, {"status": 404}]
)
def test_in_bad_weather(
    drives: Verbs,
    cloud: Emulator,
    tmp_path: Path,
    drive: Drive,
    kind: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retry, "FIRST_PAUSE", 0.002)
    numbers = [cloud.faults.add(path="*/drives/download/*", skip=skip, **kind) for skip in range(5)]
    if kind.get("status") != 404:
        numbers += [cloud.faults.add(path="*/drives/*/download/", skip=1, **kind)]
    drives("download")(drive, tmp_path / "target.raw", chunk_size=64 * MIB, sparse=True)
    assert sum(cloud.faults.hits(number) for number in numbers) >= 3
    assert same(tmp_path / "target.raw", tmp_path, drive)


def test_a_drive_that_is_deleted_meanwhile(
    drives: Verbs, cs: CloudSigma, tmp_path: Path, drive: Drive
) -> None:
    gone = []

    def once(progress: Any) -> None:
        if not gone:
            gone.append(cs.drives.delete(drive, wait=True))

    with pytest.raises(errors.TransferError, match="was deleted while"):
        drives("download")(drive, tmp_path / "target.raw", progress=once, chunk_size=8 * MIB)
    assert not (tmp_path / "target.raw").exists()


def test_what_cannot_be_downloaded(drives: Verbs, cs: CloudSigma, tmp_path: Path, drive: Drive) -> None:
    waiting = cs.drives.init_upload(name="waiting", size=MIB, media="disk")
    with pytest.raises(errors.PermissionError):
        drives("download")(waiting, tmp_path / "target.raw")
    with pytest.raises(errors.NotFound):
        drives("download")("00000000-0000-4000-8000-000000000000", tmp_path / "target.raw")
    with pytest.raises(IsADirectoryError):
        drives("download")(drive, tmp_path)
    with pytest.raises(FileNotFoundError):
        drives("download")(drive, tmp_path / "no" / "folder.raw")
    assert not (tmp_path / "target.raw").exists()


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Give a folder whose disk has 32 MiB, or where this is not allowed, let no file grow beyond that."""
    mounted = (
        os.geteuid() == 0
        and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(folder)], capture_output=True
        ).returncode
        == 0
    )
    if mounted:
        try:
            yield folder
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=True)
        return
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (32 * MIB, limit[1]))
    try:
        yield folder
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)


def test_a_full_disk(drives: Verbs, tmp_path: Path, drive: Drive) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    with small_disk(folder):
        with pytest.raises(OSError, match=r"target\.raw\.part") as caught:
            drives("download")(drive, folder / "target.raw", chunk_size=8 * MIB)
        assert caught.value.errno in (errno.ENOSPC, errno.EFBIG)
        assert not (folder / "target.raw").exists()


class TestWhatIsThere:
    """What lies where the download writes, and is not of its own."""

    def test_a_part_of_another_program_s(
        self, drives: Verbs, cs: CloudSigma, cloud: Emulator, tmp_path: Path
    ) -> None:
        drive = cs.drives.upload(image_of(tmp_path, MIB))
        part = tmp_path / "target.raw.part"
        part.write_text("of a browser")
        for _ in range(2):
            with pytest.raises(errors.ResumeRefused, match=r"target\.raw\.part is there"):
                drives("download")(drive, tmp_path / "target.raw")
            assert part.read_text() == "of a browser"
            assert left_behind(tmp_path) == [part.name]
        drives("download")(drive, tmp_path / "target.raw", resume=False, sparse=True)
        assert (tmp_path / "target.raw").read_bytes()[:MIB] == content(cloud, drive, MIB)

    @pytest.mark.parametrize("name", ["target.raw.part", "target.raw.part.journal"])
    def test_links_that_somebody_left(self, drives: Verbs, cs: CloudSigma, tmp_path: Path, name: str) -> None:
        drive = cs.drives.upload(image_of(tmp_path, MIB))
        (tmp_path / "mine").write_text("precious")
        (tmp_path / name).symlink_to(tmp_path / "mine")
        with pytest.raises(OSError, match="symbolic link"):
            drives("download")(drive, tmp_path / "target.raw", resume=False)
        assert (tmp_path / "mine").read_text() == "precious"
        assert left_behind(tmp_path) == [name]

    def test_a_journal_that_is_none(self, drives: Verbs, cs: CloudSigma, tmp_path: Path) -> None:
        drive = cs.drives.upload(image_of(tmp_path, MIB))
        journal = tmp_path / "target.raw.part.journal"
        for text in ("my diary\n", f'{{"kind":"download","drive":"{drive.uuid}","size":{drive.size}}}\n'):
            journal.write_text(text)
            with pytest.raises(errors.ResumeRefused, match="resume=False"):
                drives("download")(drive, tmp_path / "target.raw")
            assert journal.read_text() == text
        drives("download")(drive, tmp_path / "target.raw", resume=False, sparse=True)
        assert left_behind(tmp_path) == []

    def test_a_target_behind_a_symbolic_link(
        self, drives: Verbs, cs: CloudSigma, cloud: Emulator, tmp_path: Path
    ) -> None:
        """The file is where the link leads, and has the permissions that the one before it had."""
        drive = cs.drives.upload(image_of(tmp_path, MIB))
        (tmp_path / "large").mkdir()
        real = tmp_path / "large" / "disk.raw"
        real.write_text("of yesterday")
        real.chmod(0o640)
        (tmp_path / "target.raw").symlink_to("large/disk.raw")
        drives("download")(drive, tmp_path / "target.raw", sparse=True)
        assert (tmp_path / "target.raw").is_symlink()
        assert real.read_bytes()[:MIB] == content(cloud, drive, MIB)
        assert real.stat().st_mode & 0o777 == 0o640
        assert left_behind(real.parent) == []


def test_a_failure_at_the_very_beginning_leaves_nothing(
    drives: Verbs, cloud: Emulator, tmp_path: Path, drive: Drive
) -> None:
    cloud.faults.add(path="*/download/*", status=400, count=None)
    with pytest.raises(errors.ValidationError):
        drives("download")(drive, tmp_path / "target.raw")
    assert left_behind(tmp_path) == []
    assert not (tmp_path / "target.raw").exists()
