"""The configuration file under the old library's names, read when it is used and not when it is imported.

``config`` behaves like the dictionary that the old library had: keys of the file, sections as dictionaries. What a
program assigns to it goes before the file. New programs give arguments to ``cloudsigma.CloudSigma``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .config import config_path, read_config

if TYPE_CHECKING:
    CONFIG_LOCATION: str


class Config(MutableMapping[str, Any]):
    """The keys of the configuration file; a changed file is read anew. ``changes`` is what the program assigned."""

    def __init__(self) -> None:
        self.changes: dict[str, Any] = {}
        self._removed: set[str] = set()
        self._file: dict[str, Any] = {}
        self._read_from: object = None

    def _values(self) -> dict[str, Any]:
        path = config_path()
        state = _state(path)
        if state != self._read_from:
            self._file = read_config(path, required=False) or {}
            self._read_from = state
        kept = {key: value for key, value in self._file.items() if key not in self._removed}
        return {**kept, **self.changes}

    def setting(self, key: str) -> Any:
        """Return a key as the active profile (``CLOUDSIGMA_PROFILE``) or else the file has it, or None."""
        if key in self.changes:
            return self.changes[key]
        section = self._values().get(os.environ.get("CLOUDSIGMA_PROFILE") or "")
        if isinstance(section, dict) and section.get(key):
            return section[key]
        return self._values().get(key)

    def __getitem__(self, key: str) -> Any:
        return self._values()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.changes[key] = value

    def __delitem__(self, key: str) -> None:
        if key not in self._values():
            raise KeyError(key)
        self.changes.pop(key, None)
        self._removed.add(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values())

    def __len__(self) -> int:
        return len(self._values())

    def __repr__(self) -> str:
        # Without the values: passwords are among them.
        return f"Config(keys={sorted(self._values())})"


def _state(path: Path) -> object:
    try:
        found = path.stat()
    except OSError:
        return str(path), None
    return str(path), found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode


config = Config()


def __getattr__(name: str) -> str:
    if name == "CONFIG_LOCATION":
        return str(config_path())
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
