"""What mypy and pyright make of programs: they accept good ones, and reject each bad one in the line where it is bad."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cloudsigma_emulator import Emulator

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
GOOD = [HERE / "good_program.py", *sorted(HERE.glob("verbs*.py"))]
BAD = sorted(HERE.glob("bad_*.py"))

Found = dict[str, dict[int, list[str]]]


@pytest.fixture(scope="module")
def mypy(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """Errors by file and line, of all programs in one run."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--no-pretty"]
    command += ["--cache-dir", str(tmp_path_factory.mktemp("mypy")), "--output", "json"]
    done = subprocess.run(
        [*command, *map(str, GOOD + BAD)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    found: Found = {}
    for line in done.stdout.splitlines():
        item = json.loads(line)
        if item["severity"] == "error":
            lines = found.setdefault(Path(item["file"]).name, {})
            lines.setdefault(item["line"], []).append(item["message"])
    return found


@pytest.fixture(scope="module")
def pyright() -> Found:
    """Errors by file and line, of all programs in one run."""
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable]
    done = subprocess.run(
        [*command, *map(str, GOOD + BAD)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] >= len(GOOD + BAD)
    found: Found = {}
    for item in report["generalDiagnostics"]:
        if item["severity"] == "error":
            lines = found.setdefault(Path(item["file"]).name, {})
            lines.setdefault(item["range"]["start"]["line"] + 1, []).append(item["message"])
    return found


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
@pytest.mark.parametrize("program", GOOD, ids=lambda path: str(path.stem))
def test_good_programs_are_accepted(program: Path, checker: str, request: pytest.FixtureRequest) -> None:
    assert request.getfixturevalue(checker).get(program.name, {}) == {}


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
@pytest.mark.parametrize("program", BAD, ids=lambda path: str(path.stem))
def test_bad_programs_are_rejected_where_they_are_bad(
    program: Path, checker: str, request: pytest.FixtureRequest
) -> None:
    lines = program.read_text("utf-8").splitlines()
    wanted = {number for number, line in enumerate(lines, 1) if line.endswith("# rejected")}
    assert len(wanted) == 1
    found = request.getfixturevalue(checker).get(program.name, {})
    assert set(found) == wanted, found


def test_every_call_of_a_client_is_among_the_verbs_or_the_programs() -> None:
    """A collection that joins later must be added to the expectations."""
    from cloudsigma.client import collections

    source = "".join(path.read_text("utf-8") for path in GOOD)
    for name in collections():
        assert f"cs.{name}." in source, f"no expectation for {name}"


def test_the_good_program_runs(
    cloudsigma_emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLOUDSIGMA_API_ENDPOINT", cloudsigma_emulator.api_endpoint)
    monkeypatch.setenv("CLOUDSIGMA_WS_ENDPOINT", cloudsigma_emulator.ws_endpoint)
    monkeypatch.setenv("CLOUDSIGMA_USERNAME", cloudsigma_emulator.username)
    monkeypatch.setenv("CLOUDSIGMA_PASSWORD", cloudsigma_emulator.password)
    runpy.run_path(str(HERE / "good_program.py"), run_name="__main__")
    said = capsys.readouterr().out
    assert said.startswith("web b 1 ")
    assert "| 403 | web | second" in said
    assert "['s0', 's1', 's2']" in said
