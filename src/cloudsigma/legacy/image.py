"""A raw image that the old classes read; all but its opening is the core's."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from ..core.call import run
from ..core.images import RawImage, WatchedFile
from ..core.port import FileState
from ..errors import ImageChanged

ImagePath: TypeAlias = "str | os.PathLike[str]"


class _OpenFile(WatchedFile):
    """Watched by what is open: a file that is deleted or replaced meanwhile can be read to its end, as ever."""

    async def check(self) -> None:
        if await self.file.state() != self.state:
            raise ImageChanged(
                f"{self.path} is not any more as it was when its upload began; what the cloud has of it is of no use: "
                "delete the drive and upload the image anew"
            )


@contextmanager
def opened(
    path: ImagePath, must_be: Callable[[FileState], FileState] = lambda now: now
) -> Iterator[RawImage]:
    """Open an image; ``must_be`` gets the state of the file and returns the one that it must keep.

    Raises ``OSError`` when the file cannot be opened, and ``cloudsigma.errors.ImageChanged``.
    """
    from .transport import shared_port

    port = shared_port()
    where = port.files.path(path)
    file = run(port.files.open(where, "r"))
    try:
        image = RawImage(_OpenFile(port, where, file, must_be(run(file.state())), False))
        run(image.check())
        yield image
    finally:
        run(file.close())
