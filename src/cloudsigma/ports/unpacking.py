"""Files and streams read in order, unpacked on the way: gzip and xz by the standard library, zstd by what is there."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import shutil
import stat
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, cast

READ_BYTES = 256 * 1024
ZSTD_REMEDY = "to unpack .zst, install the command zstd (on most systems the package is called zstd)"


def open_stream(source: object, packing: str | None) -> tuple[IO[bytes], Callable[[], None]]:
    """Open a path, or take an object with ``read``; return where to read and what closes it again.

    An object that the caller opened stays open. Raises :class:`OSError` for what cannot be read or is damaged.
    """
    mine = isinstance(source, (str, os.PathLike))
    if packing == "zst":
        if not isinstance(source, (str, os.PathLike)):
            raise OSError("a stream is not unpacked from zstd; pipe it through `zstd -dc`")
        return _zstd(os.fspath(source))
    raw = cast("IO[bytes]", _opened(cast("str", source)) if mine else source)
    if not mine and packing is None:
        return raw, _nothing
    inner: Any = raw
    if packing == "gz":
        inner = gzip.GzipFile(fileobj=raw, mode="rb")
    elif packing == "xz":
        inner = _Xz(raw)
    told: Any = _Told(inner, str(source)) if packing else inner
    return told, raw.close if mine else _nothing


def _opened(path: str) -> IO[bytes]:
    if not hasattr(os, "O_NONBLOCK") or not stat.S_ISFIFO(Path(path).stat().st_mode):
        return Path(path).open("rb")
    # A named pipe keeps who opens it until somebody writes to it; to wait for that is the reader's.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    os.set_blocking(handle, True)
    return os.fdopen(handle, "rb")


def _nothing() -> None:
    """Leave open what the caller opened."""


class _Told(io.RawIOBase):
    """Turns every way in which packed bytes can be damaged into an OSError that names the file."""

    def __init__(self, inner: IO[bytes], name: str) -> None:
        self._inner = inner
        self._name = name

    def read(self, size: int = -1) -> bytes:
        import zlib

        try:
            return self._inner.read(size)
        except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
            raise OSError(f"{self._name} is cut off or damaged: {error}") from error


class _Xz(io.RawIOBase):
    """What is in an xz file: all its streams. The standard library's file ends at the first that it cannot read."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._decoder = lzma.LZMADecompressor()

    def read(self, size: int = -1) -> bytes:
        while True:
            data = b""
            if self._decoder.eof:
                data = self._next_stream(self._decoder.unused_data)
                if not data:
                    return b""
                self._decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ)
            elif self._decoder.needs_input:
                data = self._raw.read(READ_BYTES)
                if not data:
                    raise EOFError("its end is missing")
            piece = self._decoder.decompress(data, size)
            if piece:
                return piece

    def _next_stream(self, data: bytes) -> bytes:
        """Return the first bytes of the stream after ``data``, none at the end; between streams may be padding."""
        padding = 0
        while True:
            rest = data.lstrip(b"\0")
            padding += len(data) - len(rest)
            if not rest:
                data = self._raw.read(READ_BYTES)
            if rest or not data:
                break
        if padding % 4:
            raise lzma.LZMAError("its padding is no multiple of four bytes")
        return rest


class _Zstd(io.RawIOBase):
    """The output of the command zstd."""

    def __init__(self, process: subprocess.Popen[bytes], name: str) -> None:
        self._process = process
        self._name = name
        self._words: list[bytes] = []
        assert process.stderr is not None
        errors = process.stderr
        self._listener = threading.Thread(target=lambda: self._words.append(errors.read()), daemon=True)
        self._listener.start()

    def read(self, size: int = -1) -> bytes:
        assert self._process.stdout is not None
        data = self._process.stdout.read(size)
        if not data and self._process.wait():
            self._listener.join()
            words = b"".join(self._words).decode("utf-8", "replace").strip()
            raise OSError(f"{self._name} is cut off or damaged: {words or 'zstd failed'}")
        return data

    def end(self) -> None:
        process = self._process
        if process.poll() is None:
            process.kill()
        process.wait()
        self._listener.join()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def _zstd(path: str) -> tuple[IO[bytes], Callable[[], None]]:
    program = shutil.which("zstd")
    if program is None:
        raise OSError(f"{path} cannot be unpacked: {ZSTD_REMEDY}")
    with Path(path).open("rb") as packed:  # by itself zstd takes no symbolic links
        process = subprocess.Popen(  # noqa: S603
            [program, "-dcq"],
            stdin=packed,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is ours to answer
        )
    inner = _Zstd(process, path)
    return cast("IO[bytes]", inner), inner.end
