"""Tells the sockets of an account what changed, in the order of the commits, after the commits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from ..store.frame import Frame

__all__ = ["Bus", "Frame", "Listener"]

Listener = Callable[[Frame], None]
"""Takes a frame; must not block and must not raise."""


class Bus:
    """The subscriptions of accounts to frames."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[str, list[Listener]] = {}

    def subscribe(self, account: str, listener: Listener) -> Callable[[], None]:
        """Send the account's frames to ``listener``; returns what ends that."""
        with self._lock:
            self._listeners.setdefault(account, []).append(listener)

        def leave() -> None:
            with self._lock:
                listeners = self._listeners.get(account, [])
                if listener in listeners:
                    listeners.remove(listener)
                if not listeners:
                    self._listeners.pop(account, None)

        return leave

    def publish(self, frames: Iterable[Frame]) -> None:
        """Hand frames to everybody who may see them. Called under the app's lock, so order is that of commits."""
        for frame in frames:
            for account in frame.viewers:
                with self._lock:
                    listeners = list(self._listeners.get(account, ()))
                for listener in listeners:
                    listener(frame)
