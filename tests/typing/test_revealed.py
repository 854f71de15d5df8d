"""The revealed type of every verb of every collection, on both faces, by both checkers.

A program is made that asks for all of them; what is answered is compared with the annotations of the source: the
blocking face returns what is written there, the awaited one a coroutine of it, and both take the same.
"""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cloudsigma.client import collections
from cloudsigma.core.call import call, stream

ROOT = Path(__file__).resolve().parent.parent.parent


class Verb(NamedTuple):
    collection: str
    name: str
    streams: bool
    returns: str
    """As annotated, with the record of the collection in place of a type variable."""


def verbs() -> list[Verb]:
    found = []
    for name, load in collections().items():
        cls = load()
        calls = {key: value for base in reversed(cls.__mro__) for key, value in vars(base).items()}
        for verb, value in calls.items():
            if isinstance(value, (call, stream)):
                annotation = inspect.unwrap(getattr(cls, verb)).__annotations__["return"]
                streams = isinstance(value, stream)
                found.append(Verb(name, verb, streams, _annotated(annotation, getattr(cls, "_record", None))))
    return found


def _annotated(text: str, record: Any) -> str:
    text = text.strip("'\"").replace("List[", "list[")
    return re.sub(r"\b[A-Z]\b", record.__name__, text) if record is not None else text


VERBS = verbs()
FIRST_LINE = 7
PROGRAM = """from typing import reveal_type

from cloudsigma import AsyncCloudSigma, CloudSigma


def program(blocking: CloudSigma, awaited: AsyncCloudSigma) -> None:
"""


def asked() -> list[str]:
    return [f"{face}.{verb.collection}.{verb.name}" for verb in VERBS for face in ("blocking", "awaited")]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("revealed") / "program.py"
    path.write_text(PROGRAM + "".join(f"    reveal_type({expression})\n" for expression in asked()), "utf-8")
    return path


@pytest.fixture(scope="module")
def mypy(program: Path) -> dict[str, str]:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-pretty", "--output", "json"]
    command += ["--cache-dir", str(program.parent / "cache"), str(program)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    items = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [item for item in items if item["severity"] != "note"] == []
    answers = {item["line"]: item["message"] for item in items}
    pattern = re.compile(r'Revealed type is "(.*)"')
    return {
        expression: pattern.fullmatch(answers[FIRST_LINE + number])[1].removeprefix("def ")  # type: ignore[index]
        for number, expression in enumerate(asked())
    }


@pytest.fixture(scope="module")
def pyright(program: Path) -> dict[str, str]:
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, str(program)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    assert report["summary"]["errorCount"] == 0, done.stdout[-2000:]
    pattern = re.compile(r'Type of "([\w.]+)" is "(.*)"', re.DOTALL)
    found = (pattern.fullmatch(item["message"]) for item in report["generalDiagnostics"])
    return {match[1]: match[2] for match in found if match is not None}


def taken_and_returned(revealed: str) -> tuple[str, str]:
    """Split the type of a call; modules and brackets around a whole result mean nothing, no result is None."""
    taken, arrow, returned = revealed.rpartition(" -> ")
    if not arrow:
        return revealed, "None"
    plain = re.sub(r"\b(?:\w+\.)+(\w+)", r"\1", returned)
    return taken, plain[1:-1] if plain.startswith("(") and plain.endswith(")") else plain


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_every_verb_takes_and_returns_the_same_on_both_faces(
    checker: str, request: pytest.FixtureRequest
) -> None:
    revealed: dict[str, str] = request.getfixturevalue(checker)
    assert revealed.keys() == set(asked())
    wrong = []
    for verb in VERBS:
        name = f"{verb.collection}.{verb.name}"
        taken, returned = taken_and_returned(revealed[f"blocking.{name}"])
        taken_too, awaited = taken_and_returned(revealed[f"awaited.{name}"])
        if verb.streams:
            item = verb.returns.removeprefix("AsyncGenerator[").removesuffix(", None]")
            wanted = (f"Generator[{item}, None, None]", f"AsyncGenerator[{item}, None]")
        else:
            wanted = (verb.returns, f"Coroutine[Any, Any, {verb.returns}]")
        if (returned, awaited) != wanted or taken != taken_too or "..." in taken:
            wrong.append((name, returned, awaited, wanted))
    assert wrong == []


def test_there_are_many() -> None:
    assert len(VERBS) > 300
