"""Bad input of every kind gets its clear error, on the library and on the command line, and nothing is lost."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import cloudsigma
from cloudsigma import CloudSigma, errors
from cloudsigma_emulator import Emulator

SERVER: dict[str, Any] = {"name": "web", "cpu": 1000, "mem": 1024**3, "vnc_password": "not-to-be-shown"}
UNKNOWN = "5f7a9c0c-0000-4000-8000-000000000000"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without any configuration, also for child processes."""
    for name in [name for name in os.environ if name.startswith("CLOUDSIGMA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def write(home: Path, text: str) -> Path:
    path = home / ".cloudsigma.conf"
    path.write_text(text)
    path.chmod(0o600)
    return path


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(
        [sys.executable, "-m", "cloudsigma", *arguments], capture_output=True, text=True, timeout=60
    )
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    return result


# configuration


def test_no_configuration(home: Path) -> None:
    with pytest.raises(errors.ConfigurationError, match=r"\.cloudsigma\.conf") as caught:
        CloudSigma()
    assert "CLOUDSIGMA_" in str(caught.value)
    result = command("servers", "list")
    assert result.returncode == 3
    assert ".cloudsigma.conf" in result.stderr


def test_unreadable_file(home: Path) -> None:
    # A folder in its place cannot be read by anybody, root included.
    (home / ".cloudsigma.conf").mkdir()
    with pytest.raises(errors.ConfigurationError, match=r"\.cloudsigma\.conf"):
        CloudSigma()
    assert command("servers", "list").returncode == 3


@pytest.mark.parametrize("missing", ["username", "password", "api_endpoint"])
def test_missing_key(home: Path, missing: str) -> None:
    keys = {
        "api_endpoint": "http://127.0.0.1:1/api/2.0/",
        "username": "user@example.com",
        "password": "pass-word",
    }
    del keys[missing]
    write(home, "".join(f"{name} = {value}\n" for name, value in keys.items()))
    with pytest.raises(errors.ConfigurationError, match=missing) as caught:
        CloudSigma()
    assert "pass-word" not in str(caught.value)
    result = command("servers", "list")
    assert (result.returncode, missing in result.stderr) == (3, True)


@pytest.mark.parametrize(
    "endpoint", ["zrh.cloudsigma.com", "ftp://zrh.cloudsigma.com/", "http://", "https://u:p@x/", "x y"]
)
def test_malformed_endpoint(home: Path, endpoint: str) -> None:
    write(home, f"api_endpoint = {endpoint}\nusername = user@example.com\npassword = pass-word\n")
    with pytest.raises(errors.ConfigurationError, match="api_endpoint"):
        CloudSigma()
    result = command("servers", "list")
    assert (result.returncode, "api_endpoint" in result.stderr) == (3, True)


def test_unknown_profile(home: Path, cloudsigma_emulator: Emulator) -> None:
    write(home, Path(cloudsigma_emulator.config_path).read_text() + "[zurich]\nlocation = zrh\n")
    with pytest.raises(errors.ConfigurationError, match="zurich"):
        CloudSigma(profile="frankfurt")


# what the cloud refuses


def test_wrong_password(home: Path, cloudsigma_emulator: Emulator) -> None:
    write(
        home,
        f"api_endpoint = {cloudsigma_emulator.api_endpoint}\nusername = user@example.com\npassword = wrong-pass\n",
    )
    with CloudSigma() as cs, pytest.raises(errors.AuthError) as caught:
        cs.servers.list()
    assert caught.value.status_code == 401
    assert caught.value.request_id
    assert "wrong-pass" not in str(caught.value) + repr(caught.value)
    result = command("servers", "list")
    assert result.returncode != 0
    assert "401" in result.stderr
    assert "wrong-pass" not in result.stderr


def test_unknown_uuid(cloudsigma_client: CloudSigma) -> None:
    with pytest.raises(errors.NotFound, match=f"Object with uuid {UNKNOWN} does not exist"):
        cloudsigma_client.servers.get(UNKNOWN)


def test_malformed_json(cloudsigma_emulator: Emulator) -> None:
    import base64

    credentials = base64.b64encode(
        f"{cloudsigma_emulator.username}:{cloudsigma_emulator.password}".encode()
    ).decode()
    host, port = cloudsigma_emulator.api_endpoint.split("/")[2].split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=60)
    headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/json"}
    connection.request("POST", "/api/2.0/servers/", b'{"name": ', headers)
    response = connection.getresponse()
    items = json.loads(response.read())
    connection.close()
    assert response.status == 400
    assert [(item["error_type"], item["error_point"]) for item in items] == [("validation", None)]


def test_illegal_state_has_the_words_of_the_cloud(cloudsigma_client: CloudSigma) -> None:
    server = cloudsigma_client.servers.create(**SERVER)
    with pytest.raises(errors.PermissionError) as caught:
        cloudsigma_client.servers.stop(server)
    assert caught.value.status_code == 403
    assert caught.value.error_message == (
        "Cannot stop guest in state \"stopped\". Guest should be in state \"['started', 'running_legacy']\""
    )
    cloudsigma_client.servers.start(server, wait=True)
    with pytest.raises(errors.PermissionError) as caught:
        cloudsigma_client.servers.start(server)
    assert (
        caught.value.error_message
        == 'Cannot start guest in state "started". Guest should be in state "stopped"'
    )
    assert cloudsigma_client.servers.get(server).status == "running"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cpu", "many"),
        ("mem", None),
        ("smp", 2.5),
        ("nics", {"conf": "dhcp"}),
        ("meta", [1]),
        ("drives", "x"),
        ("name", 7),
    ],
)
def test_server_field_of_the_wrong_type(cloudsigma_client: CloudSigma, field: str, value: Any) -> None:
    body = {**SERVER, field: value}
    with pytest.raises(errors.ValidationError) as caught:
        cloudsigma_client.request("POST", "servers/", body=body)
    assert (caught.value.status_code, caught.value.error_point) == (400, field)
    assert SERVER["vnc_password"] not in str(caught.value) + repr(caught.value)
    assert cloudsigma_client.servers.list() == []


