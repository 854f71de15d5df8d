"""What the well-known parts of a context mean, and the file that lets its keys log in."""

from __future__ import annotations

import asyncio
import base64
import os
import stat
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudsigma.guest import AsyncServerContext, NicAddress, ServerContext
from cloudsigma.guest.authorized_keys import default_file, identity, install, objection
from cloudsigma.guest.contents import USER_DATA, nic_addresses_of, ssh_public_keys_of, user_data_of

from .host import host_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are of unix")


def key(kind: str, *fields: bytes, comment: str = "") -> str:
    """Return a public key as it stands in a file."""
    parts = (kind.encode(), *fields)
    blob = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return f"{kind} {base64.b64encode(blob).decode()} {comment}".rstrip()


ONE = key("ssh-ed25519", b"1" * 32, comment="one@example.com")
TWO = key("ecdsa-sha2-nistp256", b"nistp256", b"2" * 65, comment="two")


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
    for wrong in ("no base64!", "ä", "QQ"):
        with pytest.raises(ValueError, match=r"cloudinit-user-data in the server's meta.*base64_fields"):
            user_data_of({USER_DATA: wrong, "base64_fields": USER_DATA})


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
    assert ssh_public_keys_of({"meta": 1, "pubkeys": 2}) == []
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
    assert nic_addresses_of(None) == nic_addresses_of(7) == nic_addresses_of([None]) == []


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
    ("line", "reason"),
    [
        ('command="rm -rf /" ' + ONE, "options"),
        ("no-pty " + ONE, "options"),
        ("not a key", "no SSH public key"),
        ("ssh-ed25519", "no SSH public key"),
        ("", "no SSH public key"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "private key"),
        (ONE + "\nssh-rsa AAAA", "control characters"),
        (ONE + "\x1b[2J", "control characters"),
        (ONE.split()[0] + " " + ONE.split()[1][:-4], "cut off"),
        (ONE.split()[0] + " " + ONE.split()[1][:-3], "cut off"),
        ("ssh-rsa " + ONE.split()[1], "cut off or altered"),
        ("ssh-ed25519 AAAA", "cut off"),
    ],
)
def test_what_is_no_plain_key_is_refused_before_anything_changes(file: Path, line: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"public key: .*{reason}") as caught:
        install([TWO, line], file)
    assert "rm -rf" not in str(caught.value)
    assert not file.exists()
    assert reason in (objection(line) or "")
    assert objection(ONE) is objection(TWO) is None


def test_a_key_in_the_options_of_another_is_not_there(file: Path) -> None:
    file.parent.mkdir()
    file.write_text(f'environment="KEY={ONE}" {TWO}\n# {ONE}\n')
    assert install([ONE, TWO], file) == 1


def test_lines_end_where_sshd_says(file: Path) -> None:
    file.parent.mkdir()
    before = f"{TWO} a\u2028b\r\n# old\u2028{ONE}\r\n".encode()
    file.write_bytes(before)
    assert install([ONE, TWO], file) == 1
    assert file.read_bytes() == before + f"{ONE}\n".encode()


