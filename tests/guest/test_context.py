"""The server context over a real pseudo-terminal."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudsigma.guest import (
    AsyncServerContext,
    ContextError,
    DeviceUnavailable,
    NotAnswered,
    NotJson,
    ServerContext,
)
from cloudsigma.guest.context import _walk
from cloudsigma.metadata import GetServerMetadata

from .host import Host, host_of, payload_at

DOCUMENT: dict[str, Any] = {
    "name": "1000",
    "cpu": 1000,
    "hv_tsc": False,
    "cpu_model": None,
    "meta": {
        "ssh_public_key": "ssh-rsa AAAA user@host\n",
        "json": '{"a":"\\n"}',
        "city": "Zürich",
        "empty": "",
    },
    "nics": [{"mac": "22:bd:c4:00:00:01", "vlan": None}, {"mac": "22:bd:c4:00:00:02"}],
    "requirements": [],
    "global_context": {},
    "uuid": "6cc01234-d024-4ecf-b0de-83dbc2900001",
}


def test_the_whole_context() -> None:
    with host_of(DOCUMENT) as host:
        assert ServerContext(host.port, timeout=60).get() == DOCUMENT
        assert host.requests == [b"<\n\n>"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", "1000"),
        ("cpu", 1000),
        ("hv_tsc", False),
        ("cpu_model", None),
        ("/meta/ssh_public_key", "ssh-rsa AAAA user@host\n"),
        ("/meta/json", '{"a":"\\n"}'),
        ("meta/city", "Zürich"),
        ("meta/empty", ""),
        ("meta/absent", None),
        ("/meta/", DOCUMENT["meta"]),
        ("/nics/0", DOCUMENT["nics"][0]),
        ("nics/7", None),
        ("nics", DOCUMENT["nics"]),
        ("requirements", []),
        ("uuid", DOCUMENT["uuid"]),
        ("/", DOCUMENT),
    ],
)
def test_a_path_has_its_exact_value(path: str, value: Any) -> None:
    with host_of(DOCUMENT) as host:
        got = ServerContext(host.port, timeout=60).get(path)
        assert got == value
        assert type(got) is type(value)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("name", "1000"),
        ("cpu", "1000"),
        ("hv_tsc", "false"),
        ("cpu_model", ""),
        ("meta/ssh_public_key", "ssh-rsa AAAA user@host\n"),
        ("meta/json", '{"a":"\\n"}'),
        ("meta/city", "Zürich"),
    ],
)
def test_a_path_as_text(path: str, text: str) -> None:
    with host_of(DOCUMENT) as host:
        assert ServerContext(host.port, timeout=60).text(path) == text


def test_a_document_as_text_stays_json() -> None:
    with host_of(DOCUMENT) as host:
        context = ServerContext(host.port, timeout=60)
        assert json.loads(context.text("meta")) == DOCUMENT["meta"]
        assert json.loads(context.text("")) == DOCUMENT


def test_keys_may_hold_slashes_and_slashes_may_be_doubled() -> None:
    document = {"meta": {"a": "short", "a/b": "long", "x/y/z": "deep"}, "nics": [{"mac": "m"}]}
    with host_of(document) as host:
        context = ServerContext(host.port, timeout=60)
        for path, value in {
            "meta/a": "short",
            "meta/a/b": "long",
            "/meta/x/y/z/": "deep",
            "meta/x/y": None,
            "nics//0//mac": "m",
        }.items():
            assert context.get(path) == value, path
            assert context.text(path) == (value or ""), path
        assert context.get("//") == json.loads(context.text("//")) == document


@pytest.mark.parametrize("index", ["1", "-1", "\u0660", "0x0", "00000000000", "9" * 4000, " 0", ""])
def test_what_is_no_index_leads_to_nothing(index: str) -> None:
    assert _walk([{"mac": "m"}], [index]) == (False, None)


@pytest.mark.parametrize("path", ["a<b", "a\nb", "\x00", "meta/\udc80"])
def test_a_path_that_cannot_be_asked_for_is_refused_before_the_port_is_opened(path: str) -> None:
    with pytest.raises(ValueError, match="a context path"):
        ServerContext("/dev/ttyABSENT").get(path)


@pytest.mark.parametrize("path", [None, 0, b"name"])
def test_a_path_is_a_text(path: Any) -> None:
    with pytest.raises(TypeError, match="a context path is a text such as 'nics/0'"):
        ServerContext("/dev/ttyABSENT").get(path)


@pytest.mark.parametrize("timeout", [0, -1, None, float("nan"), "5"])
def test_a_timeout_is_above_0(timeout: Any) -> None:
    for kind in (ServerContext, AsyncServerContext, GetServerMetadata):
        with pytest.raises(ValueError, match=r"timeout is a number of seconds above 0 .*, not"):
            kind(timeout=timeout)


@pytest.mark.parametrize("timeout", [float("inf"), 1e300, 5, True])
def test_a_timeout_may_be_long(timeout: float) -> None:
    with host_of(DOCUMENT) as host:
        assert ServerContext(host.port, timeout).get("uuid") == DOCUMENT["uuid"]


def test_a_port_is_a_name_or_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    with host_of(DOCUMENT) as host:
        assert ServerContext(Path(host.port)).get() == GetServerMetadata(Path(host.port)).get() == DOCUMENT
        monkeypatch.setenv("CLOUDSIGMA_SERIAL_PORT", host.port)
        assert ServerContext("").get() == DOCUMENT
    wrong: Any
    for wrong in (5, b"/dev/ttyS1"):
        with pytest.raises(TypeError, match="port is the name of a serial port"):
            ServerContext(wrong)


@pytest.mark.parametrize(
    ("port", "words"),
    [
        (".", r"no serial port \(Is a directory\)"),
        ("/dev/null", "no serial port"),
        ("a\0b", "cannot be used"),
        ("foo://bar", "protocol 'foo' not known"),
    ],
)
def test_ports_that_are_none(port: str, words: str) -> None:
    with pytest.raises(DeviceUnavailable, match=words) as caught:
        ServerContext(port).get()
    assert caught.value.errno


def test_what_windows_says_of_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """pyserial gives the system's error there as words only, and a port that is in use looks like a forbidden one."""
    import serial

    said = {"COM2": "FileNotFoundError(2, 'The system cannot find the file specified.', None, 2)"}

    def refuse(port: str) -> None:
        raise serial.SerialException(f"could not open port {port!r}: {said[port]}")

    monkeypatch.setattr("cloudsigma.guest.device._opened", refuse)
    with pytest.raises(DeviceUnavailable, match="no serial port COM2"):
        ServerContext("COM2").get()
    said["COM2"] = "PermissionError(13, 'Access is denied.', None, 5)"
    with pytest.raises(DeviceUnavailable, match="held by another program"):
        ServerContext("COM2", timeout=0.1).get()


