"""The old ``WebsocketClient``: one websocket, read frame by frame."""

from __future__ import annotations

from typing import Any

import orjson

from ..core.call import run
from ..core.port import FrameStream, PortFailure, UpgradeRefused
from ..errors import (
    AuthError,
    BadAnswer,
    ClientError,
    ConnectionFailed,
    InvalidArgument,
    PermissionError,  # noqa: A004  (the old library's name)
    ServerError,
    Timeout,
)

CONNECT_TIMEOUT = 60.0


class WebsocketTimeoutError(TimeoutError):
    """No frame, or not the one waited for, came in time."""


class Connection:
    """An open websocket with the few methods that programs used on ``WebsocketClient.conn``."""

    def __init__(self, stream: FrameStream, timeout: float | None) -> None:
        self._stream = stream
        self._timeout = timeout
        self._closed = False

    def recv(self) -> str:
        """Return the next frame as text.

        Raises ``WebsocketTimeoutError``, or ``cloudsigma.errors.ConnectionFailed`` when the connection is
        lost or closed.
        """
        if self._closed:
            raise ConnectionFailed("the websocket was closed")
        try:
            frame = run(self._stream.receive(self._timeout))
        except PortFailure as failure:
            raise ConnectionFailed(f"the websocket was lost: {failure}") from failure
        if frame is None:
            raise WebsocketTimeoutError(f"no frame within {self._timeout:g} s")
        return frame

    def gettimeout(self) -> float | None:
        """Return the seconds that ``recv`` waits; None is for ever."""
        return self._timeout

    def settimeout(self, timeout: float | None) -> None:
        """Set the seconds that ``recv`` waits; None is for ever."""
        self._timeout = timeout

    def close(self) -> None:
        """Close the connection; more than once is allowed."""
        self._closed = True
        run(self._stream.close())


class WebsocketClient:
    """A websocket on which the account's changes arrive.

    Arguments: ``cookie``, the ticket that ``Accounts().authenticate_asynchronous()`` sets as ``async_auth``;
    ``timeout``, the seconds that ``recv`` waits unless told otherwise, None for ever; ``ws_endpoint``, by default
    that of the configuration.

    Raises ``cloudsigma.errors.PermissionError`` when the ticket is not, or no longer, valid, and
    ``cloudsigma.errors.ConnectionFailed``.
    """

    def __init__(self, cookie: str, timeout: float | None = 10, ws_endpoint: str | None = None) -> None:
        from .transport import shared_port

        if not ws_endpoint:
            from ..generic import settings_of

            ws_endpoint = settings_of(login_method="none").ws_endpoint
        if any(character in cookie for character in "\r\n;"):
            raise InvalidArgument("the ticket is not a cookie's value")
        headers = {"Cookie": f"async_auth={cookie}"}
        try:
            stream = run(shared_port().open_frames(ws_endpoint, headers, timeout or CONNECT_TIMEOUT))
        except UpgradeRefused as refused:
            raise _refusal(refused.status, ws_endpoint) from refused
        except PortFailure as failure:
            cls = Timeout if failure.timed_out else ConnectionFailed
            raise cls(f"{ws_endpoint}: {failure}") from failure
        self.conn = Connection(stream, timeout)

    def recv(self, timeout: float | None = None, return_raw: bool = False) -> Any:
        """Return the next frame as a dictionary, or as text with ``return_raw``.

        Arguments: ``timeout``, the seconds to wait this once; by default those of the constructor. Raises
        ``WebsocketTimeoutError`` or ``cloudsigma.errors.ConnectionFailed``.
        """
        usual = self.conn.gettimeout()
        self.conn.settimeout(usual if timeout is None else max(0.0, timeout))
        try:
            frame = self.conn.recv()
        finally:
            self.conn.settimeout(usual)
        if return_raw:
            return frame
        try:
            return orjson.loads(frame)
        except orjson.JSONDecodeError:
            raise BadAnswer("a frame of the websocket is not JSON") from None

    def close(self) -> None:
        """Close the connection; more than once is allowed."""
        self.conn.close()


def _refusal(status: int, endpoint: str) -> Exception:
    message = f"{endpoint} refused the websocket with HTTP status {status}"
    if status == 401:
        return AuthError(message, status)
    if status == 403:
        return PermissionError(f"{message}; the ticket is not, or no longer, valid", status)
    return (ClientError if status < 500 else ServerError)(message, status)
