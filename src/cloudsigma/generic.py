"""The old low-level client: any path of the API, plain data in and out.

New programs use ``cloudsigma.CloudSigma.request``.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, unquote, urljoin, urlparse, urlunparse

from . import conf
from .config import KEYS, Settings, configuration_error, load_settings
from .core.call import run
from .errors import BadAnswer, InvalidArgument
from .legacy.websocket_client import WebsocketClient

if TYPE_CHECKING:
    from .legacy.response import Response
    from .legacy.transport import Http

__all__ = [
    "GenericClient",
    "WebsocketClient",
    "get_client",
    "get_parse_qsl",
    "get_unquote",
    "get_urljoin",
    "get_urlparse",
    "get_urlunparse",
    "wrap_with_log_hook",
]

LOG = logging.getLogger(__name__)
_JSON = {"Content-Type": "application/json"}


def wrap_with_log_hook(
    log_level: str | None, next_hook: Callable[..., Any] | None = None
) -> Callable[..., Any]:
    """Return a response hook that logs the exchange at a level such as ``"DEBUG"`` and then calls ``next_hook``.

    Headers and the values in bodies stay out of the log.
    """
    following = next_hook or _nothing
    if not log_level:
        return following
    level = logging.getLevelName(log_level.upper())
    if not isinstance(level, int):
        LOG.error("request_log_level %r is not a level of the logging module", log_level)
        return following

    def log_hook(response: Response, *args: Any, **kwargs: Any) -> Any:
        if LOG.isEnabledFor(level):
            from .legacy.response import log_line

            LOG.log(level, "%s", log_line(response))
        return following(response, *args, **kwargs)

    return log_hook


def _nothing(response: Response, *args: Any, **kwargs: Any) -> None:
    pass


def settings_of(
    api_endpoint: str | None = None,
    username: str | None = None,
    password: str | None = None,
    login_method: str | None = None,
    ws_endpoint: str | None = None,
) -> Settings:
    """Return the settings of a client: arguments, what the program put into ``conf.config``, environment, file."""
    changed = {key: conf.config.changes[key] for key in KEYS if conf.config.changes.get(key)}
    if api_endpoint:
        # An endpoint given by hand must not be paired with the other endpoint of an assignment.
        changed.pop("ws_endpoint", None)
        changed.pop("location", None)
    given: dict[str, Any] = {
        "api_endpoint": api_endpoint,
        "username": username,
        "password": password,
        "login_method": login_method,
        "ws_endpoint": ws_endpoint,
    }
    return load_settings(**{**changed, **{key: value for key, value in given.items() if value}})


class GenericClient:
    """Talk to the API by path.

    Arguments: ``api_endpoint``, ``username`` and ``password``, by default those of the environment or the
    configuration file; ``login_method``, one of ``LOGIN_METHODS`` (``session`` and ``none`` go before the file's
    ``login_method``); ``request_log_level``, a level's name: each exchange is logged there, without secrets.

    ``resp`` is the last answer that the calling thread got; ``response_hook`` is called with each answer.

    Raises ``cloudsigma.errors.ConfigurationError`` when a setting is missing or malformed.
    """

    LOGIN_METHOD_BASIC = "basic"
    LOGIN_METHOD_SESSION = "session"
    LOGIN_METHOD_NONE = "none"
    LOGIN_METHODS = (
        LOGIN_METHOD_BASIC,
        LOGIN_METHOD_SESSION,
        LOGIN_METHOD_NONE,
    )

    def __init__(
        self,
        api_endpoint: str | None = None,
        username: str | None = None,
        password: str | None = None,
        login_method: str = LOGIN_METHOD_BASIC,
        request_log_level: str | None = None,
    ) -> None:
        if login_method not in self.LOGIN_METHODS:
            raise configuration_error(
                f"login_method is {login_method!r}; it must be one of {', '.join(self.LOGIN_METHODS)}",
                "arguments",
                "login_method",
            )
        chosen = None if login_method == self.LOGIN_METHOD_BASIC else login_method
        self._settings = settings_of(api_endpoint, username, password, chosen)
        self.api_endpoint = self._settings.api_endpoint
        self.username = self._settings.username
        self.password = self._settings.password
        self.login_method = self._settings.login_method
        self.response_hook: Callable[..., Any] | None = None
        level = request_log_level or conf.config.setting("request_log_level")
        self.request_log_level: str | None = str(level).upper() if level else None
        self._local = threading.local()
        if self.login_method == self.LOGIN_METHOD_SESSION:
            self._log_in()

    @property
    def resp(self) -> Response | None:
        """The last answer that this thread got from this client; None before the first and after a lost connection."""
        return getattr(self._local, "resp", None)

    @resp.setter
    def resp(self, response: Response | None) -> None:
        self._local.resp = response

    @property
    def http(self) -> Http:
        """Requests to any address. Only a session's cookies go along, and only to the API itself."""
        from .legacy.transport import Http, requests_for

        requests = requests_for(self._current_settings())[1]
        return Http(
            requests if self.login_method == self.LOGIN_METHOD_SESSION else None, self._settings.timeout
        )

    def get(self, url: str, query_params: Mapping[str, Any] | None = None, return_list: bool = False) -> Any:
        """GET a path and return its data.

        Arguments: ``url``, a path below the API's root, a resource_uri, or a full URL of the API; ``query_params``;
        ``return_list``, False to get the object itself where the answer is a list of one.

        Raises ``cloudsigma.errors.AuthError`` (401), ``cloudsigma.errors.PermissionError`` (403),
        ``cloudsigma.errors.ClientError`` (other 4xx), ``cloudsigma.errors.ServerError`` (5xx) and
        ``cloudsigma.errors.TransportError`` (no answer).
        """
        return self._call("GET", url, None, query_params, return_list)

    def put(
        self, url: str, data: Any, query_params: Mapping[str, Any] | None = None, return_list: bool = False
    ) -> Any:
        """PUT data to a path and return the answer's; arguments and errors are those of ``get``."""
        return self._call("PUT", url, data, query_params, return_list)

    def post(
        self, url: str, data: Any, query_params: Mapping[str, Any] | None = None, return_list: bool = False
    ) -> Any:
        """POST data to a path and return the answer's; arguments and errors are those of ``get``."""
        return self._call("POST", url, data, query_params, return_list)

    def delete(self, url: str, query_params: Mapping[str, Any] | None = None) -> Any:
        """DELETE a path; arguments and errors are those of ``get``. Returns None."""
        return self._call("DELETE", url, None, query_params, False)

    def _call(
        self, method: str, url: str, data: Any, query_params: Mapping[str, Any] | None, return_list: bool
    ) -> Any:
        from .core.requests import encode_params
        from .legacy.transport import requests_for

        port, requests = requests_for(self._current_settings())
        if query_params:
            # A list means the parameter several times, as it did.
            pairs = [
                encode_params({name: each})
                for name, value in query_params.items()
                for each in (value if isinstance(value, (list, tuple)) else [value])
            ]
            url += ("&" if "?" in url else "?") + "&".join(filter(None, pairs))
        port.forget()
        try:
            answer = run(requests.request(method, url, body=_encoded(data), headers=_JSON))
        finally:
            self.resp = port.last()
            if self.resp is not None:
                wrap_with_log_hook(self.request_log_level, self.response_hook)(self.resp)
        if answer.data is None and answer.status in (200, 201):
            raise BadAnswer(
                "the answer is empty, where a document of the API must be",
                answer.status,
                answer.request_id,
                method=method,
                path=urlparse(answer.request.url).path,
            )
        return _unwrapped(answer.data, return_list)

    def _current_settings(self) -> Settings:
        chosen = (self.api_endpoint, self.username, self.password, self.login_method)
        known = self._settings
        if chosen != (known.api_endpoint, known.username, known.password, known.login_method):
            endpoint = self.api_endpoint if self.api_endpoint.endswith("/") else self.api_endpoint + "/"
            self._settings = replace(
                known,
                api_endpoint=endpoint,
                username=self.username,
                password=self.password,
                login_method=self.login_method,
            )
        return self._settings

    def _log_in(self) -> None:
        from .legacy.transport import requests_for

        port, requests = requests_for(self._current_settings())
        port.forget()
        try:
            run(
                requests.authentication.headers(requests, "GET", port.now() + (self._settings.timeout or 1e9))
            )
        finally:
            self.resp = port.last()

    def _get_full_url(self, url: str) -> str:
        from .legacy.transport import requests_for

        return requests_for(self._current_settings())[1].url(url)


