"""Uploads by all three protocols, and the way back."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cloudsigma_emulator.domain.chunks import Span, chunk_count, chunk_span, covers, with_span
from cloudsigma_emulator.domain.multipart import MultipartReader, boundary_of
from cloudsigma_emulator.domain.refusal import Refusal

from .cloud_in_process import MIB, SECOND, Cloud, Doc, Reply

OCTETS = {"content-type": "application/octet-stream"}


def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def image(cloud: Cloud, uuid: str) -> bytes:
    """The first bytes of a drive as a download would give them."""
    data = cloud.app.images.read(uuid, 0, 8 * MIB)
    return data + bytes(8 * MIB - len(data))


def test_one_shot(cloud: Cloud) -> None:
    data = noise(100_000)
    reply = cloud.call("POST", "/drives/upload/", data, headers=OCTETS)
    assert reply.status == 201
    uuid = reply.raw.decode().strip()
    drive = cloud.see("drives", uuid)
    assert drive["status"] == "unmounted"
    assert drive["size"] == 512 * MIB
    assert drive["name"].startswith("Upload_")
    assert drive["media"] == "disk"
    stored = image(cloud, uuid)
    assert stored[: len(data)] == data
    assert not any(stored[len(data) : len(data) + MIB])
    named = cloud.call("PUT", "/drives/upload/disk.img", data, headers=OCTETS)
    assert named.status == 201


def test_one_shot_without_a_size(cloud: Cloud) -> None:
    from cloudsigma_emulator.routes.request import BytesStream, Request

    stream = BytesStream(b"data")
    stream.length = None
    headers = {"authorization": "Basic dXNlckBleGFtcGxlLmNvbTpwYXNzd29yZA=="}
    assert (
        cloud.app.handle(Request("POST", "/api/2.0/drives/upload/", "", headers, stream=stream)).status == 411
    )
    assert cloud.call("POST", "/drives/upload/", b"", headers=OCTETS).status == 400


def test_a_broken_one_shot_leaves_nothing(cloud: Cloud) -> None:
    from cloudsigma_emulator.routes.request import BytesStream, Request

    class Broken(BytesStream):
        def read(self, size: int = 1 << 18) -> bytes:
            data = super().read(1000)
            if not data:
                raise ConnectionError("gone")
            return data

    stream = Broken(b"x" * 5000)
    stream.length = 10_000
    headers = {"authorization": "Basic dXNlckBleGFtcGxlLmNvbTpwYXNzd29yZA=="}
    cloud.app.handle(Request("POST", "/api/2.0/drives/upload/", "", headers, stream=stream))
    cloud.settle()
    assert cloud.get("/drives/")["meta"]["total_count"] == 1
    assert not list(cloud.app.images.directory.glob("*.raw"))


def begin(cloud: Cloud, size: int) -> Doc:
    reply = cloud.call("POST", "/initupload/", {"name": "up", "size": size, "media": "disk"})
    assert reply.status == 201
    [drive] = reply.body["objects"]
    assert (drive["status"], drive["size"]) == ("uploading", size)
    found: Doc = drive
    return found


def link_for(cloud: Cloud, drive: Doc, number: Any, chunk_size: Any) -> Reply:
    return cloud.act(drive, "upload_chunk", {"chunk_number": number, "chunk_size": chunk_size})


def test_links_per_chunk_out_of_order(cloud: Cloud) -> None:
    data = noise(5 * MIB)
    drive = begin(cloud, len(data))
    chunk = 2 * MIB
    links = [link_for(cloud, drive, number, chunk) for number in range(2)]
    for reply in links:
        assert reply.status == 202
        assert reply.body["link"].startswith("/api/2.0/")
        assert reply.body["link"].endswith("/")
        assert "?" not in reply.body["link"]
    parts = [data[: 2 * MIB], data[2 * MIB :]]
    for number in (1, 0):
        assert cloud.see("drives", drive["uuid"])["status"] == "uploading"
        sent = cloud.call("POST", links[number].body["link"], parts[number], email=None, headers=OCTETS)
        assert sent.status == 200, sent
        again = link_for(cloud, drive, number, chunk)
        if number == 1:
            assert again.status == 416
            assert "1" in again.error["error_message"]
            assert "already uploaded" in again.error["error_message"]
        else:
            assert again.status == 403
    ready = cloud.see("drives", drive["uuid"])
    assert (ready["status"], ready["size"]) == ("unmounted", 512 * MIB)
    assert image(cloud, drive["uuid"])[: len(data)] == data
    late = cloud.call("POST", links[0].body["link"], parts[0], email=None, headers=OCTETS)
    assert late.status == 416


@pytest.mark.parametrize(
    ("number", "chunk_size", "point"),
    [
        (2, 2 * MIB, "chunk_number"),
        (-1, 2 * MIB, "chunk_number"),
        (0, 0, "chunk_size"),
        ("x", 1, "chunk_number"),
        (None, 1, "chunk_number"),
        (0, None, "chunk_size"),
    ],
)
def test_links_for_no_chunk(cloud: Cloud, number: Any, chunk_size: Any, point: str) -> None:
    reply = link_for(cloud, begin(cloud, 5 * MIB), number, chunk_size)
    assert (reply.status, reply.error["error_point"]) == (400, point)


def test_links_expire_and_take_the_exact_length_only(cloud: Cloud) -> None:
    drive = begin(cloud, 1000)
    link = link_for(cloud, drive, 0, 4096).body["link"]
    for wrong in (b"", b"x" * 999, b"x" * 1001):
        assert cloud.call("POST", link, wrong, email=None, headers=OCTETS).status == 400
    assert cloud.see("drives", drive["uuid"])["status"] == "uploading"
    cloud.advance(301)
    assert cloud.call("POST", link, b"x" * 1000, email=None, headers=OCTETS).status == 404
    assert cloud.call("POST", "/drives/upload_chunk/guess/", b"x", email=None, headers=OCTETS).status == 404
    gone = link_for(cloud, drive, 0, 4096).body["link"]
    assert cloud.call("DELETE", f"/drives/{drive['uuid']}/").status == 204
    assert cloud.call("POST", gone, b"x" * 1000, email=None, headers=OCTETS).status == 404
    assert link_for(cloud, cloud.drive(), 0, 10).status == 403


def form(fields: Doc, data: bytes, *, first: bool = False, boundary: str = "b0undary") -> tuple[bytes, Doc]:
    def part(name: str, content: bytes) -> bytes:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n\r\n'
        return head.encode() + content + b"\r\n"

    texts = [part(name, str(value).encode()) for name, value in fields.items()]
    parts = [part("file", data), *texts] if first else [*texts, part("file", data)]
    body = b"".join(parts) + f"--{boundary}--\r\n".encode()
    return body, {"content-type": f"multipart/form-data; boundary={boundary}"}


def numbers(number: int, chunk: int, size: int) -> Doc:
    return {
        "resumableChunkNumber": number,
        "resumableChunkSize": chunk,
        "resumableTotalSize": size,
        "resumableIdentifier": "image.raw",
        "resumableFilename": "image.raw",
    }


def test_resumable_form(cloud: Cloud) -> None:
    data = noise(700_001)
    chunk = 200_000
    drive = begin(cloud, len(data))
    uri = f"/drives/{drive['uuid']}/upload/"
    count = chunk_count(len(data), chunk)
    assert count == 3
    for number in (3, 1, 2):
        asked = "&".join(f"{key}={value}" for key, value in numbers(number, chunk, len(data)).items())
        assert cloud.call("GET", f"{uri}?{asked}").status == 404
        offset, length = chunk_span(len(data), chunk, number - 1)
        body, headers = form(
            numbers(number, chunk, len(data)), data[offset : offset + length], first=number == 1
        )
        assert cloud.call("POST", uri, body, headers=headers).status == 200
        assert cloud.call("GET", f"{uri}?{asked}").status == 200
    assert cloud.see("drives", drive["uuid"])["status"] == "unmounted"
    assert image(cloud, drive["uuid"])[: len(data)] == data


def test_resumable_refusals(cloud: Cloud) -> None:
    drive = begin(cloud, 1000)
    uri = f"/drives/{drive['uuid']}/upload/"
    good = numbers(1, 1000, 1000)
    for fields, data in (
        (good, b"x" * 999),
        (numbers(2, 1000, 1000), b"x" * 1000),
        (numbers(0, 1000, 1000), b"x" * 1000),
        (numbers(1, 1000, 2000), b"x" * 1000),
        ({**good, "resumableChunkSize": "big"}, b"x" * 1000),
        ({}, b"x" * 1000),
    ):
        body, headers = form(fields, data)
        assert cloud.call("POST", uri, body, headers=headers).status == 400
    body, headers = form(good, b"x" * 1000)
    assert cloud.call("POST", uri, body[:-10], headers=headers).status == 400
    assert cloud.call("POST", uri, body, headers=OCTETS).status == 400
    assert cloud.call("POST", uri, body, headers=headers, email=SECOND).status == 403
    other = cloud.drive()
    assert cloud.call("POST", f"/drives/{other['uuid']}/upload/", body, headers=headers).status == 403
    assert cloud.see("drives", drive["uuid"])["status"] == "uploading"
    assert cloud.call("POST", uri, body, headers=headers).status == 200


def test_lenient_uploads_take_damaged_chunks() -> None:
    cloud = Cloud(lenient_uploads=True)
    data = noise(1000)
    drive = begin(cloud, 1000)
    body, headers = form(numbers(1, 1000, 1000), str(data).encode())
    assert cloud.call("POST", f"/drives/{drive['uuid']}/upload/", body, headers=headers).status == 200
    assert cloud.see("drives", drive["uuid"])["status"] == "unmounted"
    assert image(cloud, drive["uuid"])[:1000] == str(data).encode()[:1000]
    cloud.close()


def test_download_links(cloud: Cloud) -> None:
    drive = cloud.drive()
    cloud.app.images.write(drive["uuid"], 10, b"data")
    reply = cloud.call("GET", f"/drives/{drive['uuid']}/download/")
    link = reply.headers["location"]
    followed = cloud.call("GET", link, email=None)
    assert followed.status == 200
    assert followed.headers["content-disposition"] == f'attachment; filename="{drive["uuid"]}"'
    cloud.advance(3601)
    assert cloud.call("GET", link, email=None).status == 404


def test_copies_carry_the_bytes(cloud: Cloud) -> None:
    data = noise(50_000)
    uuid = cloud.call("POST", "/drives/upload/", data, headers=OCTETS).raw.decode()
    [copy] = cloud.act(cloud.see("drives", uuid), "clone", {"size": 1024 * MIB}).body["objects"]
    cloud.settle()
    assert cloud.see("drives", copy["uuid"])["status"] == "unmounted"
    assert image(cloud, copy["uuid"])[: len(data)] == data
    assert cloud.call("DELETE", f"/drives/{copy['uuid']}/").status == 204
    cloud.settle()
    assert cloud.app.images.existing(copy["uuid"]) is None


# arithmetic


@settings(deadline=None)
@given(st.integers(1, 10**9), st.integers(10**6, 10**8))
def test_chunks_cover_the_file_exactly(size: int, chunk: int) -> None:
    count = chunk_count(size, chunk)
    assume(count <= 200)
    spans = [chunk_span(size, chunk, index) for index in range(count)]
    assert spans[0].offset == 0
    assert sum(span.length for span in spans) == size
    assert all(span.length == chunk for span in spans[:-1])
    assert spans[-1].offset + spans[-1].length == size
    assert spans[-1].length < 2 * chunk
    random.Random(size).shuffle(spans)
    stored: list[list[int]] = []
    for index, span in enumerate(spans):
        assert not covers(stored, span)
        assert covers(stored, Span(0, size)) is False
        stored = with_span(stored, span)
        assert covers(stored, span)
        assert sum(length for _, length in stored) == sum(s.length for s in spans[: index + 1])
    assert stored == [[0, size]]


def test_the_documented_example() -> None:
    assert [chunk_span(5 * MIB, 2 * MIB, index) for index in range(2)] == [(0, 2 * MIB), (2 * MIB, 3 * MIB)]
    assert chunk_span(100, 4096, 0) == (0, 100)


@given(
    st.lists(st.tuples(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.binary(max_size=300)), max_size=5),
    st.integers(1, 64),
)
def test_forms_arrive_in_any_pieces(parts: list[tuple[str, bytes]], piece: int) -> None:
    boundary = "x-Boundary-7"
    body = b"preamble\r\n" if parts else b""
    for name, content in parts:
        body += f'--{boundary}\r\nContent-Disposition: form-data; filename="f"; name="{name}"\r\n'.encode()
        body += b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    found: list[tuple[str, bytes]] = []

    def take(name: str, data: bytes) -> None:
        if not data:
            found.append((name, b""))
        else:
            found[-1] = (name, found[-1][1] + data)

    reader = MultipartReader(boundary.encode(), take)
    for start in range(0, len(body), piece):
        reader.feed(body[start : start + piece])
    assert reader.ended
    assert found == parts


@given(st.binary(max_size=500))
def test_junk_is_no_form(body: bytes) -> None:
    reader = MultipartReader(b"b", lambda name, data: None)
    statuses = []
    try:
        reader.feed(body)
    except Refusal as refusal:
        statuses.append(refusal.status)
    assert statuses in ([], [400])


@pytest.mark.parametrize(
    "content_type", ["", "text/plain; boundary=x", "multipart/form-data", "multipart/mixed;boundary=x"]
)
def test_other_content_types(content_type: str) -> None:
    with pytest.raises(Refusal):
        boundary_of(content_type)
