"""Delegated tokens: three steps, renewal, refusals, on both faces; and that no secret is ever shown."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import traceback
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudsigma import AsyncCloudSigma, CloudSigma, errors
from cloudsigma.config import load_settings
from cloudsigma.core.call import run
from cloudsigma.core.delegation import IMPERSONATE_PATH, TOKEN_PATH
from cloudsigma.core.port import PortFailure
from cloudsigma.credentials import DelegatedCredentials
from cloudsigma_emulator import Emulator

from .faces import FACES, Clock, in_memory, on
from .scripted import Scripted, Seen, http

SECRET = "a secret, with & and ü"


class Service:
    """The identity service, the service that impersonates, and an API that takes the user's newest token only.

    ``lifetimes`` are the ``expires_in`` of the three steps, None for none; ``asked`` are the steps in order.
    """

    def __init__(self, lifetimes: tuple[Any, Any, Any] = (3600, 1800, 1200)) -> None:
        self.lifetimes = lifetimes
        self.asked: list[str] = []
        self.good = ""
        self.count = 0
        self.lock = threading.Lock()
        self.broken: dict[str, Any] = {}
        """Step -> (status, document) to answer instead, or a PortFailure to raise."""
        self.addresses: list[str] = []

    def __call__(self, connection: Any, seen: Seen) -> bool:
        url = f"http://{seen.headers['host']}{seen.target}"
        status, document = self.answer(seen.method, url, seen.headers, seen.body)
        connection.sendall(http(status, document))
        return True

    def handle(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        lower = {name.lower(): value for name, value in headers.items()}
        status, document = self.answer(method, url, lower, body)
        return status, {"content-type": "application/json"}, json.dumps(document).encode()

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Any]:
        address = urlsplit(url)
        self.addresses.append(url)
        with self.lock:
            if address.path not in (TOKEN_PATH, IMPERSONATE_PATH):
                self.asked.append("api")
                if headers.get("authorization") != f"Bearer {self.good}" or not self.good:
                    return 401, [{"error_type": "permission", "error_message": "no", "error_point": None}]
                return 200, {"balance": "1", "currency": "CHF"}
            assert method == "POST"
            step = self.step(address.path, headers, body)
            self.asked.append(step)
            if step in self.broken:
                if isinstance(self.broken[step], Exception):
                    raise self.broken[step]
                status, document = self.broken[step]
                return status, document
            self.count += 1
            token = f"{step}-token-{self.count}"
            if step == "user":
                self.good = token
            seconds = self.lifetimes[("client", "ticket", "user").index(step)]
            return 200, {"access_token": token} | ({} if seconds is None else {"expires_in": seconds})

    @staticmethod
    def step(path: str, headers: Mapping[str, str], body: bytes) -> str:
        if path == IMPERSONATE_PATH:
            sent = json.loads(body)
            assert set(sent) == {"user_email", "subject_token"}
            assert sent["user_email"] == "user@example.com"
            assert sent["subject_token"].startswith("client-token-")
            assert headers["authorization"].startswith("Bearer ticket-token-")
            return "user"
        assert headers["content-type"] == "application/x-www-form-urlencoded"
        form = {name: value[0] for name, value in parse_qs(body.decode()).items()}
        if form["grant_type"] == "client_credentials":
            assert "authorization" not in headers
            assert form == {
                "grant_type": "client_credentials",
                "client_id": "service",
                "client_secret": SECRET,
            }
            return "client"
        assert form == {
            "grant_type": "urn:ietf:params:oauth:grant-type:uma-ticket",
            "audience": "service_provider_api",
        }
        assert headers["authorization"].startswith("Bearer client-token-")
        return "ticket"


def credentials(endpoint: str = "http://oauth.example", **more: Any) -> DelegatedCredentials:
    return DelegatedCredentials(
        oauth_endpoint=endpoint,
        client_id="service",
        client_secret=SECRET,
        user_email="user@example.com",
        **more,
    )


def remote(service: Service, clock: Clock, **options: Any) -> Any:
    """Return requests in memory, on a clock that moves by hand."""
    return in_memory(
        service.handle, clock, username=None, password=None, token=credentials(), **{"retries": 0, **options}
    )


STEPS = ["client", "ticket", "user"]


@pytest.mark.parametrize("face", FACES)
class TestOverSockets:
    def test_three_steps_and_then_the_api(self, face: str) -> None:
        service = Service()
        with Scripted(service) as server:
            origin = server.endpoint.removesuffix("/api/2.0/")

            async def job(requests: Any) -> Any:
                for _ in range(3):
                    answer = await requests.request("GET", "balance/")
                return answer.data

            found = on(face, server.endpoint, job, username=None, password=None, token=credentials(origin))
        assert found == {"balance": "1", "currency": "CHF"}
        assert service.asked == [*STEPS, "api", "api", "api"]

    def test_many_calls_at_once_exchange_once(self, face: str) -> None:
        service = Service()
        with Scripted(service) as server:
            origin = server.endpoint.removesuffix("/api/2.0/")

            async def job(requests: Any) -> Any:
                jobs = [lambda: requests.request("GET", "balance/")] * 20
                return await requests.port.gather(jobs, 8)

            on(face, server.endpoint, job, username=None, password=None, token=credentials(origin))
        assert service.asked == [*STEPS, *["api"] * 20]

    def test_a_token_that_was_withdrawn_is_exchanged_anew(self, face: str) -> None:
        service = Service()
        with Scripted(service) as server:
            origin = server.endpoint.removesuffix("/api/2.0/")

            async def job(requests: Any) -> Any:
                await requests.request("GET", "balance/")
                service.good = "another"
                return (await requests.request("GET", "balance/")).data

            found = on(face, server.endpoint, job, username=None, password=None, token=credentials(origin))
        assert found["balance"] == "1"
        assert service.asked == [*STEPS, "api", "api", *STEPS, "api"]

    def test_the_clients_take_it_as_their_token(self, face: str) -> None:
        service = Service()
        with Scripted(service) as server:
            token = credentials(server.endpoint.removesuffix("api/2.0/"))
            if face == "blocking":
                with CloudSigma(api_endpoint=server.endpoint, token=token) as cs:
                    assert cs.balance.get().balance == "1"
                    assert SECRET not in repr(cs.settings) + repr(cs)
            else:

                async def program() -> None:
                    async with AsyncCloudSigma(api_endpoint=server.endpoint, token=token) as cs:
                        assert (await cs.balance.get()).balance == "1"

                asyncio.run(program())
        assert service.asked == [*STEPS, "api"]


def test_the_emulator_gives_such_tokens(cloudsigma_emulator: Emulator) -> None:
    token = DelegatedCredentials(
        oauth_endpoint=cloudsigma_emulator.url,
        client_id="any",
        client_secret="thing",
        user_email="other@example.com",
    )
    with CloudSigma(api_endpoint=cloudsigma_emulator.api_endpoint, token=token) as cs:
        assert cs.profile.get().email == "other@example.com"
        cloudsigma_emulator.clock.advance(3600)  # its tokens end, unknown to the client's clock
        assert cs.profile.get().email == "other@example.com"
    unknown = replace(token, user_email="nobody@example.com")
    with (
        CloudSigma(api_endpoint=cloudsigma_emulator.api_endpoint, token=unknown) as cs,
        pytest.raises(errors.AuthError, match="impersonation"),
    ):
        cs.profile.get()


def ask(requests: Any) -> Any:
    return run(requests.request("GET", "balance/")).data


class TestRenewal:
    def test_each_token_is_renewed_five_minutes_before_its_own_end(self) -> None:
        service, clock = Service((3600, 1800, 1200)), Clock()
        requests = remote(service, clock)
        ask(requests)
        clock.time += 899
        ask(requests)
        assert service.asked == [*STEPS, "api", "api"]
        clock.time += 1  # 300 s before the end of the user's token
        ask(requests)
        assert service.asked[5:] == ["user", "api"]
        clock.time += 900  # and of the ticket, too
        ask(requests)
        assert service.asked[7:] == ["ticket", "user", "api"]
        clock.time += 3600
        ask(requests)
        assert service.asked[10:] == [*STEPS, "api"]

    def test_a_user_s_token_without_lifetime_is_good_for_a_quarter_of_an_hour(self) -> None:
        service, clock = Service((36000, 36000, None)), Clock()
        requests = remote(service, clock)
        ask(requests)
        clock.time += 599
        ask(requests)
        clock.time += 1
        ask(requests)
        assert service.asked == [*STEPS, "api", "api", "user", "api"]

    def test_short_tokens_are_renewed_at_half_their_life(self) -> None:
        service, clock = Service((36000, 36000, 60)), Clock()
        requests = remote(service, clock)
        ask(requests)
        clock.time += 29
        ask(requests)
        clock.time += 1
        ask(requests)
        assert service.asked == [*STEPS, "api", "api", "user", "api"]

    @pytest.mark.parametrize(
        "failure", [(503, None), (200, {}), PortFailure("lost", sent=True), (403, {"error": "no"})]
    )
    def test_a_renewal_that_fails_leaves_the_token_at_hand_until_its_end(
        self, failure: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        service, clock = Service(), Clock()
        requests = remote(service, clock)
        ask(requests)
        service.broken["user"] = failure
        clock.time += 900
        assert ask(requests)["balance"] == "1"
        assert "could not be renewed" in caplog.text
        tries = service.asked.count("user")
        assert ask(requests)["balance"] == "1"
        assert service.asked.count("user") == tries  # not tried again within half a minute
        clock.time += 30
        assert ask(requests)["balance"] == "1"
        assert service.asked.count("user") > tries
        clock.time += 300
        with pytest.raises(errors.ApiClientError, match="impersonation"):
            ask(requests)
        del service.broken["user"]
        assert ask(requests)["balance"] == "1"

    def test_a_slow_renewal_does_not_keep_a_call_with_a_good_token(self) -> None:
        service, clock = Service(), Clock()
        requests = remote(service, clock, retries=4)
        ask(requests)
        limits: list[float] = []
        handle = requests.port._handle

        def silent(method: str, url: str, headers: Any, body: bytes) -> Any:
            if IMPERSONATE_PATH in url:
                clock.time += 10
                raise PortFailure("no answer within the time", sent=True, timed_out=True)
            return handle(method, url, headers, body)

        send = requests.port.send

        async def noted(request: Any) -> Any:
            limits.append(request.timeout)
            return await send(request)

        requests.port._handle, requests.port.send = silent, noted
        clock.time += 900
        assert ask(requests)["balance"] == "1"
        assert limits[0] == 10.0
        assert len(limits) == 2  # no repetition of the renewal, then the call itself

    def test_kept_tokens_that_were_withdrawn_are_got_anew(self) -> None:
        service, clock = Service(), Clock()
        requests = remote(service, clock)
        ask(requests)
        clock.time += 900
        service.broken["user"] = (401, {"error": "invalid_token"})
        steps = service.step

        def mended(*given: Any) -> str:
            step = steps(*given)
            if step == "client":
                service.broken.clear()
            return step

        service.step = mended  # type: ignore[method-assign,assignment]
        ask(requests)
        assert service.asked == [*STEPS, "api", "user", *STEPS, "api"]


class TestRefusals:
    @pytest.mark.parametrize("step", STEPS)
    @pytest.mark.parametrize("status", [400, 401, 403, 404])
    def test_refused_credentials_are_an_error_of_authentication(self, step: str, status: int) -> None:
        service = Service()
        service.broken[step] = (status, {"error": "unauthorized_client"})
        words = {"client": "client credentials", "ticket": "ticket", "user": "impersonation"}[step]
        with pytest.raises(errors.AuthError, match=words) as caught:
            ask(remote(service, Clock()))
        assert caught.value.status_code == status
        assert "api" not in service.asked

    @pytest.mark.parametrize("step", STEPS)
    @pytest.mark.parametrize(
        "document",
        [
            None,
            [],
            {},
            {"access_token": "", "expires_in": 60},
            {"access_token": 5, "expires_in": 60},
            {"access_token": "a b", "expires_in": 60},
            {"access_token": "tökén", "expires_in": 60},
            {"access_token": "a\r\nX: y", "expires_in": 60},
            {"access_token": "good", "expires_in": "60"},
            {"access_token": "good", "expires_in": True},
        ],
    )
    def test_an_answer_without_token_is_a_bad_answer(self, step: str, document: Any) -> None:
        service = Service()
        service.broken[step] = (200, document)
        with pytest.raises(errors.BadAnswer, match="no access_token or no expires_in"):
            ask(remote(service, Clock()))

    @pytest.mark.parametrize("step", ["client", "ticket"])
    def test_the_first_steps_must_say_how_long_it_is_good(self, step: str) -> None:
        service = Service()
        service.broken[step] = (200, {"access_token": "good"})
        with pytest.raises(errors.BadAnswer):
            ask(remote(service, Clock()))

    def test_a_busy_service_is_asked_again(self) -> None:
        service = Service()
        service.broken["client"] = (503, None)
        with pytest.raises(errors.ServerError):
            ask(remote(service, Clock(), retries=2))
        assert service.asked == ["client"] * 3

    def test_a_redirect_is_not_followed(self) -> None:
        service = Service()
        service.broken["client"] = (302, None)
        with pytest.raises(errors.ApiClientError):
            ask(remote(service, Clock()))
        assert service.asked == ["client"]


class TestWhere:
    def test_the_api_is_asked_on_the_direct_host(self) -> None:
        service = Service()
        requests = in_memory(
            service.handle,
            Clock(),
            endpoint="https://zrh.cloudsigma.com/api/2.0/",
            username=None,
            password=None,
            token=credentials("https://oauth.example/"),
        )
        ask(requests)
        assert service.addresses == [
            f"https://oauth.example{TOKEN_PATH}",
            f"https://oauth.example{TOKEN_PATH}",
            f"https://direct.zrh.cloudsigma.com{IMPERSONATE_PATH}",
            "https://direct.zrh.cloudsigma.com/api/2.0/balance/",
        ]

    def test_another_host_may_impersonate(self) -> None:
        service = Service()
        token = credentials(service_endpoint="https://provider.example:8443")
        requests = in_memory(service.handle, Clock(), username=None, password=None, token=token)
        ask(requests)
        assert f"https://provider.example:8443{IMPERSONATE_PATH}" in service.addresses

    @pytest.mark.parametrize("endpoint", ["", "oauth.example", "ftp://a", "https://", "https://a:b@c", "https://a/b",
                                          "https://a?b", "https://a:x"])  # fmt: skip
    def test_an_endpoint_that_cannot_be_is_refused(self, endpoint: str) -> None:
        with pytest.raises(errors.ConfigurationError, match="oauth_endpoint"):
            credentials(endpoint)
        with pytest.raises(errors.ConfigurationError, match="service_endpoint"):
            credentials(service_endpoint=endpoint)

    @pytest.mark.parametrize("name", ["client_id", "client_secret", "user_email"])
    def test_an_empty_value_is_refused(self, name: str) -> None:
        given: dict[str, Any] = {"client_id": "a", "client_secret": "b", "user_email": "c", name: ""}
        with pytest.raises(errors.ConfigurationError, match=name):
            DelegatedCredentials(oauth_endpoint="https://a", **given)


FAILURES = st.sampled_from(
    [(400, None), (401, {"error": "x"}), (500, None), (200, {"nothing": 1}), PortFailure("lost", sent=True)]
)


@settings(max_examples=60)
@given(st.sampled_from([*STEPS, "none"]), FAILURES)
def test_no_secret_is_ever_shown(step: str, failure: Any) -> None:
    """Whatever fails: not in errors with all their causes, not in logs, not in representations."""
    service, clock = Service(), Clock()
    if step != "none":
        service.broken[step] = failure
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    log = logging.getLogger("cloudsigma")
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        requests = remote(service, clock)
        try:
            ask(requests)
        except errors.ApiClientError as error:
            lines += traceback.format_exception(error)
            lines.append(repr(vars(error)))
        authentication = requests.authentication
        lines += [repr(value) for value in vars(authentication).values()]
        lines += [repr(requests.settings), repr(load_settings(api_endpoint="http://a", token=credentials()))]
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
    shown = "\n".join(lines)
    assert TOKEN_PATH in shown
    for secret in (SECRET, "client-token-", "ticket-token-", "user-token-"):
        assert secret not in shown
