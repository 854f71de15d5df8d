"""Transfers through a proxy of the environment: plain requests that it forwards, and tunnels for https."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cloudsigma import CloudSigma, errors
from cloudsigma.api import chunk_protocols, download_run
from cloudsigma_emulator import Emulator

from .conftest import KIB, MIB, Call, content, image_of, in_state, left_behind, options
from .hard_ways import OtherHost, answers_changed, begins_with, ctrl_c, growth, trusting
from .hard_ways import no_proxies as no_proxies
from .hard_ways import short_pauses as short_pauses
from .hard_ways import small_drives as small_drives
from .hard_ways import tls_cloud as tls_cloud
from .proxy import Proxy, with_tls

pytestmark = pytest.mark.usefixtures("no_proxies", "small_drives", "short_pauses")

Verbs = Callable[[str], Call]
CHUNK = 256 * KIB
SECRET = ("me@example", "pass:wörd/ %")


@pytest.fixture(params=["http", "https"])
def cloud(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    """A cloud that speaks http, and one that speaks https and is trusted."""
    if request.param == "http":
        yield request.getfixturevalue("cloudsigma_emulator")
        return
    found = request.getfixturevalue("tls_cloud")
    found.reset()
    with trusting(found.ca_file):
        yield found
    found.faults.clear()


def secure(cloud: Emulator) -> bool:
    return cloud.api_endpoint.startswith("https:")


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    with Proxy() as made:
        use(monkeypatch, made.url)
        yield made


def use(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", address)
    monkeypatch.setenv("HTTPS_PROXY", address)


def bytes_of(cloud: Emulator) -> str:
    """Return what is in the name of the exchanges that move chunks."""
    return "CONNECT" if secure(cloud) else "upload_chunk|/drives/download/"


def speaks_as(emulator: Emulator) -> ssl.SSLContext:
    """Return what lets a proxy speak TLS with the certificate of an emulator."""
    certificate = emulator._certificate
    assert certificate is not None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)
    return context


class TestBytes:
    """What arrives is what was sent, and it went through the proxy."""

    @pytest.mark.parametrize("protocol", ["link", "resumable", "direct"])
    def test_up_and_down(
        self, drives: Verbs, cloud: Emulator, proxy: Proxy, tmp_path: Path, protocol: str
    ) -> None:
        image = image_of(tmp_path, 5 * MIB + 3)
        drive = drives("upload")(image, protocol=protocol, chunk_size=CHUNK, parallel=4, verify=True)
        assert content(cloud, drive, image.stat().st_size) == image.read_bytes()
        assert proxy.passed["up"] >= image.stat().st_size
        assert proxy.passed["down"] >= image.stat().st_size
        # However many requests, a connection for each worker, kept open: those of the API and those of two hosts.
        assert proxy.connections <= 10
        drives("download")(drive, tmp_path / "target.raw", chunk_size=CHUNK)
        assert begins_with(tmp_path / "target.raw", image)
        assert proxy.passed["down"] >= 2 * image.stat().st_size
        assert left_behind(tmp_path) == []
        tunnels = proxy.requests("^CONNECT ")
        if secure(cloud):
            assert len(tunnels) == len(proxy.seen) == proxy.connections
            assert {each.target for each in tunnels} == {cloud.api_endpoint.split("/")[2]}
            assert all("authorization" not in each.headers for each in tunnels)
        else:
            assert tunnels == []
            assert all(each.target.startswith("http://127.0.0.1:") for each in proxy.seen)

    @pytest.mark.parametrize("hosts", ["127.0.0.1", "example.com,127.0.0.0/8", "*", "localhost"])
    def test_hosts_without_proxy(
        self,
        drives: Verbs,
        cloud: Emulator,
        proxy: Proxy,
        tmp_path: Path,
        hosts: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("NO_PROXY", hosts)
        image = image_of(tmp_path, MIB)
        drive = drives("upload")(image, chunk_size=CHUNK)
        drives("download")(drive, tmp_path / "target.raw")
        assert begins_with(tmp_path / "target.raw", image)
        assert bool(proxy.connections) == (hosts == "localhost")

    def test_the_other_scheme_s_proxy_is_not_used(
        self, drives: Verbs, cloud: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with Proxy() as proxy:
            monkeypatch.setenv("HTTP_PROXY" if secure(cloud) else "HTTPS_PROXY", proxy.url)
            drives("upload")(image_of(tmp_path, MIB))
            assert proxy.connections == 0

    def test_slowly(
        self, drives: Verbs, cloud: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What moves slowly does not stand still."""
        monkeypatch.setattr(chunk_protocols, "IDLE_SECONDS", 0.7)
        monkeypatch.setattr(download_run, "IDLE_SECONDS", 0.7)
        image = image_of(tmp_path, MIB)
        with Proxy(rate=640 * KIB) as proxy:
            use(monkeypatch, proxy.url)
            drive = drives("upload")(image, chunk_size=MIB)
            drives("download")(drive, tmp_path / "target.raw")
            assert content(cloud, drive, MIB) == image.read_bytes()
            assert begins_with(tmp_path / "target.raw", image)

    @pytest.mark.parametrize("face", ["blocking", "awaited"])
    def test_memory_does_not_grow(self, face: str, cloud: Emulator, proxy: Proxy, tmp_path: Path) -> None:
        up, down = growth(face, cloud, tmp_path)
        assert proxy.passed["up"] >= 68 * MIB
        assert proxy.passed["down"] >= 68 * MIB
        assert up < 40
        assert down < 40


