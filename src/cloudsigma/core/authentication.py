"""How requests prove who sends them: HTTP basic, a bearer token (given or delegated), a cookie login, or not at all."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

from ..config import Settings
from ..credentials import DelegatedCredentials
from ..errors import BadAnswer

if TYPE_CHECKING:
    from .requests import Requests

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_NOTHING: Mapping[str, str] = {}


class Authentication(Protocol):
    """What ``cloudsigma.core.requests.Requests`` asks before and after each attempt."""

    generation: int

    async def headers(self, requests: Requests, method: str, deadline: float) -> Mapping[str, str]:
        """Return the headers to add, after logging in if that is still to be done."""
        ...

    def received(self, cookies: Iterable[str]) -> None:
        """Take note of the raw ``Set-Cookie`` values of an answer."""

    async def renew(self, requests: Requests, generation: int, deadline: float) -> bool:
        """After a 401 to headers of ``generation``, tell whether newer ones are there to try."""
        ...


class FixedHeaders:
    """Credentials that are the same in every request; with no headers, none at all."""

    generation = 0

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    async def headers(self, requests: Requests, method: str, deadline: float) -> Mapping[str, str]:
        return self._headers

    def received(self, cookies: Iterable[str]) -> None:
        pass

    async def renew(self, requests: Requests, generation: int, deadline: float) -> bool:
        return False


class CookieLogin:
    """A session begun with user name and password (``POST /accounts/action/?do=login``).

    Changes carry the session's CSRF token and a ``Referer``. However many calls begin at once, one logs in; when the
    cloud has ended the session, the next refused call begins another.
    """

    def __init__(self, username: str, password: str) -> None:
        self._username = username
        self._password = password
        self._cookies: dict[str, str] = {}
        self.generation = 0

    async def headers(self, requests: Requests, method: str, deadline: float) -> Mapping[str, str]:
        if self.generation == 0:
            await self.renew(requests, 0, deadline)
        cookies = self._cookies.copy()  # threads may change them meanwhile
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        if method not in _SAFE:
            headers["X-CSRFToken"] = cookies.get("csrftoken", "").strip('"')
            headers["Referer"] = requests.settings.api_endpoint
        return headers

    def received(self, cookies: Iterable[str]) -> None:
        _learn(self._cookies, cookies)

    async def renew(self, requests: Requests, generation: int, deadline: float) -> bool:
        async with requests.login_lock:
            if self.generation == generation:
                answer = await requests.request(
                    "POST",
                    "accounts/action/",
                    params={"do": "login"},
                    body={"username": self._username, "password": self._password},
                    deadline=deadline,
                    repeatable=True,
                    authenticated=False,
                )
                fresh: dict[str, str] = {}
                _learn(fresh, answer.raw.cookies)
                if "sessionid" not in fresh:
                    raise BadAnswer(
                        "the login was answered without a session cookie",
                        answer.status,
                        answer.request_id,
                        method="POST",
                        path="/accounts/action/",
                    )
                self._cookies = fresh
                self.generation += 1
        return True


def _learn(cookies: dict[str, str], lines: Iterable[str]) -> None:
    """Change cookies as ``Set-Cookie`` lines say."""
    for line in lines:
        pair, *attributes = line.split(";")
        name, separator, value = pair.strip().partition("=")
        if not separator or name == "async_auth":
            continue  # the websocket's ticket is read by who asked for it
        if any(attribute.strip().lower() in ("max-age=0", "max-age=-1") for attribute in attributes):
            cookies.pop(name, None)
        else:
            cookies[name] = value


def authentication_for(settings: Settings) -> Authentication:
    """Return the kind of authentication that the settings call for."""
    if isinstance(settings.token, DelegatedCredentials):
        from .delegation import DelegatedLogin

        return DelegatedLogin(settings.token)
    if settings.token:
        return FixedHeaders({"Authorization": f"Bearer {settings.token}"})
    if settings.login_method == "none" or settings.username is None or settings.password is None:
        return FixedHeaders(_NOTHING)
    if settings.login_method == "session":
        return CookieLogin(settings.username, settings.password)
    # UTF-8, as RFC 7617 has it: a password may have letters that latin-1 has not.
    pair = b64encode(f"{settings.username}:{settings.password}".encode()).decode("ascii")
    return FixedHeaders({"Authorization": f"Basic {pair}"})
