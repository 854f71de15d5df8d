"""Addresses, bodies, answers, redirects, logs: what one request is."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudsigma import errors
from cloudsigma.core.call import run
from cloudsigma.core.requests import Requests, encode_params, shown_path

from .faces import FACES, in_memory, on
from .scripted import Scripted, http

Reply = tuple[int, Mapping[str, str], bytes]
ROOT = "https://zrh.cloudsigma.com/api/2.0/"
JSON = {"Content-Type": "application/json"}


class Asked:
    """Answers everything the same way and remembers the last request."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies) or [(200, JSON, b"{}")]
        self.all: list[tuple[str, str, dict[str, str], bytes]] = []

    def __call__(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Reply:
        self.all.append((method, url, headers, body))
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    @property
    def url(self) -> str:
        return self.all[-1][1]

    @property
    def headers(self) -> dict[str, str]:
        return self.all[-1][2]

    @property
    def body(self) -> bytes:
        return self.all[-1][3]


def requests(handler: Any = None, **options: Any) -> Requests:
    return in_memory(handler or Asked(), endpoint=ROOT, **options)


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("servers/", ROOT + "servers/"),
        ("servers", ROOT + "servers/"),
        ("/servers/", ROOT + "servers/"),
        ("/api/2.0/servers/x/", ROOT + "servers/x/"),
        (ROOT + "servers/x/", ROOT + "servers/x/"),
        ("servers/?limit=0", ROOT + "servers/?limit=0"),
        ("servers?limit=0", ROOT + "servers/?limit=0"),
        ("drives/x/upload/?signature=abc123", ROOT + "drives/x/upload/?signature=abc123"),
        ("ips/2001:db8::1/", ROOT + "ips/2001:db8::1/"),
        ("ünï/", ROOT + "%C3%BCn%C3%AF/"),
    ],
)
def test_paths_are_resolved_against_the_endpoint(path: str, url: str) -> None:
    assert requests().url(path) == url


def test_resource_uris_are_resolved_against_scheme_and_host_of_any_endpoint() -> None:
    moved = in_memory(Asked(), endpoint="http://127.0.0.1:8100/2.0/")
    assert moved.url("/api/2.0/servers/x/") == "http://127.0.0.1:8100/api/2.0/servers/x/"
    assert moved.url("/2.0/servers/") == "http://127.0.0.1:8100/2.0/servers/"
    assert moved.url("servers/") == "http://127.0.0.1:8100/2.0/servers/"


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/api/2.0/servers/",
        "http://zrh.cloudsigma.com/api/2.0/servers/",
        "https://zrh.cloudsigma.com:444/api/2.0/servers/",
        "https://zrh.cloudsigma.com@evil.example/",
        "https://zrh.cloudsigma.com.evil.example/",
        "//evil.example/api/2.0/servers/",
        "../../admin/",
        "servers/../drives/",
        "servers/%2e%2e/drives/",
        "servers/%2E./drives/",
        "servers/a%2fb/",
        "servers/./",
        "servers//x/",
        "servers/x y/",
        "servers/\r\nHost: evil/",
        "servers/x#y",
        "servers\\x",
        "servers/?a=b\nc",
    ],
)
def test_no_path_leaves_the_api_or_the_host(path: str) -> None:
    asked = Asked()
    with pytest.raises(errors.InvalidArgument):
        run(requests(asked).request("GET", path))
    assert asked.all == []


@given(st.text(max_size=30))
def test_any_path_that_is_let_through_stays_below_the_host(path: str) -> None:
    try:
        url = requests().url(path)
    except errors.InvalidArgument:
        return
    assert url.startswith("https://zrh.cloudsigma.com/")
    assert url.isascii()
    assert url.partition("?")[0].endswith("/")
    assert "/../" not in url.partition("?")[0]


@given(st.dictionaries(st.text(min_size=1, max_size=10), st.text(max_size=20), max_size=4))
def test_parameters_arrive_as_they_were_given(params: dict[str, str]) -> None:
    from urllib.parse import parse_qsl

    query = encode_params(params)
    assert query.isascii()
    assert dict(parse_qsl(query, keep_blank_values=True)) == params


def test_parameters_of_every_type_are_spelled_as_the_api_reads_them() -> None:
    assert encode_params({"limit": 0, "a": True, "b": None, "fields": ["name", "uuid"], "n": "a&b c"}) == (
        "limit=0&a=true&fields=name,uuid&n=a%26b%20c"
    )
    assert requests().url("servers/?limit=0", {"offset": 5}) == ROOT + "servers/?limit=0&offset=5"
    assert requests().url("servers/", {"offset": None}) == ROOT + "servers/"


