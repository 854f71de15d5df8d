"""The serial line on a real pseudo-terminal, VNC and console ports, and what survives a restart."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from cloudsigma_emulator.drivers import make_hypervisor
from cloudsigma_emulator.drivers.hypervisor import Report
from cloudsigma_emulator.drivers.serial_line import MOST_PENDING

from .cloud_in_process import Cloud, Doc

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are of unix")

REQUEST = b"<\n\n>"


@contextmanager
def opened(path: str) -> Iterator[int]:
    handle = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        yield handle
    finally:
        os.close(handle)


def read_answer(handle: int, seconds: float = 60) -> bytes:
    """All bytes up to and with the next EOT."""
    data = b""
    end = time.monotonic() + seconds
    while not data.endswith(b"\x04"):
        ready, _, _ = select.select([handle], [], [], max(0.0, end - time.monotonic()))
        assert ready, f"no answer, only {data!r}"
        data += os.read(handle, 4096)
    return data


def port_of(cloud: Cloud, server: Doc) -> str:
    path = cloud.app.hypervisor.serial_port(server["uuid"])
    assert path is not None
    return path


def test_a_guest_reads_its_context(cloud: Cloud) -> None:
    server = cloud.running(name="näme", meta={"k": "v"})
    with opened(port_of(cloud, server)) as handle:
        os.write(handle, REQUEST)
        data = read_answer(handle)
        assert data.endswith(b"\n\x04")
        assert data.count(b"\n") == 1
        context = json.loads(data[:-2].decode("ascii"))
        assert (context["name"], context["meta"]) == ("näme", {"k": "v"})
        for request, answer in (
            (b"<\nname\n>", b"n\\u00e4me\n\x04"),
            (b"<\r\n/meta/\r\n>", b'{"k":"v"}\n\x04'),
            (b"<\nno/such/path\n>", b"\n\x04"),
            (b"noise <\nx<\ncpu\n>", b"1000\n\x04"),
        ):
            os.write(handle, request)
            assert read_answer(handle) == answer


def test_requests_come_in_pieces(cloud: Cloud) -> None:
    server = cloud.running()
    with opened(port_of(cloud, server)) as handle:
        for piece in (b"<", b"\n", b"na", b"me\n"):
            os.write(handle, piece)
        assert not select.select([handle], [], [], 0.05)[0]
        os.write(handle, b">")
        assert read_answer(handle) == b"s\n\x04"


def test_the_port_is_opened_again_and_again(cloud: Cloud) -> None:
    server = cloud.running()
    path = port_of(cloud, server)
    for _ in range(20):
        with opened(path) as handle:
            os.write(handle, b"<\nname\n>")
            assert read_answer(handle) == b"s\n\x04"
    # As a shell does it: one opening to ask, another one to read.
    with opened(path) as handle:
        os.write(handle, b"<\nname\n>")
    with opened(path) as handle:
        assert read_answer(handle) == b"s\n\x04"


def test_a_reader_in_cooked_mode_with_echo(cloud: Cloud) -> None:
    server = cloud.running()
    with opened(port_of(cloud, server)) as handle:
        mode = termios.tcgetattr(handle)
        mode[0] |= termios.ICRNL
        mode[1] |= termios.OPOST | termios.ONLCR
        mode[3] |= termios.ICANON | termios.ECHO
        termios.tcsetattr(handle, termios.TCSANOW, mode)
        for _ in range(3):
            os.write(handle, b"<\nname\n>")
            assert os.read(handle, 100) == b"s\n"
            assert os.read(handle, 100) == b""  # EOT is the end of the file in this mode


def test_the_port_is_raw_without_being_asked(cloud: Cloud) -> None:
    server = cloud.running()
    with opened(port_of(cloud, server)) as handle:
        mode = termios.tcgetattr(handle)
        assert not mode[3] & (termios.ECHO | termios.ICANON)
        tty.setraw(handle)


def test_only_servers_with_context_have_the_port(cloud: Cloud) -> None:
    server = cloud.running(context=False)
    assert cloud.app.hypervisor.serial_port(server["uuid"]) is None
    assert cloud.app.hypervisor.serial_port(cloud.server()["uuid"]) is None


def test_the_port_goes_with_the_server(cloud: Cloud) -> None:
    server = cloud.running()
    path = port_of(cloud, server)
    with opened(path) as handle:
        cloud.act(server, "stop")
        os.write(handle, b"<\nname\n>")
        assert read_answer(handle) == b"s\n\x04"
        cloud.settle()
        assert cloud.app.hypervisor.serial_port(server["uuid"]) is None
        assert wait_until(lambda: select.select([handle], [], [], 0)[0] != [])
        with suppress(OSError):
            assert os.read(handle, 10) == b""


def test_a_big_context_arrives_whole(cloud: Cloud) -> None:
    meta = {f"key{number}": "x" * 1000 for number in range(120)}
    server = cloud.running(meta=meta)
    with opened(port_of(cloud, server)) as handle:
        os.write(handle, REQUEST)
        data = read_answer(handle)
        assert json.loads(data[:-2])["meta"] == meta


def test_a_reader_that_never_reads_stops_nobody_else(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    server = cloud.running(meta={f"key{number}": "x" * 1000 for number in range(60)})
    other = cloud.running()
    with opened(port_of(cloud, server)) as deaf, opened(port_of(cloud, other)) as handle:
        os.set_blocking(deaf, False)
        asked = 0
        end = time.monotonic() + 60
        while asked < 3 * MOST_PENDING // 60_000 and time.monotonic() < end:
            try:
                os.write(deaf, REQUEST)
                asked += 1
            except BlockingIOError:
                time.sleep(0.001)
        os.write(handle, b"<\nname\n>")
        assert read_answer(handle) == b"s\n\x04"
    # And it is said, once and not for each request.
    assert wait_until(lambda: "nobody reads" in caplog.text)
    said = [record.message for record in caplog.records if "nobody reads" in record.message]
    assert said == [f"nobody reads {port_of(cloud, server)}: requests get no answer until somebody does"]


def test_many_servers_share_one_thread(cloud: Cloud) -> None:
    import threading

    before = threading.active_count()
    body = [{"name": f"n{i}", "cpu": 1000, "mem": 2**29, "vnc_password": "x"} for i in range(100)]
    servers = cloud.call("POST", "/servers/", body).body["objects"]
    for server in servers:
        cloud.act(server, "start")
    cloud.settle()
    assert threading.active_count() <= before + 1
    for number, server in enumerate(servers):
        with opened(port_of(cloud, server)) as handle:
            os.write(handle, b"<\nname\n>")
            assert read_answer(handle) == f"n{number}\n\x04".encode()


def test_the_documented_shell_recipe(cloud: Cloud) -> None:
    path = port_of(cloud, cloud.running())
    script = f"exec 3<>{path}; printf '<\\nname\\n>' >&3; head -c 3 <&3"
    run = subprocess.run(["sh", "-c", script], capture_output=True, timeout=60, check=True)
    assert run.stdout == b"s\n\x04"


# tunnels


def connect(url: str, scheme: str) -> socket.socket:
    assert url.startswith(f"{scheme}://127.0.0.1:")
    return socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=60)


def receive(peer: socket.socket, until: bytes) -> bytes:
    data = b""
    while until not in data:
        piece = peer.recv(1000)
        assert piece, data
        data += piece
    return data


def test_vnc_greets(cloud: Cloud) -> None:
    server = cloud.running()
    first = cloud.act(server, "open_vnc", {}).body["vnc_url"]
    second = cloud.act(server, "open_vnc").body["vnc_url"]
    assert first != second
    with connect(second, "vnc") as peer:
        assert peer.recv(100) == b"RFB 003.008\n"
        peer.sendall(b"RFB 003.008\n")
        refusal = receive(peer, b"screen")
        assert refusal[0] == 0
        assert int.from_bytes(refusal[1:5], "big") == len(refusal) - 5
        assert peer.recv(10) == b""
    with connect(second, "vnc") as peer:
        assert peer.recv(100) == b"RFB 003.008\n"
        assert cloud.act(server, "close_vnc").status == 202
        assert peer.recv(10) == b""
    assert cloud.act(server, "close_vnc").status == 202
    assert wait_until(lambda: refuses(second))


def test_tunnels_end_with_the_server(cloud: Cloud) -> None:
    server = cloud.running()
    vnc = cloud.act(server, "open_vnc").body["vnc_url"]
    console = cloud.act(server, "open_console").body["console_url"]
    with connect(vnc, "vnc") as viewer, connect(console, "csconsole") as terminal:
        receive(viewer, b"\n")
        receive(terminal, b": ")
        cloud.act(server, "stop")
        cloud.settle()
        assert viewer.recv(10) == b""
        assert terminal.recv(10) == b""
    assert wait_until(lambda: refuses(vnc) and refuses(console))


def test_the_console_asks_for_the_password(cloud: Cloud) -> None:
    server = cloud.running(vnc_password="s3cret")
    url = cloud.act(server, "open_console").body["console_url"]
    with connect(url, "csconsole") as peer:
        assert receive(peer, b": ") == b"Password: "
        peer.sendall(b"s3c")
        peer.sendall(b"ret\r\n")
        assert receive(peer, b"login: ").endswith(b"login: ")
        peer.sendall(b"root\n")
        assert b"Login incorrect" in receive(peer, b"login: ")
    with connect(url, "csconsole") as peer:
        receive(peer, b": ")
        peer.sendall(b"wrong\n")
        assert b"Access denied" in receive(peer, b"denied\r\n")
        assert peer.recv(10) == b""
    assert cloud.act(server, "close_console").status == 202
    assert cloud.act(server, "close_console").status == 202


def refuses(url: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=1).close()
    except OSError:
        return True
    return False


# the hypervisor by itself


def test_unknown_servers_mean_nothing() -> None:
    class Quiet:
        def context_answer(self, server: str, path: str) -> bytes:
            raise AssertionError

        def report(self, server: str, what: Report) -> None:
            raise AssertionError

    hypervisor = make_hypervisor("simulated", Quiet())
    for call in (
        hypervisor.power_off,
        hypervisor.press_power_button,
        hypervisor.reset,
        hypervisor.close_vnc,
        hypervisor.close_console,
    ):
        call("nobody")
    assert hypervisor.serial_port("nobody") is None
    hypervisor.close()
    hypervisor.close()
    with pytest.raises(NotImplementedError):
        make_hypervisor("vmware", Quiet())


def test_running_servers_have_their_lines_again_after_a_restart(tmp_path: Path) -> None:
    cloud = Cloud(data=tmp_path)
    server = cloud.running()
    starting = cloud.server(name="later")
    cloud.act(starting, "start")
    cloud.close()
    again = Cloud(data=tmp_path)
    assert again.see("servers", server["uuid"]) == server
    with opened(port_of(again, server)) as handle:
        os.write(handle, b"<\nname\n>")
        assert read_answer(handle) == b"s\n\x04"
    again.advance(300)
    assert again.see("servers", starting["uuid"])["status"] == "running"
    again.close()


def wait_until(true: Callable[[], bool], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.002)
    return True
