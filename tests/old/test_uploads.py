"""Both uploaders of the old library: what arrives is the file, byte for byte, or the upload says why not."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cloudsigma
from cloudsigma import errors
from cloudsigma.resumable_upload import Upload
from cloudsigma.upload_client import CSUploader, UploadError, console_progress
from cloudsigma_emulator import Emulator

from .conftest import Home
from .stub import Reply, Stub
from .uploads import (
    KIB,
    MIB,
    UPLOADERS,
    UUID,
    ChunkCloud,
    Uploader,
    credentials_of,
    image_of,
    stored,
    uploading_threads,
)

both = pytest.mark.parametrize("uploader", UPLOADERS.values(), ids=UPLOADERS)


@both
@pytest.mark.parametrize(
    ("size", "chunk_size"),
    [(5 * MIB, 2 * MIB), (4 * MIB, MIB), (3 * MIB + 1, MIB), (1, MIB), (300 * KIB, 300 * KIB), (100, 7)],
)
def test_the_drive_has_the_bytes_of_the_file(
    uploader: Uploader, cloud: Emulator, tmp_path: Path, size: int, chunk_size: int
) -> None:
    image = image_of(tmp_path, size)
    run = uploader(credentials_of(cloud), image, chunk_size=chunk_size)
    run.send()
    assert stored(cloud, run.drive, size + 1000) == image.read_bytes() + bytes(1000)
    assert cloudsigma.resource.Drive(**credentials_of(cloud)).get(run.drive)["status"] == "unmounted"
    assert uploading_threads() == []
    assert list(tmp_path.iterdir()) == [image]


@both
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(size=st.integers(1, 200_000), chunk_size=st.integers(3_000, 250_000), threads=st.integers(1, 6))
def test_any_sizes(
    uploader: Uploader, cloud: Emulator, tmp_path: Path, size: int, chunk_size: int, threads: int
) -> None:
    image = image_of(tmp_path, size, size)
    run = uploader(credentials_of(cloud), image, chunk_size=chunk_size, threads=threads)
    run.send()
    assert stored(cloud, run.drive, size) == image.read_bytes()


@both
def test_progress(uploader: Uploader, cloud: Emulator, tmp_path: Path) -> None:
    image = image_of(tmp_path, 3 * MIB)
    seen: list[tuple[int, int]] = []
    caller = threading.current_thread()

    def progress(uploaded: int, total: int) -> None:
        assert threading.current_thread() is caller
        seen.append((uploaded, total))

    uploader(credentials_of(cloud), image, chunk_size=256 * KIB, progress=progress, interval=0.01).send()
    assert seen[0] == (0, 3 * MIB)
    assert seen[-1] == (3 * MIB, 3 * MIB)
    assert seen == sorted(seen)


@both
def test_a_failing_callback_ends_the_upload(uploader: Uploader, cloud: Emulator, tmp_path: Path) -> None:
    def progress(uploaded: int, total: int) -> None:
        raise LookupError("mine")

    run = uploader(credentials_of(cloud), image_of(tmp_path, MIB), chunk_size=64 * KIB, progress=progress)
    with pytest.raises(LookupError, match="mine"):
        run.send()
    assert uploading_threads() == []


@both
@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 503}, {"cut": "before"}, {"cut": "after"}])
def test_a_chunk_that_is_lost_or_refused_is_sent_again(
    uploader: Uploader, cloud: Emulator, tmp_path: Path, fault: dict[str, Any]
) -> None:
    image = image_of(tmp_path, MIB)
    number = cloud.faults.add(method="POST", path="/api/2.0/drives/*upload*/*", count=3, **fault)
    run = uploader(credentials_of(cloud), image, chunk_size=100 * KIB)
    run.send()
    assert cloud.faults.hits(number) == 3
    assert stored(cloud, run.drive, MIB) == image.read_bytes()


@both
def test_an_upload_that_was_broken_off_goes_on(uploader: Uploader, cloud: Emulator, tmp_path: Path) -> None:
    image = image_of(tmp_path, MIB)
    number = cloud.faults.add(
        method="POST", path="/api/2.0/drives/*upload*/*", skip=5, count=None, status=403
    )
    broken = uploader(credentials_of(cloud), image, chunk_size=100 * KIB, threads=2)
    with pytest.raises(errors.PermissionError):
        broken.send()
    assert cloud.faults.hits(number) <= 2
    assert uploading_threads() == []
    cloud.faults.clear()
    seen: list[int] = []
    run = uploader(
        credentials_of(cloud),
        image,
        chunk_size=100 * KIB,
        drive=broken.drive,
        progress=lambda uploaded, total: seen.append(uploaded),
    )
    run.send()
    assert run.drive == broken.drive
    assert seen[-1] == MIB
    assert stored(cloud, run.drive, MIB) == image.read_bytes()


def test_retry_goes_on(cloud: Emulator, tmp_path: Path) -> None:
    image = image_of(tmp_path, MIB)
    upload = Upload(image, chunk_size=100 * KIB, n_threads=2, generic_client_kwargs=credentials_of(cloud))
    cloud.faults.add(method="POST", path="/api/2.0/drives/*/upload/", skip=3, count=1, status=403)
    with pytest.raises(errors.PermissionError):
        upload.upload()
    upload.retry()
    assert upload.uploaded_size == upload.file_size == MIB
    assert upload.drive_uuid is not None
    assert stored(cloud, upload.drive_uuid, MIB) == image.read_bytes()


@both
def test_a_drive_of_another_size_is_not_filled(uploader: Uploader, cloud: Emulator, tmp_path: Path) -> None:
    image = image_of(tmp_path, MIB)
    other = cloudsigma.resource.InitUpload(**credentials_of(cloud)).create(
        {"name": "other", "size": MIB + 1, "media": "disk"}
    )
    with pytest.raises((ValueError, UploadError), match=str(MIB)):
        uploader(credentials_of(cloud), image, chunk_size=MIB, drive=other["uuid"]).send()


@both
def test_what_makes_no_sense_is_refused_before_a_drive_is_made(
    uploader: Uploader, cloud: Emulator, tmp_path: Path
) -> None:
    image = image_of(tmp_path, 10)
    drives = cloudsigma.resource.Drive(**credentials_of(cloud))
    before = len(drives.list())
    for wrong in ({"chunk_size": 0}, {"chunk_size": -1}, {"chunk_size": 5, "threads": 0}):
        with pytest.raises(ValueError, match=r"chunk_size|n_threads"):
            uploader(credentials_of(cloud), image, **wrong).send()
    image.write_bytes(b"")
    with pytest.raises(ValueError, match="empty"):
        uploader(credentials_of(cloud), image, chunk_size=5).send()
    with pytest.raises(FileNotFoundError):
        uploader(credentials_of(cloud), tmp_path / "absent", chunk_size=5).send()
    assert len(drives.list()) == before


@both
@pytest.mark.parametrize("drive", ["..", "a/b", f"{UUID}?x="])
def test_a_uuid_cannot_change_the_address(uploader: Uploader, tmp_path: Path, drive: str) -> None:
    with Stub(lambda _: {}) as stub:
        with pytest.raises(errors.ClientError):
            uploader(stub.credentials, image_of(tmp_path, 10), chunk_size=5, drive=drive).send()
        assert stub.requests == []


@both
def test_a_cloud_that_still_waits_for_chunks_is_no_success(
    uploader: Uploader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloudsigma.api.upload_run.READY_SECONDS", 0.5)
    answer = ChunkCloud(100, lambda _: {})
    answer.status = "uploading"
    with Stub(answer) as stub, pytest.raises(errors.TransferError, match="still waits"):
        uploader(stub.credentials, image_of(tmp_path, 100), chunk_size=50).send()


@both
def test_connections_are_kept(uploader: Uploader, tmp_path: Path) -> None:
    with Stub(ChunkCloud(100_000, lambda _: {})) as stub:
        uploader(stub.credentials, image_of(tmp_path, 100_000), chunk_size=1000, threads=3).send()
        assert len(stub.requests) >= 200
        assert stub.connections <= 5


@both
def test_no_more_chunks_in_memory_than_threads(uploader: Uploader, cloud: Emulator, tmp_path: Path) -> None:
    """Measured in a process of its own: what 64 MiB of image add to the memory that 1 MiB needs."""
    script = """
