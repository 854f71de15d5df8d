"""A cloud with real guests. Booting one costs half a minute, so guests are shared by the tests of a file."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudsigma import CloudSigma
from cloudsigma_emulator import Emulator
from cloudsigma_emulator.image import cache

HERE = Path(__file__).parent
BOOT = 240.0
"""Seconds that a guest may take until one can log in, on a machine that does other things too."""

MIB = 2**20
VNC_PASSWORD = "s3cret-1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if shutil.which("qemu-system-x86_64") is None:
        for item in items:
            if HERE in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="qemu is not installed; make test-vm installs it"))


def wait_until(what: Callable[[], Any], seconds: float, step: float = 0.2) -> Any:
    """Return the first true value; fail when none comes in time."""
    end = time.monotonic() + seconds
    while not (value := what()):
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(step)
    return value


class Guest:
    """A running server, reached by the system's own SSH client."""

    def __init__(self, cloud: Emulator, client: CloudSigma, server: dict[str, Any], folder: Path) -> None:
        self.cloud, self.client, self.uuid = cloud, client, server["uuid"]
        self._folder = folder
        self._settings = cloud.settings()
        self.control = folder / f"c-{self.uuid[:8]}"

    @property
    def server(self) -> Any:
        return self.client.servers.get(self.uuid)

    @property
    def place(self) -> tuple[str, int]:
        shown = self.cloud.runtime()[self.uuid]["ssh"]
        host, _, port = shown.partition(":")
        return host, int(port)

    def answers(self) -> bool:
        """Tell whether the guest's sshd greets; the forwarded port alone is open long before."""
        try:
            with socket.create_connection(self.place, 1) as peer:
                peer.settimeout(2)
                return peer.recv(4) == b"SSH-"
        except OSError:
            return False

    def wait_for_ssh(self, seconds: float = BOOT) -> Guest:
        wait_until(self.answers, seconds)
        return self

    def run(
        self,
        command: str,
        *,
        user: str = "root",
        key: Path | None = None,
        seconds: float = 90,
        check: bool = True,
        given: str = "",
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the guest: with root's password, or with a key and nothing else."""
        host, port = self.place
        words = [
            "ssh", "-F", "/dev/null", "-p", str(port), "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR",
            "-o", "UserKnownHostsFile=/dev/null", "-o", "ConnectTimeout=60",
        ]  # fmt: skip
        env = dict(os.environ)
        if key is None:
            askpass = self._folder / "askpass"
            if not askpass.exists():
                askpass.write_text('#!/bin/sh\necho "$GUEST_PASSWORD"\n')
                askpass.chmod(0o700)
            env |= {
                "SSH_ASKPASS": str(askpass),
                "SSH_ASKPASS_REQUIRE": "force",
                "GUEST_PASSWORD": self._settings["persistent_drive_ssh_password"],
            }
            # One connection for all commands: a login costs an emulated processor seconds.
            words += [
                "-o", "PreferredAuthentications=password", "-o", f"ControlPath={self.control}",
                "-o", "ControlMaster=auto", "-o", "ControlPersist=600",
            ]  # fmt: skip
        else:
            words += [
                "-i",
                str(key),
                "-o",
                "IdentitiesOnly=yes",
                "-o",
                "BatchMode=yes",
                "-o",
                "ControlPath=none",
            ]
        said = self._folder / f"err-{self.uuid[:8]}"
        with said.open("w+") as errors:
            done = subprocess.run(
                [*words, f"{user}@{host}", command], env=env, input=given, stdout=subprocess.PIPE,
                stderr=errors, text=True, timeout=seconds, check=False,
            )  # fmt: skip
        done.stderr = said.read_text()
        if check:
            assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)
        return done

    def out(self, command: str, **more: Any) -> str:
        return self.run(command, **more).stdout

    def hang_up(self) -> None:
        """End the shared connection."""
        subprocess.run(
            ["ssh", "-o", f"ControlPath={self.control}", "-O", "exit", "guest"],
            capture_output=True,
            check=False,
            timeout=20,
        )


@pytest.fixture(scope="module")
def cloud() -> Iterator[Emulator]:
    assert cache.find("small") is not None, "first: cloudsigma emulator build-image"
    with Emulator(hypervisor="qemu", speed="instant") as cloud:
        yield cloud


@pytest.fixture(scope="module")
def client(cloud: Emulator) -> Iterator[CloudSigma]:
    with CloudSigma(
        api_endpoint=cloud.api_endpoint,
        ws_endpoint=cloud.ws_endpoint,
        username=cloud.username,
        password=cloud.password,
    ) as client:
        yield client


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("g")


def definition(drive: str | None, name: str, **more: Any) -> dict[str, Any]:
    """The body of a server that boots a drive and has an address by dhcp."""
    attached = {"device": "virtio", "dev_channel": "0:0", "boot_order": 1, "drive": drive}
    return {
        "name": name,
        "cpu": 1000,
        "mem": 384 * MIB,
        "vnc_password": VNC_PASSWORD,
        "drives": [attached] if drive else [],
        "nics": [{"ip_v4_conf": {"conf": "dhcp"}}],
        **more,
    }


Boot = Callable[..., Guest]


@pytest.fixture(scope="module")
def boot(cloud: Emulator, client: CloudSigma, folder: Path) -> Iterator[Boot]:
    """Create a server and start it: `boot(drive, name, **fields)`; it is not waited for."""
    guests: list[Guest] = []

    def begin(drive: str | None, name: str, **more: Any) -> Guest:
        server = client.servers.create(**definition(drive, name, **more))
        client.servers.start(server, wait=True)
        guests.append(Guest(cloud, client, server, folder))
        return guests[-1]

    yield begin
    for guest in guests:
        guest.hang_up()


def clone_of(client: CloudSigma, title: str, name: str) -> str:
    """A copy of a library drive, ready."""
    source = client.library_drives.find(name=title)
    assert source is not None
    return str(client.library_drives.clone(source, name=name, wait=True)["uuid"])
