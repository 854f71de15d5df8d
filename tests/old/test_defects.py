"""The old library's known defects, one test each: none may come back. Some have their tests where they belong:

corrupt chunks, followed redirects of single chunks test_resource.py
uploads                                            test_uploads.py, and below
waiting on the websocket                           test_websocket.py
login method of the file, threads, log             test_generic.py
the server context                                 ../guest
"""

from __future__ import annotations

import base64
import builtins
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import cloudsigma
from cloudsigma import errors
from cloudsigma.bulk import DrivesBulk
from cloudsigma.resource import Drive, InitUpload, LibDrive, Server, Tags
from cloudsigma_emulator import Emulator

from .conftest import Home
from .stub import Received, Reply, Stub
from .uploads import (
    KIB,
    UPLOADERS,
    ChunkCloud,
    Uploader,
    credentials_of,
    image_of,
    stored,
    uploading_threads,
)

both = pytest.mark.parametrize("uploader", UPLOADERS.values(), ids=UPLOADERS)

UUID = "6cc01234-d024-4ecf-b0de-83dbc2900001"
REFUSAL = [
    {"error_type": "validation", "error_message": "This field is required", "error_point": "size"},
    {"error_type": "validation", "error_message": "Too short", "error_point": "name"},
]


def busy_once(status: int, **headers: str) -> Any:
    """Return an answer function that refuses the first request of all with this status."""
    refused: list[Received] = []

    def answer(request: Received) -> Reply | dict[str, Any]:
        if refused:
            return {"objects": [{"uuid": UUID}]}
        refused.append(request)
        return Reply(status, b"", headers)

    return answer


def test_a_refusal_for_wrong_credentials_keeps_its_words_and_its_request_id() -> None:
    body = json.dumps(
        [{"error_type": "permission", "error_message": "Wrong password", "error_point": None}]
    ).encode()
    with (
        Stub(lambda _: Reply(401, body, {"X-REQUEST-ID": "req-1"})) as stub,
        pytest.raises(errors.AuthError) as caught,
    ):
        Drive(**stub.credentials).list()
    assert (caught.value.message, caught.value.request_id) == ("Wrong password", "req-1")


def test_the_api_s_error_list_is_taken_apart() -> None:
    body = json.dumps(REFUSAL).encode()
    with Stub(lambda _: Reply(400, body)) as stub, pytest.raises(errors.ClientError) as caught:
        Drive(**stub.credentials).create({})
    assert caught.value.errors == REFUSAL
    assert (caught.value.error_type, caught.value.error_point) == ("validation", "size")
    assert str(caught.value).startswith("This field is required [size]; Too short [name] (")


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"<html>Maintenance</html>", {"Content-Type": "text/html"}),
        Reply(200, b""),
        Reply(200, b'{"objects": [{"uuid'),
        Reply(200, b'{"objects": []}', cut=5),
        Reply(302, b"", {}),
    ],
    ids=["html", "empty", "malformed", "cut off", "redirect to nowhere"],
)
def test_what_is_no_answer_of_the_api_is_an_error_of_the_library(reply: Reply) -> None:
    with Stub(lambda _: reply) as stub:
        drive = Drive(**stub.credentials)
        for call in (lambda: drive.get(UUID), lambda: drive.create({"name": "x"})):
            with pytest.raises(errors.ApiClientError):
                call()


def test_an_action_that_is_accepted_without_a_word_is_done() -> None:
    with Stub(lambda _: Reply(202, b"")) as stub:
        assert Server(**stub.credentials).start(UUID) is None


def test_a_connection_that_is_refused_is_an_error_of_the_library() -> None:
    with Stub(lambda _: {}) as stub:
        drive = Drive(**stub.credentials)
    with pytest.raises(errors.ApiClientError, match="refused") as caught:
        drive.list()
    assert drive.c.resp is None
    assert "s3cret" not in str(caught.value)


