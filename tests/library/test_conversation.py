"""HTTP/1.1 without a connection: however the bytes come, the answer is the same; whatever comes, the error is h11's."""

from __future__ import annotations

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudsigma.ports.conversation import Conversation

PLAIN = b"HTTP/1.1 201 Created\r\nX-Request-ID: r\r\nContent-Length: 11\r\n\r\nhello world"
CHUNKED = b"HTTP/1.1 201 Created\r\nX-Request-ID: r\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + PLAIN
UNTIL_CLOSED = b"HTTP/1.0 201 Created\r\nX-Request-ID: r\r\n\r\nhello world"


def begun(method: str = "GET", body: bytes = b"") -> Conversation:
    conversation = Conversation()
    headers = [(b"Host", b"cloud")]
    if body:
        headers.append((b"Content-Length", b"%d" % len(body)))
    conversation.begin(method, b"/api/2.0/x/", headers, body)
    return conversation


@given(st.sampled_from([PLAIN, CHUNKED, INTERIM]), st.lists(st.integers(1, 200), max_size=20))
def test_an_answer_is_the_same_however_it_is_cut(answer: bytes, cuts: list[int]) -> None:
    conversation = begun()
    pieces = [answer[start:end] for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), None], strict=True)]
    done = [conversation.take(piece) for piece in pieces if piece]
    assert done == [False] * (len(done) - 1) + [True]
    assert conversation.status == 201
    assert (b"x-request-id", b"r") in conversation.headers
    assert conversation.body() == b"hello world"
    assert conversation.renew()


def test_what_goes_out() -> None:
    sent = Conversation().begin("PUT", b"/x/?a=b", [(b"Host", b"cloud"), (b"Content-Length", b"3")], b"abc")
    assert sent == b"PUT /x/?a=b HTTP/1.1\r\nHost: cloud\r\nContent-Length: 3\r\n\r\nabc"


def test_one_exchange_after_another() -> None:
    conversation = begun()
    for number in range(3):
        body = b"%d" % number
        assert conversation.take(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + body)
        assert conversation.body() == body
        assert conversation.renew()
        conversation.begin("GET", b"/", [(b"Host", b"cloud")], b"")


def test_an_answer_that_ends_with_the_connection_is_the_last_one() -> None:
    conversation = begun()
    assert not conversation.take(UNTIL_CLOSED)
    assert conversation.take(b"")
    assert conversation.body() == b"hello world"
    assert not conversation.renew()


@pytest.mark.parametrize("more", [b"Connection: close\r\n", b""])
def test_a_connection_is_not_used_again_when_it_must_not_be(more: bytes) -> None:
    conversation = begun()
    answer = b"HTTP/1.1 200 OK\r\n" + more + b"Content-Length: 0\r\n\r\n"
    assert conversation.take(answer + (b"" if more else b"HTTP/1.1 200 OK\r\n"))
    assert not conversation.renew()


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_answers_without_a_body(method: str) -> None:
    conversation = begun(method)
    status = b"200 OK\r\nContent-Length: 10" if method == "HEAD" else b"204 No Content"
    assert conversation.take(b"HTTP/1.1 " + status + b"\r\n\r\n")
    assert conversation.body() == b""


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhell",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    ],
)
def test_a_close_in_the_middle_is_an_error(answer: bytes) -> None:
    conversation = begun()

    def receive() -> None:
        assert not (answer and conversation.take(answer))
        conversation.take(b"")

    with pytest.raises(h11.RemoteProtocolError):
        receive()


@given(
    st.lists(
        st.binary(min_size=1, max_size=60) | st.sampled_from([PLAIN, CHUNKED, b"HTTP/1.1 ", b"\r\n\r\n"])
    )
)
def test_garbage_is_refused_as_such(pieces: list[bytes]) -> None:
    conversation = begun()
    try:
        for piece in [*pieces, b""]:
            if conversation.take(piece):
                return
    except h11.RemoteProtocolError:
        return
    raise AssertionError("neither an answer nor an error at the end of the connection")