def test_a_read_only_file_without_a_last_line_end(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("# mine")
    file.chmod(0o400)
    install([ONE], file)
    assert file.read_text() == f"# mine\n{ONE}\n"
    assert mode(file) == 0o600


@pytest.mark.parametrize("mask", [0, 0o077, 0o777])
def test_modes_do_not_depend_on_the_umask(file: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        install([ONE], file)
    finally:
        os.umask(before)
    assert (mode(file.parent), mode(file)) == (0o700, 0o600)


def test_a_folder_that_is_not_ssh_s_own_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    install([ONE], tmp_path / "keys")
    assert (mode(tmp_path), mode(tmp_path / "keys")) == (0o755, 0o600)


def test_a_link_to_the_folder_is_followed(file: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o755)
    file.parent.symlink_to("real")
    install([ONE], file)
    assert file.parent.is_symlink()
    assert (mode(tmp_path / "real"), (tmp_path / "real" / file.name).read_text()) == (0o700, f"{ONE}\n")


def test_no_home_is_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        install([ONE], tmp_path / "home" / ".ssh" / "authorized_keys")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", [".ssh", ".ssh/authorized_keys"])
def test_links_that_lead_nowhere(file: Path, tmp_path: Path, place: str) -> None:
    link = tmp_path / place
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(link.name)
    with pytest.raises(OSError, match=r"circle|levels|[Nn]ot a directory"):
        install([ONE], file)
    assert link.is_symlink()


def test_a_pipe_is_not_waited_for(file: Path) -> None:
    file.parent.mkdir()
    os.mkfifo(file)
    with pytest.raises(OSError, match="no regular file"):
        install([ONE], file)
    assert file.is_fifo()


@pytest.fixture
def others_home() -> Iterator[Path]:
    """The home of another user, in a folder that everybody may look into, unlike pytest's."""
    if os.geteuid() != 0:
        pytest.skip("only root works for other users")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        Path(folder).chmod(0o755)
        os.chown(home, 12345, 23456)
        yield home


def owner(path: Path) -> tuple[int, int]:
    return path.stat().st_uid, path.stat().st_gid


def test_root_leaves_the_files_of_another_user_with_them(others_home: Path) -> None:
    file = others_home / ".ssh" / "authorized_keys"
    install([ONE], file)
    assert owner(file.parent) == owner(file) == (12345, 23456)
    install([TWO], file)
    assert (owner(file), mode(file), file.read_text()) == ((12345, 23456), 0o600, f"{ONE}\n{TWO}\n")
    assert (os.geteuid(), os.getegid()) == (0, 0)


def test_a_file_in_a_folder_of_root_keeps_its_owner(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root works for other users")
    file = tmp_path / "user"
    file.write_text(f"{ONE}\n")
    os.chown(file, 12345, 34567)
    install([TWO], file)
    assert (owner(file), mode(file)) == ((12345, 34567), 0o600)


@pytest.mark.parametrize("place", [".ssh", ".ssh/authorized_keys", ".ssh/authorized_keys of a new file"])
def test_a_link_of_another_user_does_not_lead_root_astray(others_home: Path, place: str) -> None:
    system = others_home.parent / "system"
    system.mkdir(mode=0o755)
    (system / "authorized_keys").write_text("# the system's\n")
    (system / "authorized_keys").chmod(0o644)
    link = others_home / place.partition(" ")[0]
    target = system if place == ".ssh" else system / ("new" if "new" in place else "authorized_keys")
    if link.parent != others_home:
        link.parent.mkdir(mode=0o700)
        os.chown(link.parent, 12345, 23456)
    link.symlink_to(target)
    os.chown(link, 12345, 23456, follow_symlinks=False)
    with pytest.raises(PermissionError):
        install([ONE], others_home / ".ssh" / "authorized_keys")
    assert [path.name for path in system.iterdir()] == ["authorized_keys"]
    assert (mode(system), mode(system / "authorized_keys")) == (0o755, 0o644)
    assert (system / "authorized_keys").read_text() == "# the system's\n"
    assert (os.geteuid(), os.getegid()) == (0, 0)


def test_a_file_that_its_folder_s_owner_was_not_given_stays_root_s(others_home: Path) -> None:
    file = others_home / ".ssh" / "authorized_keys"
    install([ONE], file)
    os.chown(file, 0, 0)
    file.chmod(0o644)
    with pytest.raises(PermissionError):
        install([TWO], file)
    assert (owner(file), file.read_text()) == ((0, 0), f"{ONE}\n")
    assert [path.name for path in file.parent.iterdir()] == ["authorized_keys"]


def test_a_link_stays_a_link(file: Path, tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.write_text("")
    file.parent.mkdir()
    file.symlink_to(real)
    install([ONE], file)
    assert file.is_symlink()
    assert real.read_text() == f"{ONE}\n"


def test_many_at_once_lose_nothing(file: Path) -> None:
    keys = sorted(key("ssh-ed25519", bytes([number]) * 32, comment="key") for number in range(12))
    threads = [threading.Thread(target=install, args=([line], file)) for line in keys]
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


def test_a_user_whom_the_system_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 987654321)
    with pytest.raises(OSError, match="no home directory for the user with number 987654321"):
        default_file()


@given(st.text(max_size=80))
def test_identities_never_fail(text: str) -> None:
    found = identity(text)
    objection(text)
    assert found is None or (found[0] in text and found[1] in text)