def test_there_is_a_timeout(configured: Home, cloud: Emulator) -> None:
    configured.write(
        api_endpoint=cloud.api_endpoint, username=cloud.username, password=cloud.password, timeout="0.3"
    )
    cloud.faults.add(path="/api/2.0/drives/", delay=90, count=None)
    started = time.monotonic()
    with pytest.raises(errors.ApiClientError) as caught:
        Drive().list()
    assert isinstance(caught.value, TimeoutError)
    assert time.monotonic() - started < 60


def test_all_objects_of_the_process_share_their_connection() -> None:
    with Stub(lambda _: {"objects": []}) as stub:
        for _ in range(50):
            Drive(**stub.credentials).list()
            Server(**stub.credentials).get(UUID)
        assert len(stub.requests) == 100
        assert stub.connections == 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_cloud_is_asked_again(status: int) -> None:
    with Stub(busy_once(status)) as stub:
        assert Drive(**stub.credentials).get(UUID) == {"uuid": UUID}
        assert len(stub.requests) == 2


def test_the_pause_that_the_cloud_asks_for_is_kept() -> None:
    with Stub(busy_once(429, **{"Retry-After": "1"})) as stub:
        started = time.monotonic()
        assert Drive(**stub.credentials).create({"name": "x"}) == {"uuid": UUID}
        assert time.monotonic() - started >= 1


def test_a_post_whose_outcome_is_unknown_is_not_repeated() -> None:
    with Stub(lambda _: Reply(201, b'{"objects": []}', cut=0)) as stub:
        with pytest.raises(errors.OutcomeUnknown, match=r"list /api/2\.0/drives/"):
            Drive(**stub.credentials).create({"name": "x"})
        assert len(stub.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirected_post_is_neither_turned_into_a_get_nor_sent_elsewhere(status: int) -> None:
    with Stub(lambda _: {"objects": []}) as other:

        def answer(request: Received) -> Reply | dict[str, Any]:
            return (
                Reply(status, b"", {"Location": f"{other.origin}/api/2.0/servers/"})
                if request.body
                else {"objects": []}
            )

        with Stub(answer) as stub, pytest.raises(errors.ApiClientError):
            Server(**stub.credentials).create({"vnc_password": "s3same"})
        assert stub.lines() == ["POST /api/2.0/servers/"]
        assert other.requests == []


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "/",
        "..",
        ".",
        "../servers/abc?recurse=all_drives&x=",
        "a/b",
        "a?b",
        "a#b",
        "a b",
        "%2e%2e",
        "a\n",
        None,
        b"",
    ],
)
def test_a_uuid_cannot_change_the_address(wrong: Any) -> None:
    with Stub(lambda _: {}) as stub:
        drive, server, tags = Drive(**stub.credentials), Server(**stub.credentials), Tags(**stub.credentials)
        for call in (
            drive.delete,
            server.delete_with_all_drives,
            server.stop,
            server.runtime,
            tags.servers,
            lambda uuid: drive.update(uuid, {}),
            *([] if wrong is None else [drive.get]),
        ):
            with pytest.raises(errors.ClientError):
                call(wrong)
        assert stub.requests == []


def test_a_reference_to_another_kind_of_object_is_refused() -> None:
    with Stub(lambda _: {}) as stub:
        with pytest.raises(errors.ClientError, match="servers"):
            Drive(**stub.credentials).delete(f"/api/2.0/servers/{UUID}/")
        assert stub.requests == []


def test_a_password_in_any_script() -> None:
    with Stub(lambda _: {}) as stub:
        Drive(**{**stub.credentials, "password": "Пароль€"}).list()
    (scheme, encoded) = stub.requests[0].headers["Authorization"].split()
    assert scheme == "Basic"
    assert base64.b64decode(encoded).decode() == "user@example.com:Пароль€"


def test_an_endpoint_without_a_slash_at_its_end() -> None:
    with Stub(lambda _: {}) as stub:
        Server(**{**stub.credentials, "api_endpoint": stub.api_endpoint.rstrip("/")}).get(UUID)
    assert stub.lines() == [f"GET /api/2.0/servers/{UUID}/"]


