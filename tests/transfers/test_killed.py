"""A hundred uploads, and some downloads, killed with SIGKILL at random moments and gone on with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cloudsigma import CloudSigma
from cloudsigma_emulator import Emulator

from .conftest import KIB, MIB, Witness, content, image_of, left_behind, options

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def run_jobs(cloud: Emulator, folder: Path, jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    given = folder / "jobs.json"
    given.write_text(json.dumps(jobs))
    done = subprocess.run(
        [
            sys.executable,
            str(Path(__file__).parent / "killed.py"),
            json.dumps(options(cloud)),
            str(given),
            "6",
        ],
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.timeout(300)
def test_a_hundred_killed_uploads(cloud: Emulator, cs: CloudSigma, witness: Witness, tmp_path: Path) -> None:
    images = [image_of(tmp_path, 200 * KIB + seed, seed, f"{seed}.raw") for seed in range(101)]
    jobs = [
        {"verb": "upload", "args": [str(image)], "more": {"chunk_size": 16 * KIB, "parallel": 3}}
        for image in images
    ]
    results = run_jobs(cloud, tmp_path, jobs)
    assert len(results) == 100
    for result, image in zip(results, images[1:], strict=True):
        assert content(cloud, result, image.stat().st_size) == image.read_bytes()
    assert witness.sent_again == []
    assert set(witness.stored.values()) == {1}
    assert sum(result["kills"] for result in results) >= 100
    assert sum(bool(result["kills"]) for result in results) >= 60
    assert left_behind(tmp_path) == []
    # Nor did a killed run leave anything unfinished. One that was killed between its end and its telling is over: the
    # next call is another upload, and both drives are whole.
    told = {result["uuid"] for result in results}
    drives = [drive for drive in cs.drives.list() if drive.name.endswith(".raw")]
    assert {drive.name for drive in drives} == {image.name for image in images}
    assert {drive.status for drive in drives} == {"unmounted"}
    for drive in drives:
        if drive.uuid not in told:
            image = tmp_path / drive.name
            assert content(cloud, drive, image.stat().st_size) == image.read_bytes()


@pytest.mark.timeout(300)
def test_killed_downloads(cloud: Emulator, cs: CloudSigma, tmp_path: Path) -> None:
    image = image_of(tmp_path, 8 * MIB)
    drive = cs.drives.upload(image)
    targets = [tmp_path / f"{number}.out" for number in range(6)]
    more = {"chunk_size": 32 * MIB, "sparse": True}
    jobs = [{"verb": "download", "args": [drive.uuid, str(target)], "more": more} for target in targets]
    results = run_jobs(cloud, tmp_path, jobs)
    assert len(results) == 5
    assert sum(result["kills"] for result in results) >= 3
    for target in targets:
        with target.open("rb") as file:
            assert file.read(8 * MIB) == image.read_bytes()
            while block := file.read(16 * MIB):
                assert not any(memoryview(block)[:: 64 * KIB])
        assert target.stat().st_size == drive.size
        target.unlink()
    assert left_behind(tmp_path) == []
