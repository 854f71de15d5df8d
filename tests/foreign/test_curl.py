"""curl, as manuals use it: Digest, the one-shot upload, downloads by range and by redirect, over http and https."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloudsigma_emulator import Emulator

CURL = shutil.which("curl")
pytestmark = [
    pytest.mark.foreign,
    pytest.mark.skipif(CURL is None, reason="curl is not installed on this machine"),
]


@pytest.fixture(params=[False, True], ids=["http", "https"])
def cloud(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    with Emulator(tls=request.param) as emulator:
        yield emulator


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "disk.img"
    path.write_bytes(os.urandom(3_000_000))
    return path


def curl(cloud: Emulator, *arguments: str, user: str | None = "user@example.com:password") -> bytes:
    """Run curl as a user does; the answer's body."""
    assert CURL is not None
    command = [CURL, "--silent", "--show-error", "--max-time", "60", "--noproxy", "*"]
    if user is not None:
        command += ["--user", user]
    if cloud.ca_file is not None:
        command += ["--cacert", str(cloud.ca_file)]
    result = subprocess.run([*command, *arguments], capture_output=True, timeout=90)
    assert result.returncode == 0, result.stderr
    return result.stdout


def status(cloud: Emulator, *arguments: str, user: str | None = "user@example.com:password") -> str:
    return curl(cloud, "--output", os.devnull, "--write-out", "%{http_code}", *arguments, user=user).decode()


def base(cloud: Emulator) -> str:
    return cloud.settings()["curl_upload_endpoint"]


@pytest.mark.parametrize("scheme", ["--digest", "--basic", "--anyauth"])
def test_logins(cloud: Emulator, scheme: str) -> None:
    url = base(cloud) + "/profile/"
    assert json.loads(curl(cloud, scheme, url))["email"] == "user@example.com"
    assert status(cloud, scheme, url, user="user@example.com:wrong") == "401"
    made = curl(
        cloud,
        scheme,
        "--header",
        "Content-Type: application/json",
        "--data",
        '{"name": "blue"}',
        base(cloud) + "/tags/",
    )
    assert json.loads(made)["objects"][0]["name"] == "blue"


def test_no_password_goes_out_with_digest(cloud: Emulator, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    curl(cloud, "--digest", "--trace-ascii", str(trace), base(cloud) + "/profile/")
    sent = trace.read_text(errors="replace")
    assert "Authorization: Digest" in sent
    assert "Authorization: Basic" not in sent
    assert "password" not in sent.split("=> Send header", 1)[1].split("<= Recv header")[0]


@pytest.mark.parametrize("scheme", ["--digest", "--basic"])
@pytest.mark.parametrize("how", ["upload-file", "post"])
def test_one_shot_upload(cloud: Emulator, image: Path, scheme: str, how: str) -> None:
    url = base(cloud) + "/drives/upload/"
    if how == "upload-file":
        sent = ["--request", "POST", "--upload-file", str(image)]
    else:
        sent = ["--header", "Content-Type: application/octet-stream", "--data-binary", f"@{image}"]
    uuid = curl(cloud, scheme, *sent, url).decode()
    drive = json.loads(curl(cloud, f"{base(cloud)}/drives/{uuid}/"))
    assert drive["size"] >= image.stat().st_size
    assert drive["status"] == "unmounted"
    stored = cloud.app.images.read(uuid, 0, image.stat().st_size)
    assert stored == image.read_bytes()


def test_put_without_a_request_name(cloud: Emulator, image: Path) -> None:
    """``curl --upload-file`` alone sends a PUT, and for a URL that ends in a slash adds the file's name."""
    uuid = curl(cloud, "--upload-file", str(image), base(cloud) + "/drives/upload/").decode()
    assert cloud.app.images.read(uuid, 0, 3_000_000) == image.read_bytes()


def test_an_upload_without_a_size_is_refused(cloud: Emulator, image: Path) -> None:
    sent = ["--request", "POST", "--header", "Transfer-Encoding: chunked", "--data-binary", f"@{image}"]
    answer = curl(cloud, "--write-out", "\n%{http_code}", *sent, base(cloud) + "/drives/upload/")
    body, _, code = answer.decode().rpartition("\n")
    assert code == "411"
    assert json.loads(body)[0]["error_type"] == "validation"


def test_downloads(cloud: Emulator, image: Path, tmp_path: Path) -> None:
    uuid = curl(
        cloud, "--request", "POST", "--upload-file", str(image), base(cloud) + "/drives/upload/"
    ).decode()
    link = f"{base(cloud)}/drives/{uuid}/download/"
    sent = image.read_bytes()
    size = json.loads(curl(cloud, f"{base(cloud)}/drives/{uuid}/"))["size"]
    assert size == 512 * 2**20  # the smallest drive; behind the image come zeros
    # Not followed: an address that needs no password.
    assert status(cloud, link) == "302"
    shown = curl(cloud, "--output", os.devnull, "--write-out", "%{redirect_url}", link).decode()
    target = re.sub("//.*@", "//", shown)  # curl puts the credentials of the first request back in
    assert target.startswith(base(cloud))
    assert curl(cloud, "--range", "0-2999999", target, user=None) == sent
    # Followed, in parts.
    assert curl(cloud, "--location", "--range", "1000-1999", link) == sent[1000:2000]
    assert curl(cloud, "--location", "--range", "2999990-3000009", link) == sent[-10:] + bytes(10)
    assert curl(cloud, "--location", "--range", "-500", link) == bytes(500)
    assert status(cloud, "--range", f"{size}-", target, user=None) == "416"
    headers = curl(cloud, "--head", target, user=None).decode().lower()
    assert f"content-length: {size}" in headers
    assert "accept-ranges: bytes" in headers
    # Whole, and resumed where an earlier curl was cut off.
    part = tmp_path / "part"
    curl(cloud, "--location", "--output", str(part), link)
    assert part.stat().st_size == size
    end = size - 1_000_000
    os.truncate(part, end)
    curl(cloud, "--continue-at", "-", "--output", str(part), target, user=None)
    assert part.stat().st_size == size
    with part.open("rb") as file:
        assert file.read(len(sent) + 10) == sent + bytes(10)


def test_compressed_lists_and_other_answers(cloud: Emulator) -> None:
    url = base(cloud) + "/libdrives/?limit=0"
    plain, packed = curl(cloud, url), curl(cloud, "--compressed", url)
    assert json.loads(plain) == json.loads(packed)
    received = curl(cloud, "--compressed", "--output", os.devnull, "--write-out", "%{size_download}", url)
    assert int(received) < len(plain)
    assert status(cloud, "--request", "PATCH", url) == "405"
    assert status(cloud, "--header", "Accept: text/html", url) == "406"
    assert status(cloud, base(cloud) + "/servers/11111111-2222-4333-8444-555555555555/") == "404"
    allowed = curl(cloud, "--request", "OPTIONS", "--include", base(cloud) + "/servers/").decode().lower()
    assert "allow: get,put,delete,post" in allowed
