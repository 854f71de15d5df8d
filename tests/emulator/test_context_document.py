"""The server context: what is in it, how a path is found and how an answer is spelled."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudsigma_emulator.domain.context import answer, encode, look_up
from cloudsigma_emulator.domain.context_frames import FrameReader
from cloudsigma_emulator.engine.guests import Guests

from .cloud_in_process import Cloud, Doc, attach

END = b"\n\x04"


def ask(cloud: Cloud, server: Doc, path: str = "") -> bytes:
    data = Guests(cloud.app).context_answer(server["uuid"], path)
    assert data.endswith(END)
    assert data.count(b"\n") == data.count(b"\x04") == 1
    return data.removesuffix(END)


def whole(cloud: Cloud, server: Doc) -> Doc:
    found: Doc = json.loads(ask(cloud, server))
    return found


def test_the_document(cloud: Cloud) -> None:
    tag = cloud.call("POST", "/tags/", {"name": "t"}).body["objects"][0]
    [vlan] = cloud.get("/vlans/")["objects"]
    drive = cloud.drive(name="root", meta={"os": "linux"})
    server = cloud.running(
        meta={"description": "d"},
        tags=[tag["uuid"]],
        drives=[attach(drive, boot_order=1)],
        nics=[{"ip_v4_conf": {"conf": "dhcp"}}, {"vlan": vlan["uuid"]}, {}],
    )
    context = whole(cloud, server)
    assert set(context) == {
        "cpu", "cpu_model", "cpu_perf_threshold", "cpu_type", "cpus_instead_of_cores", "drives", "enable_numa",
        "global_context", "hv_relaxed", "hv_tsc", "hypervisor", "is_grey", "mem", "mem_perf_threshold", "meta",
        "name", "nics", "pubkeys", "requirements", "smp", "tags", "uuid", "vnc_password",
    }  # fmt: skip
    for key in ("cpu", "mem", "name", "smp", "uuid", "vnc_password", "cpu_type"):
        assert context[key] == server[key]
    assert context["tags"] == [{"meta": {}, "name": "t", "uuid": tag["uuid"]}]
    [attached] = context["drives"]
    assert (attached["device"], attached["dev_channel"], attached["boot_order"]) == ("virtio", "0:0", 1)
    assert attached["drive"] == {
        "affinities": [], "allow_multimount": False, "licenses": [], "media": "disk", "meta": {"os": "linux"},
        "name": "root", "size": drive["size"], "storage_type": "dssd", "tags": [], "uuid": drive["uuid"],
    }  # fmt: skip
    address = server["runtime"]["nics"][0]["ip_v4"]["uuid"]
    ip = cloud.see("ips", address)
    assert [set(nic) for nic in context["nics"]] == [
        {"boot_order", "ip_v4_conf", "ip_v6_conf", "mac", "model", "vlan"}
    ] * 3
    assert context["nics"][0]["ip_v4_conf"] == {
        "conf": "dhcp",
        "ip": {
            "gateway": ip["gateway"], "meta": {}, "nameservers": ip["nameservers"], "netmask": 24, "tags": [],
            "uuid": address,
        },
    }  # fmt: skip
    assert context["nics"][1]["vlan"] == {"meta": {}, "tags": [], "uuid": vlan["uuid"]}
    assert context["nics"][2]["ip_v4_conf"] is None


def test_changes_are_seen_at_once(cloud: Cloud) -> None:
    drive = cloud.drive(name="before")
    server = cloud.running(meta={"a": "1"}, drives=[attach(drive)])
    assert ask(cloud, server, "name") == b"s"
    assert ask(cloud, server, "/global_context/") == b"{}"
    cloud.call(
        "PUT", f"/servers/{server['uuid']}/", {**server, "name": "renamed", "meta": {"b": "line\nline"}}
    )
    cloud.call("PUT", f"/drives/{drive['uuid']}/", {**drive, "name": "after"})
    cloud.call("POST", "/global_context/", {"g": "v"})
    assert ask(cloud, server, "name") == b"renamed"
    assert ask(cloud, server, "/meta/b") == b"line\\nline"
    assert ask(cloud, server, "meta/a") == b""
    assert ask(cloud, server, "/meta/") == b'{"b":"line\\nline"}'
    assert ask(cloud, server, "drives/0/drive/name") == b"after"
    assert ask(cloud, server, "global_context/g") == b"v"
    assert whole(cloud, server)["global_context"] == {"g": "v"}


def test_the_first_public_key_stands_in_for_a_missing_one(cloud: Cloud) -> None:
    key = {
        "uuid": "5d0f3a39-7a9e-4c1f-8f6f-2f6bd1d2a5aa",
        "owner": cloud.uuid_of("user@example.com"),
        "name": "k",
        "public_key": "ssh-ed25519 AAAA",
        "private_key": "secret",
        "fingerprint": "00:11",
        "meta": {},
        "tags": [],
    }
    with cloud.app.transaction() as tx:
        tx.insert("keypairs", key)
    server = cloud.running(pubkeys=[key["uuid"]])
    assert server["pubkeys"] == [{"resource_uri": f"/api/2.0/pubkeys/{key['uuid']}/", "uuid": key["uuid"]}]
    assert server["meta"] == {}
    context = whole(cloud, server)
    assert context["meta"] == {"ssh_public_key": "ssh-ed25519 AAAA"}
    assert context["pubkeys"] == [
        {key_: key[key_] for key_ in ("fingerprint", "meta", "name", "public_key", "tags", "uuid")}
    ]
    assert b"secret" not in ask(cloud, server).replace(b'"vnc_password":"secret"', b"")


DOCUMENT: Doc = {
    "name": "s",
    "cpu": 1000,
    "ratio": 0.0,
    "flag": True,
    "nothing": None,
    "meta": {"k": "v", "ü": "\U0001f600", "0": "zero"},
    "empty": {},
    "list": [{"a": [1, 2]}, "x"],
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("name", b"s"),
        ("/name", b"s"),
        ("/name/", b"s"),
        ("cpu", b"1000"),
        ("ratio", b"0.0"),
        ("flag", b"true"),
        ("nothing", b""),
        ("missing", b""),
        ("name/deeper", b""),
        ("cpu/0", b""),
        ("meta/k", b"v"),
        ("meta/0", b"zero"),
        ("meta/ü", b"\\ud83d\\ude00"),
        ("empty", b"{}"),
        ("/empty/", b"{}"),
        ("list/0/a/1", b"2"),
        ("list/1", b"x"),
        ("list/2", b""),
        ("list/-1", b""),
        ("list/x", b""),
        ("list/0", b'{"a":[1,2]}'),
    ],
)
def test_paths(path: str, expected: bytes) -> None:
    assert answer(DOCUMENT, path) == expected + END


def test_the_empty_path_is_everything() -> None:
    for path in ("", "/"):
        assert json.loads(answer(DOCUMENT, path).removesuffix(END)) == DOCUMENT


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(VALUES)
def test_payloads_are_plain_ascii_without_the_two_end_marks(value: Any) -> None:
    payload = encode(value)
    assert payload.isascii()
    assert not {0x0A, 0x04} & set(payload)
    if isinstance(value, (dict, list, bool)):
        assert json.loads(payload) == value


@given(st.text())
def test_escaped_text_can_be_read_back(text: str) -> None:
    quoted = encode(text).decode().replace('"', '\\"')
    assert json.loads(f'"{quoted}"') == text


@given(VALUES, st.text())
def test_no_path_breaks_the_look_up(value: Any, path: str) -> None:
    look_up(value, path)


# requests in what a guest writes

PATHS = st.text(st.characters(codec="utf-8", exclude_characters="<\n\r"), max_size=30)


@given(
    st.lists(st.tuples(PATHS, st.sampled_from(["\n", "\r\n"])), max_size=5),
    st.lists(st.binary(max_size=20).filter(lambda junk: b"<" not in junk), min_size=6, max_size=6),
    st.integers(1, 50),
)
def test_requests_are_found_in_pieces_and_among_junk(
    requests: list[tuple[str, str]], junk: list[bytes], piece: int
) -> None:
    wire = junk[-1]
    for (path, end), noise in zip(requests, junk, strict=False):
        wire += f"<{end}{path}{end}>".encode() + noise
    reader = FrameReader()
    found: list[str] = []
    for start in range(0, len(wire), piece):
        found += reader.feed(wire[start : start + piece])
    assert found == [path for path, _ in requests]


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    reader = FrameReader()
    reader.feed(data)
    assert reader.feed(b"<\n\n>")[-1:] == [""]


@pytest.mark.parametrize(
    ("wire", "paths"),
    [
        (b"<\n\n>", [""]),
        (b"<\r\n\r\n>", [""]),
        (b"<\n/meta/\n>", ["/meta/"]),
        (b"<<\n\n>", [""]),
        (b"<\nna<\nname\n>", ["name"]),
        (b"<x\n\n>", []),
        (b"<\n\n\n>", []),
        (b"<\nname\nx>", []),
        (b"<\nname>", []),
        (b'{"echo": "<b>"}\n\x04<\nname\n><\n\n>', ["name", ""]),
        (b"<\na>b\n>", ["a>b"]),
        (b"<\n" + b"x" * 5000 + b"\n>", []),
        (b"<\r\n\n>", [""]),
    ],
)
def test_frames(wire: bytes, paths: list[str]) -> None:
    assert FrameReader().feed(wire) == paths
