"""The two uploaders of the old library behind one face, and the clouds and images that their tests need."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cloudsigma
from cloudsigma_emulator import Emulator

from .stub import Received, Reply

UUID = "6cc01234-d024-4ecf-b0de-83dbc2900001"
KIB = 1024
MIB = 1024 * KIB

Uploader = Callable[..., "Run"]


class Run:
    """An upload by either class: ``send()`` carries it out, ``drive`` is the uuid of the drive."""

    def __init__(self, uploader: Any, send: Callable[[], Any]) -> None:
        self.uploader = uploader
        self.send = send

    @property
    def drive(self) -> str:
        uuid = getattr(self.uploader, "drive_uuid", None) or self.uploader.uuid
        assert isinstance(uuid, str)
        return uuid


def resumable(
    credentials: dict[str, str],
    image: Path,
    *,
    chunk_size: int,
    threads: int = 4,
    drive: str | None = None,
    progress: Any = None,
    interval: float = 0.5,
) -> Run:
    uploader = cloudsigma.resumable_upload.Upload(
        str(image),
        drive,
        chunk_size,
        threads,
        progress_callback=progress,
        progress_report_interval=interval,
        generic_client_kwargs=credentials,
    )
    return Run(uploader, uploader.upload)


def by_links(
    credentials: dict[str, str],
    image: Path,
    *,
    chunk_size: int,
    threads: int = 4,
    drive: str | None = None,
    progress: Any = None,
    interval: float = 0.5,
) -> Run:
    uploader = cloudsigma.upload_client.CSUploader(
        credentials["api_endpoint"],
        str(image),
        chunk_size,
        credentials["username"],
        credentials["password"],
        drive,
        threads,
        progress,
    )
    uploader.progress_report_interval = interval
    return Run(uploader, uploader.start)


UPLOADERS: dict[str, Uploader] = {"Upload": resumable, "CSUploader": by_links}


def credentials_of(cloud: Emulator) -> dict[str, str]:
    return {"api_endpoint": cloud.api_endpoint, "username": cloud.username, "password": cloud.password}


def image_of(folder: Path, size: int, seed: int = 1) -> Path:
    """Write an image of random bytes: most of them are no text in any encoding."""
    path = folder / "image.raw"
    path.write_bytes(random.Random(seed).randbytes(size))
    return path


def stored(cloud: Emulator, drive: str, length: int) -> bytes:
    """Download the first bytes of a drive."""
    with cloudsigma.CloudSigma(**credentials_of(cloud)) as cs:
        return cs.drives.download_range(drive, 0, length)


def uploading_threads() -> list[str]:
    """Return the names of the uploads' threads that do not end; one that has done its work may take a moment to."""
    threads = [thread for thread in threading.enumerate() if thread.name.startswith("upload-")]
    for thread in threads:
        thread.join(30)
    return [thread.name for thread in threads if thread.is_alive()]


class ChunkCloud:
    """Answers as the cloud does during an upload; ``on_chunk`` says what happens to the bytes of a chunk."""

    def __init__(self, size: int, on_chunk: Callable[[Received], Reply | dict[str, Any]]) -> None:
        self.size = size
        self.on_chunk = on_chunk
        self.chunks = 0
        self.status = "unmounted"
        self._lock = threading.Lock()

    def __call__(self, request: Received) -> Reply | dict[str, Any]:
        drive = {"uuid": UUID, "size": self.size, "status": self.status}
        if "/initupload/" in request.target:
            return Reply(201, json_of({"objects": [drive]}))
        if "do=upload_chunk" in request.target:
            return Reply(202, json_of({"link": "/api/2.0/link/"}))
        if request.method == "POST":
            with self._lock:
                self.chunks += 1
            return self.on_chunk(request)
        if "/upload/" in request.target:
            return Reply(404, b"[]")
        return drive


def json_of(data: Any) -> bytes:
    import json

    return json.dumps(data).encode()
