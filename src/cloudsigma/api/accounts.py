"""Accounts: opening one, and logging in."""

from __future__ import annotations

from ..core.call import F, call
from ..errors import BadAnswer, InvalidArgument
from ..records.account import AccountCreated, LoginResult
from .collection import Collection, object_in


class Accounts(Collection[F]):
    """The actions on accounts (``/accounts/action/``)."""

    _path = "accounts"

    @call
    async def create(self, email: str, promo: str | None = None) -> AccountCreated:
        """Open an account; the person then confirms it by mail and sets a password.

        ``email`` becomes the login name; ``promo`` is a promotion code. Needs no credentials. Raises ``cloudsigma.errors.ValidationError``.
        """
        body = {"email": email, "promo": promo}
        answer = await self._requests.request(
            "POST", "accounts/action/", params={"do": "create"}, body=body, authenticated=False
        )
        return object_in(answer, AccountCreated)

    @call
    async def login(self, username: str | None = None, password: str | None = None) -> LoginResult:
        """Ask the cloud to check a ``username`` and ``password``, by default the client's own; return whose they are.

        A client logs in by itself when it has to; this call leaves its session alone. Raises
        ``cloudsigma.errors.AuthError`` for wrong ones.
        """
        return await self._login("login", username, password)

    @call
    async def logout(self) -> None:
        """End the client's session; its next call begins another. Without a cookie login it changes nothing."""
        await self._requests.request("POST", "accounts/action/", params={"do": "logout"}, body={})

    @call
    async def check_login(self) -> bool:
        """Return True when the client's credentials are good. Raises ``cloudsigma.errors.AuthError`` if not."""
        await self._requests.request(
            "POST", "accounts/action/", params={"do": "check_login"}, body={}, repeatable=True
        )
        return True

    @call
    async def check_login_with_return_uuid(
        self, username: str | None = None, password: str | None = None
    ) -> LoginResult:
        """Return whose a ``username`` and ``password`` are, by default the client's credentials of whatever kind.

        The uuid is None where the location does not tell it. Raises ``cloudsigma.errors.AuthError``.
        """
        if username is not None or password is not None:
            return await self._login("check_login_with_return_uuid", username, password)
        answer = await self._requests.request(
            "POST",
            "accounts/action/",
            params={"do": "check_login_with_return_uuid"},
            body={},
            repeatable=True,
        )
        return LoginResult(answer.data if isinstance(answer.data, dict) else {})

    @call
    async def authenticate_asynchronous(self) -> str:
        """Return a ticket for the websocket: the value of its ``async_auth`` cookie, good for two minutes.

        It is a secret. ``events()`` of the client gets its own.
        """
        answer = await self._requests.request(
            "POST",
            "accounts/action/",
            params={"do": "authenticate_asynchronous"},
            body={},
            repeatable=True,
        )
        for cookie in answer.raw.cookies:
            name, _, value = cookie.partition(";")[0].strip().partition("=")
            if name == "async_auth" and value:
                return value
        raise BadAnswer(
            "the answer has no async_auth cookie",
            answer.status,
            answer.request_id,
            method="POST",
            path="/accounts/action/?do=authenticate_asynchronous",
        )

    async def _login(self, action: str, username: str | None, password: str | None) -> LoginResult:
        settings = self._requests.settings
        username = settings.username if username is None else username
        password = settings.password if password is None else password
        if not username or not password:
            raise InvalidArgument("a username and a password are needed; the client has none of its own")
        answer = await self._requests.request(
            "POST",
            "accounts/action/",
            params={"do": action},
            body={"username": username, "password": password},
            authenticated=False,
            repeatable=True,
        )
        return LoginResult(answer.data if isinstance(answer.data, dict) else {})
