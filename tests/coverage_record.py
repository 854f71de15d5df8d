"""Which tests make the emulator answer which endpoint: noted while they run, when ``CLOUDSIGMA_COVERAGE_OUT`` names a folder.

An endpoint counts as answered when its handler returned, not when the request was refused. Only emulators in the
test's own process are seen, and only tests that do the same each time: none that draws its requests at random.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

FOLDER = "CLOUDSIGMA_COVERAGE_OUT"
ROOT = Path(__file__).resolve().parent.parent

_seen: dict[str, set[str]] = {}
_random_tests: set[str] = set()


def note(endpoint: str) -> None:
    """The test that runs now has reached an endpoint."""
    test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
    if test and test not in _random_tests:
        _seen.setdefault(endpoint, set()).add(test)


class Recording(Counter[str]):
    """The router's count of answers, told of each one."""

    def __setitem__(self, endpoint: str, count: int) -> None:
        super().__setitem__(endpoint, count)
        note(endpoint)


def pytest_configure(config: pytest.Config) -> None:
    """Look over the shoulder of every router that is made from now on."""
    if not os.environ.get(FOLDER):
        return
    from cloudsigma_emulator.app import App
    from cloudsigma_emulator.faces.websocket import Sockets
    from cloudsigma_emulator.routes.router import Router

    make, options, account = Router.__init__, App._options, Sockets._account

    def made(self: Router, routes: Any) -> None:
        make(self, routes)
        self.answered = Recording()

    def answered(self: App, segments: list[str]) -> Any:
        response = options(self, segments)
        note("options.any")
        return response

    def connected(self: Sockets, scope: Any) -> str | None:
        found = account(self, scope)
        if found is not None:
            note("websocket.connect")
        return found

    Router.__init__, App._options, Sockets._account = made, answered, connected  # type: ignore[method-assign]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Know the tests that are driven by hypothesis."""
    _random_tests.update(
        item.nodeid for item in items if getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
    )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write down what this process has seen."""
    folder = os.environ.get(FOLDER)
    if folder and _seen:
        Path(folder).mkdir(parents=True, exist_ok=True)
        found = {endpoint: sorted(tests) for endpoint, tests in _seen.items()}
        (Path(folder) / f"{os.getpid()}.json").write_text(json.dumps(found))


def record(*arguments: str) -> dict[str, set[str]]:
    """Run tests; return for each endpoint those that reached it."""
    found: dict[str, set[str]] = defaultdict(set)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
            cwd=ROOT,
            env={**os.environ, FOLDER: folder},
            stdout=subprocess.DEVNULL,
            check=False,
        )
        for path in Path(folder).glob("*.json"):
            for endpoint, tests in json.loads(path.read_text()).items():
                found[endpoint].update(tests)
    return found
