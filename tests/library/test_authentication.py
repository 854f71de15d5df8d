"""How requests prove who sends them, on both faces: basic, bearer, cookie login."""

from __future__ import annotations

import base64
import threading
from typing import Any

import pytest

from cloudsigma import errors
from cloudsigma.core.requests import Requests

from .faces import FACES, on
from .scripted import Scripted, Seen, api_error, http

pytestmark = pytest.mark.parametrize("face", FACES)


class Sessions:
    """A server that knows cookie logins only; ``end()`` ends every session."""

    def __init__(self) -> None:
        self.logins = 0
        self.valid = 0
        self.lock = threading.Lock()

    def end(self) -> None:
        self.valid = 0

    def __call__(self, connection: Any, seen: Seen) -> bool:
        connection.sendall(self.answer(seen))
        return True

    def answer(self, seen: Seen) -> bytes:
        if seen.target.endswith("/accounts/action/?do=login"):
            assert "authorization" not in seen.headers
            assert "cookie" not in seen.headers
            if seen.json != {"username": "user@example.com", "password": "pässwörd€"}:
                return api_error(401, "Authentication failed", "permission")
            with self.lock:
                self.logins += 1
                self.valid = self.logins
                cookies = [
                    ("Set-Cookie", f"sessionid=session{self.logins}; HttpOnly; Max-Age=1209600; Path=/"),
                    ("Set-Cookie", f"csrftoken=token{self.logins}; Max-Age=31449600; Path=/"),
                ]
            return http(200, {"uuid": "u"}, headers=cookies)
        cookies = dict(pair.split("=", 1) for pair in seen.headers.get("cookie", "").split("; ") if pair)
        if not self.valid or cookies.get("sessionid") != f"session{self.valid}":
            return api_error(401, "Authentication needed", "permission")
        if seen.method not in ("GET", "OPTIONS"):
            if seen.headers.get("x-csrftoken") != cookies["csrftoken"] or "referer" not in seen.headers:
                return api_error(403, "CSRF token missing", "permission")
        else:
            assert "x-csrftoken" not in seen.headers
        return http(200, {"session": cookies["sessionid"]})


def login(face: str, server: Scripted, job: Any, **options: Any) -> Any:
    return on(face, server.endpoint, job, **{"password": "pässwörd€", "login_method": "session", **options})


def test_a_login_carries_cookies_token_and_referer(face: str) -> None:
    sessions = Sessions()
    with Scripted(sessions) as server:

        async def job(client: Requests) -> list[Any]:
            return [
                (await client.request(method, "x/")).data
                for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS")
            ]

        assert login(face, server, job) == [{"session": "session1"}] * 5
        assert sessions.logins == 1
        assert server.seen[2].headers["referer"] == server.endpoint


def test_many_calls_at_once_log_in_once(face: str) -> None:
    sessions = Sessions()
    with Scripted(sessions) as server:

        async def job(client: Requests) -> None:
            await client.port.gather([lambda: client.request("POST", "x/")] * 30, 10)
            sessions.end()
            await client.port.gather([lambda: client.request("POST", "x/")] * 30, 10)

        login(face, server, job)
        assert sessions.logins == 2


def test_an_ended_session_is_begun_again(face: str) -> None:
    sessions = Sessions()
    with Scripted(sessions) as server:

        async def job(client: Requests) -> Any:
            await client.request("GET", "x/")
            sessions.end()
            return (await client.request("POST", "x/", body={"a": 1})).data

        assert login(face, server, job) == {"session": "session2"}
        assert server.seen[-1].json == {"a": 1}


def test_a_wrong_password_is_told_and_not_tried_again(face: str) -> None:
    with Scripted(Sessions()) as server:

        async def job(client: Requests) -> None:
            await client.request("GET", "x/")

        with pytest.raises(errors.AuthError, match="Authentication failed"):
            login(face, server, job, password="wrong")
        assert server.targets() == ["POST /accounts/action/?do=login"]


def test_a_session_that_is_refused_at_once_ends_in_an_error(face: str) -> None:
    sessions = Sessions()

    def forgetful(connection: Any, seen: Seen) -> bool:
        answer = sessions.answer(seen)
        sessions.end()
        connection.sendall(answer)
        return True

    with Scripted(forgetful) as server:

        async def job(client: Requests) -> None:
            await client.request("GET", "x/")

        with pytest.raises(errors.AuthError):
            login(face, server, job)
        assert sessions.logins == 2


def test_a_login_without_a_session_is_a_bad_answer(face: str) -> None:
    with Scripted(http(200, {"uuid": "u"})) as server:

        async def job(client: Requests) -> None:
            await client.request("GET", "x/")

        with pytest.raises(errors.BadAnswer, match="without a session cookie"):
            login(face, server, job)


def test_newer_cookies_replace_older_ones_and_the_ticket_is_not_one_of_them(face: str) -> None:
    cookies = [("Set-Cookie", "sessionid=first; Path=/"), ("Set-Cookie", "csrftoken=one; Path=/")]
    newer = [
        ("Set-Cookie", 'csrftoken="two"; Path=/'),
        ("Set-Cookie", "async_auth=ticket; Max-Age=120"),
        ("Set-Cookie", "other=x"),
    ]
    gone = [("Set-Cookie", "other=; Max-Age=0")]
    script = (http(200, {}, headers=cookies), http(200, headers=newer), http(200, headers=gone), http(200))
    with Scripted(*script) as server:

        async def job(client: Requests) -> None:
            for _ in range(3):
                await client.request("PUT", "x/")

        login(face, server, job)
        sent = [seen.headers.get("cookie") for seen in server.seen]
        assert sent[1:] == [
            "sessionid=first; csrftoken=one",
            'sessionid=first; csrftoken="two"; other=x',
            'sessionid=first; csrftoken="two"',
        ]
        assert server.seen[2].headers["x-csrftoken"] == "two"


def test_basic_is_sent_unasked_in_utf_8(face: str) -> None:
    with Scripted(http(200)) as server:

        async def job(client: Requests) -> None:
            await client.request("GET", "x/")

        on(face, server.endpoint, job, password="пароль:€")
        value = server.seen[0].headers["authorization"].removeprefix("Basic ")
        assert base64.b64decode(value).decode() == "user@example.com:пароль:€"


def test_a_bearer_token(face: str) -> None:
    with Scripted(http(200)) as server:

        async def job(client: Requests) -> None:
            await client.request("GET", "x/")

        on(face, server.endpoint, job, username=None, password=None, token="abc.def")
        assert server.seen[0].headers["authorization"] == "Bearer abc.def"


def test_no_credentials_at_all(face: str) -> None:
    with Scripted(http(200)) as server:

        async def job(client: Requests) -> None:
            await client.request("GET", "locations/")

        on(face, server.endpoint, job, login_method="none")
        assert "authorization" not in server.seen[0].headers
        assert "cookie" not in server.seen[0].headers
