"""Uploads that go well: what arrives is the file, in every protocol, from every kind of source, on both faces."""

from __future__ import annotations

import gzip
import io
import logging
import lzma
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudsigma import CloudSigma, errors
from cloudsigma.core.chunks import FIRST_BY_LINK, FIRST_RESUMABLE, ChunkPlan
from cloudsigma.core.progress import Progress
from cloudsigma.errors import InvalidArgument, TransferError
from cloudsigma.ports import disk_images
from cloudsigma_emulator import Emulator

from .conftest import KIB, MIB, Call, Witness, content, image_of, in_state, left_behind, options
from .hard_ways import ctrl_c

PROTOCOLS = ("link", "resumable", "direct")

Verbs = Callable[[str], Call]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("size", "chunk_size"),
    [(5 * MIB, 2 * MIB), (4 * MIB, MIB), (3 * MIB + 1, MIB), (1, MIB), (300 * KIB, 300 * KIB), (100, 7)],
)
def test_the_drive_has_the_bytes_of_the_file(
    drives: Verbs, cloud: Emulator, tmp_path: Path, protocol: str, size: int, chunk_size: int
) -> None:
    image = image_of(tmp_path, size)
    drive = drives("upload")(image, name="up", protocol=protocol, chunk_size=chunk_size, verify=True)
    assert (drive.status, drive.name, drive.media) == ("unmounted", "up", "disk")
    assert content(cloud, drive, size + 1000) == image.read_bytes() + bytes(1000)
    assert left_behind(tmp_path) == []


@settings(max_examples=200, deadline=None)
@given(size=st.integers(1, 10**15), share=st.floats(0.0001, 2), first=st.sampled_from([0, 1]), data=st.data())
def test_a_plan_covers_the_image_exactly_once(
    size: int, share: float, first: int, data: st.DataObject
) -> None:
    chunk_size = max(1, int(size * share))
    plan = ChunkPlan(size, chunk_size, first)
    assert len(plan) == max(1, size // chunk_size)
    assert (plan[0].number, plan[0].offset) == (first, 0)
    assert plan[-1].offset + plan[-1].length == size
    assert plan[-1].length < 2 * chunk_size
    index = data.draw(st.integers(0, len(plan) - 1))
    chunk = plan[index]
    assert (chunk.number, chunk.offset) == (first + index, index * chunk_size)
    if index < len(plan) - 1:
        assert chunk.length == chunk_size
        assert plan[index + 1].offset == chunk.offset + chunk.length
    assert plan.numbered(chunk.number) == chunk


@pytest.mark.parametrize(("protocol", "first"), [("link", FIRST_BY_LINK), ("resumable", FIRST_RESUMABLE)])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(1, 100_000), chunk_size=st.integers(5_000, 150_000), parallel=st.integers(1, 5))
def test_any_sizes_in_each_protocol(
    cs: CloudSigma,
    cloud: Emulator,
    tmp_path: Path,
    protocol: Any,
    first: int,
    size: int,
    chunk_size: int,
    parallel: int,
) -> None:
    image = image_of(tmp_path, size, size)
    drive = cs.drives.upload(image, protocol=protocol, chunk_size=chunk_size, parallel=parallel)
    assert content(cloud, drive, size) == image.read_bytes()
    assert next(iter(ChunkPlan(size, chunk_size, first))).number == first


def test_an_empty_image_makes_nothing(drives: Verbs, cs: CloudSigma, tmp_path: Path) -> None:
    before = len(cs.drives.list())
    for protocol in PROTOCOLS:
        with pytest.raises(InvalidArgument, match="empty"):
            drives("upload")(image_of(tmp_path, 0), protocol=protocol)
    assert len(cs.drives.list()) == before
    assert left_behind(tmp_path) == []


def test_blanks_and_other_letters_in_the_path(drives: Verbs, cloud: Emulator, tmp_path: Path) -> None:
    folder = tmp_path / "ein Ordner ç папка"
    folder.mkdir()
    image = image_of(folder, 300 * KIB, name='das "Bild" №1 ü.raw')
    for protocol in PROTOCOLS:
        drive = drives("upload")(image, protocol=protocol, chunk_size=100 * KIB)
        assert drive.name == image.name
        assert content(cloud, drive, 300 * KIB) == image.read_bytes()
    drives("download")(drive, folder / "zurück ç 2.raw")
    assert (folder / "zurück ç 2.raw").read_bytes()[: 300 * KIB] == image.read_bytes()