def test_an_upload_s_definition_needs_no_file(configured: Home) -> None:
    definition = {"name": "image", "size": 1024**2, "media": "disk"}
    made = InitUpload().create(definition)
    assert made["status"] == "uploading"
    with pytest.raises(errors.ClientError):
        InitUpload().create({"media": "disk"})


def test_an_upload_s_definition_is_not_changed(configured: Home, tmp_path: Path) -> None:
    image = tmp_path / "image.raw"
    image.write_bytes(b"x" * 1024)
    definition = {"media": "disk"}
    assert InitUpload().create(definition, image_path=str(image))["size"] == 1024
    assert definition == {"media": "disk"}


def test_a_star_import_leaves_the_builtin_exception_alone() -> None:
    names: dict[str, Any] = {}
    exec("from cloudsigma.errors import *", names)
    assert names.get("PermissionError", builtins.PermissionError) is builtins.PermissionError
    assert names["ClientError"] is errors.ClientError


def test_every_module_is_an_attribute_of_the_package() -> None:
    script = "import cloudsigma; print(*(getattr(cloudsigma, n).__name__ for n in {names!r}))"
    names = [
        "bulk",
        "conf",
        "errors",
        "generic",
        "metadata",
        "resource",
        "resumable_upload",
        "scenarios",
        "upload_client",
        "version",
    ]
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", script.format(names=names)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.split() == [f"cloudsigma.{name}" for name in names]
    assert cloudsigma.version.__version__ == cloudsigma.__version__


def test_a_repr_holds_no_password() -> None:
    with Stub(lambda _: {}) as stub:
        drive = Drive(**stub.credentials)
        drive.list()
        shown = repr(
            [
                drive,
                drive.c,
                drive.c.resp,
                drive.c.resp.request,
                drive.c.resp.headers,
                drive.c.resp.request.headers,
            ]
        )
    assert "s3cret" not in shown
    assert base64.b64encode(b"user@example.com:s3cret").decode() not in shown


def test_copies_of_a_library_drive_can_be_made_in_bulk(configured: Home) -> None:
    """D16: looking a source up ended in a method that did not exist."""
    source = LibDrive().list_detail()[0]
    bulk = DrivesBulk(id_prefix="copies")
    assert bulk.lookup(source["name"])["uuid"] == source["uuid"]
    copies = bulk.clone(2, source["uuid"])
    assert [each["name"] for each in copies] == ["copies-00001", "copies-00002"]
    with pytest.raises(errors.ClientError, match="nowhere"):
        bulk.lookup("nowhere to be found")


def test_an_upload_s_definition_needs_neither_name_nor_file(configured: Home, tmp_path: Path) -> None:
    """D17: without image_path and name there was a TypeError."""
    image = tmp_path / "image.raw"
    image.write_bytes(b"x" * 1024)
    for definition in ({"size": 1024, "media": "disk", "name": None}, {"media": "disk"}):
        made = InitUpload().create(definition, image_path=image)
        assert (made["name"], made["size"]) == ("image.raw", 1024)
    with pytest.raises(errors.ValidationError):
        InitUpload().create({"size": 1024, "media": "disk", "name": None})


@both
def test_binary_and_text_arrive_as_they_are(uploader: Uploader, cloud: Emulator, tmp_path: Path) -> None:
    """D21, D22, D23: bytes went out as the text ``b'...'``, or not at all, and line ends were changed."""
    image = tmp_path / "image.raw"
    for content in (bytes(range(256)) * 400, b"line\r\n" * 10_000, bytes(50_000), b"'\"\\\xff" * 9_999):
        image.write_bytes(content)
        run = uploader(credentials_of(cloud), image, chunk_size=16 * KIB)
        run.send()
        assert stored(cloud, run.drive, len(content)) == content


