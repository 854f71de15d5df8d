"""Uploads that do not go well: each ends in the right drive, or in a clear error and nothing that looks complete."""

from __future__ import annotations

import ctypes
import os
import random
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cloudsigma import CloudSigma, errors
from cloudsigma.api import upload_run
from cloudsigma.core import retry
from cloudsigma.ports import files
from cloudsigma_emulator import Emulator

from .conftest import KIB, MIB, Call, Witness, content, image_of, in_state, left_behind, options

Verbs = Callable[[str], Call]
CHUNK = 128 * KIB


def unfinished(cs: CloudSigma) -> list[Any]:
    return in_state(cs, "uploading")


class Stop(Exception):
    """Ends an upload from its progress callback."""


def stop_after(count: int) -> Callable[[Any], None]:
    """Return a progress callback that ends the upload once some bytes are over."""

    def callback(progress: Any) -> None:
        if progress.done >= count:
            raise Stop

    return callback


def broken_off(upload: Call, image: Path, **more: Any) -> None:
    """Begin an upload that stops about half-way."""
    with pytest.raises(Stop):
        upload(
            image,
            chunk_size=CHUNK,
            parallel=1,
            bandwidth=4 * MIB,
            progress=stop_after(image.stat().st_size // 2),
            **more,
        )


CHANGES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "truncated": (lambda path: os.truncate(path, 3000), "cut from"),
    "grown": (lambda path: os.truncate(path, 9 * MIB), "grown from"),
    "written": (lambda path: path.write_bytes(bytes(2 * MIB)), "written to"),
    "replaced": (lambda path: image_of(path.parent, 2 * MIB, 2, "other").replace(path), "replaced"),
    "deleted": (lambda path: path.unlink(), "deleted"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("protocol", ["link", "resumable", "direct"])
def test_a_file_that_changes_meanwhile(
    drives: Verbs, cs: CloudSigma, tmp_path: Path, change: str, protocol: str
) -> None:
    image = image_of(tmp_path, 2 * MIB)
    act, words = CHANGES[change]
    ready = len(in_state(cs, "unmounted"))
    changed = []

    def once(progress: Any) -> None:
        if not changed:
            changed.append(act(image))

    with pytest.raises(errors.ImageChanged, match=words):
        drives("upload")(image, chunk_size=CHUNK, progress=once, protocol=protocol)
    assert len(in_state(cs, "unmounted")) == ready
    if image.exists() and protocol != "direct":
        with pytest.raises(errors.ResumeRefused, match="resume=False"):
            drives("upload")(image)
        assert drives("upload")(image, resume=False).status == "unmounted"
        assert left_behind(tmp_path) == []


def test_a_run_goes_on_where_another_ended(
    drives: Verbs, cs: CloudSigma, cloud: Emulator, witness: Witness, tmp_path: Path
) -> None:
    image = image_of(tmp_path, 2 * MIB)
    broken_off(drives("upload"), image)
    (drive,) = unfinished(cs)
    first = set(witness.stored)
    assert first
    seen: list[Any] = []
    done = drives("upload")(image, progress=seen.append)
    assert done.uuid == drive.uuid
    assert seen[0].done == len(first) * CHUNK
    assert witness.sent_again == []
    assert set(witness.stored.values()) == {1}
    assert content(cloud, done, 2 * MIB) == image.read_bytes()
    assert left_behind(tmp_path) == []


def test_another_protocol_may_go_on(drives: Verbs, cloud: Emulator, tmp_path: Path) -> None:
    image = image_of(tmp_path, 2 * MIB)
    broken_off(drives("upload"), image)
    done = drives("upload")(image, protocol="resumable", chunk_size=7777)
    assert content(cloud, done, 2 * MIB) == image.read_bytes()


def test_a_packed_image_goes_on(drives: Verbs, cloud: Emulator, witness: Witness, tmp_path: Path) -> None:
    import gzip

    raw = os.urandom(2 * MIB)
    image = tmp_path / "image.gz"
    image.write_bytes(gzip.compress(raw, 1))
    broken_off(drives("upload"), image)
    done = drives("upload")(image)
    assert witness.sent_again == []
    assert content(cloud, done, 2 * MIB) == raw


def keep_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no folder of an image be writable: root may write everywhere, so the answer is the one that a user gets."""

    async def never(self: files.LocalFiles, path: str) -> bool:
        return False

    monkeypatch.setattr(files.LocalFiles, "writable_beside", never)


def test_the_journal_in_the_state_folder(
    drives: Verbs, cs: CloudSigma, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_out(monkeypatch)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "images"
    folder.mkdir()
    image = image_of(folder, 2 * MIB)
    broken_off(drives("upload"), image)
    assert [each.name for each in folder.iterdir()] == [image.name]
    (journal,) = (tmp_path / "state/cloudsigma/transfers").iterdir()
    assert journal.name.startswith("image.raw.upload-")
    (drive,) = unfinished(cs)
    assert drives("upload")(image).uuid == drive.uuid
    assert not journal.exists()


class TestResumeRefused:
    """What was begun and what is there must be the same."""

    def test_another_file(self, drives: Verbs, cs: CloudSigma, tmp_path: Path) -> None:
        image = image_of(tmp_path, 2 * MIB)
        broken_off(drives("upload"), image)
        time = image.stat().st_mtime_ns
        image_of(tmp_path, 2 * MIB, seed=2)
        with pytest.raises(errors.ResumeRefused, match="written to since"):
            drives("upload")(image)
        os.utime(image, ns=(time, time))
        with pytest.raises(errors.ResumeRefused, match="other content"):
            drives("upload")(image)
        assert len(unfinished(cs)) == 1

    def test_a_drive_that_is_gone(self, drives: Verbs, cs: CloudSigma, tmp_path: Path) -> None:
        image = image_of(tmp_path, 2 * MIB)
        broken_off(drives("upload"), image)
        cs.drives.delete(unfinished(cs)[0], wait=True)
        with pytest.raises(errors.ResumeRefused, match="gone"):
            drives("upload")(image)
        assert drives("upload")(image, resume=False).status == "unmounted"

    def test_a_drive_of_another_size(self, drives: Verbs, cs: CloudSigma, tmp_path: Path) -> None:
        drive = cs.drives.init_upload(name="other", size=5000, media="disk")
        with pytest.raises(errors.ResumeRefused, match="takes 5000 bytes, but the image has 4000"):
            drives("upload")(image_of(tmp_path, 4000), resume=drive)
        assert left_behind(tmp_path) == []

    def test_a_drive_that_waits_for_nothing(self, drives: Verbs, cs: CloudSigma, tmp_path: Path) -> None:
        drive = cs.drives.create(name="full", size=1024**3, media="disk")
        with pytest.raises(errors.ResumeRefused, match="waits for no upload"):
            drives("upload")(image_of(tmp_path, 4000), resume=cs.drives.wait(drive))

    def test_a_journal_that_is_none(self, drives: Verbs, tmp_path: Path) -> None:
        image = image_of(tmp_path, 2 * MIB)
        broken_off(drives("upload"), image)
        (name,) = left_behind(tmp_path)
        (tmp_path / name).write_text("my diary\n")
        with pytest.raises(errors.ResumeRefused, match="is not the journal"):
            drives("upload")(image)
        drives("upload")(image, resume=False)
        assert left_behind(tmp_path) == []

    @pytest.mark.parametrize("kept", ["numbers", "facts", "another kind"])
    def test_a_journal_that_lacks_something(
        self, drives: Verbs, cs: CloudSigma, tmp_path: Path, kept: str
    ) -> None:
        """Such as that of a version to come; a chunk is never taken for sent because of it."""
        image = image_of(tmp_path, 2 * MIB)
        broken_off(drives("upload"), image)
        (name,) = left_behind(tmp_path)
        text = {
            "numbers": "0\n1\n",
            "facts": '{"kind":"upload","version":2}\n0\n',
            "another kind": '{"kind":"download","drive":"x","size":1,"stretch":1}\n',
        }
        (tmp_path / name).write_text(text[kept])
        with pytest.raises(errors.ResumeRefused, match="resume=False"):
            drives("upload")(image)


def test_a_drive_goes_on_without_a_journal(
    drives: Verbs, cloud: Emulator, cs: CloudSigma, witness: Witness, tmp_path: Path
) -> None:
    image = image_of(tmp_path, 2 * MIB)
    broken_off(drives("upload"), image)
    (name,) = left_behind(tmp_path)
    (tmp_path / name).unlink()
    done = drives("upload")(image, resume=unfinished(cs)[0], chunk_size=CHUNK)
    assert witness.sent_again == []
    assert content(cloud, done, 2 * MIB) == image.read_bytes()


@pytest.mark.parametrize("where", ["beside", "state folder"])
@pytest.mark.parametrize("name", ["\u65e5" * 83 + ".raw", "\udcff.raw"], ids=["long", "no text"])
def test_names_that_are_long_or_no_text(
    drives: Verbs, cloud: Emulator, tmp_path: Path, where: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system takes 255 bytes, of any value."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    if where == "state folder":
        keep_out(monkeypatch)
    image = image_of(tmp_path, 2 * MIB, name=name)
    broken_off(drives("upload"), image)
    drive = drives("upload")(image)
    assert content(cloud, drive, 2 * MIB) == image.read_bytes()
    assert left_behind(tmp_path) == []


def test_a_journal_with_holes(cloud: Emulator, cs: CloudSigma, tmp_path: Path) -> None:
    """A crash of the machine may leave zeros where something was written, in the middle of a number as well."""
    image = image_of(tmp_path, 4 * MIB)
    broken_off(cs.drives.upload, image)
    (journal,) = [tmp_path / each for each in left_behind(tmp_path)]
    facts = [line for line in journal.read_bytes().split(b"\n") if line.startswith(b"{")]
    journal.write_bytes(b"\n".join([*facts, b"1\0\0\0", b"\0\0002", bytes(50), b""]))
    assert content(cloud, cs.drives.upload(image), 4 * MIB) == image.read_bytes()


def test_a_journal_that_is_deleted_while_another_waits_for_it(
    cs: CloudSigma, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever opened it before and locks it afterwards must not keep his own in a file without a name."""
    image = image_of(tmp_path, 2 * MIB)
    inner = files.LocalFile.lock
    removed: list[Path] = []

    async def late(self: files.LocalFile) -> bool:
        if not removed:
            removed.append(tmp_path / left_behind(tmp_path)[0])
            removed[0].unlink()
        return await inner(self)

    monkeypatch.setattr(files.LocalFile, "lock", late)
    broken_off(cs.drives.upload, image)
    assert left_behind(tmp_path) == [removed[0].name]


def test_two_processes_at_one_image(cs: CloudSigma, tmp_path: Path) -> None:
    image = image_of(tmp_path, 2 * MIB)
    inside: list[BaseException] = []

    def meanwhile(progress: Any) -> None:
        if not inside:
            with pytest.raises(errors.TransferError, match="another process") as caught:
                cs.drives.upload(image)
            inside.append(caught.value)

    cs.drives.upload(image, progress=meanwhile, chunk_size=CHUNK)
    assert inside


def test_a_drive_that_is_deleted_meanwhile(drives: Verbs, cs: CloudSigma, tmp_path: Path) -> None:
    for protocol in ("link", "resumable"):
        deleted = []

        def once(progress: Any, deleted: list[Any] = deleted) -> None:
            if not deleted:
                deleted.append(cs.drives.delete(unfinished(cs)[0], wait=True))

        with pytest.raises(errors.TransferError, match="was deleted while"):
            drives("upload")(
                image_of(tmp_path, 2 * MIB), progress=once, protocol=protocol, resume=False, chunk_size=CHUNK
            )


def test_no_permission_to_read(cs: CloudSigma, tmp_path: Path) -> None:
    image = image_of(tmp_path, 1000)
    image.chmod(0)
    before = len(cs.drives.list())
    with as_another_user(), pytest.raises(PermissionError, match=re.escape(str(image))):
        cs.drives.upload(image)
    assert len(cs.drives.list()) == before
    assert left_behind(tmp_path) == []


@contextmanager
def as_another_user() -> Iterator[None]:
    """Let this thread see files as nobody does, where it is root's."""
    if os.geteuid() != 0:
        yield
        return
    if sys.platform != "linux":
        pytest.skip("root may read everything")
    libc = ctypes.CDLL(None)
    libc.setfsuid(65534)
    try:
        yield
    finally:
        libc.setfsuid(0)


def test_what_is_no_image(drives: Verbs, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        drives("upload")(tmp_path / "missing.raw")
    with pytest.raises(IsADirectoryError):
        drives("upload")(tmp_path)
    for wrong in (
        {"parallel": 0},
        {"chunk_size": 0.5},
        {"bandwidth": 0},
        {"protocol": "ftp"},
        {"form": "iso"},
    ):
        with pytest.raises(errors.InvalidArgument):
            drives("upload")(image_of(tmp_path, 100), **wrong)


def test_verify_finds_other_bytes(drives: Verbs, cloud: Emulator, tmp_path: Path) -> None:
    image = image_of(tmp_path, MIB)
    app = cloud._app
    assert app is not None
    inner = app.images.open_for_writing

    def spoilt(uuid: str) -> Any:
        writer = inner(uuid)
        write = writer.write_at

        def write_at(offset: int, data: bytes) -> None:
            write(offset, bytes([data[0] ^ 1]) + bytes(data[1:]))

        writer.write_at = write_at  # type: ignore[method-assign]
        return writer

    app.images.open_for_writing = spoilt  # type: ignore[method-assign]
    try:
        with pytest.raises(errors.TransferError, match="does not have the bytes"):
            drives("upload")(image, chunk_size=CHUNK, verify=True)
    finally:
        del app.images.open_for_writing  # type: ignore[attr-defined]


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_PAUSE", 0.002)


class Weather:
    """Spoils a share of all requests of an upload, at random but the same each time."""

    def __init__(self, cloud: Emulator, share: float, seed: int) -> None:
        self._cloud = cloud
        rng = random.Random(seed)
        kinds: list[dict[str, Any]] = [
            {"cut": "before", "reset": True},
            {"cut": "after", "reset": True},
            {"cut": "after"},
            {"cut": "half"},
            {"status": 503},
            {"status": 429, "retry_after": 0.01},
            {"status": 502, "body": "<html>bad gateway</html>", "content_type": "text/html"},
        ]
        self.numbers = []
        for path in ("*/upload_chunk/*", "*/action/*", "*/initupload/", "*/drives/*/upload/"):
            for skip in range(400):
                if rng.random() < share:
                    fault = dict(rng.choice(kinds))
                    if "upload_chunk" in path and rng.random() < 0.2:
                        fault = {"status": 404}  # a link that has expired
                    self.numbers.append(cloud.faults.add(path=path, skip=skip, count=1, **fault))

    @property
    def hits(self) -> int:
        return sum(self._cloud.faults.hits(number) for number in self.numbers)


@pytest.mark.usefixtures("short_pauses")
@pytest.mark.parametrize("protocol", ["link", "resumable"])
@pytest.mark.parametrize("seed", range(3))
def test_in_bad_weather(
    drives: Verbs, cloud: Emulator, witness: Witness, tmp_path: Path, protocol: str, seed: int
) -> None:
    image = image_of(tmp_path, 2 * MIB + 77, seed)
    weather = Weather(cloud, 0.05, seed)
    drive = drives("upload")(image, protocol=protocol, chunk_size=16 * KIB, parallel=4)
    assert weather.hits >= 3
    assert content(cloud, drive, 2 * MIB + 77) == image.read_bytes()
    assert set(witness.stored.values()) <= {1}
    assert witness.sent_again == []
    cloud.faults.clear()
    with CloudSigma(**options(cloud)) as cs:
        assert unfinished(cs) == []


@pytest.mark.usefixtures("short_pauses")
def test_a_cloud_that_always_refuses(drives: Verbs, cloud: Emulator, tmp_path: Path) -> None:
    number = cloud.faults.add(path="*/upload_chunk/*", status=500, count=None)
    with pytest.raises(errors.ServerError):
        drives("upload")(image_of(tmp_path, 2 * MIB), chunk_size=CHUNK, parallel=2)
    assert cloud.faults.hits(number) <= 2 * upload_run.ATTEMPTS
    cloud.faults.clear()
    assert drives("upload")(tmp_path / "image.raw").status == "unmounted"


def test_wrong_credentials_are_not_tried_again(cloud: Emulator, tmp_path: Path) -> None:
    with CloudSigma(**{**options(cloud), "password": "wrong"}) as cs, pytest.raises(errors.AuthError):
        cs.drives.upload(image_of(tmp_path, 1000))


def test_links_expire(drives: Verbs, cloud: Emulator, tmp_path: Path) -> None:
    image = image_of(tmp_path, 2 * MIB)
    app = cloud._app
    assert app is not None
    inner, late = app.handle, []

    def handle(request: Any, **more: Any) -> Any:
        response = inner(request, **more)
        if request.path.endswith("/action/") and len(late) < 3:
            late.append(cloud.clock.advance(301))
        return response

    app.handle = handle  # type: ignore[method-assign]
    try:
        drive = drives("upload")(image, chunk_size=CHUNK)
    finally:
        del app.handle  # type: ignore[attr-defined]
    assert len(late) == 3
    assert content(cloud, drive, 2 * MIB) == image.read_bytes()


@pytest.mark.usefixtures("short_pauses")
def test_the_server_is_started_again(tmp_path: Path) -> None:
    image = image_of(tmp_path, 4 * MIB)
    cloud = Emulator(data=tmp_path / "cloud").start()
    again: list[Emulator] = []
    port = int(cloud.api_endpoint.split(":")[2].split("/")[0])
    restarting: list[threading.Thread] = []

    def restart() -> None:
        cloud.stop()
        again.append(Emulator(data=tmp_path / "cloud", port=port).start())

    def once(progress: Any) -> None:
        if progress.done > MIB and not restarting:
            restarting.append(threading.Thread(target=restart))
            restarting[0].start()

    try:
        with CloudSigma(**options(cloud)) as cs:
            drive = cs.drives.upload(image, chunk_size=CHUNK, bandwidth=4 * MIB, progress=once)
        restarting[0].join()
        assert content(again[0], drive, 4 * MIB) == image.read_bytes()
    finally:
        for each in restarting:
            each.join()
        for emulator in again or [cloud]:
            emulator.stop()


def test_what_is_raised_says_how_to_go_on(cs: CloudSigma, tmp_path: Path) -> None:
    with pytest.raises(Stop) as caught:
        cs.drives.upload(
            image_of(tmp_path, 2 * MIB), chunk_size=CHUNK, progress=stop_after(MIB), bandwidth=8 * MIB
        )
    assert "the same call goes on" in caught.value.__notes__[0]
    assert in_state(cs, "uploading")[0].uuid in caught.value.__notes__[0]
