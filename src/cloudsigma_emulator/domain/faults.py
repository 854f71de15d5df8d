"""A fault that a test asks for: which requests it hits, how often, and what goes wrong."""

from __future__ import annotations

import fnmatch
from dataclasses import asdict, dataclass, fields
from typing import Any

CUTS = ("before", "after", "half")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Which requests: ``method`` (any when None), ``path`` (a shell pattern on the whole path without the query;
    ``do`` additionally names an action), those of an ``account`` (e-mail or uuid) only, the first ``skip`` of which pass,
    ``count`` of which are hit (None: all), each with the probability ``rate``.

    What goes wrong: ``delay`` holds the answer back for so many seconds. ``status`` answers with that status instead
    of doing the work, with the API's error array of ``error_type`` and ``message``, or with ``body`` as it
    stands (and ``content_type``), and ``retry_after`` seconds if given. ``cut`` ends the connection without (whole)
    answer: ``before`` the work is done, ``after`` it, or after ``half`` of the answer; ``reset`` makes it a TCP
    reset. With ``body`` but no ``status`` the work is done and the answer's body replaced.
    ``close_websockets`` closes the caller's sockets, ``refuse_ticket`` refuses the next upgrade
    (``path`` is then the websocket's).
    """

    method: str | None = None
    path: str = "*"
    do: str | None = None
    account: str | None = None
    count: int | None = 1
    rate: float = 1.0
    skip: int = 0
    delay: float = 0.0
    status: int | None = None
    error_type: str = "backend"
    message: str = "Fault asked for by a test"
    body: str | None = None
    content_type: str = "application/json; charset=utf-8"
    retry_after: float | None = None
    cut: str | None = None
    reset: bool = False
    close_websockets: bool = False
    refuse_ticket: bool = False
    id: int = 0

    def describes(self, method: str, path: str, do: str | None) -> bool:
        """Tell whether a request is one of those meant."""
        if self.method is not None and self.method.upper() != method:
            return False
        if self.do is not None and self.do != do:
            return False
        pattern = self.path
        return fnmatch.fnmatchcase(path, pattern) or fnmatch.fnmatchcase(path.rstrip("/") + "/", pattern)

    def as_document(self) -> dict[str, Any]:
        """Return the fault as the control plane shows it."""
        return asdict(self)


def fault_of(document: dict[str, Any]) -> Fault:
    """Read a fault from JSON. Raises ValueError that names what is wrong with it."""
    known = {item.name for item in fields(Fault)} - {"id"}
    unknown = sorted(set(document) - known)
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r} in a fault; there are: {', '.join(sorted(known))}")
    fault = Fault(**document)
    _check(fault)
    return fault


def _check(fault: Fault) -> None:
    for name, kinds in _KINDS.items():
        value = getattr(fault, name)
        if (isinstance(value, bool) and bool not in kinds) or not isinstance(value, kinds):
            raise ValueError(f"{name} of a fault cannot be {value!r}")
    if fault.cut is not None and fault.cut not in CUTS:
        raise ValueError(f"cut of a fault is one of {', '.join(CUTS)}")
    if fault.status is not None and not 100 <= fault.status <= 599:
        raise ValueError("status of a fault is an HTTP status")
    if not 0 < fault.rate <= 1:
        raise ValueError("rate of a fault is more than 0 and at most 1")
    if fault.delay < 0 or fault.skip < 0 or (fault.count is not None and fault.count < 1):
        raise ValueError("delay and skip of a fault are not negative, count is at least 1")


_NONE = type(None)
_KINDS: dict[str, tuple[type, ...]] = {
    "method": (str, _NONE),
    "path": (str,),
    "do": (str, _NONE),
    "account": (str, _NONE),
    "count": (int, _NONE),
    "rate": (int, float),
    "skip": (int,),
    "delay": (int, float),
    "status": (int, _NONE),
    "error_type": (str,),
    "message": (str,),
    "body": (str, _NONE),
    "content_type": (str,),
    "retry_after": (int, float, _NONE),
    "cut": (str, _NONE),
    "reset": (bool,),
    "close_websockets": (bool,),
    "refuse_ticket": (bool,),
}
