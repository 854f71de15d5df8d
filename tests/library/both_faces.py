"""One test for both faces: the awaited client behind the calls of the blocking one."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from cloudsigma import AsyncCloudSigma, CloudSigma
from cloudsigma.core.call import Faced

if TYPE_CHECKING:
    from cloudsigma_emulator import Emulator

FACES = ("blocking", "awaited")


class _Awaited:
    """Looks like a blocking client or collection; what it calls is awaited on one event loop."""

    def __init__(self, inner: Any, runner: asyncio.Runner) -> None:
        self._inner = inner
        self._runner = runner

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        if isinstance(value, Faced):
            return _Awaited(value, self._runner)
        if not callable(value):
            return value

        def called(*args: Any, **fields: Any) -> Any:
            result = value(*args, **fields)
            if inspect.iscoroutine(result):
                return self._runner.run(result)
            if inspect.isasyncgen(result):
                return iter(self._runner.run(_drained(result)))
            return result

        return called


async def _drained(source: AsyncIterator[Any]) -> list[Any]:
    return [item async for item in source]


@contextmanager
def client_of(face: str, emulator: Emulator, *, second: bool = False) -> Iterator[CloudSigma]:
    """Open a client of one face, of the emulator's first account or of its ``second``."""
    options: dict[str, Any] = {
        "api_endpoint": emulator.api_endpoint,
        "ws_endpoint": emulator.ws_endpoint,
        "username": emulator.username2 if second else emulator.username,
        "password": emulator.password2 if second else emulator.password,
    }
    if face == "blocking":
        with CloudSigma(**options) as client:
            yield client
        return
    with asyncio.Runner() as runner:
        awaited = AsyncCloudSigma(**options)
        try:
            yield cast(CloudSigma, _Awaited(awaited, runner))
        finally:
            runner.run(awaited.close())
