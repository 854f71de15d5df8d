"""The two clients: what hangs on them, what they refuse, what they do not show; and the package's face."""

from __future__ import annotations

import asyncio
import importlib
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import cloudsigma
from cloudsigma import AsyncCloudSigma, CloudSigma, errors
from cloudsigma.client import Client, _Hung
from cloudsigma.ports.memory import MemoryPort
from cloudsigma_emulator import Emulator

from .faces import refused_endpoint

GIVEN: dict[str, Any] = {"location": "zrh", "username": "u@example.com", "password": "TOPSECRET"}
COLLECTIONS = sorted(name for name, value in vars(Client).items() if isinstance(value, _Hung))


def answer(*_: Any) -> Any:
    return 200, {}, b'{"fine": true}'


@pytest.fixture(autouse=True)
def _no_configuration_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (
        "CONFIG",
        "PROFILE",
        "LOCATION",
        "API_ENDPOINT",
        "WS_ENDPOINT",
        "USERNAME",
        "PASSWORD",
        "TOKEN",
    ):
        monkeypatch.delenv(f"CLOUDSIGMA_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))


def test_the_collections_that_the_design_names_are_there() -> None:
    named = (
        "servers drives library_drives jobs capabilities locations profile balance accounts global_context tags vlans "
        "ips cloud_status"
    )
    assert set(named.split()) <= set(COLLECTIONS)


@pytest.mark.parametrize("name", COLLECTIONS)
def test_a_collection_is_made_once_and_follows_its_client_s_face(name: str) -> None:
    with CloudSigma(**GIVEN, port=MemoryPort(answer)) as cs:
        assert getattr(cs, name) is getattr(cs, name)
        assert getattr(cs, name)._blocking is True
    other = AsyncCloudSigma(**GIVEN, port=MemoryPort(answer, blocking=False))
    assert getattr(other, name)._blocking is False


def test_annotations_name_what_is_hung() -> None:
    for name in COLLECTIONS:
        made = getattr(CloudSigma(**GIVEN, port=MemoryPort(answer)), name)
        assert Client.__annotations__[name] == f"{type(made).__name__}[F]"


def test_a_request_as_it_is() -> None:
    with CloudSigma(**GIVEN, port=MemoryPort(answer)) as cs:
        assert cs.request("GET", "anything/", params={"a": 1}) == {"fine": True}

    async def main() -> Any:
        async with AsyncCloudSigma(**GIVEN, port=MemoryPort(answer, blocking=False)) as other:
            return await other.request("GET", "anything/")

    assert asyncio.run(main()) == {"fine": True}


def test_a_port_of_the_wrong_face_is_refused() -> None:
    with pytest.raises(TypeError, match="blocking port"):
        CloudSigma(**GIVEN, port=MemoryPort(answer, blocking=False))
    with pytest.raises(TypeError, match="not blocking"):
        AsyncCloudSigma(**GIVEN, port=MemoryPort(answer))


def test_a_client_shows_where_and_as_whom_and_no_secret() -> None:
    shown = repr(CloudSigma(**GIVEN))
    assert shown == "<CloudSigma https://zrh.cloudsigma.com/api/2.0/ as u@example.com>"
    with_token = CloudSigma(location="zrh", token="TOPSECRET")
    assert "TOPSECRET" not in repr(with_token) + repr(with_token.settings) + repr(vars(with_token))


def test_bad_settings_are_refused_when_the_client_is_made() -> None:
    with pytest.raises(errors.ConfigurationError, match="no configuration"):
        CloudSigma()
    with pytest.raises(errors.ConfigurationError, match="api_endpoint"):
        AsyncCloudSigma(api_endpoint="nowhere", username="u", password="p")
    with pytest.raises(TypeError, match="there is no setting user"):
        CloudSigma(user="u")  # type: ignore[call-arg]


def test_the_configuration_file_of_an_emulator(
    cloudsigma_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUDSIGMA_CONFIG", str(cloudsigma_emulator.config_path))
    with CloudSigma() as cs:
        assert cs.request("GET", "profile/")["email"] == cloudsigma_emulator.username


@pytest.mark.parametrize("method", ["basic", "session"])
def test_a_wrong_password(cloudsigma_emulator: Emulator, method: str) -> None:
    with (
        CloudSigma(
            api_endpoint=cloudsigma_emulator.api_endpoint,
            username=cloudsigma_emulator.username,
            password="wrong",
            login_method=method,
        ) as cs,
        pytest.raises(errors.AuthError) as caught,
    ):
        cs.request("GET", "profile/")
    assert caught.value.status_code == 401
    assert caught.value.request_id


def test_a_bearer_token(cloudsigma_emulator: Emulator) -> None:
    with CloudSigma(api_endpoint=cloudsigma_emulator.api_endpoint, token=cloudsigma_emulator.token) as cs:
        assert cs.request("GET", "profile/")["email"] == cloudsigma_emulator.username


def test_malformed_json_is_the_cloud_s_to_refuse(cloudsigma_client: CloudSigma) -> None:
    with pytest.raises(errors.ValidationError) as caught:
        cloudsigma_client.request("POST", "drives/", body=b'{"name": ')
    assert caught.value.status_code == 400


def test_a_connection_that_is_refused() -> None:
    with (
        CloudSigma(api_endpoint=refused_endpoint(), username="u", password="p", retries=0) as cs,
        pytest.raises(errors.ConnectionFailed, match="refused"),
    ):
        cs.request("GET", "profile/")


def test_events_of_both_clients(cloudsigma_emulator: Emulator) -> None:
    emulator = cloudsigma_emulator
    given = {
        "api_endpoint": emulator.api_endpoint,
        "ws_endpoint": emulator.ws_endpoint,
        "username": emulator.username,
        "password": emulator.password,
    }
    drive = {"name": "d", "size": 1024**3, "media": "disk"}

    async def main() -> str:
        async with AsyncCloudSigma(**given) as cs:  # type: ignore[arg-type]
            events = cs.events(["drives"])
            coming = asyncio.ensure_future(events.__anext__())
            while cs._requests.events._stream is None:
                await asyncio.sleep(0.01)
            await cs.request("POST", "drives/", body=drive)
            event = await coming
            await events.aclose()
            return event.resource_type

    assert asyncio.run(main()) == "drives"

    before = threading.enumerate()
    with CloudSigma(**given) as cs, CloudSigma(**given) as actor:  # type: ignore[arg-type]

        def act() -> None:
            actor.request("POST", "drives/", body=drive)

        for event in _when_open(cs, act):
            assert event.resource_type == "drives"
            break
        assert cs._requests.events._stream is None
    for thread in set(threading.enumerate()) - set(before):
        if not thread.name.startswith(("cloudsigma-emulator", "asyncio_")):
            thread.join(30)  # what ends may take a moment to
            assert not thread.is_alive(), thread


def _when_open(cs: CloudSigma, act: Any) -> Any:
    """Yield events; ``act`` is done once the websocket is open."""
    feed = cs._requests.events
    opened = feed._open

    async def then_act(timeout: float) -> None:
        await opened(timeout)
        act()

    feed._open = then_act  # type: ignore[method-assign]
    events = cs.events("drives")
    try:
        yield from events
    finally:
        events.close()


def test_all_that_the_package_names_can_be_had() -> None:
    for name in cloudsigma.__all__:
        assert getattr(cloudsigma, name) is not None
        assert name in dir(cloudsigma)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        cloudsigma.nothing  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(AttributeError):
        cloudsigma._private  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize(
    "name", ["resource", "generic", "conf", "errors", "metadata", "version", "guest", "records"]
)
def test_submodules_are_there_after_importing_the_package_only(name: str) -> None:
    code = f"import cloudsigma; print(cloudsigma.{name}.__name__)"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == f"cloudsigma.{name}"
    assert importlib.import_module(f"cloudsigma.{name}") is getattr(cloudsigma, name)


def test_a_star_import() -> None:
    names: dict[str, Any] = {}
    exec("from cloudsigma import *", names)
    assert names["CloudSigma"] is CloudSigma