@pytest.mark.parametrize(
    "packing",
    ["gz", "xz", *(pytest.param(form, marks=pytest.mark.tools) for form in ("zst", "qcow2", "vmdk", "vdi"))],
)
def test_packed_images_arrive_raw(drives: Verbs, cloud: Emulator, tmp_path: Path, packing: str) -> None:
    raw = image_of(tmp_path, 3 * MIB)
    packed = tmp_path / f"image.{packing}"
    if packing == "gz":
        packed.write_bytes(gzip.compress(raw.read_bytes(), 1))
    elif packing == "xz":
        packed.write_bytes(lzma.compress(raw.read_bytes(), preset=0))
    else:
        program = "zstd" if packing == "zst" else "qemu-img"
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
        command = {
            "zst": ["zstd", "-q", str(raw), "-o", str(packed)],
        }.get(packing, ["qemu-img", "convert", "-f", "raw", "-O", packing, str(raw), str(packed)])
        subprocess.run(command, check=True)
    drive = drives("upload")(packed, chunk_size=MIB, verify=True)
    assert content(cloud, drive, 3 * MIB) == raw.read_bytes()
    assert left_behind(tmp_path) == []


def test_a_packed_image_that_is_cut_off(drives: Verbs, cs: CloudSigma, tmp_path: Path) -> None:
    packed = tmp_path / "image.gz"
    packed.write_bytes(gzip.compress(os.urandom(MIB))[:-5000])
    before = len(cs.drives.list())
    with pytest.raises(OSError, match="cut off or damaged"):
        drives("upload")(packed)
    assert len(cs.drives.list()) == before
    assert left_behind(tmp_path) == []


class TestXz:
    """Files of several streams, which the standard library reads to the first that it does not understand."""

    @pytest.mark.parametrize("padding", [0, 4, 1024 * KIB])
    def test_all_streams_arrive(self, drives: Verbs, cloud: Emulator, tmp_path: Path, padding: int) -> None:
        raw = image_of(tmp_path, 2 * MIB).read_bytes()
        packed = tmp_path / "image.xz"
        halves = [lzma.compress(each, preset=0) for each in (raw[:MIB], raw[MIB:])]
        packed.write_bytes(bytes(padding).join(halves) + bytes(padding))
        drive = drives("upload")(packed, chunk_size=MIB)
        assert content(cloud, drive, 2 * MIB) == raw

    @pytest.mark.parametrize("between", [b"X", bytes(3), bytes(4) + b"X"])
    def test_what_is_no_stream_is_told(self, drives: Verbs, tmp_path: Path, between: bytes) -> None:
        packed = tmp_path / "image.xz"
        stream = lzma.compress(bytes(MIB))
        for damaged in (stream + between + stream, stream + between, stream + stream[:-1]):
            packed.write_bytes(damaged)
            with pytest.raises(OSError, match=r"image\.xz is cut off or damaged"):
                drives("upload")(packed)


@pytest.mark.tools
@pytest.mark.skipif(shutil.which("zstd") is None, reason="zstd is not installed")
def test_a_symbolic_link_to_a_packed_image(drives: Verbs, cloud: Emulator, tmp_path: Path) -> None:
    raw = image_of(tmp_path, MIB)
    subprocess.run(["zstd", "-q", str(raw)], check=True)
    link = tmp_path / "link.zst"
    link.symlink_to(f"{raw}.zst")
    assert content(cloud, drives("upload")(link), MIB) == raw.read_bytes()


def test_a_disk_image_in_a_packed_file(cs: CloudSigma, cloud: Emulator, tmp_path: Path) -> None:
    disk = b"QFI\xfb" + bytes(1000)
    packed = tmp_path / "disk.qcow2.gz"
    packed.write_bytes(gzip.compress(disk))
    with pytest.raises(InvalidArgument, match="unpack it"):
        cs.drives.upload(packed)
    assert left_behind(tmp_path) == []
    assert content(cloud, cs.drives.upload(packed, form="gz"), 1004) == disk


