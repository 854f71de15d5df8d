"""How long the command line takes to start, as ratios to a bare ``python -c pass`` of the same run."""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from installed import environment

ROUNDS = 25
PYTHON = sys.executable
COMMAND = [
    PYTHON,
    "-c",
    "import sys; from cloudsigma.cli.main import main; sys.exit(main())",
]  # as the script does


def rows() -> list[tuple[str, float, str]]:
    """Return what was done, the ratio measured, and the target."""
    work: dict[str, Sequence[str]] = {
        "bare": [PYTHON, "-c", "pass"],
        "import cloudsigma": [PYTHON, "-c", "import cloudsigma"],
        "cloudsigma --version": [*COMMAND, "--version"],
        "cloudsigma servers list": [*COMMAND, "servers", "list"],
    }
    targets = {"import cloudsigma": 1.5, "cloudsigma --version": 3.0, "cloudsigma servers list": 12.0}
    with emulator() as variables:
        order = random.Random(1)
        times: dict[str, list[float]] = {name: [] for name in work}
        for round_number in range(ROUNDS + 1):
            for name, arguments in order.sample(
                sorted(work.items()), len(work)
            ):  # slow moments hit all alike
                taken = timed(arguments, variables)
                if round_number:  # the first round fills caches
                    times[name].append(taken)
    middle = {name: statistics.median(taken) for name, taken in times.items()}
    return [
        (f"{name}, against python -c pass", middle[name] / middle["bare"], f"<= {target}x")
        for name, target in targets.items()
    ]


def timed(arguments: Sequence[str], variables: Mapping[str, str]) -> float:
    """Return the seconds that a command takes, which must succeed."""
    began = time.perf_counter()
    subprocess.run(arguments, env=variables, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


@contextmanager
def emulator() -> Iterator[dict[str, str]]:
    """Run an emulator in a process of its own; give the environment of a command that talks to it."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "emulator.conf"
        server = subprocess.Popen(
            [PYTHON, "-m", "cloudsigma_emulator", "--port", "0", "--config-out", str(config)],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert server.stderr is not None
        try:
            for line in server.stderr:  # it says when it has written the file
                if "configuration" in line:
                    break
            yield environment(Path(folder)) | {"CLOUDSIGMA_CONFIG": str(config)}
        finally:
            server.terminate()
            server.communicate(timeout=30)


if __name__ == "__main__":
    for name, ratio, target in rows():
        print(f"{name:<50} {ratio:6.2f}x  {target}")
