"""Where the settings of a client come from: arguments, the environment, a profile, the configuration file.

The file has the old library's format (``key = value``, read with configobj); its sections are profiles:

    api_endpoint = https://zrh.cloudsigma.com/api/2.0/
    username = user@example.com
    password = "a secret, with # and comma"

    [test]
    location = fra

A value with ``#`` must be quoted, or what follows the ``#`` is a comment, as it always was. A value with a comma and
no quotes, which the old library read as a list and then failed on, is read as the text that stands there.
"""

from __future__ import annotations

import os
import re
import stat
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict, Unpack
from urllib.parse import SplitResult, urlsplit

from .credentials import DelegatedCredentials
from .errors import ConfigurationError, ConfigurationWarning

DEFAULT_TIMEOUT = 60.0
DEFAULT_RETRIES = 4
LOGIN_METHODS = ("basic", "session", "none")
KEYS = (
    "location",
    "api_endpoint",
    "ws_endpoint",
    "username",
    "password",
    "token",
    "login_method",
    "timeout",
    "retries",
)

_LOCATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*\Z")
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?\Z|\[[0-9A-Fa-f:.]+\]\Z")
_CUT = re.compile(r"""\s*(password|token)\s*=\s*[^'"#\s][^#]*(?<=\S)#|\s*(password|token)\s*=\s*[^'"#\s]#""")
_ADDRESS = re.compile(r"\[.*\]\Z|[0-9.]+\Z")


@dataclass(frozen=True)
class Settings:
    """The settings of one client. ``timeout`` is in seconds for a whole call with its repetitions; None is no limit.

    ``retries`` is how often a request is repeated at most; ``login_method`` is ``basic``, ``session`` (cookie) or
    ``none``. ``source`` is the file that was read, if one was.
    """

    api_endpoint: str
    ws_endpoint: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | DelegatedCredentials | None = field(default=None, repr=False)
    login_method: str = "basic"
    timeout: float | None = DEFAULT_TIMEOUT
    retries: int = DEFAULT_RETRIES
    profile: str | None = None
    source: str | None = None


class Options(TypedDict, total=False):
    """What can be set by argument; None means the same as leaving it out."""

    profile: str | None
    """Section of the configuration file."""
    location: str | None
    """Short code of a location, such as ``zrh``, in place of the endpoints."""
    api_endpoint: str | None
    """Address of the API, such as ``https://zrh.cloudsigma.com/api/2.0/``."""
    ws_endpoint: str | None
    """Address of the websocket; derived from ``api_endpoint`` when not given."""
    username: str | None
    """The account's e-mail address."""
    password: str | None
    token: str | DelegatedCredentials | None
    """Bearer token, or credentials that get one, in place of user name and password."""
    login_method: str | None
    """``basic`` (default), ``session`` for a cookie login, or ``none``."""
    timeout: float | None
    """Seconds that a call may take with all its repetitions (60); ``math.inf`` for no limit."""
    retries: int | None
    """How often a request is repeated at most (4)."""


class Layer:
    """One place that settings come from, with the name to use in messages."""

    def __init__(self, values: Mapping[str, Any], source: str, prefix: str = "") -> None:
        self.values = {key: value for key, value in values.items() if value is not None}
        self.source = source
        self._prefix = prefix

    def error(self, key: str, problem: str) -> ConfigurationError:
        """Return the error that names this place and the key."""
        name = f"{self._prefix}{key.upper()}" if self._prefix else key
        return configuration_error(f"{self.source}: {name} {problem}", self.source, key)


def configuration_error(
    message: str, source: str | None = None, key: str | None = None
) -> ConfigurationError:
    """Return an error with the place and the setting at fault."""
    error = ConfigurationError(message)
    error.source = source
    error.key = key
    return error


def config_path(environ: Mapping[str, str] | None = None) -> Path:
    """Return the path of the configuration file: ``CLOUDSIGMA_CONFIG``, or ``~/.cloudsigma.conf``."""
    named = (os.environ if environ is None else environ).get("CLOUDSIGMA_CONFIG")
    return Path(named).expanduser() if named else Path.home() / ".cloudsigma.conf"


