"""Real cloud-init: its CloudSigma datasource takes name, key and user data from the context of the emulator."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path

import pytest

from cloudsigma import CloudSigma

from .conftest import MIB, Boot, Guest, clone_of, wait_until

pytestmark = [pytest.mark.vm, pytest.mark.timeout(600)]

USER_DATA = "#cloud-config\nwrite_files:\n- path: /root/from-user-data\n  content: 'it was read: äöü'\n"


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = tmp_path_factory.mktemp("keys") / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    return key


@pytest.fixture(scope="module")
def guest(client: CloudSigma, boot: Boot, key: Path) -> Guest:
    drive = clone_of(client, "Debian 12 Guest with cloud-init", "cloud-init")
    meta = {
        "ssh_public_key": key.with_suffix(".pub").read_text().strip(),
        "cloudinit-user-data": base64.b64encode(USER_DATA.encode()).decode(),
        "base64_fields": "cloudinit-user-data",
    }
    guest = boot(drive, "named-by-context", meta=meta, mem=768 * MIB)
    # The user is made by cloud-init itself; until then its key is refused.
    guest.wait_for_ssh(400)
    wait_until(lambda: guest.run("true", user="debian", key=key, check=False).returncode == 0, 240, 2)
    return guest


def test_it_knows_where_it_is(guest: Guest, key: Path) -> None:
    guest.run("cloud-init status --wait >/dev/null; true", user="debian", key=key, seconds=240)
    assert guest.out("cloud-id", user="debian", key=key).strip() == "cloudsigma"
    status = json.loads(guest.out("cat /run/cloud-init/status.json", user="debian", key=key))
    assert "CloudSigma" in str(status["v1"]["datasource"])


def test_host_name_key_and_user_data(guest: Guest, key: Path) -> None:
    assert guest.out("hostname", user="debian", key=key).strip() == "named-by-context"
    assert guest.out("sudo cat /root/from-user-data", user="debian", key=key) == "it was read: äöü"


def test_the_library_reads_the_same_user_data(guest: Guest, key: Path) -> None:
    program = "from cloudsigma.guest import ServerContext; print(ServerContext().user_data() == open('/tmp/u','rb').read())"
    guest.run("cat >/tmp/u", user="debian", key=key, given=USER_DATA)
    assert guest.out(f'sudo python3 -c "{program}"', user="debian", key=key) == "True\n"
