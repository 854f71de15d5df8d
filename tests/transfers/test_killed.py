"""A hundred uploads, and some downloads, killed with SIGKILL at random moments and gone on with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from cloudsigma import CloudSigma
from cloudsigma_emulator import Emulator

from .conftest import KIB, MIB, Witness, content, image_of, left_behind, options

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def run_jobs(
    cloud: Emulator, folder: Path, jobs: list[dict[str, Any]], pause: float = 0.25
) -> list[dict[str, Any]]:
    given = folder / "jobs.json"
    given.write_text(json.dumps(jobs))
    done = subprocess.run(
        [
            sys.executable,
            str(Path(__file__).parent / "killed.py"),
            json.dumps(options(cloud)),
            str(given),
            "6",
            str(pause),
        ],
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def hundred_uploads(folder: Path) -> tuple[list[Path], list[dict[str, Any]]]:
    """Make images and the jobs that upload them; the first is for taking the time."""
    images = [image_of(folder, 200 * KIB + seed, seed, f"{seed}.raw") for seed in range(101)]
    more = {"chunk_size": 16 * KIB, "parallel": 3}
    return images, [{"verb": "upload", "args": [str(image)], "more": more} for image in images]


def require_whole(cloud: Emulator, images: list[Path], results: list[dict[str, Any]]) -> None:
    """Compare what lies in the cloud with the images."""
    assert len(results) == 100
    for result, image in zip(results, images[1:], strict=True):
        assert content(cloud, result, image.stat().st_size) == image.read_bytes()
    assert sum(result["kills"] for result in results) >= 100
    assert sum(bool(result["kills"]) for result in results) >= 60
    assert left_behind(images[0].parent) == []
    # Nor did a killed run leave anything unfinished. One that was killed between its end and its telling is over: the
    # next call is another upload, and both drives are whole.
    told = {result["uuid"] for result in results}
    with CloudSigma(**options(cloud)) as cs:
        drives = [drive for drive in cs.drives.list() if drive.name.endswith(".raw")]
    assert {drive.name for drive in drives} == {image.name for image in images}
    assert {drive.status for drive in drives} == {"unmounted"}
    for drive in drives:
        if drive.uuid not in told:
            image = images[0].parent / drive.name
            assert content(cloud, drive, image.stat().st_size) == image.read_bytes()


@pytest.mark.timeout(300)
def test_a_hundred_killed_uploads(cloud: Emulator, witness: Witness, tmp_path: Path) -> None:
    images, jobs = hundred_uploads(tmp_path)
    results = run_jobs(cloud, tmp_path, jobs)
    require_whole(cloud, images, results)
    assert witness.sent_again == []
    assert set(witness.stored.values()) == {1}


class Storm:
    """A cloud that loses, refuses and forgets one request in twenty, and is started again three times."""

    RESTARTS = (300, 700, 1100)
    """After how many stored chunks it is started again."""
    EXPIRY_STEP = 40
    """After each so many chunks, all links that are out are too old."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._turns = iter((*self.RESTARTS, 1 << 60))
        self._turn = next(self._turns)
        self._aged = 0
        self._over = False
        self._due = threading.Event()
        self.restarts = 0
        self.hits = 0
        self.cloud = Emulator(data=folder).start()
        self._spoil()
        self.witness = Witness(self.cloud, self._look)
        self._thread = threading.Thread(target=self._start_again)
        self._thread.start()

    def _spoil(self) -> None:
        faults: list[dict[str, Any]] = [
            {"cut": "before", "reset": True, "rate": 0.02},
            {"cut": "after", "reset": True, "rate": 0.02},
            {"cut": "half", "rate": 0.005},
            {"status": 503, "rate": 0.005},
        ]
        self._numbers = [self.cloud.faults.add(path="/api/2.0/*", count=None, **fault) for fault in faults]

    def _look(self) -> None:
        """Age the links, and have the cloud started again when it is time; called within a request."""
        with self._lock:
            stored = len(self.witness.stored) if hasattr(self, "witness") else 0
            if stored // self.EXPIRY_STEP > self._aged:
                self._aged = stored // self.EXPIRY_STEP
                self.cloud.clock.advance(301)
            if stored >= self._turn:
                self._turn = next(self._turns)
                self._due.set()

    def _start_again(self) -> None:
        while True:
            self._due.wait()
            self._due.clear()
            if self._over:
                return
            port = self.cloud.port
            self.hits += sum(self.cloud.faults.hits(number) for number in self._numbers)
            self.cloud.stop()
            self.cloud = Emulator(data=self._folder, port=port).start()
            self._spoil()
            self.witness.watch(self.cloud)
            self.restarts += 1

    def end(self) -> None:
        """Let the weather clear up; the cloud goes on."""
        self._over = True
        self._due.set()
        self._thread.join()
        self.hits += sum(self.cloud.faults.hits(number) for number in self._numbers)
        self.cloud.faults.clear()


@pytest.mark.timeout(300)
def test_a_hundred_killed_uploads_in_a_storm(tmp_path: Path) -> None:
    storm = Storm(tmp_path / "cloud")
    (tmp_path / "images").mkdir()
    images, jobs = hundred_uploads(tmp_path / "images")
    try:
        try:
            results = run_jobs(storm.cloud, tmp_path, jobs, pause=0.05)
        finally:
            storm.end()
        require_whole(storm.cloud, images, results)
        assert storm.witness.sent_again == []
        assert set(storm.witness.stored.values()) == {1}
        assert storm.restarts == len(Storm.RESTARTS)
        assert storm.hits >= 100
    finally:
        storm.cloud.stop()


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
