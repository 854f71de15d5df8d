"""The cloud as a program meets it: over sockets, with the engine running by itself."""

from __future__ import annotations

import http.client
import json
import os
import random
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cloudsigma_emulator import Emulator

from .wire import Wire, until

Doc = dict[str, Any]
NIC: Doc = {"ip_v4_conf": {"conf": "dhcp"}}


def see(wire: Wire, uri: str) -> Doc:
    reply = wire("GET", uri, base="")
    assert reply.status == 200, reply.body
    found: Doc = reply.json()
    return found


def reach(wire: Wire, uri: str, status: str) -> None:
    """Poll until a status is reached."""
    until(lambda: see(wire, uri)["status"] == status)


def test_instant_transitions_take_no_time(wire: Wire) -> None:
    wire.emulator.clock.stop()
    reply = wire("POST", "/drives/", {"name": "d", "size": 2**30, "media": "disk"})
    [drive] = reply.json()["objects"]
    assert drive["status"] == "creating"
    reach(wire, drive["resource_uri"], "unmounted")
    copy = wire("POST", f"/drives/{drive['uuid']}/action/?do=clone").json()["objects"][0]
    assert copy["status"] == "cloning_dst"
    reach(wire, copy["resource_uri"], "unmounted")
    grown = wire("PUT", f"/drives/{drive['uuid']}/", {**drive, "size": 2**31}).json()
    assert (grown["status"], grown["size"]) == ("resizing", 2**30)
    reach(wire, drive["resource_uri"], "unmounted")
    server = wire.server(nics=[NIC])
    for action, status in (
        ("start", "running"),
        ("shutdown", "stopped"),
        ("start", "running"),
        ("stop", "stopped"),
    ):
        assert wire("POST", f"/servers/{server['uuid']}/action/?do={action}", {}).status == 202
        reach(wire, server["resource_uri"], status)


def test_frames_tell_of_states_that_can_be_seen(wire: Wire) -> None:
    server = wire.server(nics=[NIC])
    with wire.frames() as frames:
        wire("POST", f"/servers/{server['uuid']}/action/?do=start", {})
        while True:
            frame = json.loads(frames.recv(timeout=60))
            if frame["resource_uri"] == server["resource_uri"]:
                seen = see(wire, frame["resource_uri"])
                assert (seen["status"] == "running") == (seen["runtime"] is not None)
                if seen["status"] == "running":
                    break
        assert seen["runtime"]["nics"][0]["ip_v4"] is not None
        wire("POST", f"/servers/{server['uuid']}/action/?do=stop", {})
        until(lambda: see(wire, server["resource_uri"])["status"] == "stopped")
        wire("DELETE", f"/servers/{server['uuid']}/")
        statuses = []
        while not statuses or statuses[-1] != 404:
            frame = json.loads(frames.recv(timeout=60))
            if frame["resource_uri"] == server["resource_uri"]:
                statuses.append(wire("GET", frame["resource_uri"], base="").status)


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are of unix")
def test_the_serial_port_is_there_as_soon_as_the_server_runs(
    wire: Wire, cloudsigma_emulator: Emulator
) -> None:
    for _ in range(20):
        server = wire.server(name="guest")
        wire("POST", f"/servers/{server['uuid']}/action/?do=start", {})
        reach(wire, server["resource_uri"], "running")
        path = cloudsigma_emulator.serial_port(server["uuid"])
        assert path is not None
        assert wire.control("GET", "/runtime")["servers"][server["uuid"]]["serial_port"] == path
        handle = os.open(path, os.O_RDWR | os.O_NOCTTY)
        try:
            os.write(handle, b"<\nname\n>")
            data = b""
            while not data.endswith(b"\x04"):
                data += os.read(handle, 100)
            assert data == b"guest\n\x04"
        finally:
            os.close(handle)


