"""Delegated tokens: a service's own credentials, exchanged in three steps for a token that acts as a user.

Each of the three tokens is kept until five minutes before its own end, so that usually only the last step is repeated.
No token appears in a message, a log line or a representation.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from ..config import direct_endpoint
from ..credentials import DelegatedCredentials
from ..errors import ApiClientError, AuthError, BadAnswer
from .requests import Answer, Requests

if TYPE_CHECKING:
    from ..config import Settings

LOG = logging.getLogger("cloudsigma")

RENEWED_BEFORE = 300.0
"""Seconds before the end of a token at which it is renewed."""

USER_LIFETIME = 900.0
"""Seconds that a user's token is good for when the answer does not say."""

TRIED_AGAIN = 30.0
"""Seconds until a renewal that failed is tried again, as long as the token at hand is good."""

PATIENCE = 10.0
"""Seconds that a renewal may take, and keep a call from being made with the token at hand."""

TOKEN_PATH = "/realms/cloudsigma/protocol/openid-connect/token"  # noqa: S105  (a path)
IMPERSONATE_PATH = "/service_provider/api/v1/user/impersonate"
UMA_TICKET = "urn:ietf:params:oauth:grant-type:uma-ticket"
AUDIENCE = "service_provider_api"

_FORM = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class Token:
    """A token, and the times of the port's clock at which it is renewed and ends."""

    value: str = field(repr=False)
    renewed: float
    ends: float

    @property
    def bearer(self) -> dict[str, str]:
        """The header that shows it."""
        return {"Authorization": f"Bearer {self.value}"}


class DelegatedLogin:
    """The authentication of a client with ``cloudsigma.credentials.DelegatedCredentials``.

    However many calls begin at once, one exchanges. A refused token is exchanged anew from the first step. When a
    renewal fails, the token at hand serves until its end.
    """

    def __init__(self, credentials: DelegatedCredentials) -> None:
        self._credentials = credentials
        self._service: Token | None = None
        self._ticket: Token | None = None
        self._user: Token | None = None
        self.generation = 0

    def received(self, cookies: Iterable[str]) -> None:
        """Take no note of cookies: each request carries the token."""

    async def headers(self, requests: Requests, method: str, deadline: float) -> Mapping[str, str]:
        """Return the header with the user's token, after getting or renewing it if that is due."""
        token = self._user
        if token is None or requests.port.now() >= token.renewed:
            async with requests.login_lock:
                if self._user is token:
                    await self._renew_if_possible(requests, deadline)
                token = self._user
        assert token is not None
        return token.bearer

    async def renew(self, requests: Requests, generation: int, deadline: float) -> bool:
        """After a 401, get a new token from the first step on, unless somebody has done so already."""
        async with requests.login_lock:
            if self.generation == generation:
                self._forget()
                await self._exchange(requests, deadline)
        return True

    async def _renew_if_possible(self, requests: Requests, deadline: float) -> None:
        present, now = self._user, requests.port.now()
        good = present is not None and now < present.ends
        try:
            if good:
                await self._exchange(requests, min(deadline, now + PATIENCE), retries=0)
            else:
                await self._exchange(requests, deadline)
        except ApiClientError as error:
            now = requests.port.now()
            if present is None or now >= present.ends:
                raise
            present.renewed = min(now + TRIED_AGAIN, present.ends)
            LOG.warning("the delegated token could not be renewed and is used until its end: %s", error)

    async def _exchange(self, requests: Requests, deadline: float, retries: int | None = None) -> None:
        now = requests.port.now()
        kept = self._service is not None and now < self._service.renewed
        try:
            await self._steps(requests, deadline, retries)
        except AuthError:
            if not kept:
                raise
            self._service = self._ticket = None  # what was kept may have been withdrawn
            await self._steps(requests, deadline, retries)
        self.generation += 1

    async def _steps(self, requests: Requests, deadline: float, retries: int | None) -> None:
        given, port = self._credentials, requests.port
        identity = _Exact(requests, given.oauth_endpoint, retries)
        if self._service is None or port.now() >= self._service.renewed:
            form = {
                "grant_type": "client_credentials",
                "client_id": given.client_id,
                "client_secret": given.client_secret,
            }
            self._service = await identity.token(TOKEN_PATH, "client credentials", form, deadline)
            self._ticket = None
        if self._ticket is None or port.now() >= self._ticket.renewed:
            form = {"grant_type": UMA_TICKET, "audience": AUDIENCE}
            self._ticket = await identity.token(TOKEN_PATH, "ticket", form, deadline, shown=self._service)
        provider = _Exact(requests, given.service_endpoint or _direct_origin(requests.settings), retries)
        body = {"user_email": given.user_email, "subject_token": self._service.value}
        self._user = await provider.token(
            IMPERSONATE_PATH, "impersonation", body, deadline, shown=self._ticket, lifetime=USER_LIFETIME
        )

    def _forget(self) -> None:
        self._service = self._ticket = self._user = None


