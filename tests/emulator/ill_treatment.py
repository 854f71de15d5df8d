"""Bad requests without end: sensible ones, then spoilt in one place or in many. The same seed gives the same ones."""

from __future__ import annotations

import base64
import copy
import json
import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from cloudsigma_emulator.app import App
from cloudsigma_emulator.engine import seeding
from cloudsigma_emulator.routes.catalogue import ENDPOINTS
from cloudsigma_emulator.routes.request import Request, Response

from .everything import ROUTER
from .test_backup_rules import body as scheduler_body

Doc = dict[str, Any]
GIB = 2**30

# ``$kind`` stands for the uuid of an object of that kind.
_ROUTER = ROUTER["configuration"]
CREATE: dict[str, Doc] = {
    "servers": {
        "name": "web", "cpu": 1000, "mem": GIB // 2, "vnc_password": "x", "smp": 1, "meta": {"k": "v"}, "tags": ["$tags"],
        "drives": [{"device": "virtio", "dev_channel": "0:0", "drive": "$drives", "boot_order": 1}],
        "nics": [{"ip_v4_conf": {"conf": "dhcp"}, "model": "virtio", "firewall_policy": "$fwpolicies"}, {"vlan": "$vlans"},
                 {"ip_v4_conf": {"conf": "static", "ip": "$ips"}}],
        "pubkeys": ["$keypairs"],
    },
    "drives": {"name": "d", "size": GIB, "media": "disk", "tags": ["$tags"], "meta": {}, "affinities": [], "storage_type": "dssd"},
    "initupload": {"name": "u", "size": 1000, "media": "disk"},
    "tags": {"name": "blue", "resources": ["$servers", "$drives"]},
    "fwpolicies": {
        "name": "p", "tags": ["$tags"],
        "rules": [{"action": "drop", "direction": "in", "ip_proto": "tcp", "dst_port": "22:80", "src_ip": "!10.0.0.0/8"}],
    },
    "acls": {"name": "a", "grantees": ["$accounts", "other@example.com"], "rules": ["LIST", "CLONE"], "tags": ["$tags"]},
    "snapshots": {"drive": "$drives", "name": "s", "meta": {}},
    "remotesnapshots": {"drive": "$drives", "location": "ZRH", "name": "r"},
    "backupschedulers": {**scheduler_body(hour="1"), "drives": ["$drives"]},
    "keypairs": {"name": "k", "meta": {}},
    "subscriptions": {"resource": "vlan", "amount": 1, "period": "1 month", "auto_renew": False},
    "subscriptioncalculator": {"resource": "dssd", "amount": GIB, "period": "2 months"},
    "notification_contacts": {"email": "some@example.com", "name": "Some", "phone": "+359888123456", "main": False},
    "notification_preferences": {"contact": "$notification_contacts", "medium": "email", "type": "balance", "value": True},
    "driveusers": {"drive": "$drives", "amount": 2},
    "virtualrouters": {"configuration": {**_ROUTER, "lan_interface": [{**_ROUTER["lan_interface"][0], "vlan": "$vlans"}]}},
    "ipaliases": {"interface": "$lans", "ip_address": "10.0.22.1"},
    "addressforwards": {"nat": "$virtualrouters", "local_ipv4_address": "10.0.1.2", "upstream_ipv4_address": "$ips", "order": 1},
    "portforwards": {
        "nat": "$virtualrouters", "protocol": "TCP", "mapped_port": "22", "forwarding_host": "10.0.1.2", "forwarding_port": "22",
    },
    "routes": {"virtual_router": "$virtualrouters", "network": "10.1.0.0/16", "gateway": "10.0.0.9", "inet": "inet"},
    "vrfwpolicies": {"name": "fp", "lan_interface": "$lans", "order": 1, "active": True, "filters": []},
    "vrfwfilters": {"policy": "$vrfwpolicies", "action": "deny", "protocol": "tcp", "dst": "10.0.0.1", "dst_port": "22", "order": 1},
    "tunnels": {"name": "t", "virtual_router": "$virtualrouters", "type": "gre"},
    "bservers": {"name": "b"},
    "accounts": {"username": "user@example.com", "password": "password", "email": "new@example.com"},
    "global_context": {"key": "value"},
}  # fmt: skip
ACTION_BODIES: tuple[Doc, ...] = (
    {},
    {"name": "copy", "random_vnc_password": True},
    {"size": 2 * GIB, "name": "d", "media": "disk"},
    {"chunk_number": 0, "chunk_size": 1000},
    {"period": "1 month"},
    {"username": "user@example.com", "password": "password"},
    {"configure_dhcp": True, "start": "10.0.0.10", "end": "10.0.0.20"},
    {"active": True, "vpn_type": "pptp", "username": "u", "password": "p"},
    {"drive": "$drives", "amount": 1},
)
ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 1.5, -0.0, 1e308, 2**31, 2**53 + 1, 2**63, 2**64, -(2**70), "", " ", "0", "-1", "1e400", "NaN",
    "9" * 30, "٣", "\0", "a\0b", "\ud7ff", "é" * 300, "x" * 5000, "../../etc/passwd", "%00", "<b>", "'; DROP TABLE objects; --",
    "10.0.0.1", "10.0.0.1/33", "::1", "999.1.1.1", "22:10", "1-2", "0:0", "0:99", "2030-01-01", "31 February", "10 months", "0 months",
    "* * * * *", "61 25 * * *", "user@example.com", "disk", "cdrom", "virtio", "dhcp", "static", [], {}, [[]], [None], [{}],
    {"objects": []}, {"uuid": "x"}, {"": ""}, {"a": {"a": {"a": {"a": {}}}}}, ["x"] * 200,
)  # fmt: skip
QUERY_NAMES = (
    "limit", "offset", "fields", "name", "name__contains", "uuid", "uuid__in", "tag", "tag__name", "order_by", "status", "state",
    "format", "do", "avoid", "recurse", "resource", "type", "media", "timestamp", "time", "time__gt", "poll_time__gt", "period",
    "resumableChunkNumber", "resumableChunkSize", "resumableTotalSize", "allocation_pool", "currency", "level", "attach_drive",
)  # fmt: skip
QUERY_VALUES = (
    "", "0", "1", "-1", "9" * 25, "1e3", "x", ",", "\\", "\\,", "a,b", "%", "*", "uuid,name,meta", "json", "xml", "all_drives",
    "start", "clone", "resize", "stop", "active", "2013-05-21", "2099-12-31T00:00:00+00:00", "name", "-name", "\0", "é", "USD",
)  # fmt: skip
METHODS = (
    "GET",
    "GET",
    "POST",
    "POST",
    "PUT",
    "PUT",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "PATCH",
    "TRACE",
    "get",
    "",
)


