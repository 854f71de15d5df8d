"""What guest images are made of: the Debian packages of this machine's own sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudsigma_emulator.image.rootfs import BuildFailed, sources

pytestmark = pytest.mark.vm


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration of apt for this test alone."""
    config = tmp_path / "apt.conf"
    config.touch()
    monkeypatch.setenv("APT_CONFIG", str(config))
    return config


def test_a_machine_without_package_lists_has_the_same_sources(apt: Path, tmp_path: Path) -> None:
    usual = sources()
    lists = tmp_path / "lists"
    lists.mkdir()
    apt.write_text(f'Dir::State::lists "{lists}";\n')
    assert sources() == usual
    assert list(lists.iterdir()) == []


def test_a_machine_without_debian_among_its_sources_says_so(apt: Path, tmp_path: Path) -> None:
    for name in ("sources.list", "parts", "lists"):
        (tmp_path / name).touch() if name == "sources.list" else (tmp_path / name).mkdir()
    apt.write_text(
        f'Dir::Etc::sourcelist "{tmp_path}/sources.list";\nDir::Etc::sourceparts "{tmp_path}/parts";\n'
        f'Dir::State::lists "{tmp_path}/lists";\n'
    )
    with pytest.raises(BuildFailed, match="no Debian"):
        sources()