class _Exact(Requests):
    """Requests to a service beside the API: its paths are taken as they are, and it gets no credentials but those given."""

    def __init__(self, requests: Requests, origin: str, retries: int | None) -> None:
        settings = replace(
            requests.settings,
            retries=requests.settings.retries if retries is None else retries,
            api_endpoint=origin.rstrip("/") + "/",
            username=None,
            password=None,
            token=None,
            login_method="none",
        )
        super().__init__(requests.port, settings)

    def url(self, path: str, params: Mapping[str, Any] | None = None) -> str:
        """Return the full URL; no slash is added, for these services know none."""
        return self.origin + path

    async def token(
        self,
        path: str,
        step: str,
        body: Mapping[str, str],
        deadline: float,
        *,
        shown: Token | None = None,
        lifetime: float | None = None,
    ) -> Token:
        """Ask for a token; ``shown`` is the one to show for it, ``lifetime`` is meant when the answer has none."""
        headers = dict(shown.bearer) if shown is not None else {}
        content: Any = dict(body)
        if path == TOKEN_PATH:
            headers["Content-Type"] = _FORM
            content = urlencode(body).encode("ascii")
        asked = self.port.now()
        try:
            answer = await self.request(
                "POST",
                path,
                body=content,
                headers=headers,
                deadline=deadline,
                repeatable=True,
                authenticated=False,
            )
        except ApiClientError as error:
            raise _told(error, step) from error
        return _token_in(answer, step, asked, lifetime)


def _told(error: ApiClientError, step: str) -> ApiClientError:
    """Return the error with the step that failed; a refusal of the credentials is one of authentication."""
    refused = error.status_code in (400, 401, 403, 404)
    told: type[ApiClientError] = AuthError if refused else type(error)
    return told(
        f"the delegated token was not given ({step}): {error.message}",
        error.status_code,
        error.request_id,
        method=error.method,
        path=error.path,
    )


def _token_in(answer: Answer, step: str, asked: float, lifetime: float | None) -> Token:
    data = answer.data if isinstance(answer.data, dict) else {}
    value, seconds = data.get("access_token"), data.get("expires_in", lifetime)
    fit = isinstance(value, str) and value.isascii() and value.isprintable() and value.split() == [value]
    if answer.status != 200 or not fit or isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise BadAnswer(
            f"the delegated token was not given ({step}): the answer has no access_token or no expires_in",
            answer.status,
            answer.request_id,
            method="POST",
            path=urlsplit(answer.request.url).path,
        )
    # Reckoned from before the request was sent: too early does no harm.
    ahead = RENEWED_BEFORE if seconds > RENEWED_BEFORE else seconds / 2
    return Token(str(value), asked + seconds - ahead, asked + seconds)


def _direct_origin(settings: Settings) -> str:
    parts = urlsplit(direct_endpoint(settings.api_endpoint))
    return f"{parts.scheme}://{parts.netloc}"
