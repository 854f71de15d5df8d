"""The old ``Websocket``: wait for changes of the account's objects."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

from ..errors import (
    BadAnswer,
    PermissionError,  # noqa: A004  (the old library's name)
)
from ..generic import GenericClient, settings_of
from .base import ResourceBase
from .websocket_client import WebsocketClient, WebsocketTimeoutError

# Seconds after which a status is looked at although no frame came: frames of a broken connection are not repeated.
LOOK_INTERVAL = 5.0


class Websocket:
    """The account's websocket. A program opens it, does something, and waits for what comes of it.

    Arguments: ``timeout``, the seconds that waiting takes at most unless told otherwise, None for ever; the others are
    those of ``cloudsigma.generic.GenericClient``, and ``ws_endpoint``.

    ``ws`` is the ``cloudsigma.generic.WebsocketClient``; ``ws.recv()`` returns the next frame, a dictionary with
    ``resource_type`` and ``resource_uri``.
    """

    def __init__(
        self,
        timeout: float | None = 10,
        *,
        api_endpoint: str | None = None,
        username: str | None = None,
        password: str | None = None,
        login_method: str = GenericClient.LOGIN_METHOD_BASIC,
        ws_endpoint: str | None = None,
    ) -> None:
        from ..resource import Accounts

        self.timeout = timeout
        endpoint = settings_of(api_endpoint, username, password, ws_endpoint=ws_endpoint).ws_endpoint
        given = {"api_endpoint": api_endpoint, "username": username, "password": password}
        self._credentials = {key: value for key, value in given.items() if value}
        if login_method != GenericClient.LOGIN_METHOD_BASIC:
            self._credentials["login_method"] = login_method
        accounts = Accounts(**self._credentials)
        try:
            self.ws = WebsocketClient(_ticket(accounts), timeout, endpoint)
        except PermissionError:
            # The ticket may have run out on the way: it holds for two minutes.
            self.ws = WebsocketClient(_ticket(accounts), timeout, endpoint)

    def close(self) -> None:
        """Close the websocket; more than once is allowed."""
        self.ws.close()

    def __enter__(self) -> Websocket:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def wait(
        self, message_filter: Mapping[str, Any] | None = None, timeout: float | None = None
    ) -> list[Any]:
        """Wait for a frame that the filter lets through, and return it after all that came before.

        Arguments: ``message_filter``, such as ``{"resource_type": ["drives", "servers"]}`` or
        ``{"resource_uri": "/api/2.0/balance/"}``, None for any frame; ``timeout`` in seconds.

        Raises ``WebsocketTimeoutError``, or ``cloudsigma.errors.ConnectionFailed`` when the connection is
        lost.
        """
        ends = self._ends(timeout)
        frames = []
        while True:
            frames.append(self._receive(ends))
            if self.filter_frame(message_filter, frames[-1]):
                return frames

    def filter_frame(self, message_filter: Mapping[str, Any] | None, frame: Mapping[str, Any]) -> bool:
        """Tell whether a frame has one of the values that the filter names."""
        if not message_filter:
            return True
        return any(
            key in frame and frame[key] in ([wanted] if isinstance(wanted, str) else wanted)
            for key, wanted in message_filter.items()
        )

    def wait_obj_type(self, resource_type: Any, cls: type[ResourceBase], timeout: float | None = None) -> Any:
        """Wait for a change of an object of this type, and return the object as ``cls`` reads it."""
        frame = self.wait({"resource_type": resource_type}, timeout)[-1]
        return cls(**self._credentials).get_from_url(frame["resource_uri"])

    def wait_obj_uri(self, resource_uri: Any, cls: type[ResourceBase], timeout: float | None = None) -> Any:
        """Wait for a change of the object at this uri, and return it as ``cls`` reads it."""
        frame = self.wait({"resource_uri": resource_uri}, timeout)[-1]
        return cls(**self._credentials).get_from_url(frame["resource_uri"])

    def wait_obj_wrapper(
        self,
        waiter: Callable[..., Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        extra_filter: Callable[[Any], bool] = lambda _: True,
    ) -> Any:
        """Call ``waiter`` until ``extra_filter`` accepts what it returns, and return that.

        Each call gets what is left of ``timeout`` (seconds) as its ``timeout``. Raises
        ``WebsocketTimeoutError``.
        """
        ends = self._ends(timeout)
        while True:
            result = waiter(*args, **{**(kwargs or {}), "timeout": _left(ends)})
            if extra_filter(result):
                return result

    def wait_for_status(
        self, uri: str, resource: type[ResourceBase], status: str, timeout: float | None = 30
    ) -> Any:
        """Wait until the object at ``uri`` has this status, and return it; it may have it already.

        Arguments: ``resource``, the class that reads it; ``timeout`` in seconds, None for the websocket's own. Raises
        ``WebsocketTimeoutError``, and ``cloudsigma.errors.ClientError`` when the object is gone.
        """
        ends = self._ends(timeout)
        reader = resource(**self._credentials)
        while True:
            last_look = time.monotonic() >= ends
            found = reader.get_from_url(uri)
            if found["status"] == status:
                return found
            if last_look:
                raise WebsocketTimeoutError(
                    f"{uri} did not reach the status {status!r} in time; it is {found['status']!r}"
                )
            look_again = min(ends, time.monotonic() + LOOK_INTERVAL)
            try:
                while not self.filter_frame({"resource_uri": uri}, self._receive(look_again)):
                    pass
            except WebsocketTimeoutError:
                continue

    def _ends(self, timeout: float | None) -> float:
        seconds = self.timeout if timeout is None else timeout
        return float("inf") if seconds is None else time.monotonic() + seconds

    def _receive(self, ends: float) -> Any:
        # The connection's own timeout counts only when there is no limit here.
        left = _left(ends)
        if left is None:
            usual = self.ws.conn.gettimeout()
            self.ws.conn.settimeout(None)
            try:
                return self.ws.recv()
            finally:
                self.ws.conn.settimeout(usual)
        return self.ws.recv(left)


def _left(ends: float) -> float | None:
    if ends == float("inf"):
        return None
    left = ends - time.monotonic()
    if left <= 0:
        raise WebsocketTimeoutError("nothing that was waited for came in time")
    return left


def _ticket(accounts: Any) -> str:
    accounts.authenticate_asynchronous()
    ticket: str | None = accounts.c.resp.cookies.get("async_auth")
    if ticket is None:
        raise BadAnswer("the answer to authenticate_asynchronous has no ticket", accounts.c.resp.status_code)
    return ticket
