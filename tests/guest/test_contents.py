"""What the well-known parts of a context mean, and the file that lets its keys log in."""

from __future__ import annotations

import asyncio
import base64
import os
import stat
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudsigma.guest import AsyncServerContext, NicAddress, ServerContext
from cloudsigma.guest.authorized_keys import default_file, identity, install
from cloudsigma.guest.contents import USER_DATA, nic_addresses_of, ssh_public_keys_of, user_data_of

from .host import host_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are of unix")

ONE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIONE one@example.com"
TWO = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYTWO= two"


def test_user_data_is_decoded_where_base64_fields_lists_it() -> None:
    encoded = base64.b64encode("#cloud-config ä\n".encode()).decode()
    assert user_data_of({}) is None
    assert user_data_of({USER_DATA: "plain ä"}) == "plain ä".encode()
    assert user_data_of({USER_DATA: encoded}) == encoded.encode()
    assert user_data_of({USER_DATA: encoded, "base64_fields": "other"}) == encoded.encode()
    for fields in (USER_DATA, f"other,{USER_DATA}", f"other , {USER_DATA} "):
        assert user_data_of({USER_DATA: encoded, "base64_fields": fields}) == "#cloud-config ä\n".encode()
    wrapped = "\n".join(encoded[at : at + 8] for at in range(0, len(encoded), 8))
    assert user_data_of({USER_DATA: wrapped, "base64_fields": USER_DATA}) == "#cloud-config ä\n".encode()
    with pytest.raises(ValueError, match="base64"):
        user_data_of({USER_DATA: "no base64!", "base64_fields": USER_DATA})


@given(st.binary(max_size=300))
def test_any_bytes_come_back(data: bytes) -> None:
    meta = {USER_DATA: base64.b64encode(data).decode(), "base64_fields": USER_DATA}
    assert user_data_of(meta) == data


def test_keys_come_from_meta_and_from_pubkeys_each_once() -> None:
    context = {
        "meta": {"ssh_public_key": f"{ONE}\r\n\n# a comment\n  {TWO}\n"},
        "pubkeys": [{"public_key": ONE}, {"public_key": "ssh-rsa AAAAB3 three\n"}, {"public_key": None}],
    }
    assert ssh_public_keys_of(context) == [ONE, TWO, "ssh-rsa AAAAB3 three"]
    assert ssh_public_keys_of({}) == ssh_public_keys_of({"meta": {"ssh_public_key": ""}, "pubkeys": []}) == []


NICS = [
    {
        "mac": "22:00:00:00:00:01",
        "ip_v4_conf": {
            "conf": "dhcp",
            "ip": {"uuid": "198.18.0.10", "gateway": "198.18.0.1", "netmask": 24, "nameservers": ["198.51.100.2"]},
        },
        "ip_v6_conf": None,
        "vlan": None,
    },
    {"mac": "22:00:00:00:00:02", "ip_v4_conf": None, "ip_v6_conf": None, "vlan": {"uuid": "v"}},
    {"mac": "22:00:00:00:00:03", "ip_v4_conf": {"conf": "manual", "ip": None}, "ip_v6_conf": None, "vlan": None},
]  # fmt: skip
ADDRESSES = [
    NicAddress("22:00:00:00:00:01", "198.18.0.10", 24, "198.18.0.1", ("198.51.100.2",)),
    NicAddress("22:00:00:00:00:02", None, vlan="v"),
    NicAddress("22:00:00:00:00:03", None),
]


def test_addresses_in_the_order_of_the_cards() -> None:
    assert nic_addresses_of(NICS) == ADDRESSES
    assert nic_addresses_of(None) == []


def test_both_faces_have_them() -> None:
    meta = {"ssh_public_key": ONE, USER_DATA: "x"}
    with host_of({"meta": meta, "nics": NICS, "pubkeys": []}) as host:
        context = ServerContext(host.port)
        assert (context.user_data(), context.ssh_public_keys(), context.nic_addresses()) == (
            b"x",
            [ONE],
            ADDRESSES,
        )

        async def ask() -> tuple[object, ...]:
            context = AsyncServerContext(host.port)
            return await context.user_data(), await context.ssh_public_keys(), await context.nic_addresses()

        assert asyncio.run(ask()) == (b"x", [ONE], ADDRESSES)


# authorized_keys


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / ".ssh" / "authorized_keys"


def test_a_first_key(file: Path) -> None:
    assert install([ONE, TWO], file) == 2
    assert file.read_text() == f"{ONE}\n{TWO}\n"
    assert (mode(file.parent), mode(file)) == (0o700, 0o600)
    assert [path.name for path in file.parent.iterdir()] == ["authorized_keys"]


def test_no_key_comes_twice_and_the_rest_stays(file: Path) -> None:
    file.parent.mkdir(mode=0o755)
    before = f'# mine\nfrom="10.0.0.1",command="echo {TWO.split()[0]}" {ONE.rsplit(" ", 1)[0]} other comment'
    file.write_text(before)
    file.chmod(0o644)
    assert install([ONE, TWO, TWO], file) == 1
    assert file.read_text() == f"{before}\n{TWO}\n"
    assert (mode(file.parent), mode(file)) == (0o700, 0o600)
    inode = file.stat().st_ino
    file.chmod(0o640)
    assert install([ONE, TWO], file) == 0
    assert (file.stat().st_ino, mode(file)) == (inode, 0o600)


def test_bytes_of_others_are_kept_as_they_are(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"\xff\xfe odd\r\n")
    install([ONE], file)
    assert file.read_bytes() == b"\xff\xfe odd\r\n" + ONE.encode() + b"\n"


@pytest.mark.parametrize(
    "line",
    [
        'command="rm -rf /" ' + ONE,
        "not a key",
        "ssh-ed25519",
        ONE + "\nssh-rsa AAAA",
        ONE + "\x1b[2J",
        "",
    ],
)
def test_what_is_no_plain_key_is_refused_before_anything_changes(file: Path, line: str) -> None:
    with pytest.raises(ValueError, match="public key") as caught:
        install([TWO, line], file)
    assert "rm -rf" not in str(caught.value)
    assert not file.exists()


def test_a_link_stays_a_link(file: Path, tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.write_text("")
    file.parent.mkdir()
    file.symlink_to(real)
    install([ONE], file)
    assert file.is_symlink()
    assert real.read_text() == f"{ONE}\n"


def test_many_at_once_lose_nothing(file: Path) -> None:
    keys = [f"ssh-ed25519 AAAA{number:04} key" for number in range(12)]
    threads = [threading.Thread(target=install, args=([key], file)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(file.read_text().splitlines()) == keys


def test_a_failure_leaves_the_old_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install([ONE], file)

    def fail(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        install([TWO], file)
    assert file.read_text() == f"{ONE}\n"
    assert [path.name for path in file.parent.iterdir()] == ["authorized_keys"]


def test_the_file_is_that_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    import pwd

    monkeypatch.setenv("HOME", "/somewhere/else")
    assert default_file() == Path(pwd.getpwuid(os.getuid()).pw_dir) / ".ssh" / "authorized_keys"


@given(st.text(max_size=80))
def test_identities_never_fail(text: str) -> None:
    found = identity(text)
    assert found is None or (found[0] in text and found[1] in text)
