"""Bodies that the caller makes or takes: what they raise must reach him as it is, not as a failure of the network."""

from __future__ import annotations

from collections.abc import Mapping

from ..core.port import BodySink, BodySource


class BodyError(Exception):
    """Carries what a body raised through the transport."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


class GuardedSource:
    """A source whose errors travel as :class:`BodyError`."""

    def __init__(self, inner: BodySource) -> None:
        self._inner = inner
        self.length = inner.length

    async def start(self) -> None:
        try:
            await self._inner.start()
        except Exception as error:
            raise BodyError(error) from error

    async def read(self) -> bytes | memoryview:
        try:
            return await self._inner.read()
        except Exception as error:
            raise BodyError(error) from error


class GuardedSink:
    """A sink whose errors travel as :class:`BodyError`."""

    def __init__(self, inner: BodySink) -> None:
        self._inner = inner

    async def begin(self, status: int, headers: Mapping[str, str]) -> bool:
        try:
            return await self._inner.begin(status, headers)
        except Exception as error:
            raise BodyError(error) from error

    async def write(self, data: bytes | memoryview) -> None:
        try:
            await self._inner.write(data)
        except Exception as error:
            raise BodyError(error) from error
