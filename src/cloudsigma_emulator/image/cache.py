"""Where guest images are kept, and which one is current for a variant."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

PLACE = "CLOUDSIGMA_EMULATOR_CACHE"
"""The environment variable that names another folder for guest images."""


ORDER = ("small", "cloud-init")
"""The variants, the one for ordinary guests first."""


@dataclass(frozen=True)
class GuestImage:
    """A raw disk that boots. ``title`` names the library drive it becomes."""

    variant: str
    title: str
    path: Path
    size: int


def folder() -> Path:
    """Return the folder of guest images, which need not exist."""
    given = os.environ.get(PLACE)
    if given:
        return Path(given)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "cloudsigma-emulator"


def find(variant: str) -> GuestImage | None:
    """Return the image of a variant that was built last, None when there is none."""
    try:
        stored = json.loads((folder() / f"{variant}.json").read_text(encoding="utf-8"))
        path = folder() / str(stored["file"])
        return GuestImage(variant, str(stored["title"]), path, path.stat().st_size)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def current() -> list[GuestImage]:
    """Return the images there are, the one for ordinary guests first."""
    return [image for image in map(find, ORDER) if image is not None]


def record(variant: str, title: str, path: Path) -> GuestImage:
    """Make a finished image the current one of its variant, and forget the one before it."""
    before = find(variant)
    listing = folder() / f"{variant}.json"
    partial = listing.with_suffix(".part")
    partial.write_text(json.dumps({"title": title, "file": path.name}), encoding="utf-8")
    partial.replace(listing)
    if before is not None and before.path != path:
        before.path.unlink(missing_ok=True)
    return GuestImage(variant, title, path, path.stat().st_size)
