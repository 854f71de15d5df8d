"""Reading an uploaded image back, and comparing it with its file byte for byte."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..core.chunks import ChunkPlan
from ..core.images import OrderedImage
from ..core.port import BodySource, TransferPort
from ..core.progress import Meter, Stopped
from ..core.requests import Requests
from ..errors import TransferError
from ..records.drive import Drive
from .download_run import DEFAULT_STRETCH, RangeReader
from .upload_begin import Opened, open_image


async def verify_image(
    requests: Requests, port: TransferPort, drive: Drive, opened: Opened, parallel: int
) -> None:
    """Raise :class:`cloudsigma.errors.TransferError` unless the drive begins with the bytes of the image."""
    image = opened.image
    again: Opened | None = None
    if isinstance(image, OrderedImage):
        again = await open_image(port, opened.path, opened.facts["form"], opened.facts)
        image = again.image
        parallel = 1
    plan = ChunkPlan(image.size, DEFAULT_STRETCH)
    meter = Meter(port, image.size, None, None)
    reader = RangeReader(requests, drive, drive.size, meter)
    turns = iter(range(len(plan)))

    async def work(turns: Iterator[int]) -> None:
        try:
            for index in turns:
                chunk = plan[index]
                source = await image.take(chunk)
                await source.start()
                await reader.read(chunk.offset, chunk.length, _Comparison(source, chunk.offset, drive))
        except Stopped:
            return
        except BaseException as error:
            meter.fail(error)
            raise

    workers: Sequence[Any] = [lambda: work(turns)] * min(parallel, len(plan))
    try:
        await port.gather(workers, parallel)
        meter.raise_failure()
    finally:
        if again is not None:
            await again.image.close()


class _Comparison:
    def __init__(self, source: BodySource, offset: int, drive: Drive) -> None:
        self._source = source
        self._offset = offset
        self._drive = drive
        self._piece = memoryview(b"")

    async def write(self, data: bytes | memoryview) -> None:
        view = memoryview(data)
        while view:
            if not self._piece:
                self._piece = memoryview(await self._source.read())
            count = min(len(view), len(self._piece))
            if not count or bytes(view[:count]) != bytes(self._piece[:count]):
                raise TransferError(
                    f"the drive {self._drive.uuid} does not have the bytes of the image: they differ between "
                    f"{self._offset} and {self._offset + max(count, 1)}; delete it and upload the image again"
                )
            view, self._piece = view[count:], self._piece[count:]
            self._offset += count
