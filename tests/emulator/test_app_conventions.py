"""Status codes, error bodies, content types, methods: what holds for every resource."""

from __future__ import annotations

import gzip
import json
import socket
import uuid

import pytest

from .wire import Wire

KEYS = {"error_type", "error_message", "error_point"}


def assert_error(reply: object, status: int, kind: str, point: str | None = None) -> str:
    assert reply.status == status, reply.body  # type: ignore[attr-defined]
    assert reply.header("content-type") == "application/json; charset=utf-8"  # type: ignore[attr-defined]
    errors = reply.json()  # type: ignore[attr-defined]
    assert isinstance(errors, list)
    assert errors
    assert all(set(error) == KEYS for error in errors)
    assert errors[0]["error_type"] == kind
    assert errors[0]["error_point"] == point
    message: str = errors[0]["error_message"]
    return message


def test_every_answer_has_a_request_id_and_the_charset(wire: Wire) -> None:
    first, second = wire("GET", "/profile/"), wire("GET", "/profile/")
    assert first.header("content-type") == "application/json; charset=utf-8"
    ids = {reply.header("x-request-id") for reply in (first, second)}
    assert len(ids) == 2
    for text in ids:
        assert text is not None
        uuid.UUID(text)


@pytest.mark.parametrize("path", ["/balance/", "/balance", "//balance//", "/balance/?limit=0&nonsense=1"])
def test_slashes_and_unknown_parameters_do_not_matter(wire: Wire, path: str) -> None:
    assert wire("GET", path).json()["currency"] == "EUR"


def test_the_old_prefix_is_an_alias(wire: Wire) -> None:
    assert wire("GET", "/balance/", base="/2.0").status == 200


def test_outside_the_api_there_is_nothing(wire: Wire) -> None:
    assert_error(wire("GET", "/favicon.ico", base=""), 404, "notexist")


def test_unknown_object(wire: Wire) -> None:
    name = str(uuid.uuid4())
    message = assert_error(wire("GET", f"/servers/{name}/"), 404, "notexist")
    assert message == f"Object with uuid {name} does not exist"
    assert_error(wire("GET", "/servers/not-a-uuid/"), 404, "notexist")
    assert_error(wire("GET", "/servers/..%2Fdrives/"), 404, "notexist")


def test_head_has_headers_only(wire: Wire) -> None:
    get, head = wire("GET", "/balance/"), wire("HEAD", "/balance/")
    assert head.status == 200
    assert head.body == b""
    assert head.header("content-length") == str(len(get.body))


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/profile/", "GET,PUT"),
        ("/accounts/action/", "POST"),
        ("/balance/", "GET"),
        ("/global_context/", "GET,POST"),
    ],
)
def test_options(nobody: Wire, path: str, methods: str) -> None:
    reply = nobody("OPTIONS", path)
    assert reply.status == 200
    assert reply.body.decode() == methods
    assert (reply.header("content-type") or "").startswith("text/plain")


def test_wrong_method(wire: Wire) -> None:
    reply = wire("DELETE", "/profile/")
    assert_error(reply, 405, "validation")
    assert reply.header("allow") == "GET,PUT"


def test_what_is_not_built_says_so_and_is_counted(wire: Wire) -> None:
    assert "GET /no_such_thing/" in assert_error(wire("GET", "/no_such_thing/"), 501, "backend")
    coverage = wire.control("GET", "/coverage")
    assert coverage["unknown"] == {"GET /no_such_thing/": 1}
    assert coverage["missing"] == []
    assert "servers.list" in coverage["answered"]
    assert coverage["calls"] == {}


def test_actions_need_a_known_name(wire: Wire) -> None:
    server = wire.server()["uuid"]
    assert_error(wire("POST", f"/servers/{server}/action/", {}), 400, "validation", "do")
    assert_error(wire("POST", f"/servers/{server}/action/?do=fly", {}), 400, "validation", "do")


@pytest.mark.parametrize("raw", [b"", b"{}", b"null", b"  \n"])
@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", None])
def test_empty_action_bodies(wire: Wire, raw: bytes, content_type: str | None) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    reply = wire("POST", "/accounts/action/?do=check_login", raw=raw, headers=headers)
    assert reply.status == 200, reply.body


def test_post_with_neither_length_nor_type(wire: Wire) -> None:
    credentials = wire.credentials["Authorization"]
    with socket.create_connection(("127.0.0.1", wire.emulator.port), timeout=60) as connection:
        connection.sendall(
            b"POST /api/2.0/accounts/action/?do=check_login HTTP/1.1\r\nHost: x\r\n"
            b"Authorization: " + credentials.encode() + b"\r\nConnection: close\r\n\r\n"
        )
        answer = b""
        while piece := connection.recv(4096):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_a_chunked_body_is_a_body(wire: Wire) -> None:
    wire.connection.request(
        "PUT",
        "/api/2.0/profile/",
        iter([b'{"first_', b'name": "Ada"}']),
        wire.credentials,
        encode_chunked=True,
    )
    answer = wire.connection.getresponse()
    assert json.loads(answer.read())["first_name"] == "Ada"