def test_an_image_goes_up_in_parallel_chunks_and_comes_back(
    wire: Wire, cloudsigma_emulator: Emulator
) -> None:
    size, chunk = 9_500_000, 1_000_000
    data = random.Random(7).randbytes(size)
    body = {"name": "image", "size": size, "media": "disk"}
    [drive] = wire("POST", "/initupload/", body).json()["objects"]
    assert (drive["status"], drive["size"]) == ("uploading", size)
    count = size // chunk

    def send(number: int) -> None:
        own = Wire(cloudsigma_emulator)
        asked = {"chunk_number": number, "chunk_size": chunk}
        link = own("POST", f"/drives/{drive['uuid']}/action/?do=upload_chunk", asked).json()["link"]
        end = size if number == count - 1 else (number + 1) * chunk
        own.credentials = {}
        headers = {"Content-Type": "application/octet-stream"}
        assert own("POST", link, raw=data[number * chunk : end], headers=headers, base="").status == 200
        own.close()

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(send, random.Random(1).sample(range(count), count)))
    ready = see(wire, drive["resource_uri"])
    assert ready["status"] == "unmounted"

    first = wire("GET", f"/drives/{drive['uuid']}/download/")
    assert first.status == 302
    link = first.header("location")
    assert link is not None
    connection = http.client.HTTPConnection("127.0.0.1", cloudsigma_emulator.port, timeout=30)
    connection.request("GET", link, headers={"Range": f"bytes=0-{size + 999}"})
    answer = connection.getresponse()
    assert answer.status == 206
    assert answer.getheader("Content-Range") == f"bytes 0-{size + 999}/{ready['size']}"
    assert answer.getheader("Content-Disposition") == f'attachment; filename="{drive["uuid"]}"'
    assert answer.read() == data + bytes(1000)
    connection.request("GET", link, headers={"Range": "bytes=-16"})
    assert connection.getresponse().read() == bytes(16)
    connection.close()


def test_a_whole_image_in_one_request(wire: Wire) -> None:
    data = os.urandom(3_000_000)
    headers = {"Content-Type": "application/octet-stream"}
    reply = wire("POST", "/drives/upload/", raw=data, headers=headers)
    assert reply.status == 201
    uuid = reply.body.decode()
    assert see(wire, f"/api/2.0/drives/{uuid}/")["status"] == "unmounted"
    stored = wire.emulator.app.images.read(uuid, 0, len(data))
    assert stored == data


def test_an_upload_that_breaks_off_leaves_no_drive(wire: Wire, cloudsigma_emulator: Emulator) -> None:
    before = wire("GET", "/drives/").json()["meta"]["total_count"]
    with socket.create_connection(("127.0.0.1", cloudsigma_emulator.port)) as peer:
        credentials = wire.credentials["Authorization"]
        head = (
            "POST /api/2.0/drives/upload/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n"
            f"Authorization: {credentials}\r\nContent-Type: application/octet-stream\r\n\r\n"
        )
        peer.sendall(head.encode() + b"x" * 100_000)
        until(lambda: wire("GET", "/drives/").json()["meta"]["total_count"] == before + 1)
    until(lambda: wire("GET", "/drives/").json()["meta"]["total_count"] == before)


def test_many_at_once(cloudsigma_emulator: Emulator) -> None:
    def life(number: int) -> None:
        wire = Wire(cloudsigma_emulator)
        server = wire.server(name=f"n{number}", nics=[NIC])
        for action, status in (("start", "running"), ("stop", "stopped")):
            assert wire("POST", f"/servers/{server['uuid']}/action/?do={action}", {}).status == 202
            reach(wire, server["resource_uri"], status)
        assert wire("DELETE", f"/servers/{server['uuid']}/").status == 204
        wire.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(life, range(40)))
    wire = Wire(cloudsigma_emulator)
    assert wire("GET", "/servers/").json()["meta"]["total_count"] == 0
    assert wire("GET", "/ips/").json()["meta"]["total_count"] == 2
    wire.close()
