"""The old library's upload by the protocol of resumable.js: several chunks at once, resumed where it was broken off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from logging import getLogger
from pathlib import Path
from typing import Any
from uuid import uuid4

from .core.call import run
from .core.chunks import FIRST_RESUMABLE, ChunkPlan, chunk_seconds
from .core.resumable_form import form_edges, resumable_fields
from .errors import ClientError, RateLimited, ServerError
from .legacy.base import ResourceBase
from .legacy.chunked_upload import ChunkedUpload, ImagePath, Progress, requests_of
from .resource import Drive

__all__ = ["Upload"]

LOG = getLogger(__name__)


class Upload(ResourceBase, ChunkedUpload):
    """Upload an image file to a drive.

    Arguments: ``image_path``, a raw image; ``drive_uuid``, a drive to go on with, whose upload was broken off;
    ``chunk_size`` in bytes, the same when going on; ``n_threads``, how many chunks are sent at once, each held in
    memory; ``drive_name``, by default one with the time; ``drive_media``, ``disk`` or ``cdrom``;
    ``progress_callback``, called with the bytes uploaded and those of the image at the beginning, every
    ``progress_report_interval`` seconds and at the end; ``generic_client_kwargs``, arguments of
    ``cloudsigma.generic.GenericClient``.

    After ``upload``, ``drive_uuid`` is the drive. Raises ``OSError`` when the file cannot be read.
    """

    resource_name = "initupload"
    first_chunk = FIRST_RESUMABLE

    def __init__(
        self,
        image_path: ImagePath,
        drive_uuid: str | None = None,
        chunk_size: int = 5 * 1024**2,
        n_threads: int = 4,
        drive_name: str | None = None,
        drive_media: str = "disk",
        progress_callback: Progress | None = None,
        progress_report_interval: float = 1,
        generic_client_kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        self.generic_client_kwargs = dict(generic_client_kwargs or {})
        super().__init__(**self.generic_client_kwargs)
        self._set_up(image_path, chunk_size, n_threads, progress_callback, progress_report_interval)
        self.dc = Drive(**self.generic_client_kwargs)
        self.retries = requests_of(self.c).settings.retries
        self.drive_uuid = drive_uuid
        self.file_size = Path(image_path).stat().st_size
        self.create_data = {
            "name": drive_name or f"Upload_{datetime.now(UTC):%Y-%m-%d %H:%M:%S}",
            "media": drive_media,
            "size": self.file_size,
        }
        self._drive_size: int | None = None

    @property
    def remote_size(self) -> int:
        """The size in bytes with which the drive was made."""
        if not self._drive_size:
            self._drive_size = int(self._drive()["size"])
        return self._drive_size

    def upload(self) -> None:
        """Upload the image; return when the drive is complete.

        Chunks that the cloud has are left out. A chunk that is lost or refused is sent again, with pauses, as often
        as the configuration's ``retries`` say; a refusal that will not change ends the upload at once. All threads
        have ended afterwards.

        Raises ``ValueError`` when the drive to go on with has another size,
        ``cloudsigma.errors.ImageChanged`` when the file changed meanwhile, the error of the chunk that failed,
        or ``cloudsigma.errors.TransferError``. After a failure ``retry`` goes on.
        """
        if not self.drive_uuid:
            chunks = len(
                ChunkPlan(self.file_size, self.chunk_size)
            )  # nothing is made for an image that has none
            self.drive_uuid = self.create(self.create_data)["uuid"]
            LOG.debug("drive %s waits for %d chunks", self.drive_uuid, chunks)
        if self.remote_size != self.file_size:
            raise ValueError(
                f"drive {self.drive_uuid} takes {self.remote_size} bytes, but {self.image_path} has {self.file_size}"
            )
        self._send_all()

    def retry(self) -> None:
        """Go on after a failure of ``upload``, whose errors it has."""
        self.uploaded_size = 0
        self.upload()

    def upload_chunk(self, chunk_number: int, chunk_offset: int, real_chunk_size: int) -> None:
        """Send one chunk, once, unless the cloud has it.

        Arguments: ``chunk_number``, from 1; ``chunk_offset`` and ``real_chunk_size`` in bytes. Raises the errors of
        ``cloudsigma.errors``.
        """
        fields = resumable_fields(chunk_number, self.chunk_size, self.file_size, self.image_name)
        if self._is_there(fields):
            LOG.debug("chunk %d is there already", chunk_number)
            return
        requests = requests_of(self.c)
        boundary = uuid4().hex
        before, after = form_edges(boundary, fields, self.image_name)
        run(
            requests.request(
                "POST",
                self._upload_path(),
                body=self._read(chunk_offset, real_chunk_size, before, after),
                headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
                timeout=chunk_seconds(real_chunk_size, requests.settings.timeout),
                retries=0,
                repeatable=True,
                decode=False,
            )
        )
        LOG.debug("chunk %d was sent", chunk_number)

    def _is_there(self, fields: Mapping[str, str]) -> bool:
        try:
            answer = run(
                requests_of(self.c).request(
                    "GET", self._upload_path(), params=fields, retries=0, decode=False, follow=False
                )
            )
        except RateLimited:
            raise
        except (ClientError, ServerError):
            return False
        # What a redirect leads to says nothing about the chunk.
        return answer.status < 300

    def _upload_path(self) -> str:
        return self.dc._object_url(self.drive_uuid) + "upload/"

    def _total(self) -> int:
        return self.file_size

    def _drive(self) -> Any:
        return self.dc.get(self.drive_uuid)