def test_what_every_request_carries() -> None:
    asked = Asked()
    run(requests(asked, username="u@example.com", password="pässwörd€").request("GET", "servers/"))
    headers = asked.headers
    assert headers["Accept"] == "application/json"
    assert headers["Accept-Encoding"] == "gzip"
    assert headers["User-Agent"].startswith("cloudsigma-python/3.")
    import base64

    kind, _, value = headers["Authorization"].partition(" ")
    assert kind == "Basic"
    assert base64.b64decode(value).decode("utf-8") == "u@example.com:pässwörd€"


def test_bodies() -> None:
    asked = Asked()
    client = requests(asked)
    run(client.request("POST", "servers/", body={"name": "ü", "n": 1}))
    assert json.loads(asked.body) == {"name": "ü", "n": 1}
    assert asked.headers["Content-Type"] == "application/json"
    run(client.request("POST", "servers/", body=b"\x00\xff"))
    assert asked.body == b"\x00\xff"
    assert asked.headers["Content-Type"] == "application/octet-stream"
    run(client.request("POST", "x/", body=b"raw", headers={"Content-Type": "text/x"}))
    assert asked.headers["Content-Type"] == "text/x"
    run(client.request("POST", "servers/x/action/", params={"do": "start"}))
    assert asked.body == b""
    assert asked.url.endswith("/servers/x/action/?do=start")
    run(client.request("GET", "servers/"))
    assert "Content-Type" not in asked.headers


@pytest.mark.parametrize("body", [{"x": object()}, {1: "x", "y": {2, 3}}, "\ud800"])
def test_a_body_that_is_no_json_is_refused_before_anything_is_sent(body: Any) -> None:
    asked = Asked()
    with pytest.raises(errors.InvalidArgument, match="JSON"):
        run(requests(asked).request("POST", "servers/", body=body))
    assert asked.all == []


@pytest.mark.parametrize(
    "header", [{"X-A": "b\r\nInjected: 1"}, {"X\n": "1"}, {"X": "a\0"}, {"X": "€"}, {"é": "x"}]
)
def test_headers_with_line_breaks_or_foreign_letters_are_refused(header: dict[str, str]) -> None:
    asked = Asked()
    with pytest.raises(errors.InvalidArgument, match="header"):
        run(requests(asked).request("GET", "servers/", headers=header))
    assert asked.all == []


def test_half_a_character_is_refused() -> None:
    with pytest.raises(errors.InvalidArgument):
        encode_params({"name": "\ud800"})
    with pytest.raises(errors.InvalidArgument):
        requests().url("servers/\ud800/")


@pytest.mark.parametrize("status", [200, 201, 202])
def test_a_document_is_decoded(status: int) -> None:
    answer = run(
        requests(Asked((status, {"X-Request-ID": "r-1"}, b'{"a": [1, "\xc3\xbc"]}'))).request("GET", "x/")
    )
    assert (answer.status, answer.data, answer.request_id) == (status, {"a": [1, "ü"]}, "r-1")
    assert answer.request.url == ROOT + "x/"


