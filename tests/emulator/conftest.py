"""Fixtures of the emulator's own tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cloudsigma_emulator import Emulator

from .cloud_in_process import Cloud
from .wire import Wire


@pytest.fixture
def wire(cloudsigma_emulator: Emulator) -> Iterator[Wire]:
    client = Wire(cloudsigma_emulator)
    yield client
    client.close()


@pytest.fixture
def other(cloudsigma_emulator: Emulator) -> Iterator[Wire]:
    client = Wire(cloudsigma_emulator, "other@example.com")
    yield client
    client.close()


@pytest.fixture
def nobody(cloudsigma_emulator: Emulator) -> Iterator[Wire]:
    client = Wire(cloudsigma_emulator, None)
    yield client
    client.close()


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """A cloud in process, with a clock that stands still."""
    cloud = Cloud()
    yield cloud
    cloud.close()
