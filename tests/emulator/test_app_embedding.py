"""The Emulator class and the pytest plugin, as users' tests meet them."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from cloudsigma_emulator import Emulator
from cloudsigma_emulator.domain.seed import PERSISTENT_DRIVE_NAME

from .wire import Wire

pytest_plugins = ["pytester"]


def test_many_times_in_one_process() -> None:
    before = set(threading.enumerate())
    ports = set()
    for _ in range(3):
        with Emulator() as first, Emulator(seed="empty") as second:
            assert first.port != second.port
            ports |= {first.port, second.port}
            one, two = Wire(first), Wire(second)
            one.server()
            assert two("GET", "/servers/").json()["objects"] == []
            one.close()
            two.close()
    assert ports
    assert set(threading.enumerate()) <= before


def test_a_reset_leaves_no_servers() -> None:
    with Emulator() as cloud:
        wire = Wire(cloud)
        for number in range(20):
            wire.server(name=f"s{number}")
        cloud.reset()
        assert wire("GET", "/servers/").json()["objects"] == []
        wire.close()


def test_it_has_to_run() -> None:
    cloud = Emulator()
    for name in ("api_endpoint", "ws_endpoint", "clock", "faults", "port", "config_path", "app"):
        with pytest.raises(RuntimeError, match="does not run"):
            getattr(cloud, name)
    cloud.stop()
    with cloud, pytest.raises(RuntimeError, match="runs already"):
        cloud.start()
    with cloud:
        assert cloud.api_endpoint.endswith("/api/2.0/")


def test_arguments_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments in ({"hypervisor": "x"}, {"seed": "x"}, {"speed": "x"}, {"accelerator": "x"}):
        with pytest.raises(ValueError, match="x"):
            Emulator(**arguments).start()  # type: ignore[arg-type]
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NotImplementedError, match="qemu"):
        Emulator(hypervisor="qemu").start()


def test_a_taken_port() -> None:
    with Emulator() as cloud, pytest.raises(OSError, match="in use"):
        Emulator(port=cloud.port).start()


def test_configuration(tmp_path: Path) -> None:
    target = tmp_path / "out.conf"
    target.touch(0o644)
    with Emulator(config_out=target) as cloud:
        assert cloud.config_path == target
        assert oct(target.stat().st_mode)[-3:] == "600"
        text = target.read_text()
        assert f"api_endpoint = {cloud.api_endpoint}\n" in text
        assert f"persistent_drive_name = {PERSISTENT_DRIVE_NAME}\n" in text
    assert [path.name for path in tmp_path.iterdir()] == ["out.conf"]


def test_a_configuration_of_the_users_own_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "own.conf"
    for text, kept in (("username = me\n", "own.conf.saved"), ("username = you\n", "own.conf.saved1")):
        target.write_text(text)
        for _ in range(2):  # its own file the emulator just replaces
            with Emulator(config_out=target) as cloud:
                assert cloud.api_endpoint in target.read_text()
        assert (tmp_path / kept).read_text() == text
    assert len(list(tmp_path.iterdir())) == 3


def test_the_same_random_seed_gives_the_same_uuids() -> None:
    seen = []
    for _ in range(2):
        with Emulator(random_seed=7) as cloud:
            wire = Wire(cloud)
            seen.append([wire.server()["uuid"], wire("GET", "/profile/").json()["uuid"]])
            wire.close()
    assert seen[0] == seen[1]


def test_accounts() -> None:
    with Emulator() as cloud:
        assert (cloud.username, cloud.password) == ("user@example.com", "password")
        assert (cloud.username2, cloud.password2) == ("other@example.com", "password")


def test_the_plugin_gives_each_test_a_clean_cloud(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import http.client

        seen = []

        def servers(cloud):
            connection = http.client.HTTPConnection("127.0.0.1", cloud.port)
            connection.request("GET", "/api/2.0/servers/", headers={"Authorization": f"Bearer {cloud.token}"})
            body = connection.getresponse().read()
            connection.close()
            return b'"total_count":0' in body

        def test_one(cloudsigma_emulator):
            seen.append(cloudsigma_emulator.port)
            cloudsigma_emulator.faults.add(count=None, status=500)
            cloudsigma_emulator.clock.stop()
            assert not servers(cloudsigma_emulator)

        def test_two(cloudsigma_emulator):
            assert seen == [cloudsigma_emulator.port]
            assert servers(cloudsigma_emulator)

        def test_three(cloudsigma_client, cloudsigma_emulator):
            assert cloudsigma_client.servers.list() == []
            assert cloudsigma_client.profile.get()["email"] == cloudsigma_emulator.username
        """
    )
    result = pytester.runpytest_subprocess("-q", "-W", "error")
    result.assert_outcomes(passed=3)
