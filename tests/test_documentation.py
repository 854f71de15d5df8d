"""The site names all that a user can reach."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cloudsigma.client import collections

DOCS = Path(__file__).resolve().parent.parent / "docs"


@pytest.mark.parametrize("name", sorted(collections()))
def test_every_collection_has_its_reference(name: str) -> None:
    page = (DOCS / "reference/collections.md").read_text(encoding="utf-8")
    cls = collections()[name]()
    assert re.search(rf"^## {name}\n\n::: {cls.__module__}\.{cls.__name__}$", page, re.MULTILINE)


def test_every_page_is_in_the_navigation() -> None:
    navigation = (DOCS.parent / "mkdocs.yml").read_text(encoding="utf-8")
    pages = [str(path.relative_to(DOCS)) for path in sorted(DOCS.rglob("*.md"))]
    assert [page for page in pages if page not in navigation] == []
