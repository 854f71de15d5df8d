"""What handlers see of the app."""

from __future__ import annotations

from typing import Any, Protocol

from ..engine.world import World
from ..store.transaction import Transaction


class Cloud(World, Protocol):
    """The app, from a handler's side: what the engine sees of it, its addresses, and who is calling."""

    @property
    def secret(self) -> bytes: ...

    @property
    def base_url(self) -> str: ...

    @property
    def websocket_url(self) -> str: ...

    def who(self, tx: Transaction, request_headers: dict[str, str], method: str) -> dict[str, Any] | None:
        """Return the account behind headers, or None."""
        ...
