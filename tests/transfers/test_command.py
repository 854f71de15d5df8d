"""``cloudsigma drives upload`` and ``download``, as a shell runs them."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import termios
import threading
from pathlib import Path
from typing import Any

import pytest

from cloudsigma import CloudSigma
from cloudsigma_emulator import Emulator

from .conftest import MIB, Witness, content, image_of, in_state, left_behind


@pytest.fixture
def command(cloud: Emulator) -> list[str]:
    return [sys.executable, "-m", "cloudsigma", "--config", str(cloud.config_path), "drives"]


def run(command: list[str], *words: str, **more: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*command, *words], capture_output=True, timeout=60, **more)


def test_up_and_down(command: list[str], cloud: Emulator, tmp_path: Path) -> None:
    image = image_of(tmp_path, 3 * MIB)
    up = run(
        command, "upload", str(image), "--name", "by hand", "--chunk-size", "1M", "--verify", "-o", "json"
    )
    assert up.returncode == 0, up.stderr
    drive = json.loads(up.stdout)
    assert content(cloud, drive, 3 * MIB) == image.read_bytes()
    lines = up.stderr.decode().splitlines()
    assert lines[-1].startswith("100%  3 MiB of 3 MiB")
    assert "\r" not in up.stderr.decode()
    down = run(command, "download", "by hand", str(tmp_path / "back.raw"), "--sparse", "--quiet")
    assert (down.returncode, down.stderr) == (0, b"")
    assert (tmp_path / "back.raw").read_bytes()[: 3 * MIB] == image.read_bytes()


def test_from_standard_input(command: list[str], cloud: Emulator) -> None:
    up = run(
        command,
        "upload",
        "-",
        "--size",
        "1M",
        "--name",
        "piped",
        "-o",
        "json",
        input=bytes(range(256)) * 4096,
    )
    assert up.returncode == 0, up.stderr
    drive = json.loads(up.stdout)
    assert drive["name"] == "piped"
    assert content(cloud, drive, MIB) == bytes(range(256)) * 4096
    without = run(command, "upload", "-", input=b"x")
    assert without.returncode == 2
    assert b"--size" in without.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="done by a shell")
def test_with_closed_streams(command: list[str], cloud: Emulator, cs: CloudSigma, tmp_path: Path) -> None:
    image = image_of(tmp_path, MIB)
    silent = ["sh", "-c", 'exec "$@" 0<&- 1>&- 2>&-', "sh", *command]
    assert run(silent, "upload", str(image), "--name", "silent").returncode == 0
    (drive,) = [each for each in cs.drives.list() if each.name == "silent"]
    assert content(cloud, drive, MIB) == image.read_bytes()
    without_input = ["sh", "-c", 'exec "$@" 0<&-', "sh", *command]
    up = run(without_input, "upload", "-", "--size", "1M")
    assert (up.returncode, b"ended after 0 of 1048576 bytes" in up.stderr) == (1, True), up.stderr


@pytest.mark.parametrize(
    ("columns", "bar"),
    [(120, f"[{'#' * 30}] "), (80, f"[{'#' * 14}] "), (60, ""), (20, ""), (0, f"[{'#' * 14}] ")],
)
def test_a_bar_on_a_terminal(command: list[str], tmp_path: Path, columns: int, bar: str) -> None:
    image = image_of(tmp_path, MIB)
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    try:
        with subprocess.Popen(
            [*command, "upload", str(image)], stdout=subprocess.DEVNULL, stderr=theirs
        ) as process:
            assert process.wait(60) == 0
        shown = os.read(ours, 65536).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    lines = shown.split("\r")
    assert f"{bar}100%  1 MiB of 1 MiB"[: (columns or 80) - 1] in shown
    assert max(len(line.rstrip("\n")) for line in lines) < (columns or 80)
    assert len(lines) > 2


@pytest.mark.parametrize("stalled", [False, True])
def test_ctrl_c(command: list[str], cloud: Emulator, cs: CloudSigma, tmp_path: Path, stalled: bool) -> None:
    image = image_of(tmp_path, 4 * MIB)
    begun = threading.Event()
    witness = Witness(cloud, lambda: begun.set() if len(witness.stored) >= 5 else None)
    if stalled:
        cloud.faults.add(path="*/upload_chunk/*", skip=5, count=None, delay=60.0)
    words = ["upload", str(image), "--chunk-size", "128K"] + ([] if stalled else ["--bandwidth", "400K"])
    with subprocess.Popen([*command, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert begun.wait(60)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=5)  # to the end it would be more
    assert process.returncode == 130
    assert b"the same command again goes on from here" in told
    assert len(left_behind(tmp_path)) == 1
    cloud.faults.clear()
    again = run(command, "upload", str(image), "-o", "json")
    assert again.returncode == 0, again.stderr
    assert content(cloud, json.loads(again.stdout), 4 * MIB) == image.read_bytes()
    assert in_state(cs, "uploading") == []


def test_failures_are_told(command: list[str], tmp_path: Path) -> None:
    missing = run(command, "upload", str(tmp_path / "no.raw"))
    assert missing.returncode == 1
    assert b"no.raw" in missing.stderr
    empty = run(command, "upload", str(image_of(tmp_path, 0)))
    assert empty.returncode == 2
    assert b"empty" in empty.stderr


def test_remedies_are_named_as_options(command: list[str], cloud: Emulator, tmp_path: Path) -> None:
    (tmp_path / "disk.raw").write_bytes(b"QFI\xfb" + bytes(1000))
    contradicted = run(command, "upload", str(tmp_path / "disk.raw"))
    assert contradicted.returncode == 2
    assert b"say --form qcow2 to have it" in contradicted.stderr
    image = image_of(tmp_path, 2 * MIB)
    cloud.faults.add(path="*/upload_chunk/*", skip=4, status=403, count=None)
    assert run(command, "upload", str(image), "--chunk-size", "128K").returncode == 1
    cloud.faults.clear()
    image_of(tmp_path, 2 * MIB, seed=2)
    changed = run(command, "upload", str(image))
    assert changed.returncode == 1
    assert b"--no-resume" in changed.stderr
    assert run(command, "upload", str(image), "--no-resume").returncode == 0


def test_a_failure_says_how_to_go_on(cloud: Emulator, tmp_path: Path) -> None:
    program = """if True:
        import sys
        from cloudsigma.cli.main import main
        from cloudsigma.core import retry
        retry.FIRST_PAUSE = 0.002
        sys.exit(main())
    """
    command = [sys.executable, "-c", program, "--config", str(cloud.config_path), "drives"]
    image = image_of(tmp_path, 2 * MIB)
    cloud.faults.add(path="*/upload_chunk/*", skip=4, status=501, count=None)
    up = run(command, "upload", str(image), "--chunk-size", "128K")
    assert up.returncode == 1
    assert b"the same command again goes on from here" in up.stderr
    anew = run(command, "upload", str(image), "--chunk-size", "128K", "--no-resume")
    assert anew.returncode == 1
    assert b"the same command without --no-resume goes on from here" in anew.stderr
    cloud.faults.clear()
    assert run(command, "upload", str(image)).returncode == 0
