"""The old library's upload by links, also a command: ``python -m cloudsigma.upload_client IMAGE``.

For each chunk, counted from 0, the cloud is asked for a link, to which the bytes are then sent.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from .api.chunk_protocols import ByLink
from .core.chunks import ChunkPlan
from .core.references import path_of, uuid_of
from .errors import ApiClientError, ChunkAlreadyUploaded, TransferError
from .generic import GenericClient
from .legacy.chunked_upload import Progress, Uploader, finish, requests_of
from .legacy.image import ImagePath

__all__ = ["INIT_HEADERS", "UPLOAD_HEADERS", "CSUploader", "UploadError", "console_progress"]

LOG = logging.getLogger(__name__)

INIT_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}
UPLOAD_HEADERS = {"Content-Type": "application/octet-stream", "Accept": "application/json"}
REPORT_SECONDS = 0.5
MIB = 1024.0**2


class UploadError(TransferError):
    """The drive to go on with does not fit the image."""


def console_progress() -> Callable[[int, int], None]:
    """Return a progress callback that keeps one line of the standard error up to date."""
    spinner = itertools.cycle("/-\\")

    def show(uploaded: int, total: int) -> None:
        share = uploaded / total if total else 1.0
        line = f"{uploaded / MIB:0.1f} of {total / MIB:0.1f} MB ({share:.0%}) {next(spinner)}"
        sys.stderr.write(f"\r{line}")
        sys.stderr.flush()

    return show


class CSUploader(Uploader):
    """Upload an image file to a drive.

    Arguments: ``api_url``, the API's root, ``username`` and ``password``, by default those of the environment or the
    configuration file; ``image_path``, a raw image; ``chunk_size`` in bytes, the same when going on; ``uuid``, a
    drive to go on with, whose upload was broken off; ``n_threads``, how many chunks are sent at once;
    ``progress_callback``, called with the bytes uploaded and those of the image every half second.

    Raises ``cloudsigma.errors.ConfigurationError`` when a setting is missing.
    """

    first_chunk = ByLink.first
    counts_itself = True

    def __init__(
        self,
        api_url: str | None,
        image_path: ImagePath,
        chunk_size: int,
        username: str | None,
        password: str | None,
        uuid: str | None = None,
        n_threads: int = 5,
        progress_callback: Progress | None = None,
    ) -> None:
        self._set_up(image_path, chunk_size, n_threads, progress_callback, REPORT_SECONDS)
        self.username = username
        self.password = password
        self.uuid = uuid
        self.api_url = api_url
        self.drive_url: str | None = None
        self.size = 0
        self.opener = self.init_auth()
        self.api_url = self.opener.api_endpoint

    def init_auth(self) -> GenericClient:
        """Return the client that everything is asked with."""
        return GenericClient(self.api_url, self.username, self.password)

    def start(self) -> str | None:
        """Upload the image and return the uuid of the drive, which is complete then.

        Chunks that the cloud has are left out. A chunk that is lost or refused is sent again, with pauses, as often
        as the configuration's ``retries`` say; a refusal that will not change ends the upload at once. All threads
        have ended afterwards.

        Raises ``OSError`` when the file cannot be read, ``UploadError`` when the drive to go on with has
        another size, ``cloudsigma.errors.ImageChanged`` when the file changed meanwhile, the error of the chunk
        that failed, or ``cloudsigma.errors.TransferError``. Starting again goes on.
        """
        self.init_drive_url_or_create_drive()
        chunks = len(ChunkPlan(self.size, self.chunk_size))
        LOG.info("Uploading %s to %s", self.image_path, self.drive_url)
        LOG.info("Total size is %0.1f MB. Number of chunks %d.", self.size / MIB, chunks)
        self._send_all()
        return self.uuid

    def init_drive_url_or_create_drive(self) -> None:
        """Find the drive to go on with, or make one."""
        self.size = Path(self.image_path).stat().st_size
        if not self.uuid:
            self.uuid = self.init_upload()
            self._locate_drive()
            LOG.info("Initialized an upload for drive with %s.", self.uuid)
            return
        LOG.info("Resuming upload for drive %s", self.uuid)
        self._locate_drive()
        remote_size = self.get_drive_size()
        if self.size != remote_size:
            raise UploadError(f"Image file size {self.size} differs from drive size {remote_size}")

    def _locate_drive(self) -> None:
        self.drive_url = self.opener._get_full_url(self._path())

    def init_upload(self, media: str = "disk") -> str:
        """Make a drive that takes the image, named by the time, and return its uuid."""
        ChunkPlan(self.size, self.chunk_size)  # nothing is made for an image that has no chunks
        definition = {
            "name": f"Upload_{datetime.now(UTC):%Y-%m-%d %H:%M:%S}",
            "size": self.size,
            "media": media,
        }
        uuid: str = self.opener.post("initupload/", {"objects": [definition]})["uuid"]
        return uuid

    def get_drive_size(self) -> int:
        """Return the size in bytes with which the drive was made."""
        return int(self.opener.get(self._path())["size"])

    def get_chunk_upload_link(self, chunk_number: int) -> str:
        """Return the link for a chunk, counted from 0.

        Raises ``cloudsigma.errors.ChunkAlreadyUploaded`` when the cloud has it.
        """
        return finish(self._way().link(chunk_number))

    def upload_chunk(self, chunk_number: int, chunk_offset: int, real_chunk_size: int) -> None:
        """Send one chunk, once, unless the cloud has it, and add it to the progress.

        Arguments: ``chunk_number``, from 0; ``chunk_offset`` and ``real_chunk_size`` in bytes. Raises the errors of
        ``cloudsigma.errors``.
        """
        way = self._way()
        try:
            link = self.get_chunk_upload_link(chunk_number)
            self._send(
                chunk_number,
                chunk_offset,
                real_chunk_size,
                lambda chunk, body: way.send_to(link, chunk, body),
            )
        except ChunkAlreadyUploaded:
            LOG.info("skipping chunk %d because it is already uploaded", chunk_number)
        self.update_progress(real_chunk_size)

    def _way(self) -> ByLink:
        return ByLink(requests_of(self.opener), self._uuid(), self.size, self.chunk_size, self._name())

    def _uuid(self) -> str:
        return uuid_of(self.uuid or "", "drives", "uuid")

    def _path(self) -> str:
        return path_of(self._uuid(), "drives")

    def _total(self) -> int:
        return self.size


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cloudsigma.upload_client",
        description="Upload a disk image to CloudSigma and print the uuid of its drive.",
        epilog="What is not given comes from CLOUDSIGMA_API_ENDPOINT, CLOUDSIGMA_USERNAME and CLOUDSIGMA_PASSWORD in "
        "the environment, or from ~/.cloudsigma.conf; a password given as an option can be seen by other users of "
        "this machine.",
    )
    parser.add_argument("disk_image", help="raw disk image")
    parser.add_argument(
        "drive_uuid",
        nargs="?",
        help="drive whose upload was broken off, to go on with; without it one is made",
    )
    parser.add_argument(
        "-a", "--api_url", "--api-url", help="root of the API, such as https://zrh.cloudsigma.com/api/2.0/"
    )
    parser.add_argument(
        "-s", "--chunk-size", type=int, default=10 * 1024**2, help="bytes of a chunk (10 MiB by default)"
    )
    parser.add_argument("-u", "--username", help="the account's e-mail address")
    parser.add_argument("-p", "--password", help="the account's password")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0, or 1 after a failure, which is told on the standard error."""
    given = _arguments().parse_args(arguments)
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    uploader = None
    try:
        uploader = CSUploader(
            given.api_url,
            given.disk_image,
            given.chunk_size,
            given.username,
            given.password,
            given.drive_uuid,
            progress_callback=console_progress(),
        )
        uuid = uploader.start()
    except KeyboardInterrupt:
        LOG.info("\nInterrupted by user")
    except (ApiClientError, OSError) as failure:
        LOG.error("\nError: %s", failure)
    else:
        LOG.info("\nUpload finished successfully")
        sys.stdout.write(f"{uuid}\n")
        return 0
    if uploader is not None and uploader.uuid and uploader.uuid != given.drive_uuid:
        LOG.info("To go on, give the drive as well: %s", uploader.uuid)
    return 1


if __name__ == "__main__":
    sys.exit(main())
