"""The old low-level client: paths, data, answers, hooks, login methods, configuration."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import cloudsigma
from cloudsigma import conf, errors, generic
from cloudsigma.generic import GenericClient, get_client
from cloudsigma.resource import Drive, Server
from cloudsigma_emulator import Emulator

from .conftest import Home
from .stub import Received, Reply, Stub


@pytest.fixture(autouse=True)
def _unchanged_config() -> Any:
    yield
    conf.config.changes.clear()
    conf.config._removed.clear()


class OwnClient(GenericClient):
    """Named by the configuration of a test."""


def test_every_old_name_is_there() -> None:
    assert GenericClient.LOGIN_METHODS == ("basic", "session", "none")
    for name in [
        "LOG",
        "wrap_with_log_hook",
        "WebsocketClient",
        "get_client",
        "get_urlparse",
        "get_urljoin",
        "get_urlunparse",
        "get_unquote",
        "get_parse_qsl",
    ]:
        assert hasattr(generic, name)
    assert generic.get_urlparse()("http://host/path").path == "/path"
    assert generic.get_urljoin()("http://host/a/", "b") == "http://host/a/b"
    assert generic.get_urlunparse()(("http", "host", "/a", "", "", "")) == "http://host/a"
    assert generic.get_unquote()("a%20b") == "a b"
    assert generic.get_parse_qsl()("a=1&b=2") == [("a", "1"), ("b", "2")]


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("/servers/", "/api/2.0/servers/"),
        ("servers", "/api/2.0/servers/"),
        ("/api/2.0/servers/", "/api/2.0/servers/"),
        ("/api/2.0/servers", "/api/2.0/servers/"),
        ("drives/?limit=0", "/api/2.0/drives/?limit=0"),
        ("/api/2.0/upload/1/?signature=abc123", "/api/2.0/upload/1/?signature=abc123"),
    ],
)
def test_addresses(url: str, target: str) -> None:
    with Stub(lambda _: {}) as stub:
        client = GenericClient(**stub.credentials)
        client.get(url)
        assert client._get_full_url(url) == stub.origin + target
        client.get(stub.origin + target)
    assert stub.lines() == [f"GET {target}"] * 2


def test_query_parameters_join_those_of_the_address() -> None:
    with Stub(lambda _: {}) as stub:
        GenericClient(**stub.credentials).get(
            "drives/?limit=0", {"name": "a & b", "tag": ["x", "y"], "none": None, "n": 1}
        )
    assert stub.lines() == ["GET /api/2.0/drives/?limit=0&name=a%20%26%20b&tag=x&tag=y&n=1"]


def test_credentials_go_to_no_other_host() -> None:
    with (
        Stub(lambda _: {}) as stub,
        Stub(lambda _: {}) as other,
        pytest.raises(errors.ClientError, match="no other host"),
    ):
        GenericClient(**stub.credentials).get(f"{other.origin}/api/2.0/drives/")
    assert other.requests == []


@pytest.mark.parametrize(
    ("answer", "plain", "as_list"),
    [
        ({"objects": [{"a": 1}]}, {"a": 1}, [{"a": 1}]),
        ({"objects": []}, [], []),
        ({"objects": [{"a": 1}, {"a": 2}], "meta": {}}, [{"a": 1}, {"a": 2}], [{"a": 1}, {"a": 2}]),
        ({"a": 1}, {"a": 1}, {"a": 1}),
        ([["objects"]], [["objects"]], [["objects"]]),
        ({"objects": "text"}, {"objects": "text"}, {"objects": "text"}),
    ],
)
def test_a_list_of_one_is_the_object_unless_a_list_is_wanted(answer: Any, plain: Any, as_list: Any) -> None:
    with Stub(lambda _: Reply(body=json.dumps(answer).encode())) as stub:
        client = GenericClient(**stub.credentials)
        for call in (
            lambda **more: client.get("x", **more),
            lambda **more: client.put("x", {}, **more),
            lambda **more: client.post("x", {}, **more),
        ):
            assert call() == plain
            assert call(return_list=True) == as_list


def test_an_empty_204_is_none() -> None:
    with Stub(lambda _: Reply(204, b"", {"Content-Type": "text/html"})) as stub:
        assert GenericClient(**stub.credentials).delete("x") is None


def test_data_is_sent_as_json() -> None:
    with Stub(lambda _: {}) as stub:
        client = GenericClient(**stub.credentials)
        client.post("x", {"size": Decimal(10), "price": Decimal("1.5"), 1: ("ü", None)})
        client.put("x", [1])
        client.post("x", None)
        for wrong in ({"a": object()}, {"a": float("nan")}, {"a": b"x"}):
            with pytest.raises(errors.ClientError, match="JSON"):
                client.post("x", wrong)
    assert [request.body for request in stub.requests][1:] == [b"[1]", b""]
    assert stub.requests[0].json() == {"size": 10, "price": 1.5, "1": ["ü", None]}
    assert {request.headers["Content-Type"] for request in stub.requests} == {"application/json"}


def test_the_response_has_what_scripts_read() -> None:
    def answer(_: Received) -> Reply:
        return Reply(
            201, '{"näme": "ü"}'.encode(), {"X-REQUEST-ID": "abc", "Set-Cookie": 'ticket="a=b|1"; Path=/'}
        )

    seen: list[Any] = []
    with Stub(answer) as stub:
        drive = Drive(**stub.credentials)
        assert drive.c.resp is None
        drive.attach_response_hook(lambda response, *args, **kwargs: seen.append(response))
        drive.create({"name": "x"}, avoid="a b")
        drive.detach_response_hook()
        drive.list()
    (resp,) = seen
    assert (resp.status_code, resp.ok, resp.reason) == (201, True, "Created")
    assert resp.headers["x-request-id"] == resp.headers["X-Request-ID"] == "abc"
    assert resp.cookies["ticket"] == '"a=b|1"'
    assert resp.text == '{"näme": "ü"}'
    assert resp.content == resp.text.encode()
    assert resp.json() == {"näme": "ü"}
    assert resp.request.method == "POST"
    assert resp.request.url == resp.url == f"{stub.api_endpoint}drives/?avoid=a%20b"
    assert resp.request.path_url == "/api/2.0/drives/?avoid=a%20b"
    assert json.loads(resp.request.body) == {"objects": [{"name": "x"}]}
    assert resp.request.headers["content-type"] == "application/json"
    assert resp.request.headers["Authorization"] == "<redacted>"
    assert drive.c.resp is not resp
    assert drive.client is drive.c


def test_the_response_of_a_refusal_is_kept_and_hooked() -> None:
    refusal = b'[{"error_type": "permission", "error_message": "no", "error_point": null}]'
    seen: list[int] = []
    with Stub(lambda _: Reply(403, refusal)) as stub:
        client = GenericClient(**stub.credentials)
        client.response_hook = lambda response: seen.append(response.status_code)
        with pytest.raises(errors.PermissionError):
            client.get("x")
    assert seen == [403]
    assert client.resp is not None
    assert (client.resp.ok, client.resp.json()[0]["error_message"]) == (False, "no")


@pytest.mark.parametrize(
    ("status", "cls"),
    [
        (400, errors.ClientError),
        (401, errors.AuthError),
        (402, errors.ClientError),
        (403, errors.PermissionError),
        (404, errors.ClientError),
        (405, errors.ClientError),
        (416, errors.ClientError),
        (500, errors.ServerError),
        (503, errors.ServerError),
    ],
)
def test_each_status_raises_exactly_one_of_the_old_exceptions(status: int, cls: type[Exception]) -> None:
    body = json.dumps([{"error_type": "backend", "error_message": "words", "error_point": "field"}]).encode()
    with (
        Stub(lambda _: Reply(status, body, {"X-REQUEST-ID": "abc"})) as stub,
        pytest.raises(errors.ApiClientError) as caught,
    ):
        GenericClient(**stub.credentials).post("x", {})
    old = (errors.ClientError, errors.AuthError, errors.PermissionError, errors.ServerError)
    assert [each for each in old if isinstance(caught.value, each)] == [cls]
    assert caught.value.status_code == status
    assert caught.value.request_id == "abc"
    assert caught.value.args == (caught.value.message, status, "abc")
    assert "words" in caught.value.message
    assert caught.value.error_point == "field"


def test_login_methods(cloud: Emulator) -> None:
    arguments = {"api_endpoint": cloud.api_endpoint, "username": cloud.username, "password": cloud.password}
    for method in ("basic", "session"):
        drive = Drive(**arguments, login_method=method)
        made = drive.create({"name": "test", "size": 1024000000, "media": "disk"})
        drive.delete(made["uuid"])
        sent = drive.c.resp.request.headers
        assert ("X-CSRFToken" in sent, "Cookie" in sent, "Authorization" in sent) == (
            (True, True, False) if method == "session" else (False, False, True)
        )
    with pytest.raises(errors.AuthError):
        Drive(**arguments, login_method="none").list()
    with pytest.raises(errors.AuthError):
        Drive(**{**arguments, "password": "wrong"}, login_method="session")
    with pytest.raises(errors.ConfigurationError, match="basic, session, none"):
        Drive(**arguments, login_method="digest")


def test_a_session_logs_in_once_and_its_http_carries_the_cookies(cloud: Emulator) -> None:
    client = GenericClient(cloud.api_endpoint, cloud.username, cloud.password, "session")
    assert client.resp is None or client.resp.status_code == 200
    response = client.http.get(client._get_full_url("profile"))
    assert response.json()["email"] == cloud.username
    plain = GenericClient(cloud.api_endpoint, cloud.username, cloud.password)
    assert plain.http.get(plain._get_full_url("profile")).status_code == 401
    assert plain.http.get(plain._get_full_url("profile"), auth=(cloud.username, cloud.password)).ok


def test_http_speaks_to_any_address() -> None:
    def answer(request: Received) -> Reply | dict[str, Any]:
        if request.target.startswith("/from"):
            return Reply(302, b"", {"Location": "/to?a=1"})
        return {"got": request.body.decode()}

    with Stub(answer) as stub:
        http = GenericClient(**stub.credentials).http
        assert http.get(f"{stub.origin}/from", params={"x": 1}).json() == {"got": ""}
        assert http.post(f"{stub.origin}/p", data="text").json() == {"got": "text"}
        assert http.put(f"{stub.origin}/p", data={"a": "b c"}).json() == {"got": "a=b+c"}
        assert http.request("POST", f"{stub.origin}/p", json=[1]).json() == {"got": "[1]"}
        assert http.post(f"{stub.origin}/from", data=b"x").status_code == 302
        assert http.head(f"{stub.origin}/p").ok
        assert http.delete(f"{stub.origin}/p", headers={"user-agent": "mine"}).ok
    assert stub.lines()[:2] == ["GET /from?x=1", "GET /to?a=1"]
    assert stub.requests[-1].headers["user-agent"] == "mine"
    assert all("Authorization" not in request.headers for request in stub.requests)
    with pytest.raises(errors.ConnectionFailed):
        http.get(f"{stub.origin}/closed")
    for url in ("ftp://host/", "http://user:pw@host/", "/relative"):
        with pytest.raises(errors.ClientError):
            http.get(url)


def test_attributes_may_be_changed_afterwards() -> None:
    with Stub(lambda _: {}) as first, Stub(lambda _: {}) as second:
        client = GenericClient(**first.credentials)
        client.get("x")
        client.api_endpoint = second.api_endpoint.rstrip("/")
        client.username, client.password = "other", "words"
        client.get("y")
        client.login_method = GenericClient.LOGIN_METHOD_NONE
        client.get("z")
    assert first.lines() == ["GET /api/2.0/x/"]
    assert second.lines() == ["GET /api/2.0/y/", "GET /api/2.0/z/"]
    authorization = [request.headers.get("Authorization") for request in first.requests + second.requests]
    assert authorization[0] != authorization[1]
    assert authorization[2] is None


def test_the_configuration_file_is_read_when_it_is_used(configured: Home, cloud: Emulator) -> None:
    assert str(configured.config) == cloudsigma.conf.CONFIG_LOCATION
    assert conf.config["username"] == cloud.username
    assert conf.config.get("absent", "default") == "default"
    assert "password" in conf.config
    assert "username" in repr(conf.config)
    assert cloud.username not in repr(conf.config)
    configured.write(
        api_endpoint=cloud.api_endpoint, username=cloud.username2, password=cloud.password2, own="value"
    )
    assert conf.config["own"] == "value"
    assert GenericClient().get("profile")["email"] == cloud.username2


def test_what_a_program_assigns_goes_before_the_file(configured: Home, cloud: Emulator) -> None:
    conf.config["username"] = cloud.username2
    conf.config["password"] = cloud.password2
    assert GenericClient().get("profile")["email"] == cloud.username2
    assert (
        GenericClient(username=cloud.username, password=cloud.password).get("profile")["email"]
        == cloud.username
    )
    del conf.config["username"]
    assert "username" not in conf.config
    with pytest.raises(KeyError):
        del conf.config["username"]
    assert len(conf.config) == len(list(conf.config))


def test_the_environment_goes_before_the_file(
    configured: Home, cloud: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUDSIGMA_USERNAME", cloud.username2)
    monkeypatch.setenv("CLOUDSIGMA_PASSWORD", cloud.password2)
    assert GenericClient().get("profile")["email"] == cloud.username2


def test_login_method_and_client_of_the_file(
    configured: Home, cloud: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {
        "api_endpoint": cloud.api_endpoint,
        "username": cloud.username,
        "password": cloud.password,
        "login_method": "session",
        "client": f"{__name__}:OwnClient",
    }
    configured.write(**settings)
    assert get_client().__name__ == "OwnClient"
    server = Server()
    assert type(server.c).__name__ == "OwnClient"
    assert server.c.login_method == "session"
    server.list()
    assert "Cookie" in server.c.resp.request.headers
    assert Server(login_method="none").c.login_method == "none"
    for wrong in ("nowhere:Client", f"{__name__}:Absent", "GenericClient"):
        configured.write(**{**settings, "client": wrong})
        with pytest.raises(errors.ConfigurationError, match="client"):
            get_client()


def test_settings_of_a_profile(configured: Home, cloud: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    configured.config.write_text(
        f"api_endpoint = {cloud.api_endpoint}\nusername = nobody\npassword = wrong\n"
        f"[second]\nusername = {cloud.username2}\npassword = {cloud.password2}\nclient = {__name__}:OwnClient\n"
    )
    assert get_client() is GenericClient
    monkeypatch.setenv("CLOUDSIGMA_PROFILE", "second")
    assert type(Server().c).__name__ == "OwnClient"
    assert GenericClient().get("profile")["email"] == cloud.username2


def test_without_configuration_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in list(os.environ):
        if key.startswith("CLOUDSIGMA_"):
            monkeypatch.delenv(key)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(errors.ConfigurationError, match=r"\.cloudsigma\.conf.*api_endpoint"):
        Drive()
    assert dict(conf.config) == {}


def test_exchanges_are_logged_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    with Stub(
        lambda _: Reply(201, b'{"vnc_password": "s3same"}', {"Set-Cookie": "async_auth=t1cket"})
    ) as stub:
        server = Server(**stub.credentials, request_log_level="debug")
        seen: list[Any] = []
        server.attach_response_hook(seen.append)
        with caplog.at_level(logging.DEBUG):
            server.create({"name": "web", "vnc_password": "s3same", "meta": {"key": "s3same"}})
    assert "POST /api/2.0/servers/" in caplog.text
    assert "201 Created" in caplog.text
    assert "objects with name, vnc_password, meta" in caplog.text
    for secret in ("s3cret", "s3same", "t1cket", "dXNlckBleGFtcGxl"):
        assert secret not in caplog.text
    assert len(seen) == 1


def test_log_levels(caplog: pytest.LogCaptureFixture, configured: Home, cloud: Emulator) -> None:
    configured.write(
        api_endpoint=cloud.api_endpoint,
        username=cloud.username,
        password=cloud.password,
        request_log_level="info",
    )

    def logged() -> list[str]:
        return [record.getMessage() for record in caplog.records if record.name == "cloudsigma.generic"]

    with caplog.at_level(logging.INFO):
        Drive().list()
        (message,) = logged()
        assert message.startswith("GET /api/2.0/drives/")
        caplog.clear()
        Drive(request_log_level="DEBUG").list()
        assert logged() == []
        Drive(request_log_level="loud").list()
        (message,) = logged()
        assert "'LOUD' is not a level" in message


def test_each_thread_has_its_own_response(cloud: Emulator) -> None:
    server = Server(cloud.api_endpoint, cloud.username, cloud.password)
    definition = {"cpu": 1000, "mem": 512 * 1024**2, "vnc_password": "x" * 8}
    made = server.create([{**definition, "name": f"test {i}"} for i in range(4)])
    wrong: list[str] = []
    together = threading.Barrier(4)

    def read(uuid: str) -> None:
        together.wait()
        for _ in range(50):
            server.get(uuid)
            if server.c.resp.json()["uuid"] != uuid:
                wrong.append(uuid)

    threads = [threading.Thread(target=read, args=(each["uuid"],)) for each in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_forked_child_uses_connections_of_its_own(home: Home) -> None:
    script = (
        "import os, cloudsigma\n"
        "server = cloudsigma.resource.Server()\n"
        "server.list()\n"
        "child = os.fork()\n"
        "for _ in range(20): server.list()\n"
        "if child:\n"
        "    assert os.waitpid(child, 0)[1] == 0\n"
        "    print('both')\n"
    )
    assert home.run(script) == "both\n"


def test_importing_the_old_modules_loads_no_transport() -> None:
    probe = (
        "import sys, cloudsigma.resource, cloudsigma.generic, cloudsigma.metadata, cloudsigma.conf\n"
        "print([name for name in ('h11', 'asyncio', 'ssl', 'websockets', 'serial') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
