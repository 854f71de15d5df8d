"""The coverage page tells the truth: every endpoint of the catalogue is answered, by the test that is named for it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cloudsigma_emulator.app import App
from cloudsigma_emulator.routes.catalogue import ENDPOINTS
from coverage_record import record

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "emulator-coverage.md"
ROW = re.compile(r"\| (\S+) \| `(.+?)` \| (\d+) \| (?:`(.+)`|\*\*none\*\*) \|")


def rows() -> dict[str, tuple[str, str]]:
    """Request and test of each endpoint on the page."""
    found = [ROW.fullmatch(line) for line in PAGE.read_text(encoding="utf-8").splitlines()]
    return {match[1]: (match[2], f"tests/{match[4]}" if match[4] else "") for match in found if match}


def test_nothing_of_the_catalogue_is_missing() -> None:
    app = App()
    try:
        assert app.router.coverage()["missing"] == []
    finally:
        app.close()


def test_the_page_has_the_whole_catalogue() -> None:
    wanted = {
        name: f"{method} {path}" + (f"?do={action}" if action else "")
        for name, method, path, action in ENDPOINTS
    }
    assert {name: request for name, (request, _) in rows().items()} == wanted


@pytest.mark.timeout(900)
def test_each_named_test_reaches_its_endpoint() -> None:
    named = {name: test for name, (_, test) in rows().items()}
    assert [name for name, test in named.items() if not test] == []
    seen = record(*sorted(set(named.values())))
    wrong = {name: test for name, test in named.items() if test not in seen.get(name, ())}
    assert wrong == {}, "run scripts/emulator-coverage-page"
