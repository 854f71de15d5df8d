"""https and wss: a certificate that clients can check, made at first use and kept, or one of the user's own."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from websockets.sync.client import connect

from cloudsigma_emulator import Emulator
from cloudsigma_emulator.certificate import made_in

from .test_app_durability import Process
from .wire import basic

AUTH = basic("user@example.com")


def strict(ca: Path | None) -> ssl.SSLContext:
    """Trust only this authority, and check as strictly as Python 3.13 does by default."""
    context = ssl.create_default_context(cafile=ca)
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def get(cloud: Emulator, host: str, path: str, context: ssl.SSLContext) -> http.client.HTTPResponse:
    connection = http.client.HTTPSConnection(host, cloud.port, timeout=60, context=context)
    connection.request("GET", path, headers=AUTH)
    answer = connection.getresponse()
    answer.body = answer.read()  # type: ignore[attr-defined]
    connection.close()
    return answer


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_clients_can_check_the_certificate(host: str) -> None:
    with Emulator(tls=True) as cloud:
        assert cloud.api_endpoint == f"https://127.0.0.1:{cloud.port}/api/2.0/"
        assert cloud.ws_endpoint == f"wss://127.0.0.1:{cloud.port}/websocket"
        assert cloud.ca_file is not None
        context = strict(cloud.ca_file)
        answer = get(cloud, host, "/api/2.0/profile/", context)
        assert answer.status == 200
        assert json.loads(answer.body)["email"] == cloud.username  # type: ignore[attr-defined]
        with pytest.raises(ssl.SSLCertVerificationError):
            get(cloud, host, "/api/2.0/profile/", ssl.create_default_context())
        settings = dict(line.split(" = ", 1) for line in cloud.config_path.read_text().splitlines())
        assert settings["ca_file"] == str(cloud.ca_file)
        assert settings["curl_upload_endpoint"] == cloud.api_endpoint.rstrip("/")
        ca = cloud.ca_file
    assert not ca.exists()


def test_events_over_wss_and_cut_connections() -> None:
    with Emulator(tls=True) as cloud:
        context = strict(cloud.ca_file)
        connection = http.client.HTTPSConnection("127.0.0.1", cloud.port, timeout=60, context=context)
        connection.request("POST", "/api/2.0/accounts/action/?do=authenticate_asynchronous", "{}", AUTH)
        answer = connection.getresponse()
        answer.read()
        ticket = (answer.getheader("Set-Cookie") or "").partition(";")[0]
        assert ticket.startswith("async_auth=")
        with connect(cloud.ws_endpoint, additional_headers={"Cookie": ticket}, ssl=context) as frames:
            connection.request("POST", "/api/2.0/tags/", '{"name": "x"}', AUTH)
            assert connection.getresponse().read()
            connection.request(
                "POST", "/api/2.0/drives/", '{"name": "d", "size": 1073741824, "media": "disk"}', AUTH
            )
            made = json.loads(connection.getresponse().read())["objects"][0]
            assert json.loads(frames.recv(10))["resource_uri"] == made["resource_uri"]
        connection.close()
        for reset in (False, True):
            cloud.faults.add(path="/api/2.0/profile/", cut="after", reset=reset)
            with pytest.raises((OSError, http.client.HTTPException)):
                get(cloud, "127.0.0.1", "/api/2.0/profile/", context)
        assert get(cloud, "127.0.0.1", "/api/2.0/profile/", context).status == 200


def test_who_speaks_no_tls_is_turned_away_and_holds_up_nobody() -> None:
    with Emulator(tls=True) as cloud:
        silent, plain = (socket.create_connection(("127.0.0.1", cloud.port), timeout=60) for _ in range(2))
        with silent, plain:
            plain.sendall(b"GET /api/2.0/profile/ HTTP/1.1\r\nHost: x\r\n\r\n")
            assert not plain.recv(100).startswith(b"HTTP/1.1 2")
            assert get(cloud, "127.0.0.1", "/api/2.0/profile/", strict(cloud.ca_file)).status == 200


def test_the_library_trusts_it_by_its_file() -> None:
    script = (
        "import cloudsigma, itertools\n"
        "with cloudsigma.CloudSigma() as cs:\n"
        "    server = cs.servers.create(name='w', cpu=1000, mem=2**29, vnc_password='x')\n"
        "    print(cs.servers.start(server, wait=True).status)\n"
    )
    with Emulator(tls=True) as cloud:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("CLOUDSIGMA_")}
        trusted = {
            **inherited,
            "CLOUDSIGMA_CONFIG": str(cloud.config_path),
            "SSL_CERT_FILE": str(cloud.ca_file),
        }
        result = subprocess.run(
            [sys.executable, "-c", script], env=trusted, capture_output=True, text=True, timeout=60
        )
    assert result.stdout == "running\n", result.stderr


def test_it_is_kept_with_the_cloud(tmp_path: Path) -> None:
    seen: list[bytes] = []
    for _ in range(2):
        with Emulator(tls=True, data=tmp_path / "data", config_out=tmp_path / "conf") as cloud:
            assert cloud.ca_file == tmp_path / "conf.ca.pem"
            seen.append(cloud.ca_file.read_bytes())
            assert get(cloud, "localhost", "/api/2.0/profile/", strict(cloud.ca_file)).status == 200
    assert seen[0] == seen[1]
    assert oct((tmp_path / "data" / "tls" / "server.pem").stat().st_mode)[-3:] == "600"
    with Emulator(tls=True, data=tmp_path / "data") as cloud:
        assert cloud.ca_file == tmp_path / "data" / "tls" / "ca.pem"


def test_what_is_spoilt_or_of_another_host_is_made_anew(tmp_path: Path) -> None:
    first = made_in(tmp_path, "127.0.0.1").chain.read_bytes()
    assert made_in(tmp_path, "127.0.0.1").chain.read_bytes() == first
    assert made_in(tmp_path, "0.0.0.0").chain.read_bytes() == first
    assert made_in(tmp_path, "cloud.example").chain.read_bytes() != first
    made = x509.load_pem_x509_certificate((tmp_path / "server.pem").read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "cloud.example" in names.get_values_for_type(x509.DNSName)
    assert made.not_valid_after_utc - datetime.now(UTC) < timedelta(days=398)
    for spoilt in (b"", b"-----BEGIN CERTIFICATE-----\nx\n", b"\xff" * 100):
        (tmp_path / "server.pem").write_bytes(spoilt)
        made_in(tmp_path, "127.0.0.1").check()
    assert b"PRIVATE" not in (tmp_path / "ca.pem").read_bytes()


def test_ones_own_certificate(tmp_path: Path) -> None:
    files = made_in(tmp_path / "made", "127.0.0.1")
    text = files.chain.read_text()
    start = text.index("-----BEGIN PRIVATE KEY-----")
    (tmp_path / "cert.pem").write_text(text[:start])
    (tmp_path / "key.pem").write_text(text[start:])
    for arguments in (
        {"tls_cert": files.chain},
        {"tls_cert": tmp_path / "cert.pem", "tls_key": tmp_path / "key.pem"},
    ):
        with Emulator(**arguments) as cloud:  # type: ignore[arg-type]
            assert cloud.ca_file is None
            assert "ca_file" not in cloud.config_path.read_text()
            assert get(cloud, "localhost", "/api/2.0/profile/", strict(files.authority)).status == 200
    with pytest.raises(ValueError, match=r"cert\.pem: not a certificate with its key"):
        Emulator(tls_cert=tmp_path / "cert.pem").start()
    with pytest.raises(ValueError, match=r"missing\.pem: there is no such file"):
        Emulator(tls_cert=tmp_path / "missing.pem").start()
    with pytest.raises(ValueError, match="tls_key comes with tls_cert"):
        Emulator(tls_key=tmp_path / "key.pem")


def test_the_command_serves_https(tmp_path: Path) -> None:
    process = Process(tmp_path, "--tls", "--data", str(tmp_path / "data"))
    try:
        context = strict(Path(process.settings["ca_file"]))
        connection = http.client.HTTPSConnection("localhost", process.port, timeout=60, context=context)
        connection.request("GET", "/api/2.0/profile/", headers=AUTH)
        assert connection.getresponse().status == 200
        connection.close()
    finally:
        assert process.end() == 0
    written = process.errors.read_text()
    assert f"clients have to trust {process.settings['ca_file']}" in written
    assert "Traceback" not in written


def test_the_command_names_the_file_that_it_cannot_use(tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("nothing")
    for arguments, words in (
        (["--tls-cert", str(tmp_path / "bad.pem")], "bad.pem: not a certificate"),
        (["--tls-cert", str(tmp_path / "gone.pem")], "gone.pem: there is no such file"),
        (["--tls-key", str(tmp_path / "bad.pem")], "--tls-key comes with --tls-cert"),
    ):
        finished = subprocess.run(
            [sys.executable, "-m", "cloudsigma_emulator", "--port", "0", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert finished.returncode in (1, 2)
        assert words in finished.stderr
        assert "Traceback" not in finished.stderr