class Tormentor:
    """Gives requests; learns the uuids that there are from the answers."""

    def __init__(self, app: App, seed: int) -> None:
        self._app = app
        self.random = random.Random(seed)
        self.routes = [(route.method, route.pattern, route.action) for route in app.router.routes]
        self.endpoints = [(method, path, action) for _, method, path, action in ENDPOINTS]
        self.creating = [
            route for route in self.routes if route[0] == "POST" and route[1].strip("/") in CREATE
        ]
        self.creating += [route for route in self.creating if route[1] in ("/servers/", "/drives/")] * 5
        self.acting = [route for route in self.routes if route[2] is not None]
        self.known: dict[str, list[str]] = {}
        self.documents: dict[str, list[Doc]] = {}
        self.learn()

    def learn(self) -> None:
        """Look at what there is: uuids to name, and documents to send back spoilt."""
        self.known = {}
        self.documents = {}
        with self._app.transaction(wake=False) as tx:
            for kind, uuid, owner in tx.execute(
                "SELECT kind, uuid, owner FROM objects ORDER BY random() LIMIT 3000"
            ):
                self.known.setdefault(kind, []).append(uuid)
                if owner:
                    self.known.setdefault("accounts", []).append(owner)
        for kind in self.known:
            token = seeding.token_for(self.random.choice(seeding.USERS)[0])
            answer = self._app.handle(
                Request("GET", f"/api/2.0/{kind}/detail/", "limit=5", {"authorization": f"Bearer {token}"})
            )
            if answer.status != 200:
                answer = self._app.handle(
                    Request("GET", f"/api/2.0/{kind}/", "limit=5", {"authorization": f"Bearer {token}"})
                )
            if answer.status == 200:
                found = json.loads(answer.body)
                self.documents[kind] = (
                    found["objects"] if isinstance(found, dict) and "objects" in found else [found]
                )

    def requests(self, count: int) -> Iterator[Request]:
        """Give so many requests."""
        for _ in range(count):
            yield self.request()

    def request(self) -> Request:
        """Give a request, sometimes a legal one."""
        dice = self.random
        chance = dice.random()
        meant = self.creating if chance < 0.2 else self.acting if chance < 0.35 else self.routes
        method, pattern, action = dice.choice(meant if chance < 0.95 else self.endpoints)
        kind = pattern.strip("/").split("/")[0]
        path = self._path(pattern, kind)
        pairs: list[tuple[str, str]] = [("do", action)] if action else []
        if dice.random() < 0.3:
            pairs += [
                (dice.choice(QUERY_NAMES), dice.choice(QUERY_VALUES)) for _ in range(dice.randint(1, 3))
            ]
        if dice.random() < 0.05:
            method = dice.choice(METHODS)
        if dice.random() < 0.03:
            path = self._odd_path(path)
        body = b"" if method in ("GET", "HEAD") and dice.random() < 0.9 else self._body(kind, action, method)
        prefix = (
            dice.choice(("/api/2.0", "/api/2.0", "/api/2.0", "/2.0", "", "/api/1.0"))
            if dice.random() < 0.1
            else "/api/2.0"
        )
        query = (
            urlencode(pairs)
            if dice.random() < 0.95
            else dice.choice(("&&&", "=", "a=%", "do", "do=&do=", "%ff=%fe"))
        )
        return Request(method, prefix + path, query, self._headers(), body)

    def _path(self, pattern: str, kind: str) -> str:
        return "/".join(
            quote(self._uuid(kind), safe="") if part.startswith("{") else part for part in pattern.split("/")
        )

    def _uuid(self, kind: str) -> str:
        dice = self.random
        chance = dice.random()
        if chance < 0.75 and self.known.get(kind):
            return dice.choice(self.known[kind])
        if chance < 0.85:
            return dice.choice(self.known[dice.choice(list(self.known))])
        if chance < 0.92:
            return "11111111-2222-4333-8444-555555555555"
        return dice.choice(
            ("x", "", "..", "%2e%2e", "schema", "detail", "action", "\0", "é", "0", "-1", "a" * 300)
        )

    def _odd_path(self, path: str) -> str:
        dice = self.random
        where = dice.randint(0, len(path))
        return (
            path[:where]
            + dice.choice(("//", "%", "%zz", "%00", "/../", "é", " ", "?", "#", "\x7f", "/detail/", "%2f"))
            + path[where:]
        )

    def _headers(self) -> dict[str, str]:
        dice = self.random
        headers = {"content-type": "application/json"}
        (first, _), (second, _) = seeding.USERS
        chance = dice.random()
        if chance < 0.8:
            headers["authorization"] = f"Bearer {seeding.token_for(first)}"
        elif chance < 0.92:
            headers["authorization"] = f"Bearer {seeding.token_for(second)}"
        elif chance < 0.97:
            headers["authorization"] = dice.choice((
                "", "Basic", "Basic x", "Basic " + base64.b64encode(b"\xff\xfe").decode(), "Bearer ", "Bearer \0", "Digest",
                "Digest username=", 'Digest username="user@example.com", nonce="x", uri="/", response="y", nc=zz, qop=auth', "é", "Negotiate x",
            ))  # fmt: skip
        elif chance < 0.99:
            headers["cookie"] = dice.choice(
                ("sessionid=x", "sessionid=; csrftoken=", ";;;", "=", "sessionid=\0")
            )
        if dice.random() < 0.05:
            name = dice.choice(
                ("content-type", "accept", "accept-encoding", "range", "x-csrftoken", "content-length")
            )
            headers[name] = dice.choice(
                (
                    "",
                    "text/html",
                    "*/*;q=0",
                    "bytes=x",
                    "gzip;q=x",
                    "multipart/form-data",
                    "-1",
                    "application/json; charset=x",
                )
            )
        return headers

    def _body(self, kind: str, action: str | None, method: str) -> bytes:
        dice = self.random
        chance = dice.random()
        if chance < 0.04:
            return dice.choice((
                b"", b"{", b"null", b"\xff\xfe", b'{"a":1}{', b"[" * 900 + b"]" * 900, b"[" * 5000, b'{"a":' * 990 + b"1" + b"}" * 990,
                b'["\\u0000"' + b',["\\u0000"' * 500 + b"]" * 501, b'"\\ud800"', b"1e999", b"NaN", b'{"name":"\\u0000\\u0001"}', dice.randbytes(40),
            ))  # fmt: skip
        body = self._filled(self._template(kind, action, method))
        for _ in range(dice.choice((0, 0, 0, 1, 1, 1, 2, 5))):
            body = self._spoilt(body)
        if dice.random() < 0.3:
            body = dice.choice(
                (
                    {"objects": [body]},
                    [body],
                    {"objects": [body, copy.deepcopy(body)]},
                    {"objects": body},
                    [body, None],
                )
            )
        return json.dumps(body).encode("utf-8", "surrogatepass")

    def _template(self, kind: str, action: str | None, method: str) -> Any:
        dice = self.random
        if action is not None and dice.random() < 0.8:
            return dice.choice(ACTION_BODIES)
        if method == "PUT" and self.documents.get(kind) and dice.random() < 0.8:
            return copy.deepcopy(dice.choice(self.documents[kind]))
        if kind in CREATE and dice.random() < 0.9:
            return copy.deepcopy(CREATE[kind])
        return copy.deepcopy(CREATE[dice.choice(list(CREATE))])

    def _filled(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith("$"):
            return self._uuid(value[1:])
        if isinstance(value, dict):
            return {key: self._filled(item) for key, item in value.items() if self._there(item)}
        if isinstance(value, list):
            return [self._filled(item) for item in value if self._there(item)]
        return value

    def _there(self, value: Any) -> bool:
        """Leave out what would name an object of a kind of which there is none, and now and then another."""
        named = isinstance(value, str) and value.startswith("$")
        return not named or (value[1:] in self.known and self.random.random() < 0.9)

    def _spoilt(self, value: Any) -> Any:
        """Change one place somewhere below."""
        dice = self.random
        if isinstance(value, dict) and value and dice.random() < 0.85:
            key = dice.choice(list(value))
            chance = dice.random()
            if chance < 0.12:
                return {name: item for name, item in value.items() if name != key}
            if chance < 0.2:
                return {
                    **value,
                    dice.choice(("uuid", "owner", "status", "resource_uri", "extra", "é")): dice.choice(ODD),
                }
            return {**value, key: self._spoilt(value[key])}
        if isinstance(value, list) and value and dice.random() < 0.85:
            index = dice.randrange(len(value))
            chance = dice.random()
            if chance < 0.1:
                return value[:index] + value[index + 1 :]
            if chance < 0.25:
                return [*value, copy.deepcopy(value[index])]
            return [*value[:index], self._spoilt(value[index]), *value[index + 1 :]]
        return self._uuid(dice.choice(list(self.known))) if dice.random() < 0.15 else dice.choice(ODD)


def complaint(app: App, request: Request, response: Response) -> str | None:
    """Say what is wrong with an answer, None when it is one that the API gives."""
    what = f"{request.method} {request.path}?{request.query} {request.body[:300]!r} -> {response.status} {response.body[:300]!r}"
    if response.status < 400:
        return None if 200 <= response.status < 400 else what
    try:
        errors = json.loads(response.body)
    except ValueError:
        return f"no JSON: {what}"
    if isinstance(errors, dict) and set(errors) <= {
        "error",
        "error_description",
    }:  # the identity service: RFC 6749
        identity = "/realms/" in request.path or "/service_provider/" in request.path
        return None if identity and response.status < 500 else what
    good = isinstance(errors, list) and errors
    if not good or any(set(error) != {"error_type", "error_message", "error_point"} for error in errors):
        return f"no array of errors: {what}"
    if response.status < 500:
        return None
    kinds = {error["error_type"] for error in errors}
    if (
        response.status == 503
        and kinds <= {"concurrency", "backend"}
        and "unknown error" not in response.body.decode()
    ):
        return None
    if response.status == 501 and "does not answer" in errors[0]["error_message"]:
        return None
    return what
