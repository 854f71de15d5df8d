"""One source for both faces: an operation written once as ``async def``, called blocking or awaited.

    class Servers(Faced[F]):
        @call
        async def start(self, ref: str) -> Server: ...

    Servers[Sync].start   ->  Callable[[str], Server]
    Servers[Async].start  ->  Callable[[str], Coroutine[Any, Any, Server]]

The blocking face finishes the coroutine with one ``send(None)``: a blocking port never suspends. Typing tricks
live here and nowhere else; ``tests/typing`` holds what the checkers must make of them.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from types import MethodType
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

P = ParamSpec("P")
R = TypeVar("R")


class Sync:
    """The face whose calls block and return the result; the type argument of clients and collections."""


class Async:
    """The face whose calls return an awaitable of the result."""


F = TypeVar("F", Sync, Async)


class Faced(Generic[F]):
    """Something whose calls follow a face; ``_blocking`` says which at run time."""

    _blocking: bool


def run(coroutine: Coroutine[Any, Any, R]) -> R:
    """Finish a coroutine that never suspends and return its result."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    coroutine.close()
    raise RuntimeError("a blocking call awaited something other than its port")


def _bind(faces: tuple[Any, Any], instance: Faced[Any] | None) -> Any:
    return faces[True] if instance is None else MethodType(faces[instance._blocking], instance)


class call(Generic[P, R]):  # noqa: N801  (a decorator)
    """Give an ``async def`` method both faces."""

    def __init__(self, function: Callable[Concatenate[Any, P], Coroutine[Any, Any, R]]) -> None:
        @functools.wraps(function)
        def blocking(self: Any, *args: P.args, **kwargs: P.kwargs) -> R:
            return run(function(self, *args, **kwargs))

        self._faces, self.__doc__ = (function, blocking), function.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> Callable[Concatenate[Any, P], R]: ...
    @overload
    def __get__(self, instance: Faced[Sync], owner: type) -> Callable[P, R]: ...
    @overload
    def __get__(self, instance: Faced[Async], owner: type) -> Callable[P, Coroutine[Any, Any, R]]: ...
    def __get__(self, instance: Faced[Any] | None, owner: type) -> Any:
        return _bind(self._faces, instance)


class stream(Generic[P, R]):  # noqa: N801  (a decorator)
    """Give an async generator method both faces: a generator, or an async generator."""

    def __init__(self, function: Callable[Concatenate[Any, P], AsyncGenerator[R, None]]) -> None:
        @functools.wraps(function)
        def blocking(self: Any, *args: P.args, **kwargs: P.kwargs) -> Generator[R, None, None]:
            source = function(self, *args, **kwargs)
            try:
                while True:
                    yield run(source.__anext__())
            except StopAsyncIteration:
                return
            finally:
                run(source.aclose())

        self._faces, self.__doc__ = (function, blocking), function.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> Callable[..., Generator[R, None, None]]: ...
    @overload
    def __get__(self, instance: Faced[Sync], owner: type) -> Callable[P, Generator[R, None, None]]: ...
    @overload
    def __get__(self, instance: Faced[Async], owner: type) -> Callable[P, AsyncGenerator[R, None]]: ...
    def __get__(self, instance: Faced[Any] | None, owner: type) -> Any:
        return _bind(self._faces, instance)
