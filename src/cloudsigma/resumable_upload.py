"""The old library's upload by the protocol of resumable.js: several chunks at once, resumed where it was broken off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from logging import getLogger
from pathlib import Path
from typing import Any

from .api.chunk_protocols import ByForm
from .core.chunks import ChunkPlan
from .errors import ChunkAlreadyUploaded
from .legacy.base import ResourceBase
from .legacy.chunked_upload import Progress, Uploader, requests_of
from .legacy.image import ImagePath
from .resource import Drive

__all__ = ["Upload"]

LOG = getLogger(__name__)


class Upload(ResourceBase, Uploader):
    """Upload an image file to a drive.

    Arguments: ``image_path``, a raw image; ``drive_uuid``, a drive to go on with, whose upload was broken off;
    ``chunk_size`` in bytes, the same when going on; ``n_threads``, how many chunks are sent at once; ``drive_name``,
    by default one with the time; ``drive_media``, ``disk`` or ``cdrom``; ``progress_callback``, called with the bytes
    uploaded and those of the image at the beginning, every ``progress_report_interval`` seconds and at the end;
    ``generic_client_kwargs``, arguments of ``cloudsigma.generic.GenericClient``.

    After ``upload``, ``drive_uuid`` is the drive. Raises ``OSError`` when the file cannot be read.
    """

    resource_name = "initupload"
    first_chunk = ByForm.first

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
            self._drive_size = int(self.dc.get(self.drive_uuid)["size"])
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
        way = self._way()
        try:
            self._send(
                chunk_number,
                chunk_offset,
                real_chunk_size,
                lambda chunk, body: way.send(chunk, body, again=True),
            )
        except ChunkAlreadyUploaded:
            LOG.debug("chunk %d is there already", chunk_number)
        else:
            LOG.debug("chunk %d was sent", chunk_number)

    def _way(self) -> ByForm:
        return ByForm(requests_of(self.c), self._uuid(), self.file_size, self.chunk_size, self._name())

    def _uuid(self) -> str:
        return self.dc._object_url(self.drive_uuid).split("/")[2]

    def _total(self) -> int:
        return self.file_size
