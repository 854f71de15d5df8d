"""Building guest images, without building one: what stands in the way, what is said, what a killed build leaves."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cloudsigma_emulator import Emulator
from cloudsigma_emulator.command import main
from cloudsigma_emulator.image import build, cache, programs, rootfs
from cloudsigma_emulator.image.programs import BuildFailed

from .fake_qemu import NAME
from .test_hypervisors import until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="images are built on Linux")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test's own."""
    place = tmp_path / "the cache"
    monkeypatch.setenv(cache.PLACE, str(place))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    present(monkeypatch)
    return place


def present(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an image be the present one whatever becomes of the library meanwhile."""
    monkeypatch.setattr(build, "_image_key", lambda variant: "key")


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the only one where programs are."""
    tools = tmp_path / "tools"
    tools.mkdir()
    monkeypatch.setattr(programs, "search_path", lambda: str(tools))
    monkeypatch.setenv("PATH", str(tools))
    return tools


def program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def image_in(place: Path, data: bytes = b"disk") -> Path:
    """Put what passes for the present image into a cache."""
    place.mkdir(exist_ok=True)
    image = place / "small-key.raw"
    image.write_bytes(data)
    return image


# what is said


def test_an_image_in_the_cache_needs_no_tools(
    place: Path, tools: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = image_in(place)
    assert main(["build-image"]) == 0
    said = capsys.readouterr().out
    assert "in the cache already" in said
    assert str(image) in said
    assert said.endswith("Next: cloudsigma emulator --hypervisor qemu\n")
    assert [each.path for each in cache.current()] == [image]


def test_everything_that_is_missing_is_said_at_once(
    place: Path, tools: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program(tools / "apt-get", "exit 1")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(build, "FILES", {Path("/nowhere"): "grub-pc-bin"})
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert main(["build-image"]) == 1
    said = capsys.readouterr().err
    assert (
        "sudo apt-get install --no-install-recommends "
        "coreutils e2fsprogs fdisk grub-common grub-pc-bin mmdebstrap tar\n"
    ) in said
    assert f"sudo env '{cache.PLACE}={place}' {sys.executable} -m cloudsigma_emulator build-image" in said


def test_too_little_room_is_said_before_anything_is_done(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "_ROOM", 2**60)
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    place.mkdir()
    with pytest.raises(BuildFailed, match=r"MiB have to be free in .*the cache|no apt-get here"):
        build.check(place)


def test_a_cache_that_cannot_be_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(cache.PLACE, str(tmp_path / "file" / "cache"))
    assert main(["build-image"]) == 1
    assert "file" in capsys.readouterr().err


def test_a_user_without_a_home_is_told_of_the_variable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("HOME", "XDG_CACHE_HOME", cache.PLACE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 987654321)
    assert main(["build-image"]) == 1
    assert cache.PLACE in capsys.readouterr().err
    assert cache.current() == []


@pytest.mark.parametrize("address", ["", "host/debian", "http://", "http://host/a b"])
def test_what_is_no_address_of_an_archive(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build-image", "--mirror", address]) == 2
    assert "--mirror" in capsys.readouterr().err


def test_a_second_build_waits_and_says_so(place: Path) -> None:
    image_in(place)
    said: list[str] = []
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = threading.Thread(target=build.build, args=("small", said.append), daemon=True)
        second.start()
        until("it waits", 60, lambda: said == ["waiting for another build to end"])
    second.join()
    assert said[1:] == ["small: it is in the cache already"]


# where packages come from

ARCHIVE, SECURITY = "http://archive.example", "http://security.example"


def listed(tools: Path, *lines: str) -> None:
    program(tools / "apt-get", "\n".join(f"echo '{line}'" for line in lines))


def test_packages_come_from_the_machines_own_sources(tools: Path) -> None:
    listed(
        tools,
        f"{ARCHIVE}|bookworm|main|Debian",
        f"{ARCHIVE}|bookworm|contrib|Debian",
        f"{SECURITY}|bookworm-security|main|Debian",
        f"{ARCHIVE}|bookworm-backports|main|Debian",
        f"{ARCHIVE}|trixie|main|Debian",
        f"{SECURITY}|bookworm|main|Somebody",
    )
    bare = [" ".join(word for word in line.split() if "signed-by" not in word) for line in rootfs.sources()]
    assert bare == [
        f"deb {ARCHIVE} bookworm main contrib",
        f"deb {SECURITY} bookworm-security main",
    ]


def test_the_archive_of_another_release_has_the_guests_too(tools: Path) -> None:
    listed(
        tools,
        f"{ARCHIVE}|trixie|main|Debian",
        f"{SECURITY}|trixie-security|main|Debian",
    )
    assert [line.split()[-3:] for line in rootfs.sources()] == [
        [ARCHIVE, "bookworm", "main"],
        [SECURITY, "bookworm-security", "main"],
    ]


def test_without_debian_among_the_sources_an_archive_is_asked_for(tools: Path) -> None:
    listed(tools, f"{ARCHIVE}|noble|main|Ubuntu")
    with pytest.raises(BuildFailed, match="--mirror"):
        rootfs.sources()
    (line,) = rootfs.sources(ARCHIVE)
    assert line.endswith(f"{ARCHIVE} bookworm main")


# programs and what they leave

INTERRUPTED = """
import sys
from pathlib import Path
from cloudsigma_emulator.image.programs import run, workplace
script = '"$0" -c "import time; time.sleep(300)" "$1" & echo $! >"$1/number"; wait'
with workplace(Path(sys.argv[1])) as folder:
    run(["sh", "-c", script, sys.executable, folder], "waiting", isolated=sys.argv[2] == "isolated")
"""


def begun(base: Path, how: str) -> tuple[subprocess.Popen[bytes], Path]:
    base.mkdir()
    process = subprocess.Popen([sys.executable, "-c", INTERRUPTED, str(base), how], stderr=subprocess.DEVNULL)
    until("it works", 30, lambda: any(path.read_text() for path in base.glob("*/number")))
    (number,) = base.glob("*/number")
    return process, number.parent


def sleeping(folder: Path) -> bool:
    """Tell whether there are processes whose command names a folder."""
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if bytes(folder) in each.read_bytes():
                return True
    return False


@pytest.mark.parametrize("how", ["isolated", "plain"])
def test_an_interrupted_program_is_gone_with_all_it_had(tmp_path: Path, how: str) -> None:
    process, folder = begun(tmp_path / "base", how)
    process.send_signal(signal.SIGINT)
    process.wait(30)
    assert not folder.exists()
    until("nothing runs", 30, lambda: not sleeping(folder))


def test_what_a_killed_build_left_is_removed_by_the_next(tmp_path: Path) -> None:
    base = tmp_path / "base"
    process, killed = begun(base, "isolated")
    with programs.workplace(base) as alive:
        assert killed.exists()  # it works yet
        process.kill()
        process.wait(30)
        until("nothing runs", 30, lambda: not sleeping(killed))
        (base / "cloudsigma-image-new").mkdir(mode=0o700)  # just being made
        with programs.workplace(base):
            assert not killed.exists()
            assert alive.exists()
    assert [path.name for path in base.iterdir()] == ["cloudsigma-image-new"]


def test_a_program_that_fails_is_quoted() -> None:
    with pytest.raises(BuildFailed, match=r"cutting failed:\nthis went wrong"):
        programs.run(["sh", "-c", "echo this went wrong >&2; exit 3"], "cutting")
    with pytest.raises(BuildFailed, match=r"cutting (could not be started|failed)"):
        programs.run(["/nowhere/cut"], "cutting")
    assert programs.run(["cat"], "copying", "given") == "given"


# the cache


@pytest.mark.skipif(os.geteuid() != 0, reason="files are given away by root only")
def test_under_sudo_the_cache_is_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pwd

    home = tmp_path / "home"
    home.mkdir()
    user = pwd.struct_passwd(("user", "x", 1234, 1234, "", str(home), "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", {0: pwd.getpwuid(0), 1234: user}.__getitem__)
    monkeypatch.delenv(cache.PLACE, raising=False)
    monkeypatch.setenv("SUDO_UID", "1234")
    present(monkeypatch)
    place = cache.make_folder()
    assert place == home / ".cache" / "cloudsigma-emulator"
    image_in(place)
    said: list[str] = []
    build.build("small", said.append)
    made = [home / ".cache", place, place / "small.json", place / "lock"]
    assert [path.stat().st_uid for path in made] == [1234] * 4
    monkeypatch.setenv("SUDO_UID", "0")
    assert cache.folder() != place


def test_a_cloud_that_is_older_than_its_image_gets_it(place: Path, tmp_path: Path, tools: Path) -> None:
    program(tools / NAME, "exit 1")
    data = tmp_path / "data"
    with Emulator(hypervisor="qemu", accelerator="tcg", data=data) as cloud:
        before = drives(cloud)
        assert "Debian 12 Guest" not in before
        assert cloud.app.images.existing(before["persistent"]) is None
    image_in(place, b"boots")
    build.build("small")
    for _ in range(2):
        with Emulator(hypervisor="qemu", accelerator="tcg", data=data) as cloud:
            after = drives(cloud)
            assert set(after) == {*before, "Debian 12 Guest"}
            for name in ("Debian 12 Guest", "persistent"):
                assert cloud.app.images.read(after[name], 0, 100) == b"boots"
            cloud.app.images.write(after["persistent"], 0, b"boots")
    with Emulator(hypervisor="qemu", accelerator="tcg", seed="empty", data=tmp_path / "empty") as cloud:
        pass
    with Emulator(hypervisor="qemu", accelerator="tcg", seed="empty", data=tmp_path / "empty") as cloud:
        assert drives(cloud) == {}


def drives(cloud: Emulator) -> dict[str, str]:
    """The uuids of all drives by name, the library's among them."""
    with cloud.app.transaction() as tx:
        return {drive["name"]: drive["uuid"] for kind in ("drives", "libdrives") for drive in tx.find(kind)}
