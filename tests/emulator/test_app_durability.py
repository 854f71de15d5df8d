"""What was answered is kept: kill -9, restart, locks, formats, the bytes of drives."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudsigma_emulator import Emulator
from cloudsigma_emulator.store.errors import StoreProblem
from cloudsigma_emulator.store.migrations import STEPS

from .wire import Wire, basic, until


class Process:
    """The command, started as a user starts it."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.config = folder / "cloudsigma.conf"
        self.config.unlink(missing_ok=True)
        self.errors = folder / "stderr"
        command = [
            sys.executable,
            "-m",
            "cloudsigma_emulator",
            "--port",
            "0",
            "--config-out",
            str(self.config),
        ]
        with self.errors.open("w") as errors:
            self.child = subprocess.Popen([*command, *arguments], stderr=errors, stdin=subprocess.DEVNULL)
        until(lambda: self.config.exists() or self.child.poll() is not None)
        assert self.config.exists(), self.errors.read_text()
        lines = self.config.read_text().splitlines()
        self.settings = dict(line.split(" = ", 1) for line in lines)
        self.port = int(self.settings["api_endpoint"].split(":")[2].partition("/")[0])

    def call(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: Any = None
    ) -> tuple[int, Any]:
        headers = {**basic("user@example.com"), "Content-Type": "application/json"}
        connection.request(method, f"/api/2.0{path}", json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        data = answer.read()
        return answer.status, json.loads(data) if data else None

    def get(self, path: str) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        status, found = self.call(connection, "GET", path)
        connection.close()
        assert status == 200, found
        return found

    def end(self, number: int = signal.SIGTERM) -> int:
        self.child.send_signal(number)
        return self.child.wait(60)


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[list[Process]]:
    started: list[Process] = []
    yield started
    for process in started:
        if process.child.poll() is None:
            process.child.kill()
        process.child.wait(60)


def test_kill_9_loses_nothing_that_was_answered(tmp_path: Path, processes: list[Process]) -> None:
    data = ("--data", str(tmp_path / "data"), "--speed", "20")
    first = Process(tmp_path, *data)
    processes.append(first)
    answered: dict[str, str] = {}
    asked: set[str] = set()  # to be deleted: whether it was is unknown until the answer
    deleted: set[str] = set()
    lock = threading.Lock()

    def work(worker: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", first.port, timeout=60)
        number = 0
        with contextlib.suppress(OSError, http.client.HTTPException):
            while True:
                number += 1
                body = {"name": f"{worker}-{number}", "cpu": 1000, "mem": 2**29, "vnc_password": "x"}
                status, made = first.call(connection, "POST", "/servers/", body)
                assert status == 201
                uuid = made["objects"][0]["uuid"]
                with lock:
                    answered[uuid] = body["name"]
                if number % 3 == 0:
                    with lock:
                        asked.add(uuid)
                    status, _ = first.call(connection, "DELETE", f"/servers/{uuid}/")
                    assert status == 204
                    with lock:
                        deleted.add(uuid)
                elif number % 3 == 1:
                    first.call(connection, "POST", f"/servers/{uuid}/action/?do=start")
        connection.close()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for worker in workers:
        worker.start()
    until(lambda: len(answered) > 150)
    first.end(signal.SIGKILL)
    for worker in workers:
        worker.join()

    second = Process(tmp_path, *data)
    processes.append(second)
    found = {item["uuid"]: item["name"] for item in second.get("/servers/?limit=0")["objects"]}
    for uuid, name in answered.items():
        if uuid not in asked:
            assert found.get(uuid) == name
    assert not deleted & set(found)
    # What was under way goes on by itself.
    until(
        lambda: (
            {item["status"] for item in second.get("/servers/?limit=0")["objects"]} <= {"running", "stopped"}
        )
    )
    assert second.end() == 0


def test_a_transition_under_way_ends_after_the_restart(tmp_path: Path) -> None:
    slowly = 0.01  # so that it does not end by itself meanwhile
    with Emulator(data=tmp_path, speed=slowly) as cloud:
        wire = Wire(cloud)
        uuid = wire.server()["uuid"]
        wire("POST", f"/servers/{uuid}/action/?do=start", {})
        assert wire("GET", f"/servers/{uuid}/").json()["status"] == "starting"
        profile = wire("GET", "/profile/").json()
        wire.close()
    with Emulator(data=tmp_path, speed=slowly) as cloud:
        wire = Wire(cloud)
        assert wire("GET", "/profile/").json() == profile
        cloud.clock.advance(6000)
        assert wire("GET", f"/servers/{uuid}/").json()["status"] == "running"
        assert Path(cloud.runtime()[uuid]["serial_port"]).exists()
        wire.close()
    with Emulator(data=tmp_path) as cloud:
        wire = Wire(cloud)
        assert wire("GET", f"/servers/{uuid}/").json()["status"] == "running"
        assert Path(cloud.runtime()[uuid]["serial_port"]).exists()
        wire.close()


def test_sessions_and_tokens_outlive_a_restart(tmp_path: Path) -> None:
    with Emulator(data=tmp_path) as cloud:
        wire = Wire(cloud)
        login = {"username": "user@example.com", "password": "password"}
        cookies = wire("POST", "/accounts/action/?do=login", login).cookies()
        wire.close()
    with Emulator(data=tmp_path) as cloud:
        nobody = Wire(cloud, None)
        assert (
            nobody("GET", "/profile/", headers={"Cookie": f"sessionid={cookies['sessionid']}"}).status == 200
        )
        assert nobody("GET", "/profile/", headers={"Authorization": f"Bearer {cloud.token}"}).status == 200
        nobody.close()


def test_one_process_a_directory(tmp_path: Path) -> None:
    with Emulator(data=tmp_path):
        with pytest.raises(StoreProblem, match=rf"another emulator \(process {os.getpid()}\) is using"):
            Emulator(data=tmp_path).start()
        finished = subprocess.run(
            [sys.executable, "-m", "cloudsigma_emulator", "--port", "0", "--data", str(tmp_path)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert finished.returncode == 1
        assert "another emulator" in finished.stderr
        assert "Traceback" not in finished.stderr
    with Emulator(data=tmp_path):
        pass


def test_directories_that_cannot_be_used(tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("hello")
    with pytest.raises(StoreProblem, match="cannot be used"):
        Emulator(data=occupied).start()
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "emulator.sqlite3").write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreProblem, match="not a database of this emulator"):
        Emulator(data=broken).start()
    newer = tmp_path / "newer"
    with Emulator(data=newer):
        pass
    connection = sqlite3.connect(newer / "emulator.sqlite3")
    connection.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    connection.close()
    with pytest.raises(StoreProblem, match="newer emulator"):
        Emulator(data=newer).start()


def test_a_start_that_fails_holds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    data = tmp_path / "data"
    with Emulator() as other:
        starts = [
            (Emulator(data=data, port=other.port), "in use"),
            (Emulator(data=data, config_out=tmp_path / "absent" / "out.conf"), "absent"),
            (Emulator(data=data, hypervisor="qemu"), "qemu"),
        ]
        for emulator, words in starts:
            with pytest.raises((OSError, NotImplementedError), match=words):
                emulator.start()
            with Emulator(data=data):  # nobody has the folder
                pass


def test_nothing_is_kept_without_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with Emulator() as cloud:
        wire = Wire(cloud)
        path = cloud.config_path
        assert oct(path.stat().st_mode)[-3:] == "600"
        drive = wire("GET", "/drives/").json()["objects"][0]["uuid"]
        cloud.app.images.write(drive, 0, b"bytes")
        assert list(tmp_path.iterdir())
        wire.close()
    assert list(tmp_path.iterdir()) == []


def test_images_left_by_a_crash_are_removed(tmp_path: Path) -> None:
    with Emulator(data=tmp_path) as cloud:
        wire = Wire(cloud)
        drive = wire("GET", "/drives/").json()["objects"][0]["uuid"]
        cloud.app.images.write(drive, 0, b"kept")
        stray = cloud.app.images.path("11111111-2222-4333-8444-555555555555")
        stray.write_bytes(b"stray")
        half = stray.with_suffix(".part")
        half.write_bytes(b"half")
        wire.close()
    with Emulator(data=tmp_path) as cloud:
        assert cloud.app.images.read(drive, 0, 10) == b"kept"
        assert not stray.exists()
        assert not half.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command(tmp_path: Path, processes: list[Process], number: int) -> None:
    process = Process(tmp_path)
    processes.append(process)
    assert list(process.settings) == [
        "api_endpoint",
        "ws_endpoint",
        "username",
        "password",
        "username2",
        "password2",
        "curl_upload_endpoint",
        "persistent_drive_name",
        "persistent_drive_ssh_password",
    ]
    assert oct(process.config.stat().st_mode)[-3:] == "600"
    base = f"http://127.0.0.1:{process.port}/api/2.0"
    assert process.settings["api_endpoint"] == f"{base}/"
    assert process.settings["curl_upload_endpoint"] == base
    assert process.settings["ws_endpoint"] == f"ws://127.0.0.1:{process.port}/websocket"
    drives = process.get(
        f"/drives/?name__contains={process.settings['persistent_drive_name']}&fields=name,status"
    )
    assert drives["objects"] == [{"name": process.settings["persistent_drive_name"], "status": "unmounted"}]
    assert process.end(number) == 0
    written = process.errors.read_text()
    assert process.settings["api_endpoint"] in written
    assert "user@example.com" in written
    assert "Traceback" not in written
    assert "Error" not in written


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_nobody_else_may_read_what_is_kept(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with Emulator(data=tmp_path):
        kept = [path for path in tmp_path.iterdir() if path.name != "lock"]
        assert len(kept) > 1  # the log of what is being written too
        assert [path.stat().st_mode & 0o077 for path in kept] == [0] * len(kept)


def test_the_command_ends_however_often_it_is_told(tmp_path: Path, processes: list[Process]) -> None:
    process = Process(tmp_path)
    processes.append(process)
    for number in range(300):
        process.child.send_signal(signal.SIGINT if number % 2 else signal.SIGTERM)
    assert process.child.wait(60) == 0
    assert "Traceback" not in process.errors.read_text()


def test_the_command_refuses_what_it_cannot_do(tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        finished = subprocess.run(
            [sys.executable, "-m", "cloudsigma_emulator", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "PATH": "/nowhere"},
        )
        assert "Traceback" not in finished.stderr
        return finished.returncode, finished.stderr

    status, text = run("--hypervisor", "qemu")
    assert status == 2
    assert "apt-get install" in text
    assert run("--hypervisor", "vmware")[0] == 2
    assert run("--speed", "fast")[0] == 2
    assert run("--port", "99999")[0] == 2
    assert run("--seed", "x")[0] == 2
    status, text = run("--port", "0", "--config-out", str(tmp_path / "missing" / "conf"))
    assert status == 1
    assert "missing" in text
    with Emulator() as cloud:
        status, text = run("--port", str(cloud.port))
        assert status == 1
        assert f"127.0.0.1:{cloud.port}" in text
