"""One endpoint of the API, and the call of the library that makes its request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

UUID = "6f670b3c-a2e6-433f-aeab-b976b1cdaf03"

Call: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True)
class Endpoint:
    """One endpoint: method and path of the request, its ``do``, and the call."""

    method: str
    path: str
    call: Call
    action: str | None = None


def get(path: str, call: Call) -> Endpoint:
    return Endpoint("GET", path, call)


def post(path: str, call: Call) -> Endpoint:
    return Endpoint("POST", path, call)


def put(path: str, call: Call) -> Endpoint:
    return Endpoint("PUT", path, call)


def delete(path: str, call: Call) -> Endpoint:
    return Endpoint("DELETE", path, call)


def act(path: str, action: str, call: Call) -> Endpoint:
    return Endpoint("POST", f"{path}action/", call, action)
