"""Emulators in processes of their own, at the price of a fork: for tests that kill hundreds of them.

Reads a line ``[directory, speed]`` for each one, which ends the wait for the one before; the new process writes a
line ``{"pid": ..., "port": ..., "broken": [...]}`` once it serves: what was wrong with the store that it found.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from cloudsigma_emulator import Emulator
from cloudsigma_emulator.app import App
from cloudsigma_emulator.engine.options import Options
from cloudsigma_emulator.faces.server import Server

from .invariants import broken


def serve(directory: Path, speed: float) -> None:
    """Look at what the one before left, then serve until killed."""
    app = App(Options(data=directory, speed=speed, rate_limits=False))
    wrong = broken(app)
    app.close()
    cloud = Emulator(data=directory, speed=speed, rate_limits=False).start()
    sys.stdout.write(json.dumps({"pid": os.getpid(), "port": cloud.port, "broken": wrong}) + "\n")
    sys.stdout.flush()
    while True:
        signal.pause()


def main() -> None:
    """Fork an emulator for each line."""
    assert Server  # imported before the forks, not in each of them
    child = 0
    for line in sys.stdin:
        directory, speed = json.loads(line)
        if child:
            os.waitpid(child, 0)
        child = os.fork()
        if child == 0:
            try:
                serve(Path(directory), speed)
            finally:
                os._exit(1)
    if child:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
