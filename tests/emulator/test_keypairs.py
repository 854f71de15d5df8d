"""SSH keys: made and imported ones, on servers, in the server context, and what is no key."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudsigma_emulator.domain.keypairs import MOST_GENERATED
from cloudsigma_emulator.engine.guests import Guests

from .cloud_in_process import SECOND, Cloud, Doc

UNKNOWN = "00000000-0000-4000-8000-00000000dead"

# A public key, with the fingerprint that ssh-keygen gives it.
KNOWN = (
    (
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQCnhPGZLWKsJVaBZNrDWarKuApgwH3Eig8sBf5ruZADWcwqQMkLJNVMoaRVqoYfeDyD"
        "GcNEp2rJLDNHua8FWb4Hv8HtwJ08SEj9JS0wJHyL6ToVL0pb0wrj9fpoJeeKkDje3tFl4e96XGBZmvKaIeNIosI20CBD+wgLHOxA2xQ"
        "2ww=="
    ),
    "e8:8a:f6:f3:86:78:a8:61:bb:a0:c6:29:b1:1b:a4:76",
)

PEM, OPENSSH = serialization.Encoding.PEM, serialization.Encoding.OpenSSH
PLAIN = serialization.NoEncryption()
FORMS = serialization.PrivateFormat


def public_of(key: Any) -> str:
    text: bytes = key.public_key().public_bytes(OPENSSH, serialization.PublicFormat.OpenSSH)
    return text.decode()


def private_of(key: Any, form: Any = FORMS.OpenSSH, protection: Any = PLAIN) -> str:
    text: bytes = key.private_bytes(PEM, form, protection)
    return text.decode()


def create(cloud: Cloud, **body: Any) -> Doc:
    reply = cloud.call("POST", "/keypairs/", {"objects": [{"name": "k", **body}]})
    assert reply.status == 201, reply
    made: Doc = reply.body["objects"][0]
    assert len(made) == 10
    assert "owner" not in made
    return made


def fingerprint(public_key: str) -> str:
    digest = hashlib.md5(base64.b64decode(public_key.split()[1])).hexdigest()
    return ":".join(digest[at : at + 2] for at in range(0, 32, 2))


def test_rsa_is_made_when_nothing_is_said(cloud: Cloud) -> None:
    made = create(cloud)
    assert made["private_key"].startswith("-----BEGIN RSA PRIVATE KEY-----\n")
    key = serialization.load_pem_private_key(made["private_key"].encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 2048
    assert made["public_key"] == public_of(key)
    assert made["fingerprint"] == fingerprint(made["public_key"])
    assert create(cloud, algorithm_type="rsa")["public_key"] != made["public_key"]
    assert create(cloud, algorithm_type=None, public_key=None, private_key="")["private_key"] is not None


def test_ed25519_is_made_when_asked_for(cloud: Cloud) -> None:
    made = create(cloud, algorithm_type="ed25519")
    key = serialization.load_ssh_private_key(made["private_key"].encode(), None)
    assert isinstance(key, ed25519.Ed25519PrivateKey)
    assert made["public_key"] == public_of(key)
    assert made["public_key"].startswith("ssh-ed25519 ")
    assert made["fingerprint"] == fingerprint(made["public_key"])
    refused = cloud.call("POST", "/keypairs/", {"name": "k", "algorithm_type": "dsa"})
    assert (refused.status, refused.error["error_point"]) == (400, "algorithm_type")


def test_a_public_key_comes_back_to_the_letter(cloud: Cloud) -> None:
    text, expected = KNOWN
    for sent in (text, f"{text} me@home with spaces", f"{text}\n"):
        made = create(cloud, public_key=sent)
        assert (made["public_key"], made["private_key"]) == (sent, None)
        assert made["fingerprint"] == expected


@pytest.mark.parametrize("form", [FORMS.TraditionalOpenSSL, FORMS.PKCS8, FORMS.OpenSSH])
def test_a_pair_comes_back_to_the_letter(cloud: Cloud, form: Any) -> None:
    key = rsa.generate_private_key(65537, 1024)
    private, public = private_of(key, form), f"{public_of(key)} comment"
    made = create(cloud, private_key=private, public_key=public)
    assert (made["private_key"], made["public_key"]) == (private, public)
    derived = create(cloud, private_key=private)
    assert (derived["private_key"], derived["public_key"]) == (private, public_of(key))
    assert derived["fingerprint"] == made["fingerprint"] == fingerprint(public)


def test_other_kinds_of_keys_can_be_imported(cloud: Cloud) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    assert create(cloud, private_key=private_of(key))["public_key"] == public_of(key)


def test_what_is_no_key_is_named(cloud: Cloud) -> None:
    key, other = ed25519.Ed25519PrivateKey.generate(), ed25519.Ed25519PrivateKey.generate()
    public, private = public_of(key), private_of(key)
    locked = private_of(key, FORMS.PKCS8, serialization.BestAvailableEncryption(b"secret"))
    # A modulus of 4104 bits, made by hand: a real one takes seconds.
    modulus = b"\x00" + b"\xff" * 513
    parts = [b"ssh-rsa", b"\x01\x00\x01", modulus]
    blob = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    big = f"ssh-rsa {base64.b64encode(blob).decode()}"
    for body, point in (
        ({"public_key": "ssh-rsa"}, "public_key"),
        ({"public_key": "nonsense"}, "public_key"),
        ({"public_key": "ssh-rsa AAAA"}, "public_key"),
        ({"public_key": "ssh-rsa " + public.split()[1]}, "public_key"),
        ({"public_key": public[:-4]}, "public_key"),
        ({"public_key": 7}, "public_key"),
        ({"public_key": "ssh-rsa " + "A" * 100_000}, "public_key"),
        ({"public_key": big}, "public_key"),
        ({"public_key": f"ssh-rsa {'ä' * 8}"}, "public_key"),
        ({"private_key": "nonsense"}, "private_key"),
        ({"private_key": private[:-60]}, "private_key"),
        ({"private_key": locked}, "private_key"),
        ({"private_key": ["x"]}, "private_key"),
        ({"private_key": "-" * 100_000}, "private_key"),
        ({"private_key": public}, "private_key"),
        ({"private_key": private, "public_key": public_of(other)}, "public_key"),
        ({"private_key": "nonsense", "public_key": public}, "private_key"),
        ({"name": None}, "name"),
    ):
        refused = cloud.call("POST", "/keypairs/", {"name": "k", **body})
        assert (refused.status, refused.error["error_point"]) == (400, point), body
        assert "secret" not in refused.error["error_message"]
    refused = cloud.call("POST", "/keypairs/", {"public_key": public})
    assert (refused.status, refused.error["error_point"]) == (400, "name")
    assert cloud.get("/keypairs/")["meta"]["total_count"] == 0


def test_a_pair_is_renamed_and_its_keys_stay(cloud: Cloud) -> None:
    made = create(cloud, algorithm_type="ed25519", meta={"a": "b"})
    uri = f"/keypairs/{made['uuid']}/"
    other = public_of(ed25519.Ed25519PrivateKey.generate())
    renamed = cloud.call("PUT", uri, {**made, "name": "new_name", "public_key": other, "private_key": None})
    assert (renamed.status, renamed.body) == (200, {**made, "name": "new_name"})
    assert cloud.call("PUT", uri, {"name": "short", "uuid": made["uuid"]}).body == {**made, "name": "short"}
    assert cloud.call("PUT", uri, {"name": 1}).error["error_point"] == "name"
    assert cloud.see("keypairs", made["uuid"]) == {**made, "name": "short"}


def test_public_keys_are_the_same_pairs_without_the_private_ones(cloud: Cloud) -> None:
    pair, public = create(cloud, algorithm_type="ed25519"), create(cloud, public_key=KNOWN[0])
    assert cloud.get("/keypairs/")["objects"] == [pair, public]
    assert cloud.get("/keypairs")["objects"] == [pair, public]  # without the slash
    for shown, source in zip(cloud.get("/pubkeys/?limit=0")["objects"], (pair, public), strict=True):
        assert shown == cloud.see("pubkeys", source["uuid"])
        assert len(shown) == 10
        assert shown["has_private_key"] is (source["private_key"] is not None)
        assert shown["resource_uri"] == f"/api/2.0/pubkeys/{source['uuid']}/"
        common = set(shown) - {"has_private_key", "resource_uri"}
        assert {key: shown[key] for key in common} == {key: source[key] for key in common}
    for method in ("POST", "PUT", "DELETE"):
        assert cloud.call(method, f"/pubkeys/{pair['uuid']}/", {}).status == 405
    assert cloud.call("GET", f"/pubkeys/{UNKNOWN}/").status == 404


def test_keys_on_servers_and_in_their_context(cloud: Cloud) -> None:
    pair, public = create(cloud, algorithm_type="ed25519"), create(cloud, public_key=f"{KNOWN[0]} me@home")
    server = cloud.server(pubkeys=[pair["uuid"], {"uuid": public["uuid"]}])
    assert server["pubkeys"] == [
        {"resource_uri": f"/api/2.0/pubkeys/{key['uuid']}/", "uuid": key["uuid"]} for key in (pair, public)
    ]
    guests = Guests(cloud.app)

    def context(path: str) -> bytes:
        return guests.context_answer(server["uuid"], path).removesuffix(b"\n\x04")

    assert context("meta/ssh_public_key").decode() == pair["public_key"]
    assert context("pubkeys/1/public_key").decode() == public["public_key"]
    assert "PRIVATE" not in context("").decode()
    shown = json.loads(context(""))["pubkeys"]
    assert [key["fingerprint"] for key in shown] == [pair["fingerprint"], public["fingerprint"]]
    assert cloud.see("servers", server["uuid"])["meta"] == {}
    cloud.frames.clear()
    assert cloud.call("DELETE", f"/keypairs/{pair['uuid']}/").status == 204
    assert [frame.resource_uri for frame in cloud.frames] == [server["resource_uri"]]
    assert cloud.call("GET", f"/keypairs/{pair['uuid']}/").status == 404
    assert cloud.call("GET", f"/pubkeys/{pair['uuid']}/").status == 404
    left = cloud.see("servers", server["uuid"])
    assert [key["uuid"] for key in left["pubkeys"]] == [public["uuid"]]
    assert context("meta/ssh_public_key").decode() == public["public_key"]
    assert cloud.call("PUT", f"/servers/{server['uuid']}/", {**left, "pubkeys": []}).body["pubkeys"] == []
    assert context("meta/ssh_public_key") == b""
    unknown = cloud.call("PUT", f"/servers/{server['uuid']}/", {**left, "pubkeys": [pair["uuid"]]})
    assert (unknown.status, unknown.error["error_point"]) == (400, "pubkeys")


def test_a_private_key_is_nobody_elses_and_not_in_the_log(cloud: Cloud) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    made = create(cloud, private_key=private_of(key))
    cloud.call("PUT", f"/keypairs/{made['uuid']}/", made)
    cloud.call("POST", "/keypairs/", {"private_key": private_of(key)})  # refused: it has no name
    log = json.dumps(cloud.get("/logs/?limit=0"))
    assert '"Keypairs"' in log
    assert "BEGIN" not in log
    uri = f"/keypairs/{made['uuid']}/"
    for method, path in (("GET", uri), ("PUT", uri), ("DELETE", uri), ("GET", f"/pubkeys/{made['uuid']}/")):
        refused = cloud.call(method, path, {"name": "x"}, email=SECOND)
        assert refused.status == 403
        assert "BEGIN" not in json.dumps(refused.body)
    for path in ("/keypairs/", "/pubkeys/"):
        assert cloud.get(path, email=SECOND)["objects"] == []
    server = {"name": "s", "cpu": 1000, "mem": 2**29, "vnc_password": "x", "pubkeys": [made["uuid"]]}
    assert cloud.call("POST", "/servers/", server, email=SECOND).status == 403


def test_only_so_many_are_made_at_once(cloud: Cloud) -> None:
    bodies = [{"name": "k", "algorithm_type": "ed25519"}] * MOST_GENERATED
    made = cloud.call("POST", "/keypairs/", {"objects": bodies})
    assert (made.status, len({one["public_key"] for one in made.body["objects"]})) == (201, MOST_GENERATED)
    assert cloud.call("POST", "/keypairs/", {"objects": [*bodies, bodies[0]]}).status == 400
    imported = [{"name": "k", "public_key": KNOWN[0]}] * (MOST_GENERATED + 1)
    assert cloud.call("POST", "/keypairs/", imported).status == 201
    assert cloud.call("POST", "/keypairs/", []).status == 400


texts = st.text(max_size=30) | st.sampled_from(
    ["ssh-rsa AAAAB3NzaC1yc2E=", "ssh-ed25519 AAAA x", "-----BEGIN RSA PRIVATE KEY-----\n\n", KNOWN[0]]
)


@given(
    body=st.dictionaries(
        st.sampled_from(["public_key", "private_key", "meta", "tags", "name"]),
        texts
        | st.none()
        | st.integers()
        | st.lists(texts, max_size=2)
        | st.dictionaries(texts, texts, max_size=2),
    ),
    ours=st.booleans(),
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_no_key_breaks_the_cloud(cloud: Cloud, body: Doc, ours: bool) -> None:
    sent = {"name": "k", "algorithm_type": "ed25519", **body}
    assert cloud.call("POST", "/keypairs/", sent if ours else [sent]).status in (201, 400)


def test_starting_up_does_not_load_the_library_of_keys() -> None:
    code = (
        "import sys\n"
        "from cloudsigma_emulator.app import App\n"
        "App().close()\n"
        "print([name for name in sys.modules if name.startswith('cryptography')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