def test_a_path_is_asked_for_itself() -> None:
    with host_of(DOCUMENT) as host:
        ServerContext(host.port, timeout=60).get("meta/city")
        ServerContext(host.port, timeout=60).get("uuid")
        assert b"<\nuuid\n>" in host.requests
        assert host.requests[0] == b"<\nmeta/city\n>"


def test_meta_and_global_context_are_read_anew() -> None:
    document = json.loads(json.dumps(DOCUMENT))
    with host_of(document) as host:
        context = ServerContext(host.port, timeout=60)
        assert context.meta == DOCUMENT["meta"]
        assert context.global_context == {}
        document["meta"] = {"changed": "yes"}
        del document["global_context"]
        assert context.meta == {"changed": "yes"}
        assert context.global_context == {}


def test_the_awaited_face() -> None:
    async def read(port: str) -> tuple[Any, Any, Any, str]:
        context = AsyncServerContext(port, timeout=60)
        return (
            await context.get(),
            await context.meta,
            await context.get("nics/1"),
            await context.text("name"),
        )

    with host_of(DOCUMENT) as host:
        whole, meta, nic, name = asyncio.run(read(host.port))
    assert (whole, meta, nic, name) == (DOCUMENT, DOCUMENT["meta"], DOCUMENT["nics"][1], "1000")


def test_the_awaited_face_leaves_the_loop_free_and_can_be_given_up() -> None:
    asked = threading.Event()

    async def give_up(port: str) -> None:
        async with asyncio.timeout(None) as limit:
            reading = asyncio.ensure_future(AsyncServerContext(port, timeout=600).get())
            await asyncio.to_thread(asked.wait)  # the loop goes on while the port is read
            limit.reschedule(0)
            await reading

    def mute(_: str) -> Sequence[bytes]:
        asked.set()
        return []

    # asyncio.run waits for the thread that reads: it has ended long before its own time was over.
    with Host(mute) as host, pytest.raises(TimeoutError):
        asyncio.run(give_up(host.port))


