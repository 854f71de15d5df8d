"""What both network ports share: certificates, proxies from the environment, and the meaning of failures."""

from __future__ import annotations

import ipaddress
import logging
import os
import socket
import ssl
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import h11

from ..core.port import BodySink, BodySource, HttpRequest, HttpResponse, PortFailure
from .bodies import GuardedSink, GuardedSource
from .proxies import PROXY_SCHEMES, Proxy, bracketed

CONNECTIONS = 100
KEEPALIVE_SECONDS = 30.0  # below the 60 to 75 that gateways keep an idle connection
CONNECT_SECONDS = 20.0
PING_SECONDS = 20.0
CLOSE_SECONDS = 1.0
READ_BYTES = 64 * 1024
LARGEST_PIECE = 1024 * 1024
MAX_FRAME = 16 * 1024 * 1024

CA_REMEDY = (
    "if the endpoint's certificate is from an authority of your own, name its file in the environment variable "
    "SSL_CERT_FILE"
)

CA_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # Alpine, BSD
)

_tls_lock = threading.Lock()
_tls_context: ssl.SSLContext | None = None

# Everything that an exchange may raise; nothing of it may reach a user.
TRANSPORT_ERRORS: tuple[type[Exception], ...] = (
    h11.ProtocolError,
    OSError,
    EOFError,
    RuntimeError,
)

# What says that the other side has closed; with TLS it may be told by that.
CLOSED = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)

# The websocket library logs whole handshakes, cookies included, at debug level.
SILENT = logging.Logger("cloudsigma.websocket")
SILENT.addHandler(logging.NullHandler())
SILENT.disabled = True


def tls_context() -> ssl.SSLContext:
    """Return the one TLS context of the process, made at first use: reading certificates takes 20 ms and more."""
    global _tls_context
    with _tls_lock:
        if _tls_context is None:
            _tls_context = _new_tls_context()
        return _tls_context


def _new_tls_context() -> ssl.SSLContext:
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    if not file and not folder and bundle:
        file, folder = (None, bundle) if os.path.isdir(bundle) else (bundle, None)  # noqa: PTH112
    if file or folder:
        return ssl.create_default_context(cafile=file or None, capath=folder or None)
    if sys.platform in ("darwin", "win32"):
        import truststore

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return ssl.create_default_context(cafile=_system_bundle())


def _system_bundle() -> str | None:
    """Return the system's authorities where this Python does not find them by itself, as one built elsewhere may not."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile or (paths.capath and any(Path(paths.capath).glob("*.[0-9]"))):
        return None
    return next((each for each in CA_BUNDLES if Path(each).is_file()), None)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where connections go; ``header`` is the value of ``Host``."""

    scheme: bytes
    host: str
    port: int
    header: bytes

    @property
    def secure(self) -> bool:
        """Whether TLS is spoken there."""
        return self.scheme == b"https"


@dataclass(slots=True)
class Wire:
    """A request as it goes out."""

    method: str
    target: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes
    source: BodySource | None = None
    sink: BodySink | None = None
    idle: float | None = None

    @property
    def length(self) -> int:
        """Bytes of the body."""
        return len(self.body) if self.source is None else self.source.length


def origin_of(origin: str) -> Origin:
    """Return the parts of an origin such as ``https://host:8443``."""
    parts = urlsplit(origin)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = _ascii(parts.hostname or "").decode("ascii")
    # Not with what a URL may hold before the host: name and password.
    header = _ascii(parts.netloc.rpartition("@")[2])
    return Origin(parts.scheme.encode(), host, port, header)


def _ascii(name: str) -> bytes:
    return name.encode("ascii" if name.isascii() else "idna")


def wire_of(request: HttpRequest, target: str, origin: Origin) -> Wire:
    """Return a request with ``Host`` and ``Content-Length``, in bytes."""
    headers = [(b"Host", origin.header)]
    headers += [(name.encode("ascii"), value.encode("latin-1")) for name, value in request.headers.items()]
    wire = Wire(
        request.method,
        target.encode("ascii"),
        headers,
        request.body,
        None if request.source is None else GuardedSource(request.source),
        None if request.sink is None else GuardedSink(request.sink),
        request.idle,
    )
    if wire.length or request.method in ("POST", "PUT"):
        headers.append((b"Content-Length", b"%d" % wire.length))
    return wire


