"""One source, two faces: what ``@call`` and ``@stream`` make of an ``async def``."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from cloudsigma.core.call import Async, F, Faced, Sync, call, run, stream


class Counter(Faced[F]):
    """Counts; ``log`` tells what happened."""

    def __init__(self, blocking: bool) -> None:
        self._blocking = blocking
        self.log: list[str] = []

    @call
    async def add(self, one: int, *, other: int = 1) -> int:
        """Add two numbers."""
        if one < 0:
            raise ValueError("negative")
        return one + other

    @call
    async def hang(self) -> None:
        await asyncio.sleep(0)

    @stream
    async def upto(self, end: int) -> AsyncGenerator[int, None]:
        """Yield numbers."""
        try:
            for number in range(end):
                if number == 3:
                    raise ValueError("three")
                yield number
        finally:
            self.log.append("closed")


SYNC: Counter[Sync] = Counter(True)
ASYNC: Counter[Async] = Counter(False)


def test_both_faces_return_the_same() -> None:
    assert SYNC.add(1, other=2) == 3
    assert asyncio.run(ASYNC.add(1, other=2)) == 3


def test_errors_pass_through_both_faces() -> None:
    with pytest.raises(ValueError, match="negative"):
        SYNC.add(-1)
    with pytest.raises(ValueError, match="negative"):
        asyncio.run(ASYNC.add(-1))
    with pytest.raises(TypeError):
        SYNC.add("x", wrong=1)  # type: ignore[call-arg, arg-type]


def test_names_docstrings_and_signatures_are_kept() -> None:
    for bound in (SYNC.add, ASYNC.add):
        assert bound.__doc__ == "Add two numbers."
        assert bound.__name__ == "add"
        assert list(inspect.signature(bound).parameters) == ["one", "other"]
    assert Counter.add.__doc__ == "Add two numbers."
    assert SYNC.upto.__doc__ == "Yield numbers."


def test_a_blocking_call_that_suspends_is_told_apart() -> None:
    with pytest.raises(RuntimeError, match="something other than its port"):
        SYNC.hang()
    asyncio.run(ASYNC.hang())


def test_streams_of_both_faces() -> None:
    counter: Counter[Sync] = Counter(True)
    assert list(counter.upto(2)) == [0, 1]
    assert counter.log == ["closed"]

    async def collect(other: Counter[Async]) -> list[int]:
        return [number async for number in other.upto(2)]

    other: Counter[Async] = Counter(False)
    assert asyncio.run(collect(other)) == [0, 1]
    assert other.log == ["closed"]


def test_a_stream_that_is_left_early_is_closed() -> None:
    counter: Counter[Sync] = Counter(True)
    numbers = counter.upto(3)
    assert next(numbers) == 0
    numbers.close()
    assert counter.log == ["closed"]
    for _ in counter.upto(3):
        break
    assert counter.log == ["closed"] * 2


def test_an_error_ends_a_stream_and_closes_it() -> None:
    counter: Counter[Sync] = Counter(True)
    found = []
    with pytest.raises(ValueError, match="three"):
        found += [found.append(number) for number in counter.upto(9)]
    assert found == [0, 1, 2]
    assert counter.log == ["closed"]


def test_an_error_in_the_loop_s_body_closes_the_stream() -> None:
    counter: Counter[Sync] = Counter(True)

    def loop() -> Any:
        for number in counter.upto(3):
            raise KeyError(number)

    with pytest.raises(KeyError):
        loop()
    assert counter.log == ["closed"]


def test_run_gives_back_what_a_coroutine_returns() -> None:
    async def nothing() -> None:
        return None

    assert run(nothing()) is None
