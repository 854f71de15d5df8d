"""Transfers over https: the same bytes, the same ways on, and a certificate that must be trusted."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudsigma import CloudSigma, errors
from cloudsigma.api import chunk_protocols, download_run
from cloudsigma.ports import network
from cloudsigma_emulator import Emulator
from cloudsigma_emulator.certificate import made_in

from .conftest import KIB, MIB, Call, Witness, content, image_of, in_state, left_behind, options
from .hard_ways import OtherHost, answers_changed, begins_with, ctrl_c, growth, trusting
from .hard_ways import no_proxies as no_proxies
from .hard_ways import short_pauses as short_pauses
from .hard_ways import small_drives as small_drives
from .hard_ways import tls_cloud as tls_cloud
from .proxy import Proxy

pytestmark = pytest.mark.usefixtures("no_proxies", "small_drives", "short_pauses")

Verbs = Callable[[str], Call]
CHUNK = 256 * KIB


@pytest.fixture
def cloud(tls_cloud: Emulator) -> Iterator[Emulator]:
    """A cloud that speaks https and is trusted."""
    tls_cloud.reset()
    with trusting(tls_cloud.ca_file):
        yield tls_cloud
    tls_cloud.faults.clear()


@pytest.fixture
def line(cloud: Emulator) -> Iterator[Proxy]:
    """What all bytes to and from the cloud pass, which does not understand them."""
    with Proxy(to=cloud.port) as relay:
        cloud.app.served_at("127.0.0.1", relay.port, tls=True)
        yield relay
        cloud.app.served_at("127.0.0.1", cloud.port, tls=True)


@pytest.mark.parametrize("protocol", ["link", "resumable", "direct"])
@pytest.mark.parametrize("size", [5 * MIB + 3, 1])
def test_up_and_down(
    drives: Verbs, cloud: Emulator, line: Proxy, tmp_path: Path, protocol: str, size: int
) -> None:
    image = image_of(tmp_path, size)
    drive = drives("upload")(image, protocol=protocol, chunk_size=CHUNK, parallel=4, verify=True)
    assert content(cloud, drive, size) == image.read_bytes()
    assert line.passed["up"] >= size
    assert line.connections <= 5  # one for each worker, kept open
    drives("download")(drive, tmp_path / "target.raw", chunk_size=CHUNK)
    assert begins_with(tmp_path / "target.raw", image)
    assert left_behind(tmp_path) == []


def test_a_sparse_image_of_a_large_drive(drives: Verbs, cloud: Emulator, tmp_path: Path) -> None:
    """Many records of TLS in a row, with chunks that are larger than any buffer."""
    image = tmp_path / "image.raw"
    with image.open("wb") as file:
        file.truncate(96 * MIB)
        file.seek(50 * MIB)
        file.write(b"middle" * 100_000)
    drive = drives("upload")(image, chunk_size=32 * MIB)
    drives("download")(drive, tmp_path / "target.raw", sparse=True)
    assert begins_with(tmp_path / "target.raw", image)
    assert (tmp_path / "target.raw").stat().st_blocks * 512 < 16 * MIB


@pytest.mark.parametrize("face", ["blocking", "awaited"])
def test_memory_does_not_grow(face: str, cloud: Emulator, tmp_path: Path) -> None:
    up, down = growth(face, cloud, tmp_path)
    assert up < 40
    assert down < 40


def test_a_receiver_that_pauses(drives: Verbs, cloud: Emulator, line: Proxy, tmp_path: Path) -> None:
    """A record of TLS that is half sent must be gone on with, not begun anew."""
    image = image_of(tmp_path, 24 * MIB)
    pauses = [line.trouble("up", "pause", after) for after in (MIB, 3 * MIB, 5 * MIB)]
    pauses += [line.trouble("down", "pause", after) for after in (MIB, 3 * MIB)]
    drive = drives("upload")(image, chunk_size=12 * MIB, parallel=2)
    assert content(cloud, drive, 24 * MIB) == image.read_bytes()
    drives("download")(drive, tmp_path / "target.raw", chunk_size=12 * MIB, parallel=2)
    assert begins_with(tmp_path / "target.raw", image)
    assert [each.hits for each in pauses] == [1] * 5


@pytest.mark.parametrize("act", ["cut", "reset"])
@pytest.mark.parametrize("direction", ["up", "down"])
def test_cut_in_the_middle_of_chunks(
    drives: Verbs, cloud: Emulator, line: Proxy, tmp_path: Path, direction: Any, act: Any
) -> None:
    image = image_of(tmp_path, 6 * MIB + 11)
    trouble = line.trouble(direction, act, 700 * KIB, count=4)
    drive = drives("upload")(image, chunk_size=MIB, parallel=3)
    drives("download")(drive, tmp_path / "target.raw", chunk_size=MIB, parallel=3)
    assert trouble.hits == 4
    assert content(cloud, drive, image.stat().st_size) == image.read_bytes()
    assert begins_with(tmp_path / "target.raw", image)
    with CloudSigma(**options(cloud)) as cs:
        assert in_state(cs, "uploading") == []


def test_only_the_rest_of_a_part_is_fetched_again(
    drives: Verbs, cloud: Emulator, line: Proxy, tmp_path: Path
) -> None:
    image = image_of(tmp_path, 16 * MIB)
    drive = drives("upload")(image)
    line.trouble("down", "cut", 12 * MIB)
    before = line.passed["down"]
    drives("download")(drive, tmp_path / "target.raw", chunk_size=16 * MIB, parallel=1)
    assert begins_with(tmp_path / "target.raw", image)
    assert line.passed["down"] - before < 20 * MIB


@pytest.mark.parametrize("protocol", ["link", "resumable"])
@pytest.mark.parametrize(
    "kind",
    [
        {"cut": "before", "reset": True},
        {"cut": "after"},
        {"cut": "half"},
        {"status": 503},
        {"status": 502, "body": "<html>bad gateway</html>", "content_type": "text/html"},
    ],
)
def test_in_bad_weather(
    drives: Verbs, cloud: Emulator, witness: Witness, tmp_path: Path, protocol: str, kind: dict[str, Any]
) -> None:
    image = image_of(tmp_path, 4 * MIB + 77)
    paths = ("*/upload_chunk/*", "*/action/*", "*/drives/*/upload/")
    numbers = [cloud.faults.add(path=path, skip=skip, **kind) for path in paths for skip in (1, 4, 6)]
    drive = drives("upload")(image, protocol=protocol, chunk_size=CHUNK, parallel=4)
    assert sum(cloud.faults.hits(number) for number in numbers) >= 3
    cloud.faults.clear()
    assert content(cloud, drive, image.stat().st_size) == image.read_bytes()
    assert set(witness.stored.values()) <= {1}
    assert witness.sent_again == []
    for path in ("*/drives/download/*", "*/drives/*/download/"):
        cloud.faults.add(path=path, skip=1, count=2, **kind)
    drives("download")(drive, tmp_path / "target.raw", chunk_size=MIB)
    assert begins_with(tmp_path / "target.raw", image)


def test_an_answer_before_the_end_of_the_request(drives: Verbs, cloud: Emulator, tmp_path: Path) -> None:
    """A refusal that comes, with the end of the connection, while the chunk is being sent."""
    image = image_of(tmp_path, 64 * MIB)
    number = cloud.faults.add(path="*/upload_chunk/*", status=403, count=None)
    with pytest.raises(errors.PermissionError):
        drives("upload")(image, chunk_size=32 * MIB, parallel=2)
    assert cloud.faults.hits(number) <= 2
    cloud.faults.clear()
    drive = drives("upload")(image)
    assert content(cloud, drive, 64 * MIB) == image.read_bytes()


@pytest.mark.parametrize("direction", ["up", "down"])
def test_what_stands_still_is_tried_again(
    drives: Verbs,
    cloud: Emulator,
    line: Proxy,
    tmp_path: Path,
    direction: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chunk_protocols, "IDLE_SECONDS", 0.5)
    monkeypatch.setattr(download_run, "IDLE_SECONDS", 0.5)
    image = image_of(tmp_path, 24 * MIB)
    trouble = line.trouble(direction, "stall", 700 * KIB, count=2)
    drive = drives("upload")(image, chunk_size=8 * MIB, parallel=3)
    drives("download")(drive, tmp_path / "target.raw", chunk_size=8 * MIB, parallel=3)
    assert trouble.hits == 2
    assert content(cloud, drive, 24 * MIB) == image.read_bytes()
    assert begins_with(tmp_path / "target.raw", image)


def test_a_trust_store_that_looks_only_at_whole_handshakes(
    drives: Verbs, cloud: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On some systems the context asks the system, and older ones do so only while they wrap a socket."""
    truststore = pytest.importorskip("truststore")

    class Older(truststore.SSLContext):  # type: ignore[misc,name-defined]
        def wrap_socket(self, *arguments: Any, do_handshake_on_connect: bool = True, **more: Any) -> Any:
            assert do_handshake_on_connect
            return super().wrap_socket(*arguments, **more)

    image = image_of(tmp_path, 12 * MIB)
    context = Older(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(str(cloud.ca_file))
    monkeypatch.setattr(network, "_tls_context", context)
    drive = drives("upload")(image, chunk_size=3 * MIB, verify=True)
    drives("download")(drive, tmp_path / "target.raw", chunk_size=3 * MIB)
    assert begins_with(tmp_path / "target.raw", image)
    with trusting(None):
        monkeypatch.setattr(network, "_tls_context", Older(ssl.PROTOCOL_TLS_CLIENT))
        with pytest.raises(errors.ConnectionFailed, match="not trusted"):
            drives("upload")(image)


class TestTrust:
    """A certificate that is not trusted ends everything at once, and the error says what helps."""

    WORDS = r"not trusted.*SSL_CERT_FILE"

    @pytest.mark.parametrize("verb", ["upload", "download"])
    def test_of_nobody(self, drives: Verbs, cloud: Emulator, line: Proxy, tmp_path: Path, verb: str) -> None:
        image = image_of(tmp_path, MIB)
        drive = drives("upload")(image)
        with trusting(None):
            before = line.connections
            given = (image,) if verb == "upload" else (drive, tmp_path / "target.raw")
            with pytest.raises(errors.ConnectionFailed, match=self.WORDS):
                drives(verb)(*given)
            assert line.connections == before + 1
        assert not (tmp_path / "target.raw").exists()
        assert not (tmp_path / "target.raw.part").exists()

    def test_for_another_host(self, drives: Verbs, cloud: Emulator, tmp_path: Path) -> None:
        # A way to write 127.0.0.1 that the certificate does not have.
        cloud.app.served_at("127.1", cloud.port, tls=True)
        try:
            with pytest.raises(errors.ConnectionFailed, match=r"https://127\.1:.*not trusted: .*127\.1"):
                drives("upload")(image_of(tmp_path, MIB))
        finally:
            cloud.app.served_at("127.0.0.1", cloud.port, tls=True)

    def test_of_the_host_that_has_the_bytes(self, drives: Verbs, cloud: Emulator, tmp_path: Path) -> None:
        image = image_of(tmp_path, MIB)
        drive = drives("upload")(image)
        files = made_in(tmp_path / "made", "localhost")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.chain)
        asked = []

        def elsewhere(request: Any, response: Any) -> None:
            if request.path.endswith("/download/") and response.status in (301, 302, 303, 307):
                asked.append(request)
                others = [each for each in response.headers if each[0].lower() != "location"]
                response.headers[:] = [*others, ("Location", other.url)]

        with OtherHost(image.read_bytes(), context) as other, answers_changed(cloud, elsewhere):
            with pytest.raises(errors.ConnectionFailed, match=f"localhost: .*{self.WORDS}"):
                drives("download")(drive, tmp_path / "target.raw", chunk_size=CHUNK, parallel=2)
            assert other.seen == []
        assert 1 <= len(asked) <= 2
        assert left_behind(tmp_path) == []


