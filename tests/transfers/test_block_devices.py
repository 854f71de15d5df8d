"""Transfers from and to block devices: their size, their journals, and what must not happen to them."""

from __future__ import annotations

import os
import random
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudsigma import CloudSigma, errors
from cloudsigma_emulator import Emulator

from .conftest import KIB, MIB, Call, Witness, content, image_of, in_state
from .hard_ways import ctrl_c
from .hard_ways import small_drives as small_drives
from .proxy import Proxy

pytestmark = [
    pytest.mark.usefixtures("small_drives"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="loop devices need root"),
    pytest.mark.skipif(shutil.which("losetup") is None, reason="loop devices need losetup"),
]

Verbs = Callable[[str], Call]
Devices = Callable[[int], Path]


class Stop(Exception):
    """Ends a transfer from its progress callback."""


@pytest.fixture
def state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for the journals of this test."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state/cloudsigma/transfers"


@pytest.fixture
def device(tmp_path: Path, state_folder: Path) -> Iterator[Devices]:
    """Return what makes a loop device of random bytes."""
    made: dict[Path, int] = {}

    def make(size: int) -> Path:
        backing = tmp_path / f"backing-{len(made)}"
        backing.write_bytes(random.Random(len(made) + 7).randbytes(size))
        done = subprocess.run(
            ["losetup", "--find", "--show", str(backing)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip(f"no loop device can be had: {done.stderr.strip()}")
        path = Path(done.stdout.strip())
        made[path] = path.stat().st_rdev
        return path

    yield make
    beside = [each for each in Path("/dev").iterdir() if each.name.endswith((".journal", ".part"))]
    for each in beside:
        each.unlink()
    replaced = [each for each, number in made.items() if each.stat().st_rdev != number]
    for each in replaced:  # what a download must never do, set right
        each.unlink()
        os.mknod(each, stat.S_IFBLK | 0o600, made[each])
    for each in made:
        subprocess.run(["losetup", "--detach", str(each)], check=True)
    assert (beside, replaced) == ([], [])


def bytes_of(path: Path) -> bytes:
    """Return what is on a device, past what the system remembers of it."""
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return file.read()


class TestUpload:
    """From a device."""

    @pytest.mark.parametrize("protocol", ["link", "resumable", "direct"])
    def test_the_drive_has_its_bytes(
        self, drives: Verbs, cloud: Emulator, device: Devices, protocol: str
    ) -> None:
        size = 5 * MIB + 512
        source = device(size)
        drive = drives("upload")(source, protocol=protocol, chunk_size=MIB, verify=True)
        assert (drive.status, drive.name) == ("unmounted", source.name)
        assert content(cloud, drive, size + 1000) == bytes_of(source) + bytes(1000)

    def test_by_another_name(self, drives: Verbs, cloud: Emulator, device: Devices, tmp_path: Path) -> None:
        source = device(2 * MIB)
        name = tmp_path / "by-id"
        name.symlink_to(source)
        drive = drives("upload")(name, chunk_size=MIB)
        assert drive.name == "by-id"
        assert content(cloud, drive, 2 * MIB) == bytes_of(source)

    def test_it_goes_on(
        self,
        drives: Verbs,
        cloud: Emulator,
        cs: CloudSigma,
        witness: Witness,
        device: Devices,
        state_folder: Path,
    ) -> None:
        source = device(4 * MIB)

        def stop(progress: Any) -> None:
            if progress.done >= 2 * MIB:
                raise Stop

        with pytest.raises(Stop):
            drives("upload")(source, chunk_size=256 * KIB, parallel=1, bandwidth=8 * MIB, progress=stop)
        (journal,) = state_folder.iterdir()
        assert journal.name.startswith(f"{source.name}.upload-")
        seen: list[Any] = []
        drive = drives("upload")(source, progress=seen.append)
        assert seen[0].done >= MIB
        assert witness.sent_again == []
        assert content(cloud, drive, 4 * MIB) == bytes_of(source)
        assert list(state_folder.iterdir()) == []
        assert in_state(cs, "uploading") == []

    def test_another_content_does_not_go_on(self, drives: Verbs, device: Devices) -> None:
        source = device(4 * MIB)

        def stop(progress: Any) -> None:
            if progress.done >= 2 * MIB:
                raise Stop

        with pytest.raises(Stop):
            drives("upload")(source, chunk_size=256 * KIB, parallel=1, bandwidth=8 * MIB, progress=stop)
        source.write_bytes(bytes(4 * MIB))
        with pytest.raises(errors.ResumeRefused, match="resume=False"):
            drives("upload")(source)
        drives("upload")(source, resume=False)


class TestDownload:
    """To a device, which is written in place."""

    @pytest.mark.parametrize("sparse", [False, True])
    @pytest.mark.parametrize("more", [0, 3 * MIB + 512])
    def test_it_has_the_bytes_of_the_drive(
        self,
        drives: Verbs,
        cs: CloudSigma,
        device: Devices,
        tmp_path: Path,
        state_folder: Path,
        sparse: bool,
        more: int,
    ) -> None:
        image = image_of(tmp_path, 5 * MIB + 16 * KIB)
        with image.open("r+b") as file:
            file.seek(MIB)
            file.write(bytes(2 * MIB))  # zeros, where the device has something else
        drive = cs.drives.upload(image)
        target = device(drive.size + more)
        before = bytes_of(target)
        result = drives("download")(drive, target, chunk_size=MIB, sparse=sparse)
        assert result.uuid == drive.uuid
        after = bytes_of(target)
        assert after[: drive.size] == image.read_bytes().ljust(drive.size, b"\0")
        assert after[drive.size :] == before[drive.size :]
        assert list(state_folder.iterdir()) == []

    def test_by_another_name(self, drives: Verbs, cs: CloudSigma, device: Devices, tmp_path: Path) -> None:
        image = image_of(tmp_path, 2 * MIB)
        drive = cs.drives.upload(image)
        target, name = device(4 * MIB), tmp_path / "by-id"
        name.symlink_to(target)
        drives("download")(drive, name)
        assert name.is_symlink()
        assert bytes_of(target)[: 2 * MIB] == image.read_bytes()

    def test_one_that_is_too_small(
        self, drives: Verbs, cs: CloudSigma, device: Devices, tmp_path: Path, state_folder: Path
    ) -> None:
        drive = cs.drives.upload(image_of(tmp_path, 4 * MIB))
        target = device(3 * MIB)
        before = bytes_of(target)
        with pytest.raises(OSError, match=rf"{target} has {3 * MIB} bytes, .* has {drive.size}"):
            drives("download")(drive, target)
        assert bytes_of(target) == before
        assert list(state_folder.iterdir()) == []

    def test_one_that_may_not_be_written_to(
        self, drives: Verbs, cs: CloudSigma, device: Devices, tmp_path: Path, state_folder: Path
    ) -> None:
        drive = cs.drives.upload(image_of(tmp_path, MIB))
        target = device(4 * MIB)
        before = bytes_of(target)
        subprocess.run(["blockdev", "--setro", str(target)], check=True)
        with pytest.raises(OSError, match=str(target)):
            drives("download")(drive, target)
        subprocess.run(["blockdev", "--setrw", str(target)], check=True)
        assert bytes_of(target) == before
        assert list(state_folder.iterdir()) == []

    def test_one_that_somebody_uses(
        self, drives: Verbs, cs: CloudSigma, device: Devices, tmp_path: Path, state_folder: Path
    ) -> None:
        """A mount holds a device in the same way."""
        drive = cs.drives.upload(image_of(tmp_path, MIB))
        target = device(4 * MIB)
        before = bytes_of(target)
        handle = os.open(target, os.O_RDONLY | os.O_EXCL)
        try:
            with pytest.raises(OSError, match=f"in use.*{target}"):
                drives("download")(drive, target)
        finally:
            os.close(handle)
        assert bytes_of(target) == before
        assert list(state_folder.iterdir()) == []

    def test_one_without_a_medium(self, drives: Verbs, cs: CloudSigma, tmp_path: Path) -> None:
        drive = cs.drives.upload(image_of(tmp_path, MIB))
        done = subprocess.run(["losetup", "--find"], capture_output=True, text=True, check=False)
        target = Path(done.stdout.strip())
        if done.returncode or not target.exists():
            pytest.skip("no loop device can be had")
        with pytest.raises(OSError, match=f"{target} has 0 bytes"):
            drives("download")(drive, target)
        assert stat.S_ISBLK(target.stat().st_mode)

    @pytest.mark.parametrize("touched", [False, True])
    def test_it_goes_on(
        self,
        drives: Verbs,
        cs: CloudSigma,
        device: Devices,
        tmp_path: Path,
        state_folder: Path,
        touched: bool,
    ) -> None:
        """What an earlier run wrote, and only what is still there, is not fetched again."""
        image = image_of(tmp_path, 8 * MIB)
        drive = cs.drives.upload(image)
        target = device(9 * MIB)

        def stop(progress: Any) -> None:
            if progress.done >= 5 * MIB:
                raise Stop

        with pytest.raises(Stop) as caught:
            drives("download")(drive, target, chunk_size=MIB, parallel=1, bandwidth=40 * MIB, progress=stop)
        assert f"goes on with {target}" in caught.value.__notes__[0]
        (journal,) = state_folder.iterdir()
        assert journal.name.startswith(f"{target.name}.download-")
        done = sum(line.isdigit() for line in journal.read_text().splitlines())
        assert done >= 3
        if touched:
            with target.open("r+b") as file:
                file.seek(MIB + 1000)
                file.write(b"by another")
        seen: list[Any] = []
        drives("download")(drive, target, progress=seen.append)
        assert seen[0].done == (done - touched) * MIB
        assert bytes_of(target)[: 8 * MIB] == image.read_bytes()
        assert list(state_folder.iterdir()) == []

    def test_ctrl_c(
        self,
        drives: Verbs,
        cloud: Emulator,
        device: Devices,
        tmp_path: Path,
        state_folder: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        image = image_of(tmp_path, 8 * MIB)
        drive = drives("upload")(image)
        target = device(8 * MIB)
        with Proxy() as proxy:
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            trouble = {"only": "/drives/download/", "count": 10**6}

            def later(progress: Any) -> None:
                if progress.done >= 3 * MIB and not proxy.stalled.is_set():
                    proxy.trouble("down", "stall", 300 * KIB, **trouble)  # type: ignore[arg-type]

            with ctrl_c(proxy.stalled):
                drives("download")(
                    drive, target, chunk_size=MIB, parallel=2, bandwidth=10 * MIB, progress=later
                )
            assert len(list(state_folder.iterdir())) == 1
            proxy.release()
            seen: list[Any] = []
            drives("download")(drive, target, progress=seen.append)
        assert seen[0].done >= MIB
        assert bytes_of(target) == image.read_bytes()

    def test_another_drive_does_not_go_on(
        self, drives: Verbs, cs: CloudSigma, device: Devices, tmp_path: Path, state_folder: Path
    ) -> None:
        drive = cs.drives.upload(image_of(tmp_path, 8 * MIB))
        target = device(8 * MIB)

        def stop(progress: Any) -> None:
            if progress.done >= 5 * MIB:
                raise Stop

        with pytest.raises(Stop):
            drives("download")(drive, target, chunk_size=MIB, parallel=1, bandwidth=40 * MIB, progress=stop)
        other = cs.drives.upload(image_of(tmp_path, 2 * MIB, seed=2))
        with pytest.raises(errors.ResumeRefused, match=f"{target} is of drive {drive.uuid}.*resume=False"):
            drives("download")(other, target)
        drives("download")(other, target, resume=False)
        assert bytes_of(target)[: 2 * MIB] == (tmp_path / "image.raw").read_bytes()
        assert list(state_folder.iterdir()) == []


def test_other_kinds_of_files_are_refused(drives: Verbs, cs: CloudSigma, tmp_path: Path) -> None:
    drive = cs.drives.upload(image_of(tmp_path, MIB))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for target in (pipe, Path("/dev/null")):
        with pytest.raises(OSError, match=rf"{target} is no ordinary file.*download to a file"):
            drives("download")(drive, target)
    with pytest.raises(IsADirectoryError, match="name the file in it"):
        drives("download")(drive, tmp_path)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["image.raw", "pipe"]
