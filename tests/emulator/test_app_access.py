"""Who may come in: Basic, Digest, session with CSRF, bearer token, ticket."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import timedelta

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from cloudsigma_emulator import Emulator

from .wire import Reply, Wire, basic

LOGIN = "/accounts/action/?do=login"


def assert_challenged(reply: Reply) -> None:
    assert reply.status == 401
    assert [set(error) for error in reply.json()] == [{"error_type", "error_message", "error_point"}]
    schemes = [value.partition(" ")[0] for value in reply.all("www-authenticate")]
    assert schemes == ["Basic", "Digest"]


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Basic",
        "Basic ???",
        "Basic " + base64.b64encode(b"user@example.com").decode(),
        basic("user@example.com", "wrong")["Authorization"],
        basic("nobody@example.com")["Authorization"],
        basic("USER@example.com")["Authorization"],
        "Bearer nonsense",
        "Digest username=x",
        "Negotiate abc",
    ],
)
def test_wrong_credentials(nobody: Wire, header: str | None) -> None:
    assert_challenged(nobody("GET", "/profile/", headers={"Authorization": header} if header else {}))


def test_basic_is_checked_each_time_however_often_it_was_right(wire: Wire) -> None:
    for _ in range(3):
        assert wire("GET", "/profile/").json()["email"] == "user@example.com"
    assert_challenged(wire("GET", "/profile/", headers=basic("user@example.com", "Password")))
    assert wire("GET", "/profile/", headers=basic("other@example.com")).json()["email"] == "other@example.com"


def test_public_resources(nobody: Wire) -> None:
    assert nobody("GET", "/locations/").status == 200
    assert nobody("GET", "/cloud_status/").json()["vpc"] is True
    assert_challenged(nobody("GET", "/capabilities/"))


def digest_header(challenge: str, user: str, password: str, method: str, uri: str, nc: int = 1) -> str:
    values = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    md5 = lambda text: hashlib.md5(text.encode()).hexdigest()  # noqa: E731
    ha1 = md5(f"{user}:{values['realm']}:{password}")
    ha2 = md5(f"{method}:{uri}")
    count, cnonce = f"{nc:08x}", "0a4f113b"
    response = md5(f"{ha1}:{values['nonce']}:{count}:{cnonce}:auth:{ha2}")
    return (
        f'Digest username="{user}", realm="{values["realm"]}", nonce="{values["nonce"]}", uri="{uri}", '
        f'response="{response}", opaque="{values["opaque"]}", algorithm="MD5", qop=auth, nc={count}, cnonce="{cnonce}"'
    )


def test_digest(nobody: Wire) -> None:
    challenge = nobody("GET", "/profile/").all("www-authenticate")[1]
    assert re.fullmatch(
        r'Digest nonce="\d+\.\d\d:[0-9a-f]{4}:[0-9a-f]{32}", realm="users", algorithm="MD5", '
        r'opaque="[0-9a-f]{40}", qop="auth"',
        challenge,
    )
    path = "/api/2.0/profile/?fields=email"
    for nc in (1, 2):
        header = digest_header(challenge, "user@example.com", "password", "GET", path, nc)
        reply = nobody("GET", "/profile/?fields=email", headers={"Authorization": header})
        assert reply.json() == {"email": "user@example.com"}
    stolen = digest_header(challenge, "user@example.com", "password", "GET", path)
    assert_challenged(nobody("PUT", "/profile/?fields=email", {}, headers={"Authorization": stolen}))
    assert_challenged(nobody("GET", "/balance/", headers={"Authorization": stolen}))
    wrong = digest_header(challenge, "user@example.com", "guess", "GET", path)
    assert_challenged(nobody("GET", "/profile/?fields=email", headers={"Authorization": wrong}))
    foreign = challenge.replace('nonce="1', 'nonce="2')
    forged = digest_header(foreign, "user@example.com", "password", "GET", path)
    assert_challenged(nobody("GET", "/profile/?fields=email", headers={"Authorization": forged}))


def test_an_old_nonce_is_stale(nobody: Wire) -> None:
    challenge = nobody("GET", "/profile/").all("www-authenticate")[1]
    nobody.emulator.clock.advance(3600)
    header = digest_header(challenge, "user@example.com", "password", "GET", "/api/2.0/profile/")
    reply = nobody("GET", "/profile/", headers={"Authorization": header})
    assert_challenged(reply)
    assert reply.all("www-authenticate")[1].endswith('stale="true"')


def log_in(nobody: Wire) -> dict[str, str]:
    reply = nobody("POST", LOGIN, {"username": "user@example.com", "password": "password"})
    assert reply.status == 200
    assert set(reply.json()) == {"uuid"}
    cookies = reply.all("set-cookie")
    session = next(text for text in cookies if text.startswith("sessionid="))
    csrf = next(text for text in cookies if text.startswith("csrftoken="))
    assert session.endswith("; Max-Age=1209600; Path=/; HttpOnly")
    assert csrf.endswith("; Max-Age=31449600; Path=/")
    assert "domain" not in (session + csrf).lower()
    assert "secure" not in (session + csrf).lower()
    return reply.cookies()


def with_cookies(cookies: dict[str, str]) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}


def test_session_and_csrf(nobody: Wire) -> None:
    cookies = log_in(nobody)
    session = with_cookies(cookies)
    assert nobody("GET", "/profile/", headers=session).json()["email"] == "user@example.com"
    assert nobody("OPTIONS", "/profile/", headers=session).status == 200
    refused = nobody("PUT", "/profile/", {"first_name": "Ada"}, headers=session)
    assert refused.status == 403
    assert refused.json()[0]["error_type"] == "permission"
    wrong = nobody("PUT", "/profile/", {}, headers={**session, "X-CSRFToken": "x" * 32})
    assert wrong.status == 403
    lone = nobody(
        "PUT",
        "/profile/",
        {},
        headers={"Cookie": f"sessionid={cookies['sessionid']}", "X-CSRFToken": cookies["csrftoken"]},
    )
    assert lone.status == 403
    good = {**session, "X-CSRFToken": cookies["csrftoken"]}
    assert nobody("PUT", "/profile/", {"first_name": "Ada"}, headers=good).json()["first_name"] == "Ada"
    assert nobody("POST", "/accounts/action/?do=check_login", {}, headers=good).status == 200
    assert nobody("POST", "/accounts/action/?do=logout", {}, headers=good).json() == {}
    assert_challenged(nobody("GET", "/profile/", headers=session))


def test_a_session_ends_after_fourteen_days(nobody: Wire) -> None:
    session = with_cookies(log_in(nobody))
    nobody.emulator.clock.advance(14 * 86400 - 60)
    assert nobody("GET", "/profile/", headers=session).status == 200
    nobody.emulator.clock.advance(120)
    assert_challenged(nobody("GET", "/profile/", headers=session))


@pytest.mark.parametrize(
    "body",
    [
        {"username": "user@example.com", "password": "wrong"},
        {"username": "user@example.com"},
        {"username": ["user@example.com"], "password": "password"},
        {},
    ],
)
def test_login_refused(nobody: Wire, body: dict[str, object]) -> None:
    reply = nobody("POST", LOGIN, body)
    assert_challenged(reply)
    assert reply.all("set-cookie") == []


def test_login_takes_no_notice_of_old_cookies(nobody: Wire) -> None:
    body = {"username": "user@example.com", "password": "password"}
    assert nobody("POST", LOGIN, body, headers={"Cookie": "sessionid=old; csrftoken=old"}).status == 200


def test_check_login(wire: Wire, nobody: Wire) -> None:
    uuid = wire("GET", "/profile/").json()["uuid"]
    action = "/accounts/action/?do=check_login"
    assert wire("POST", action, {}).json() == {"uuid": uuid}
    assert_challenged(nobody("POST", action, {}))
    with_uuid = "/accounts/action/?do=check_login_with_return_uuid"
    body = {"username": "user@example.com", "password": "password"}
    assert nobody("POST", with_uuid, body).json() == {"uuid": uuid}
    assert nobody("POST", with_uuid, {}, headers=with_cookies(log_in(nobody))).json() == {"uuid": uuid}
    assert_challenged(nobody("POST", with_uuid, {}))


def test_sign_up(nobody: Wire) -> None:
    action = "/accounts/action/?do=create"
    reply = nobody("POST", action, {"email": "new@example.com", "promo": None})
    assert reply.status == 200
    assert reply.json()["success"] is True
    for taken in ("new@example.com", "user@example.com"):
        again = nobody("POST", action, {"email": taken, "promo": None})
        assert (again.status, again.json()[0]["error_point"]) == (400, "email")
    assert nobody("POST", action, {"email": "nonsense"}).json()[0]["error_point"] == "email"
    assert_challenged(nobody("POST", LOGIN, {"username": "new@example.com", "password": ""}))


def test_bearer_tokens(nobody: Wire) -> None:
    emulator = nobody.emulator
    mine = {"Authorization": f"Bearer {emulator.token}"}
    assert nobody("GET", "/profile/", headers=mine).json()["email"] == "user@example.com"
    theirs = {"Authorization": f"Bearer {emulator.token2}"}
    assert nobody("GET", "/profile/", headers=theirs).json()["email"] == "other@example.com"
    issued = nobody.control("POST", "/tokens", {"email": "user@example.com", "expires_in": 60})
    short = {"Authorization": f"Bearer {issued['access_token']}"}
    assert nobody("PUT", "/profile/", {}, headers=short).status == 200
    emulator.clock.advance(61)
    assert_challenged(nobody("GET", "/profile/", headers=short))


def test_ticket(wire: Wire) -> None:
    reply = wire("POST", "/accounts/action/?do=authenticate_asynchronous", {})
    assert reply.json() == {}
    cookie = reply.all("set-cookie")[0]
    match = re.fullmatch(r"async_auth=([A-Za-z0-9+/]+)\|(\d+)\|[0-9a-f]{40}; Max-Age=120; Path=/", cookie)
    assert match
    assert base64.b64decode(match[1]).decode() == wire("GET", "/profile/").json()["uuid"]


def refused(emulator: Emulator, headers: dict[str, str], path: str = "/websocket") -> int:
    with (
        pytest.raises(InvalidStatus) as caught,
        connect(emulator.ws_endpoint.replace("/websocket", path), additional_headers=headers),
    ):
        pass
    return caught.value.response.status_code


def test_a_ticket_opens_the_websocket_until_it_expires(wire: Wire) -> None:
    emulator = wire.emulator
    ticket = wire.ticket()
    for text in (ticket, f'"{ticket}"'):
        with connect(emulator.ws_endpoint, additional_headers={"Cookie": f"a=b; async_auth={text}"}):
            pass
    emulator.clock.advance(119)
    with connect(emulator.ws_endpoint, additional_headers={"Cookie": f"async_auth={ticket}"}):
        pass
    emulator.clock.advance(2)
    assert refused(emulator, {"Cookie": f"async_auth={ticket}"}) == 403


def test_bad_tickets(wire: Wire) -> None:
    who, stamp, signature = wire.ticket().split("|")
    for ticket in ("", "x", f"{who}|{stamp}|{'0' * 40}", f"{who}|{int(stamp) + 1}|{signature}", "a|b|c"):
        assert refused(wire.emulator, {"Cookie": f"async_auth={ticket}"}) == 403
    assert refused(wire.emulator, {}) == 403
    assert refused(wire.emulator, basic("user@example.com")) == 403
    assert refused(wire.emulator, {"Cookie": f"async_auth={wire.ticket()}"}, "/elsewhere") == 403


def test_reset_ends_sessions_tickets_and_sockets(wire: Wire, nobody: Wire) -> None:
    session = with_cookies(log_in(nobody))
    ticket = wire.ticket()
    with wire.frames() as socket:
        wire.emulator.reset()
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=60)
    assert_challenged(nobody("GET", "/profile/", headers=session))
    assert refused(wire.emulator, {"Cookie": f"async_auth={ticket}"}) == 403


def test_secrets_are_stored_as_hashes_only(nobody: Wire) -> None:
    cookies = log_in(nobody)
    dump = "\n".join(nobody.emulator.app.database.connection.iterdump())
    assert cookies["sessionid"] not in dump
    assert nobody.emulator.token not in dump
    assert "'password'" not in dump


def test_the_clock_can_be_set_back(wire: Wire) -> None:
    wire.emulator.clock.set(wire.emulator.clock.now() - timedelta(days=30))
    assert wire("GET", "/profile/").status == 200
    assert json.loads(wire("POST", "/accounts/action/?do=check_login", {}).body)["uuid"]
