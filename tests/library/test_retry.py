"""The rules of repetition, alone and at work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudsigma import errors
from cloudsigma.core import retry
from cloudsigma.core.call import run
from cloudsigma.core.port import PortFailure

from .faces import Clock, in_memory

Reply = tuple[int, Mapping[str, str], bytes]
OK: Reply = (200, {}, b'{"fine": true}')
CONCURRENCY: Reply = (503, {}, b'[{"error_type":"concurrency","error_message":"busy","error_point":null}]')
CAPACITY: Reply = (503, {}, b'[{"error_type":"backend","error_message":"full","error_point":null}]')
LOST = PortFailure("the answer was cut off", sent=True)
REFUSED = PortFailure("connection failed: Connection refused", sent=False)


class Script:
    """Answers in order, the last one for ever; remembers what was asked."""

    def __init__(self, *steps: Reply | PortFailure) -> None:
        self.steps = list(steps)
        self.methods: list[str] = []

    def __call__(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Reply:
        self.methods.append(method)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, PortFailure):
            raise step
        return step


def ask(script: Callable[..., Reply], method: str = "GET", clock: Clock | None = None, **more: Any) -> Any:
    requests = in_memory(script, clock)
    return run(requests.request(method, "servers/x/", **more))


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "step", [LOST, REFUSED, (429, {}, b""), (502, {}, b""), (503, {}, b""), (504, {}, b"")]
)
def test_what_may_be_repeated_is(method: str, step: Reply | PortFailure) -> None:
    script = Script(step, OK)
    assert ask(script, method).data == {"fine": True}
    assert script.methods == [method, method]


@pytest.mark.parametrize("step", [REFUSED, (429, {}, b""), CONCURRENCY])
def test_a_post_is_repeated_when_it_certainly_was_not_carried_out(step: Reply | PortFailure) -> None:
    script = Script(step, OK)
    ask(script, "POST")
    assert len(script.methods) == 2


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (LOST, errors.OutcomeUnknown),
        (PortFailure("no answer in time", sent=True, timed_out=True), errors.OutcomeUnknown),
        ((502, {}, b"<html>"), errors.OutcomeUnknown),
        ((503, {}, b"<html>"), errors.OutcomeUnknown),
        ((504, {}, b""), errors.OutcomeUnknown),
        (CAPACITY, errors.Unavailable),
        ((500, {}, b""), errors.ServerError),
    ],
)
def test_any_other_post_is_sent_once(step: Reply | PortFailure, error: type[Exception]) -> None:
    script = Script(step, OK)
    with pytest.raises(error):
        ask(script, "POST")
    assert script.methods == ["POST"]


def test_a_post_that_does_no_harm_twice_may_say_so() -> None:
    script = Script(LOST, OK)
    ask(script, "POST", repeatable=True)
    assert len(script.methods) == 2


@pytest.mark.parametrize("status", [400, 402, 403, 404, 500])
def test_plain_refusals_are_not_repeated(status: int) -> None:
    script = Script((status, {}, b""), OK)
    with pytest.raises(errors.ApiClientError):
        ask(script)
    assert len(script.methods) == 1


def test_a_delete_whose_answer_was_lost_is_done_when_nothing_is_there() -> None:
    answer = ask(Script(LOST, (404, {}, b"")), "DELETE")
    assert answer.status == 204
    assert answer.data is None


@pytest.mark.parametrize("first", [REFUSED, (503, {}, b"")])
def test_a_404_means_what_it_says_when_no_attempt_can_have_deleted_it(first: Reply | PortFailure) -> None:
    with pytest.raises(errors.NotFound):
        ask(Script(first, (404, {}, b"")), "DELETE")
    with pytest.raises(errors.NotFound):
        ask(Script(LOST, (404, {}, b"")), "PUT")


def test_the_repetitions_are_counted() -> None:
    script = Script(REFUSED)
    with pytest.raises(errors.ConnectionFailed, match="Connection refused"):
        ask(script, retries=3)
    assert len(script.methods) == 4
    script = Script(REFUSED)
    with pytest.raises(errors.ConnectionFailed):
        ask(script, retries=0)
    assert len(script.methods) == 1


def test_a_change_that_was_sent_and_never_answered_has_an_unknown_outcome() -> None:
    for method in ("PUT", "DELETE"):
        with pytest.raises(errors.OutcomeUnknown, match=r"read /api/2\.0/servers/x/"):
            ask(Script(LOST), method, retries=1)
    with pytest.raises(errors.ConnectionFailed):
        ask(Script(LOST), "GET", retries=1)


def test_what_cannot_get_better_is_not_repeated() -> None:
    script = Script(PortFailure("certificate not trusted", sent=False, permanent=True))
    with pytest.raises(errors.ConnectionFailed):
        ask(script)
    assert len(script.methods) == 1


def test_the_pauses_double_and_end_below_the_deadline() -> None:
    clock = Clock()
    with pytest.raises(errors.ConnectionFailed):
        ask(Script(REFUSED), clock=clock, retries=100, timeout=10)
    assert clock.naps[:4] == [0.25, 0.5, 1.0, 2.0]
    assert sum(clock.naps) < 10


def test_the_deadline_holds_for_the_whole_call_and_its_attempts() -> None:
    clock = Clock()
    given: list[float] = []

    def slow(method: str, url: str, headers: dict[str, str], body: bytes) -> Reply:
        clock.time += 4
        return 503, {}, b""

    requests = in_memory(slow, clock)
    send = requests.port.send

    async def noting(request: Any) -> Any:
        given.append(request.timeout)
        return await send(request)

    requests.port.send = noting  # type: ignore[method-assign]
    with pytest.raises(errors.Unavailable):
        run(requests.request("GET", "servers/", timeout=10))
    assert given[0] == 10
    assert given == sorted(given, reverse=True)
    assert clock.time < 1000 + 10 + 4


def test_a_deadline_that_has_passed_sends_nothing() -> None:
    script = Script(OK)
    with pytest.raises(errors.Timeout):
        ask(script, deadline=999.0)
    assert script.methods == []


def test_retry_after_is_honoured_capped_and_kept_below_the_deadline() -> None:
    clock = Clock()
    ask(Script((429, {"Retry-After": "3"}, b""), OK), clock=clock)
    assert clock.naps == [pytest.approx(3.3)]
    clock = Clock()
    ask(Script((503, {"Retry-After": "86400"}, b""), OK), clock=clock, timeout=600)
    assert clock.naps == [pytest.approx(66)]
    clock = Clock()
    with pytest.raises(errors.RateLimited) as caught:
        ask(Script((429, {"Retry-After": "30"}, b""), OK), clock=clock, timeout=10)
    assert clock.naps == []
    assert caught.value.retry_after == 30


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": " 12 "}, 12.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:10 GMT", "date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 10.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:27:00 GMT", "date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:10 GMT"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "²"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_both_forms_of_retry_after_are_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry.retry_after(headers) == seconds


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_header_breaks_the_reading_of_retry_after(value: str, date: str) -> None:
    found = retry.retry_after({"retry-after": value, "date": date})
    assert found is None or found >= 0


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_pauses_are_bounded_and_jittered(attempt: int, random: float) -> None:
    seconds = retry.pause(attempt, None, random)
    assert 0 < seconds <= retry.LONGEST_PAUSE
    assert retry.pause(attempt, None, 0.0) <= seconds