@pytest.mark.parametrize("direction", ["up", "down"])
def test_progress_on_a_slow_way_comes_in_small_steps(
    drives: Verbs, cloud: Emulator, tmp_path: Path, direction: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = image_of(tmp_path, 12 * MIB)
    drive = drives("upload")(image)
    seen: list[Any] = []
    with Proxy(rate=6 * MIB) as slow:
        use(monkeypatch, slow.url)
        if direction == "up":
            drives("upload")(image, chunk_size=12 * MIB, progress=seen.append)
        else:
            drives("download")(drive, tmp_path / "target.raw", parallel=1, progress=seen.append)
    steps = [after.done - before.done for before, after in pairwise(seen)]
    assert 0 < min(step for step in steps if step) < MIB


class TestOtherProxies:
    """Proxies that are spoken to with TLS, or in another language."""

    def test_a_proxy_with_tls(
        self,
        drives: Verbs,
        cloud: Emulator,
        tls_cloud: Emulator,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        image = image_of(tmp_path, 9 * MIB)
        context = speaks_as(tls_cloud)
        with trusting(tls_cloud.ca_file), Proxy(user=SECRET) as proxy, with_tls(context, proxy.port) as port:
            address = proxy.url.replace("http:", "https:").replace(str(proxy.port), str(port))
            use(monkeypatch, address)
            drive = drives("upload")(image, chunk_size=3 * MIB)
            drives("download")(drive, tmp_path / "target.raw", chunk_size=3 * MIB)
            assert proxy.passed["up"] >= 9 * MIB
        assert content(cloud, drive, 9 * MIB) == image.read_bytes()
        assert begins_with(tmp_path / "target.raw", image)

    def test_a_proxy_with_tls_that_is_not_trusted(
        self, drives: Verbs, cloud: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with Emulator(tls=True, seed="empty") as other:
            use(monkeypatch, other.url)
            with pytest.raises(
                errors.ConnectionFailed, match=r"the proxy https:.*not trusted.*SSL_CERT_FILE"
            ):
                drives("upload")(image_of(tmp_path, MIB))

    def test_a_proxy_that_leaves_out_how_long_answers_are(
        self, drives: Verbs, cloud: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if secure(cloud):
            pytest.skip("what a tunnel carries it cannot change")
        image = image_of(tmp_path, 16 * MIB)
        with Proxy(chunked=True) as proxy:
            use(monkeypatch, proxy.url)
            drive = drives("upload")(image, chunk_size=CHUNK)
            before = proxy.passed["down"]
            proxy.trouble("down", "cut", 12 * MIB, only="/drives/download/")
            drives("download")(drive, tmp_path / "target.raw", chunk_size=16 * MIB)
            # What had come by then was not lost, nor held in memory until the end.
            assert proxy.passed["down"] - before < 20 * MIB
        assert begins_with(tmp_path / "target.raw", image)

    @pytest.mark.parametrize("user", [None, SECRET])
    def test_socks(
        self,
        drives: Verbs,
        cloud: Emulator,
        tmp_path: Path,
        user: tuple[str, str] | None,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        image = image_of(tmp_path, 3 * MIB)
        with Proxy(socks=True, user=user) as proxy:
            monkeypatch.setenv("ALL_PROXY", proxy.url)
            drive = drives("upload")(image, chunk_size=CHUNK)
            drives("download")(drive, tmp_path / "target.raw")
            assert content(cloud, drive, 3 * MIB) == image.read_bytes()
            assert begins_with(tmp_path / "target.raw", image)
            assert proxy.passed["up"] >= 3 * MIB
            if user is not None:
                wrong = proxy.url.replace("w%C3%B6rd", "word")
                assert wrong != proxy.url
                monkeypatch.setenv("ALL_PROXY", wrong)
                before = proxy.connections
                with pytest.raises(errors.ConnectionFailed, match="the proxy refused: 407") as caught:
                    drives("upload")(image)
                assert proxy.connections == before + 1
                assert "pass:word" not in str(caught.value)


class TestProof:
    """Who asks is told to the proxy, and to nobody else."""

    def test_user_and_password(
        self, drives: Verbs, cloud: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        image = image_of(tmp_path, MIB)
        seen: list[Any] = []
        with Proxy(user=SECRET) as proxy, answers_changed(cloud, lambda request, _: seen.append(request)):
            use(monkeypatch, proxy.url)
            drive = drives("upload")(image, chunk_size=CHUNK)
            drives("download")(drive, tmp_path / "target.raw")
            assert begins_with(tmp_path / "target.raw", image)
            assert all("proxy-authorization" in each.headers for each in proxy.seen)
        assert len(seen) > 8
        assert all("proxy-authorization" not in request.headers for request in seen)

    @pytest.mark.parametrize("given", ["", "me:secret@"])
    def test_without_it(
        self, drives: Verbs, cloud: Emulator, tmp_path: Path, given: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        image = image_of(tmp_path, MIB)
        with Proxy(user=SECRET) as proxy:
            use(monkeypatch, f"http://{given}127.0.0.1:{proxy.port}")
            for verb, *arguments in (("upload", image), ("download", unknown(), tmp_path / "target.raw")):
                before = proxy.connections
                with pytest.raises(
                    errors.ConnectionFailed, match=r"proxy refused: 407.*USER:PASSWORD@"
                ) as caught:
                    drives(str(verb))(*arguments)
                assert f"http://127.0.0.1:{proxy.port}" in str(caught.value)
                assert "secret" not in str(caught.value)
                assert proxy.connections == before + 1
        assert not (tmp_path / "target.raw").exists()

    def test_when_it_is_demanded_later(
        self, drives: Verbs, cloud: Emulator, proxy: Proxy, tmp_path: Path
    ) -> None:
        """In the middle of an upload, while the chunk is on its way to the proxy."""
        image = image_of(tmp_path, 8 * MIB)

        def demand(progress: Any) -> None:
            if progress.done >= 2 * MIB:
                proxy._user = SECRET

        if secure(cloud):
            # In a tunnel nothing is demanded any more: there the next connection has to be a new one.
            proxy.trouble("up", "cut", 3 * MIB)
        with pytest.raises(errors.ConnectionFailed, match="proxy refused: 407"):
            drives("upload")(image, chunk_size=2 * MIB, parallel=1, progress=demand, bandwidth=8 * MIB)
        proxy._user = None
        drive = drives("upload")(image)
        assert content(cloud, drive, 8 * MIB) == image.read_bytes()

    @pytest.mark.parametrize("kind", ["basic", "session", "token"])
    def test_credentials_go_to_no_other_host(
        self, cloud: Emulator, tls_cloud: Emulator, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        image = image_of(tmp_path, 2 * MIB)
        given: dict[str, Any] = {
            **options(cloud),
            "login_method": "session" if kind == "session" else "basic",
        }
        if kind == "token":
            given = {**options(cloud), "username": None, "password": None, "token": cloud.token}
        context = None
        if secure(cloud):
            context = speaks_as(cloud)

        def elsewhere(request: Any, response: Any) -> None:
            if request.path.endswith("/download/") and response.status in (301, 302, 303, 307):
                others = [each for each in response.headers if each[0].lower() != "location"]
                response.headers[:] = [*others, ("Location", other.url)]

        with Proxy(user=SECRET) as proxy, OtherHost(image.read_bytes(), context) as other:
            use(monkeypatch, proxy.url)
            with CloudSigma(**given) as cs:
                drive = cs.drives.upload(image, chunk_size=CHUNK)
                assert other.seen == []
                with answers_changed(cloud, elsewhere):
                    cs.drives.download(drive, tmp_path / "target.raw", chunk_size=CHUNK)
            named = [each for each in proxy.seen if f":{other.port}" in each.target]
            assert named
            assert all("authorization" not in each.headers for each in named)
            assert all("cookie" not in each.headers for each in named)
            monkeypatch.setenv("NO_PROXY", "localhost")
            before = len(named)
            with CloudSigma(**given) as cs, answers_changed(cloud, elsewhere):
                cs.drives.download(drive, tmp_path / "target.raw", chunk_size=CHUNK)
            named = [each for each in proxy.seen if f":{other.port}" in each.target]
            assert len(named) == before
        assert begins_with(tmp_path / "target.raw", image)
        assert len(other.seen) == 16
        for name in ("authorization", "proxy-authorization", "cookie", "x-csrftoken", "referer"):
            assert not any(name in headers for headers in other.seen)

    def test_nothing_is_sent_to_a_link_of_another_host(
        self, drives: Verbs, cloud: Emulator, proxy: Proxy, tmp_path: Path
    ) -> None:
        def elsewhere(request: Any, response: Any) -> None:
            if request.path.endswith("/action/") and response.status == 202:
                response.body = json.dumps({**json.loads(response.body), "link": other.url}).encode()

        with OtherHost(b"") as other, answers_changed(cloud, elsewhere):
            with pytest.raises(errors.InvalidArgument, match="localhost"):
                drives("upload")(image_of(tmp_path, MIB), chunk_size=CHUNK)
            assert other.seen == []


def unknown() -> str:
    return "00000000-0000-4000-8000-000000000000"


class TestFailures:
    """Proxies that are not there, or not well."""

    def test_a_proxy_that_is_not_there(
        self, drives: Verbs, cloud: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with Proxy() as gone:
            pass
        use(monkeypatch, f"http://me:TOPSECRET@127.0.0.1:{gone.port}")
        image = image_of(tmp_path, MIB)
        words = rf"the proxy http://127\.0\.0\.1:{gone.port}: .*refused"
        for verb, *arguments in (("upload", image), ("download", unknown(), tmp_path / "target.raw")):
            with pytest.raises(errors.ConnectionFailed, match=words) as caught:
                drives(str(verb))(*arguments)
            assert "TOPSECRET" not in str(caught.value)
            assert "TOPSECRET" not in repr(caught.value.__cause__)
        assert not (tmp_path / "target.raw").exists()

    def test_a_proxy_whose_name_is_unknown(
        self, drives: Verbs, cloud: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        use(monkeypatch, "http://me:TOPSECRET@no-such-proxy.invalid:3128")
        words = r"the proxy http://no-such-proxy\.invalid:3128 cannot be found"
        with pytest.raises(errors.ConnectionFailed, match=words) as caught:
            drives("upload")(image_of(tmp_path, MIB))
        assert "TOPSECRET" not in str(caught.value)

    def test_a_proxy_that_says_nothing(
        self, drives: Verbs, cloud: Emulator, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("cloudsigma.ports.network.CONNECT_SECONDS", 0.3)
        monkeypatch.setattr(chunk_protocols, "IDLE_SECONDS", 0.3)
        proxy.be_silent()
        with CloudSigma(**options(cloud), timeout=1.0, retries=1) as cs:
            with pytest.raises((errors.Timeout, errors.OutcomeUnknown)) as caught:
                cs.drives.upload(image_of(tmp_path, MIB))
            if secure(cloud):
                assert f"the proxy http://127.0.0.1:{proxy.port} in time" in str(caught.value)

    @pytest.mark.parametrize("act", ["cut", "reset"])
    @pytest.mark.parametrize("direction", ["up", "down"])
    def test_cut_in_the_middle_of_chunks(
        self, drives: Verbs, cloud: Emulator, proxy: Proxy, tmp_path: Path, direction: Any, act: Any
    ) -> None:
        image = image_of(tmp_path, 6 * MIB + 11)
        trouble = proxy.trouble(direction, act, 700 * KIB, only=bytes_of(cloud), count=4)
        drive = drives("upload")(image, chunk_size=MIB, parallel=3)
        if direction == "up":
            assert trouble.hits == 4
        drives("download")(drive, tmp_path / "target.raw", chunk_size=MIB, parallel=3)
        if direction == "down":
            assert trouble.hits == 4
        assert content(cloud, drive, image.stat().st_size) == image.read_bytes()
        assert begins_with(tmp_path / "target.raw", image)
        with CloudSigma(**options(cloud)) as cs:
            assert in_state(cs, "uploading") == []

    def test_a_later_run_goes_on(self, drives: Verbs, cloud: Emulator, proxy: Proxy, tmp_path: Path) -> None:
        image = image_of(tmp_path, 16 * MIB)

        def cut_half_way(progress: Any) -> None:
            if progress.done > 3 * MIB:
                proxy.trouble("up", "cut", 0, count=10**6)
                proxy.trouble("down", "cut", 0, count=10**6)

        given: dict[str, Any] = {"chunk_size": MIB, "parallel": 2}
        with pytest.raises(errors.TransportError):
            drives("upload")(image, progress=cut_half_way, **given)
        proxy.release()
        seen: list[Any] = []
        drive = drives("upload")(image, progress=seen.append)
        assert seen[0].done >= MIB
        assert content(cloud, drive, 16 * MIB) == image.read_bytes()
        target = tmp_path / "target.raw"
        with pytest.raises(errors.TransportError):
            drives("download")(drive, target, progress=cut_half_way, **given)
        assert not target.exists()
        proxy.release()
        seen.clear()
        drives("download")(drive, target, progress=seen.append)
        assert seen[0].done >= MIB
        assert begins_with(target, image)
        assert left_behind(tmp_path) == []

    @pytest.mark.parametrize("direction", ["up", "down"])
    def test_what_stands_still_is_tried_again(
        self,
        drives: Verbs,
        cloud: Emulator,
        proxy: Proxy,
        tmp_path: Path,
        direction: Any,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Without a limit to standing still a day would pass."""
        monkeypatch.setattr(chunk_protocols, "IDLE_SECONDS", 0.5)
        monkeypatch.setattr(download_run, "IDLE_SECONDS", 0.5)
        image = image_of(tmp_path, 24 * MIB)
        trouble = proxy.trouble(direction, "stall", 700 * KIB, only=bytes_of(cloud), count=2)
        drive = drives("upload")(image, chunk_size=8 * MIB, parallel=3)
        drives("download")(drive, tmp_path / "target.raw", chunk_size=8 * MIB, parallel=3)
        assert trouble.hits == 2
        assert content(cloud, drive, 24 * MIB) == image.read_bytes()
        assert begins_with(tmp_path / "target.raw", image)

    def test_an_answer_before_the_end_of_the_request(
        self, drives: Verbs, cloud: Emulator, proxy: Proxy, tmp_path: Path
    ) -> None:
        """It is heard although the rest of the request is taken no more."""
        if secure(cloud):
            pytest.skip("what a tunnel carries it cannot answer")
        proxy.trouble("up", "refuse", 300 * KIB, only="upload_chunk", count=10**6)
        with pytest.raises(errors.PermissionError):
            drives("upload")(image_of(tmp_path, 64 * MIB), chunk_size=16 * MIB, parallel=2)

    def test_an_answer_before_the_end_of_the_request_over_tls(
        self,
        drives: Verbs,
        cloud: Emulator,
        tls_cloud: Emulator,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        if secure(cloud):
            pytest.skip("what a tunnel carries it cannot answer")
        context = speaks_as(tls_cloud)
        with trusting(tls_cloud.ca_file), Proxy() as proxy, with_tls(context, proxy.port) as port:
            proxy.trouble("up", "refuse", 300 * KIB, only="upload_chunk", count=10**6)
            use(monkeypatch, f"https://127.0.0.1:{port}")
            with pytest.raises(errors.PermissionError):
                drives("upload")(image_of(tmp_path, 64 * MIB), chunk_size=16 * MIB, parallel=2)

    def test_a_proxy_that_speaks_no_http(
        self, drives: Verbs, cloud: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with Proxy(to=cloud.port) as proxy, Proxy(socks=True) as socks:
            # To a cloud that speaks https this is no TLS; to the other one it is a proxy's request.
            use(monkeypatch, proxy.url if secure(cloud) else f"socks5://127.0.0.1:{proxy.port}")
            with pytest.raises(errors.ConnectionFailed, match=f"127.0.0.1:{proxy.port}"):
                drives("upload")(image_of(tmp_path, MIB))
            use(monkeypatch, f"http://127.0.0.1:{socks.port}")
            with pytest.raises(errors.ApiClientError):
                drives("upload")(image_of(tmp_path, MIB))


class TestCtrlC:
    """It ends a transfer at once, also one that stands still, and the next call goes on."""

    @pytest.mark.parametrize("stall", ["body", "answer", "connection"])
    def test_of_an_upload(
        self, drives: Verbs, cloud: Emulator, proxy: Proxy, tmp_path: Path, stall: str
    ) -> None:
        image = image_of(tmp_path, 40 * MIB)
        ready = obstruct(proxy, cloud, stall)
        with ctrl_c(proxy.stalled):
            drives("upload")(image, chunk_size=8 * MIB, parallel=3, progress=ready)
        assert len(left_behind(tmp_path)) == 1
        proxy.release()
        drive = drives("upload")(image)
        assert content(cloud, drive, 40 * MIB) == image.read_bytes()
        assert left_behind(tmp_path) == []
        with CloudSigma(**options(cloud)) as cs:
            assert in_state(cs, "uploading") == []

    @pytest.mark.parametrize("stall", ["body", "connection"])
    def test_of_a_download(
        self, drives: Verbs, cloud: Emulator, proxy: Proxy, tmp_path: Path, stall: str
    ) -> None:
        image = image_of(tmp_path, 20 * MIB)
        target = tmp_path / "target.raw"
        drive = drives("upload")(image)
        if stall == "body":
            after = 3 * MIB if secure(cloud) else 700 * KIB
            proxy.trouble("down", "stall", after, only=bytes_of(cloud), count=10**6)
        with ctrl_c(proxy.stalled):
            drives("download")(
                drive,
                target,
                chunk_size=MIB,
                parallel=3,
                bandwidth=20 * MIB,
                progress=None if stall == "body" else silence_later(proxy, MIB),
            )
        assert not target.exists()
        proxy.release()
        drives("download")(drive, target)
        assert begins_with(target, image)
        assert left_behind(tmp_path) == []


def obstruct(proxy: Proxy, cloud: Emulator, stall: str) -> Callable[[Any], None] | None:
    """Let an upload meet a proxy that takes no more, that holds back the answer, or whose connections say nothing."""
    if stall == "connection":
        return silence_later(proxy, 0)
    if stall == "body":
        proxy.trouble(
            "up", "stall", 9 * MIB if secure(cloud) else 700 * KIB, only=bytes_of(cloud), count=10**6
        )
    elif secure(cloud):
        # Once one of them moves a chunk, no tunnel gives back anything.
        def hold_back(progress: Any) -> None:
            if progress.done > MIB and not proxy.stalled.is_set():
                proxy.trouble("down", "stall", 0, count=10**6)

        return hold_back
    else:
        proxy.trouble("down", "stall", 0, only=bytes_of(cloud), count=10**6)
    return None


def silence_later(proxy: Proxy, after: int) -> Callable[[Any], None]:
    """Return a progress callback that lets new connections be silent, and those that are there end."""

    def callback(progress: Any) -> None:
        if progress.done >= after and proxy._silent_from is None:
            proxy.be_silent()
            proxy.trouble("up", "cut", 0, count=10**6)
            proxy.trouble("down", "cut", 0, count=10**6)

    return callback
