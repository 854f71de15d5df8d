"""Proxies: how one is addressed, and what is said to it before the server can be spoken to.

No I/O: a handshake is a generator that yields bytes to send and is given bytes that came, for both network ports.
"""

from __future__ import annotations

import ipaddress
from base64 import b64encode
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TypeAlias

import h11

from ..core.port import PortFailure

PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")
LONGEST_HEAD = 100 * 1024

USER_REMEDY = (
    "the variable that names the proxy must hold user and password, as in http://USER:PASSWORD@proxy.example:3128 "
    "(letters other than a-z and digits percent-encoded)"
)

Handshake: TypeAlias = Generator[bytes, bytes, None]
"""Yields what to send, or nothing when more has to come; is given what came, nothing when the proxy has closed."""

_SOCKS_REFUSALS = {
    1: "general failure",
    2: "not allowed by its rules",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "time to live expired",
    7: "command not supported",
    8: "kind of address not supported",
}


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy of the environment; its text is its address without user and password."""

    scheme: str
    host: str
    port: int
    user: tuple[str, str] | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{self.scheme}://{bracketed(self.host)}:{self.port}"

    @property
    def secure(self) -> bool:
        """Whether the proxy itself is spoken to with TLS."""
        return self.scheme == "https"

    def forwards(self, secure: bool) -> bool:
        """Tell whether requests go to the proxy itself, which passes them on; otherwise it gives a connection."""
        return self.scheme in ("http", "https") and not secure

    def proof(self) -> list[tuple[bytes, bytes]]:
        """Return the headers that prove who asks the proxy."""
        if self.user is None:
            return []
        return [(b"Proxy-Authorization", b"Basic " + b64encode(":".join(self.user).encode()))]

    def handshake(self, host: str, port: int, secure: bool) -> Handshake | None:
        """Return what is said before a server can be spoken to, None when nothing is.

        ``host``, ``port`` and ``secure`` (TLS) are the server's.
        """
        if self.forwards(secure):
            return None
        return _socks(self, host, port) if self.scheme.startswith("socks") else _tunnel(self, host, port)

    def refusal(self, status: int, reason: str = "") -> PortFailure:
        """Return what it means that the proxy answers with a status of its own."""
        words = f"the proxy refused: {status} {reason}".rstrip()
        if status != 407:
            permanent = 400 <= status < 500 and status not in (408, 429)
            return PortFailure(f"{words} ({self})", sent=False, permanent=permanent)
        wrong = (
            "does not take the user and password that it was given" if self.user else "wants to know the user"
        )
        return PortFailure(f"{words} ({self} {wrong}); {USER_REMEDY}", sent=False, permanent=True)

    def closed(self) -> PortFailure:
        """Return what it means that the proxy ends the handshake without a word."""
        return PortFailure(f"the proxy {self} closed the connection without an answer", sent=False)


def bracketed(host: str) -> str:
    """Return a host as it stands before a colon and a port."""
    return f"[{host}]" if ":" in host else host


def _tunnel(proxy: Proxy, host: str, port: int) -> Handshake:
    protocol = h11.Connection(our_role=h11.CLIENT, max_incomplete_event_size=LONGEST_HEAD)
    target = f"{bracketed(host)}:{port}".encode("ascii")
    headers = [(b"Host", target), *proxy.proof()]
    sent = protocol.send(h11.Request(method="CONNECT", target=target, headers=headers)) or b""
    came = yield sent + (protocol.send(h11.EndOfMessage()) or b"")
    while True:
        if not came:
            raise proxy.closed()
        protocol.receive_data(came)
        while isinstance(event := protocol.next_event(), h11.InformationalResponse):
            pass
        if isinstance(event, h11.Response):
            break
        came = yield b""
    if not 200 <= event.status_code < 300:
        raise proxy.refusal(event.status_code, event.reason.decode("ascii", "replace"))


def _socks(proxy: Proxy, host: str, port: int) -> Handshake:
    """Speak SOCKS version 5 (RFC 1928, RFC 1929); names are left to the proxy to look up."""
    came = bytearray()
    methods = b"\x05\x02\x00\x02" if proxy.user else b"\x05\x01\x00"
    version, method = yield from _exactly(proxy, came, 2, methods)
    if version != 5:
        raise PortFailure(f"{proxy} is no SOCKS proxy of version 5", sent=False, permanent=True)
    if method == 2 and proxy.user:
        user, password = (part.encode() for part in proxy.user)
        if max(len(user), len(password)) > 255:
            raise PortFailure(f"user or password for {proxy} is too long", sent=False, permanent=True)
        words = b"\x01%c%b%c%b" % (len(user), user, len(password), password)
        _, refused = yield from _exactly(proxy, came, 2, words)
        if refused:
            raise proxy.refusal(407)
    elif method:
        raise proxy.refusal(407)
    asked = b"\x05\x01\x00" + _address(host) + port.to_bytes(2, "big")
    _, status, _, kind = yield from _exactly(proxy, came, 4, asked)
    if status:
        words_of = _SOCKS_REFUSALS.get(status, f"code {status}")
        raise PortFailure(f"the proxy refused: {words_of} ({proxy})", sent=False, permanent=status == 2)
    length = {1: 4, 4: 16}.get(kind)
    if length is None:
        (length,) = yield from _exactly(proxy, came, 1)
    yield from _exactly(proxy, came, length + 2)


def _exactly(proxy: Proxy, came: bytearray, count: int, sent: bytes = b"") -> Generator[bytes, bytes, bytes]:
    """Send, and take so many bytes out of what came."""
    while sent or len(came) < count:
        more = yield sent
        sent = b""
        if not more:
            raise proxy.closed()
        came += more
    taken = bytes(came[:count])
    del came[:count]
    return taken


def _address(host: str) -> bytes:
    try:
        number = ipaddress.ip_address(host).packed
    except ValueError:
        name = host.encode("ascii")
        return b"\x03%c%b" % (len(name), name)
    return (b"\x01" if len(number) == 4 else b"\x04") + number
