"""The documented test of a guest, from outside by SSH and VNC, from inside by the serial port."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from cloudsigma import CloudSigma
from cloudsigma_emulator import Emulator
from foreign.venvs import python_with

from . import vnc
from .conftest import MIB, VNC_PASSWORD, Boot, Guest, wait_until

pytestmark = [pytest.mark.vm, pytest.mark.timeout(420)]


@pytest.fixture(scope="module")
def guest(client: CloudSigma, cloud: Emulator, boot: Boot) -> Guest:
    """A server whose drive is the persistent one."""
    drive = client.drives.find(name=cloud.settings()["persistent_drive_name"])
    assert drive is not None
    meta = {"purpose": "äöü €", "n": "1"}
    return boot(drive["uuid"], "first name", meta=meta, smp=2, cpu=2000).wait_for_ssh()


def context_in(guest: Guest, path: str = "") -> Any:
    return json.loads(guest.out(f"cloudsigma metadata {path} -o json"))


def test_ssh_as_root_with_the_configured_password(guest: Guest) -> None:
    assert guest.out("id -un; cat /sys/class/dmi/id/product_name").split() == ["root", "CloudSigma"]


def test_memory_and_processors_are_those_of_the_definition(guest: Guest) -> None:
    count, total = guest.out("nproc; sed -n 's/MemTotal: *//p' /proc/meminfo").splitlines()
    assert count == "2"
    # The kernel keeps some of it to itself.
    assert 384 * MIB * 0.8 < int(total.split()[0]) * 1024 <= 384 * MIB


def test_the_address_in_the_runtime_answers_on_port_22(guest: Guest) -> None:
    address = guest.server["nics"][0]["runtime"]["ip_v4"]["uuid"]
    assert guest.place == (address, 22)


def test_the_context_inside_equals_the_api(guest: Guest) -> None:
    context, server = context_in(guest), guest.server
    for key in (
        "uuid",
        "name",
        "cpu",
        "mem",
        "smp",
        "meta",
        "vnc_password",
        "cpu_type",
        "requirements",
        "tags",
    ):
        assert context[key] == server[key], key
    assert [nic["mac"] for nic in context["nics"]] == [nic["mac"] for nic in server["nics"]]
    assert context["nics"][0]["ip_v4_conf"]["ip"]["uuid"] == server["runtime"]["nics"][0]["ip_v4"]["uuid"]
    assert [item["drive"]["uuid"] for item in context["drives"]] == [server["drives"][0]["drive"]["uuid"]]


def test_the_library_inside_has_every_face(guest: Guest) -> None:
    program = """if True:
        import asyncio, json
        from cloudsigma.guest import AsyncServerContext, ServerContext
        from cloudsigma.metadata import GetServerMetadata
        context = ServerContext()
        print(json.dumps([
            GetServerMetadata().get(), context.get(), asyncio.run(AsyncServerContext().get()),
            context.get("/nics/0/mac"), context.text("/meta/purpose"), context.meta,
            [address.address for address in context.nic_addresses()],
        ]))
    """
    old, new, awaited, mac, purpose, meta, addresses = json.loads(
        guest.out(f"PYTHONIOENCODING=utf-8 python3 -c '{program}'")
    )
    assert old == new == awaited
    assert (mac, purpose, meta) == (new["nics"][0]["mac"], "äöü €", new["meta"])
    assert addresses == [guest.place[0]]


def test_changes_through_the_api_are_seen_without_restart(guest: Guest, client: CloudSigma) -> None:
    client.servers.update(guest.uuid, name="second name", meta={"answer": "42"})
    assert context_in(guest, "name") == "second name"
    assert context_in(guest, "meta") == {"answer": "42"}


def test_a_key_pushed_by_meta_lets_one_in(guest: Guest, client: CloudSigma, tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    assert guest.run("true", key=key, check=False).returncode == 255
    public = key.with_suffix(".pub").read_text().strip()
    client.servers.update(guest.uuid, meta={"ssh_public_key": public})
    for _ in range(2):
        guest.run("cloudsigma metadata install-ssh-keys")
    assert guest.out("id -un", key=key) == "root\n"
    assert guest.out("grep -c . .ssh/authorized_keys; stat -c %a .ssh .ssh/authorized_keys").split() == [
        "1", "700", "600",
    ]  # fmt: skip


def test_two_processes_ask_at_once(guest: Guest) -> None:
    asked = "cloudsigma metadata uuid >/tmp/%d & "
    guest.run("".join(asked % number for number in range(3)) + "wait")
    assert guest.out("cat /tmp/0 /tmp/1 /tmp/2").split() == [guest.uuid] * 3


def test_a_user_reads_it_after_joining_the_group_that_the_refusal_names(guest: Guest) -> None:
    ask = "setpriv --reuid=65534 --regid=65534 %s cloudsigma metadata uuid"
    refused = guest.run(ask % "--clear-groups", check=False)
    assert refused.returncode == 4
    assert "'dialout'" in refused.stderr
    assert guest.out(ask % "--groups=dialout").strip() == guest.uuid


def test_a_plain_shell_reads_the_same(guest: Guest) -> None:
    raw = "stty -F /dev/ttyS1 raw -echo; exec 3<>/dev/ttyS1; printf '<\\n\\n>' >&3; head -1 <&3"
    expected = context_in(guest)
    assert json.loads(guest.out(f'setsid -w sh -c "{raw}"')) == expected
    # Two openings, as old recipes have it: one to ask, the next one to read.
    twice = "stty -F /dev/ttyS1 raw -echo; printf '<\\n\\n>' >/dev/ttyS1; head -1 </dev/ttyS1"
    assert json.loads(guest.out(twice)) == expected


def test_a_shell_in_cooked_mode_reads_the_same(guest: Guest) -> None:
    cooked = (
        'stty -F /dev/ttyS1 sane; (read -r -t 15 value </dev/ttyS1; echo "$value") & sleep 1; '
        'printf "<\\n\\n>" >/dev/ttyS1; wait'
    )
    expected = context_in(guest)
    assert json.loads(guest.out(f"bash -c '{cooked}'")) == expected
    # And the library, after somebody has left the port like this.
    assert context_in(guest) == expected


def test_cepko_reads_the_same(guest: Guest) -> None:
    """cepko 1.0.1 is of Python 2, which had one type for text and bytes: its port gets the conversion, it stays as it is."""
    python = python_with("cepko", "cepko==1.0.1")
    finding = "import importlib.util; print(importlib.util.find_spec('cepko').origin)"
    place = subprocess.run([python, "-c", finding], capture_output=True, text=True, check=True).stdout.strip()
    guest.run("mkdir -p /root/cepko && cat >/root/cepko/cepko.py", given=Path(place).read_text())
    program = """if True:
        import json, serial
        class Serial(serial.Serial):
            def write(self, data): return super().write(data.encode())
            def readline(self): return super().readline().decode()
        serial.Serial = Serial
        from cepko import Cepko
        print(json.dumps([Cepko().all().result, Cepko().meta().result, Cepko().get("name").result]))
    """
    context = context_in(guest)
    said = guest.out("PYTHONPATH=/root/cepko timeout 60 python3 -", given=program)
    assert json.loads(said) == [context, context["meta"], context["name"]]


def test_a_context_of_a_quarter_of_a_mebibyte(guest: Guest, client: CloudSigma) -> None:
    before = guest.server["meta"]
    meta = {f"key{number:03}": "x" * 1000 for number in range(250)}
    client.servers.update(guest.uuid, meta=meta)
    try:
        program = (
            "from cloudsigma.guest import ServerContext; print(len(str(ServerContext(timeout=60).meta)))"
        )
        assert int(guest.out(f"python3 -c '{program}'")) == len(str(meta))
    finally:
        client.servers.update(guest.uuid, meta=before)


def test_traffic_and_drives_are_counted(guest: Guest) -> None:
    server = guest.server
    io = server["nics"][0]["runtime"]["io"]
    assert io == server["runtime"]["nics"][0]["io"]
    guest.run("head -c 300000 /dev/zero; head -c 200000 /dev/urandom >/root/file; sync")
    after = guest.server["nics"][0]["runtime"]["io"]
    assert after["bytes_sent"] - io["bytes_sent"] > 300_000
    assert after["packets_recv"] > io["packets_recv"]
    written = server["drives"][0]["runtime"]["io"]["bytes_written"]
    wait_until(lambda: guest.server["drives"][0]["runtime"]["io"]["bytes_written"] >= written + 200_000, 10)


def receive(peer: socket.socket, until: bytes, seconds: float = 30) -> bytes:
    peer.settimeout(seconds)
    data = b""
    while until not in data:
        piece = peer.recv(65536)
        assert piece, data
        data += piece
    return data


def test_the_console_shows_the_login_prompt(guest: Guest, client: CloudSigma) -> None:
    url = client.servers.open_console(guest.uuid)["console_url"]
    place = ("127.0.0.1", int(url.rpartition(":")[2]))
    with socket.create_connection(place) as peer:
        receive(peer, b"Password: ")
        peer.sendall(b"wrong\n")
        receive(peer, b"Access denied")
        assert peer.recv(10) == b""
    with socket.create_connection(place) as peer:
        receive(peer, b"Password: ")
        peer.sendall(f"{VNC_PASSWORD}\n".encode())
        receive(peer, b"login: ")
        peer.sendall(b"root\n")
        receive(peer, b"Password: ")
        peer.sendall(guest.cloud.settings()["persistent_drive_ssh_password"].encode() + b"\n")
        receive(peer, b"# ")
        peer.sendall(b"echo here-$((6*7))\n")
        receive(peer, b"here-42")
        peer.sendall(b"exit\n")
    client.servers.close_console(guest.uuid)
    wait_until(lambda: _refused(place), 5)


def _refused(place: tuple[str, int]) -> bool:
    try:
        socket.create_connection(place, 1).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        pass  # it was just being closed
    return False


def test_a_screenshot_through_vnc(guest: Guest, client: CloudSigma, tmp_path: Path) -> None:
    url = client.servers.open_vnc(guest.uuid)["vnc_url"]
    place = ("127.0.0.1", int(url.rpartition(":")[2]))
    with pytest.raises(PermissionError):
        vnc.screenshot(place, "wrong")
    picture = vnc.screenshot(place, VNC_PASSWORD)
    picture.save(tmp_path / "screen.ppm")  # to be looked at, should this fail
    assert picture.width >= 640
    assert picture.height >= 400
    # A text screen: mostly black, with some grey letters of the login prompt.
    lit = sum(1 for pixel in picture.pixels() if max(pixel) > 100)
    assert 100 < lit < picture.width * picture.height // 3
    client.servers.close_vnc(guest.uuid)
    wait_until(lambda: _refused(place), 5)


def test_no_password_is_on_a_command_line(guest: Guest, cloud: Emulator) -> None:
    listed = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    mine = [line for line in listed.splitlines() if guest.uuid in line and "qemu" in line]
    assert mine
    assert not any(VNC_PASSWORD in line for line in mine)
    shown = [path.read_bytes() for path in cloud.app.hypervisor.scratch.glob("*") if path.is_file()]  # type: ignore[union-attr]
    assert not any(VNC_PASSWORD.encode() in text for text in shown)


def test_restart(guest: Guest, client: CloudSigma) -> None:
    guest.run("touch /run/before")
    since = guest.server["runtime"]["active_since"]
    guest.hang_up()
    time.sleep(1)  # active_since has seconds
    client.servers.restart(guest.uuid)
    assert guest.server["status"] == "running"
    assert guest.server["runtime"]["active_since"] > since
    wait_until(lambda: not guest.answers(), 20)
    guest.wait_for_ssh()
    assert guest.run("test -e /run/before", check=False).returncode == 1


def test_a_guest_that_ignores_the_power_button_runs_again(
    guest: Guest, cloud: Emulator, client: CloudSigma
) -> None:
    guest.run("service acpid stop")
    client.servers.shutdown(guest.uuid)
    assert guest.server["status"] == "stopping"
    cloud.clock.stop()
    try:
        cloud.clock.advance(59)
        assert guest.server["status"] == "stopping"
        cloud.clock.advance(2)
        assert guest.server["status"] == "running"
    finally:
        cloud.clock.run()
    # The real minute goes on: presses that come while acpid is back would turn the guest off.
    assert guest.answers()


def test_power_off_inside_is_noticed(guest: Guest, client: CloudSigma) -> None:
    guest.run("service acpid start")
    guest.run("(sleep 1; poweroff) >/dev/null 2>&1 &")
    guest.hang_up()
    wait_until(lambda: guest.server["status"] == "stopped", 60)


def test_what_was_written_is_there_at_the_next_start_and_acpi_ends_it(
    guest: Guest, client: CloudSigma
) -> None:
    client.servers.start(guest.uuid, wait=True)
    guest.wait_for_ssh()
    assert guest.out("stat -c %s /root/file").strip() == "200000"
    guest.hang_up()
    began = time.monotonic()
    client.servers.shutdown(guest.uuid, wait=True)
    assert guest.server["status"] == "stopped"
    assert time.monotonic() - began < 60