class TestCtrlC:
    """It ends a transfer at once, also one that stands still, and the next call goes on."""

    @pytest.mark.parametrize("stall", ["body", "answer", "handshake"])
    def test_of_an_upload(
        self, drives: Verbs, cloud: Emulator, line: Proxy, tmp_path: Path, stall: str
    ) -> None:
        image = image_of(tmp_path, 40 * MIB)

        def obstruct(progress: Any) -> None:
            if stall == "answer" and progress.done > MIB and not line.stalled.is_set():
                line.trouble("down", "stall", 0, count=10**6)
            elif stall == "handshake" and line._silent_from is None:
                silence(line)

        if stall == "body":
            line.trouble("up", "stall", 9 * MIB, count=10**6)
        with ctrl_c(line.stalled):
            drives("upload")(image, chunk_size=8 * MIB, parallel=3, progress=obstruct)
        assert len(left_behind(tmp_path)) == 1
        line.release()
        drive = drives("upload")(image)
        assert content(cloud, drive, 40 * MIB) == image.read_bytes()
        assert left_behind(tmp_path) == []
        with CloudSigma(**options(cloud)) as cs:
            assert in_state(cs, "uploading") == []

    @pytest.mark.parametrize("stall", ["body", "handshake"])
    def test_of_a_download(
        self, drives: Verbs, cloud: Emulator, line: Proxy, tmp_path: Path, stall: str
    ) -> None:
        image = image_of(tmp_path, 20 * MIB)
        target = tmp_path / "target.raw"
        drive = drives("upload")(image)

        def obstruct(progress: Any) -> None:
            if stall == "handshake" and progress.done > MIB and line._silent_from is None:
                silence(line)

        if stall == "body":
            line.trouble("down", "stall", 3 * MIB, count=10**6)
        with ctrl_c(line.stalled):
            drives("download")(
                drive, target, chunk_size=MIB, parallel=3, bandwidth=20 * MIB, progress=obstruct
            )
        assert not target.exists()
        line.release()
        seen: list[Any] = []
        drives("download")(drive, target, progress=seen.append)
        assert seen[0].done >= MIB
        assert begins_with(target, image)
        assert left_behind(tmp_path) == []

    def test_with_a_single_worker(self, drives: Verbs, cloud: Emulator, line: Proxy, tmp_path: Path) -> None:
        image = image_of(tmp_path, 16 * MIB)
        line.trouble("up", "stall", 9 * MIB, count=10**6)
        with ctrl_c(line.stalled):
            drives("upload")(image, chunk_size=4 * MIB, parallel=1)
        line.release()
        seen: list[Any] = []
        drive = drives("upload")(image, progress=seen.append)
        assert seen[0].done >= 4 * MIB
        assert content(cloud, drive, 16 * MIB) == image.read_bytes()


def silence(line: Proxy) -> None:
    """Let new connections be silent, and those that are there end."""
    line.be_silent()
    line.trouble("up", "cut", 0, count=10**6)
    line.trouble("down", "cut", 0, count=10**6)