def _encoded(data: Any) -> bytes | None:
    if data is None:
        return None
    try:
        return json.dumps(data, default=_number, allow_nan=False).encode()
    except (TypeError, ValueError) as failure:
        raise InvalidArgument(f"the data cannot be written as JSON: {failure}") from None


def _number(value: Any) -> int | float:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


def _unwrapped(data: Any, return_list: bool) -> Any:
    if isinstance(data, dict) and isinstance(data.get("objects"), list):
        objects = data["objects"]
        return objects[0] if len(objects) == 1 and not return_list else objects
    return data


def get_client() -> type[GenericClient]:
    """Return the class of clients: what the configuration's ``client`` (``module:Class``) names, or GenericClient.

    Raises ``cloudsigma.errors.ConfigurationError`` when there is no such class.
    """
    name = conf.config.setting("client")
    if not name:
        return GenericClient
    from importlib import import_module

    module, colon, attribute = str(name).partition(":")
    try:
        if not colon:
            raise ValueError("it must read module:Class")
        return cast("type[GenericClient]", getattr(import_module(module), attribute))
    except (ImportError, AttributeError, ValueError) as failure:
        raise configuration_error(
            f"client = {name} names no class: {failure}", conf.CONFIG_LOCATION, "client"
        ) from failure


def get_urlparse() -> Callable[..., Any]:
    """Return ``urllib.parse.urlparse``."""
    return urlparse


def get_urljoin() -> Callable[..., Any]:
    """Return ``urllib.parse.urljoin``."""
    return urljoin


def get_urlunparse() -> Callable[..., Any]:
    """Return ``urllib.parse.urlunparse``."""
    return urlunparse


def get_unquote() -> Callable[..., Any]:
    """Return ``urllib.parse.unquote``."""
    return unquote


def get_parse_qsl() -> Callable[..., Any]:
    """Return ``urllib.parse.parse_qsl``."""
    return parse_qsl
