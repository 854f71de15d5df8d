"""Every resource class of the old library 2.0.0, with each verb that the cloud has an endpoint for, on the emulator.

The lives are those that our own twins of the classes live in ``old.test_verbs``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cloudsigma_emulator import Emulator
from cloudsigma_emulator.routes.catalogue import ENDPOINTS
from old.names import SHORTCUTS, VERBS

from .old_library import OldSpeaker

pytestmark = [pytest.mark.foreign, pytest.mark.timeout(600)]

ONLY_DOCUMENTED = {"Usage"}
"""In the old documentation and in no old release."""

ADDRESSES = [
    ("GET", ""),
    ("GET", "detail/"),
    ("GET", "schema/"),
    ("GET", "{uuid}/"),
    ("POST", ""),
    ("PUT", "{uuid}/"),
    ("DELETE", "{uuid}/"),
]
"""What the verbs that every class inherits ask for, below the class's root."""

OTHER_NAMES = {
    "schema": "get_schema",
    "calculate": "get_price",
    "availability_groups": "list",
    "availability_group": "get",
}
"""Old verbs where an endpoint's name ends in another word."""


@pytest.fixture(scope="module")
def cloud() -> Iterator[Emulator]:
    """A cloud in which the account may use everything."""
    with Emulator(speed="instant", backfilling=True) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def speaker(
    old_python: Path, cloud: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OldSpeaker]:
    """The old library, at work on the cloud."""
    with OldSpeaker(old_python, cloud, tmp_path_factory.mktemp("old")) as speaker:
        yield speaker


def test_it_is_the_old_library_with_all_its_classes(speaker: OldSpeaker) -> None:
    assert speaker.version == "2.0.0"
    assert set(speaker.classes) == set(VERBS) - ONLY_DOCUMENTED
    assert len(speaker.classes) == 45


def test_no_verb_is_left_out(speaker: OldSpeaker) -> None:
    """Each verb of a class's own is in the table, and of the inherited ones each that has an endpoint."""
    endpoints = {(method, path): name for name, method, path, do in ENDPOINTS if do is None}
    missing: list[str] = []
    for name, own in speaker.classes.items():
        table = {*VERBS[name].split(), *SHORTCUTS.get(name, "").split()}
        assert set(own) <= table, name
        for method, rest in ADDRESSES:
            endpoint = endpoints.get((method, f"/{speaker.roots[name]}/{rest}"), "")
            verb = endpoint.rpartition(".")[2]
            if verb and OTHER_NAMES.get(verb, verb) not in table:
                missing.append(f"{name} has no verb for {endpoint}")
    assert missing == []


@pytest.mark.parametrize("name", sorted(set(VERBS) - ONLY_DOCUMENTED))
def test_every_verb_works(name: str, speaker: OldSpeaker, cloud: Emulator) -> None:
    cloud.reset()
    lived = speaker.live(name)
    assert lived["failure"] is None, lived["failure"]
    assert set(lived["used"]) == {*VERBS[name].split(), *SHORTCUTS.get(name, "").split()}
