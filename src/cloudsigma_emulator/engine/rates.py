"""The API's limits of requests per minute, counted for each account and method."""

from __future__ import annotations

import math
import threading

from ..domain.refusal import ErrorItem, Refusal

PER_MINUTE = {"POST": 10000, "PUT": 10000, "GET": 10000, "DELETE": 1000}


class RateLimits:
    """Counters of one minute. A minute is as much shorter as the emulator is faster; with no speed limit
    (``instant``) there is none, unless limits are asked for.

    Argument: True always, False never, None as above.
    """

    def __init__(self, enforced: bool | None) -> None:
        self.enforced = enforced
        self.per_minute = dict(PER_MINUTE)
        self._lock = threading.Lock()
        self._window: dict[tuple[str, str], tuple[float, int]] = {}

    def clear(self) -> None:
        """Begin all minutes anew, with the API's own limits."""
        with self._lock:
            self._window.clear()
            self.per_minute = dict(PER_MINUTE)

    def count(self, account: str, method: str, now: float, speed: float) -> None:
        """Count a request. Refuses with 429 and ``Retry-After`` when the minute is used up."""
        if self.enforced is False or (self.enforced is None and speed == 0):
            return
        limit = self.per_minute.get("GET" if method == "HEAD" else method)
        if limit is None:
            return
        minute = 60.0 / (speed or 1.0)
        key = (account, method)
        with self._lock:
            begun, used = self._window.get(key, (now, 0))
            if not 0 <= now - begun < minute:
                begun, used = now, 0
            if used < limit:
                self._window[key] = (begun, used + 1)
                return
        wait = max(1, math.ceil(begun + minute - now))
        error = ErrorItem("backend", f"More than {limit} {method} requests in a minute")
        raise Refusal(429, error, headers=(("Retry-After", str(wait)),))
