"""Whatever is sent, the answer is one of the API's: never a 500, and errors always in their array."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cloudsigma_emulator.app import App
from cloudsigma_emulator.engine.options import Options
from cloudsigma_emulator.routes.request import Request, Response

from .wire import basic

AUTH = basic("user@example.com")["Authorization"]


class InProcess:
    def __init__(self) -> None:
        self.app = App(Options(speed="instant", random_seed=1))
        self.names: dict[str, str] = {}
        self.prepare()

    def prepare(self) -> None:
        self.app.reset()
        server = {"name": "web", "cpu": 1000, "mem": 2**29, "vnc_password": "x", "nics": [{}]}
        self.names = {"servers": self.created("/servers/", server)}
        self.names["drives"] = self.created("/drives/", {"name": "d", "size": 2**30, "media": "disk"})
        self.names["tags"] = self.created("/tags/", {"name": "blue"})
        for kind in ("vlans", "ips", "libdrives"):
            listed = json.loads(self.send("GET", f"/{kind}/").body)
            self.names[kind] = listed["objects"][0]["uuid"]
        self.app.engine.run_due()

    def created(self, path: str, body: dict[str, Any]) -> str:
        reply = self.send("POST", path, body)
        assert reply.status == 201, reply.body
        uuid: str = json.loads(reply.body)["objects"][0]["uuid"]
        return uuid

    def send(self, method: str, path: str, body: Any = None, raw: bytes | None = None) -> Response:
        path, _, query = path.partition("?")
        data = raw if raw is not None else (b"" if body is None else json.dumps(body).encode())
        headers = {"authorization": AUTH, "content-type": "application/json"}
        return self.app.handle(Request(method, "/api/2.0" + path, query, headers, data))


@pytest.fixture(scope="module")
def cloud() -> Iterator[InProcess]:
    made = InProcess()
    yield made
    made.app.close()


def check(reply: Response) -> None:
    assert reply.status < 500 or reply.status in (501, 503), (reply.status, reply.body)
    if reply.status >= 400:
        errors = json.loads(reply.body)
        assert errors
        assert all(set(error) == {"error_type", "error_message", "error_point"} for error in errors)


NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["1000", "1e400", "9" * 25, "-5", "0x10", "٣", "1.0", " 7 "]),
)
TEXTS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["0:0", "1:1", "171:0", "0:99", "virtio", "ide", "dhcp", "static", "manual", "disk", "cdrom", "\0"]
    ),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
FIELDS = (
    "name", "cpu", "mem", "smp", "vnc_password", "drives", "nics", "meta", "tags", "pubkeys", "requirements", "context",
    "cpu_type", "hypervisor", "cpu_model", "enable_numa", "epcs", "gpus", "allocation_pool", "auto_start", "size", "media",
    "storage_type", "affinities", "allow_multimount", "iops", "resources", "boot_order", "dev_channel", "device", "drive",
    "vlan", "ip_v4_conf", "ip_v6_conf", "model", "mac", "conf", "ip", "uuid", "resource_uri", "objects", "random_vnc_password",
    "chunk_number", "chunk_size", "backup_policy_uuid", "first_name", "username", "password", "email", "grantees", "owner",
    "firewall_policy", "runtime", "status",
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(FIELDS), TEXTS), inner, max_size=5),
    ),
    max_leaves=12,
)
BODIES = st.one_of(VALUES, st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=8))

GOOD: dict[str, dict[str, Any]] = {
    "servers": {"name": "web", "cpu": 1000, "mem": 2**29, "vnc_password": "x"},
    "drives": {"name": "d", "size": 2**30, "media": "disk"},
    "tags": {"name": "blue"},
    "vlans": {"meta": {}},
    "ips": {"meta": {}},
}
COMMON = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@COMMON
@given(
    kind=st.sampled_from(sorted(GOOD)),
    changes=st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=3),
    data=st.data(),
)
def test_almost_right_bodies(
    cloud: InProcess, kind: str, changes: dict[str, Any], data: st.DataObject
) -> None:
    body = {**GOOD[kind], **changes}
    if data.draw(st.booleans(), label="create"):
        reply = cloud.send(
            "POST", f"/{kind}/", data.draw(st.sampled_from([body, [body], {"objects": [body, body]}]))
        )
    else:
        reply = cloud.send("PUT", f"/{kind}/{cloud.names[kind]}/", body)
    check(reply)
    assert cloud.send("GET", f"/{kind}/detail/?limit=0").status == 200
    cloud.app.engine.run_due()


@COMMON
@given(data=st.data(), body=BODIES)
@example(data=None, body={})
def test_any_body_on_any_route(cloud: InProcess, data: st.DataObject | None, body: Any) -> None:
    routes = [route for route in cloud.app.router.routes if not route.binary and route.method != "GET"]
    chosen = [data.draw(st.sampled_from(routes))] if data is not None else routes
    for route in chosen:
        kind = route.pattern.split("/")[1]
        path = route.pattern.replace("{uuid}", cloud.names.get(kind, "nothing"))
        while "{" in path:
            path = path[: path.index("{")] + "x" + path[path.index("}") + 1 :]
        check(cloud.send(route.method, f"{path}?do={route.action}" if route.action else path, body))
    cloud.app.engine.run_due()
    if any(
        cloud.send("GET", f"/{kind}/{cloud.names[kind]}/").status != 200
        for kind in ("servers", "drives", "tags")
    ):
        cloud.prepare()


@COMMON
@given(
    path=st.sampled_from(
        [
            "/servers/",
            "/drives/detail/",
            "/libdrives/",
            "/jobs/",
            "/tags/",
            "/ips/",
            "/subscriptions/",
            "/locations/",
        ]
    ),
    query=st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "limit",
                    "offset",
                    "fields",
                    "name",
                    "name__contains",
                    "uuid",
                    "tag",
                    "tag__name",
                    "order_by",
                    "state",
                    "arch",
                    "format",
                    "do",
                ]
            ),
            TEXTS,
        ),
        max_size=4,
    ),
)
def test_any_query(cloud: InProcess, path: str, query: list[tuple[str, str]]) -> None:
    from urllib.parse import urlencode

    check(cloud.send("GET", f"{path}?{urlencode(query, errors='replace')}"))


@COMMON
@given(raw=st.binary(max_size=60), method=st.sampled_from(["POST", "PUT", "DELETE"]))
def test_any_bytes(cloud: InProcess, raw: bytes, method: str) -> None:
    check(
        cloud.send(
            method, "/servers/" if method == "POST" else f"/servers/{cloud.names['servers']}/", raw=raw
        )
    )
    if cloud.send("GET", f"/servers/{cloud.names['servers']}/").status != 200:
        cloud.prepare()


@COMMON
@given(path=st.text(max_size=30))
def test_any_path(cloud: InProcess, path: str) -> None:
    from urllib.parse import quote

    check(cloud.send("GET", "/" + quote(path, safe="/%")))
    check(cloud.send("POST", f"/servers/{quote(path, safe='')}/action/?do=start"))