def forwarded(wire: Wire, origin: Origin, proxy: Proxy) -> Wire:
    """Let a request be one to the proxy itself, which passes it on."""
    wire.target = b"http://%b:%d%b" % (bracketed(origin.host).encode("ascii"), origin.port, wire.target)
    wire.headers = [*wire.headers, *proxy.proof()]
    return wire


def received(status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> HttpResponse:
    """Return the port's own answer."""
    plain: dict[str, str] = {}
    cookies: list[str] = []
    for raw_name, raw_value in headers:
        name = raw_name.decode("latin-1").lower()
        value = raw_value.decode("latin-1")
        if name == "set-cookie":
            cookies.append(value)
        elif name in plain:
            plain[name] += ", " + value
        else:
            plain[name] = value
    return HttpResponse(status, plain, body, cookies)


def plain_headers(headers: list[tuple[bytes, bytes]]) -> Mapping[str, str]:
    """Return the headers of an answer as the core reads them."""
    return received(0, headers, b"").headers


def failure_of(error: BaseException) -> PortFailure:
    """Return what an error of the transport means to the core, in words without its types."""
    if isinstance(error, TimeoutError):
        return PortFailure("no answer in time", sent=True, timed_out=True)
    if isinstance(error, h11.LocalProtocolError):
        return PortFailure(f"the request cannot be sent: {error}", sent=False, permanent=True)
    if isinstance(error, h11.ProtocolError):
        return PortFailure(_protocol_words(str(error)), sent=True)
    return _failure(_root(error), sent=True)


def connect_failure(error: BaseException, proxy: Proxy | None) -> PortFailure:
    """Return what it means that no connection was made: to the server, or where it is given, to the proxy."""
    if isinstance(error, TimeoutError):
        words = "no connection in time" if proxy is None else f"no connection to the proxy {proxy} in time"
        return PortFailure(words, sent=False, timed_out=True)
    if isinstance(error, h11.ProtocolError):
        words = _protocol_words(str(error))
        return PortFailure(words if proxy is None else f"the proxy {proxy}: {words}", sent=False)
    cause = _root(error)
    failure = _failure(cause, sent=False)
    if proxy is None:
        return failure
    words = f"the proxy {proxy}: {failure}"
    if isinstance(cause, socket.gaierror):
        words = (
            f"the proxy {proxy} cannot be found ({cause.strerror}); is it spelled right in the environment?"
        )
    return PortFailure(words, sent=False, permanent=failure.permanent)


def _failure(cause: BaseException, sent: bool) -> PortFailure:
    if isinstance(cause, ssl.SSLError):
        return _tls_failure(cause, sent)
    if isinstance(cause, socket.gaierror):
        words = f"the host's address cannot be found ({cause.strerror}); is the endpoint spelled right?"
        return PortFailure(words, sent=False, permanent=cause.errno == socket.EAI_NONAME)
    words = str(cause) or type(cause).__name__
    if isinstance(cause, OSError) and cause.errno:
        words = os.strerror(cause.errno)  # asyncio puts the address into its own words
    return PortFailure(f"connection {'lost' if sent else 'failed'}: {words}", sent=sent)


def _tls_failure(cause: ssl.SSLError, sent: bool) -> PortFailure:
    if isinstance(cause, ssl.SSLCertVerificationError):
        words = f"the server's certificate is not trusted: {cause.verify_message}; {CA_REMEDY}"
        return PortFailure(words, sent=False, permanent=True)
    reason = cause.reason or str(cause)
    if sent:
        return PortFailure(f"connection lost: TLS failed ({reason})", sent=True)
    wrong = reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE")
    hint = "; does the endpoint speak https?" if wrong else ""
    return PortFailure(f"TLS failed ({reason}){hint}", sent=False, permanent=wrong)


def upgrade_failure(error: Exception, timed_out: bool) -> PortFailure:
    """Return what it means that a websocket could not be opened."""
    if timed_out or isinstance(error, TimeoutError):
        return PortFailure("no connection in time", sent=False, timed_out=True)
    if isinstance(error, ImportError):
        words = f"the proxy of the environment needs a package that is missing: {error}"
        return PortFailure(words, sent=False, permanent=True)
    if isinstance(error, OSError):
        return _failure(_root(error), sent=False)
    return PortFailure(f"the answer is not that of a websocket ({type(error).__name__})", sent=False)


def closing_words(closed: Exception) -> str:
    """Say how a websocket ended, with the code and reason that the other side gave."""
    frame = getattr(closed, "rcvd", None)
    if frame is None:
        return "the websocket was lost without a closing frame"
    reason = f" ({frame.reason})" if frame.reason else ""
    return f"the websocket was closed with code {frame.code}{reason}"


def frames_proxy(url: str) -> str | None:
    """Return the proxy's URL for a websocket's URL, or None."""
    parts = urlsplit(url)
    return proxy_address(
        parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "wss" else 80)
    )


