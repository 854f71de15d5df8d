"""Runs transfers in children that are killed at random moments, and goes on with each until it is over.

Run as a program: arguments are the client's options, a file of jobs, a seed and the first pause of a repetition in
seconds. Each job names a ``verb`` of the drives and its arguments. Printed is a line of JSON for each: the drive, and how many runs were killed.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any

from cloudsigma import CloudSigma
from cloudsigma.core import retry

MOST_KILLS = 2


def carry_out(client: dict[str, Any], job: dict[str, Any], pipe: int) -> None:
    with CloudSigma(**client) as cs:
        drive = getattr(cs.drives, job["verb"])(*job["args"], **job["more"])
    os.write(pipe, drive.uuid.encode())


def attempt(client: dict[str, Any], job: dict[str, Any], seconds: float | None) -> tuple[str, float]:
    """Run a job in a child; kill it after some seconds. Return what it told, and how long it took."""
    reader, writer = os.pipe()
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reader)
            carry_out(client, job, writer)
            status = 0
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        finally:
            os._exit(status)
    os.close(writer)
    over = bool(select.select([reader], [], [], seconds)[0])
    elapsed = time.monotonic() - began
    if not over:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as told:
        uuid = told.read().decode()
    if status and os.WTERMSIG(status) != signal.SIGKILL:
        raise SystemExit(f"a run failed: {job}")
    return uuid, elapsed


def main(client: dict[str, Any], jobs: list[dict[str, Any]], seed: int) -> None:
    rng = random.Random(seed)
    _, whole = attempt(client, jobs[0], None)
    for job in jobs[1:]:
        kills, uuid = 0, ""
        while not uuid:
            seconds = rng.uniform(0, 1.1 * whole) if kills < MOST_KILLS else None
            uuid, elapsed = attempt(client, job, seconds)
            if uuid and not kills:
                whole = 0.5 * whole + 0.5 * elapsed
            kills += not uuid
        print(json.dumps({"uuid": uuid, "kills": kills}), flush=True)


if __name__ == "__main__":
    retry.FIRST_PAUSE = float(sys.argv[4])
    with Path(sys.argv[2]).open(encoding="utf-8") as file:
        main(json.loads(sys.argv[1]), json.load(file), int(sys.argv[3]))
