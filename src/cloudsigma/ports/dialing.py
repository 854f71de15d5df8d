"""How the blocking port comes to a connection: straight or by way of a proxy, with TLS or without.

All of it in slices of time, so that a job that is abandoned does not wait for a silent server.
"""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

import h11

from . import network
from .abandonment import SLICE_SECONDS, abandoned, in_slices, stop_if_abandoned
from .line import Duplex
from .network import Origin
from .proxies import Handshake, Proxy

T = TypeVar("T")

_UNDER_WAY = frozenset({errno.EINPROGRESS, errno.EALREADY, errno.EWOULDBLOCK, errno.EAGAIN})


def dial(origin: Origin, proxy: Proxy | None, until: float) -> Duplex:
    """Connect to a server until a time of ``time.monotonic``. Raises :class:`cloudsigma.core.port.PortFailure`."""
    if proxy is None:
        connection: Duplex = _step(None, lambda: _connected(origin.host, origin.port, _limit(until)))
    else:
        connection = _step(proxy, lambda: _connected(proxy.host, proxy.port, _limit(until)))
    try:
        if proxy is not None:
            if proxy.secure:
                connection = _step(proxy, lambda: _secured(connection, proxy.host, _limit(until)))
            handshake = proxy.handshake(origin.host, origin.port, origin.secure)
            if handshake is not None:
                _step(proxy, lambda: _converse(connection, handshake, _limit(until)))
        if origin.secure:
            connection = _step(None, lambda: _secured(connection, origin.host, _limit(until)))
    except BaseException:
        connection.close()
        raise
    return connection


def _step(proxy: Proxy | None, act: Callable[[], T]) -> T:
    try:
        return act()
    except (OSError, h11.ProtocolError) as error:
        raise network.connect_failure(error, proxy) from error


def _limit(until: float) -> float:
    return min(until, time.monotonic() + network.CONNECT_SECONDS)


def _patience(until: float) -> float:
    stop_if_abandoned()
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return min(left, SLICE_SECONDS)


def _connected(host: str, port: int, until: float) -> socket.socket:
    """Connect to the first address of a host that takes it; each has its share of the time."""
    found = _addresses(host, port, until)
    failure: OSError | None = None
    for number, (family, kind, protocol, _, address) in enumerate(found):
        now = time.monotonic()
        try:
            connection = socket.socket(family, kind, protocol)
        except OSError as error:
            failure = error  # such as a machine without IPv6
            continue
        try:
            _connect(connection, address, now + (until - now) / (len(found) - number))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            connection.close()
            failure = error
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise failure or OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))


def _addresses(host: str, port: int, until: float) -> list[Any]:
    if abandoned.get() is None:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    found: list[Any] = []
    failures: list[BaseException] = []
    over = threading.Event()

    def look_up() -> None:
        try:
            found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except BaseException as error:  # noqa: BLE001  (raised again below)
            failures.append(error)
        finally:
            over.set()

    # The system's resolver cannot be called back.
    threading.Thread(target=look_up, name="cloudsigma lookup", daemon=True).start()
    if not in_slices(over.wait, max(0.0, until - time.monotonic())):
        raise TimeoutError
    if failures:
        raise failures[0]
    return found


def _connect(connection: socket.socket, address: tuple[object, ...], until: float) -> None:
    connection.settimeout(_patience(until))
    code = connection.connect_ex(address)
    if code in _UNDER_WAY:
        with selectors.DefaultSelector() as selector:
            selector.register(connection, selectors.EVENT_WRITE)
            while not selector.select(_patience(until)):
                pass
        code = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))


def _secured(connection: Duplex, host: str, until: float) -> Duplex:
    """Begin TLS."""
    context = network.tls_context()
    wrapped: ssl.SSLSocket | MemoryTls
    # Contexts that ask the system whom it trusts may do so only when the handshake comes with the wrapping.
    if type(connection) is socket.socket and type(context).__module__ == "ssl":
        wrapped = context.wrap_socket(connection, server_hostname=host, do_handshake_on_connect=False)
    else:
        wrapped = MemoryTls(connection, context, host)
    try:
        while True:
            wrapped.settimeout(_patience(until))
            try:
                wrapped.do_handshake()
            except TimeoutError:
                continue
            return wrapped
    except BaseException:
        wrapped.close()  # the socket has moved into it
        raise


def _converse(connection: Duplex, handshake: Handshake, until: float) -> None:
    """Say to a proxy what is to be said."""
    try:
        sent = next(handshake)
        while True:
            view = memoryview(sent)
            while view:
                view = view[_patiently(connection, connection.send, view, until) :]
            sent = handshake.send(_patiently(connection, connection.recv, network.READ_BYTES, until))
    except StopIteration:
        return


def _patiently(connection: Duplex, act: Callable[..., T], argument: object, until: float) -> T:
    while True:
        connection.settimeout(_patience(until))
        try:
            return act(argument)
        except TimeoutError:
            continue


class MemoryTls:
    """TLS by way of memory: ``ssl`` can have it so within the TLS of a connection to a proxy, but not with sockets."""

    def __init__(self, outer: Duplex, context: ssl.SSLContext, host: str) -> None:
        self._outer = outer
        self._coming, self._going = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._inner = context.wrap_bio(self._coming, self._going, server_hostname=host)
        self._unsent = memoryview(b"")

    def fileno(self) -> int:
        return self._outer.fileno()

    def settimeout(self, value: float | None, /) -> None:
        self._outer.settimeout(value)

    def do_handshake(self) -> None:
        self._step(self._inner.do_handshake)

    def send(self, data: bytes | memoryview, /) -> int:
        # Once they are encrypted they count as sent.
        return self._step(lambda: self._inner.write(memoryview(data)[: network.READ_BYTES]))

    def sendall(self, data: bytes, /) -> None:
        view = memoryview(data)
        while view:
            view = view[self.send(view) :]

    def recv(self, size: int, /) -> bytes:
        buffer = bytearray(size)
        return bytes(buffer[: self.recv_into(memoryview(buffer))])

    def recv_into(self, view: memoryview, /) -> int:
        try:
            return self._step(lambda: cast("int", self._inner.read(len(view), view)))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return 0

    def close(self) -> None:
        self._outer.close()

    def _step(self, act: Callable[[], T]) -> T:
        while True:
            self._flush()
            try:
                result = act()
            except ssl.SSLWantReadError:
                self._flush()
                came = self._outer.recv(network.READ_BYTES)
                if came:
                    self._coming.write(came)
                else:
                    self._coming.write_eof()
            else:
                with contextlib.suppress(TimeoutError):  # what does not go now goes first the next time
                    self._flush()
                return result

    def _flush(self) -> None:
        while self._unsent or self._going.pending:
            self._unsent = self._unsent or memoryview(self._going.read())
            self._unsent = self._unsent[self._outer.send(self._unsent) :]