@pytest.mark.parametrize("size", [1024, 65536, 262144])
def test_big_contexts_arrive_whole(size: int) -> None:
    document = {"name": "web", "meta": {"filler": "x" * size}}
    with host_of(document) as host:
        assert ServerContext(host.port, timeout=60).get() == document


def test_a_slow_host_that_answers_byte_by_byte() -> None:
    data = payload_at({"name": "web"}, "") + b"\n\x04"
    with Host(lambda _: [data[i : i + 1] for i in range(len(data))], pause=0.005) as host:
        assert ServerContext(host.port, timeout=60).get() == {"name": "web"}


def test_reading_ends_at_the_end_byte_and_not_at_the_timeout() -> None:
    with host_of({"name": "web"}) as host:
        started = time.monotonic()
        ServerContext(host.port, timeout=600).get()
        assert time.monotonic() - started < 60


def test_what_an_earlier_reader_left_is_thrown_away() -> None:
    with host_of({"name": "new"}) as host:
        host.write(b'"a":1}}\n\x04' + payload_at({"name": "old"}, "") + b"\n\x04")
        assert ServerContext(host.port, timeout=60).get() == {"name": "new"}


def test_an_older_answer_still_on_its_way_is_not_taken() -> None:
    # More than a terminal holds: the rest flows in, piece by piece, after the buffer was emptied.
    old = payload_at({"name": "old", "filler": "x" * 20_000}, "") + b"\n\x04"
    with host_of({"name": "new"}) as host:
        begun = threading.Event()

        def leave_behind() -> None:
            with host.writing:
                for start in range(0, len(old), 1000):
                    host.write(old[start : start + 1000])
                    begun.set()
                    time.sleep(0.01)

        writer = threading.Thread(target=leave_behind)
        writer.start()
        begun.wait()
        assert ServerContext(host.port, timeout=60).text("name") == "new"
        writer.join()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    meta=st.dictionaries(st.text(max_size=10), st.text(max_size=200), max_size=4),
    junk=st.binary(max_size=40).filter(lambda data: b"\x04" not in data),
    pieces=st.integers(1, 50),
)
def test_any_payload_with_any_junk_in_any_pieces(meta: dict[str, str], junk: bytes, pieces: int) -> None:
    document = {"name": "web", "meta": meta}

    def answer(path: str) -> list[bytes]:
        data = junk + payload_at(document, path) + b"\n\x04"
        return [data[i : i + pieces] for i in range(0, len(data), pieces)]

    with Host(answer) as host:
        assert ServerContext(host.port, timeout=60).get() == document