import resource, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from old.uploads import UPLOADERS
run = UPLOADERS[{name!r}]
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
credentials = {credentials!r}
small, big = Path({small!r}), Path({big!r})
run(credentials, small, chunk_size=2**20, threads=2).send()
before = peak()
run(credentials, big, chunk_size=2**20, threads=2).send()
print(peak() - before)
"""
    small, big = tmp_path / "small", tmp_path / "big"
    small.write_bytes(random.Random(1).randbytes(MIB))
    big.write_bytes(random.Random(2).randbytes(64 * MIB))
    name = next(name for name, each in UPLOADERS.items() if each is uploader)
    tests = str(Path(__file__).resolve().parents[1])
    text = script.format(
        tests=tests, name=name, credentials=credentials_of(cloud), small=str(small), big=str(big)
    )
    result = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=100)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) < 16


def test_chunks_by_hand(cloud: Emulator, tmp_path: Path) -> None:
    """The methods that programs called one by one."""
    image = image_of(tmp_path, 10_000)
    upload = Upload(image, chunk_size=3000, generic_client_kwargs=credentials_of(cloud))
    assert list(upload.file_chunks()) == [(1, 0, 3000), (2, 3000, 3000), (3, 6000, 4000)]
    upload.drive_uuid = upload.create(upload.create_data)["uuid"]
    assert upload.remote_size == 10_000
    upload.upload_chunk(2, 3000, 3000)
    upload.upload_chunk(2, 3000, 3000)
    upload.enqueue_chunks()
    upload.start_threads()
    upload.queue.join()
    assert upload.uploaded_size == 10_000
    assert upload.drive_uuid is not None
    assert stored(cloud, upload.drive_uuid, 10_000) == image.read_bytes()

    client = CSUploader(cloud.api_endpoint, str(image), 3000, cloud.username, cloud.password)
    client.init_drive_url_or_create_drive()
    assert client.uuid is not None
    assert client.drive_url == f"{cloud.api_endpoint}drives/{client.uuid}/"
    assert client.get_drive_size() == client.size == 10_000
    assert list(client.file_chunks()) == [(0, 0, 3000), (1, 3000, 3000), (2, 6000, 4000)]
    assert client.get_chunk_upload_link(0).startswith("/api/2.0/")
    client.upload_chunk(0, 0, 3000)
    assert client.uploaded_size == 3000
    client.upload_chunk(1, 3000, 3000)
    with pytest.raises(errors.ChunkAlreadyUploaded):
        client.get_chunk_upload_link(0)
    client.upload_enqueued()
    client.enqueue_chunks()
    client.upload_enqueued()
    assert stored(cloud, client.uuid, 10_000) == image.read_bytes()


@both
def test_a_class_that_sends_chunks_in_its_own_way(uploader: Uploader, tmp_path: Path) -> None:
    """Scripts replace ``upload_chunk``; what it raises counts like what the original raises."""
    tried: Counter[int] = Counter()

    def upload_chunk(number: int, offset: int, length: int) -> None:
        tried[number] += 1
        if tried[number] == 1:
            raise errors.ConnectionFailed("lost")
        if number == 3:
            raise LookupError("mine")

    cloud = ChunkCloud(100, lambda _: {})
    with Stub(cloud) as stub:
        run = uploader(stub.credentials, image_of(tmp_path, 100), chunk_size=50)
        run.uploader.upload_chunk = upload_chunk
        run.send()
        assert sorted(tried.values()) == [2, 2]
        tried.clear()
        run = uploader(stub.credentials, image_of(tmp_path, 100), chunk_size=10)
        run.uploader.upload_chunk = upload_chunk
        with pytest.raises(LookupError, match="mine"):
            run.send()
        assert cloud.chunks == 0
    assert uploading_threads() == []


def test_classes_that_add_to_what_the_uploaders_do(cloud: Emulator, tmp_path: Path) -> None:
    seen: list[int] = []

    class Mine(Upload):
        def upload_chunk(self, chunk_number: int, chunk_offset: int, real_chunk_size: int) -> None:
            super().upload_chunk(chunk_number, chunk_offset, real_chunk_size)
            seen.append(chunk_number)

    class MyClient(CSUploader):
        def upload_chunk(self, chunk_number: int, chunk_offset: int, real_chunk_size: int) -> None:
            super().upload_chunk(chunk_number, chunk_offset, real_chunk_size)
            seen.append(chunk_number)

        def get_chunk_upload_link(self, chunk_number: int) -> str:
            seen.append(1000 + chunk_number)
            return super().get_chunk_upload_link(chunk_number)

    image = image_of(tmp_path, 10_000)
    upload = Mine(image, chunk_size=3000, generic_client_kwargs=credentials_of(cloud))
    upload.upload()
    assert sorted(seen) == [1, 2, 3]
    seen.clear()
    client = MyClient(cloud.api_endpoint, image, 3000, cloud.username, cloud.password)
    uuid = client.start()
    assert sorted(seen) == [0, 1, 2, 1000, 1001, 1002]
    assert upload.uploaded_size == client.uploaded_size == 10_000
    for drive in (upload.drive_uuid, uuid):
        assert drive is not None
        assert stored(cloud, drive, 10_000) == image.read_bytes()


@both
def test_chunks_by_hand_that_fail(uploader: Uploader, cloud: Emulator, tmp_path: Path) -> None:
    image = image_of(tmp_path, 10_000)
    run = uploader(credentials_of(cloud), image, chunk_size=1000, threads=1)
    cloud.faults.add(method="POST", path="/api/2.0/drives/*upload*/*", count=2, status=403)
    with pytest.raises(errors.PermissionError):
        run.send()
    run.uploader.enqueue_chunks()
    with pytest.raises(errors.PermissionError):
        run.uploader.upload_enqueued()
    run.uploader.n_threads = 2
    for _ in range(2):  # the queue is empty then, and threads may be started again
        run.uploader.queue.join()
        run.uploader.enqueue_chunks()
        run.uploader.start_threads()
    run.uploader.queue.join()
    assert stored(cloud, run.drive, 10_000) == image.read_bytes()


@both
def test_chunks_by_hand_of_a_file_that_changes(uploader: Uploader, cloud: Emulator, tmp_path: Path) -> None:
    image = image_of(tmp_path, 3000)
    run = uploader(credentials_of(cloud), image, chunk_size=1000, threads=1)
    cloud.faults.add(method="POST", path="/api/2.0/drives/*upload*/*", count=None, status=403)
    with pytest.raises(errors.PermissionError):
        run.send()
    cloud.faults.clear()
    chunks = list(run.uploader.file_chunks())
    run.uploader.upload_chunk(*chunks[0])
    image_of(tmp_path, 3000, seed=2)
    os.utime(image, ns=(1, 1))
    with pytest.raises(errors.ImageChanged, match=r"image\.raw"):
        run.uploader.upload_chunk(*chunks[1])


@both
def test_a_drive_that_is_complete_though_the_answer_was_lost(
    uploader: Uploader, cloud: Emulator, tmp_path: Path
) -> None:
    """The chunk is refused when it is sent again, as the drive takes nothing any more."""
    image = image_of(tmp_path, 1000)
    number = cloud.faults.add(method="POST", path="/api/2.0/drives/*upload*/*", count=1, cut="after")
    run = uploader(credentials_of(cloud), image, chunk_size=1000)
    run.send()
    assert cloud.faults.hits(number) == 1
    assert run.uploader.uploaded_size == 1000
    assert stored(cloud, run.drive, 1000) == image.read_bytes()


def test_links_that_have_expired_are_fetched_anew(cloud: Emulator, tmp_path: Path) -> None:
    image = image_of(tmp_path, 10_000)
    number = cloud.faults.add(method="POST", path="/api/2.0/drives/upload_chunk/*", count=2, status=404)
    client = CSUploader(cloud.api_endpoint, image, 1000, cloud.username, cloud.password)
    uuid = client.start()
    assert uuid is not None
    assert cloud.faults.hits(number) == 2
    assert stored(cloud, uuid, 10_000) == image.read_bytes()


def test_an_error_does_not_tell_the_link(cloud: Emulator, tmp_path: Path) -> None:
    client = CSUploader(cloud.api_endpoint, image_of(tmp_path, 1000), 1000, cloud.username, cloud.password)
    client.init_drive_url_or_create_drive()
    for fault in ({"status": 500}, {"cut": "before"}):
        cloud.faults.clear()
        cloud.faults.add(method="POST", path="/api/2.0/drives/upload_chunk/*", count=None, **fault)
        with pytest.raises(errors.ApiClientError, match="the link for chunk 0") as caught:
            client.upload_chunk(0, 0, 1000)
        assert "upload_chunk/" not in f"{caught.value!s} {caught.value!r}"


@both
def test_the_configuration_says_how_often_a_chunk_is_sent(
    uploader: Uploader, home: Home, configured: Home, tmp_path: Path
) -> None:
    answer = ChunkCloud(1000, lambda _: Reply(500, b"[]"))
    with Stub(answer) as stub:
        home.write(retries="1")
        with pytest.raises(errors.ServerError):
            uploader(stub.credentials, image_of(tmp_path, 1000), chunk_size=1000).send()
    assert answer.chunks == 2


def test_a_session_uploads_too(cloud: Emulator, tmp_path: Path) -> None:
    image = image_of(tmp_path, MIB)
    upload = Upload(
        image,
        chunk_size=200 * KIB,
        generic_client_kwargs={**credentials_of(cloud), "login_method": "session"},
    )
    upload.upload()
    assert upload.drive_uuid is not None
    assert stored(cloud, upload.drive_uuid, MIB) == image.read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere file names are text")
def test_any_file_name(cloud: Emulator, tmp_path: Path) -> None:
    for name in (b'a "quoted" \\ name', "Bild für Zürich.raw".encode(), b"\xff\xfe.raw", b"line\nbreak"):
        path = tmp_path / os.fsdecode(name)
        path.write_bytes(random.Random(7).randbytes(5000))
        for uploader in UPLOADERS.values():
            run = uploader(credentials_of(cloud), path, chunk_size=1000)
            run.send()
            assert stored(cloud, run.drive, 5000) == path.read_bytes()


def test_the_console_s_progress(capsys: pytest.CaptureFixture[str]) -> None:
    show = console_progress()
    for uploaded in (0, MIB, 2 * MIB, 2 * MIB):
        show(uploaded, 2 * MIB)
    show(0, 0)
    lines = capsys.readouterr().err.split("\r")[1:]
    assert [line[:-2] for line in lines[:3]] == [
        "0.0 of 2.0 MB (0%)",
        "1.0 of 2.0 MB (50%)",
        "2.0 of 2.0 MB (100%)",
    ]
    assert lines[0][-1] != lines[1][-1]


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("CLOUDSIGMA_")}
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "cloudsigma.upload_client", *arguments],
        env={**inherited, "HOME": "/nonexistent", **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_command(cloud: Emulator, tmp_path: Path) -> None:
    image = image_of(tmp_path, 3 * MIB)
    account = ("-a", cloud.api_endpoint, "-u", cloud.username, "-p", cloud.password)
    done = command(str(image), *account, "-s", str(MIB))
    assert done.returncode == 0, done.stderr
    assert "Number of chunks 3" in done.stderr
    assert "3.0 of 3.0 MB (100%)" in done.stderr
    assert "Upload finished successfully" in done.stderr
    assert stored(cloud, done.stdout.strip(), 3 * MIB) == image.read_bytes()


def test_the_command_goes_on(cloud: Emulator, tmp_path: Path) -> None:
    image = image_of(tmp_path, 3 * MIB)
    long = ("--api_url", cloud.api_endpoint, "--username", cloud.username, "--password", cloud.password)
    cloud.faults.add(method="POST", path="/api/2.0/drives/upload_chunk/*", skip=1, count=None, status=403)
    broken = command(str(image), *long, "--chunk-size", str(MIB))
    assert broken.returncode == 1
    assert "Error: Fault asked for by a test" in broken.stderr
    assert "Traceback" not in broken.stderr
    uuid = broken.stderr.split("give the drive as well: ")[1].split()[0]
    cloud.faults.clear()
    done = command(str(image), uuid, *long, "--chunk-size", str(MIB))
    assert (done.returncode, done.stdout) == (0, f"{uuid}\n"), done.stderr
    assert stored(cloud, uuid, 3 * MIB) == image.read_bytes()


def test_the_command_takes_the_configuration(home: Home, cloud: Emulator, tmp_path: Path) -> None:
    image = image_of(tmp_path, 1000)
    done = command(str(image), HOME=str(home.path))
    assert done.returncode == 0, done.stderr
    assert stored(cloud, done.stdout.strip(), 1000) == image.read_bytes()


def test_what_the_command_says_when_it_cannot(cloud: Emulator, tmp_path: Path) -> None:
    image = image_of(tmp_path, 1000)
    account = ("-a", cloud.api_endpoint, "-u", cloud.username)
    for arguments, words in [
        ((str(image),), "api_endpoint"),
        ((str(tmp_path / "absent"), *account, "-p", cloud.password), "No such file"),
        ((str(image), *account, "-p", "s3cret"), "401"),
        ((str(image), *account, "-p", cloud.password, "-s", "0"), "chunk_size"),
    ]:
        done = command(*arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert words in done.stderr
        assert "Traceback" not in done.stderr
        assert "s3cret" not in done.stderr
    assert command("-h").returncode == 0
    assert command().returncode == 2


@both
def test_an_interrupted_upload_ends(uploader: Uploader, tmp_path: Path) -> None:
    import _thread

    begun = threading.Event()
    let_go = threading.Event()

    def slow(_: Any) -> Reply | dict[str, Any]:
        begun.set()
        let_go.wait(90)
        return {}

    with Stub(ChunkCloud(1000, slow)) as stub:
        run = uploader(stub.credentials, image_of(tmp_path, 1000), chunk_size=10, threads=2, interval=0.05)

        def interrupt() -> None:
            begun.wait(60)
            _thread.interrupt_main()
            run.uploader._crew.stop.wait(60)
            let_go.set()

        other = threading.Thread(target=interrupt)
        other.start()
        with pytest.raises(KeyboardInterrupt):
            run.send()
        other.join()
        assert len([line for line in stub.lines() if line.startswith("POST")]) <= 7
    assert uploading_threads() == []
