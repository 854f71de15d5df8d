"""Every verb of every old resource class works against the emulator."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloudsigma_emulator import Emulator

from .conftest import Home
from .lives import LIVES
from .names import VERBS
from .verbs import Spoken, World


@pytest.fixture(scope="module")
def whole_cloud() -> Iterator[Emulator]:
    """A cloud in which the account may use everything."""
    with Emulator(speed="instant", backfilling=True) as cloud:
        yield cloud


def test_every_class_has_a_life() -> None:
    assert set(LIVES) == set(VERBS)


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_works(
    name: str, whole_cloud: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole_cloud.reset()
    home = Home(tmp_path, whole_cloud)
    for key in list(os.environ):
        if key.startswith("CLOUDSIGMA_"):
            monkeypatch.delenv(key)
    monkeypatch.setenv("HOME", str(home.path))
    old = Spoken(name)
    LIVES[name](old, World(tmp_path))
    assert old.used == old.verbs