@pytest.mark.parametrize(
    "reply",
    [
        (204, {"Content-Type": "text/html; charset=utf-8"}, b""),
        (200, JSON, b""),
        (202, {}, b" \r\n"),
        (200, JSON, b"null"),
    ],
)
def test_an_empty_success_has_no_data(reply: Reply) -> None:
    assert run(requests(Asked(reply)).request("POST", "x/")).data is None


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        ((200, {"Content-Type": "text/html"}, b"<html>Sign in</html>"), "HTML"),
        ((200, {}, b"  <!DOCTYPE html>"), "HTML"),
        ((200, JSON, b'{"objects": ['), "cut off"),
        ((200, JSON, b"not json"), "cut off or malformed"),
        ((200, JSON, b"\xff\xfe"), "cut off or malformed"),
        ((200, {**JSON, "Content-Encoding": "gzip"}, gzip.compress(b'{"a": 1}' * 50)[:-9]), "compressed"),
        ((200, {**JSON, "Content-Encoding": "gzip"}, b"plain"), "compressed"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_no_document_is_a_bad_answer(reply: Reply, word: str, method: str) -> None:
    asked = Asked(reply)
    with pytest.raises(errors.BadAnswer, match=word) as caught:
        run(requests(asked).request(method, "servers/"))
    assert isinstance(caught.value, errors.ServerError)
    assert len(asked.all) == 1


def test_the_unknown_outcome_of_a_change_is_told_with_a_bad_answer() -> None:
    with pytest.raises(errors.BadAnswer, match=r"list /api/2\.0/servers/"):
        run(requests(Asked((200, {}, b"<html>"))).request("POST", "servers/"))


def test_compressed_answers_are_decoded() -> None:
    reply = (200, {**JSON, "Content-Encoding": "gzip"}, gzip.compress(b'{"a": 1}'))
    answer = run(requests(Asked(reply)).request("GET", "x/"))
    assert answer.data == {"a": 1}
    assert answer.raw.body == b'{"a": 1}'


def test_plain_text_and_undecoded_bodies() -> None:
    text = (200, {"Content-Type": "text/plain"}, b"GET,PUT,DELETE,POST")
    assert run(requests(Asked(text)).request("OPTIONS", "x/")).data == "GET,PUT,DELETE,POST"
    answer = run(requests(Asked((200, {}, b"\x00\x01"))).request("GET", "x/", decode=False))
    assert (answer.data, answer.raw.body) == (None, b"\x00\x01")


def test_a_get_follows_redirects_of_its_own_origin() -> None:
    asked = Asked(
        (302, {"Location": "/api/2.0/other/?a=b"}, b""), (301, {"Location": "more/"}, b""), (200, {}, b"[]")
    )
    assert run(requests(asked).request("GET", "x/")).data == []
    assert [url.removeprefix(ROOT) for _, url, _, _ in asked.all] == ["x/", "other/?a=b", "other/more/"]


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example/",
        "http://zrh.cloudsigma.com/api/2.0/x/",
        "https://zrh.cloudsigma.com:8443/x/",
        "//evil.example/",
        "",
    ],
)
def test_credentials_follow_no_redirect_to_elsewhere(location: str) -> None:
    asked = Asked((302, {"Location": location}, b""))
    with pytest.raises(errors.BadAnswer, match="redirect"):
        run(requests(asked).request("GET", "x/"))
    assert len(asked.all) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_change_follows_no_redirect(method: str, status: int) -> None:
    asked = Asked((status, {"Location": "/api/2.0/other/"}, b""), (200, {}, b"[]"))
    with pytest.raises(errors.BadAnswer, match="redirect") as caught:
        run(requests(asked).request(method, "x/", body={"vnc_password": "s3cret"}))
    assert caught.value.status_code == status
    assert len(asked.all) == 1


def test_redirects_end() -> None:
    asked = Asked((302, {"Location": "/api/2.0/x/"}, b""))
    with pytest.raises(errors.BadAnswer):
        run(requests(asked).request("GET", "x/"))
    assert len(asked.all) == 6


def test_a_redirect_can_be_looked_at() -> None:
    asked = Asked((302, {"Location": "https://storage.example/image"}, b""))
    answer = run(requests(asked).request("GET", "drives/x/download/", follow=False, decode=False))
    assert answer.headers["location"] == "https://storage.example/image"


def test_logs_and_errors_hold_no_secrets(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    asked = Asked(
        (
            400,
            {"X-Request-ID": "r-7"},
            b'[{"error_type":"validation","error_message":"no","error_point":"cpu"}]',
        )
    )
    client = requests(asked, username="u", password="TOPSECRET")
    with pytest.raises(errors.ValidationError) as caught:
        run(
            client.request(
                "POST", "servers/", params={"signature": "TOPSECRET"}, body={"vnc_password": "TOPSECRET"}
            )
        )
    assert "POST /api/2.0/servers/ -> 400" in caplog.text
    assert "r-7" in caplog.text
    everything = caplog.text + str(caught.value) + repr(caught.value) + repr(vars(caught.value))
    everything += repr(client.settings) + repr(client) + repr(client.authentication)
    assert "TOPSECRET" not in everything
    assert "Basic" not in everything


def test_the_path_of_an_action_is_shown_without_the_rest_of_the_query() -> None:
    assert shown_path(ROOT + "servers/x/action/?do=start&token=abc") == "/api/2.0/servers/x/action/?do=start"
    assert shown_path(ROOT + "x/?signature=abc") == "/api/2.0/x/"


@pytest.mark.parametrize("face", FACES)
def test_a_request_over_a_socket(face: str) -> None:
    document = {"name": "web", "x": "ü"}
    body = gzip.compress(json.dumps(document).encode())
    with Scripted(
        http(200, body=body, headers=[("Content-Encoding", "gzip"), ("X-REQUEST-ID", "r")])
    ) as server:

        async def job(client: Requests) -> Any:
            first = await client.request("PUT", "servers/x/", body=document, params={"a": "b c"})
            second = await client.request("GET", "servers/y/")
            return first.data, second.data, first.request_id

        assert on(face, server.endpoint, job) == (document, document, "r")
        first, second = server.seen
    assert (first.method, first.target) == ("PUT", "/api/2.0/servers/x/?a=b%20c")
    assert first.json == document
    assert first.headers["host"] == server.endpoint.split("/")[2]
    assert first.headers["content-length"] == str(len(first.body))
    assert second.target == "/api/2.0/servers/y/"
    assert first.connection == second.connection == 0
