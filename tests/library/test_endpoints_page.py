"""docs/reference/endpoints.md is up to date, and names all that the old library could ask for."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from old.names import VERBS

from .catalogue import CATALOGUE

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "endpoints.md"


def test_the_page_is_up_to_date() -> None:
    result = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "coverage-page"), "--check"], capture_output=True, text=True
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_every_endpoint_is_on_it() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for endpoint in CATALOGUE.values():
        do = f"?do={endpoint.action}" if endpoint.action else ""
        assert f"`{endpoint.method} {endpoint.path}{do}`" in text


def test_every_old_verb_is_on_it() -> None:
    shown = set(re.findall(r"`(\w+\.\w+)`", PAGE.read_text(encoding="utf-8")))
    wanted = {f"{name}.{verb}" for name, verbs in VERBS.items() for verb in verbs.split()}
    # The one answer of capabilities is both the object and the list.
    assert wanted - shown == {"Capabilites.list"}