def proxy_for(origin: Origin) -> Proxy | None:
    """Return the proxy that the environment names for a host (``HTTPS_PROXY``, ``ALL_PROXY``, ``NO_PROXY`` ...)."""
    address = proxy_address(origin.scheme.decode("ascii"), origin.host, origin.port)
    if address is None:
        return None
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        port, parts = None, urlsplit("")
    if parts.scheme not in PROXY_SCHEMES or not parts.hostname:
        # Not the address itself: it may hold a password.
        raise PortFailure(
            "the proxy that the environment names has no usable address, such as http://proxy.example:3128",
            sent=False,
            permanent=True,
        )
    user = (unquote(parts.username), unquote(parts.password or "")) if parts.username is not None else None
    default = {"http": 80, "https": 443}.get(parts.scheme, 1080)
    return Proxy(parts.scheme, _ascii(parts.hostname).decode("ascii"), port or default, user)


def proxy_address(scheme: str, host: str, port: int) -> str | None:
    """Return the proxy's URL for a host, or None to connect directly."""
    if _bypassed(host, port):
        return None
    names = {"wss": ("wss", "https", "all"), "ws": ("ws", "http", "all")}.get(scheme, (scheme, "all"))
    for name in names:
        value = _variable(f"{name}_proxy")
        if value:
            return value if "://" in value else f"http://{value}"
    return None


def _variable(name: str) -> str | None:
    value = os.environ.get(name)
    if value is not None:
        return value
    if name == "http_proxy" and "REQUEST_METHOD" in os.environ:
        return None  # under CGI a visitor sets HTTP_PROXY with a header "Proxy:"
    return os.environ.get(name.upper())


def _bypassed(host: str, port: int) -> bool:
    host = host.lower().strip("[]").rstrip(".")
    for item in (_variable("no_proxy") or "").lower().split(","):
        entry = item.strip()
        if not entry:
            continue
        if entry == "*":
            return True
        name, colon, digits = entry.rpartition(":")
        if colon and digits.isdigit() and ":" not in name:
            if int(digits) != port:
                continue
            entry = name
        entry = entry.strip("[]").removeprefix("*").lstrip(".")
        if host == entry or host.endswith("." + entry):
            return True
        try:
            if ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False):
                return True
        except ValueError:
            continue
    return False


def _root(error: BaseException) -> BaseException:
    """Return what the operating system or TLS said, below whatever was raised because of it."""
    seen = error
    while not isinstance(seen, ssl.SSLError) and not (isinstance(seen, OSError) and seen.errno is not None):
        below = seen.__cause__ or seen.__context__
        if isinstance(seen, BaseExceptionGroup):
            below = seen.exceptions[0]
        if below is None:
            break
        seen = below
    return seen


def _protocol_words(text: str) -> str:
    lower = text.lower()
    if "without sending a response" in lower:
        return "the server closed the connection without an answer"
    if "complete message body" in lower or "incomplete" in lower or "closed connection" in lower:
        return "the answer was cut off"
    return "the answer is not HTTP"