# what goes wrong on the way


def test_connection_refused(home: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    write(home, f"api_endpoint = http://127.0.0.1:{port}/api/2.0/\nusername = u\npassword = pass-word\n")
    with CloudSigma(retries=0) as cs, pytest.raises(errors.ConnectionFailed, match=str(port)):
        cs.servers.list()
    result = command("--timeout", "1", "servers", "list")
    assert (result.returncode, str(port) in result.stderr) == (4, True)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<html><body>Bad gateway</body></html>", "text/html"),
        ("", "application/json"),
        ("{", "application/json"),
    ],
)
def test_answer_that_is_not_of_the_api(
    cloudsigma_emulator: Emulator, cloudsigma_client: CloudSigma, body: str, content_type: str
) -> None:
    server = cloudsigma_client.servers.create(**SERVER)
    cloudsigma_emulator.faults.add(
        path="/api/2.0/servers/*", count=None, body=body, content_type=content_type
    )
    with pytest.raises(errors.BadAnswer) as caught:
        cloudsigma_client.servers.list()
    assert isinstance(caught.value, errors.ApiClientError)
    with pytest.raises(errors.BadAnswer):
        cloudsigma_client.servers.get(server)


@pytest.mark.parametrize("status", [500, 502])
def test_refusal_as_html(cloudsigma_emulator: Emulator, cloudsigma_client: CloudSigma, status: int) -> None:
    cloudsigma_emulator.faults.add(
        path="/api/2.0/servers/*", count=None, status=status, body="<html>no</html>", content_type="text/html"
    )
    with (
        CloudSigma(**access(cloudsigma_emulator), retries=0) as cs,
        pytest.raises(errors.ServerError) as caught,
    ):
        cs.servers.list()
    assert caught.value.status_code == status


def access(emulator: Emulator) -> dict[str, str]:
    return {
        "api_endpoint": emulator.api_endpoint,
        "ws_endpoint": emulator.ws_endpoint,
        "username": emulator.username,
        "password": emulator.password,
    }


def test_refused_ticket_is_replaced(cloudsigma_emulator: Emulator, cloudsigma_client: CloudSigma) -> None:
    cloudsigma_emulator.faults.add(path="*websocket*", refuse_ticket=True, count=1)
    events = cloudsigma_client.events(["drives"])
    server = cloudsigma_client.servers.create(**SERVER)
    # The wait needs the websocket, whose first ticket is refused: a second one is fetched.
    assert cloudsigma_client.servers.start(server, wait=True, timeout=25).status == "running"
    events.close()


def test_expired_ticket_is_refused_and_a_new_one_works(cloudsigma_emulator: Emulator) -> None:
    import websockets.exceptions
    import websockets.sync.client

    with CloudSigma(**access(cloudsigma_emulator)) as cs:
        answer = cs._requests.request(
            "POST", "accounts/action/", params={"do": "authenticate_asynchronous"}, body={}
        )
        from cloudsigma.core.call import run

        old = next(raw.split(";")[0] for raw in run(answer).raw.cookies if raw.startswith("async_auth="))
        cloudsigma_emulator.clock.advance(121)
        with pytest.raises(websockets.exceptions.InvalidStatus) as caught:
            websockets.sync.client.connect(
                cloudsigma_emulator.ws_endpoint, additional_headers={"Cookie": old}
            )
        assert caught.value.response.status_code == 403
        server = cs.servers.create(**SERVER)
        assert cs.servers.start(server, wait=True, timeout=25).status == "running"


def test_old_names_raise_the_same_errors(
    cloudsigma_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUDSIGMA_CONFIG", str(cloudsigma_emulator.config_path))
    server = cloudsigma.resource.Server()
    with pytest.raises(errors.ClientError) as caught:
        server.get(UNKNOWN)
    assert caught.value.status_code == 404
    created = server.create(dict(SERVER))
    with pytest.raises(errors.PermissionError) as refused:
        server.stop(created["uuid"])
    assert refused.value.status_code == 403
    assert server.get(created["uuid"])["status"] == "stopped"