@both
def test_the_port_of_the_endpoint_is_kept(uploader: Uploader, tmp_path: Path) -> None:
    """D22: chunks went to the endpoint's host, but to another port."""
    with Stub(ChunkCloud(100, lambda _: {})) as stub:
        uploader(stub.credentials, image_of(tmp_path, 100), chunk_size=50).send()
    assert len([line for line in stub.lines() if "link" in line or line.endswith("/upload/")]) >= 2


@both
def test_an_upload_leaves_no_threads(uploader: Uploader, cloud: Emulator, tmp_path: Path) -> None:
    """D23: four threads stayed behind each upload, for ever."""
    for _ in range(3):
        uploader(credentials_of(cloud), image_of(tmp_path, 1000), chunk_size=100).send()
    assert uploading_threads() == []


@both
def test_a_small_image_does_not_wait_for_the_next_report(
    uploader: Uploader, cloud: Emulator, tmp_path: Path
) -> None:
    """D24: an upload of one KiB took as long as the interval between two reports."""
    seen: list[int] = []
    run = uploader(
        credentials_of(cloud),
        image_of(tmp_path, KIB),
        chunk_size=KIB,
        interval=600,
        progress=lambda uploaded, total: seen.append(uploaded),
    )
    started = time.monotonic()
    run.send()
    assert time.monotonic() - started < 60
    assert seen == [0, KIB]


@both
@pytest.mark.parametrize("status", [500, 503])
def test_a_cloud_that_always_refuses_ends_the_upload(uploader: Uploader, tmp_path: Path, status: int) -> None:
    """D25: an endless loop without a pause, thousands of requests a second."""
    with Stub(ChunkCloud(4000, lambda _: Reply(status, b"[]"))) as stub:
        started = time.monotonic()
        with pytest.raises(errors.ServerError) as caught:
            uploader(stub.credentials, image_of(tmp_path, 4000), chunk_size=1000, threads=2).send()
        assert caught.value.status_code == status
        assert time.monotonic() - started > 1.5
        assert len(stub.requests) < 40
    assert uploading_threads() == []


@both
@pytest.mark.parametrize(
    ("status", "cls"),
    [
        (401, errors.AuthError),
        (403, errors.PermissionError),
        (404, errors.NotFound),
        (400, errors.ClientError),
    ],
)
def test_a_refusal_that_will_not_change_ends_the_upload_at_once(
    uploader: Uploader, tmp_path: Path, status: int, cls: type[Exception]
) -> None:
    """D25b, C23: a wrong password or a drive that is gone was tried for ever."""
    answer = ChunkCloud(40_000, lambda _: Reply(status, b"[]"))
    with Stub(answer) as stub:
        with pytest.raises(cls):
            uploader(stub.credentials, image_of(tmp_path, 40_000), chunk_size=1000, threads=2).send()
        assert answer.chunks <= 2  # one for each thread, and none of them again


@both
def test_a_refusal_is_not_kept_waiting_by_chunks_that_are_still_sent(
    uploader: Uploader, tmp_path: Path
) -> None:
    let_go, first = threading.Event(), threading.Lock()

    def on_chunk(_: Received) -> Reply | dict[str, Any]:
        if first.acquire(blocking=False):
            let_go.wait(110)
            return {}
        return Reply(403, b"[]")

    with Stub(ChunkCloud(1000, on_chunk)) as stub:
        run = uploader(stub.credentials, image_of(tmp_path, 1000), chunk_size=500, threads=2, interval=600)
        started = time.monotonic()
        try:
            with pytest.raises(errors.PermissionError):
                run.send()
            assert time.monotonic() - started < 60
            assert uploading_threads() == []  # the chunk that has no answer yet is given up
        finally:
            let_go.set()