def load_settings(*, environ: Mapping[str, str] | None = None, **options: Unpack[Options]) -> Settings:
    """Return the settings: an argument goes before the environment, that before the profile, that before the file.

    ``environ`` stands in for the environment. Raises ``cloudsigma.errors.ConfigurationError`` with the file or
    variable, the key, and what to do.
    """
    environ = os.environ if environ is None else environ
    unknown = set(options) - {*KEYS, "profile"}
    if unknown:
        raise TypeError(
            f"there is no setting {', '.join(sorted(unknown))}; there are profile, {', '.join(KEYS)}"
        )
    arguments = Layer({key: options.get(key) for key in KEYS}, "arguments")
    variables = {
        key: environ.get(f"CLOUDSIGMA_{key.upper()}") or None
        for key in KEYS
        if key not in ("login_method", "timeout", "retries")
    }
    layers = [arguments, Layer(variables, "environment", "CLOUDSIGMA_")]
    path = config_path(environ)
    profile = options.get("profile") or environ.get("CLOUDSIGMA_PROFILE") or None
    file = read_config(path, required=bool(environ.get("CLOUDSIGMA_CONFIG")) or profile is not None)
    if file is not None:
        layers += _file_layers(file, str(path), profile)
    endpoint, ws = _endpoints(layers, path, file is not None)
    found_method, method_layer = _find(layers, "login_method")
    method = str(found_method or "basic").lower()
    if method not in LOGIN_METHODS and method_layer is not None:
        raise method_layer.error(
            "login_method", f"is {method!r}; it must be one of {', '.join(LOGIN_METHODS)}"
        )
    credentials = _credentials(layers, method, path)
    if isinstance(credentials["token"], DelegatedCredentials):
        endpoint = direct_endpoint(endpoint)
    return Settings(
        api_endpoint=endpoint,
        ws_endpoint=ws,
        **credentials,
        login_method=method,
        timeout=_seconds(layers),
        retries=_count(layers),
        profile=profile,
        source=str(path) if file is not None else None,
    )


def read_config(path: Path, required: bool) -> dict[str, Any] | None:
    """Return the file's keys and sections, or None when there is no file and none is ``required``.

    Warns with ``cloudsigma.errors.ConfigurationWarning`` when others than the owner can read it.
    """
    source = str(path)
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read()
    except FileNotFoundError:
        if not required:
            return None
        raise configuration_error(
            f"{source}: there is no such file; write one with api_endpoint, username and password, "
            f"or unset CLOUDSIGMA_CONFIG",
            source,
        ) from None
    except OSError as error:
        raise configuration_error(f"{source}: cannot be read: {error.strerror}", source) from None
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO) and stat.S_ISREG(mode):
        warnings.warn(
            f"{source}: others can read this file with credentials; make it yours alone: chmod 600 {source}",
            ConfigurationWarning,
            stacklevel=2,
        )
    return parse_config(content, source)


def parse_config(content: bytes, source: str) -> dict[str, Any]:
    """Return the keys (as text) and sections (as dicts of text) of a configuration file."""
    from configobj import ConfigObj, ConfigObjError

    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise configuration_error(f"{source}: is not text in UTF-8", source) from None
    try:
        # Once as the old library reads it, once with the raw text for values that it takes for lists.
        quoted = ConfigObj(lines, interpolation=True, list_values=True, raise_errors=True)
        raw = ConfigObj(lines, interpolation=False, list_values=False, raise_errors=True)
    except ConfigObjError as error:
        number = getattr(error, "line_number", None)
        # The message of the parser quotes the line, which may be the password's.
        where = f"line {number}" if number else "the file"
        raise configuration_error(
            f"{source}: {where} cannot be understood; write key = value, and quote values with quotes, "
            f"commas or '#' in them",
            source,
        ) from None
    for line in lines:
        if cut := _CUT.match(line):
            warnings.warn(
                f"{source}: {cut[1] or cut[2]} ends before the '#', as it is not quoted; quote it if the '#' belongs to it",
                ConfigurationWarning,
                stacklevel=2,
            )
    return _plain(quoted, raw)


def endpoint_of_location(location: str) -> str:
    """Return the API endpoint of a location's short code."""
    return f"https://{location.lower()}.cloudsigma.com/api/2.0/"


def websocket_of_endpoint(api_endpoint: str) -> str:
    """Return where the websocket of an API endpoint usually is: the ``direct.`` host, or a bare address itself."""
    parts = urlsplit(api_endpoint)
    return f"{'wss' if parts.scheme == 'https' else 'ws'}://{_direct(parts)}/websocket"


def direct_endpoint(api_endpoint: str) -> str:
    """Return an API endpoint on the ``direct.`` host, where delegated tokens are good; a bare address stays as it is."""
    parts = urlsplit(api_endpoint)
    return f"{parts.scheme}://{_direct(parts)}{parts.path}"


def _direct(parts: SplitResult) -> str:
    host = (parts.hostname or "").removeprefix("direct.")
    if ":" in host:
        host = f"[{host}]"
    if not (_ADDRESS.match(host) or host == "localhost" or "." not in host):
        host = f"direct.{host}"
    return f"{host}:{parts.port}" if parts.port else host


def normal_endpoint(value: str, layer: Layer, key: str, schemes: tuple[str, ...]) -> str:
    """Return an endpoint with a checked scheme and host; an API endpoint ends with a slash."""
    value = value.strip()
    example = (
        "https://zrh.cloudsigma.com/api/2.0/"
        if key == "api_endpoint"
        else "wss://direct.zrh.cloudsigma.com/websocket"
    )
    if "@" in value.split("://", 1)[-1].split("/", 1)[0]:
        raise layer.error(key, "must not hold a user name or password; set username and password instead")
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise layer.error(key, f"is not a URL; an example: {example}") from None
    if parts.scheme.lower() not in schemes:
        raise layer.error(
            key, f"must begin with {' or '.join(f'{each}://' for each in schemes)}; an example: {example}"
        )
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    if not _HOST.match(host) or parts.query or parts.fragment or re.search(r"\s", value):
        raise layer.error(key, f"is not a usable URL; an example: {example}")
    path = parts.path
    if key == "api_endpoint" and not path.endswith("/"):
        path += "/"
    default = {"https": 443, "http": 80, "wss": 443, "ws": 80}[parts.scheme.lower()]
    netloc = host if port is None or port == default else f"{host}:{port}"
    return f"{parts.scheme.lower()}://{netloc}{path}"