@pytest.mark.tools
@pytest.mark.skipif(shutil.which("qemu-img") is None, reason="qemu-img is not installed")
def test_a_disk_image_in_one_request(
    drives: Verbs, cloud: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the memory nor the temporary folder has all of it at any time."""
    raw = image_of(tmp_path, 40 * MIB)
    disk = tmp_path / "disk.qcow2"
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, disk], check=True)
    lengths: list[int] = []
    inner = disk_images.read

    def counted(path: str, form: str, offset: int, length: int) -> bytes:
        lengths.append(length)
        return inner(path, form, offset, length)

    monkeypatch.setattr(disk_images, "read", counted)
    drive = drives("upload")(disk, protocol="direct")
    assert content(cloud, drive, 40 * MIB) == raw.read_bytes()
    assert sum(lengths) == 40 * MIB
    assert max(lengths) <= 16 * MIB


@pytest.mark.skipif(sys.platform == "win32", reason="stands in for qemu-img by a shell script")
@pytest.mark.skipif(shutil.which("qemu-img") is None, reason="qemu-img is not installed")
@pytest.mark.tools
def test_ctrl_c_while_a_disk_image_is_turned_to_raw(
    drives: Verbs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends qemu-img too, which leaves nothing in the temporary folder."""
    disk = tmp_path / "disk.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", disk, "1M"], check=True)
    programs, temporary, number = tmp_path / "bin", tmp_path / "temporary", tmp_path / "number"
    programs.mkdir()
    temporary.mkdir()
    script = f'[ "$1" = info ] && exec {shutil.which("qemu-img")} "$@"\necho $$ >{number}.new\nmv {number}.new {number}\nexec sleep 1000\n'
    (programs / "qemu-img").write_text(f"#!/bin/sh\n{script}")
    (programs / "qemu-img").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))

    class Running(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            return number.exists() or super().wait(timeout)

    with ctrl_c(Running()):
        drives("upload")(disk)
    with pytest.raises(ProcessLookupError):
        os.kill(int(number.read_text()), 0)
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("verb", ["upload", "download"])
def test_numbers_that_make_no_sense(drives: Verbs, cs: CloudSigma, tmp_path: Path, verb: str) -> None:
    image = image_of(tmp_path, 10)
    what = (image,) if verb == "upload" else (cs.drives.upload(image), tmp_path / "target.raw")
    for field, value in (("chunk_size", 0), ("chunk_size", -1), ("parallel", 0), ("bandwidth", 0)):
        with pytest.raises(InvalidArgument, match=f"{field} is {value}"):
            drives(verb)(*what, **{field: value})
    assert left_behind(tmp_path) == []
    drives(verb)(*what, bandwidth=float("inf"))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_links_are_in_no_log(
    drives: Verbs, cloud: Emulator, tmp_path: Path, protocol: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Who has a link may send, or read, without credentials."""
    caplog.set_level(logging.DEBUG)
    drive = drives("upload")(image_of(tmp_path, MIB), protocol=protocol, verify=True)
    drives("download")(drive, tmp_path / "target.raw")
    with CloudSigma(**options(cloud)) as client:
        fields: Any = {"name": "x", "size": 3, "media": "disk"}
        other = client.drives.init_upload(**fields)
        link = client.drives.upload_chunk_link(other, 0)
        with pytest.raises(errors.ValidationError) as caught:
            client.drives.upload_chunk(link, b"four")
        client.drives.upload_chunk(link, b"two")
    assert str(cloud.password) not in caplog.text
    of_client = [
        each.getMessage()
        for each in caplog.records
        if each.name.startswith("cloudsigma") and "emulator" not in each.name
    ]
    assert any("initupload" in each for each in of_client)
    for told in (*of_client, str(caught.value)):
        assert "/upload_chunk/" not in told
        assert "drives/download/" not in told


@pytest.mark.tools
@pytest.mark.skipif(shutil.which("qemu-img") is None, reason="qemu-img is not installed")
@pytest.mark.parametrize("kind", ["backing file", "data file", "description", "description with a number"])
def test_a_disk_image_that_names_another_file(cs: CloudSigma, tmp_path: Path, kind: str) -> None:
    """It may come from anywhere, and the file be anybody's."""
    secret = image_of(tmp_path, 64 * KIB, name="secret.raw")
    text = f'# Disk DescriptorFile\nversion=1\ncreateType="monolithicFlat"\nRW 128 FLAT "{secret}" 0\n'
    image = tmp_path / ("image.vmdk" if "description" in kind else "image.qcow2")
    if kind == "description":
        image.write_text(text)
    elif kind == "description with a number":
        sectors = (0, 0, 1, 2)  # of the disk, of a grain; where the description begins, and how long it is
        numbers = struct.pack("<4sII4QIQQQB4sH", b"KDMV", 1, 1, *sectors, 512, 0, 0, 128, 0, b"\n \r\n", 0)
        image.write_bytes(numbers.ljust(512, b"\0") + text.encode().ljust(1024, b"\0"))
    else:
        how = {"backing file": f"backing_file={secret},backing_fmt=raw", "data file": f"data_file={secret}"}
        subprocess.run(["qemu-img", "create", "-f", "qcow2", "-o", how[kind], image, "64K"], check=True)
    with pytest.raises(OSError, match="qemu-img convert"):
        cs.drives.upload(image)
    assert [each for each in cs.drives.list() if each.name == image.name] == []
    assert left_behind(tmp_path) == []


def test_without_qemu_img_it_says_so(cs: CloudSigma, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = image_of(tmp_path, 1000, name="disk.qcow2")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OSError, match="install qemu-img"):
        cs.drives.upload(image)
    packed = image_of(tmp_path, 1000, name="disk.zst")
    with pytest.raises(OSError, match="zstd"):
        cs.drives.upload(packed)


def test_a_name_that_contradicts_the_content(cs: CloudSigma, cloud: Emulator, tmp_path: Path) -> None:
    image = tmp_path / "disk.img"
    image.write_bytes(b"QFI\xfb" + bytes(1000))
    with pytest.raises(InvalidArgument, match="form='qcow2'"):
        cs.drives.upload(image)
    drive = cs.drives.upload(image, form="raw")
    assert content(cloud, drive, 1004) == image.read_bytes()


def test_holes_are_not_read(
    cs: CloudSigma, cloud: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = tmp_path / "sparse.raw"
    with image.open("wb") as file:
        file.write(b"begin")
        file.seek(20 * MIB)
        file.write(b"middle")
        file.truncate(40 * MIB)
    if image.stat().st_blocks * 512 > 10 * MIB:
        pytest.skip("this file system has no holes")
    read = []
    import cloudsigma.ports.files as files

    inner = files.LocalFile._pread

    def counted(self: files.LocalFile, length: int, offset: int) -> bytes:
        data = inner(self, length, offset)
        read.append(len(data))
        return data

    monkeypatch.setattr(files.LocalFile, "_pread", counted)
    drive = cs.drives.upload(image, chunk_size=4 * MIB)
    assert sum(read) < 3 * MIB
    assert content(cloud, drive, 40 * MIB) == image.read_bytes()


class TestStreams:
    """What cannot seek is sent once."""

    @pytest.mark.parametrize("protocol", [None, "link", "resumable"])
    def test_a_pipe(self, drives: Verbs, cloud: Emulator, tmp_path: Path, protocol: str | None) -> None:
        image = image_of(tmp_path, 3 * MIB + 5)
        with (
            image.open("rb") as file,
            subprocess.Popen(["cat"], stdin=file, stdout=subprocess.PIPE) as process,
        ):
            drive = drives("upload")(
                process.stdout, name="piped", media="cdrom", size=3 * MIB + 5, protocol=protocol
            )
        assert (drive.name, drive.media, drive.status) == ("piped", "cdrom", "unmounted")
        assert content(cloud, drive, 3 * MIB + 5) == image.read_bytes()

    def test_a_named_pipe(self, cs: CloudSigma, cloud: Emulator, tmp_path: Path) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        with subprocess.Popen(["sh", "-c", f"printf hello > '{pipe}'"]):
            drive = cs.drives.upload(pipe, size=5)
        assert content(cloud, drive, 5) == b"hello"

    @pytest.mark.parametrize("protocol", ["direct", "link"])
    @pytest.mark.parametrize("there", [999, 1001])
    def test_another_size_than_said(
        self, drives: Verbs, cs: CloudSigma, tmp_path: Path, protocol: str, there: int
    ) -> None:
        ready = len(in_state(cs, "unmounted"))
        with pytest.raises(TransferError, match=r"ended after 999|more than the 1000"):
            drives("upload")(io.BytesIO(bytes(there)), size=1000, protocol=protocol)
        assert len(in_state(cs, "unmounted")) == ready

    def test_what_a_stream_cannot_have(self, cs: CloudSigma) -> None:
        with pytest.raises(InvalidArgument, match="give size"):
            cs.drives.upload(io.BytesIO(b"x"))
        with pytest.raises(InvalidArgument, match="verify"):
            cs.drives.upload(io.BytesIO(b"x"), size=1, verify=True)
        with pytest.raises(InvalidArgument, match="storage_type"):
            cs.drives.upload(io.BytesIO(b"x"), size=1, storage_type="dssd")


def test_progress(drives: Verbs, tmp_path: Path) -> None:
    image = image_of(tmp_path, 8 * MIB)
    seen: list[Progress] = []
    drives("upload")(image, chunk_size=256 * KIB, progress=seen.append, bandwidth=8 * MIB)
    assert seen[0][:2] == (0, 8 * MIB)
    assert seen[-1][:2] == (8 * MIB, 8 * MIB)
    assert [each.done for each in seen] == sorted(each.done for each in seen)
    assert len(seen) > 3
    between = seen[len(seen) // 2]
    assert 0 < between.rate < 40 * MIB
    assert between.seconds_left is not None
    assert 0 < between.seconds_left < 30


def test_a_progress_callback_that_fails_ends_the_upload(drives: Verbs, tmp_path: Path) -> None:
    def refuse(progress: Progress) -> None:
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        drives("upload")(image_of(tmp_path, MIB), progress=refuse)


@pytest.mark.parametrize("error", [errors.ConnectionFailed, errors.NotFound, errors.ChunkAlreadyUploaded])
@pytest.mark.parametrize("verb", ["upload", "download"])
def test_an_error_of_the_library_s_from_a_callback(
    drives: Verbs, cloud: Emulator, tmp_path: Path, verb: str, error: type[Exception]
) -> None:
    """It is not taken for one of the transfer's own, which would be tried again or pass for success."""
    image, target = image_of(tmp_path, 4 * MIB), tmp_path / "target.raw"
    told: list[Progress] = []

    def refuse_once(progress: Progress) -> None:
        if progress.done > MIB and not told:
            told.append(progress)
            raise error("of another call")

    if verb == "upload":
        with pytest.raises(error, match="of another call"):
            drives("upload")(image, chunk_size=MIB, progress=refuse_once)
        assert content(cloud, drives("upload")(image), 4 * MIB) == image.read_bytes()
    else:
        drive = drives("upload")(image)
        with pytest.raises(error, match="of another call"):
            drives("download")(drive, target, chunk_size=MIB, progress=refuse_once)
        assert not target.exists()
        drives("download")(drive, target, sparse=True)
        assert target.read_bytes()[: 4 * MIB] == image.read_bytes()


def test_bandwidth(drives: Verbs, tmp_path: Path) -> None:
    import time

    image = image_of(tmp_path, MIB)
    began = time.monotonic()
    drives("upload")(image, chunk_size=128 * KIB, bandwidth=2 * MIB)
    assert 0.35 < time.monotonic() - began < 10


def test_no_more_than_parallel_chunks(drives: Verbs, witness: Witness, tmp_path: Path) -> None:
    drives("upload")(image_of(tmp_path, 4 * MIB), chunk_size=128 * KIB, parallel=3)
    assert 1 <= witness.most_at_once <= 3
    assert sum(witness.stored.values()) == 32