@both
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirected_chunk_is_not_taken_for_stored(uploader: Uploader, tmp_path: Path, status: int) -> None:
    """C25: the redirect was followed as a GET, whose 200 counted; no byte was stored."""
    with Stub(ChunkCloud(100, lambda _: Reply(status, b"", {"Location": "/elsewhere/"}))) as stub:
        with pytest.raises(errors.ApiClientError) as caught:
            uploader(stub.credentials, image_of(tmp_path, 100), chunk_size=50).send()
        assert caught.value.status_code == status
        assert not any("elsewhere" in line for line in stub.lines())


def test_a_redirected_question_for_a_chunk_does_not_mean_that_it_is_there(tmp_path: Path) -> None:
    """C25: the same for resumable.js' question whether a chunk is there."""
    cloud = ChunkCloud(100, lambda _: {})

    def answer(request: Received) -> Reply | dict[str, Any]:
        if request.method == "GET" and "/upload/" in request.target:
            return Reply(302, b"", {"Location": "/welcome/"})
        return cloud(request)

    with Stub(answer) as stub:
        UPLOADERS["Upload"](stub.credentials, image_of(tmp_path, 100), chunk_size=50).send()
        assert cloud.chunks == 2
        assert not any("welcome" in line for line in stub.lines())


def truncated(image: Path) -> None:
    os.truncate(image, image.stat().st_size // 2)


def overwritten(image: Path) -> None:
    before = image.stat()
    with image.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"!")
    os.utime(image, ns=(before.st_atime_ns, before.st_mtime_ns + 1_000_000_000))


def lengthened(image: Path) -> None:
    with image.open("ab") as file:
        file.write(b"more")


@both
@pytest.mark.parametrize("change", [truncated, overwritten, lengthened])
def test_an_image_that_changes_meanwhile_is_an_error(
    uploader: Uploader, cloud: Emulator, tmp_path: Path, change: Any
) -> None:
    """D26, D26b: the upload of a truncated or changed file reported success."""
    image = image_of(tmp_path, 50_000)
    changed: list[int] = []

    def progress(uploaded: int, total: int) -> None:
        if uploaded and not changed:
            changed.append(uploaded)
            change(image)

    cloud.faults.add(method="POST", path="/api/2.0/drives/*upload*/*", skip=20, count=None, delay=0.05)
    run = uploader(
        credentials_of(cloud), image, chunk_size=1000, threads=1, progress=progress, interval=0.005
    )
    with pytest.raises(errors.ImageChanged, match=r"image\.raw"):
        run.send()
    assert changed[0] < 50_000
    assert Drive(**credentials_of(cloud)).get(run.drive)["status"] == "uploading"
    with pytest.raises((errors.ImageChanged, ValueError, errors.TransferError)):
        run.send()


@both
def test_an_image_that_is_deleted_meanwhile(uploader: Uploader, cloud: Emulator, tmp_path: Path) -> None:
    """D27: 160,000 attempts in five seconds. The open file is still whole, so the upload is, too."""
    image = image_of(tmp_path, 50_000)
    content = image.read_bytes()
    run = uploader(
        credentials_of(cloud),
        image,
        chunk_size=1000,
        threads=2,
        progress=lambda uploaded, total: image.unlink(missing_ok=True),
    )
    run.send()
    assert stored(cloud, run.drive, 50_000) == content
    with pytest.raises(FileNotFoundError):
        run.send()


@both
def test_a_drive_that_is_deleted_meanwhile_ends_the_upload(
    uploader: Uploader, cloud: Emulator, tmp_path: Path
) -> None:
    """C23: a 404 was tried again for ever."""
    drives = Drive(**credentials_of(cloud))

    def progress(uploaded: int, total: int) -> None:
        if 0 < uploaded < total:
            try:
                drives.delete(run.drive)
            except errors.NotFound:
                pass

    cloud.faults.add(method="POST", path="/api/2.0/drives/*upload*/*", skip=5, count=None, delay=0.05)
    run = uploader(
        credentials_of(cloud),
        image_of(tmp_path, 50_000),
        chunk_size=1000,
        threads=2,
        progress=progress,
        interval=0.005,
    )
    with pytest.raises(errors.NotFound):
        run.send()