def _endpoints(layers: list[Layer], path: Path, file_exists: bool) -> tuple[str, str]:
    for index, layer in enumerate(layers):
        if "api_endpoint" in layer.values:
            endpoint = normal_endpoint(
                str(layer.values["api_endpoint"]), layer, "api_endpoint", ("https", "http")
            )
        elif "location" in layer.values:
            location = str(layer.values["location"])
            if not _LOCATION.match(location):
                raise layer.error("location", "must be a short code such as zrh")
            endpoint = endpoint_of_location(location)
        else:
            continue
        # A websocket endpoint from further down would belong to another cloud than this endpoint.
        ws, ws_layer = _find(layers[: index + 1], "ws_endpoint")
        if ws is not None and ws_layer is not None:
            return endpoint, normal_endpoint(str(ws), ws_layer, "ws_endpoint", ("wss", "ws"))
        return endpoint, websocket_of_endpoint(endpoint)
    remedy = "set api_endpoint (or location), as an argument, in CLOUDSIGMA_API_ENDPOINT, or in the file"
    if file_exists:
        raise configuration_error(f"{path}: api_endpoint is missing; {remedy}", str(path), "api_endpoint")
    raise configuration_error(
        f"there is no configuration: {path} does not exist and no endpoint is given; {remedy}",
        str(path),
        "api_endpoint",
    )


def _credentials(layers: list[Layer], method: str, path: Path) -> dict[str, Any]:
    nothing: dict[str, Any] = {"username": None, "password": None, "token": None}
    if method == "none":
        return nothing
    for layer in layers:
        if "token" in layer.values:
            token = layer.values["token"]
            if isinstance(token, DelegatedCredentials):
                return {**nothing, "token": token}
            token = str(token)
            if not token.isascii() or not token.isprintable() or " " in token:
                raise layer.error("token", "has characters that no token has")
            return {**nothing, "token": token}
        if "username" in layer.values or "password" in layer.values:
            break
    found = dict(nothing)
    for key in ("username", "password"):
        value, _ = _find(layers, key)
        if value is None:
            raise configuration_error(
                f"{path}: {key} is missing; set it there, as an argument, or in CLOUDSIGMA_{key.upper()} "
                f"(or give a token)",
                str(path),
                key,
            )
        found[key] = str(value)
    if method == "basic" and ":" in str(found["username"]):
        raise configuration_error(
            "username has a colon, which HTTP basic cannot carry", str(path), "username"
        )
    return found


def _seconds(layers: list[Layer]) -> float | None:
    value, layer = _find(layers, "timeout")
    if value is None or layer is None:
        return DEFAULT_TIMEOUT
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = -1.0
    if not seconds > 0:
        raise layer.error("timeout", "must be a number of seconds above 0")
    return None if seconds == float("inf") else seconds


def _count(layers: list[Layer]) -> int:
    value, layer = _find(layers, "retries")
    if value is None or layer is None:
        return DEFAULT_RETRIES
    try:
        count = int(value)
    except (TypeError, ValueError):
        count = -1
    if count < 0:
        raise layer.error("retries", "must be a whole number, 0 or more")
    return count


def _find(layers: list[Layer], key: str) -> tuple[Any, Layer | None]:
    for layer in layers:
        if key in layer.values:
            return layer.values[key], layer
    return None, None


def _file_layers(file: dict[str, Any], source: str, profile: str | None) -> list[Layer]:
    layers = []
    if profile is not None:
        section = file.get(profile)
        if not isinstance(section, dict):
            known = sorted(name for name, value in file.items() if isinstance(value, dict))
            listed = f"its profiles are {', '.join(known)}" if known else "it has no profiles"
            raise configuration_error(f"{source}: there is no profile {profile!r}; {listed}", source, profile)
        layers.append(Layer(_known(section), f"{source} [{profile}]"))
    layers.append(Layer(_known(file), source))
    return layers


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {key: values[key] for key in KEYS if isinstance(values.get(key), str) and values[key] != ""}


def _plain(section: Any, raw: Any) -> dict[str, Any]:
    from configobj import InterpolationError

    plain: dict[str, Any] = {}
    for key in section:
        try:
            value = section[key]
        except InterpolationError:
            value = dict.__getitem__(section, key)  # a password may look like one: pass%(word)s
        if isinstance(value, dict):
            plain[key] = _plain(value, raw[key])
        else:
            plain[key] = raw[key] if isinstance(value, list) else value
    return plain
