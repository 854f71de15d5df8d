"""kill -9 at random moments of 200 rounds of writes: what was answered is there, nothing is half done, jobs go on."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .wire import basic, until

ROUNDS = 200
WORKERS = 3
SPEED = 30.0
MIB = 2**20
ROOT = Path(__file__).resolve().parents[2]

Doc = dict[str, Any]


class Host:
    """The process that forks emulators."""

    def __init__(self, directory: Path, errors: Path) -> None:
        self.directory = directory
        self.errors = errors
        with errors.open("w") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.emulator.forking_host"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file, text=True, cwd=ROOT,
            )  # fmt: skip
        self.pid = self.port = 0

    def start(self) -> None:
        """Start the next emulator on the directory; what it finds there must be sound."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([str(self.directory), SPEED]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, self.errors.read_text()
        found = json.loads(line)
        self.pid, self.port = found["pid"], found["port"]
        assert found["broken"] == []

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self.pid = 0

    def close(self) -> None:
        if self.pid:
            self.kill()
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()


class Model:
    """What has been answered: the objects that must be there, and what is unknown because an answer never came."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.names: dict[str, dict[str, set[str]]] = {"servers": {}, "drives": {}, "tags": {}}
        self.unsure: set[str] = set()  # a deletion was asked for
        self.gone: set[str] = set()
        self.bytes: dict[str, bytes] = {}
        self.bought: set[str] = set()
        self.answers = 0

    def pick(self, dice: random.Random, kind: str) -> str | None:
        with self.lock:
            known = [uuid for uuid in self.names[kind] if uuid not in self.unsure]
        return dice.choice(known) if known else None


class Worker(threading.Thread):
    """Writes until its emulator dies."""

    def __init__(self, model: Model, port: int, seed: int) -> None:
        super().__init__()
        self.model = model
        self.dice = random.Random(seed)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.failure: BaseException | None = None

    def run(self) -> None:
        steps = (
            self.create_server, self.create_server, self.create_drive, self.create_tag, self.rename, self.rename, self.delete,
            self.delete, self.delete, self.delete, self.delete, self.act, self.act, self.upload, self.clone, self.buy, self.attach,
        )  # fmt: skip
        try:
            while True:
                self.dice.choice(steps)()
                with self.model.lock:
                    self.model.answers += 1
        except (OSError, http.client.HTTPException):
            pass
        except BaseException as error:
            self.failure = error
        finally:
            self.connection.close()

    def call(self, method: str, path: str, body: Any = None, raw: bytes | None = None) -> tuple[int, Any]:
        headers = {**basic("user@example.com"), "Content-Type": "application/json"}
        data = raw if raw is not None else json.dumps(body).encode() if body is not None else None
        self.connection.request(method, f"/api/2.0{path}", data, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        assert answer.status < 500 or answer.status == 503, (method, path, text)
        is_json = (answer.getheader("Content-Type") or "").startswith("application/json")
        return answer.status, json.loads(text) if is_json and text else text

    def create(self, kind: str, body: Doc) -> None:
        status, made = self.call("POST", f"/{kind}/", body)
        assert status == 201, made
        with self.model.lock:
            for each in made["objects"]:
                self.model.names[kind][each["uuid"]] = {body["name"]}

    def name(self) -> str:
        return f"{self.dice.getrandbits(48):x}"

    def create_server(self) -> None:
        nics = [{"ip_v4_conf": {"conf": "dhcp"}}]
        self.create(
            "servers", {"name": self.name(), "cpu": 1000, "mem": 256 * MIB, "vnc_password": "x", "nics": nics}
        )

    def create_drive(self) -> None:
        self.create("drives", {"name": self.name(), "size": 512 * MIB, "media": "disk"})

    def create_tag(self) -> None:
        members = [uuid for kind in ("servers", "drives") if (uuid := self.model.pick(self.dice, kind))]
        body = {"name": self.name(), "resources": members}
        status, made = self.call("POST", "/tags/", body)
        if status == 201:  # a member may have been deleted meanwhile
            with self.model.lock:
                self.model.names["tags"][made["objects"][0]["uuid"]] = {body["name"]}

    def rename(self) -> None:
        uuid = self.model.pick(self.dice, "tags")
        if uuid is None:
            return
        name = self.name()
        with self.model.lock:
            if uuid in self.model.unsure:
                return
            self.model.names["tags"][uuid].add(name)
        status, _ = self.call("PUT", f"/tags/{uuid}/", {"name": name})
        if status == 200:
            with self.model.lock:
                # Others may have renamed it at the same time: theirs may have come later.
                pending = self.model.names["tags"][uuid]
                self.model.names["tags"][uuid] = pending if len(pending) > 2 else {name}

    def delete(self) -> None:
        kind = self.dice.choice(("servers", "drives", "tags"))
        uuid = self.model.pick(self.dice, kind)
        if uuid is None:
            return
        with self.model.lock:
            if uuid in self.model.unsure:
                return
            self.model.unsure.add(uuid)
        recurse = "?recurse=all_drives" if kind == "servers" and self.dice.random() < 0.5 else ""
        if recurse:
            with self.model.lock:
                self.model.unsure.update(self.model.names["drives"])
        status, _ = self.call("DELETE", f"/{kind}/{uuid}/{recurse}")
        with self.model.lock:
            if status == 204:
                self.model.gone.add(uuid)

    def act(self) -> None:
        uuid = self.model.pick(self.dice, "servers")
        if uuid is not None:
            self.call(
                "POST", f"/servers/{uuid}/action/?do={self.dice.choice(('start', 'stop', 'start'))}", {}
            )

    def attach(self) -> None:
        server, drive = self.model.pick(self.dice, "servers"), self.model.pick(self.dice, "drives")
        if server is None or drive is None:
            return
        status, found = self.call("GET", f"/servers/{server}/")
        if status == 200:
            found["drives"] = [{"device": "virtio", "dev_channel": "0:0", "drive": drive, "boot_order": 1}]
            self.call("PUT", f"/servers/{server}/", found)

    def clone(self) -> None:
        uuid = self.model.pick(self.dice, "drives")
        if uuid is None:
            return
        status, made = self.call("POST", f"/drives/{uuid}/action/?do=clone", {"name": "copy"})
        if status == 202:
            with self.model.lock:
                self.model.names["drives"][made["objects"][0]["uuid"]] = {"copy"}

    def upload(self) -> None:
        data = self.dice.randbytes(self.dice.choice((1, 1000, 3 * MIB)))
        status, uuid = self.call("POST", "/drives/upload/", raw=data)
        assert status == 201
        with self.model.lock:
            self.model.names["drives"][uuid.decode()] = set()
            self.model.bytes[uuid.decode()] = data

    def buy(self) -> None:
        body = {"resource": self.dice.choice(("vlan", "ip")), "amount": 1, "period": "1 month"}
        status, made = self.call("POST", "/subscriptions/", body)
        if status == 201:
            with self.model.lock:
                self.model.bought.update(each["uuid"] for each in made["objects"])


def check(model: Model, worker: Worker, directory: Path) -> None:
    """What was answered is there, and what was deleted is not."""
    for kind, known in model.names.items():
        _, listed = worker.call("GET", f"/{kind}/?limit=0&fields=uuid,name")
        found = {item["uuid"]: item["name"] for item in listed["objects"]}
        for uuid, names in known.items():
            if uuid not in model.unsure:
                assert uuid in found, f"{kind} {uuid} was answered and is lost"
            if uuid in model.gone:
                assert uuid not in found, f"{kind} {uuid} was deleted and is back"
            if uuid in found and names:
                assert found[uuid] in names
                model.names[kind][uuid] = {found[uuid]}
        for uuid in [uuid for uuid in known if uuid in model.gone or uuid not in found]:
            del known[uuid]
            model.bytes.pop(uuid, None)
        # What became of an unanswered deletion is known now.
        model.unsure -= set(known)
    for uuid, data in list(model.bytes.items())[-5:]:
        with (directory / "images" / f"{uuid}.raw").open("rb") as image:
            assert image.read(len(data)) == data
    _, listed = worker.call("GET", "/subscriptions/?limit=0&fields=uuid")
    assert model.bought <= {item["uuid"] for item in listed["objects"]}


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    host = Host(tmp_path / "data", tmp_path / "stderr")
    yield host
    host.close()


@pytest.mark.timeout(900)
def test_two_hundred_deaths(host: Host) -> None:
    dice = random.Random(20)
    model = Model()
    for number in range(ROUNDS):
        host.start()
        look = Worker(model, host.port, number)
        check(model, look, host.directory)
        look.connection.close()
        workers = [Worker(model, host.port, dice.getrandbits(32)) for _ in range(WORKERS)]
        wanted = model.answers + dice.randint(0, 20)
        for worker in workers:
            worker.start()
        while model.answers < wanted and all(worker.is_alive() for worker in workers):
            time.sleep(0.001)
        time.sleep(dice.uniform(0.0, 0.005))
        host.kill()
        for worker in workers:
            worker.join()
            if worker.failure is not None:
                raise worker.failure
    assert model.answers > 5 * ROUNDS
    host.start()
    last = Worker(model, host.port, 0)
    check(model, last, host.directory)

    def all_at_rest() -> bool:
        servers = last.call("GET", "/servers/?limit=0&fields=status")[1]["objects"]
        drives = last.call("GET", "/drives/detail/?limit=0&fields=status")[1]["objects"]
        jobs = last.call("GET", "/jobs/?limit=0&fields=state")[1]["objects"]
        return (
            {item["status"] for item in servers} <= {"running", "stopped"}
            and {item["status"] for item in drives} <= {"mounted", "unmounted", "uploading"}
            and {item["state"] for item in jobs} <= {"success"}
        )

    until(all_at_rest, 60)
    last.connection.close()
    host.kill()
    host.start()
    written = host.errors.read_text()
    assert "Traceback" not in written, written