@pytest.mark.parametrize(
    "raw", [b"{", b'{"a": }', b"\xff\xfe", b'"\xed\xa0\x80"', b"{'a': 1}", b"[" * 100_000]
)
def test_malformed_json(wire: Wire, raw: bytes) -> None:
    reply = wire("PUT", "/profile/", raw=raw, headers={"Content-Type": "application/json"})
    assert_error(reply, 400, "validation")


@pytest.mark.parametrize(
    "content_type", ["application/xml", "text/plain", "application/x-www-form-urlencoded"]
)
def test_other_content_types_are_refused(wire: Wire, content_type: str) -> None:
    reply = wire("PUT", "/profile/", raw=b"<a/>", headers={"Content-Type": content_type})
    assert_error(reply, 400, "validation")


@pytest.mark.parametrize(
    "accept", ["application/json", "*/*", "application/xml, */*;q=0.1", "", "application/*"]
)
def test_json_is_accepted(wire: Wire, accept: str) -> None:
    assert wire("GET", "/balance/", headers={"Accept": accept}).status == 200


def test_other_formats_are_406(wire: Wire) -> None:
    assert_error(wire("GET", "/balance/", headers={"Accept": "application/xml"}), 406, "validation")
    assert_error(wire("GET", "/balance/?format=xml"), 406, "validation", "format")
    assert (
        wire("GET", "/balance/?format=xml&format=json", headers={"Accept": "application/xml"}).status == 200
    )
    assert wire("GET", "/balance/", headers={"Accept": "application/xml, application/json"}).status == 200


def test_strings_end_at_nul(wire: Wire) -> None:
    raw = b'{"first_name": "Ada\\u0000Lovelace", "meta": {"k\\u0000x": "v\\u0000w"}}'
    profile = wire("PUT", "/profile/", raw=raw, headers={"Content-Type": "application/json"}).json()
    assert profile["first_name"] == "Ada"
    assert profile["meta"] == {"k": "v"}


def test_long_answers_are_compressed_when_asked(wire: Wire) -> None:
    plain = wire("GET", "/locations/")
    packed = wire("GET", "/locations/", headers={"Accept-Encoding": "gzip, deflate"})
    assert plain.header("content-encoding") is None
    assert packed.header("content-encoding") == "gzip"
    assert gzip.decompress(packed.body) == plain.body


def test_created_has_a_location_and_delete_an_empty_html_answer(wire: Wire) -> None:
    body = {"name": "a", "cpu": 1000, "mem": 2**29, "vnc_password": "x"}
    reply = wire("POST", "/servers/", body)
    uri = reply.json()["objects"][0]["resource_uri"]
    assert reply.header("location") == uri
    gone = wire("DELETE", uri.removeprefix("/api/2.0"))
    assert (gone.status, gone.body) == (204, b"")
    assert gone.header("content-type") == "text/html; charset=utf-8"


def test_a_body_that_is_too_large(wire: Wire) -> None:
    wire.connection.putrequest("PUT", "/api/2.0/profile/")
    wire.connection.putheader("Authorization", wire.credentials["Authorization"])
    wire.connection.putheader("Content-Length", str(1 << 30))
    wire.connection.endheaders()
    answer = wire.connection.getresponse()
    assert answer.status == 413
    assert json.loads(answer.read())[0]["error_type"] == "validation"


def test_pipelined_requests_are_answered_in_order(wire: Wire) -> None:
    head = f"Host: x\r\nAuthorization: {wire.credentials['Authorization']}\r\n"
    requests = [f"GET /api/2.0/{name}/ HTTP/1.1\r\n{head}" for name in ("balance", "capabilities")]
    with socket.create_connection(("127.0.0.1", wire.emulator.port), timeout=60) as connection:
        connection.sendall(f"{requests[0]}\r\n{requests[1]}Connection: close\r\n\r\n".encode())
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    assert answer.count(b"HTTP/1.1 200") == 2
    assert answer.index(b"credit_limit") < answer.index(b"backfilling")


def test_rubbish_on_the_socket_is_400(wire: Wire) -> None:
    with socket.create_connection(("127.0.0.1", wire.emulator.port), timeout=60) as connection:
        connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 400")
    assert wire("GET", "/balance/").status == 200


def test_an_absurd_number_of_parameters(wire: Wire) -> None:
    query = "&".join(f"p{number}=1" for number in range(5000))
    assert wire("GET", f"/balance/?{query}").status == 200


@pytest.mark.parametrize(
    "target", ["http://[", "*", "/api/2.0/%FF/", "/api/2.0/servers/%00/", "/api/2.0/a b/"]
)
def test_odd_targets(wire: Wire, target: str) -> None:
    with socket.create_connection(("127.0.0.1", wire.emulator.port), timeout=60) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert connection.recv(4096)[:12] in (
            b"HTTP/1.1 400",
            b"HTTP/1.1 401",
            b"HTTP/1.1 404",
            b"HTTP/1.1 501",
        )
    assert wire("GET", "/balance/").status == 200
