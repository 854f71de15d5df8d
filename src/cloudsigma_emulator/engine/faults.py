"""The faults that wait for their requests. Each is used up by the requests it hits; those it does not describe pass."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from ..domain.faults import Fault, fault_of


class Faults:
    """The faults that wait for their requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self._hits: dict[int, int] = {}
        self._numbers = itertools.count(1)

    def add(self, **fault: Any) -> int:
        """Ask for a fault, see ``Fault`` for the keywords; returns its number.

        Raises ValueError for an unknown keyword or an impossible value.
        """
        wanted = fault_of(fault)
        with self._lock:
            number = next(self._numbers)
            self._waiting.append(replace(wanted, id=number))
            self._hits[number] = 0
        return number

    def clear(self) -> None:
        """Forget all faults, and how often they hit."""
        with self._lock:
            self._waiting.clear()
            self._hits.clear()

    def hits(self, number: int) -> int:
        """Return how many requests a fault has hit so far."""
        with self._lock:
            return self._hits.get(number, 0)

    def waiting(self) -> list[Fault]:
        """Return the faults that are not used up."""
        with self._lock:
            return list(self._waiting)

    def take(
        self,
        method: str,
        path: str,
        do: str | None = None,
        *,
        caller: Callable[[], Collection[str]] = tuple,
        chance: Callable[[], float] = float,
    ) -> Fault | None:
        """Return the first fault that hits a request, and use it up by one.

        ``caller`` gives the names of the account that asks, ``chance`` a number in [0, 1).
        """
        if not self._waiting:
            return None
        names = caller() if any(fault.account for fault in self._waiting) else ()
        with self._lock:
            for index, fault in enumerate(self._waiting):
                if not fault.describes(method, path, do):
                    continue
                if fault.account is not None and fault.account not in names:
                    continue
                if fault.rate < 1 and chance() >= fault.rate:
                    continue
                if fault.skip:
                    self._waiting[index] = replace(fault, skip=fault.skip - 1)
                    continue
                self._hits[fault.id] += 1
                if fault.count is not None:
                    if fault.count == 1:
                        del self._waiting[index]
                    else:
                        self._waiting[index] = replace(fault, count=fault.count - 1)
                return fault
        return None