def test_several_readers_at_once_each_get_their_own_answer() -> None:
    document = {"meta": {f"key{i}": "v" * (i * 100) for i in range(8)}}
    with host_of(document) as host:
        answers: dict[int, str] = {}

        def read(number: int) -> None:
            answers[number] = ServerContext(host.port, timeout=60).text(f"meta/key{number}")

        threads = [threading.Thread(target=read, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == {i: "v" * (i * 100) for i in range(8)}


def test_another_program_that_holds_the_port_is_named_as_the_reason() -> None:
    with host_of(DOCUMENT) as host:
        held = os.open(host.port, os.O_RDWR | os.O_NOCTTY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            with pytest.raises(DeviceUnavailable, match="held by another program") as caught:
                ServerContext(host.port, timeout=0.1).get()
        finally:
            os.close(held)
        assert caught.value.errno == errno.EBUSY


def test_no_such_device() -> None:
    with pytest.raises(
        DeviceUnavailable, match=r"no serial port /dev/ttyABSENT.*CLOUDSIGMA_SERIAL_PORT"
    ) as caught:
        ServerContext("/dev/ttyABSENT").get()
    assert caught.value.errno == errno.ENOENT
    assert isinstance(caught.value, OSError)


def test_no_permission_names_the_group(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    # Root, as which tests may run, is refused nothing.
    monkeypatch.setattr("cloudsigma.guest.device.PosixPort", refuse)
    with pytest.raises(DeviceUnavailable, match="dialout"):
        ServerContext("/dev/ttyS1").get()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_no_permission_for_real(tmp_path: Path) -> None:
    device = tmp_path / "ttyS1"
    device.touch(mode=0)
    with pytest.raises(DeviceUnavailable, match="dialout"):
        ServerContext(str(device)).get()


def test_something_that_is_no_serial_port(tmp_path: Path) -> None:
    device = tmp_path / "ttyS1"
    device.touch()
    with pytest.raises(DeviceUnavailable, match=r"is no serial port.*second serial port"):
        ServerContext(device).get()


def test_nothing_answers() -> None:
    with Host(lambda _: []) as host, pytest.raises(NotAnswered, match="is this a CloudSigma guest"):
        ServerContext(host.port, timeout=0.2).get()


def test_half_an_answer() -> None:
    with Host(lambda _: [b'{"name": ']) as host, pytest.raises(NotAnswered, match="not complete"):
        ServerContext(host.port, timeout=1.5).get()


def test_endless_noise_ends_at_the_deadline() -> None:
    with Host(lambda _: [b"login: "] * 200, pause=0.01) as host, pytest.raises(NotAnswered):
        ServerContext(host.port, timeout=0.3).get()


def test_a_line_that_never_falls_silent_is_asked_too() -> None:
    """A login prompt that keeps coming holds nobody off, and does not pass for the answer."""
    over = threading.Event()
    begun = threading.Event()

    def chatter(host: Host) -> None:
        while not over.wait(0.01):
            host.write(b"login: \r\n")
            begun.set()

    with host_of(DOCUMENT) as host:
        thread = threading.Thread(target=chatter, args=[host])
        thread.start()
        begun.wait()
        try:
            assert ServerContext(host.port, timeout=6).get("uuid") == DOCUMENT["uuid"]
        finally:
            over.set()
            thread.join()


def test_an_answer_that_is_not_json_tells_nothing_of_it() -> None:
    with Host(lambda _: [b"vnc-password\n\x04"]) as host:
        with pytest.raises(NotJson, match="JSON object") as caught:
            ServerContext(host.port, timeout=1.5).get()
        assert "vnc-password" not in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, ContextError)


def test_the_other_side_goes_away() -> None:
    master, slave = os.openpty()
    port = os.ttyname(slave)

    def leave() -> None:
        os.read(master, 64)
        os.close(master)

    thread = threading.Thread(target=leave)
    thread.start()
    with pytest.raises(DeviceUnavailable, match="failed while"):
        ServerContext(port, timeout=60).get()
    thread.join()
    os.close(slave)


def test_a_line_without_descriptor_is_read_too() -> None:
    # pyserial's loop device stands for Windows' COM2: it echoes the request, and nobody answers.
    with pytest.raises(NotAnswered, match="not complete"):
        ServerContext("loop://", timeout=0.2).get()


def test_the_port_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with host_of(DOCUMENT) as host:
        monkeypatch.setenv("CLOUDSIGMA_SERIAL_PORT", host.port)
        assert ServerContext(timeout=60).get() == DOCUMENT
        monkeypatch.delenv("CLOUDSIGMA_SERIAL_PORT")
        assert "/dev/ttyS1" in repr(ServerContext())


def test_the_old_name_needs_no_configuration(tmp_path: Path) -> None:
    script = (
        "import cloudsigma, json, sys; "
        "print(json.dumps(cloudsigma.metadata.GetServerMetadata().get())); "
        "print([name for name in ('h11', 'websockets', 'orjson', 'asyncio') if name in sys.modules])"
    )
    with host_of(DOCUMENT) as host:
        result = subprocess.run(
            [sys.executable, "-W", "error", "-c", script],
            env={"HOME": str(tmp_path), "PATH": os.environ["PATH"], "CLOUDSIGMA_SERIAL_PORT": host.port},
            capture_output=True,
            text=True,
            check=True,
        )
    whole, loaded = result.stdout.splitlines()
    assert json.loads(whole) == DOCUMENT
    assert loaded == "[]"


def test_the_old_name_fails_with_the_old_exceptions() -> None:
    import serial

    with pytest.raises(serial.SerialException, match="no serial port"):
        GetServerMetadata("/dev/ttyABSENT")
    with Host(lambda _: []) as host, pytest.raises(serial.SerialException, match="nothing answered"):
        GetServerMetadata(host.port, timeout=0.2)
    with Host(lambda _: [b"no\n\x04"]) as host, pytest.raises(ValueError, match="JSON"):
        GetServerMetadata(host.port, timeout=1.5)
