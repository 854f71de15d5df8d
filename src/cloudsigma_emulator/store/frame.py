"""What is told on the websocket about one change."""

from __future__ import annotations

from dataclasses import dataclass

import orjson


@dataclass(frozen=True, slots=True)
class Frame:
    """One change: the collection's name, the object's address, and the accounts that may see it."""

    resource_type: str
    resource_uri: str
    viewers: frozenset[str]

    def text(self) -> str:
        """Return the frame as it goes over the websocket."""
        return orjson.dumps({"resource_type": self.resource_type, "resource_uri": self.resource_uri}).decode()
