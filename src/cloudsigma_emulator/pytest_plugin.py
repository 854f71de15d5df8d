"""Fixtures for tests of programs that talk to CloudSigma: a cloud of their own, clean for each test.

The server is started once a session and wiped between tests, which takes about a millisecond.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .emulator import Emulator


@pytest.fixture(scope="session")
def _cloudsigma_emulator_of_the_session() -> Iterator[Emulator]:
    from .emulator import Emulator

    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def cloudsigma_emulator(_cloudsigma_emulator_of_the_session: Emulator) -> Iterator[Emulator]:
    """A running emulator with a fresh standard seed: no servers, no faults, transitions take no time."""
    emulator = _cloudsigma_emulator_of_the_session
    emulator.reset()
    yield emulator
    emulator.faults.clear()


@pytest.fixture
def cloudsigma_client(cloudsigma_emulator: Emulator) -> Iterator[Any]:
    """A ``cloudsigma.CloudSigma`` logged in to the emulator as its first account."""
    library = importlib.import_module("cloudsigma")
    with library.CloudSigma(
        api_endpoint=cloudsigma_emulator.api_endpoint,
        ws_endpoint=cloudsigma_emulator.ws_endpoint,
        username=cloudsigma_emulator.username,
        password=cloudsigma_emulator.password,
    ) as client:
        yield client
